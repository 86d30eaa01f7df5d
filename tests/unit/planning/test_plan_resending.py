"""Messages that are scheduled or of unknown outcome are found by their text and readers, under any key."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from plan_makers import CLOCK, CONTACT, MESSAGE, entry, ledger

from intime_sync.model.ledger import Dispatch, Entry
from intime_sync.model.resource import RemoteId
from intime_sync.planning.context import Clock
from intime_sync.planning.resending import EarlierMessage, earlier_message

ITEM: dict[str, Any] = {
    "key": "jul",
    "send_at": "2026-12-24T08:00",
    "sender": "Kliniken",
    "body": "God jul!",
    "recipients": ["0701740605"],
    "groups": ["Personal"],
}
MAJA = entry("contacts", {"key": "maja", "mobile": "0701740606", "groups": ["Personal", "Jour"]}, 21)
SCHEDULED = entry("messages", ITEM, 11, dispatch=Dispatch((RemoteId(11), RemoteId(12))))
UNKNOWN = replace(SCHEDULED, unknown=True, dispatch=Dispatch(since="2026-03-02T08:00:00+00:00"))
CANCELLING = replace(SCHEDULED, dispatch=Dispatch((RemoteId(12),), cancelling=True))
AFTERWARDS = Clock(CLOCK.now + timedelta(days=365), CLOCK.zone)


def asked(known: Entry, *numbers: str, groups: tuple[str, ...] = (), clock: Clock = CLOCK) -> EarlierMessage | None:
    books = ledger({MESSAGE: {"jul": known}, CONTACT: {"maja": MAJA}})
    return earlier_message(books, "God jul!", numbers, groups, clock)


@pytest.mark.parametrize("known", [SCHEDULED, UNKNOWN, CANCELLING])
@pytest.mark.parametrize(
    ("numbers", "groups", "reader"),
    [
        (["+46701740699", "+46701740605"], (), "+46701740605"),
        (["+46701740606"], (), "+46701740606"),
        ([], ("Jour",), "+46701740606"),
        ([], ("Personal",), "+46701740606"),
    ],
    ids=["recipient", "member", "member of another group", "group"],
)
def test_an_earlier_message_with_the_same_text_and_a_shared_reader_is_found(
    known: Entry, numbers: list[str], groups: tuple[str, ...], reader: str
) -> None:
    found = asked(known, *numbers, groups=groups)
    assert found is not None
    assert (found.key, found.reader) == ("jul", reader)


def test_a_group_of_which_no_member_is_known_is_named() -> None:
    books = ledger({MESSAGE: {"jul": SCHEDULED}})
    found = earlier_message(books, "God jul!", (), ["Personal"], CLOCK)
    assert found is not None
    assert found.reader == "group Personal"


def test_other_readers_and_other_texts_are_not_found() -> None:
    assert asked(UNKNOWN, "+46701740607", groups=("Andra",)) is None
    assert earlier_message(ledger({MESSAGE: {"jul": UNKNOWN}}), "Hej", ["+46701740605"], (), CLOCK) is None


def test_a_sent_message_is_not_found_but_one_of_unknown_outcome_is() -> None:
    assert asked(SCHEDULED, "+46701740605", clock=AFTERWARDS) is None
    assert asked(UNKNOWN, "+46701740605", clock=AFTERWARDS) is not None


def test_a_message_of_unknown_outcome_is_named_first() -> None:
    books = ledger({MESSAGE: {"a": SCHEDULED, "b": UNKNOWN, "c": SCHEDULED}})
    found = earlier_message(books, "God jul!", ["+46701740605"], (), CLOCK)
    assert found is not None
    assert found.key == "b"
