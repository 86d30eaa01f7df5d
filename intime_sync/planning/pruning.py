"""What goes although no item asks for its change: what is owned and no longer named, twins, and `prune: all`."""

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
    """What the ledger owns and the configuration no longer names."""
    for key, entry in entries.items():
        if key in wanted:
            continue
        address = Address(kind.name, key)
        found = index.owned(entry)
        if (
            found is None
            and is_awaited(entry, clock.now)
            and not kind.is_past(entry.attributes, clock.now, clock.zone)
        ):
            # Not forgotten: once it is listed, nothing would remove it.
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
        else:
            before = kind.attributes(found.value)
            if kind.inert(before) or kind.is_past(before, clock.now, clock.zone):
                reason = (
                    "its time has passed" if kind.is_past(before, clock.now, clock.zone) else "already switched off"
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


def twins(
    kind: ListedKind,
    desired: Sequence[Resource[Any]],
    entries: Mapping[str, Entry],
    index: Index,
    clock: Clock,
    plan: KindPlan,
) -> Iterator[Change]:
    """What is to be absent is absent altogether: every other object of its identity goes too."""
    owned = {id(found) for entry in entries.values() if (found := index.owned(entry)) is not None}
    for resource in desired:
        if not resource.lifecycle.absent or resource.key not in plan.matched or resource.lifecycle.pinned is not None:
            continue
        for found in index.free(kind.identity(resource.value)):
            before = kind.attributes(found.value)
            if id(found) in owned or kind.inert(before) or kind.is_past(before, clock.now, clock.zone):
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
    """What neither the configuration nor the ledger knows, for `prune: all`."""
    owned = {id(found) for entry in entries.values() if (found := index.owned(entry)) is not None}
    for found in index.all():
        before = kind.attributes(found.value)
        if (
            index.claimant(found) is not None
            or id(found) in owned
            or kind.inert(before)
            or kind.is_past(before, clock.now, clock.zone)
        ):
            continue
        # Several of one name are told apart, from each other and from the one that the ledger knows by it.
        ambiguous = found.key in entries or len(index.by_identity[kind.identity(found.value)]) > 1
        yield Delete(
            address=Address(kind.name, f"{found.key}#{found.remote_id}" if ambiguous else found.key),
            remote_id=found.remote_id,
            before=before,
            owned=False,
            reason="prune: all",
        )
