"""Reads wall times of the configuration."""

from __future__ import annotations

from intime_sync.kinds.reading import ItemContext, shortened
from intime_sync.service.times import TimeFault, WallTime, parse_wall_time

_WORDS = {
    TimeFault.MALFORMED: ("malformed-time", "is not a time; write it as 2026-12-01T08:30"),
    TimeFault.IMPOSSIBLE: ("impossible-time", "is not a time that exists"),
    TimeFault.SECONDS: ("time-with-seconds", "has seconds; the service knows minutes only"),
    TimeFault.GAP: ("time-in-gap", "does not exist in {zone}: clocks skip it when summer time begins"),
    TimeFault.OVERLAP: (
        "ambiguous-time",
        "comes twice in {zone} when summer time ends; say which with an offset, as in 2026-10-25T02:30+02:00",
    ),
}


def read_time(text: str, context: ItemContext, *path: str) -> WallTime | None:
    """The wall time to the minute, or None after noting an error."""
    found = parse_wall_time(text, context.zone)
    if isinstance(found, TimeFault):
        code, words = _WORDS[found]
        context.error(code, f"`{shortened(text)}` {words.format(zone=context.zone.key)}", *path)
        return None
    return found.wall
