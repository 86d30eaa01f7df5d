"""Reminders that are past or off are never made, edited or counted; one that is off is never switched on again."""

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
from intime_sync.planning.context import Clock

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


def test_a_past_reminder_is_not_created_and_a_warning_says_so() -> None:
    found = made([PAST], [])
    assert found.is_empty
    (problem,) = found.diagnostics
    assert (problem.code, problem.severity, problem.origin is not None) == ("time-passed", "warning", True)


def test_a_past_reminder_in_the_ledger_is_not_missed() -> None:
    found = made([PAST], [], {"anna": PAST})
    assert found.is_empty
    assert found.diagnostics == ()


@pytest.mark.parametrize("known", [{}, {"anna": PAST}])
@pytest.mark.parametrize("prune", list(Prune))
def test_a_past_reminder_is_never_edited_or_removed(known: dict[str, Any], prune: Prune) -> None:
    assert made([CHANGED], [PAST], known, prune).is_empty
    assert made([{**PAST, "ensure": "absent"}], [PAST], {}, prune).is_empty
    assert not [action for action, _ in actions(made([], [PAST], known, prune)) if action != "forget"]


@pytest.mark.parametrize("there", [True, False])
def test_a_past_reminder_that_is_left_out_is_forgotten(there: bool) -> None:
    found = made([], [PAST] if there else [], {"anna": PAST})
    assert actions(found) == [("forget", "reminder/anna")]


def test_a_reminder_is_past_from_its_time_on() -> None:
    at = {**FUTURE, "at": "2026-06-01T10:00"}
    sharp = Clock(datetime(2026, 6, 1, 8, 0, tzinfo=UTC), ZONE)
    before = Clock(datetime(2026, 6, 1, 7, 59, 59, tzinfo=UTC), ZONE)
    assert actions(made([at], [], clock=sharp)) == []
    assert actions(made([at], [], clock=before)) == [("create", "reminder/anna")]


def test_a_reminder_moved_from_the_past_to_the_future_is_a_new_one() -> None:
    """The past one stays as it was."""
    found = made([FUTURE], [PAST], {"anna": PAST})
    assert actions(found) == [("create", "reminder/anna")]


def test_a_reminder_moved_into_the_past_is_held() -> None:
    found = made([PAST], [FUTURE], {"anna": FUTURE})
    assert actions(found) == [("held", "reminder/anna")]


def test_a_past_reminder_is_not_taken_for_an_equal_one_in_the_future() -> None:
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


def test_two_keys_that_are_swapped_switch_nothing_off() -> None:
    swapped = [{**FUTURE, "key": "bo"}, {**OTHER, "key": "anna"}]
    found = made(swapped, [FUTURE, OTHER], {"anna": FUTURE, "bo": OTHER})
    assert {action for action, _ in actions(found)} <= {"update", "adopt"}


@pytest.mark.parametrize("old", ["a", "z"])
def test_an_old_key_that_another_reminder_takes_switches_nothing_off(old: str) -> None:
    """The new item under the old key would become an edit; both people must end up with a reminder."""
    found = made(
        [{**FUTURE, "key": "m"}, {**OTHER, "key": old}],
        [{**FUTURE, "key": old}],
        {old: {**FUTURE, "key": old}},
    )
    assert "delete" not in {action for action, _ in actions(found)}
    assert sorted(action for action, _ in actions(found)) in (["adopt", "create"], ["create", "update"])


# Matching


def test_a_moved_reminder_is_found_by_its_id_in_the_ledger() -> None:
    change = only(made([{**FUTURE, "at": "2026-12-02T09:00"}], [FUTURE], {"anna": FUTURE}))
    assert isinstance(change, Update)
    assert (change.remote_id, [field.path for field in change.fields]) == (7, ["at"])


def test_without_a_ledger_a_reminder_is_found_by_time_number_and_organizer() -> None:
    spelled = {**FUTURE, "at": "2026-12-01 08:30:00", "attendant": {**ATTENDANT, "mobile": "+46 70 174 06 08"}}
    assert actions(made([spelled], [FUTURE])) == [("adopt", "reminder/anna")]
    renamed = {**FUTURE, "attendant": {**ATTENDANT, "lastname": "Berg"}}
    assert actions(made([renamed], [FUTURE])) == [("update", "reminder/anna")]
    for other in ({**FUTURE, "at": "2026-12-01T08:31"}, {**FUTURE, "organizer": {"title": "Dr"}}):
        assert actions(made([other], [FUTURE])) == [("create", "reminder/anna")]


def test_of_two_equal_reminders_the_oldest_is_adopted() -> None:
    change = only(made([FUTURE], [FUTURE, FUTURE]))
    assert change.remote_id == 7  # type: ignore[union-attr]


# Off

OFF = {**FUTURE, "active": False}


def test_switching_off_is_an_edit_of_one_field() -> None:
    change = only(made([OFF], [FUTURE], {"anna": FUTURE}))
    assert isinstance(change, Update)
    assert [(field.path, field.after) for field in change.fields] == [("active", False)]


@pytest.mark.parametrize("known", [{}, {"anna": OFF}, {"anna": FUTURE}])
def test_a_reminder_that_is_off_as_wanted_needs_nothing(known: dict[str, Any]) -> None:
    assert made([OFF], [OFF], known).is_empty
    assert not [action for action, _ in actions(made([OFF], [], known)) if action == "create"]


def test_a_reminder_that_is_off_is_not_switched_on_but_made_again() -> None:
    change = only(made([FUTURE], [OFF], {"anna": OFF}))
    assert isinstance(change, Create)


def test_a_reminder_that_is_off_is_not_edited() -> None:
    wanted = {**OFF, "attendant": {**ATTENDANT, "lastname": "Berg"}}
    assert made([wanted], [OFF], {"anna": OFF}).is_empty


@pytest.mark.parametrize("prune", list(Prune))
def test_a_reminder_that_is_off_and_left_out_is_forgotten(prune: Prune) -> None:
    assert actions(made([], [OFF], {"anna": OFF}, prune)) == [("forget", "reminder/anna")]
    assert made([], [OFF], {}, prune).is_empty
    assert made([{**FUTURE, "ensure": "absent"}], [OFF], {}, prune).is_empty


def test_of_two_equal_reminders_the_active_one_is_adopted() -> None:
    change = only(made([FUTURE], [OFF, FUTURE]))
    assert change.remote_id == 8  # type: ignore[union-attr]


def test_times_are_compared_in_the_zone_of_the_account() -> None:
    """It is 9:00 in Stockholm and 8:00 UTC: a reminder at 8:30 in Stockholm is past."""
    over = reminders(3, at="2026-03-02T08:30")
    assert tripped(of_reminders(over, [])) == []
    known = {it["key"]: entry("reminders", it, 1 + index) for index, it in enumerate(over)}
    rows = [row("reminders", item, 1 + index) for index, item in enumerate(over)]
    assert tripped(plan({"reminders": over}, {}, ledger({REMINDER: known}))) == []
    left_out = plan({"reminders": []}, {REMINDER: rows}, ledger({REMINDER: known}))
    assert {action for action, _ in actions(left_out)} == {"forget"}
    assert plan({"reminders": []}, {REMINDER: rows}, ledger(), pruning(Prune.ALL)).is_empty


def test_a_move_into_the_past_is_held_with_both_times() -> None:
    (before,) = reminders(1)
    change = only(of_reminders([{**before, "at": "2026-02-01T08:30"}], [before]))
    assert isinstance(change, Manual)
    assert [field.path for field in change.fields] == ["at"]
    assert change.remote_id == 1
    assert change.before is not None
    assert change.after is not None
