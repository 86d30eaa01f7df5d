"""What the emulator stores, as values. Knows nothing of SQL, XML or HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

MessageStatus = Literal["scheduled", "sent", "cancelled"]
ReportState = Literal["none", "due", "accepted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContact:
    """`type` is 1 SMS, 2 e-mail, 3 both; `mobile` is as sent and `number` the same in E.164."""

    type: int
    firstname: str = ""
    lastname: str = ""
    email: str = ""
    mobile: str = ""
    number: str | None = None
    extrafield: str = ""
    groups: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact(NewContact):
    """A stored contact; `groups` are group ids in rising order."""

    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedNumber:
    """An entry of the blocklist; `mobile` is as sent and `number` the same in E.164."""

    id: int
    mobile: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReminder:
    """`at` is naive wall time; `attendant_mobile` is as sent and `number` the same in E.164."""

    at: datetime
    organizer_firstname: str
    organizer_lastname: str
    organizer_title: str
    attendant_firstname: str
    attendant_lastname: str
    attendant_mobile: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder(NewReminder):
    """A stored reminder; an inactive one never changes again through the API."""

    id: int
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """One text to one number; `send_at` None sends at once, `contact` is the group member that it is for."""

    created_at: datetime
    send_at: datetime | None
    sender: str
    body: str
    flash: bool
    multisms: bool
    anonymize: bool
    statusurl: str
    mobile: str
    number: str
    transid: str
    contact: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(NewMessage):
    """A stored message; the `body` of an anonymous one is empty once it is sent.

    `sent_at` and `delivery_status` (0–4, 20 or 21) are None until it is sent. `report` says whether the status is
    wanted at a `statusurl` and was accepted there, after `attempts` posts.
    """

    id: int
    status: MessageStatus
    sent_at: datetime | None
    delivery_status: int | None
    report: ReportState
    attempts: int
