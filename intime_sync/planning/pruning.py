"""Removals of listed objects that no item names: owned ones, other objects of an absent identity, `prune: all`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from intime_sync.kinds.base import ListedKind
from intime_sync.model.change import Change, Delete, Forget, Manual
from intime_sync.model.ledger import Entry
from intime_sync.model.policy import Prune
from intime_sync.model.resource import Address, Resource
from intime_sync.planning.awaiting import is_awaited, never_listed, why_waiting
from intime_sync.planning.context import Clock
from intime_sync.planning.index import is_active
from intime_sync.planning.matching import Index, KindPlan
from intime_sync.planning.ownership import removes_owned


def undesired(
    kind: ListedKind,
    entries: Mapping[str, Entry],
    wanted: set[str],
    index: Index,
    prune: Prune,
    clock: Clock,
    plan: KindPlan,
) -> Iterator[Change]:
    """Changes of objects that the ledger owns and that are not `wanted`; adds warnings to `plan`."""
    for key, entry in entries.items():
        if key in wanted:
            continue
        address = Address(kind.name, key)
        found = index.owned(entry)
        before = entry.attributes if found is None else kind.attributes(found.value)
        if found is None and is_awaited(entry, clock.now) and not kind.is_past(before, clock.now, clock.zone):
            # It is not forgotten, since nothing would remove it once it is listed.
            if removes_owned(prune):
                yield Manual(
                    address=address,
                    remote_id=entry.remote_id,
                    before=entry.attributes,
                    after=None,
                    reason=why_waiting(address, entry, clock, wanted=False),
                    protected=entry.protect,
                )
            continue
        if found is None:
            reason = "gone from the account"
            if entry.awaited is not None:
                plan.problems.append(never_listed(address, entry, clock, None, wanted=False))
        elif (claimant := index.claimant(found)) is not None and claimant != key:
            reason = f"now {kind.name}/{claimant}"
        elif kind.is_past(before, clock.now, clock.zone):
            reason = "its time has passed"
        elif kind.inert(before):
            reason = "already switched off"
        else:
            if removes_owned(prune):
                index.claim(found, key)
                yield Delete(
                    address=address,
                    remote_id=found.remote_id,
                    before=before,
                    protected=entry.protect,
                    options={"surplus": True} if entry.surplus else entry.options,
                )
            continue
        yield Forget(address=address, remote_id=entry.remote_id, before=entry.attributes, reason=reason)


def twins(
    kind: ListedKind,
    desired: Sequence[Resource[Any]],
    entries: Mapping[str, Entry],
    index: Index,
    clock: Clock,
    plan: KindPlan,
) -> Iterator[Change]:
    """Removals of all other objects with the identity of an item with `ensure: absent`."""
    owned = _owned_rows(entries, index)
    for resource in desired:
        if not resource.lifecycle.absent or resource.key not in plan.matched or resource.lifecycle.pinned is not None:
            continue
        for found in index.free(kind.identity(resource.value)):
            before = kind.attributes(found.value)
            if id(found) in owned or not is_active(kind, before, clock):
                continue
            key = f"{resource.key}#{found.remote_id}"
            index.claim(found, key)
            yield Delete(
                address=Address(kind.name, key),
                remote_id=found.remote_id,
                before=before,
                owned=False,
                reason="ensure: absent",
                origin=resource.origin,
                options=resource.lifecycle.options,
            )


def unowned(kind: ListedKind, entries: Mapping[str, Entry], index: Index, clock: Clock) -> Iterator[Change]:
    """Removals, for `prune: all`, of objects that neither the configuration nor the ledger knows."""
    owned = _owned_rows(entries, index)
    for found in index.all():
        before = kind.attributes(found.value)
        if index.claimant(found) is not None or id(found) in owned or not is_active(kind, before, clock):
            continue
        # The id is added where another object, or the ledger, has the same key.
        ambiguous = found.key in entries or len(index.by_identity[kind.identity(found.value)]) > 1
        yield Delete(
            address=Address(kind.name, f"{found.key}#{found.remote_id}" if ambiguous else found.key),
            remote_id=found.remote_id,
            before=before,
            owned=False,
            reason="prune: all",
        )


def _owned_rows(entries: Mapping[str, Entry], index: Index) -> set[int]:
    """The `id()` of each object that a ledger entry owns."""
    return {id(found) for entry in entries.values() if (found := index.owned(entry)) is not None}
