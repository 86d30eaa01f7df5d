"""The requests of every POST, with their elements in the documented order. Knows nothing about how they are sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from intime_sync.model.resource import RemoteId
from intime_sync.service import endpoints, xml
from intime_sync.service.endpoints import Endpoint
from intime_sync.service.phone import E164, format_mobile
from intime_sync.service.times import WallTime, format_date
from intime_sync.service.xml import Markup


@dataclass(frozen=True, slots=True)
class WireFormat:
    """How dates and mobiles are spelled in requests; the service's document can be read both ways."""

    dates: Literal["extended", "basic"] = "extended"
    mobiles: Literal["e164", "national"] = "e164"


@dataclass(frozen=True, slots=True)
class Request:
    """One POST ready to send.

    `count` is its number of items, `expected` the number of ids that the reply must have: None where that cannot be
    known, for a message to whole groups.
    """

    endpoint: Endpoint
    body: bytes
    count: int
    expected: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactItem:
    """A contact to add. `type` is 1 SMS, 2 e-mail, 3 both; what is None is left out."""

    type: int
    firstname: str
    lastname: str
    email: str | None = None
    mobile: E164 | None = None
    extrafield: str | None = None
    group_ids: tuple[RemoteId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderItem:
    """A reminder to add; every element is sent, an empty text as an empty element."""

    date: WallTime
    organizer_firstname: str
    organizer_lastname: str
    organizer_title: str
    attendant_firstname: str
    attendant_lastname: str
    attendant_mobile: E164


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderEdit:
    """A change to a reminder: fields that are None stay as they are. `active=False` cannot be undone."""

    id: RemoteId
    date: WallTime | None = None
    organizer_firstname: str | None = None
    organizer_lastname: str | None = None
    organizer_title: str | None = None
    attendant_firstname: str | None = None
    attendant_lastname: str | None = None
    attendant_mobile: E164 | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """A number to send to. Delivery statuses carry its `transid`; without one, the service sends none for it."""

    mobile: E164
    transid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageItem:
    """A message. Without `send_at` it is sent at once; for flags that are None, the service decides."""

    body: str
    sender: str
    recipients: tuple[Recipient, ...] = ()
    group_ids: tuple[RemoteId, ...] = ()
    send_at: WallTime | None = None
    flash: bool = False
    multisms: bool = False
    status_url: str | None = None
    check_blocklist: bool | None = None
    anonymize: bool | None = None


_DEFAULT = WireFormat()
_NOTHING = Markup("")


def add_groups(names: Sequence[str]) -> Request:
    """Create a group for each name; the reply has a group id each."""
    groups = [xml.element("group", groupname=name) for name in names]
    return _request(endpoints.ADD_GROUPS, [xml.element("groups", groups)], len(names))


def delete_groups(groups: Sequence[tuple[RemoteId, bool]]) -> Request:
    """Delete groups by id, each with (True) or without (False) the contacts in it."""
    elements = [
        xml.element("group", groupid=str(group_id), deletecontacts=_true_false(with_contacts))
        for group_id, with_contacts in groups
    ]
    return _request(endpoints.DELETE_GROUPS, [xml.element("groups", elements)], len(groups))


def add_contacts(contacts: Sequence[ContactItem], fmt: WireFormat = _DEFAULT) -> Request:
    """Create contacts; the reply has a contact id each."""
    elements = [
        xml.element(
            "contact",
            [
                xml.leaf("type", str(item.type)),
                xml.leaf("firstname", item.firstname),
                xml.leaf("lastname", item.lastname),
                _optional("email", item.email),
                _optional("mobile", item.mobile and format_mobile(item.mobile, fmt.mobiles)),
                _optional("extrafield", item.extrafield),
                _groups(item.group_ids),
            ],
        )
        for item in contacts
    ]
    return _request(endpoints.ADD_CONTACTS, elements, len(contacts))


def add_blocklist(numbers: Sequence[E164], fmt: WireFormat = _DEFAULT) -> Request:
    """Block numbers; the reply has an entry id each."""
    return _blocklist(endpoints.ADD_BLOCKLIST, [format_mobile(number, fmt.mobiles) for number in numbers])


def delete_blocklist(mobiles: Sequence[str]) -> Request:
    """Unblock numbers, each spelled exactly as the list spells it."""
    return _blocklist(endpoints.DELETE_BLOCKLIST, mobiles)


def add_reminders(reminders: Sequence[ReminderItem], fmt: WireFormat = _DEFAULT) -> Request:
    """Create reminders; the reply has an appointment id each."""
    elements = [xml.element("reminderappointment", _reminder_fields(item, fmt)) for item in reminders]
    return _request(endpoints.ADD_REMINDERS, elements, len(reminders))


def edit_reminders(edits: Sequence[ReminderEdit], fmt: WireFormat = _DEFAULT) -> Request:
    """Change the fields that are not None; the reply has an id each, negative where nothing was changed."""
    elements = [
        xml.element(
            "reminderappointment",
            [
                xml.leaf("appointmentid", str(edit.id)),
                *_reminder_fields(edit, fmt),
                _optional("active", None if edit.active is None else _true_false(edit.active)),
            ],
        )
        for edit in edits
    ]
    return _request(endpoints.EDIT_REMINDERS, elements, len(edits))


def create_message(message: MessageItem, fmt: WireFormat = _DEFAULT) -> Request:
    """Send or schedule a message; the reply has a message id for each recipient."""
    elements = [
        xml.leaf("flash", _one_zero(message.flash)),
        xml.leaf("multisms", _one_zero(message.multisms)),
        # An empty senddate is forbidden: leaving it out is what sends at once.
        _optional("senddate", message.send_at and format_date(message.send_at, fmt.dates)),
        xml.leaf("sendertitle", message.sender),
        xml.leaf("body", message.body),
        _optional("statusurl", message.status_url),
        _optional("checknix", None if message.check_blocklist is None else _one_zero(message.check_blocklist)),
        _optional("anonymize", None if message.anonymize is None else _one_zero(message.anonymize)),
        _recipients(message.recipients, fmt),
        _groups(message.group_ids),
    ]
    return _request(endpoints.CREATE_MESSAGE, elements, len(message.recipients), any_number=bool(message.group_ids))


def delete_message(message_id: RemoteId) -> Request:
    """Cancel one scheduled message id; the reply has the same id."""
    return _request(endpoints.DELETE_MESSAGE, [xml.leaf("messageid", str(message_id))], 1)


def _reminder_fields(item: ReminderItem | ReminderEdit, fmt: WireFormat) -> list[Markup]:
    mobile = item.attendant_mobile
    return [
        _optional("appointmentdate", item.date and format_date(item.date, fmt.dates)),
        _optional("organizer_firstname", item.organizer_firstname),
        _optional("organizer_lastname", item.organizer_lastname),
        _optional("organizer_title", item.organizer_title),
        _optional("attendant_firstname", item.attendant_firstname),
        _optional("attendant_lastname", item.attendant_lastname),
        _optional("attendant_mobile", mobile and format_mobile(mobile, fmt.mobiles)),
    ]


def _blocklist(endpoint: Endpoint, mobiles: Sequence[str]) -> Request:
    entries = [xml.element("nixentry", mobile=mobile) for mobile in mobiles]
    return _request(endpoint, [xml.element("nixentries", entries)], len(mobiles))


def _recipients(recipients: Sequence[Recipient], fmt: WireFormat) -> Markup:
    if not recipients:
        return _NOTHING
    elements = []
    for recipient in recipients:
        transid = {} if recipient.transid is None else {"transid": recipient.transid}
        elements.append(xml.leaf("recipient", format_mobile(recipient.mobile, fmt.mobiles), **transid))
    return xml.element("recipients", elements)


def _groups(ids: Sequence[RemoteId]) -> Markup:
    return xml.element("groups", map(_group, ids)) if ids else _NOTHING


@lru_cache(maxsize=1024)  # the same few groups occur in many contacts
def _group(id: RemoteId) -> Markup:
    return xml.element("group", groupid=str(id))


def _optional(tag: str, text: str | None) -> Markup:
    return _NOTHING if text is None else xml.leaf(tag, text)


def _request(endpoint: Endpoint, content: Iterable[Markup], count: int, *, any_number: bool = False) -> Request:
    body = xml.encode(xml.element(endpoint.root, content))
    return Request(endpoint, body, count, None if any_number else count)


def _true_false(flag: bool) -> str:
    return "true" if flag else "false"


def _one_zero(flag: bool) -> str:
    return "1" if flag else "0"
