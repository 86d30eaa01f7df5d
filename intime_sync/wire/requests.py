"""The bodies of every POST, with their elements in the documented order. Knows nothing about how they are sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from intime_sync.model.resource import RemoteId
from intime_sync.wire import endpoints, xml
from intime_sync.wire.endpoints import Endpoint
from intime_sync.wire.phone import E164, format_mobile
from intime_sync.wire.times import WallTime, format_date


@dataclass(frozen=True, slots=True)
class WireFormat:
    """How dates and mobiles are spelled in requests; the service's document can be read both ways."""

    dates: Literal["extended", "basic"] = "extended"
    mobiles: Literal["e164", "national"] = "e164"


@dataclass(frozen=True, slots=True)
class Request:
    """One POST ready to send. `count` is its number of items.

    `countable` is false where the reply's number of ids cannot be known: a message to whole groups.
    """

    endpoint: Endpoint
    body: bytes | None
    count: int
    countable: bool = True

    @property
    def expected(self) -> int | None:
        """How many ids the reply must have, or None where any number will do."""
        return self.count if self.countable else None


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
    """A change to a reminder: what is None is left as it is. `active=False` is for good."""

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
    """A number to send to; `transid` comes back with each delivery status and is needed to get one."""

    mobile: E164
    transid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageItem:
    """A message. `send_at` None sends at once; flags that are None are left to the service."""

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


def add_groups(names: Sequence[str]) -> Request:
    """Create a group for each name; the reply has a group id each."""
    root, groups = _nested(endpoints.ADD_GROUPS, "groups")
    for name in names:
        xml.child(groups, "group", groupname=name)
    return _request(endpoints.ADD_GROUPS, root, len(names))


def delete_groups(groups: Sequence[tuple[RemoteId, bool]]) -> Request:
    """Delete groups by id, each with (True) or without (False) the contacts in it."""
    root, parent = _nested(endpoints.DELETE_GROUPS, "groups")
    for group_id, with_contacts in groups:
        xml.child(parent, "group", groupid=str(group_id), deletecontacts=_true_false(with_contacts))
    return _request(endpoints.DELETE_GROUPS, root, len(groups))


def add_contacts(contacts: Sequence[ContactItem], fmt: WireFormat = _DEFAULT) -> Request:
    """Create contacts; the reply has a contact id each."""
    root = _root(endpoints.ADD_CONTACTS)
    for item in contacts:
        contact = xml.child(root, "contact")
        xml.child(contact, "type", str(item.type))
        xml.child(contact, "firstname", item.firstname)
        xml.child(contact, "lastname", item.lastname)
        _optional(contact, "email", item.email)
        _optional(contact, "mobile", item.mobile and format_mobile(item.mobile, fmt.mobiles))
        _optional(contact, "extrafield", item.extrafield)
        _groups(contact, item.group_ids)
    return _request(endpoints.ADD_CONTACTS, root, len(contacts))


def add_blocklist(numbers: Sequence[E164], fmt: WireFormat = _DEFAULT) -> Request:
    """Block numbers; the reply has an entry id each."""
    return _blocklist(endpoints.ADD_BLOCKLIST, [format_mobile(number, fmt.mobiles) for number in numbers])


def delete_blocklist(mobiles: Sequence[str]) -> Request:
    """Unblock numbers, each spelled exactly as the list spells it."""
    return _blocklist(endpoints.DELETE_BLOCKLIST, mobiles)


def add_reminders(reminders: Sequence[ReminderItem], fmt: WireFormat = _DEFAULT) -> Request:
    """Create reminders; the reply has an appointment id each."""
    root = _root(endpoints.ADD_REMINDERS)
    for item in reminders:
        _reminder_fields(xml.child(root, "reminderappointment"), item, fmt)
    return _request(endpoints.ADD_REMINDERS, root, len(reminders))


def edit_reminders(edits: Sequence[ReminderEdit], fmt: WireFormat = _DEFAULT) -> Request:
    """Change what is given of each reminder; the reply has an id each, negative where nothing was changed."""
    root = _root(endpoints.EDIT_REMINDERS)
    for edit in edits:
        reminder = xml.child(root, "reminderappointment")
        xml.child(reminder, "appointmentid", str(edit.id))
        _reminder_fields(reminder, edit, fmt)
        _optional(reminder, "active", None if edit.active is None else _true_false(edit.active))
    return _request(endpoints.EDIT_REMINDERS, root, len(edits))


def create_message(message: MessageItem, fmt: WireFormat = _DEFAULT) -> Request:
    """Send or schedule a message; the reply has a message id for each recipient."""
    root = _root(endpoints.CREATE_MESSAGE)
    xml.child(root, "flash", _one_zero(message.flash))
    xml.child(root, "multisms", _one_zero(message.multisms))
    # An empty senddate is forbidden: leaving it out is what sends at once.
    _optional(root, "senddate", message.send_at and format_date(message.send_at, fmt.dates))
    xml.child(root, "sendertitle", message.sender)
    xml.child(root, "body", message.body)
    _optional(root, "statusurl", message.status_url)
    _optional(root, "checknix", None if message.check_blocklist is None else _one_zero(message.check_blocklist))
    _optional(root, "anonymize", None if message.anonymize is None else _one_zero(message.anonymize))
    if message.recipients:
        recipients = xml.child(root, "recipients")
        for recipient in message.recipients:
            transid = {} if recipient.transid is None else {"transid": recipient.transid}
            xml.child(recipients, "recipient", format_mobile(recipient.mobile, fmt.mobiles), **transid)
    _groups(root, message.group_ids)
    return _request(endpoints.CREATE_MESSAGE, root, len(message.recipients), countable=not message.group_ids)


def delete_message(message_id: RemoteId) -> Request:
    """Cancel one scheduled message id; the reply has the same id."""
    root = _root(endpoints.DELETE_MESSAGE)
    xml.child(root, "messageid", str(message_id))
    return _request(endpoints.DELETE_MESSAGE, root, 1)


def _reminder_fields(parent: xml.Element, item: ReminderItem | ReminderEdit, fmt: WireFormat) -> None:
    _optional(parent, "appointmentdate", item.date and format_date(item.date, fmt.dates))
    _optional(parent, "organizer_firstname", item.organizer_firstname)
    _optional(parent, "organizer_lastname", item.organizer_lastname)
    _optional(parent, "organizer_title", item.organizer_title)
    _optional(parent, "attendant_firstname", item.attendant_firstname)
    _optional(parent, "attendant_lastname", item.attendant_lastname)
    mobile = item.attendant_mobile
    _optional(parent, "attendant_mobile", mobile and format_mobile(mobile, fmt.mobiles))


def _blocklist(endpoint: Endpoint, mobiles: Sequence[str]) -> Request:
    root, entries = _nested(endpoint, "nixentries")
    for mobile in mobiles:
        xml.child(entries, "nixentry", mobile=mobile)
    return _request(endpoint, root, len(mobiles))


def _groups(parent: xml.Element, ids: Sequence[RemoteId]) -> None:
    if ids:
        groups = xml.child(parent, "groups")
        for group_id in ids:
            xml.child(groups, "group", groupid=str(group_id))


def _root(endpoint: Endpoint) -> xml.Element:
    assert endpoint.root  # noqa: S101 - every POST has one
    return xml.element(endpoint.root)


def _nested(endpoint: Endpoint, tag: str) -> tuple[xml.Element, xml.Element]:
    root = _root(endpoint)
    return root, xml.child(root, tag)


def _request(endpoint: Endpoint, root: xml.Element, count: int, *, countable: bool = True) -> Request:
    return Request(endpoint, xml.encode(root), count, countable)


def _optional(parent: xml.Element, tag: str, text: str | None) -> None:
    if text is not None:
        xml.child(parent, tag, text)


def _true_false(flag: bool) -> str:
    return "true" if flag else "false"


def _one_zero(flag: bool) -> str:
    return "1" if flag else "0"
