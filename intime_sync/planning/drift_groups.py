"""Drift of groups and carriers: which are referred to, and whether the account has them by id and name. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from intime_sync.kinds.base import CarriedKind, ListedKind
from intime_sync.kinds.registry import GROUPS, KINDS
from intime_sync.model.drift import CARRIER, Doubled, Finding, Gone, MadeAgain, Renamed, UnknownCarrier, Unowned
from intime_sync.model.ledger import Ledger
from intime_sync.model.resource import Address, RemoteId, Snapshot
from intime_sync.planning.account_groups import group_address, groups_in, user_group_ids
from intime_sync.planning.awaiting import is_awaited
from intime_sync.planning.carriers import leftover_carriers, own_carriers
from intime_sync.planning.context import Clock

Reference: TypeAlias = tuple[str, RemoteId | None]
"""A group by name and the id that it had; None where the ledger has no id."""


@dataclass(slots=True)
class Users:
    """What refers to a group: keys of its contacts and of messages scheduled to it; `owned` if the ledger has it."""

    contacts: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    owned: bool = False


class GroupDrift:
    """Findings about groups and carriers, and the numbers of them that a report of drift has.

    `pinned` are names that several groups may have, since the configuration pins one by id.
    """

    kind = GROUPS.name

    def __init__(self, ledger: Ledger, actual: Snapshot, clock: Clock, owner: str, pinned: Collection[str]) -> None:
        self._ledger = ledger
        self._rows = groups_in(actual)
        self._names = {row.remote_id: row.key for row in self._rows if row.remote_id is not None}
        self._ids = user_group_ids(self._rows)
        self._carriers = own_carriers(self._rows, owner, ledger)
        needed = _references(ledger, clock)
        owned = (entry.remote_id for entry in ledger.of(GROUPS.name).values())
        self._ours = {id for id in (*owned, *(id for _, id in needed)) if id is not None}
        self._members = _carrier_members(ledger)
        self.compared = len({name for name, _ in needed})
        self.groups = [*self._group_findings(needed, pinned)]
        self.carriers = [*self._carrier_findings()]

    @property
    def known_carriers(self) -> tuple[int, int]:
        """The number of carriers with contacts, and how many of these have no findings."""
        astray = {finding.remote_id for finding in self.carriers}
        return len(self._members), sum(id not in astray for id in self._members)

    def unowned(self) -> list[Unowned]:
        """User groups that the ledger does not know; empty if groups are not managed."""
        if not self._ledger.of(GROUPS.name):
            return []
        known = self._ours | self._ledger.carriers.keys()
        for finding in self.groups:
            if isinstance(finding, Doubled):
                known |= set(finding.twins)
            elif isinstance(finding, MadeAgain):
                known.add(finding.now)
        return [
            Unowned(group_address(row.key), row.remote_id, GROUPS.attributes(row.value))
            for row in self._rows
            if row.remote_id not in known and row.key in self._ids
        ]

    def _group_findings(self, needed: Mapping[Reference, Users], pinned: Collection[str]) -> Iterator[Finding]:
        for (name, id), users in needed.items():
            found = self._lost(name, id, users)
            if found is not None:
                yield found
            elif id is not None and name not in pinned:
                twins = tuple(other for other in self._ids.get(name, ()) if other not in self._ours)
                if twins:
                    address, before = group_address(name), {"name": name}
                    yield Doubled(address=address, remote_id=id, before=before, twins=twins, owned=users.owned)

    def _lost(self, name: str, id: RemoteId | None, users: Users) -> Finding | None:
        """The finding about a group that the account does not have by id, or by name if no id is known; else None."""
        common: dict[str, Any] = {
            "address": group_address(name),
            "remote_id": id,
            "before": {"name": name},
            "contacts": tuple(users.contacts),
            "messages": tuple(users.messages),
            "owned": users.owned,
        }
        same = [other for other in self._ids.get(name, ()) if other != id]
        called = None if id is None else self._names.get(id)
        if called == name or (id is None and same):
            return None
        if called is not None:
            return Renamed(after={"name": called}, now=same[0] if same else None, **common)
        return MadeAgain(now=same[0], **common) if same else Gone(**common)

    def _carrier_findings(self) -> Iterator[Finding]:
        """Findings about carriers that are gone, renamed, or that the next apply removes.

        The absence of one without contacts is no drift, since it was to be removed.
        """
        for id, known in sorted(self._ledger.carriers.items(), key=lambda pair: pair[0]):
            address, before = Address(CARRIER, known.name), {"name": known.name}
            called, contacts = self._names.get(id), tuple(self._members.get(id, ()))
            if called is None and contacts:
                yield Gone(address=address, remote_id=id, before=before, contacts=contacts)
            elif called is not None and called != known.name:
                yield Renamed(address=address, remote_id=id, before=before, after={"name": called}, contacts=contacts)
        for id in leftover_carriers(self._ledger, self._carriers):
            name = self._carriers[id]
            if id not in self._ledger.carriers or self._ledger.carriers[id].name == name:
                yield UnknownCarrier(address=Address(CARRIER, name), remote_id=id, after={"name": name})


def _references(ledger: Ledger, clock: Clock) -> dict[Reference, Users]:
    """What refers to each group that the ledger owns, or that its contacts and scheduled messages name."""
    found: dict[Reference, Users] = {}
    for name, entry in ledger.of(GROUPS.name).items():
        if not entry.surplus and not is_awaited(entry, clock.now):
            found[name, entry.remote_id] = Users(owned=True)
    known = {name: reference for reference in found for name in reference[:1]}

    def users(name: str, id: RemoteId | None) -> Users:
        reference = (name, id) if id is not None else known.get(name, (name, None))
        return found.setdefault(reference, Users(owned=name in known))

    for kind in KINDS:
        for key, entry in sorted(ledger.of(kind.name).items()) if not isinstance(kind, ListedKind) else ():
            if isinstance(kind, CarriedKind):
                carrier = None if entry.carrier is None else ledger.carriers.get(entry.carrier)
                for name in kind.group_names(entry.attributes):
                    users(name, carrier.groups.get(name) if carrier else None).contacts.append(key)
            elif entry.dispatch is not None and not kind.is_past(entry.attributes, clock.now, clock.zone):
                for name, id in entry.dispatch.groups.items():
                    users(name, id).messages.append(key)
    return found


def _carrier_members(ledger: Ledger) -> dict[RemoteId, list[str]]:
    """The keys of the contacts in each carrier of the ledger."""
    members: dict[RemoteId, list[str]] = {}
    for kind in KINDS:
        for key, entry in sorted(ledger.of(kind.name).items()) if isinstance(kind, CarriedKind) else ():
            if entry.carrier in ledger.carriers:
                members.setdefault(entry.carrier, []).append(key)
    return members
