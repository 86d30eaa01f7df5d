"""The rows of the three lists. A row that cannot be read makes the whole list `Unexpected`.

Knows the lists' elements; nothing about comparing or normalising what they hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from intime_sync.model.resource import RemoteId
from intime_sync.service.reply import Unexpected, excerpt
from intime_sync.service.times import WallTime, parse_list_time
from intime_sync.service.xml import Element

_BOOLEANS: Final = {"true": True, "false": False, "1": True, "0": False}
_PEOPLE: Final = ("organizer", "attendant")


class GroupRow(NamedTuple):
    """A group; `name` is as the service has it, not cleaned."""

    id: RemoteId
    name: str


class BlocklistRow(NamedTuple):
    """A blocked number, spelled as the service spells it; the names are "" where it gives none."""

    mobile: str
    firstname: str
    lastname: str


class ReminderRow(NamedTuple):
    """A reminder. `mobile` is the attendant's, as the service spells it; texts that are missing are empty."""

    id: RemoteId
    date: WallTime
    active: bool
    title: str
    organizer_firstname: str
    organizer_lastname: str
    attendant_firstname: str
    attendant_lastname: str
    mobile: str
    message_date: str
    message_text: str


RowT = TypeVar("RowT")


class _UnreadableRow(ValueError):
    """Why a row cannot be read, in a few words."""


def group_rows(root: Element | None) -> list[GroupRow] | Unexpected:
    """The rows of `contacts/listgroups`."""
    return _rows(root, "group", _group)


def blocklist_rows(root: Element | None) -> list[BlocklistRow] | Unexpected:
    """The rows of `nix/list`."""
    return _rows(root, "nixentry", _blocklist_entry)


def reminder_rows(root: Element | None) -> list[ReminderRow] | Unexpected:
    """The rows of `reminder/list`."""
    return _rows(root, "reminderappointment", _reminder)


def _rows(root: Element | None, tag: str, read: Callable[[Element], RowT]) -> list[RowT] | Unexpected:
    rows: list[RowT] = []
    if root is None:
        return rows
    for row in root:
        try:
            if row.tag != tag:
                raise _UnreadableRow(f"a <{row.tag}> instead of a <{tag}>")
            rows.append(read(row))
        except _UnreadableRow as error:
            return Unexpected(f"row {len(rows) + 1} of the list is unreadable ({error})")
    return rows


def _group(row: Element) -> GroupRow:
    if len(row):
        raise _UnreadableRow("a group with elements in its name")
    return GroupRow(_id(row.get("groupid"), "groupid"), row.text or "")


def _blocklist_entry(row: Element) -> BlocklistRow:
    texts = _texts(row)
    mobile = texts.get("mobile", "").strip()
    if not mobile:
        raise _UnreadableRow("no mobile")
    return BlocklistRow(mobile, texts.get("firstname", ""), texts.get("lastname", ""))


def _reminder(row: Element) -> ReminderRow:
    texts = _texts(row)
    for field in row:
        if field.tag in _PEOPLE:
            texts.update(_texts(field, prefix=f"{field.tag}."))
    take = texts.get
    return ReminderRow(
        _id(take("appointmentId"), "appointmentId"),
        _date(take("appointmentDate")),
        _boolean(take("active")),
        take("organizer.title", ""),
        take("organizer.firstname", ""),
        take("organizer.lastname", ""),
        take("attendant.firstname", ""),
        take("attendant.lastname", ""),
        take("attendant.mobile", "").strip(),
        take("messageDate", "").strip(),
        take("messageText", ""),
    )


def _texts(parent: Element, prefix: str = "") -> dict[str, str]:
    texts: dict[str, str] = {}
    for field in parent:
        name = prefix + field.tag
        if name in texts:
            raise _UnreadableRow(f"two {name}")
        if len(field) and name not in _PEOPLE:
            raise _UnreadableRow(f"elements inside {name}")
        texts[name] = field.text or ""
    return texts


def _id(text: str | None, name: str) -> RemoteId:
    digits = (text or "").strip()
    # isdecimal alone would take digits of other scripts.
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 18 and int(digits)):
        raise _UnreadableRow(f"no {name}" if not digits else f"{name} is {excerpt(digits)!r}")
    return RemoteId(int(digits))


def _date(text: str | None) -> WallTime:
    date = parse_list_time(text or "")
    if date is None:
        raise _UnreadableRow(f"appointmentDate is {excerpt(text or '')!r}")
    return date


def _boolean(text: str | None) -> bool:
    active = _BOOLEANS.get((text or "").strip().lower())
    if active is None:
        raise _UnreadableRow(f"active is {excerpt(text or '')!r}")
    return active
