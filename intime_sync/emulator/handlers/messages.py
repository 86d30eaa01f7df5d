"""message/create, message/delete. A batch is the recipients and groups of one message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from intime_sync.emulator import outbox, tables
from intime_sync.emulator.handlers.base import Context, Endpoints, Refusal, Write
from intime_sync.emulator.records import NewMessage
from intime_sync.emulator.values import is_sender, is_web_address, message_length, normalised_number, parsed_date
from intime_sync.emulator.xmlio import (
    Element,
    MalformedError,
    attributes,
    empty_item,
    fields,
    items,
    number,
    plain_text,
    text,
)

_MESSAGE: Final = {
    "flash": True,
    "multisms": True,
    "senddate": False,
    "sendertitle": True,
    "body": True,
    "statusurl": False,
    "checknix": False,
    "anonymize": False,
    "recipients": False,
    "groups": False,
}
_ONE_SMS, _SIX_SMS = 160, 804


@dataclass(frozen=True, slots=True)
class _Draft:
    """What all messages of a request have in common."""

    send_at: datetime | None
    sender: str
    body: str
    flash: bool
    multisms: bool
    checknix: bool
    anonymize: bool
    statusurl: str


@dataclass(frozen=True, slots=True)
class _Target:
    """A number with its transid, or a group."""

    draft: _Draft
    mobile: str = ""
    transid: str = ""
    group: int | None = None


def _parse_create(root: Element) -> list[_Target]:
    given = fields(root, _MESSAGE)
    draft = _draft({name: plain_text(given[name]) for name in given if name not in ("recipients", "groups")})
    targets = []
    if "recipients" in given:
        for element in items(given["recipients"], "recipient"):
            transid = attributes(element, optional="transid").get("transid", "")
            targets.append(_Target(draft, mobile=text(element).strip(), transid=transid))
    if "groups" in given:
        groups = [number(empty_item(element, "groupid")["groupid"]) for element in items(given["groups"], "group")]
        targets.extend(_Target(draft, group=group) for group in groups)
    return targets


def _draft(given: Mapping[str, str]) -> _Draft:
    send_at = None
    if "senddate" in given:
        send_at = parsed_date(given["senddate"].strip())
        if send_at is None:
            raise MalformedError("senddate")
    flash, multisms = _bit(given["flash"]), _bit(given["multisms"])
    longest = _SIX_SMS if multisms and not flash else _ONE_SMS
    if not is_sender(given["sendertitle"]) or not 0 < message_length(given["body"]) <= longest:
        raise MalformedError("sendertitle or body")
    statusurl = given.get("statusurl", "").strip()
    if statusurl and not is_web_address(statusurl):
        raise MalformedError("statusurl")
    return _Draft(
        send_at=send_at,
        sender=given["sendertitle"],
        body=given["body"],
        flash=flash,
        multisms=multisms,
        checknix=_bit(given.get("checknix", "0")),
        anonymize=_bit(given.get("anonymize", "0")),
        statusurl=statusurl,
    )


def _bit(value: str) -> bool:
    if value.strip() not in ("0", "1"):
        raise MalformedError(f"neither 0 nor 1: {value}")
    return value.strip() == "1"


def _create(targets: Sequence[_Target], context: Context) -> list[int]:
    send_at = targets[0].draft.send_at
    if send_at and send_at < context.now:
        raise Refusal("1:ERROR2")
    if any(target.group is None and normalised_number(target.mobile) is None for target in targets):
        raise Refusal("1:ERROR3")
    direct = [
        _message(target, target.mobile, target.transid, None, context) for target in targets if target.group is None
    ]
    messages = [*direct, *_to_members([target for target in targets if target.group is not None], context)]
    if not messages:
        raise Refusal("2:ERROR2")
    return outbox.insert(context.db, messages, context.now)


def _to_members(targets: Sequence[_Target], context: Context) -> Iterator[NewMessage]:
    """One message to each number in the groups, however many of them it is in."""
    known = tables.group_ids(context.db)
    done: set[str] = set()
    for target in targets:
        if target.group is None or target.group not in known:
            raise Refusal("2:ERROR1")
        for contact, mobile, e164 in tables.reachable_members(context.db, target.group):
            blocked = target.draft.checknix and tables.blocked_id(context.db, e164) is not None
            if e164 not in done and not blocked:
                done.add(e164)
                yield _message(target, mobile, "", contact, context)


def _message(target: _Target, mobile: str, transid: str, contact: int | None, context: Context) -> NewMessage:
    draft = target.draft
    return NewMessage(
        created_at=context.now,
        send_at=draft.send_at,
        sender=draft.sender,
        body=draft.body,
        flash=draft.flash,
        multisms=draft.multisms,
        anonymize=draft.anonymize,
        statusurl=draft.statusurl,
        mobile=mobile,
        number=normalised_number(mobile) or mobile,
        transid=transid,
        contact=contact,
    )


def _parse_delete(root: Element) -> list[int]:
    given = fields(root, {"messageid": False})
    if "messageid" not in given:
        return []
    try:
        return [number(plain_text(given["messageid"]))]
    except MalformedError as error:
        raise Refusal("2:ERROR1") from error


def _delete(ids: Sequence[int], context: Context) -> list[int]:
    if not all(outbox.cancel(context.db, id, context.now) for id in ids):
        raise Refusal("2:ERROR2")
    return list(ids)


ENDPOINTS: Final[Endpoints] = {
    "message/create": Write("message", _parse_create, _create, nothing="2:ERROR2"),
    "message/delete": Write("message", _parse_delete, _delete, unreadable="1:ERROR1"),
}
