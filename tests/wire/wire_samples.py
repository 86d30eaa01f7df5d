"""The values that the files in fixtures/requests spell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from intime_sync.model.resource import RemoteId
from intime_sync.service import requests
from intime_sync.service.phone import E164
from intime_sync.service.times import WallTime

REQUESTS = Path(__file__).parent / "fixtures" / "requests"
REPLIES = Path(__file__).parent / "fixtures" / "replies"

BASIC = requests.WireFormat(dates="basic", mobiles="national")
ONE, TWO = RemoteId(1), RemoteId(2)

CONTACTS = (
    requests.ContactItem(
        type=3,
        firstname="Åsa",
        lastname="Öberg",
        email="asa.oberg@clinic.example",
        mobile=E164("+46701740605"),
        extrafield="Ledningsgrupp",
        group_ids=(ONE, TWO),
    ),
    requests.ContactItem(type=1, firstname="", lastname="Żak", mobile=E164("+46701740606")),
    requests.ContactItem(type=2, firstname="Lo", lastname="", email="lo@clinic.example"),
)
REMINDER = requests.ReminderItem(
    date=WallTime("2026-12-01T08:30"),
    organizer_firstname="Hans",
    organizer_lastname="Evertsson",
    organizer_title="",
    attendant_firstname="Anna",
    attendant_lastname="Lindqvist",
    attendant_mobile=E164("+46701740608"),
)
EDITS = (
    requests.ReminderEdit(
        id=RemoteId(1472),
        date=WallTime("2026-12-01T08:30"),
        organizer_firstname="Hans",
        organizer_lastname="Evertsson",
        organizer_title="Dr",
        attendant_firstname="Anna",
        attendant_lastname="Lindqvist",
        attendant_mobile=E164("+46701740608"),
        active=True,
    ),
    requests.ReminderEdit(id=RemoteId(1473), active=False),
    requests.ReminderEdit(id=RemoteId(1474), organizer_title=""),
)
MESSAGE = requests.MessageItem(
    body="God jul!\nÖppet som vanligt: 10 € <rabatt>",
    sender="Kliniken",
    recipients=(
        requests.Recipient(E164("+46701740605"), "ab12"),
        requests.Recipient(E164("+46701740606")),
    ),
    group_ids=(ONE,),
    send_at=WallTime("2026-12-24T08:00"),
    multisms=True,
    status_url="https://clinic.example/intime/status?a=1&b=2",
    check_blocklist=True,
    anonymize=False,
)
MESSAGE_NOW = requests.MessageItem(
    body="Hej", sender="Kliniken", recipients=(requests.Recipient(E164("+46701740605")),), flash=True
)
NUMBERS = (E164("+46701740605"), E164("+4915112345678"))

BUILT: dict[str, Callable[[], requests.Request]] = {
    "add_groups": lambda: requests.add_groups(["Jour & beredskap", "Łódź åäö €"]),
    "delete_groups": lambda: requests.delete_groups([(ONE, False), (TWO, True)]),
    "add_contacts": lambda: requests.add_contacts(CONTACTS),
    "add_blocklist": lambda: requests.add_blocklist(NUMBERS),
    "add_blocklist_national": lambda: requests.add_blocklist(NUMBERS, BASIC),
    "delete_blocklist": lambda: requests.delete_blocklist(["070-174 06 05", "+46701740606"]),
    "add_reminders": lambda: requests.add_reminders([REMINDER]),
    "add_reminders_basic": lambda: requests.add_reminders([REMINDER], BASIC),
    "edit_reminders": lambda: requests.edit_reminders(EDITS),
    "create_message": lambda: requests.create_message(MESSAGE),
    "create_message_now": lambda: requests.create_message(MESSAGE_NOW),
    "delete_message": lambda: requests.delete_message(RemoteId(1234567)),
}
"""Each file's name without its ending, and how the client builds it."""
