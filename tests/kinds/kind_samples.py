"""One table: what each kind's contract is tried with. A new kind needs a row here before the suite passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from intime_sync.emulator.records import NewReminder
from intime_sync.emulator.store import Store

Item = dict[str, Any]


@dataclass(frozen=True)
class Bad:
    """An item that no kind can read: the problem's code, and how many steps its place goes into the item."""

    item: Item
    code: str
    depth: int = 1


@dataclass(frozen=True)
class Samples:
    """What one kind is tried with.

    `items` are good and differ from each other; `respelled` are the same objects in other spellings; `needs` are
    items of other sections that they refer to. `by_hand` makes the objects of `items` as a person would in the
    service, or is None where the service cannot show them. `bad` fails inside the kind, past the schema.
    """

    items: tuple[Item, ...]
    respelled: tuple[Item, ...]
    bad: tuple[Bad, ...]
    needs: dict[str, list[Item]]
    by_hand: Callable[[Store], None] | None


def _groups_by_hand(store: Store) -> None:
    for name in ("Personal", "Ögon & öron", "Łódź €"):
        store.add_group(name)


def _numbers_by_hand(store: Store) -> None:
    for mobile in ("070-174 06 06", "+46701740607", "+4790000000"):
        store.block(mobile)


def _reminders_by_hand(store: Store) -> None:
    for at, title, first, last, mobile in (
        (datetime(2026, 12, 1, 8, 30), "Dr", "Anna", "Lindqvist", "0701740608"),  # noqa: DTZ001
        (datetime(2026, 7, 1, 23, 59), "", "", "", "0701740609"),  # noqa: DTZ001
    ):
        store.add_reminder(
            NewReminder(
                at=at,
                organizer_title=title,
                organizer_firstname="Hans" if title else "",
                organizer_lastname="Evertsson" if title else "",
                attendant_firstname=first,
                attendant_lastname=last,
                attendant_mobile=mobile,
                number="+46" + mobile[1:],
            )
        )


# The emulator has a clock of its own, and refuses what is past.
_MESSAGE = {"key": "a", "send_at": "2031-12-24T08:00", "sender": "Kliniken", "body": "God jul!"}
_URL = "https://example.se/intime/status"

_ORGANIZER = {"title": "Dr", "firstname": "Hans", "lastname": "Evertsson"}
_ATTENDANT = {"firstname": "Anna", "lastname": "Lindqvist", "mobile": "0701740608"}

SAMPLES: dict[str, Samples] = {
    "group": Samples(
        items=({"name": "Personal"}, {"name": "Ögon & öron"}, {"name": "Łódź €"}),
        respelled=({"name": " Personal "}, {"name": "O\u0308gon  & öron"}, {"name": "Łódź €"}),
        bad=(
            Bad({"name": "  "}, "empty-name"),
            Bad({"name": "~clinic-a/x"}, "reserved-name"),
            Bad({"name": "a\x07b"}, "forbidden-character"),
            Bad({"name": "A", "ensure": "absent", "protect": True}, "contradiction"),
        ),
        needs={},
        by_hand=_groups_by_hand,
    ),
    "contact": Samples(
        items=(
            {"mobile": "0701740605"},
            {"key": "anna", "firstname": "Anna", "email": "anna@example.se", "groups": ["Jour", "Personal"]},
            {
                "key": "sven.öst",
                "firstname": "Sven",
                "lastname": "Öst & <Väst>",
                "mobile": "+46701740606",
                "email": "sven@example.se",
                "type": "sms+email",
                "extrafield": "Ledningsgrupp €",
                "groups": ["Personal"],
            },
        ),
        respelled=(
            {"mobile": "+46 70-174 06 05"},
            {"key": "anna", "firstname": " Anna", "email": "anna@EXAMPLE.se", "groups": ["Personal", "Jour"]},
            {
                "key": "sven.o\u0308st",
                "firstname": "Sven",
                "lastname": "Öst  & <Väst>",
                "mobile": "070 174 06 06",
                "email": "sven@example.se",
                "extrafield": "Ledningsgrupp €",
                "groups": ["Personal"],
            },
        ),
        bad=(
            Bad({"firstname": "Anna"}, "no-identity", 0),
            Bad({"key": "anna"}, "unreachable", 0),
            Bad({"mobile": "12"}, "impossible-number"),
            Bad({"mobile": "0701740605 ankn 3"}, "impossible-number"),
            Bad({"email": "anna@"}, "impossible-email"),
            Bad({"email": "anna@example.se", "type": "sms"}, "no-mobile"),
            Bad({"mobile": "0701740605", "type": "email"}, "no-email"),
            Bad({"mobile": "0701740605", "firstname": "a\x00"}, "forbidden-character"),
            Bad({"mobile": "0701740605", "ensure": "absent", "protect": True}, "contradiction"),
        ),
        needs={"groups": [{"name": "Jour"}, {"name": "Personal"}]},
        by_hand=None,
    ),
    "blocklist": Samples(
        items=({"mobile": "0701740606"}, {"mobile": "+46701740607", "note": "bad om det"}, {"mobile": "+4790000000"}),
        respelled=({"mobile": "+46 70 174 06 06"}, {"mobile": "070-1740607"}, {"mobile": "004790000000"}),
        bad=(
            Bad({"mobile": "070"}, "impossible-number"),
            Bad({"mobile": "ring"}, "impossible-number"),
            Bad({"mobile": "0701740606", "note": "a\x1bb"}, "forbidden-character"),
            Bad({"mobile": "0701740606", "ensure": "absent", "protect": True}, "contradiction"),
        ),
        needs={},
        by_hand=_numbers_by_hand,
    ),
    "reminder": Samples(
        items=(
            {"key": "a", "at": "2026-12-01T08:30", "organizer": _ORGANIZER, "attendant": _ATTENDANT},
            {"key": "b", "at": "2026-07-01T23:59", "attendant": {"mobile": "0701740609"}},
        ),
        respelled=(
            {
                "key": "a",
                "at": "2026-12-01 08:30:00",
                "organizer": {**_ORGANIZER, "title": "Dr "},
                "attendant": {**_ATTENDANT, "mobile": "+46 70-174 06 08"},
                "active": True,
            },
            {"key": "b", "at": "2026-07-01T21:59Z", "organizer": {}, "attendant": {"mobile": "+46701740609"}},
        ),
        bad=(
            Bad({"key": "a", "at": "i morgon", "attendant": _ATTENDANT}, "malformed-time"),
            Bad({"key": "a", "at": "2026-02-30T08:30", "attendant": _ATTENDANT}, "impossible-time"),
            Bad({"key": "a", "at": "2026-12-01T08:30:15", "attendant": _ATTENDANT}, "time-with-seconds"),
            Bad({"key": "a", "at": "2026-03-29T02:30", "attendant": _ATTENDANT}, "time-in-gap"),
            Bad({"key": "a", "at": "2026-10-25T02:30", "attendant": _ATTENDANT}, "ambiguous-time"),
            Bad({"key": "a", "at": "2026-12-01T08:30", "attendant": {"mobile": "1"}}, "impossible-number", 2),
            Bad(
                {"key": "a", "at": "2026-12-01T08:30", "attendant": {**_ATTENDANT, "lastname": "\x01"}},
                "forbidden-character",
                2,
            ),
        ),
        needs={},
        by_hand=_reminders_by_hand,
    ),
    "message": Samples(
        items=(
            {**_MESSAGE, "body": "God jul!\nÖnskar Kliniken €", "recipients": ["0701740605", "+46701740606"]},
            {
                **_MESSAGE,
                "key": "b",
                "send_at": "2031-07-01T23:59",
                "sender": "0701740605",
                "body": "Lång & <text> " * 20,
                "multisms": True,
                "check_blocklist": False,
                "anonymize": True,
                "recipients": ["0701740608"],
                "groups": ["Jour", "Personal"],
            },
            {**_MESSAGE, "key": "c", "flash": True, "status_url": _URL, "recipients": ["0701740607"]},
        ),
        respelled=(
            {
                **_MESSAGE,
                "send_at": "2031-12-24 08:00:00",
                "body": "\n God jul!\r\nO\u0308nskar Kliniken €\n",
                "multisms": False,
                "recipients": ["070-174 06 06", "+46 70 174 06 05"],
                "groups": [],
            },
            {
                **_MESSAGE,
                "key": " b",
                "send_at": "2031-07-01T21:59Z",
                "sender": " 0701740605 ",
                "body": "Lång & <text> " * 20,
                "multisms": True,
                "flash": False,
                "check_blocklist": False,
                "anonymize": True,
                "recipients": ["+46701740608"],
                "groups": ["Personal", "Jour "],
            },
            {**_MESSAGE, "key": "c", "flash": True, "status_url": f" {_URL}", "recipients": ["+46701740607"]},
        ),
        bad=(
            Bad({**_MESSAGE}, "no-recipients", 0),
            Bad({**_MESSAGE, "recipients": ["0701740605", "12"]}, "impossible-number", 2),
            Bad({**_MESSAGE, "recipients": ["john"]}, "impossible-number", 2),
            Bad({**_MESSAGE, "recipients": [{"contact": "a\x00"}]}, "forbidden-character", 3),
            Bad({**_MESSAGE, "groups": ["~clinic-a/x"]}, "reserved-name"),
            Bad({**_MESSAGE, "groups": ["A"], "send_at": "2031-03-30T02:30"}, "time-in-gap"),
            Bad({**_MESSAGE, "groups": ["A"], "sender": "Vård"}, "bad-sender"),
            Bad({**_MESSAGE, "groups": ["A"], "body": "\n"}, "empty-body"),
            Bad({**_MESSAGE, "groups": ["A"], "body": "a\x0bb"}, "forbidden-character"),
            Bad({**_MESSAGE, "groups": ["A"], "body": "a" * 161}, "message-too-long"),
            Bad({**_MESSAGE, "groups": ["A"], "body": "a" * 161, "multisms": True, "flash": True}, "flash-too-long"),
            Bad({**_MESSAGE, "recipients": ["0701740605"], "status_url": "example.se"}, "bad-url"),
            Bad({**_MESSAGE, "recipients": ["0701740605"], "status_url": "http://example.se"}, "insecure-url"),
            Bad({**_MESSAGE, "recipients": ["0701740605"], "status_url": f"{_URL}?hash=x"}, "secret-in-url"),
            Bad({**_MESSAGE, "key": " ", "groups": ["A"]}, "missing-field"),
            Bad({**_MESSAGE, "groups": ["A"], "ensure": "absent", "protect": True}, "contradiction"),
        ),
        needs={"groups": [{"name": "Jour"}, {"name": "Personal"}]},
        by_hand=None,
    ),
}
