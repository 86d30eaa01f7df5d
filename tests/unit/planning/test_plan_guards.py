"""Guards at their limits, what each override lets pass, and what `protect` stops."""

from __future__ import annotations

from typing import Any

import pytest
from plan_makers import (
    BLOCKLIST,
    CARRIER,
    CLOCK,
    CONTACT,
    GROUP,
    JOUR,
    REF,
    REMINDER,
    actions,
    desired,
    entry,
    group_row,
    ledger,
    of_reminders,
    one,
    plan,
    pruning,
    reminders,
    row,
    tripped,
)

from intime_sync.model.change import Delete
from intime_sync.model.ledger import Carrier, Entry
from intime_sync.model.plan import Guard, GuardRule, Plan
from intime_sync.model.policy import Policy, Prune
from intime_sync.model.resource import Address, KindName, RemoteId, Snapshot
from intime_sync.planning.context import PlanningContext
from intime_sync.planning.guards import judge, still_tripped


def groups(owned: int, kept: int, strangers: int = 0, policy: Policy | None = None) -> Plan:
    """A plan over `owned` groups of which the configuration keeps the first `kept`."""
    names = [f"Grupp {number:03d}" for number in range(owned + strangers)]
    entries = {name: entry("groups", {"name": name}, 1 + i) for i, name in enumerate(names[:owned])}
    rows = [group_row(name, 1 + index) for index, name in enumerate(names)]
    return plan(
        {"groups": [{"name": name} for name in names[:kept]]}, {GROUP: rows}, ledger({GROUP: entries}), policy
    )


@pytest.mark.parametrize(
    ("owned", "deleted", "stops"),
    [
        (100, 0, False),
        (100, 1, False),
        (100, 5, False),
        (100, 30, False),  # exactly 30 %
        (100, 31, True),
        (20, 6, False),  # 30 % again
        (19, 6, True),  # 31.6 %
        (21, 6, False),
        (6, 5, False),  # 83 %, but no more than always_allow
        (7, 6, True),
        (1, 1, False),  # all of one
        (2, 2, True),  # all of two
        (2, 1, False),
        (5, 5, True),
        (3, 2, False),
    ],
)
def test_the_delete_guard_at_its_limits(owned: int, deleted: int, stops: bool) -> None:
    made = groups(owned, owned - deleted)
    assert tripped(made) == ([("max_delete", f"--allow-delete group={deleted}")] if stops else [])


@pytest.mark.parametrize(
    ("percent", "always", "deleted", "stops"),
    [(0, 0, 1, True), (0, 0, 0, False), (100, 0, 9, False), (50, 2, 5, False), (50, 2, 6, True), (0, 9, 9, False)],
)
def test_the_policy_sets_the_limits_of_the_delete_guard(percent: int, always: int, deleted: int, stops: bool) -> None:
    policy = Policy(max_delete_percent=percent, max_delete_always_allow=always)
    assert bool(groups(10, 10 - deleted, policy=policy).tripped()) == stops


def test_strangers_that_are_pruned_count_for_the_delete_guard() -> None:
    everything = pruning(Prune.ALL)
    assert tripped(groups(0, 0, strangers=5, policy=everything)) == []
    assert tripped(groups(0, 0, strangers=6, policy=everything)) == [("max_delete", "--allow-delete group=6")]
    assert tripped(groups(2, 2, strangers=2, policy=everything)) == []


def test_removing_all_that_is_owned_stops_where_strangers_go_too() -> None:
    assert tripped(groups(2, 0, strangers=1, policy=pruning(Prune.ALL))) == [("max_delete", "--allow-delete group=3")]


def test_the_delete_guard_counts_each_kind_by_itself() -> None:
    numbers = [{"mobile": f"07017406{index:02d}"} for index in range(10, 17)]
    known = ledger(
        {
            GROUP: {"Jour": entry("groups", {"name": "Jour"}, 7)},
            BLOCKLIST: {one("blocklist", it).key: entry("blocklist", it) for it in numbers},
        }
    )
    account = {GROUP: [group_row("Jour", 7)], BLOCKLIST: [row("blocklist", it) for it in numbers]}
    made = plan({"groups": [], "blocklist": []}, account, known)
    assert tripped(made) == [("max_delete", "--allow-delete blocklist=7")]


def test_the_delete_guard_does_not_count_what_is_only_forgotten() -> None:
    numbers = [{"mobile": f"07017406{index:02d}"} for index in range(10, 17)]
    known = ledger({BLOCKLIST: {one("blocklist", it).key: entry("blocklist", it) for it in numbers}})
    made = plan({"blocklist": []}, {BLOCKLIST: [row("blocklist", {"mobile": "0701740699"})]}, known)
    assert {action for action, _ in actions(made)} == {"forget"}
    assert tripped(made) == []


def test_replacing_contacts_is_no_removal() -> None:
    people = [{"key": f"p{index}", "email": f"p{index}@example.se"} for index in range(8)]
    known = ledger(
        {CONTACT: {it["key"]: entry("contacts", it, 90 + i, carrier=40) for i, it in enumerate(people)}},
        {40: Carrier("~clinic-a/all-1", {})},
    )
    changed = [{**it, "lastname": "Ny"} for it in people]
    made = plan({"contacts": changed}, {GROUP: [group_row("~clinic-a/all-1", 40)]}, known)
    assert {action for action, _ in actions(made)} == {"replace"}
    assert tripped(made) == []
    gone = plan({"contacts": people[:2]}, {GROUP: [group_row("~clinic-a/all-1", 40)]}, known)
    assert tripped(gone) == [("max_delete", "--allow-delete contact=6")]


@pytest.mark.parametrize(("allowance", "passes"), [(0, False), (29, False), (30, True), (31, True)])
def test_an_allowance_below_the_number_of_removals_does_not_lift_the_guard(allowance: int, passes: bool) -> None:
    made = groups(60, 30)
    assert tripped(made) == [("max_delete", "--allow-delete group=30")]
    assert (not still_tripped(made.guards, {GROUP: allowance}, ())) == passes
    assert still_tripped(made.guards, {BLOCKLIST: 99}, ()) == made.tripped()


@pytest.mark.parametrize("kind", [GROUP, BLOCKLIST, REMINDER])
@pytest.mark.parametrize(("owned", "stops"), [(0, False), (1, False), (2, True)])
def test_an_empty_list_stops_where_more_than_one_object_is_owned(kind: KindName, owned: int, stops: bool) -> None:
    section = {GROUP: "groups", BLOCKLIST: "blocklist", REMINDER: "reminders"}[kind]
    items: list[dict[str, Any]] = [
        {
            "groups": {"name": f"Grupp {index}"},
            "blocklist": {"mobile": f"07017406{10 + index}"},
            "reminders": {"key": f"r{index}", "at": "2026-12-01T08:30", "attendant": {"mobile": f"07017406{index}9"}},
        }[section]
        for index in range(owned)
    ]
    known = ledger({kind: {one(section, it).key: entry(section, it, i + 1) for i, it in enumerate(items)}})
    made = plan({section: items}, {}, known)
    assert tripped(made) == ([("empty_account", f"--allow-empty {kind}")] if stops else [])
    assert still_tripped(made.guards, {kind: 99}, ()) == made.tripped()
    assert still_tripped(made.guards, {}, [kind]) == ()


def test_an_account_without_reminders_does_not_stop_where_all_are_past_or_off() -> None:
    old = {"key": "a", "at": "2026-01-01T08:30", "attendant": {"mobile": "0701740610"}}
    off = {"key": "b", "at": "2026-12-01T08:30", "attendant": {"mobile": "0701740611"}, "active": False}
    known = ledger({REMINDER: {it["key"]: entry("reminders", it, 5) for it in (old, off)}})
    assert tripped(plan({"reminders": [old, off]}, {}, known)) == []


def test_the_protect_guard_names_the_line_to_write_and_no_flag_lifts_it() -> None:
    known = ledger({GROUP: {"Jour": entry("groups", {"name": "Jour"}, 7, protect=True)}})
    made = plan({"groups": []}, {GROUP: [group_row("Jour", 7)]}, known)
    assert tripped(made) == [("protect", "protect: false on group/Jour")]
    assert still_tripped(made.guards, {GROUP: 99}, [GROUP]) == made.tripped()


def test_protect_false_in_the_configuration_lifts_the_guard() -> None:
    known = ledger({GROUP: {"Jour": entry("groups", {"name": "Jour"}, 7, protect=True)}})
    item = {"name": "Jour", "ensure": "absent", "protect": False}
    assert tripped(plan({"groups": [item]}, {GROUP: [group_row("Jour", 7)]}, known)) == []


def test_a_plan_has_guards_that_do_not_stop() -> None:
    (guard,) = groups(10, 9).guards
    assert guard == Guard(GuardRule.MAX_DELETE, GROUP, False, guard.message, count=1)


def test_guards_can_be_judged_again_for_a_saved_plan() -> None:
    made = groups(3, 1)
    actual = Snapshot({GROUP: tuple(group_row(f"Grupp {index:03d}", 1 + index) for index in range(3))})
    grown = ledger({GROUP: {f"g{index}": Entry({"name": f"g{index}"}, RemoteId(index)) for index in range(2)}})
    assert [it.tripped for it in judge(made.changes, actual, grown, PlanningContext(REF, CLOCK, Policy()))] == [True]
    assert desired({"groups": []}).of(GROUP) == ()


def test_the_delete_guard_counts_reminders_that_are_switched_off() -> None:
    assert tripped(of_reminders(reminders(20, active=False)[:7] + reminders(20)[7:], reminders(20))) == [
        ("max_delete", "--allow-delete reminder=7")
    ]


def test_the_delete_guard_does_not_count_reminders_that_are_moved() -> None:
    moved = of_reminders(reminders(7, at="2026-12-02T08:30"), reminders(7))
    assert {action for action, _ in actions(moved)} == {"update"}
    assert moved.guards == ()


def test_protect_stops_switching_a_reminder_off_and_not_moving_it() -> None:
    (before,) = reminders(1)
    off = of_reminders([{**before, "active": False}], [before], protect=True)
    assert tripped(off) == [("protect", "protect: false on reminder/r0")]
    assert tripped(of_reminders([{**before, "at": "2026-12-02T08:30"}], [before], protect=True)) == []


def test_no_allowance_lets_no_removal_pass() -> None:
    known = ledger(
        {GROUP: {name: entry("groups", {"name": name}, id) for id, name in ((7, "A"), (8, "B"), (9, "C"))}}
    )
    rows = [group_row(name, id) for id, name in ((7, "A"), (8, "B"), (9, "C"))]
    policy = Policy(max_delete_percent=0, max_delete_always_allow=0)
    made = plan({"groups": [{"name": "A"}, {"name": "B"}]}, {GROUP: rows}, known, policy)
    assert [guard.rule for guard in still_tripped(made.guards, {}, ())] == ["max_delete"]


def test_removing_strangers_does_not_count_as_removing_all_that_is_owned() -> None:
    names = {"A": 1, "B": 2, "C": 3, "D": 4}
    known = ledger({GROUP: {name: entry("groups", {"name": name}, names[name]) for name in "AB"}})
    items = [{"name": "A"}, {"name": "B"}, *({"name": name, "ensure": "absent"} for name in "CD")]
    made = plan({"groups": items}, {GROUP: [group_row(name, id) for name, id in names.items()]}, known)
    assert actions(made) == [("delete", "group/C"), ("delete", "group/D")]
    assert tripped(made) == []


def test_an_account_without_any_of_the_known_carriers_stops() -> None:
    people = [{"key": key, "email": f"{key}@example.se"} for key in "ab"]
    known = {CONTACT: {it["key"]: entry("contacts", it, 90 + i, carrier=40 + i) for i, it in enumerate(people)}}
    two = ledger(known, {40: Carrier(CARRIER, {}), 41: Carrier("~clinic-a/1-x", {})})
    assert tripped(plan({"contacts": people}, {GROUP: []}, two)) == [("empty_account", "--allow-empty group")]
    assert tripped(plan({"contacts": people}, {GROUP: []}, ledger(known, {40: Carrier(CARRIER, {})}))) == []
    one_each = ledger({GROUP: {"Jour": entry("groups", JOUR, 7)}, **known}, {40: Carrier(CARRIER, {})})
    assert tripped(plan({"contacts": people}, {GROUP: []}, one_each)) == [("empty_account", "--allow-empty group")]


@pytest.mark.parametrize(("name", "stops"), [("~clinic-b/all-1", True), (CARRIER, True), ("Jour", False)])
def test_a_plan_that_removes_a_carrier_by_name_is_stopped(name: str, stops: bool) -> None:
    change = Delete(address=Address(GROUP, name), remote_id=RemoteId(7), before={"name": name})
    actual = Snapshot({GROUP: (group_row(name, 7),)})
    found = judge((change,), actual, ledger(), PlanningContext(REF, CLOCK, Policy()))
    assert [guard.rule for guard in found if guard.tripped] == (["foreign_carrier"] if stops else [])
