"""Settling in the ledger what an interrupted run left open, by what can be observed since."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from intime_sync.applying.recovery import (
    deltas_of_awaited,
    deltas_of_intent,
    deltas_of_receipts,
    needs_list,
    waits_for_list,
)
from intime_sync.applying.run import FEW_REREADS, FIRST_PAUSE
from intime_sync.ledgers.base import OpenLedger
from intime_sync.model.resource import KindName, RemoteId, Snapshot
from intime_sync.planning.matching import account_under_own_names


def fetch_until_shown(
    fetch: Callable[[Iterable[KindName]], Snapshot],
    kinds: Iterable[KindName],
    ledger: OpenLedger,
    sleep: Callable[[float], None],
) -> Snapshot:
    """The lists of `kinds` and those that settle what an interrupted run left open; writes nothing.

    A list that does not show yet what that run may have done is read again a few times, after pauses by `sleep`
    (seconds).
    """
    actual = fetch(dict.fromkeys((*kinds, *(intent.kind for intent in ledger.open_intents))))
    for attempt in range(FEW_REREADS):
        seen = account_under_own_names(actual, ledger.ledger, None)
        late = {intent.kind for intent in ledger.open_intents if waits_for_list(intent, ledger.ledger, seen)}
        if not late:
            break
        sleep(FIRST_PAUSE * 2**attempt)
        actual = Snapshot({**actual.resources, **fetch(late).resources})
    return actual


def settle_interrupted(ledger: OpenLedger, actual: Snapshot) -> int:
    """Write into the ledger what `actual` shows of requests left open, and of objects that no list had shown.

    Returns how many requests were settled.
    """
    seen = account_under_own_names(actual, ledger.ledger, None)
    intents = ledger.open_intents
    for intent in intents:
        ledger.settle(intent.number, deltas_of_intent(intent, ledger.ledger, seen))
    learnt = deltas_of_awaited(ledger.ledger, seen)
    if learnt:
        ledger.record(learnt)
    return len(intents)


def settle_without_lists(ledger: OpenLedger) -> None:
    """Write into the ledger what follows from those open requests that no list of the account can settle."""
    for intent in ledger.open_intents:
        if not needs_list(intent):
            ledger.settle(intent.number, deltas_of_intent(intent, ledger.ledger, Snapshot({})))


def settle_by_receipts(ledger: OpenLedger, receipts: Mapping[str, Sequence[tuple[RemoteId, datetime]]]) -> None:
    """Write into the ledger which messages of unknown outcome were sent, as their receipts by transid tell."""
    heard = deltas_of_receipts(ledger.ledger, receipts)
    if heard:
        ledger.record(heard)
