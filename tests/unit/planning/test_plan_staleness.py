"""When a plan that was kept is stale: the account, the ledger or the time has moved on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from approved_plan import NUMBER, REMIND, account, book, made
from plan_makers import (
    BLOCKLIST,
    CLOCK,
    GROUP,
    ITEMS,
    JOUR,
    KINDS,
    REF,
    REMINDER,
    Resource,
    actions,
    entry,
    group_row,
    ledger,
    of_every_list,
    plan,
    reminders,
    row,
)

from intime_sync.model.ledger import Ledger
from intime_sync.model.plan import Plan
from intime_sync.model.resource import KindName, Snapshot
from intime_sync.planning.staleness import stale_reasons

Twist = Callable[[dict[Any, list[Resource[Any]]]], None]


def stale(twist: Twist = lambda _: None, **changes: Any) -> list[str]:
    rows = account()
    twist(rows)
    known = book()
    for name, value in changes.items():
        setattr(known, name, value)
    return stale_reasons(made(), REF, Snapshot({kind: tuple(found) for kind, found in rows.items()}), known, CLOCK)


def test_a_plan_of_an_unchanged_account_is_not_stale() -> None:
    assert stale() == []


def test_objects_that_the_plan_does_not_touch_may_change() -> None:
    def twist(rows: dict[Any, list[Resource[Any]]]) -> None:
        rows[GROUP].append(group_row("Främmande", 99))
        rows[BLOCKLIST].append(row("blocklist", {"mobile": "0701740698"}))

    assert stale(twist) == []


@pytest.mark.parametrize(
    ("changes", "word"), [({"serial": 4}, "serial"), ({"serial": 2}, "serial"), ({"lineage": "annan"}, "lineage")]
)
def test_another_ledger_makes_a_plan_stale(changes: dict[str, Any], word: str) -> None:
    (reason,) = stale(**changes)
    assert word in reason


@pytest.mark.parametrize("field", ["url", "user", "owner"])
def test_another_account_makes_a_plan_stale(field: str) -> None:
    actual = Snapshot({kind: tuple(found) for kind, found in account().items()})
    (reason,) = stale_reasons(made(), replace(REF, **{field: "annan"}), actual, book(), CLOCK)
    assert "annan" in reason


@pytest.mark.parametrize(
    ("kind", "gone", "come", "address"),
    [
        (GROUP, None, group_row("Ny", 50), "group/Ny"),  # to be created
        (GROUP, 8, None, "group/Gammal"),  # to be deleted
        (GROUP, 8, group_row("Annan", 8), "group/Gammal"),
        (GROUP, 9, None, "group/Fanns"),  # to be adopted
        (GROUP, 40, None, "contact/anna"),  # to be replaced, through its carrier
        (BLOCKLIST, None, row("blocklist", NUMBER), "blocklist/+46701740606"),
        (REMINDER, 5, None, "reminder/r"),  # to be updated
        (REMINDER, 5, row("reminders", {**REMIND, "organizer": {"title": "Dr"}}, 5), "reminder/r"),
    ],
)
def test_a_plan_is_stale_once_an_object_of_it_has_changed(
    kind: Any, gone: int | None, come: Resource[Any] | None, address: str
) -> None:
    def twist(rows: dict[Any, list[Resource[Any]]]) -> None:
        rows[kind] = [found for found in rows[kind] if found.remote_id is None or found.remote_id != gone]
        if come is not None:
            rows[kind].append(come)

    (reason,) = stale(twist)
    assert address in reason


def test_all_reasons_are_given_at_once() -> None:
    def twist(rows: dict[Any, list[Resource[Any]]]) -> None:
        rows[GROUP] = [group_row("Jour", 7)]

    assert len(stale(twist)) == 3


def test_another_carrier_makes_a_plan_for_contacts_stale() -> None:
    def twist(rows: dict[Any, list[Resource[Any]]]) -> None:
        rows[GROUP].append(group_row("~clinic-a/all-2", 41))

    (reason,) = stale(twist)
    assert "carriers" in reason


def test_a_plan_is_stale_once_the_time_of_a_reminder_has_passed() -> None:
    later = replace(CLOCK, now=datetime(2027, 1, 1, tzinfo=UTC))
    actual = Snapshot({kind: tuple(found) for kind, found in account().items()})
    (reason,) = stale_reasons(made(), REF, actual, book(), later)
    assert "reminder/r" in reason


def reasons_for(made: Plan, rows: dict[KindName, list[Resource[Any]]], known: Ledger, later: int = 0) -> list[str]:
    clock = replace(CLOCK, now=CLOCK.now + timedelta(minutes=later))
    return stale_reasons(made, REF, Snapshot({kind: tuple(found) for kind, found in rows.items()}), known, clock)


@of_every_list
@pytest.mark.parametrize("wish", ["adopt", "delete"])
def test_a_plan_is_stale_once_an_object_to_adopt_or_delete_is_gone(section: str, wish: str) -> None:
    item, kind = ITEMS[section], KINDS[section]
    items = [item] if wish == "adopt" else [{**item, "ensure": "absent"}]
    account = {kind: [row(section, item, 7)]}
    made = plan({section: items}, account)
    assert [action for action, _ in actions(made)] == [wish]
    assert reasons_for(made, account, ledger()) == []
    (reason,) = reasons_for(made, {kind: []}, ledger())
    assert "no longer" in reason


@of_every_list
def test_a_plan_is_stale_once_an_object_to_create_is_there(section: str) -> None:
    item, kind = ITEMS[section], KINDS[section]
    made = plan({section: [item]}, {kind: []})
    assert reasons_for(made, {kind: []}, ledger()) == []
    (reason,) = reasons_for(made, {kind: [row(section, item, 7)]}, ledger())
    assert "by now" in reason


def test_objects_that_are_only_forgotten_make_no_plan_stale() -> None:
    known = ledger({GROUP: {"Jour": entry("groups", JOUR, 7)}})
    made = plan({"groups": []}, {GROUP: [group_row("Annan", 9)]}, known)
    assert [action for action, _ in actions(made)] == ["forget"]
    assert reasons_for(made, {GROUP: []}, known) == []


def test_carriers_make_only_a_plan_for_contacts_stale() -> None:
    strange = group_row("~clinic-a/all-x", 50)
    made = plan({"groups": [JOUR]}, {GROUP: []})
    assert reasons_for(made, {GROUP: [strange]}, ledger()) == []
    purging = plan({"contacts": []}, {GROUP: [strange]})
    assert reasons_for(purging, {GROUP: [strange]}, ledger()) == []
    (reason,) = reasons_for(purging, {GROUP: []}, ledger())
    assert "carriers" in reason


def test_a_plan_is_stale_once_a_reminder_to_create_is_past() -> None:
    """At 9:00 in Stockholm a reminder at 9:30 is in the future; forty minutes later it is past."""
    assert datetime(2026, 3, 2, 8, 0, tzinfo=UTC) == CLOCK.now
    made = plan({"reminders": reminders(1, at="2026-03-02T09:30")}, {REMINDER: []})
    assert reasons_for(made, {REMINDER: []}, ledger(), later=20) == []
    (reason,) = reasons_for(made, {REMINDER: []}, ledger(), later=40)
    assert "has passed" in reason
