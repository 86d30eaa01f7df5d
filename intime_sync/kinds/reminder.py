"""Appointment reminders: compared to the minute. They cannot be deleted, only switched off for good."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from intime_sync.kinds.base import ListedKind, Removal, WireContext
from intime_sync.kinds.exports import ExportContext, ExportedSection
from intime_sync.kinds.fields import ENSURE, PROTECT, Field, FieldType, SectionSpec, boolean, text
from intime_sync.kinds.numbers import read_mobile
from intime_sync.kinds.reading import Item, ItemContext, read_lifecycle
from intime_sync.kinds.spelling import Keys, folded, spelled_number
from intime_sync.kinds.times import read_time
from intime_sync.kinds.words import Show, full_name
from intime_sync.model.change import Update
from intime_sync.model.drift import DriftChange
from intime_sync.model.problem import Origin
from intime_sync.model.resource import Attributes, KindName, RemoteId, Resource
from intime_sync.service import endpoints, requests
from intime_sync.service.listings import ReminderRow, reminder_rows
from intime_sync.service.phone import E164, parse_listed
from intime_sync.service.text import clean
from intime_sync.service.times import TimeFault, WallTime, parse_wall_time, wall_to_instant

REMINDER = KindName("reminder")

SPEC = SectionSpec(
    name="reminders",
    title="Appointment reminders",
    description="Appointments that the service reminds people of by SMS.",
    fields=(
        text(
            "key",
            "The reminder's identity in this configuration; keep it when the time changes.",
            required=True,
            min_length=1,
            max_length=200,
            examples=("2026-12-01-lindqvist",),
        ),
        Field(
            "at",
            FieldType.TIME,
            "When the appointment is: wall time in account.timezone, to the minute.",
            required=True,
            title="Time of the appointment",
            examples=("2026-12-01T08:30",),
        ),
        Field(
            "organizer",
            FieldType.OBJECT,
            "Whose appointment it is.",
            fields=(
                text("title", "Title.", examples=("Dr",)),
                text("firstname", "First name.", title="First name", examples=("Hans",)),
                text("lastname", "Last name.", title="Last name", examples=("Evertsson",)),
            ),
        ),
        Field(
            "attendant",
            FieldType.OBJECT,
            "Who is reminded.",
            required=True,
            fields=(
                text("firstname", "First name.", title="First name", examples=("Anna",)),
                text("lastname", "Last name.", title="Last name", examples=("Lindqvist",)),
                Field(
                    "mobile",
                    FieldType.MOBILE,
                    "The number that gets the reminder.",
                    required=True,
                    examples=("070-174 06 08",),
                ),
            ),
        ),
        boolean("active", "false switches the reminder off; the service can never switch it on again.", default=True),
        ENSURE,
        PROTECT,
    ),
)

# Attribute path → the element's keyword in reminder/edit.
_EDITABLE = {
    "at": "date",
    "organizer.firstname": "organizer_firstname",
    "organizer.lastname": "organizer_lastname",
    "organizer.title": "organizer_title",
    "attendant.firstname": "attendant_firstname",
    "attendant.lastname": "attendant_lastname",
    "attendant.mobile": "attendant_mobile",
    "active": "active",
}


@dataclass(frozen=True, slots=True)
class Reminder:
    """An appointment; `at` is wall time to the minute, `mobile` in E.164 or what the account holds instead."""

    at: WallTime
    title: str
    organizer_firstname: str
    organizer_lastname: str
    attendant_firstname: str
    attendant_lastname: str
    mobile: str
    active: bool = True


class ReminderKind(ListedKind):
    """See `base.ListedKind`. The id finds an appointment that was moved, so that it is edited."""

    name = REMINDER
    noun = "reminder"
    spec = SPEC
    endpoint = endpoints.LIST_REMINDERS
    matches_by_id = True
    removal_consequence = "will be switched off"
    drift_consequences: ClassVar = {
        DriftChange.DOUBLED: "people are reminded more than once",
        DriftChange.SWITCHED_OFF: "nobody will be reminded",
    }
    export_comment = """\
# Appointments that people are reminded of, by time. Keep the key when an appointment moves: its reminder is then
# edited. Without its lines it is switched off, for good. Once the time has passed, the lines may go.
"""
    rows = staticmethod(reminder_rows)

    def read(self, item: Item, origin: Origin, context: ItemContext) -> Resource[Reminder] | None:
        """A reminder with a key, a time, an organizer and an attendant."""
        key = context.text(item, "key")
        at = read_time(item["at"], context, "at")
        organizer: Mapping[str, Any] = item.get("organizer") or {}
        attendant: Mapping[str, Any] = item["attendant"]
        mobile = read_mobile(attendant["mobile"], context, "attendant", "mobile")
        title, organizer_firstname, organizer_lastname = (
            context.text(organizer, name, "organizer") for name in ("title", "firstname", "lastname")
        )
        firstname, lastname = (context.text(attendant, name, "attendant") for name in ("firstname", "lastname"))
        lifecycle = read_lifecycle(item, context)
        if not key or at is None or mobile is None:
            return None
        value = Reminder(
            at,
            title,
            organizer_firstname,
            organizer_lastname,
            firstname,
            lastname,
            mobile,
            item.get("active", True),
        )
        return Resource(key, value, origin=origin, lifecycle=lifecycle)

    def attributes(self, value: Reminder) -> dict[str, Any]:
        """`at`, `organizer`, `attendant` and `active`; parts that are not given are left out."""
        organizer = {
            "title": value.title,
            "firstname": value.organizer_firstname,
            "lastname": value.organizer_lastname,
        }
        attendant = {
            "firstname": value.attendant_firstname,
            "lastname": value.attendant_lastname,
            "mobile": value.mobile,
        }
        return {
            "at": value.at,
            "organizer": {name: text for name, text in organizer.items() if text},
            "attendant": {name: text for name, text in attendant.items() if text},
            "active": value.active,
        }

    def observed(self, rows: Sequence[ReminderRow], context: ItemContext) -> tuple[Resource[Reminder], ...]:
        """Keyed by `#ID`, since the account has no keys."""
        return tuple(self._observe(row, context) for row in rows)

    def _observe(self, row: ReminderRow, context: ItemContext) -> Resource[Reminder]:
        parsed = parse_listed(row.mobile, context.region)
        value = Reminder(
            row.date,
            clean(row.title),
            clean(row.organizer_firstname),
            clean(row.organizer_lastname),
            clean(row.attendant_firstname),
            clean(row.attendant_lastname),
            parsed.number if parsed else row.mobile,
            row.active,
        )
        return Resource(f"#{row.id}", value, RemoteId(row.id))

    def identity(self, value: Reminder) -> Hashable:
        """The minute, the attendant's number and the organizer."""
        return (value.at, value.mobile, value.title, value.organizer_firstname, value.organizer_lastname)

    def identity_of(self, attributes: Attributes) -> Hashable:
        """The minute, the attendant's number and the organizer."""
        organizer, attendant = _part(attributes, "organizer"), _part(attributes, "attendant")
        return (
            attributes["at"],
            attendant.get("mobile", ""),
            organizer.get("title", ""),
            organizer.get("firstname", ""),
            organizer.get("lastname", ""),
        )

    def is_past(self, attributes: Attributes, now: datetime, zone: ZoneInfo) -> bool:
        """Whether the appointment is past."""
        return wall_to_instant(WallTime(str(attributes["at"])), zone) <= now

    def inert(self, attributes: Attributes) -> bool:
        """Whether it was switched off, since then it cannot be edited."""
        return attributes.get("active") is False

    def summary_cells(self, key: str, attributes: Attributes, show: Show) -> tuple[str, ...]:
        """The time, the attendant with the number, and the organizer."""
        organizer, attendant = _part(attributes, "organizer"), _part(attributes, "attendant")
        whose = " ".join(part for part in (str(organizer.get("title", "")), full_name(organizer)) if part)
        return (
            show(str(attributes.get("at", ""))),
            show(full_name(attendant)),
            show(str(attendant.get("mobile", ""))),
            f"with {show(whose)}" if whose else "",
        )

    def title_cell(self, attributes: Attributes, show: Show) -> str:
        """The attendant."""
        return show(full_name(_part(attributes, "attendant")))

    def create_request(self, objects: Sequence[Attributes], context: WireContext) -> requests.Request:
        """reminder/add."""
        return requests.add_reminders([_item(attributes) for attributes in objects], context.format)

    def update_request(self, updates: Sequence[Update], context: WireContext) -> requests.Request:
        """reminder/edit with the fields that differ; the rest is kept by the service."""
        return requests.edit_reminders([_edit(update) for update in updates], context.format)

    def remove_request(self, removals: Sequence[Removal], context: WireContext) -> requests.Request:
        """reminder/edit with active=false, since reminders cannot be deleted."""
        edits = [
            requests.ReminderEdit(id=removal.remote_id, active=False)
            for removal in removals
            if removal.remote_id is not None
        ]
        return requests.edit_reminders(edits, context.format)

    def export(self, rows: Sequence[Resource[Reminder]], context: ExportContext) -> ExportedSection:
        """Active reminders ahead, by time; of two with the same identity the older, which a plan adopts."""
        section = ExportedSection(SPEC.name)
        past = inactive = 0
        seen: dict[Hashable, str] = {}
        keys = Keys(context.keys.values())
        for row in sorted(rows, key=lambda row: (row.value.at, row.remote_id or 0)):
            value = row.value
            if _was_before(value.at, context):
                past += 1
                continue
            if not value.active:
                inactive += 1
                continue
            name = " ".join(filter(None, (value.attendant_firstname, value.attendant_lastname)))
            what = f"reminder at {value.at} for {name or 'somebody without a name'} (id {row.remote_id})"
            at = _written_time(value.at, context.zone)
            if at is None:
                section.left_out.append(f"{what}: {context.zone.key} has no such time")
                continue
            known = context.keys.get(row.remote_id) if row.remote_id is not None else None
            item = self._exported_item(known or "key", at, value, context.region)
            fault = context.fault(self.read, item, value) if value.mobile else "it has no number"
            if fault:
                section.left_out.append(f"{what}: {fault}")
                continue
            identity = self.identity(value)
            if identity in seen:
                section.left_out.append(
                    f"{what}: time, number and organizer are those of `{seen[identity]}`, and the configuration "
                    "cannot tell the two apart"
                )
                continue
            seen[identity] = known or keys.take(_new_key(value))
            section.items.append({**item, "key": seen[identity]})
        for count, why in ((past, "the time has passed"), (inactive, "switched off, for good")):
            if count:
                section.notes.append(f"{count} {'reminder' if count == 1 else 'reminders'} left out: {why}")
        return section

    def _exported_item(self, key: str, at: str, value: Reminder, region: str) -> dict[str, Any]:
        mobile = spelled_number(value.mobile, region) if value.mobile else ""
        fields = self.attributes(replace(value, mobile=mobile))
        item = {"key": key, "at": at, "organizer": fields["organizer"], "attendant": fields["attendant"]}
        return {name: part for name, part in item.items() if part}


def _was_before(at: WallTime, context: ExportContext) -> bool:
    # Year 1, which .NET uses for "never", has no instant in some zones, so old dates are compared as dates.
    if at[:10] < (context.now - timedelta(days=2)).date().isoformat():
        return True
    try:
        return wall_to_instant(at, context.zone) <= context.now
    except OverflowError:
        return False


def _written_time(at: WallTime, zone: ZoneInfo) -> str | None:
    """`at` as `read_time` accepts it: with an offset where the hour occurs twice, None where it does not exist."""
    found = parse_wall_time(at, zone)
    if found is TimeFault.OVERLAP:
        offset = datetime.fromisoformat(at).replace(tzinfo=zone, fold=1).isoformat()[-6:]
        found = parse_wall_time(at + offset, zone)
        return None if isinstance(found, TimeFault) or found.wall != at else at + offset
    return None if isinstance(found, TimeFault) else at


def _new_key(value: Reminder) -> str:
    day, clock = value.at.split("T")
    name = folded(value.attendant_lastname) or folded(value.attendant_firstname) or clock.replace(":", "")
    return f"{day}-{name}"


def _part(attributes: Attributes, name: str) -> Mapping[str, Any]:
    part = attributes.get(name)
    return part if isinstance(part, dict) else {}


def _item(attributes: Attributes) -> requests.ReminderItem:
    organizer, attendant = _part(attributes, "organizer"), _part(attributes, "attendant")
    return requests.ReminderItem(
        date=WallTime(str(attributes["at"])),
        organizer_firstname=organizer.get("firstname", ""),
        organizer_lastname=organizer.get("lastname", ""),
        organizer_title=organizer.get("title", ""),
        attendant_firstname=attendant.get("firstname", ""),
        attendant_lastname=attendant.get("lastname", ""),
        attendant_mobile=E164(attendant.get("mobile", "")),
    )


def _edit(update: Update) -> requests.ReminderEdit:
    changed: dict[str, Any] = {}
    for change in update.fields:
        # A field that is no longer given is sent empty, since the service keeps fields that are not sent.
        changed[_EDITABLE[change.path]] = "" if change.after is None else change.after
    return requests.ReminderEdit(id=update.remote_id, **changed)
