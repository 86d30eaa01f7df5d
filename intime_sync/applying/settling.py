"""Reading the account for a plan, and settling with it what earlier runs left open."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from intime_sync.applying.recovery import arrivals, settlement, waits_for_list
from intime_sync.applying.run import FEW_REREADS, FIRST_PAUSE
from intime_sync.ledgers.base import LedgerView, Settle
from intime_sync.model.resource import KindName, Snapshot


def read_settled(
    fetch: Callable[[Iterable[KindName]], Snapshot],
    kinds: Iterable[KindName],
    view: LedgerView,
    settle: Settle,
    sleep: Callable[[float], None] | None = None,
) -> Snapshot:
    """The lists of `kinds`, once everything in `view` is settled that they can settle.

    A list that does not show what an interrupted run may have done is read again a few times, after pauses by
    `sleep` (seconds); without that, it is believed at once, which is enough for who only looks.
    """
    actual = fetch(dict.fromkeys((*kinds, *(intent.kind for intent in view.open_intents))))
    for attempt in range(FEW_REREADS if sleep is not None else 0):
        late = {intent.kind for intent in view.open_intents if waits_for_list(intent, view.ledger, actual)}
        if not late or sleep is None:
            break
        sleep(FIRST_PAUSE * 2**attempt)
        actual = Snapshot({**actual.resources, **fetch(late).resources})
    for intent in view.open_intents:
        settle(intent, settlement(intent, view.ledger, actual))
    learnt = arrivals(view.ledger, actual)
    if learnt:
        settle(None, learnt)
    return actual
