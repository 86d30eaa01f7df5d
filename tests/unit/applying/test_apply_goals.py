"""When a change counts as done, judged by the list that is read after it."""

from __future__ import annotations

from typing import Any

from troubles import (
    BLOCKLIST,
    ITEMS,
    REMINDER,
    WANTED,
    attributes,
    kind_of,
    reminder,
)

from intime_sync.applying.goals import CreateGoal, ListView, RemoveGoal, UpdateGoal
from intime_sync.kinds.base import ListedKind, WireContext
from intime_sync.kinds.blocklist import BlockedNumber
from intime_sync.kinds.registry import BY_NAME
from intime_sync.model.change import Create, Delete, Update
from intime_sync.model.resource import Address, RemoteId, Resource


def view(*rows: Resource[Any]) -> ListView:
    return ListView(kind_of("reminders"), rows)


def test_a_create_is_done_when_an_equal_object_is_new_in_the_list() -> None:
    change = Create(address=Address(REMINDER, "r0"), after=attributes(WANTED))
    goal = CreateGoal(kind_of("reminders"), [reminder(WANTED, 7)])
    off = reminder({**WANTED, "active": False}, 6)
    oldest, newest, other = reminder(WANTED, 8), reminder(WANTED, 9), reminder(ITEMS["reminders"][1], 5)
    assert goal.met(change, view()) is False
    assert goal.met(change, view(reminder(WANTED, 7), other, off)) is False
    assert goal.met(change, view(newest, reminder(WANTED, 7), oldest, other)) is oldest


def test_an_edit_is_done_when_the_object_is_as_wanted() -> None:
    moved = {**WANTED, "at": "2026-12-02T08:30"}
    goal = UpdateGoal(kind_of("reminders"))
    change = Update(
        address=Address(REMINDER, "r0"),
        remote_id=RemoteId(7),
        before=attributes(WANTED),
        after=attributes(moved),
        fields=(),
    )
    assert goal.met(change, view(reminder(moved, 7)))
    assert goal.met(change, view(reminder(WANTED, 7))) is False
    assert goal.met(change, view(reminder(moved, 8))) is False
    assert goal.met(change, view()) is False


def test_a_removal_is_done_when_the_object_is_gone() -> None:
    goal = RemoveGoal(kind_of("reminders"))
    change = Delete(address=Address(REMINDER, "r0"), remote_id=RemoteId(7), before=attributes(WANTED))
    assert goal.met(change, view(reminder(WANTED, 7))) is False
    assert goal.met(change, view(reminder(WANTED, 8))) is True
    assert goal.met(change, view(reminder({**WANTED, "active": False}, 7))) is True


def test_a_second_removal_uses_the_spelling_of_the_list() -> None:
    kind = BY_NAME[BLOCKLIST]
    assert isinstance(kind, ListedKind)
    goal, number = RemoveGoal(kind), "+46701740606"
    change = Delete(address=Address(BLOCKLIST, number), remote_id=None, before={"mobile": number})
    row = Resource(number, BlockedNumber(number, "070/174 06 06"))
    wire = WireContext()
    assert b"070/174 06 06" not in (goal.request([change], wire).body or b"")
    assert goal.met(change, ListView(kind, [row])) is False
    assert b"070/174 06 06" in (goal.request([change], wire).body or b"")
