"""Settling, in the ledger, the requests that an interrupted run left open, from what can be observed now."""

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
    """The lists of `kinds`, and those that are needed to settle open requests. Writes nothing.

    A list that does not show yet what an interrupted run may have done is read again a few times; `sleep` pauses
    (seconds) in between.
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
    """Settle all open requests in the ledger by what `actual` shows, and record awaited objects that are listed now.

    Returns how many requests were settled.
    """
    seen = account_under_own_names(actual, ledger.ledger, None)
    intents = ledger.open_intents
    for intent in intents:
        ledger.settle(intent.number, deltas_of_intent(intent, ledger.ledger, seen))
    ledger.record(deltas_of_awaited(ledger.ledger, seen))
    return len(intents)


def settle_without_lists(ledger: OpenLedger) -> None:
    """Settle those open requests in the ledger that the account's lists do not help to settle."""
    for intent in ledger.open_intents:
        if not needs_list(intent):
            ledger.settle(intent.number, deltas_of_intent(intent, ledger.ledger, Snapshot({})))


def settle_by_receipts(ledger: OpenLedger, receipts: Mapping[str, Sequence[tuple[RemoteId, datetime]]]) -> None:
    """Record in the ledger which messages of unknown outcome were sent; for `receipts` see `deltas_of_receipts`."""
    ledger.record(deltas_of_receipts(ledger.ledger, receipts))
