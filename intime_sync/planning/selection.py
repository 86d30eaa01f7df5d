"""Which objects a plan may change (`--target`), and which it makes again (`--replace`). Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from intime_sync.errors import InvalidInput
from intime_sync.kinds.base import ScheduledKind
from intime_sync.kinds.registry import BY_NAME
from intime_sync.model.change import Change, Create, Delete, Manual, Replace, after_of, before_of
from intime_sync.model.ledger import Ledger
from intime_sync.model.resource import Address, KindName, Snapshot
from intime_sync.planning.account_groups import group_address
from intime_sync.planning.resending import repeats


@dataclass(frozen=True, slots=True)
class Selection:
    """Only `targets` may change (everything if there are none); `replacements` must be made again."""

    targets: frozenset[Address] = frozenset()
    replacements: frozenset[Address] = frozenset()

    def touches(self, kind: KindName) -> bool:
        """Whether anything of a kind may change."""
        return not self.targets or any(address.kind == kind for address in self.targets)

    def replaces(self, kind: KindName) -> frozenset[str]:
        """The keys of a kind that must be made again."""
        return frozenset(address.key for address in self.replacements if address.kind == kind)


EVERYTHING = Selection()


def check_selection(selection: Selection, desired: Snapshot, ledger: Ledger) -> None:
    """Raise InvalidInput for an address that neither the configuration nor the ledger knows."""
    for option, addresses in (("--target", selection.targets), ("--replace", selection.replacements)):
        for address in sorted(addresses):
            wanted = any(resource.key == address.key for resource in desired.of(address.kind))
            if not wanted and (option == "--replace" or address.key not in ledger.of(address.kind)):
                raise InvalidInput(
                    f"{option} {address}: there is no such object in the configuration",
                    hint="addresses are KIND/KEY, as a plan or `intime-sync ledger list` shows them",
                )


def narrowed(changes: Sequence[Change], selection: Selection, ledger: Ledger) -> tuple[Change, ...]:
    """The changes of the targets, and those that must be made with them."""
    if not selection.targets:
        return tuple(changes)
    kept = {change.address for change in changes if change.address in selection.targets}
    kept |= _earlier_of(changes, kept, ledger)
    kept |= _readers_of(changes, kept)
    needed = {
        group_address(name)
        for change in changes
        if change.address in kept and isinstance(change, Create | Replace)
        for name in BY_NAME[change.address.kind].group_names(change.after)
    }
    return tuple(
        change
        for change in changes
        if change.address in kept or (change.address in needed and isinstance(change, Create))
    )


def _earlier_of(changes: Sequence[Change], kept: Container[Address], ledger: Ledger) -> set[Address]:
    """The addresses of messages to be removed or handled manually that repeat a message that is kept.

    They are kept too: otherwise a message whose key was changed would be sent twice.
    """
    messages = [change for change in changes if _is_scheduled(change)]
    coming = [change for change in messages if change.address in kept and isinstance(change, Create | Replace)]
    going = [change for change in messages if isinstance(change, Delete | Manual | Replace)]
    return {
        earlier.address
        for earlier in going
        for change in coming
        if earlier.address != change.address and repeats(ledger, before_of(earlier) or {}, change.after)
    }


def _readers_of(changes: Sequence[Change], kept: Container[Address]) -> set[Address]:
    """The addresses of changes that affect who gets a message that is kept: members of its groups, and opt-outs."""
    messages = [
        change
        for change in changes
        if change.address in kept and _is_scheduled(change) and isinstance(change, Create | Replace)
    ]
    groups = {name for change in messages for name in BY_NAME[change.address.kind].group_names(change.after)}
    found: set[Address] = set()
    for change in changes if messages else ():
        kind = BY_NAME[change.address.kind]
        if kind.stops_messages and isinstance(change, Create):
            found.add(change.address)
        elif not _is_scheduled(change) and not isinstance(change, Manual):
            names = {
                name for state in (before_of(change), after_of(change)) for name in kind.group_names(state or {})
            }
            if not groups.isdisjoint(names):
                found.add(change.address)
    return found


def _is_scheduled(change: Change) -> bool:
    return isinstance(BY_NAME[change.address.kind], ScheduledKind)


def parse_addresses(texts: Iterable[str], known: Mapping[KindName, object]) -> frozenset[Address]:
    """Addresses from the command line. Raises InvalidInput for a text that is not an address of a known kind."""
    found = set()
    for text in texts:
        address = Address.parse(text)
        if address is None or address.kind not in known:
            raise InvalidInput(
                f"`{text}` is not an address", hint=f"write KIND/KEY with a kind of {', '.join(known)}"
            )
        found.add(address)
    return frozenset(found)
