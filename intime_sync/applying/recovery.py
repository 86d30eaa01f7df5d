"""Deltas for the ledger about requests that an interrupted run left open, from what can be observed. Pure.

Objects that such a request created are owned, whatever the configuration says now. Objects that the service made
twice are recorded as surplus, so that the next plan shows their removal. Carriers that were not confirmed are unknown
to the ledger and will be removed; contacts that the service may have merged into them are recorded as lost.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from intime_sync.applying.adding import ADD
from intime_sync.applying.appending import APPEND, unknown_contact
from intime_sync.applying.cancelling import CANCEL
from intime_sync.applying.carrier_groups import MAKE, REMOVE
from intime_sync.applying.goals import ListView
from intime_sync.applying.listed import surplus_entry
from intime_sync.applying.lost import mark_lost
from intime_sync.applying.messages import SEND
from intime_sync.kinds.base import ListedKind
from intime_sync.kinds.registry import BY_NAME, GROUPS, MESSAGES
from intime_sync.model.ledger import (
    NO_OPTIONS,
    Delta,
    Dispatch,
    DropCarrier,
    DropEntry,
    Entry,
    Intent,
    Ledger,
    PutEntry,
    audience_in,
)
from intime_sync.model.resource import KindName, RemoteId, Snapshot
from intime_sync.planning.awaiting import all_awaited
from intime_sync.planning.lookalikes import lookalikes

_WITHOUT_LISTS = frozenset({SEND, CANCEL, APPEND})


def needs_list(intent: Intent) -> bool:
    """Whether only the account's lists can settle an intent."""
    return intent.operation not in _WITHOUT_LISTS


def deltas_of_intent(intent: Intent, ledger: Ledger, actual: Snapshot) -> list[Delta]:
    """Deltas that settle an open intent; `actual` has the list of its kind if that can be listed."""
    kind = BY_NAME.get(intent.kind)
    if intent.operation == "create" and isinstance(kind, ListedKind):
        return list(_created_objects(kind, intent, ledger, actual))
    if intent.operation == "remove" and isinstance(kind, ListedKind):
        return list(_removed_objects(kind, intent, ledger, actual))
    if intent.operation == ADD:
        return mark_lost(ledger, intent.keys, [str(way) for way in _list(intent, "reach")])
    if intent.operation == REMOVE and intent.kind == GROUPS.name:
        return list(_removed_carriers(intent, ledger, actual))
    if intent.operation == APPEND:
        return [unknown_contact(key, attributes) for key, attributes in _objects(intent)]
    if intent.operation == SEND:
        return [_maybe_sent(key, intent) for key in intent.keys]
    if intent.operation == CANCEL:
        return list(_maybe_cancelled(intent, ledger))
    return []


def waits_for_list(intent: Intent, ledger: Ledger, actual: Snapshot) -> bool:
    """Whether `actual` lacks a possible effect of an intent, so that the list may not be up to date yet."""
    kind = BY_NAME.get(intent.kind)
    if intent.operation == "create" and isinstance(kind, ListedKind):
        before = {RemoteId(id) for id in _list(intent, "before")}
        new = [row for row in actual.of(kind.name) if row.remote_id not in before]
        there = ListView(kind, new).by_identity
        return any(kind.identity_of(attributes) not in there for _, attributes in _objects(intent))
    if intent.operation == "remove" and isinstance(kind, ListedKind):
        gone = {delta.key for delta in _removed_objects(kind, intent, ledger, actual) if isinstance(delta, DropEntry)}
        return any(key in ledger.of(kind.name) and key not in gone for key in intent.keys)
    names = {group.key for group in actual.of(GROUPS.name)}
    if intent.operation == MAKE and intent.kind == GROUPS.name:
        return not names.issuperset(intent.keys)
    if intent.operation == REMOVE and intent.kind == GROUPS.name:
        known = (ledger.carriers.get(RemoteId(int(key))) for key in intent.keys)
        return any(carrier.name in names for carrier in known if carrier is not None)
    return False


def deltas_of_awaited(ledger: Ledger, actual: Snapshot) -> list[Delta]:
    """Deltas for confirmed objects that no list had shown, and that are listed now.

    If another object of the same identity is listed, one request too many was sent: the listed object is taken
    instead, and the confirmed one is recorded as surplus, to be removed if it is listed later.
    """
    deltas: list[Delta] = []
    views: dict[KindName, tuple[ListView, set[tuple[RemoteId | None, Hashable]], set[RemoteId | None]]] = {}
    for name, key, entry in list(all_awaited(ledger)):
        kind = BY_NAME[name]
        if not isinstance(kind, ListedKind) or name not in actual:
            continue
        if name not in views:
            rows = actual.of(name)
            others = {known.remote_id for known in ledger.of(name).values() if known.awaited is None}
            listed = {(row.remote_id, kind.identity(row.value)) for row in rows}
            views[name] = ListView(kind, rows), listed, others
        view, there, owned = views[name]
        identity = kind.identity_of(entry.attributes)
        if (entry.remote_id, identity) in there:
            deltas.append(PutEntry(name, key, replace(entry, awaited=None)))
        elif not entry.surplus and any(row.remote_id not in owned for row in view.by_identity.get(identity, ())):
            deltas.append(DropEntry(name, key))
            if entry.remote_id not in view.by_id:
                deltas.append(_one_too_many(name, key, entry))
    return deltas


def _one_too_many(kind: KindName, key: str, entry: Entry) -> PutEntry:
    """The entry of a confirmed object that is not listed yet, and that another one replaces."""
    return PutEntry(kind, f"{key}#{entry.remote_id}", replace(entry, options=NO_OPTIONS, surplus=True, protect=False))


def _removed_objects(kind: ListedKind, intent: Intent, ledger: Ledger, actual: Snapshot) -> Iterator[Delta]:
    """Drops the objects whose removal was requested and that the account no longer has.

    Otherwise a guard would take their absence for a fault of the list.
    """
    view = ListView(kind, actual.of(kind.name))
    for key in intent.keys:
        entry = ledger.of(kind.name).get(key)
        if entry is None:
            continue
        if entry.remote_id is not None:
            there = entry.remote_id in view.by_id
        else:
            there = bool(view.by_identity.get(kind.identity_of(entry.attributes)))
        if not there:
            yield DropEntry(kind.name, key)


def _removed_carriers(intent: Intent, ledger: Ledger, actual: Snapshot) -> Iterator[Delta]:
    """Drops the carriers whose removal was requested and that the account no longer has."""
    there = {group.remote_id: group.key for group in actual.of(GROUPS.name)}
    for key in intent.keys:
        carrier = ledger.carriers.get(RemoteId(int(key)))
        if carrier is not None and there.get(RemoteId(int(key))) != carrier.name:
            yield DropCarrier(RemoteId(int(key)))


def _maybe_sent(key: str, intent: Intent) -> PutEntry:
    """The entry of a message of unknown outcome, which only a person or a delivery receipt can settle."""
    detail: dict[str, Any] = dict(intent.detail)
    dispatch = Dispatch(groups=detail["groups"], since=detail["since"], earlier=tuple(detail["earlier"]))
    audience = audience_in(detail["audience"])
    entry = Entry(detail["object"], protect=detail["protect"], unknown=True, dispatch=dispatch, audience=audience)
    return PutEntry(intent.kind, key, entry)


def _maybe_cancelled(intent: Intent, ledger: Ledger) -> Iterator[Delta]:
    """Entries of messages with ids that may have been cancelled; a repeated request for them will show it."""
    ids = frozenset(RemoteId(id) for id in _list(intent, "ids"))
    for key in intent.keys:
        entry = ledger.of(intent.kind).get(key)
        if entry is not None and entry.dispatch is not None:
            dispatch = replace(entry.dispatch, cancelling=True, asked=entry.dispatch.asked | ids)
            yield PutEntry(intent.kind, key, replace(entry, dispatch=dispatch))


def deltas_of_receipts(ledger: Ledger, receipts: Mapping[str, Sequence[tuple[RemoteId, datetime]]]) -> list[Delta]:
    """Deltas for messages of unknown outcome that were sent, because there are delivery receipts for them.

    `receipts` are the message ids and times of arrival (aware) by transid. Receipts for an earlier version of the
    message do not count.
    """
    deltas: list[Delta] = []
    for key, entry in ledger.of(MESSAGES.name).items():
        dispatch = entry.dispatch
        if not entry.unknown or dispatch is None or dispatch.since is None:
            continue
        since = datetime.fromisoformat(dispatch.since)
        mobiles = MESSAGES.mobiles(entry.attributes)
        by_mobile = [
            [
                id
                for id, arrived in receipts.get(MESSAGES.transid(key, mobile), ())
                if arrived >= since and id not in dispatch.earlier
            ]
            for mobile in mobiles
        ]
        found = tuple(sorted({id for ids in by_mobile for id in ids}))
        if found:
            # Recipients without a receipt got the message too, but its ids are unknown, so it cannot be cancelled.
            all_known = all(by_mobile) and not dispatch.groups
            left = Dispatch(found) if all_known else None
            known = replace(entry, unknown=False, remote_id=found[0], dispatch=left)
            deltas.append(PutEntry(MESSAGES.name, key, known))
    return deltas


def _created_objects(kind: ListedKind, intent: Intent, ledger: Ledger, actual: Snapshot) -> Iterator[Delta]:
    """Entries of the objects that an interrupted request made, and of duplicates as surplus."""
    view = ListView(kind, actual.of(kind.name))
    before = {RemoteId(id) for id in _list(intent, "before")}
    taken = {entry.remote_id for entry in ledger.of(kind.name).values() if entry.remote_id is not None} | before
    for key, attributes in _objects(intent):
        known = ledger.of(kind.name).get(key)
        ours = known.remote_id if known else None
        rows = view.by_identity.get(kind.identity_of(attributes), [])
        made = sorted(
            (row for row in rows if row.remote_id is None or row.remote_id not in before),
            # The object that is owned already comes first: the interrupted request may have been carried out later
            # than the one that made it.
            key=lambda row: (row.remote_id != ours, row.remote_id or 0),
        )
        if kind.may_be_renamed and not made:
            alike = lookalikes(key, view.by_id.values(), taken - {ours})
            taken |= {row.remote_id for row in alike if row.remote_id is not None}
            for row in alike[:1]:
                entry = known or Entry(attributes)
                yield PutEntry(
                    kind.name, key, replace(entry, remote_id=row.remote_id, listed_as=row.key, awaited=None)
                )
            for row in alike[1:]:
                yield from surplus_entry(kind, key, row)
        for position, row in enumerate(made):
            if position > 0:
                yield from surplus_entry(kind, key, row)
            elif known is None or row.remote_id != ours:
                if known is not None and known.awaited is not None and ours not in view.by_id:
                    yield _one_too_many(kind.name, key, known)
                yield PutEntry(kind.name, key, Entry(kind.attributes(row.value), row.remote_id))


def _objects(intent: Intent) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, attributes in zip(intent.keys, _list(intent, "objects"), strict=False):
        if isinstance(attributes, dict):
            yield key, attributes


def _list(intent: Intent, name: str) -> list[Any]:
    found = intent.detail.get(name)
    return found if isinstance(found, list) else []
