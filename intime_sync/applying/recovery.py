"""Settling what an interrupted run left open, from what can be observed. Pure: it says what the ledger learns.

What came to be of a create is ours, whatever the configuration says by now. What the service made twice of one
request is remembered as surplus, so that the plan removes it in everybody's sight. Carriers that nobody confirmed
are unknown to the ledger and will be purged; contacts that the service may have merged into them count as gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from intime_sync.applying.adding import ADD
from intime_sync.applying.appending import APPEND, unknown_contact
from intime_sync.applying.cancelling import CANCEL
from intime_sync.applying.carrier_groups import REMOVE
from intime_sync.applying.disowning import disown
from intime_sync.applying.goals import ListView
from intime_sync.applying.listed import surplus
from intime_sync.applying.messages import SEND
from intime_sync.kinds.base import ListedKind
from intime_sync.kinds.registry import BY_NAME, GROUPS, MESSAGES
from intime_sync.model.ledger import Delta, Dispatch, DropCarrier, DropEntry, Entry, Intent, Ledger, PutEntry
from intime_sync.model.resource import RemoteId, Snapshot

_WITHOUT_LISTS = frozenset({SEND, CANCEL, APPEND})


def needs_list(intent: Intent) -> bool:
    """Whether only the account's lists can settle an intent."""
    return intent.operation not in _WITHOUT_LISTS


def settlement(intent: Intent, ledger: Ledger, actual: Snapshot) -> list[Delta]:
    """What the ledger learns about an open intent; `actual` holds the intent's kind if it can be listed."""
    kind = BY_NAME.get(intent.kind)
    if intent.operation == "create" and isinstance(kind, ListedKind):
        return list(_created(kind, intent, ledger, actual))
    if intent.operation == "remove" and isinstance(kind, ListedKind):
        return list(_gone(kind, intent, ledger, actual))
    if intent.operation == ADD:
        return disown(ledger, intent.keys, [str(way) for way in _list(intent, "reach")])
    if intent.operation == REMOVE and intent.kind == GROUPS.name:
        return list(_removed(intent, ledger, actual))
    if intent.operation == APPEND:
        return [unknown_contact(key, attributes) for key, attributes in _objects(intent)]
    if intent.operation == SEND:
        return [_sent_off(key, intent) for key in intent.keys]
    if intent.operation == CANCEL:
        return list(_asked_back(intent, ledger))
    return []


def _gone(kind: ListedKind, intent: Intent, ledger: Ledger, actual: Snapshot) -> Iterator[Delta]:
    """Objects whose removal was asked for, and that the account no longer has.

    They are no longer owned, so no guard takes their absence for a fault of the list.
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


def _removed(intent: Intent, ledger: Ledger, actual: Snapshot) -> Iterator[Delta]:
    """Carriers whose removal was asked for, and that the account no longer has."""
    there = {group.remote_id: group.key for group in actual.of(GROUPS.name)}
    for key in intent.keys:
        carrier = ledger.carriers.get(RemoteId(int(key)))
        if carrier is not None and there.get(RemoteId(int(key))) != carrier.name:
            yield DropCarrier(RemoteId(int(key)))


def _sent_off(key: str, intent: Intent) -> PutEntry:
    """A message of which it is not known whether it was sent: only a person or a receipt can tell."""
    detail: dict[str, Any] = dict(intent.detail)
    dispatch = Dispatch(groups=detail["groups"], since=detail["since"], earlier=tuple(detail["earlier"]))
    entry = Entry(
        detail["object"], protect=detail["protect"], options=detail["options"], unknown=True, dispatch=dispatch
    )
    return PutEntry(intent.kind, key, entry)


def _asked_back(intent: Intent, ledger: Ledger) -> Iterator[Delta]:
    """Ids that may have been taken back: asking for them again tells."""
    ids = frozenset(RemoteId(id) for id in _list(intent, "ids"))
    for key in intent.keys:
        entry = ledger.of(intent.kind).get(key)
        if entry is not None and entry.dispatch is not None:
            dispatch = replace(entry.dispatch, cancelling=True, asked=entry.dispatch.asked | ids)
            yield PutEntry(intent.kind, key, replace(entry, dispatch=dispatch))


def heard_of(ledger: Ledger, receipts: Mapping[str, Sequence[tuple[RemoteId, datetime]]]) -> list[Delta]:
    """What delivery receipts tell about messages of unknown outcome: one that has a receipt was sent.

    `receipts` are the message ids and times of arrival (aware) by transid. Those of an earlier version do not count.
    """
    deltas: list[Delta] = []
    for key, entry in ledger.of(MESSAGES.name).items():
        dispatch = entry.dispatch
        if not entry.unknown or dispatch is None or dispatch.since is None:
            continue
        since = datetime.fromisoformat(dispatch.since)
        mobiles = MESSAGES.mobiles(entry.attributes)
        heard = [
            [
                id
                for id, arrived in receipts.get(MESSAGES.transid(key, mobile), ())
                if arrived >= since and id not in dispatch.earlier
            ]
            for mobile in mobiles
        ]
        found = tuple(sorted({id for ids in heard for id in ids}))
        if found:
            # What was not heard of was sent as well, under ids that nobody knows: then nothing can be taken back.
            all_known = all(heard) and not dispatch.groups
            left = Dispatch(found) if all_known else None
            known = replace(entry, unknown=False, remote_id=found[0], dispatch=left)
            deltas.append(PutEntry(MESSAGES.name, key, known))
    return deltas


def _created(kind: ListedKind, intent: Intent, ledger: Ledger, actual: Snapshot) -> Iterator[Delta]:
    view = ListView(kind, actual.of(kind.name))
    before = {RemoteId(id) for id in _list(intent, "before")}
    for key, attributes in _objects(intent):
        known = ledger.of(kind.name).get(key)
        ours = known.remote_id if known else None
        rows = view.by_identity.get(kind.identity_of(attributes), [])
        made = sorted(
            (row for row in rows if row.remote_id is None or row.remote_id not in before),
            # A request of which nothing was heard may be carried out after another one has made the object.
            key=lambda row: (row.remote_id != ours, row.remote_id or 0),
        )
        for position, row in enumerate(made):
            if position > 0:
                yield from surplus(kind, key, row)
            elif known is None or row.remote_id != ours:
                yield PutEntry(kind.name, key, Entry(kind.attributes(row.value), row.remote_id))


def _objects(intent: Intent) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, attributes in zip(intent.keys, _list(intent, "objects"), strict=False):
        if isinstance(attributes, dict):
            yield key, attributes


def _list(intent: Intent, name: str) -> list[Any]:
    found = intent.detail.get(name)
    return found if isinstance(found, list) else []
