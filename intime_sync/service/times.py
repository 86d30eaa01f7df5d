"""Wall times in a zone, and the spellings that the service uses. Knows nothing about reminders.

The service uses naive wall time to the minute; here it is kept as text, with the instant that it means beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, auto
from typing import Final, Literal, NewType
from zoneinfo import ZoneInfo

WallTime = NewType("WallTime", str)
"""`YYYY-MM-DDTHH:MM` on a wall clock in the account's zone; sorts as time does."""

_GIVEN: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T| +)([0-9]{2}:[0-9]{2})(?::([0-9]{2}))?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_LISTED: Final = re.compile(
    r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})(?:T|\s+)([0-9]{2}:[0-9]{2})(?::[0-9]{2}(?:\.[0-9]+)?)?"
)


class TimeFault(Enum):
    """Why a text is not a time that can be sent."""

    MALFORMED = auto()
    """Not written as a time."""
    IMPOSSIBLE = auto()
    """Not a date of the calendar, or not a time of day."""
    SECONDS = auto()
    """Seconds other than 00."""
    GAP = auto()
    """Skipped when summer time begins."""
    OVERLAP = auto()
    """Occurs twice when summer time ends, and no offset says which is meant."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A wall time and the one instant that it means (aware, UTC)."""

    wall: WallTime
    instant: datetime


def parse_wall_time(text: str, zone: ZoneInfo) -> Moment | TimeFault:
    """The moment that `text` names in `zone`.

    Accepts `2026-12-01T08:30`, spaces for the T, `:00` seconds, and an offset (`Z`, `+01:00`). A time with an offset
    is converted to the zone's wall time; where summer time ends, the offset says which of two hours is meant.
    """
    found = _GIVEN.fullmatch(text.strip())
    if found is None:
        return TimeFault.MALFORMED
    day, clock, seconds, offset = found.groups()
    try:
        naive = datetime.fromisoformat(f"{day}T{clock}:{seconds or '00'}")
        aware = naive.replace(tzinfo=_offset(offset)) if offset else naive.replace(tzinfo=zone)
        instant = aware.astimezone(UTC)
        wall = instant.astimezone(zone).replace(tzinfo=None, fold=0)
    except (ValueError, OverflowError):
        return TimeFault.IMPOSSIBLE
    if naive.second:
        return TimeFault.SECONDS
    if not offset:
        if wall != naive:
            return TimeFault.GAP
        if aware.utcoffset() != aware.replace(fold=1).utcoffset():
            return TimeFault.OVERLAP
    return Moment(_spelled(wall), instant)


def wall_to_instant(wall: WallTime, zone: ZoneInfo) -> datetime:
    """The instant of a wall time (aware, UTC).

    Where summer time ends it is the second of two: only then has the time passed for certain.
    """
    try:
        return datetime.fromisoformat(wall).replace(tzinfo=zone, fold=1).astimezone(UTC)
    except OverflowError:
        # The first and the last day of the calendar, in a zone away from UTC.
        return datetime.max.replace(tzinfo=UTC) if wall > "5000" else datetime.min.replace(tzinfo=UTC)


def format_date(wall: WallTime, style: Literal["extended", "basic"]) -> str:
    """`wall` as it is sent: `2026-12-01T08:30:00`, or `20261201T08:30:00` where `style` is basic."""
    day, clock = wall.split("T")
    return f"{day if style == 'extended' else day.replace('-', '')}T{clock}:00"


def parse_list_time(text: str) -> WallTime | None:
    """The wall time that a list shows, seconds dropped, or None for anything else.

    Accepts `2013-04-25  15:35`, `2013-04-25T15:35:00` and the compact `20130425 15:35`.
    """
    found = _LISTED.fullmatch(text.strip())
    if found is None:
        return None
    year, _, month, day, clock = found.groups()
    try:
        return _spelled(datetime.fromisoformat(f"{year}-{month}-{day}T{clock}"))
    except ValueError:
        return None


def _offset(text: str) -> timezone:
    if text == "Z":
        return UTC
    distance = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    if int(text[4:6]) > 59:
        raise ValueError(text)
    return timezone(distance if text[0] == "+" else -distance)


def _spelled(naive: datetime) -> WallTime:
    return WallTime(naive.isoformat(timespec="minutes"))
