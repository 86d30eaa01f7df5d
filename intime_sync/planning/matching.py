"""Which object of the account stands for which desired one: ledger ids and pins first, identity after them."""

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
from intime_sync.planning.ownership import is_surplus


@dataclass(slots=True)
class KindPlan:
    """One kind's part of a plan. `matched` maps a desired key to the object that stands for it in the account."""

    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    matched: dict[str, Resource[Any]] = field(default_factory=dict)


class Index:
    """The account's objects by id and by identity, and which of them stand for a desired one."""

    def __init__(self, kind: ListedKind, actual: Iterable[Resource[Any]]) -> None:
        self.kind = kind
        actual = list(actual)
        self.by_id = by_id(actual)
        # Rows without ids cannot be told from their twins, and one removal removes both: the first stands for all.
        self.by_identity = {
            identity: [row for at, row in enumerate(rows) if at == 0 or row.remote_id is not None]
            for identity, rows in by_identity(kind, actual).items()
        }
        self.claimed: dict[int, str] = {}

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
            # What was never listed under its id may have been confirmed by mistake, and the id be a stranger's.
            if found is None or (self.kind.matches_by_id and entry.awaited is None):
                return found
            # A group that was renamed by hand is no longer what we made.
            same = self.kind.identity(found.value) == self.kind.identity_of(entry.attributes)
            return found if same else None
        same_identity = self.by_identity.get(self.kind.identity_of(entry.attributes))
        return same_identity[0] if same_identity else None


def under_own_names(
    rows: Sequence[Resource[Any]], entries: Mapping[str, Entry], desired: Iterable[Resource[Any]] = ()
) -> Sequence[Resource[Any]]:
    """Rows that the account lists by another name than they were made with, as if it had kept the name.

    An entry's `listed_as` counts only together with its id, and not where the configuration itself names what the
    account lists, which is among `desired` then.
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
    """All lists with `under_own_names`, where `desired` (None: nothing) may name what the account lists."""
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
    """Pins and ledger ids first, so that identity never takes what another key owns."""
    for key, surplus in entries.items():
        if is_surplus(surplus) and (row := index.owned(surplus)) is not None:
            index.claim(row, key)
    rest = []
    for resource in desired:
        if resource.lifecycle.pinned is not None:
            _match_pinned(kind, resource, index, plan)
            continue
        entry = entries.get(resource.key)
        found = index.owned(entry) if entry and kind.matches_by_id else None
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
    """What was switched off for good, or is past, only serves a wish for just that."""
    wanted, there = kind.attributes(resource.value), kind.attributes(found.value)
    if kind.inert(there) and not kind.inert(wanted):
        return False
    return not kind.is_past(there, clock.now, clock.zone) or kind.is_past(wanted, clock.now, clock.zone)
