"""Messages that are to be sent at a time ahead. The service can schedule and cancel them, but does not list them.

What happened to one is therefore known from the ledger only; planning and applying deal with that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

from intime_sync.kinds.base import ScheduledKind, WireContext
from intime_sync.kinds.group_names import RESERVED, read_group_names
from intime_sync.kinds.message_fields import SPEC
from intime_sync.kinds.numbers import read_mobile
from intime_sync.kinds.reading import Item, ItemContext, read_lifecycle, shortened
from intime_sync.kinds.sms import read_body, read_sender
from intime_sync.kinds.times import read_time
from intime_sync.kinds.urls import read_status_url
from intime_sync.kinds.words import Show
from intime_sync.model.problem import Origin
from intime_sync.model.resource import Attributes, Json, KindName, RemoteId, Resource
from intime_sync.service import gsm, requests
from intime_sync.service.phone import E164
from intime_sync.service.times import WallTime, wall_to_instant

MESSAGE = KindName("message")

_TRANSID_DIGITS: Final = 20


@dataclass(frozen=True, slots=True)
class MessageRecipient:
    """A direct recipient.

    `mobile` is in E.164, or "" as long as a contact's number is not known. `contact` is the contact's key, "" for a
    recipient that is given by number. `index` is its position in the configuration's list, from 0.
    """

    mobile: str
    contact: str = ""
    index: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Message:
    """A message; `recipients` are sorted by number, `groups` by name, each once.

    A number and a contact that has the number are two recipients here, so that `MessageKind.written` does not depend
    on the numbers of contacts; the message is sent to the number once.
    """

    send_at: WallTime
    sender: str
    body: str
    multisms: bool
    flash: bool
    check_blocklist: bool
    anonymize: bool
    status_url: str
    recipients: tuple[MessageRecipient, ...]
    groups: tuple[str, ...]


def transid(key: str, mobile: str) -> str:
    """The id of one recipient (E.164) of one message in delivery statuses: 20 hexadecimal digits.

    The beginning of a SHA-256 of key and number with a NUL between them: the same in every run, and without the
    number in plain text.
    """
    return sha256(f"{key}\0{mobile}".encode()).hexdigest()[:_TRANSID_DIGITS]


class MessageKind(ScheduledKind):
    """See `base.ScheduledKind`."""

    name = MESSAGE
    noun = "message"
    spec = SPEC
    shown_in_full = True
    hides_options = True
    removal_consequence = "will not be sent"
    transid = staticmethod(transid)

    def read(self, item: Item, origin: Origin, context: ItemContext) -> Resource[Message] | None:
        """A message whose recipients that are contacts have no numbers yet: see `with_numbers`."""
        before = len(context.problems)
        multisms, flash = item.get("multisms", False), item.get("flash", False)
        key = _required_text(item, "key", context)
        lifecycle = read_lifecycle(item, context)
        send_at = read_time(item["send_at"], context, "send_at")
        sender = read_sender(item, context)
        body = read_body(item, context, multisms=multisms, flash=flash)
        status_url = read_status_url(item, context)
        recipients = _read_recipients(item, context)
        groups = _read_groups(item, context)
        if not lifecycle.absent and not item.get("recipients") and not item.get("groups"):
            context.error("no-recipients", "a message needs `recipients`, `groups` or both")
        if status_url and groups:
            context.warn(
                "no-status-for-groups",
                "the service sends no delivery statuses for members of `groups`, only for `recipients`",
                "status_url",
            )
        if send_at is None or context.has_error_since(before):
            return None
        value = Message(
            send_at,
            sender,
            body,
            multisms,
            flash,
            item.get("check_blocklist", True),
            item.get("anonymize", False),
            status_url,
            recipients,
            groups,
        )
        return Resource(key, value, origin=origin, lifecycle=lifecycle)

    def with_numbers(self, value: Message, numbers: Mapping[str, str]) -> Message:
        """The message with `numbers`, by contact key, filled in; "" for a contact that has none."""
        recipients = _sorted(
            replace(recipient, mobile=numbers.get(recipient.contact, "")) if recipient.contact else recipient
            for recipient in value.recipients
        )
        return replace(value, recipients=recipients)

    def attributes(self, value: Message) -> dict[str, Any]:
        """All fields; `status_url` only when given. A recipient is a number, or `{"contact": …, "mobile": …}`."""
        shown: dict[str, Any] = {
            "send_at": value.send_at,
            "sender": value.sender,
            "body": value.body,
            "multisms": value.multisms,
            "flash": value.flash,
            "check_blocklist": value.check_blocklist,
            "anonymize": value.anonymize,
        }
        if value.status_url:
            shown["status_url"] = value.status_url
        shown["recipients"] = [_recipient_json(recipient) for recipient in value.recipients]
        shown["groups"] = list(value.groups)
        return shown

    def group_names(self, attributes: Attributes) -> Sequence[str]:
        """The names of the groups that the message is sent to."""
        return [str(name) for name in _list(attributes, "groups")]

    def mobiles(self, attributes: Attributes) -> list[E164]:
        """The numbers of the direct recipients in order, each once, without contacts whose number is not known."""
        found = dict.fromkeys(map(_mobile, _list(attributes, "recipients")))
        return [E164(mobile) for mobile in found if mobile]

    def written(self, attributes: Attributes) -> Attributes:
        """The attributes as written in the configuration: contacts by key alone, after the numbers, sorted."""
        recipients = _list(attributes, "recipients")
        numbers = [one for one in recipients if not isinstance(one, dict)]
        keys = sorted(str(one.get("contact", "")) for one in recipients if isinstance(one, dict))
        contacts: list[Json] = [{"contact": key} for key in keys]
        return {**attributes, "recipients": [*numbers, *contacts]}

    def due(self, attributes: Attributes, zone: ZoneInfo) -> datetime:
        """When it may be sent at the earliest (aware, UTC): the first of two instants where summer time ends."""
        wall = datetime.fromisoformat(str(attributes["send_at"]))
        return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)

    def is_past(self, attributes: Attributes, now: datetime, zone: ZoneInfo) -> bool:
        """Whether its time has passed for certain: the second of two instants where summer time ends."""
        return wall_to_instant(WallTime(str(attributes["send_at"])), zone) <= now

    def parts(self, attributes: Attributes) -> int:
        """How many SMS each recipient gets."""
        return gsm.parts(str(attributes["body"]), multisms=attributes.get("multisms") is True)

    def summary_cells(self, key: str, attributes: Attributes, show: Show) -> tuple[str, ...]:
        """Time, recipients, sender, text (which may be long) and the address for delivery statuses."""
        sender, body, url = (str(attributes.get(name) or "") for name in ("sender", "body", "status_url"))
        return (
            *_when_and_to_whom(attributes, show),
            f"from {show(sender)}" if sender else "",
            f"“{show(body)}”" if body else "",
            f"statuses to {show(url)}" if url else "",
        )

    def title_cell(self, attributes: Attributes, show: Show) -> str:
        """The time and the recipients."""
        return ", ".join(part for part in _when_and_to_whom(attributes, show) if part)

    def recipients(self, attributes: Attributes) -> Sequence[str]:
        """Contacts by key, others by number."""
        return [
            str(one.get("contact") or one.get("mobile") or "") if isinstance(one, dict) else str(one)
            for one in _list(attributes, "recipients")
        ]

    def create_request(self, key: str, attributes: Attributes, context: WireContext) -> requests.Request:
        """message/create, with a transid for each direct recipient, in the order of `mobiles`.

        KeyError if a group has no id yet, or a contact no number.
        """
        unknown = [recipient for recipient in _list(attributes, "recipients") if not _mobile(recipient)]
        if unknown:
            raise KeyError(str(unknown[0]))
        message = requests.MessageItem(
            body=str(attributes["body"]),
            sender=str(attributes["sender"]),
            recipients=tuple(requests.Recipient(mobile, transid(key, mobile)) for mobile in self.mobiles(attributes)),
            group_ids=tuple(context.group_ids[name] for name in self.group_names(attributes)),
            send_at=WallTime(str(attributes["send_at"])),
            flash=attributes.get("flash") is True,
            multisms=attributes.get("multisms") is True,
            status_url=str(attributes["status_url"]) if attributes.get("status_url") else None,
            check_blocklist=attributes.get("check_blocklist") is not False,
            anonymize=attributes.get("anonymize") is True,
        )
        return requests.create_message(message, context.format)

    def cancel_request(self, id: RemoteId) -> requests.Request:
        """message/delete for one of the ids that the message got."""
        return requests.delete_message(id)


def _sorted(recipients: Iterable[MessageRecipient]) -> tuple[MessageRecipient, ...]:
    """By number and contact, whatever the order in the configuration."""
    return tuple(sorted(recipients, key=lambda recipient: (recipient.mobile, recipient.contact)))


def _required_text(item: Item, name: str, context: ItemContext, *parents: str | int) -> str:
    """A required text, or "" after noting that it is blank or has a character that is not allowed."""
    before = len(context.problems)
    found = context.text(item, name, *parents)
    if not found and not context.has_error_since(before):
        context.error("missing-field", f"`{name}` is blank", *parents, name)
    return found


def _read_groups(item: Item, context: ItemContext) -> tuple[str, ...]:
    names = read_group_names(item, context)
    for name in names:
        if name.startswith(RESERVED):
            context.error(
                "reserved-name",
                f"`{name}`: names that start with `~` are kept for carriers, which come and go; choose another",
                "groups",
            )
    return names


def _read_recipients(item: Item, context: ItemContext) -> tuple[MessageRecipient, ...]:
    found: dict[MessageRecipient, MessageRecipient] = {}
    for index, given in enumerate(item.get("recipients") or ()):
        recipient = _read_recipient(given, index, context)
        if recipient is not None and found.setdefault(recipient, recipient) is not recipient:
            named = recipient.mobile or f"contact/{recipient.contact}"
            context.warn("repeated-recipient", f"`{named}` is named twice; it counts once", "recipients", index)
    return _sorted(found)


def _read_recipient(given: str | Item, index: int, context: ItemContext) -> MessageRecipient | None:
    if isinstance(given, Mapping):
        contact = _required_text(given, "contact", context, "recipients", index)
        return MessageRecipient("", contact, index) if contact else None
    if any(character.isalpha() for character in given):
        context.error(
            "impossible-number",
            f"`{shortened(given)}` is not a phone number; a contact is written `{{contact: KEY}}`, in YAML only",
            "recipients",
            index,
        )
        return None
    mobile = read_mobile(given, context, "recipients", index)
    return None if mobile is None else MessageRecipient(mobile, index=index)


def _list(attributes: Attributes, name: str) -> list[Json]:
    found = attributes.get(name)
    return found if isinstance(found, list) else []


def _recipient_json(recipient: MessageRecipient) -> str | dict[str, str]:
    if not recipient.contact:
        return recipient.mobile
    return {"contact": recipient.contact} | ({"mobile": recipient.mobile} if recipient.mobile else {})


def _when_and_to_whom(attributes: Attributes, show: Show) -> tuple[str, str]:
    """The time, and the recipients with unusual settings, as in `to 2 recipients and group Personal; flash`."""
    # A recipient may be given by contact and by number, and gets one message.
    count = len({_mobile(one) or str(one) for one in _list(attributes, "recipients")})
    to = [f"{count} {'recipient' if count == 1 else 'recipients'}"] if count else []
    groups = [str(name) for name in _list(attributes, "groups")]
    if groups:
        to.append(f"group{'' if len(groups) == 1 else 's'} {', '.join(map(show, groups))}")
    details = [f"to {' and '.join(to)}"] if to else []
    if attributes.get("flash") is True:
        details.append("flash")
    if attributes.get("anonymize") is True:
        details.append("anonymized")
    if attributes.get("check_blocklist") is False:
        details.append("without the blocklist")
    return show(str(attributes.get("send_at", ""))), "; ".join(details)


def _mobile(recipient: Json) -> str:
    return str(recipient.get("mobile", "") if isinstance(recipient, dict) else recipient)
