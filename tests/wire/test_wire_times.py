"""An accepted time means one instant, and is read in every spelling of the service."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intime_sync.service.times import (
    Moment,
    TimeFault,
    WallTime,
    format_date,
    parse_list_time,
    parse_wall_time,
    wall_to_instant,
)

STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-01T08:30",
        "2026-12-01 08:30",
        "2026-12-01  08:30",
        "2026-12-01T08:30:00",
        "2026-12-01T08:30+01:00",
        "2026-12-01T07:30Z",
        "2026-12-01T07:30:00Z",
        " 2026-11-30T23:30-08:00 ",
    ],
)
def test_every_spelling_is_the_same_moment(text: str) -> None:
    moment = Moment(WallTime("2026-12-01T08:30"), datetime(2026, 12, 1, 7, 30, tzinfo=UTC))
    assert parse_wall_time(text, STOCKHOLM) == moment


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", TimeFault.MALFORMED),
        ("tomorrow", TimeFault.MALFORMED),
        ("2026-12-01", TimeFault.MALFORMED),
        ("20261201T08:30", TimeFault.MALFORMED),
        ("2026-12-01T8:30", TimeFault.MALFORMED),
        ("2026-12-01T08:30+0100", TimeFault.MALFORMED),
        ("2026-12-01T08:30 CET", TimeFault.MALFORMED),
        ("２０２６-12-01T08:30", TimeFault.MALFORMED),
        ("2026-02-29T08:30", TimeFault.IMPOSSIBLE),
        ("2026-13-01T08:30", TimeFault.IMPOSSIBLE),
        ("2026-12-01T24:00", TimeFault.IMPOSSIBLE),
        ("2026-12-01T08:60", TimeFault.IMPOSSIBLE),
        ("2026-12-01T08:30:60", TimeFault.IMPOSSIBLE),
        ("0000-12-01T08:30", TimeFault.IMPOSSIBLE),
        ("0001-01-01T00:00", TimeFault.IMPOSSIBLE),
        ("9999-12-31T23:59-08:00", TimeFault.IMPOSSIBLE),
        ("2026-12-01T08:30+24:00", TimeFault.IMPOSSIBLE),
        ("2026-12-01T08:30+01:60", TimeFault.IMPOSSIBLE),
        ("2026-12-01T08:30:01", TimeFault.SECONDS),
        ("2026-03-29T02:30", TimeFault.GAP),
        ("2026-10-25T02:00", TimeFault.OVERLAP),
        ("2026-10-25T02:59", TimeFault.OVERLAP),
    ],
)
def test_every_fault_has_its_name(text: str, fault: TimeFault) -> None:
    assert parse_wall_time(text, STOCKHOLM) is fault


@pytest.mark.parametrize("text", ["2026-03-29T01:59", "2026-03-29T03:00", "2026-10-25T01:59", "2026-10-25T03:00"])
def test_the_edges_of_the_odd_hours_are_ordinary_times(text: str) -> None:
    assert isinstance(parse_wall_time(text, STOCKHOLM), Moment)


def test_an_offset_picks_a_side_where_summer_time_ends() -> None:
    first = parse_wall_time("2026-10-25T02:30+02:00", STOCKHOLM)
    second = parse_wall_time("2026-10-25T02:30+01:00", STOCKHOLM)
    assert first == Moment(WallTime("2026-10-25T02:30"), datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    assert second == Moment(WallTime("2026-10-25T02:30"), datetime(2026, 10, 25, 1, 30, tzinfo=UTC))


def test_a_listed_time_in_the_repeated_hour_is_past_after_the_second() -> None:
    assert wall_to_instant(WallTime("2026-10-25T02:30"), STOCKHOLM) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_times_are_sent_in_either_style() -> None:
    assert format_date(WallTime("2026-12-01T08:30"), "extended") == "2026-12-01T08:30:00"
    assert format_date(WallTime("2026-12-01T08:30"), "basic") == "20261201T08:30:00"


@pytest.mark.parametrize(
    "text",
    ["2013-04-25  15:35", "2013-04-25T15:35:00", "20130425 15:35", "20130425T15:35:59", " 2013-04-25 15:35:00.000\n"],
)
def test_lists_may_spell_times_as_they_like(text: str) -> None:
    assert parse_list_time(text) == "2013-04-25T15:35"


@pytest.mark.parametrize("text", ["", "2013-0425 15:35", "2013-02-30 15:35", "25/04/2013 15:35", "2013-04-25"])
def test_a_listed_time_that_cannot_be_read_is_none(text: str) -> None:
    assert parse_list_time(text) is None


@given(st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001 - wall times
def test_what_is_accepted_round_trips_through_both_styles(naive: datetime) -> None:
    text = naive.isoformat(timespec="minutes")
    moment = parse_wall_time(text, STOCKHOLM)
    if isinstance(moment, Moment):
        assert moment.wall == text
        assert wall_to_instant(moment.wall, STOCKHOLM) == moment.instant
        assert parse_list_time(format_date(moment.wall, "extended")) == moment.wall
        assert parse_list_time(format_date(moment.wall, "basic")) == moment.wall
    else:
        assert moment in (TimeFault.GAP, TimeFault.OVERLAP)


@pytest.mark.parametrize(("wall", "passed"), [("0001-01-01T00:00", True), ("9999-12-31T23:59", False)])
def test_the_ends_of_the_calendar_have_an_instant_too(wall: str, passed: bool) -> None:
    for zone in (STOCKHOLM, ZoneInfo("America/New_York")):
        assert (wall_to_instant(WallTime(wall), zone) < datetime(2026, 3, 2, tzinfo=UTC)) is passed
