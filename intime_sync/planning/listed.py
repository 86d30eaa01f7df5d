"""Planning a kind that the service can list: match desired, ledger and account, then decide object by object."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from intime_sync.kinds.base import ListedKind
from intime_sync.model.change import Adopt, Change, Create, Delete, Forget, Held, Replace, Update
from intime_sync.model.ledger import Entry
from intime_sync.model.policy import Prune
from intime_sync.model.problem import Problem, Severity
from intime_sync.model.resource import Address, Attributes, RemoteId, Resource
from intime_sync.planning.diff import field_changes
from intime_sync.planning.ownership import is_protected, is_surplus, lesson, removes_owned


@dataclass(frozen=True, slots=True)
class Clock:
    """The moment of planning (aware, UTC) and the zone in which the service speaks of time."""

    now: datetime
    zone: ZoneInfo


@dataclass(slots=True)
class KindPlan:
    """One kind's part of a plan. `matched` maps a desired key to the object that stands for it in the account."""

    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    matched: dict[str, Resource[Any]] = field(default_factory=dict)


def plan_listed(
    kind: ListedKind,
    desired: Sequence[Resource[Any]],
    actual: Sequence[Resource[Any]],
    entries: Mapping[str, Entry],
    prune: Prune,
    clock: Clock,
    replacements: frozenset[str] = frozenset(),
) -> KindPlan:
    """The kind's changes in the order of keys; `problems` holds what forbids a plan, and warnings.

    `replacements` are keys of objects that shall be made anew.
    """
    plan = KindPlan()
    index = _Index(kind, actual)
    ordered = sorted(desired, key=lambda resource: resource.key)
    _match(kind, ordered, entries, index, clock, plan)
    differ = _Differ(kind, entries, clock, plan, replacements)
    for resource in ordered:
        differ.decide(resource, plan.matched.get(resource.key))
    wanted = {resource.key for resource in ordered}
    plan.changes += _undesired(kind, entries, wanted, index, prune, clock)
    if prune is Prune.ALL:
        plan.changes += _unowned(kind, entries, index, clock)
    plan.changes.sort(key=lambda change: change.address.key)
    return plan


class _Index:
    """The account's objects by id and by identity, and which of them stand for a desired one."""

    def __init__(self, kind: ListedKind, actual: Iterable[Resource[Any]]) -> None:
        self.kind = kind
        self.by_id: dict[RemoteId, Resource[Any]] = {}
        self.by_identity: dict[Hashable, list[Resource[Any]]] = {}
        self.claimed: dict[int, str] = {}
        for resource in actual:
            same = self.by_identity.setdefault(kind.identity(resource.value), [])
            if resource.remote_id is None:
                # What has no id cannot be told from its twin, and one removal removes both.
                if same:
                    continue
            else:
                self.by_id[resource.remote_id] = resource
            same.append(resource)

    def all(self) -> Iterator[Resource[Any]]:
        for same in self.by_identity.values():
            yield from same

    def claim(self, resource: Resource[Any], key: str) -> None:
        self.claimed[id(resource)] = key

    def claimant(self, resource: Resource[Any]) -> str | None:
        return self.claimed.get(id(resource))

    def free(self, identity: Hashable) -> list[Resource[Any]]:
        return [found for found in self.by_identity.get(identity, ()) if id(found) not in self.claimed]

    def owned(self, entry: Entry) -> Resource[Any] | None:
        """The object that a ledger entry speaks of, if it is still there."""
        if entry.remote_id is not None:
            found = self.by_id.get(entry.remote_id)
            if found is None or self.kind.matches_by_id():
                return found
            # A group that was renamed by hand is no longer what we made.
            same = self.kind.identity(found.value) == self.kind.identity_of(entry.attributes)
            return found if same else None
        same_identity = self.by_identity.get(self.kind.identity_of(entry.attributes))
        return same_identity[0] if same_identity else None


def _match(
    kind: ListedKind,
    desired: Sequence[Resource[Any]],
    entries: Mapping[str, Entry],
    index: _Index,
    clock: Clock,
    plan: KindPlan,
) -> None:
    """Pins and ledger ids first, so that identity never takes what another key owns."""
    for key, surplus in entries.items():
        if is_surplus(surplus) and (row := index.owned(surplus)) is not None:
            index.claim(row, key)
    rest = []
    for resource in desired:
        if resource.wish.pinned is not None:
            _match_pinned(kind, resource, index, plan)
            continue
        entry = entries.get(resource.key)
        found = index.owned(entry) if entry and kind.matches_by_id() else None
        if found is not None and _usable(kind, resource, found, clock):
            index.claim(found, resource.key)
            plan.matched[resource.key] = found
        else:
            rest.append(resource)
    for resource in rest:
        candidates = [
            found for found in index.free(kind.identity(resource.value)) if _usable(kind, resource, found, clock)
        ]
        if len(candidates) > 1:
            # One that still does something stands before one that was switched off; the oldest first.
            candidates.sort(key=lambda found: (kind.inert(kind.attributes(found.value)), found.remote_id or 0))
            why = kind.ambiguous(resource.key, candidates)
            if why is not None:
                plan.problems.append(Problem("ambiguous", why, resource.origin))
                continue
        if candidates:
            index.claim(candidates[0], resource.key)
            plan.matched[resource.key] = candidates[0]


def _match_pinned(kind: ListedKind, resource: Resource[Any], index: _Index, plan: KindPlan) -> None:
    pinned = resource.wish.pinned
    found = index.by_id.get(pinned) if pinned is not None else None
    if found is None:
        if not resource.wish.absent:
            message = f"the account has no {kind.name} with id {pinned}; remove `id` to have `{resource.key}` made"
            plan.problems.append(Problem("unknown-id", message, resource.origin))
    elif kind.identity(found.value) != kind.identity(resource.value):
        message = f"{kind.name} {pinned} is called `{found.key}` in the account, not `{resource.key}`"
        plan.problems.append(Problem("other-name", message, resource.origin))
    else:
        index.claim(found, resource.key)
        plan.matched[resource.key] = found


def _usable(kind: ListedKind, resource: Resource[Any], found: Resource[Any], clock: Clock) -> bool:
    """What was switched off for good, or is past, only serves a wish for just that."""
    wanted, there = kind.attributes(resource.value), kind.attributes(found.value)
    if kind.inert(there) and not kind.inert(wanted):
        return False
    return not kind.settled(there, clock.now, clock.zone) or kind.settled(wanted, clock.now, clock.zone)


class _Differ:
    """Decides what a desired object needs."""

    def __init__(
        self,
        kind: ListedKind,
        entries: Mapping[str, Entry],
        clock: Clock,
        plan: KindPlan,
        replacements: frozenset[str],
    ) -> None:
        self.replacements = replacements
        self.kind = kind
        self.entries = entries
        self.clock = clock
        self.plan = plan

    def decide(self, wanted: Resource[Any], found: Resource[Any] | None) -> None:
        """Append the change, or count the object as unchanged."""
        entry = self.entries.get(wanted.key)
        after = self.kind.attributes(wanted.value)
        before = None if found is None else self.kind.attributes(found.value)
        settled = self._settled(after) and (before is None or self._settled(before) or not wanted.wish.absent)
        if wanted.wish.absent:
            change = self._absent(wanted, found, before, entry, settled)
            if change is not None:
                self.plan.changes.append(change)
            return
        change = self._past(wanted, found, before, entry) if settled else self._present(wanted, found, before, entry)
        if change is None:
            self.plan.unchanged += 1
        else:
            self.plan.changes.append(change)

    def _settled(self, attributes: Attributes) -> bool:
        return self.kind.settled(attributes, self.clock.now, self.clock.zone)

    def _address(self, wanted: Resource[Any]) -> Address:
        return Address(self.kind.name, wanted.key)

    def _absent(
        self,
        wanted: Resource[Any],
        found: Resource[Any] | None,
        before: Attributes | None,
        entry: Entry | None,
        settled: bool,
    ) -> Change | None:
        if found is not None and before is not None and not settled and not self.kind.inert(before):
            return Delete(
                address=self._address(wanted),
                remote_id=found.remote_id,
                before=before,
                owned=entry is not None,
                reason="ensure: absent",
                origin=wanted.origin,
                protected=is_protected(wanted.wish, entry),
                options=_options_of_removal(wanted, entry),
            )
        if entry is not None:
            return Forget(
                address=self._address(wanted),
                remote_id=entry.remote_id,
                before=entry.attributes,
                reason="already gone from the account",
                origin=wanted.origin,
            )
        return None

    def _past(
        self, wanted: Resource[Any], found: Resource[Any] | None, before: Attributes | None, entry: Entry | None
    ) -> Change | None:
        """History is never made, edited or counted; but what still lies ahead in the account is pointed out."""
        if found is not None and before is not None:
            if self._settled(before) or self.kind.inert(before):
                return None
            after = self.kind.attributes(wanted.value)
            return Held(
                address=self._address(wanted),
                remote_id=found.remote_id,
                before=before,
                after=after,
                fields=field_changes(before, after),
                reason="the time wanted has passed, but the one in the account lies ahead: "
                "correct the time, or remove the item to switch it off",
                origin=wanted.origin,
            )
        if entry is None and not self.kind.inert(self.kind.attributes(wanted.value)):
            message = (
                f"`{self.kind.name}/{wanted.key}` is not in the account and its time has passed: it is not created"
            )
            self.plan.problems.append(Problem("time-passed", message, wanted.origin, Severity.WARNING))
        return None

    def _present(
        self, wanted: Resource[Any], found: Resource[Any] | None, before: Attributes | None, entry: Entry | None
    ) -> Change | None:
        address, after = self._address(wanted), self.kind.attributes(wanted.value)
        protected = is_protected(wanted.wish, entry)
        if found is None or before is None:
            if self.kind.inert(after):
                return None
            return Create(
                address=address,
                after=after,
                reason="no longer in the account" if entry else None,
                origin=wanted.origin,
                protected=protected,
                options=wanted.wish.options,
            )
        if self.kind.inert(after) and self.kind.inert(before):
            return None
        if wanted.key in self.replacements:
            return Replace(
                address=address,
                remote_id=found.remote_id,
                before=before,
                after=after,
                fields=field_changes(before, after),
                reason="asked for with --replace",
                origin=wanted.origin,
                protected=protected,
                options=wanted.wish.options,
            )
        if before == after:
            learn = lesson(entry, wanted.wish, found.remote_id, after)
            if learn is None:
                return None
            return Adopt(
                address=address,
                remote_id=found.remote_id,
                after=after,
                reason=learn,
                origin=wanted.origin,
                protected=protected,
                options=wanted.wish.options,
            )
        if found.remote_id is None:
            raise AssertionError(f"{address} differs but has no id")
        return Update(
            address=address,
            remote_id=found.remote_id,
            before=before,
            after=after,
            fields=field_changes(before, after),
            reason=None if entry else "already in the account",
            origin=wanted.origin,
            protected=protected,
            options=wanted.wish.options,
        )


def _options_of_removal(wanted: Resource[Any], entry: Entry | None) -> Attributes | None:
    """What the item says of its removal, else what the ledger remembers."""
    if wanted.wish.options is not None:
        return wanted.wish.options
    return entry.options if entry is not None else None


def _undesired(
    kind: ListedKind,
    entries: Mapping[str, Entry],
    wanted: set[str],
    index: _Index,
    prune: Prune,
    clock: Clock,
) -> Iterator[Change]:
    """What the ledger owns and the configuration no longer names."""
    for key, entry in entries.items():
        if key in wanted:
            continue
        address = Address(kind.name, key)
        found = index.owned(entry)
        if found is None:
            reason = "gone from the account"
        elif (claimant := index.claimant(found)) is not None and claimant != key:
            reason = f"now {kind.name}/{claimant}"
        else:
            before = kind.attributes(found.value)
            if kind.inert(before) or kind.settled(before, clock.now, clock.zone):
                reason = (
                    "its time has passed" if kind.settled(before, clock.now, clock.zone) else "already switched off"
                )
            elif not removes_owned(prune):
                continue
            else:
                index.claim(found, key)
                yield Delete(
                    address=address,
                    remote_id=found.remote_id,
                    before=before,
                    protected=entry.protect,
                    options=entry.options,
                )
                continue
        yield Forget(address=address, remote_id=entry.remote_id, before=entry.attributes, reason=reason)


def _unowned(kind: ListedKind, entries: Mapping[str, Entry], index: _Index, clock: Clock) -> Iterator[Change]:
    """What nobody named and the ledger does not know, for `prune: all`."""
    owned = {id(found) for entry in entries.values() if (found := index.owned(entry)) is not None}
    for found in index.all():
        before = kind.attributes(found.value)
        if (
            index.claimant(found) is not None
            or id(found) in owned
            or kind.inert(before)
            or kind.settled(before, clock.now, clock.zone)
        ):
            continue
        # Several of one name are told apart, from each other and from the one that the ledger knows by it.
        twins = found.key in entries or len(index.by_identity[kind.identity(found.value)]) > 1
        yield Delete(
            address=Address(kind.name, f"{found.key}#{found.remote_id}" if twins else found.key),
            remote_id=found.remote_id,
            before=before,
            owned=False,
            reason="prune: all",
        )
