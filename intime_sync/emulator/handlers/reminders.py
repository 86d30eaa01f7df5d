"""reminder/list, reminder/add, reminder/edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from lxml import etree

from intime_sync.emulator import tables
from intime_sync.emulator.handlers.base import Context, Endpoints, Listing, Refusal, Write
from intime_sync.emulator.records import NewReminder, Reminder
from intime_sync.emulator.values import (
    appointment_text,
    echoed_number,
    normalised_number,
    parsed_date,
    reminder_text,
)
from intime_sync.emulator.xmlio import Element, fields, flag, items, leaf, number, plain_text

_ITEM: Final = "reminderappointment"
_NAMES: Final = (
    "organizer_firstname",
    "organizer_lastname",
    "organizer_title",
    "attendant_firstname",
    "attendant_lastname",
)
_ADD: Final = {"appointmentdate": True, **dict.fromkeys(_NAMES, True), "attendant_mobile": True}
_EDIT: Final = {"appointmentid": True, **dict.fromkeys(_ADD, False), "active": False}


@dataclass(frozen=True, slots=True)
class _Edit:
    id: int
    changes: dict[str, Any]


def _list(query: Mapping[str, str], context: Context) -> Element | None:
    found = tables.reminders(context.db)
    if wanted := query.get("id", "").strip():
        found = [reminder for reminder in found if str(reminder.id) == wanted]
    root = etree.Element("reminderappointments")
    for reminder in found:
        _write(etree.SubElement(root, _ITEM), reminder, context)
    return root if found else None


def _write(item: Element, reminder: Reminder, context: Context) -> None:
    leaf(item, "appointmentId", str(reminder.id))
    leaf(item, "appointmentDate", appointment_text(reminder.at))
    leaf(item, "userId", "1")
    leaf(item, "userIdentity")
    leaf(item, "userAlias", context.options.user)
    leaf(item, "active", "true" if reminder.active else "false")
    leaf(item, "messageDate", reminder_text(reminder.at))
    when = reminder.at.strftime("%Y-%m-%d kl %H:%M")
    leaf(item, "messageText", f"Hej {reminder.attendant_firstname}! Vi påminner om din tid {when}.")
    organizer = etree.SubElement(item, "organizer")
    leaf(organizer, "title", reminder.organizer_title)
    leaf(organizer, "firstname", reminder.organizer_firstname)
    leaf(organizer, "lastname", reminder.organizer_lastname)
    attendant = etree.SubElement(item, "attendant")
    leaf(attendant, "firstname", reminder.attendant_firstname)
    leaf(attendant, "lastname", reminder.attendant_lastname)
    leaf(attendant, "mobile", echoed_number(reminder.attendant_mobile, reminder.number, context.options.echo))


def _values(given: Mapping[str, str]) -> dict[str, Any]:
    """The sent texts as fields of a reminder; raises Refusal for what cannot be one."""
    values: dict[str, Any] = {name: given[name] for name in _NAMES if name in given}
    if "appointmentdate" in given:
        values["at"] = parsed_date(given["appointmentdate"].strip())
    if "attendant_mobile" in given:
        values["attendant_mobile"] = given["attendant_mobile"].strip()
        values["number"] = normalised_number(values["attendant_mobile"])
    if any(not value for name, value in values.items() if name not in _NAMES):
        raise Refusal("2:ERROR1")
    return values


def _parse_add(root: Element) -> list[NewReminder]:
    shaped = [fields(item, _ADD) for item in items(root, _ITEM)]
    texts = [{name: plain_text(child) for name, child in given.items()} for given in shaped]
    return [NewReminder(**_values(given)) for given in texts]


def _add(reminders: Sequence[NewReminder], context: Context) -> list[int]:
    return tables.insert_reminders(context.db, reminders)


def _parse_edit(root: Element) -> list[_Edit]:
    shaped = [fields(item, _EDIT) for item in items(root, _ITEM)]
    texts = [{name: plain_text(child) for name, child in given.items()} for given in shaped]
    active = [{"active": flag(given["active"])} if "active" in given else {} for given in texts]
    ids = [number(given["appointmentid"]) for given in texts]
    return [_Edit(id, _values(given) | state) for id, given, state in zip(ids, texts, active, strict=True)]


def _edit(edits: Sequence[_Edit], context: Context) -> list[int]:
    ids = []
    for edit in edits:
        found = tables.reminder(context.db, edit.id)
        if found is None or not found.active:
            ids.append(-edit.id)
            continue
        tables.update_reminder(context.db, replace(found, **edit.changes))
        ids.append(edit.id)
    return ids


ENDPOINTS: Final[Endpoints] = {
    "reminder/list": Listing(_list),
    "reminder/add": Write("reminderappointments", _parse_add, _add),
    "reminder/edit": Write("reminderappointments", _parse_edit, _edit),
}
