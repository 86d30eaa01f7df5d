"""Reading the account for a plan, and settling with it what earlier runs left open."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from intime_sync.applying.recovery import arrived, settlement, waits_for_list
from intime_sync.applying.run import FEW_REREADS, FIRST_PAUSE
from intime_sync.ledgers.base import LedgerView, Settle
from intime_sync.model.resource import KindName, Snapshot
from intime_sync.planning.matching import account_under_own_names


def read_settled(
    fetch_lists: Callable[[Iterable[KindName]], Snapshot],
    desired: Snapshot | None,
    kinds: Iterable[KindName],
    view: LedgerView,
    settle: Settle,
    sleep: Callable[[float], None] | None = None,
) -> Snapshot:
    """The lists of `kinds`, once everything in `view` is settled that they can settle.

    Objects have the names that they were made with, whatever the service calls them, unless `desired` has those.

    A list that does not show what an interrupted run may have done is read again a few times, after pauses by
    `sleep` (seconds); without that, it is believed at once, which is enough for who only looks.
    """

    def fetch(kinds: Iterable[KindName]) -> Snapshot:
        return account_under_own_names(fetch_lists(kinds), view.ledger, desired)

    actual = fetch(dict.fromkeys((*kinds, *(intent.kind for intent in view.open_intents))))
    for attempt in range(FEW_REREADS if sleep is not None else 0):
        late = {intent.kind for intent in view.open_intents if waits_for_list(intent, view.ledger, actual)}
        if not late or sleep is None:
            break
        sleep(FIRST_PAUSE * 2**attempt)
        actual = Snapshot({**actual.resources, **fetch(late).resources})
    for intent in view.open_intents:
        settle(intent, settlement(intent, view.ledger, actual))
    learnt = arrived(view.ledger, actual)
    if learnt:
        settle(None, learnt)
    # By now, more names that the service made of others may be known.
    return account_under_own_names(actual, view.ledger, desired)
