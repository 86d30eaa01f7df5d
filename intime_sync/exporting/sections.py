"""The account's lists as items of the configuration, and in words what of them the configuration cannot say.

Each item is read back by its kind, so that what is written is what was there. Knows nothing about files or YAML.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from intime_sync.exporting.spelling import Keys, folded, spelled_number
from intime_sync.exporting.yaml_text import Item
from intime_sync.kinds.base import ItemContext, ListedKind
from intime_sync.kinds.registry import BY_SECTION
from intime_sync.model.problem import NO_PLACE, Severity
from intime_sync.model.resource import RemoteId, Resource
from intime_sync.service.times import TimeFault, WallTime, parse_wall_time, wall_to_instant

_RESERVED: Final = "~"


@dataclass(frozen=True, slots=True)
class ListContext:
    """How the account's lists are to be understood; `now` is aware.

    `reminder_keys` are the keys that a ledger has given to reminders already, by id.
    """

    region: str
    zone: ZoneInfo
    now: datetime
    reminder_keys: Mapping[RemoteId, str] = field(default_factory=dict)


@dataclass(slots=True)
class Section:
    """A section's items, and what to tell about it: `left_out` are rows that no item stands for, `notes` the rest."""

    name: str
    items: list[Item] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def group_section(groups: Sequence[Resource[Any]], further: Iterable[str] = ()) -> Section:
    """The groups by name, and the names in `further` that are not among them; carriers are no groups."""
    section = Section("groups")
    by_name: dict[str, list[Resource[Any]]] = {}
    carriers = 0
    for group in groups:
        if group.key.startswith(_RESERVED) and "/" in group.key:
            carriers += 1
        else:
            by_name.setdefault(group.key, []).append(group)
    for name in further:
        by_name.setdefault(name, [])
    for name, same in sorted(by_name.items(), key=lambda pair: _by_name(pair[0])):
        ids = sorted(group.remote_id for group in same if group.remote_id is not None)
        item: Item = {"name": name, "id": ids[0]} if len(ids) > 1 else name
        fault = _fault("groups", {"name": name}, name) if name else "it has no name"
        if fault:
            section.left_out.append(f"group `{name}` (id {', '.join(map(str, ids))}): {fault}")
            continue
        section.items.append(item)
        if len(ids) > 1:
            others = ", ".join(map(str, ids[1:]))
            section.left_out.append(
                f"group `{name}` (id {others}): the account has {len(ids)} groups of this name, and the "
                f"configuration can hold one; it holds id {ids[0]}"
            )
    if carriers:
        section.notes.append(
            f"{carriers} {_plural(carriers, 'carrier')} (`~OWNER/…`) left out: intime-sync keeps them itself"
        )
    return section


def blocklist_section(blocked: Sequence[Resource[Any]], account: ListContext) -> Section:
    """The numbers in E.164's order, each once."""
    section = Section("blocklist")
    for number, times in sorted(Counter(entry.key for entry in blocked).items()):
        spelled = spelled_number(number, account.region)
        fault = _fault("blocklist", {"mobile": spelled}, number, account)
        if fault:
            section.left_out.append(f"blocklist `{number}`: {fault}")
            continue
        section.items.append(spelled)
        if times > 1:
            section.notes.append(f"blocklist `{number}` is there {times} times; one line stands for all")
    return section


def reminder_section(reminders: Sequence[Resource[Any]], account: ListContext) -> Section:
    """What lies ahead and is active, by time."""
    section = Section("reminders")
    past = inactive = 0
    seen: dict[Any, str] = {}
    keys = Keys(account.reminder_keys.values())
    for reminder in sorted(reminders, key=_by_time):
        value = reminder.value
        if _is_past(value.at, account):
            past += 1
            continue
        if not value.active:
            inactive += 1
            continue
        what = f"reminder at {value.at} for {_name(value.attendant_firstname, value.attendant_lastname)}"
        what = f"{what} (id {reminder.remote_id})"
        at = _written_time(value.at, account.zone)
        if at is None:
            section.left_out.append(f"{what}: {account.zone.key} has no such time")
            continue
        known = account.reminder_keys.get(reminder.remote_id) if reminder.remote_id is not None else None
        item = _reminder_item(known or "key", at, value, account.region)
        fault = _fault("reminders", item, value, account)
        if fault:
            section.left_out.append(f"{what}: {fault}")
            continue
        identity = _kind("reminders").identity(value)
        if identity in seen:
            section.left_out.append(
                f"{what}: time, number and organizer are those of `{seen[identity]}`, and the configuration cannot "
                "tell the two apart"
            )
            continue
        key = known or keys.take(_reminder_key(value))
        seen[identity] = key
        section.items.append({**item, "key": key})
    if past:
        section.notes.append(f"{past} {_plural(past, 'reminder')} left out: the time has passed")
    if inactive:
        section.notes.append(f"{inactive} {_plural(inactive, 'reminder')} left out: switched off, for good")
    return section


def _by_name(name: str) -> tuple[str, str]:
    return (folded(name), name)


def _by_time(reminder: Resource[Any]) -> tuple[str, int]:
    # Of two that cannot be told apart, a plan adopts the older one.
    return (reminder.value.at, reminder.remote_id or 0)


def _plural(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"


def _name(*parts: str) -> str:
    return " ".join(part for part in parts if part) or "somebody without a name"


def _is_past(at: WallTime, account: ListContext) -> bool:
    # Long ago is decided by its date: year 1, .NET's way to say never, has no instant in every zone.
    if at[:10] < (account.now - timedelta(days=2)).date().isoformat():
        return True
    try:
        return wall_to_instant(at, account.zone) <= account.now
    except OverflowError:
        return False


def _written_time(at: WallTime, zone: ZoneInfo) -> str | None:
    """`at` as the reader takes it: with an offset where the hour comes twice, None where it does not come at all."""
    found = parse_wall_time(at, zone)
    if found is TimeFault.OVERLAP:
        offset = datetime.fromisoformat(at).replace(tzinfo=zone, fold=1).isoformat()[-6:]
        found = parse_wall_time(at + offset, zone)
        return None if isinstance(found, TimeFault) or found.wall != at else at + offset
    return None if isinstance(found, TimeFault) else at


def _reminder_key(value: Any) -> str:
    day, clock = value.at.split("T")
    name = folded(value.attendant_lastname) or folded(value.attendant_firstname) or clock.replace(":", "")
    return f"{day}-{name}"


def _reminder_item(key: str, at: str, value: Any, region: str) -> dict[str, Any]:
    organizer = {
        "title": value.title,
        "firstname": value.organizer_firstname,
        "lastname": value.organizer_lastname,
    }
    attendant = {
        "firstname": value.attendant_firstname,
        "lastname": value.attendant_lastname,
        "mobile": spelled_number(value.mobile, region) if value.mobile else "",
    }
    item: dict[str, Any] = {"key": key, "at": at, "organizer": _given(organizer), "attendant": _given(attendant)}
    return {name: part for name, part in item.items() if part}


def _given(fields: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in fields.items() if text}


def _kind(section: str) -> ListedKind:
    kind = BY_SECTION[section]
    if not isinstance(kind, ListedKind):
        raise AssertionError(f"{section} cannot be listed")
    return kind


def _fault(section: str, item: Mapping[str, Any], wanted: Any, account: ListContext | None = None) -> str | None:
    """Why the kind does not read `item` as `wanted` (its key, or its whole value); None when it does."""
    if section == "reminders" and "mobile" not in item.get("attendant", {}):
        return "it has no number"
    zone = account.zone if account else ZoneInfo("UTC")
    context = ItemContext.without_places(account.region if account else "SE", zone)
    read = BY_SECTION[section].read(item, NO_PLACE, context)
    errors = [problem.message for problem in context.problems if problem.severity is Severity.ERROR]
    if errors:
        return errors[0]
    if read is None or wanted not in (read.key, read.value):
        return "the configuration would read it as something else"
    return None
