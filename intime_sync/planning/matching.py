"""Matches desired objects with objects of the account: by ledger ids and pins first, then by identity."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from intime_sync.kinds.base import ListedKind
from intime_sync.model.change import Change
from intime_sync.model.ledger import Entry, Ledger
from intime_sync.model.problem import Problem
from intime_sync.model.resource import Resource, Snapshot
from intime_sync.planning.context import Clock
from intime_sync.planning.index import by_id, by_identity


@dataclass(slots=True)
class KindPlan:
    """One kind's part of a plan. `matched` has the account's object for each desired key that has one."""

    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    matched: dict[str, Resource[Any]] = field(default_factory=dict)

    def add(self, change: Change | None) -> None:
        """Append a change, or count an unchanged object if it is None."""
        if change is None:
            self.unchanged += 1
        else:
            self.changes.append(change)


class Index:
    """The account's objects by id and by identity, and the keys of those that were matched (claimed)."""

    def __init__(self, kind: ListedKind, actual: Iterable[Resource[Any]]) -> None:
        self.kind = kind
        actual = list(actual)
        self.by_id = by_id(actual)
        # The service cannot tell rows of one identity without ids apart, and removes all at once: one is enough.
        self.by_identity = {
            identity: [row for at, row in enumerate(rows) if at == 0 or row.remote_id is not None]
            for identity, rows in by_identity(kind, actual).items()
        }
        self.claimed: dict[int, str] = {}

    def all(self) -> Iterator[Resource[Any]]:
        """All objects."""
        for same in self.by_identity.values():
            yield from same

    def claim(self, resource: Resource[Any], key: str) -> None:
        """Record that an object of the account belongs to `key`, so that no other key is matched with it."""
        self.claimed[id(resource)] = key

    def claimant(self, resource: Resource[Any]) -> str | None:
        """The key that an object of the account belongs to, if any."""
        return self.claimed.get(id(resource))

    def free(self, identity: Hashable) -> list[Resource[Any]]:
        """The objects of an identity that no key has claimed."""
        return [found for found in self.by_identity.get(identity, ()) if id(found) not in self.claimed]

    def owned(self, entry: Entry) -> Resource[Any] | None:
        """The object of a ledger entry, if it is still in the account."""
        if entry.remote_id is not None:
            found = self.by_id.get(entry.remote_id)
            # Until the entry's object was listed once, its id may be wrong and belong to another object.
            if found is None or (self.kind.matches_by_id and entry.awaited is None):
                return found
            # A group that was renamed by hand is no longer the one that was made.
            same = self.kind.identity(found.value) == self.kind.identity_of(entry.attributes)
            return found if same else None
        same_identity = self.by_identity.get(self.kind.identity_of(entry.attributes))
        return same_identity[0] if same_identity else None


def under_own_names(
    rows: Sequence[Resource[Any]], entries: Mapping[str, Entry], desired: Iterable[Resource[Any]] = ()
) -> Sequence[Resource[Any]]:
    """The rows with the names that they were made with, where the service lists them by other names.

    An entry's `listed_as` is used only for a row with the entry's id, and not if `desired` has an object with the
    listed name.
    """
    renamed = {(entry.remote_id, entry.listed_as): key for key, entry in entries.items() if entry.listed_as}
    if not renamed:
        return rows
    wanted = {resource.key for resource in desired}
    return [
        replace(row, key=key, value=replace(row.value, name=key))
        if (key := renamed.get((row.remote_id, row.key))) is not None and row.key not in wanted
        else row
        for row in rows
    ]


def account_under_own_names(actual: Snapshot, ledger: Ledger, desired: Snapshot | None) -> Snapshot:
    """All lists with `under_own_names`; without `desired`, no listed name is taken for a desired one."""
    return Snapshot(
        {
            kind: under_own_names(rows, ledger.of(kind), desired.of(kind) if desired is not None else ())
            for kind, rows in actual.resources.items()
        }
    )


def match(
    kind: ListedKind,
    desired: Sequence[Resource[Any]],
    entries: Mapping[str, Entry],
    index: Index,
    clock: Clock,
    plan: KindPlan,
) -> None:
    """Fill `plan.matched`, claim the matches in `index`, and add problems.

    Pins and ledger ids come first, so that no object is matched by identity that another key owns.
    """
    for key, entry in entries.items():
        if entry.surplus and (row := index.owned(entry)) is not None:
            index.claim(row, key)
    rest = []
    for resource in desired:
        if resource.lifecycle.pinned is not None:
            _match_pinned(kind, resource, index, plan)
            continue
        known = entries.get(resource.key)
        found = index.owned(known) if known and kind.matches_by_id else None
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
            # Objects that were not switched off come first, then the oldest.
            candidates.sort(key=lambda found: (kind.inert(kind.attributes(found.value)), found.remote_id or 0))
            why = kind.ambiguous(resource.key, candidates)
            if why is not None:
                plan.problems.append(Problem("ambiguous", why, resource.origin))
                continue
        if candidates:
            index.claim(candidates[0], resource.key)
            plan.matched[resource.key] = candidates[0]


def _match_pinned(kind: ListedKind, resource: Resource[Any], index: Index, plan: KindPlan) -> None:
    pinned = resource.lifecycle.pinned
    found = index.by_id.get(pinned) if pinned is not None else None
    if found is None:
        if not resource.lifecycle.absent:
            message = f"the account has no {kind.name} with id {pinned}; remove `id` to have `{resource.key}` made"
            plan.problems.append(Problem("unknown-id", message, resource.origin))
    elif kind.identity(found.value) != kind.identity(resource.value):
        message = f"{kind.name} {pinned} is called `{found.key}` in the account, not `{resource.key}`"
        plan.problems.append(Problem("other-name", message, resource.origin))
    else:
        index.claim(found, resource.key)
        plan.matched[resource.key] = found


def _usable(kind: ListedKind, resource: Resource[Any], found: Resource[Any], clock: Clock) -> bool:
    """Whether `found` may be matched: if it is inert or past, only with a resource that is so too."""
    wanted, there = kind.attributes(resource.value), kind.attributes(found.value)
    if kind.inert(there) and not kind.inert(wanted):
        return False
    return not kind.is_past(there, clock.now, clock.zone) or kind.is_past(wanted, clock.now, clock.zone)
