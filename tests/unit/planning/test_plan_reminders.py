"""Reminders have a time and an off switch that is for good: past or off, they are never made, edited or counted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from plan_makers import (
    CLOCK,
    REMINDER,
    ZONE,
    actions,
    entry,
    ledger,
    of_reminders,
    only,
    plan,
    pruning,
    reminders,
    row,
    tripped,
)

from intime_sync.model.change import Create, Manual, Update
from intime_sync.model.plan import Plan
from intime_sync.model.policy import Prune
from intime_sync.planning.matching import Clock

ATTENDANT = {"firstname": "Anna", "lastname": "Lindqvist", "mobile": "0701740608"}
FUTURE = {"key": "anna", "at": "2026-12-01T08:30", "attendant": ATTENDANT}
PAST = {**FUTURE, "at": "2026-02-01T08:30"}


def made(
    items: list[dict[str, Any]],
    rows: list[dict[str, Any]],
    known: dict[str, dict[str, Any]] | None = None,
    prune: Prune = Prune.OWNED,
    clock: Clock = CLOCK,
) -> Plan:
    """A plan; rows and entries get the ids 7, 8, … in order."""
    return plan(
        {"reminders": items},
        {REMINDER: [row("reminders", item, 7 + index) for index, item in enumerate(rows)]},
        ledger(
            {
                REMINDER: {
                    key: entry("reminders", item, 7 + index)
                    for index, (key, item) in enumerate((known or {}).items())
                }
            }
        ),
        pruning(prune),
        clock,
    )


# A time that has passed

CHANGED = {**PAST, "attendant": {**ATTENDANT, "lastname": "Berg"}}


def test_the_past_is_never_created_and_a_warning_says_so() -> None:
    found = made([PAST], [])
    assert found.is_empty
    (problem,) = found.diagnostics
    assert (problem.code, problem.severity, problem.origin is not None) == ("time-passed", "warning", True)


def test_the_past_is_not_missed_once_the_ledger_knows_it() -> None:
    found = made([PAST], [], {"anna": PAST})
    assert found.is_empty
    assert found.diagnostics == ()


@pytest.mark.parametrize("known", [{}, {"anna": PAST}])
@pytest.mark.parametrize("prune", list(Prune))
def test_the_past_is_never_edited_or_removed(known: dict[str, Any], prune: Prune) -> None:
    assert made([CHANGED], [PAST], known, prune).is_empty
    assert made([{**PAST, "ensure": "absent"}], [PAST], {}, prune).is_empty
    assert not [action for action, _ in actions(made([], [PAST], known, prune)) if action != "forget"]


@pytest.mark.parametrize("there", [True, False])
def test_leaving_the_past_out_only_forgets_it(there: bool) -> None:
    found = made([], [PAST] if there else [], {"anna": PAST})
    assert actions(found) == [("forget", "reminder/anna")]


def test_now_is_past_and_a_minute_later_is_not() -> None:
    at = {**FUTURE, "at": "2026-06-01T10:00"}
    sharp = Clock(datetime(2026, 6, 1, 8, 0, tzinfo=UTC), ZONE)
    before = Clock(datetime(2026, 6, 1, 7, 59, 59, tzinfo=UTC), ZONE)
    assert actions(made([at], [], clock=sharp)) == []
    assert actions(made([at], [], clock=before)) == [("create", "reminder/anna")]


def test_a_reminder_moved_from_the_past_to_the_future_is_made_anew() -> None:
    """The one that is past is history, and stays as it was."""
    found = made([FUTURE], [PAST], {"anna": PAST})
    assert actions(found) == [("create", "reminder/anna")]


def test_a_reminder_moved_into_the_past_is_pointed_out_and_left_alone() -> None:
    found = made([PAST], [FUTURE], {"anna": FUTURE})
    assert actions(found) == [("held", "reminder/anna")]


def test_a_past_reminder_does_not_serve_for_an_equal_one_that_is_to_come() -> None:
    other = {**FUTURE, "key": "ny"}
    assert actions(made([other], [PAST], {"anna": PAST})) == [
        ("forget", "reminder/anna"),
        ("create", "reminder/ny"),
    ]


# Keys

OTHER = {"key": "bo", "at": "2026-11-01T08:30", "attendant": {**ATTENDANT, "mobile": "0701740609"}}


def test_a_renamed_key_switches_nothing_off() -> None:
    found = made([{**FUTURE, "key": "lindqvist"}], [FUTURE], {"anna": FUTURE})
    assert actions(found) == [("forget", "reminder/anna"), ("adopt", "reminder/lindqvist")]


def test_two_keys_that_change_places_switch_nothing_off() -> None:
    swapped = [{**FUTURE, "key": "bo"}, {**OTHER, "key": "anna"}]
    found = made(swapped, [FUTURE, OTHER], {"anna": FUTURE, "bo": OTHER})
    assert {action for action, _ in actions(found)} <= {"update", "adopt"}


@pytest.mark.parametrize("old", ["a", "z"])
def test_a_key_that_was_renamed_and_whose_old_name_is_taken_by_another_switches_nothing_off(old: str) -> None:
    """The new item under the old key would become an edit; both people must end up with a reminder."""
    found = made(
        [{**FUTURE, "key": "m"}, {**OTHER, "key": old}],
        [{**FUTURE, "key": old}],
        {old: {**FUTURE, "key": old}},
    )
    assert "delete" not in {action for action, _ in actions(found)}
    assert sorted(action for action, _ in actions(found)) in (["adopt", "create"], ["create", "update"])


# Matching


def test_the_ledgers_id_finds_a_moved_reminder() -> None:
    change = only(made([{**FUTURE, "at": "2026-12-02T09:00"}], [FUTURE], {"anna": FUTURE}))
    assert isinstance(change, Update)
    assert (change.remote_id, [field.path for field in change.fields]) == (7, ["at"])


def test_without_a_ledger_minute_number_and_organizer_find_it() -> None:
    spelled = {**FUTURE, "at": "2026-12-01 08:30:00", "attendant": {**ATTENDANT, "mobile": "+46 70 174 06 08"}}
    assert actions(made([spelled], [FUTURE])) == [("adopt", "reminder/anna")]
    renamed = {**FUTURE, "attendant": {**ATTENDANT, "lastname": "Berg"}}
    assert actions(made([renamed], [FUTURE])) == [("update", "reminder/anna")]
    for other in ({**FUTURE, "at": "2026-12-01T08:31"}, {**FUTURE, "organizer": {"title": "Dr"}}):
        assert actions(made([other], [FUTURE])) == [("create", "reminder/anna")]


def test_of_two_equal_ones_the_oldest_serves_and_the_other_is_not_ours() -> None:
    change = only(made([FUTURE], [FUTURE, FUTURE]))
    assert change.remote_id == 7  # type: ignore[union-attr]


# Off

OFF = {**FUTURE, "active": False}


def test_switching_off_is_an_edit_of_one_field() -> None:
    change = only(made([OFF], [FUTURE], {"anna": FUTURE}))
    assert isinstance(change, Update)
    assert [(field.path, field.after) for field in change.fields] == [("active", False)]


@pytest.mark.parametrize("known", [{}, {"anna": OFF}, {"anna": FUTURE}])
def test_what_is_off_and_shall_be_off_needs_nothing(known: dict[str, Any]) -> None:
    assert made([OFF], [OFF], known).is_empty
    assert not [action for action, _ in actions(made([OFF], [], known)) if action == "create"]


def test_what_is_off_is_never_switched_on_but_made_anew() -> None:
    change = only(made([FUTURE], [OFF], {"anna": OFF}))
    assert isinstance(change, Create)


def test_what_is_off_is_never_edited() -> None:
    wanted = {**OFF, "attendant": {**ATTENDANT, "lastname": "Berg"}}
    assert made([wanted], [OFF], {"anna": OFF}).is_empty


@pytest.mark.parametrize("prune", list(Prune))
def test_what_is_off_is_only_forgotten(prune: Prune) -> None:
    assert actions(made([], [OFF], {"anna": OFF}, prune)) == [("forget", "reminder/anna")]
    assert made([], [OFF], {}, prune).is_empty
    assert made([{**FUTURE, "ensure": "absent"}], [OFF], {}, prune).is_empty


def test_a_live_twin_stands_before_one_that_is_off() -> None:
    change = only(made([FUTURE], [OFF, FUTURE]))
    assert change.remote_id == 8  # type: ignore[union-attr]


def test_what_is_past_is_told_by_the_clock_of_the_accounts_zone() -> None:
    """It is nine in Stockholm and eight in Greenwich: what was at half past eight is over."""
    over = reminders(3, at="2026-03-02T08:30")
    assert tripped(of_reminders(over, [])) == []
    known = {it["key"]: entry("reminders", it, 1 + index) for index, it in enumerate(over)}
    rows = [row("reminders", item, 1 + index) for index, item in enumerate(over)]
    assert tripped(plan({"reminders": over}, {}, ledger({REMINDER: known}))) == []
    left_out = plan({"reminders": []}, {REMINDER: rows}, ledger({REMINDER: known}))
    assert {action for action, _ in actions(left_out)} == {"forget"}
    assert plan({"reminders": []}, {REMINDER: rows}, ledger(), pruning(Prune.ALL)).is_empty


def test_a_time_in_the_past_for_what_lies_ahead_is_held_with_both_times() -> None:
    (before,) = reminders(1)
    change = only(of_reminders([{**before, "at": "2026-02-01T08:30"}], [before]))
    assert isinstance(change, Manual)
    assert [field.path for field in change.fields] == ["at"]
    assert change.remote_id == 1
    assert change.before is not None
    assert change.after is not None
