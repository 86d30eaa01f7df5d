"""Guards at their limits, what each override lets pass, and what `protect` stops."""

from __future__ import annotations

from typing import Any

import pytest
from plan_makers import (
    BLOCKLIST,
    CLOCK,
    CONTACT,
    GROUP,
    REF,
    REMINDER,
    actions,
    desired,
    entry,
    group_row,
    ledger,
    one,
    plan,
    pruning,
    row,
)

from intime_sync.model.ledger import Carrier, Entry
from intime_sync.model.plan import Guard, GuardRule, Plan
from intime_sync.model.policy import Policy, Prune
from intime_sync.model.resource import KindName, RemoteId, Snapshot
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


def tripped(made: Plan) -> list[tuple[str, str]]:
    return [(guard.rule, guard.override) for guard in made.tripped()]


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
def test_the_limits_are_the_policys(percent: int, always: int, deleted: int, stops: bool) -> None:
    policy = Policy(max_delete_percent=percent, max_delete_always_allow=always)
    assert bool(groups(10, 10 - deleted, policy=policy).tripped()) == stops


def test_what_was_never_owned_counts_against_what_is() -> None:
    everything = pruning(Prune.ALL)
    assert tripped(groups(0, 0, strangers=5, policy=everything)) == []
    assert tripped(groups(0, 0, strangers=6, policy=everything)) == [("max_delete", "--allow-delete group=6")]
    assert tripped(groups(2, 2, strangers=2, policy=everything)) == []


def test_all_that_is_owned_counts_even_among_strangers() -> None:
    assert tripped(groups(2, 0, strangers=1, policy=pruning(Prune.ALL))) == [("max_delete", "--allow-delete group=3")]


def test_each_kind_is_judged_by_itself() -> None:
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


def test_what_is_only_forgotten_is_not_counted() -> None:
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
def test_twenty_nine_does_not_let_thirty_pass(allowance: int, passes: bool) -> None:
    made = groups(60, 30)
    assert tripped(made) == [("max_delete", "--allow-delete group=30")]
    assert (not still_tripped(made.guards, {GROUP: allowance}, ())) == passes
    assert still_tripped(made.guards, {BLOCKLIST: 99}, ()) == made.tripped()


@pytest.mark.parametrize("kind", [GROUP, BLOCKLIST, REMINDER])
@pytest.mark.parametrize(("owned", "stops"), [(0, False), (1, False), (2, True)])
def test_an_account_that_lists_nothing_although_much_is_owned_stops(kind: KindName, owned: int, stops: bool) -> None:
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


def test_an_account_without_reminders_is_as_expected_when_all_are_past_or_off() -> None:
    old = {"key": "a", "at": "2026-01-01T08:30", "attendant": {"mobile": "0701740610"}}
    off = {"key": "b", "at": "2026-12-01T08:30", "attendant": {"mobile": "0701740611"}, "active": False}
    known = ledger({REMINDER: {it["key"]: entry("reminders", it, 5) for it in (old, off)}})
    assert tripped(plan({"reminders": [old, off]}, {}, known)) == []


def test_protect_names_the_line_to_write_and_no_flag_lifts_it() -> None:
    known = ledger({GROUP: {"Jour": entry("groups", {"name": "Jour"}, 7, protect=True)}})
    made = plan({"groups": []}, {GROUP: [group_row("Jour", 7)]}, known)
    assert tripped(made) == [("protect", "protect: false on group/Jour")]
    assert still_tripped(made.guards, {GROUP: 99}, [GROUP]) == made.tripped()


def test_protect_false_in_the_configuration_lifts_what_the_ledger_remembers() -> None:
    known = ledger({GROUP: {"Jour": entry("groups", {"name": "Jour"}, 7, protect=True)}})
    item = {"name": "Jour", "ensure": "absent", "protect": False}
    assert tripped(plan({"groups": [item]}, {GROUP: [group_row("Jour", 7)]}, known)) == []


def test_a_guard_that_does_not_stop_is_shown_all_the_same() -> None:
    (guard,) = groups(10, 9).guards
    assert guard == Guard(GuardRule.MAX_DELETE, GROUP, False, guard.message, count=1)


def test_guards_can_be_judged_again_for_a_plan_that_was_kept() -> None:
    made = groups(3, 1)
    actual = Snapshot({GROUP: tuple(group_row(f"Grupp {index:03d}", 1 + index) for index in range(3))})
    grown = ledger({GROUP: {f"g{index}": Entry({"name": f"g{index}"}, RemoteId(index)) for index in range(2)}})
    assert [it.tripped for it in judge(made.changes, actual, grown, PlanningContext(REF, CLOCK, Policy()))] == [True]
    assert desired({"groups": []}).of(GROUP) == ()
