"""Generated configurations: a handful of groups, contacts in some of them, blocked numbers, reminders to come."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Config = dict[str, list[dict[str, Any]]]

GROUPS = ["Akut", "Jour", "Kansli", "Personal & vikarier", "Ögon <1>"]
WORDS = st.sampled_from(["", "Anna", "Östen", "Łucja", "O'Hara", "a & b", "x" * 60])
NAMES = st.sampled_from(["Anna", "Östen", "Łucja", "a & b"])
SPELLINGS = ["+467017406{:02d}", "070-174 06 {:02d}", "07017406{:02d}", "0046 70 174 06 {:02d}"]


def number(index: int, spelling: int = 0) -> str:
    """One of the fictional numbers, 05 to 99, in one of the ways people write it."""
    return SPELLINGS[spelling].format(5 + index)


@st.composite
def contact(draw: st.DrawFn, index: int, groups: list[str]) -> dict[str, Any]:
    """A contact whose key, number and address are its own."""
    item: dict[str, Any] = {"key": f"p{index}", "firstname": draw(WORDS), "extrafield": draw(WORDS)}
    how = draw(st.sampled_from(["sms", "email", "sms+email"]))
    if how != "email":
        item["mobile"] = number(index, draw(st.integers(0, 3)))
    if how != "sms":
        item["email"] = f"p{index}@example.se"
    item["groups"] = draw(st.lists(st.sampled_from(groups), unique=True)) if groups else []
    return item


@st.composite
def reminder(draw: st.DrawFn, index: int) -> dict[str, Any]:
    """A reminder to come, told from all others by its number."""
    organizer = {"title": draw(st.sampled_from(["", "Dr"])), "lastname": draw(WORDS)}
    attendant = {
        "firstname": draw(NAMES),
        "lastname": draw(NAMES),
        "mobile": number(60 + index, draw(st.integers(0, 3))),
    }
    at = draw(st.sampled_from(["2026-06-01T08:30", "2026-06-01 09:00", "2026-12-24T15:00:00"]))
    return {
        "key": f"r{index}",
        "at": at,
        "organizer": {name: text for name, text in organizer.items() if text},
        "attendant": attendant,
        "active": draw(st.sampled_from([True, True, True, False])),
    }


@st.composite
def configs(draw: st.DrawFn, most: int = 12) -> Config:
    """All four sections, each possibly empty."""
    groups = draw(st.lists(st.sampled_from(GROUPS), unique=True))
    people = draw(st.sets(st.integers(0, most - 1)))
    blocked = draw(st.dictionaries(st.integers(40, 45), st.integers(0, 3)))
    reminded = draw(st.sets(st.integers(0, 3)))
    return {
        "groups": [{"name": name} for name in groups],
        "contacts": [draw(contact(index, groups)) for index in sorted(people)],
        "blocklist": [{"mobile": number(index, spelling)} for index, spelling in blocked.items()],
        "reminders": [draw(reminder(index)) for index in sorted(reminded)],
    }
