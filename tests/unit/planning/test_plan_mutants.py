"""Promises that a plan could break unseen: found by mutating the planner and asking who would have noticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from plan_makers import (
    BLOCKLIST,
    CLOCK,
    CONTACT,
    GROUP,
    REF,
    REMINDER,
    Resource,
    actions,
    desired,
    entry,
    group_row,
    ledger,
    one,
    only,
    plan,
    pruning,
    row,
)

from intime_sync.errors import InvalidConfiguration
from intime_sync.kinds.registry import BY_SECTION
from intime_sync.model.change import Adopt, Create, Delete, Manual, Replace, Update
from intime_sync.model.ledger import Carrier, Ledger
from intime_sync.model.plan import Plan
from intime_sync.model.policy import ContactStrategy, Policy, Prune
from intime_sync.model.problem import Severity
from intime_sync.model.resource import Address, KindName, RemoteId, Snapshot
from intime_sync.planning.guards import allowed, judge
from intime_sync.planning.planner import Account, make_plan
from intime_sync.planning.selection import Selection
from intime_sync.planning.staleness import stale_reasons

ITEMS: dict[str, dict[str, Any]] = {
    "groups": {"name": "Jour"},
    "blocklist": {"mobile": "0701740606"},
    "reminders": {"key": "anna", "at": "2026-12-01T08:30", "attendant": {"mobile": "0701740608"}},
}
KINDS = {section: BY_SECTION[section].name for section in ITEMS}
ANNA = {"key": "anna", "firstname": "Anna", "mobile": "0701740605", "groups": ["Jour"]}
CARRIER = "~clinic-a/all-0123456789ab"
JOUR = {"name": "Jour"}

of_every_list = pytest.mark.parametrize("section", ITEMS)


def tripped(made: Plan) -> list[tuple[str, str]]:
    return [(guard.guard, guard.override) for guard in made.tripped()]


def reminders(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"key": f"r{index}", "at": "2026-12-01T08:30", "attendant": {"mobile": f"07017406{10 + index}"}, **more}
        for index in range(count)
    ]


def of_reminders(items: list[dict[str, Any]], there: list[dict[str, Any]], **entry_fields: Any) -> Plan:
    rows = [row("reminders", item, 1 + index) for index, item in enumerate(there)]
    known = {it["key"]: entry("reminders", it, 1 + index, **entry_fields) for index, it in enumerate(there)}
    return plan({"reminders": items}, {REMINDER: rows}, ledger({REMINDER: known}))


# The delete guard


def test_switching_reminders_off_is_a_removal_to_the_guard() -> None:
    assert tripped(of_reminders(reminders(20, active=False)[:7] + reminders(20)[7:], reminders(20))) == [
        ("max_delete", "--allow-delete reminder=7")
    ]


def test_moving_reminders_is_no_removal() -> None:
    moved = of_reminders(reminders(7, at="2026-12-02T08:30"), reminders(7))
    assert {action for action, _ in actions(moved)} == {"update"}
    assert moved.guards == ()


def test_switching_a_protected_reminder_off_is_stopped_and_moving_it_is_not() -> None:
    (before,) = reminders(1)
    off = of_reminders([{**before, "active": False}], [before], protect=True)
    assert tripped(off) == [("protect", "protect: false on reminder/r0")]
    assert tripped(of_reminders([{**before, "at": "2026-12-02T08:30"}], [before], protect=True)) == []


def test_without_a_flag_not_even_one_passes() -> None:
    known = ledger(
        {GROUP: {name: entry("groups", {"name": name}, id) for id, name in ((7, "A"), (8, "B"), (9, "C"))}}
    )
    rows = [group_row(name, id) for id, name in ((7, "A"), (8, "B"), (9, "C"))]
    policy = Policy(max_delete_percent=0, max_delete_always_allow=0)
    made = plan({"groups": [{"name": "A"}, {"name": "B"}]}, {GROUP: rows}, known, policy)
    assert [guard.guard for guard in allowed(made.guards, {}, ())] == ["max_delete"]


def test_strangers_that_shall_be_absent_are_not_all_that_is_owned() -> None:
    names = {"A": 1, "B": 2, "C": 3, "D": 4}
    known = ledger({GROUP: {name: entry("groups", {"name": name}, names[name]) for name in "AB"}})
    items = [{"name": "A"}, {"name": "B"}, *({"name": name, "ensure": "absent"} for name in "CD")]
    made = plan({"groups": items}, {GROUP: [group_row(name, id) for name, id in names.items()]}, known)
    assert actions(made) == [("delete", "group/C"), ("delete", "group/D")]
    assert tripped(made) == []


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


# Prune


@of_every_list
def test_pruning_everything_spares_what_is_being_adopted(section: str) -> None:
    item, kind = ITEMS[section], KINDS[section]
    made = plan({section: [item]}, {kind: [row(section, item, 7)]}, None, pruning(Prune.ALL, kind))
    assert [action for action, _ in actions(made)] == ["adopt"]


def test_pruning_everything_spares_a_pinned_group_that_no_ledger_knows() -> None:
    rows = [group_row("Jour", 7), group_row("Jour", 17)]
    made = plan({"groups": [{"name": "Jour", "id": 7}]}, {GROUP: rows}, None, pruning(Prune.ALL))
    assert [change.remote_id for change in made.changes if isinstance(change, Delete)] == [17]
    assert [change.remote_id for change in made.changes if isinstance(change, Adopt)] == [7]


@pytest.mark.parametrize("name", ["~Jour", "Jour/natt"])
def test_a_group_that_only_half_looks_like_a_carrier_is_a_group(name: str) -> None:
    made = plan({"groups": []}, {GROUP: [group_row(name, 7)]}, None, pruning(Prune.ALL))
    assert actions(made) == [("delete", f"group/{name}")]
    assert (tripped(made), made.diagnostics) == ([], ())


def test_what_the_service_made_besides_the_wanted_goes_and_never_stands_for_it() -> None:
    item = ITEMS["reminders"]
    known = ledger({REMINDER: {"anna#7": entry("reminders", item, 7, surplus=True)}})
    rows = [row("reminders", item, 7), row("reminders", item, 8)]
    made = plan({"reminders": [item]}, {REMINDER: rows}, known)
    assert actions(made) == [("adopt", "reminder/anna"), ("delete", "reminder/anna#7")]
    assert [change.remote_id for change in made.changes] == [8, 7]  # type: ignore[union-attr]


# Protect, and how a removal is done


@of_every_list
def test_protect_is_remembered_from_the_first_moment(section: str) -> None:
    item, kind = ITEMS[section], KINDS[section]
    for rows in ([], [row(section, item, 7)]):
        change = only(plan({section: [{**item, "protect": True}]}, {kind: rows}))
        assert isinstance(change, Create | Adopt)
        assert change.protected


@of_every_list
def test_protect_outlives_its_line_when_the_object_is_made_again(section: str) -> None:
    item, kind = ITEMS[section], KINDS[section]
    known = ledger({kind: {one(section, item).key: entry(section, item, 7, protect=True)}})
    change = only(plan({section: [item]}, {}, known))
    assert isinstance(change, Create)
    assert change.protected


def test_protect_outlives_an_update() -> None:
    (before,) = reminders(1)
    change = only(of_reminders([{**before, "at": "2026-12-02T08:30"}], [before], protect=True))
    assert isinstance(change, Update)
    assert change.protected


def test_how_a_group_is_removed_is_remembered_from_the_first_moment() -> None:
    item = {"name": "Jour", "on_delete": "delete_contacts"}
    for rows in ([], [group_row("Jour", 7)]):
        change = only(plan({"groups": [item]}, {GROUP: rows}))
        assert isinstance(change, Create | Adopt)
        assert change.options == {"on_delete": "delete_contacts"}


@pytest.mark.parametrize("said", [None, "keep_contacts", "delete_contacts"])
@pytest.mark.parametrize("remembered", [None, "keep_contacts", "delete_contacts"])
def test_a_group_that_shall_be_absent_goes_as_its_line_says_else_as_the_ledger_remembers(
    said: str | None, remembered: str | None
) -> None:
    item = {"name": "Jour", "ensure": "absent", **({"on_delete": said} if said else {})}
    options = {"on_delete": remembered} if remembered else {}
    known = ledger({GROUP: {"Jour": entry("groups", JOUR, 7, options=options)}})
    change = only(plan({"groups": [item]}, {GROUP: [group_row("Jour", 7)]}, known))
    assert isinstance(change, Delete)
    assert (change.options or {}).get("on_delete", "keep_contacts") == (said or remembered or "keep_contacts")
    assert change.owned


# Matching


def test_a_number_that_is_listed_twice_hides_none_of_the_others() -> None:
    items = [{"mobile": f"07017406{index}"} for index in (10, 11, 12)]
    known = ledger({BLOCKLIST: {one("blocklist", it).key: entry("blocklist", it) for it in items}})
    rows = [row("blocklist", items[index]) for index in (0, 0, 1, 2)]
    made = plan({"blocklist": items}, {BLOCKLIST: rows}, known)
    assert (made.is_empty, made.unchanged) == (True, 3)


def test_a_pin_hides_none_of_the_others() -> None:
    known = ledger(
        {GROUP: {name: entry("groups", {"name": name}, id) for name, id in (("A", 7), ("B", 8), ("C", 9))}}
    )
    rows = [group_row(name, id) for name, id in (("A", 7), ("B", 8), ("C", 9))]
    made = plan({"groups": [{"name": "A", "id": 7}, {"name": "B"}, {"name": "C"}]}, {GROUP: rows}, known)
    assert (made.is_empty, made.unchanged) == (True, 3)


def test_every_ambiguous_name_is_told_at_once() -> None:
    rows = [group_row(name, id) for id, name in enumerate(("A", "A", "B", "B"), 7)]
    with pytest.raises(InvalidConfiguration) as raised:
        plan({"groups": [{"name": "A"}, {"name": "B"}]}, {GROUP: rows})
    told = [(problem.code, problem.message) for problem in raised.value.problems]
    assert [code for code, _ in told] == ["ambiguous", "ambiguous"]
    assert [f"`{name}`" in message for name, (_, message) in zip("AB", told, strict=True)] == [True, True]


# Contacts


def of_contacts(
    items: list[dict[str, Any]],
    *,
    groups: list[dict[str, Any]] | None = None,
    rows: list[Resource[Any]] | None = None,
    carriers: dict[int, Carrier] | None = None,
    policy: Policy | None = None,
    selection: Selection | None = None,
    **entry_fields: Any,
) -> Plan:
    """A plan for contacts; the ledger knows `anna` in carrier 40, and the group 7."""
    anna = entry("contacts", ANNA, 90, **{"carrier": 40, **entry_fields})
    book = ledger(
        {GROUP: {"Jour": entry("groups", JOUR, 7)}, CONTACT: {"anna": anna}},
        {40: Carrier(CARRIER, {"Jour": RemoteId(7)})} if carriers is None else carriers,
    )
    wish = desired({"groups": [JOUR] if groups is None else groups, "contacts": items})
    there = [group_row("Jour", 7), group_row(CARRIER, 40)] if rows is None else rows
    actual = Snapshot({GROUP: tuple(there)})
    return make_plan(wish, actual, book, policy or Policy(), Account(REF, CLOCK), selection or Selection())


CHANGED = {**ANNA, "lastname": "Lindqvist"}


@pytest.mark.parametrize("items", [[CHANGED], [], [{**ANNA, "ensure": "absent"}]], ids=["changed", "no", "absent"])
@pytest.mark.parametrize(
    ("strategy", "carrier"),
    [(ContactStrategy.APPEND, 40), (ContactStrategy.APPEND, None), (ContactStrategy.CARRIER, None)],
)
def test_what_the_strategy_or_the_lack_of_a_carrier_forbids_is_held(
    items: list[dict[str, Any]], strategy: ContactStrategy, carrier: int | None
) -> None:
    change = only(of_contacts(items, policy=Policy(contact_strategy=strategy), carrier=carrier))
    assert isinstance(change, Manual)
    assert change.remote_id == 90
    assert change.before == entry("contacts", ANNA).attributes
    assert (change.after is not None) == (items == [CHANGED])


def test_a_changed_contact_names_the_field_with_both_values() -> None:
    change = only(of_contacts([CHANGED]))
    assert isinstance(change, Replace)
    assert [(field.path, field.after) for field in change.fields] == [("lastname", "Lindqvist")]
    assert change.before == entry("contacts", ANNA).attributes
    again = only(of_contacts([{**ANNA, "firstname": "Ann"}]))
    assert isinstance(again, Replace)
    assert [(field.path, field.before, field.after) for field in again.fields] == [("firstname", "Anna", "Ann")]


def test_a_contact_whose_copy_still_waits_somewhere_is_removed_and_not_forgotten() -> None:
    waiting = {41: Carrier("~clinic-a/all-old", {}, {"anna": RemoteId(80)})}
    made = of_contacts([], rows=[group_row("Jour", 7), group_row("~clinic-a/all-old", 41)], carriers=waiting)
    assert actions(made) == [("delete", "contact/anna")]
    gone = of_contacts([], rows=[group_row("Jour", 7)], carriers=waiting)
    assert actions(gone) == [("forget", "contact/anna")]


def test_a_contact_learns_and_unlearns_protect_without_a_call() -> None:
    change = only(of_contacts([{**ANNA, "protect": True}]))
    assert isinstance(change, Adopt)
    assert (change.protected, change.after) == (True, entry("contacts", ANNA).attributes)
    lifted = only(of_contacts([{**ANNA, "protect": False}], protect=True))
    assert isinstance(lifted, Adopt)
    assert not lifted.protected
    assert of_contacts([{**ANNA, "protect": True}], protect=True).is_empty
    assert of_contacts([ANNA], protect=True).is_empty


def test_a_contact_is_protected_from_the_first_moment_and_when_it_is_made_again() -> None:
    bo = {"key": "bo", "mobile": "0701740606", "protect": True}
    change = only(of_contacts([ANNA, bo]))
    assert isinstance(change, Create)
    assert change.protected
    assert change.after == entry("contacts", bo).attributes
    again = of_contacts([ANNA], rows=[group_row("Jour", 7)], carriers={}, protect=True)
    (made,) = again.changes
    assert isinstance(made, Create)
    assert made.protected


def test_protect_false_lifts_it_for_a_contact_that_shall_be_absent() -> None:
    absent = {**ANNA, "ensure": "absent"}
    assert tripped(of_contacts([absent], protect=True)) == [("protect", "protect: false on contact/anna")]
    assert tripped(of_contacts([{**absent, "protect": False}], protect=True)) == []


def test_a_contact_that_is_asked_for_anew_is_replaced_and_no_other() -> None:
    anna = frozenset({Address(CONTACT, "anna")})
    made = of_contacts([ANNA, {"key": "bo", "mobile": "0701740606"}], selection=Selection(anna, anna))
    assert actions(made) == [("replace", "contact/anna")]


def test_a_group_that_is_made_anew_takes_its_members_along() -> None:
    jour = frozenset({Address(GROUP, "Jour")})
    made = of_contacts([ANNA], selection=Selection(frozenset(), jour))
    assert actions(made) == [("replace", "group/Jour"), ("replace", "contact/anna")]


@pytest.mark.parametrize("twins", [(7, 17), (17, 7)])
def test_members_are_in_the_group_that_is_pinned_and_not_in_its_twin(twins: tuple[int, int]) -> None:
    rows = [*(group_row("Jour", id) for id in twins), group_row(CARRIER, 40)]
    made = of_contacts([ANNA], groups=[{"name": "Jour", "id": 7}], rows=rows)
    assert made.is_empty


def test_what_is_unchanged_is_counted() -> None:
    known = ledger(
        {CONTACT: {key: entry("contacts", {"key": key, "email": f"{key}@example.se"}, carrier=40) for key in "abc"}},
        {40: Carrier(CARRIER, {})},
    )
    items = [{"key": key, "email": f"{key}@example.se"} for key in "abc"]
    assert plan({"contacts": items}, {GROUP: [group_row(CARRIER, 40)]}, known).unchanged == 3


def test_carriers_that_nobody_knows_are_none_of_a_narrower_plans_business() -> None:
    rows = [group_row("Jour", 7), group_row(CARRIER, 40), group_row("~clinic-a/all-x", 50)]
    whole = of_contacts([ANNA], rows=rows)
    assert whole.leftovers == (50,)
    assert [problem.severity for problem in whole.diagnostics] == [Severity.WARNING]
    anna, jour = Address(CONTACT, "anna"), Address(GROUP, "Jour")
    assert of_contacts([ANNA], rows=rows, selection=Selection(frozenset({anna, jour}))).leftovers == (50,)
    assert of_contacts([ANNA], rows=rows, selection=Selection(frozenset({jour}))).leftovers == ()


# Staleness


def stale(made: Plan, rows: dict[KindName, list[Resource[Any]]], known: Ledger, later: int = 0) -> list[str]:
    clock = replace(CLOCK, now=CLOCK.now + timedelta(minutes=later))
    return stale_reasons(made, REF, Snapshot({kind: tuple(found) for kind, found in rows.items()}), known, clock)


@of_every_list
@pytest.mark.parametrize("wish", ["adopt", "delete"])
def test_what_would_be_adopted_or_deleted_must_still_be_there(section: str, wish: str) -> None:
    item, kind = ITEMS[section], KINDS[section]
    items = [item] if wish == "adopt" else [{**item, "ensure": "absent"}]
    account = {kind: [row(section, item, 7)]}
    made = plan({section: items}, account)
    assert [action for action, _ in actions(made)] == [wish]
    assert stale(made, account, ledger()) == []
    (reason,) = stale(made, {kind: []}, ledger())
    assert "no longer" in reason


@of_every_list
def test_what_would_be_created_must_still_be_missing(section: str) -> None:
    item, kind = ITEMS[section], KINDS[section]
    made = plan({section: [item]}, {kind: []})
    assert stale(made, {kind: []}, ledger()) == []
    (reason,) = stale(made, {kind: [row(section, item, 7)]}, ledger())
    assert "by now" in reason


def test_what_is_only_forgotten_may_be_anywhere() -> None:
    known = ledger({GROUP: {"Jour": entry("groups", JOUR, 7)}})
    made = plan({"groups": []}, {GROUP: [group_row("Annan", 9)]}, known)
    assert [action for action, _ in actions(made)] == ["forget"]
    assert stale(made, {GROUP: []}, known) == []


def test_carriers_may_move_under_a_plan_that_touches_no_contact() -> None:
    strange = group_row("~clinic-a/all-x", 50)
    made = plan({"groups": [JOUR]}, {GROUP: []})
    assert stale(made, {GROUP: [strange]}, ledger()) == []
    purging = plan({"contacts": []}, {GROUP: [strange]})
    assert stale(purging, {GROUP: [strange]}, ledger()) == []
    (reason,) = stale(purging, {GROUP: []}, ledger())
    assert "carriers" in reason


def test_what_would_be_made_must_lie_ahead_by_the_accounts_clock() -> None:
    """At nine in Stockholm half past nine lies ahead; forty minutes later it does not."""
    assert datetime(2026, 3, 2, 8, 0, tzinfo=UTC) == CLOCK.now
    made = plan({"reminders": reminders(1, at="2026-03-02T09:30")}, {REMINDER: []})
    assert stale(made, {REMINDER: []}, ledger(), later=20) == []
    (reason,) = stale(made, {REMINDER: []}, ledger(), later=40)
    assert "has passed" in reason


# Whom a group takes along


MEMBERS = [{"key": key, "email": f"{key}@example.se", "groups": ["Jour"]} for key in ("anna", "bo")]


@pytest.mark.parametrize(
    ("people", "stops"),
    [
        ([{**MEMBERS[0], "groups": []}, {**MEMBERS[1], "groups": []}], False),  # both move out
        ([{**MEMBERS[0], "groups": []}], False),  # one moves out, one goes
        ([], False),
        (None, True),  # contacts are not managed here: both stay
    ],
)
@pytest.mark.parametrize("on_delete", ["delete_contacts", "keep_contacts"])
def test_a_group_takes_no_contact_along_that_shall_stay(
    people: list[dict[str, Any]] | None, stops: bool, on_delete: str
) -> None:
    known = ledger(
        {
            GROUP: {
                "Alla": entry("groups", {"name": "Alla"}, 6),
                "Jour": entry("groups", JOUR, 7, options={"on_delete": on_delete}),
                "Kvar": entry("groups", {"name": "Kvar"}, 8),
            },
            CONTACT: {it["key"]: entry("contacts", it, 90 + i, carrier=40) for i, it in enumerate(MEMBERS)},
        },
        {40: Carrier(CARRIER, {"Jour": RemoteId(7)})},
    )
    rows = [group_row("Alla", 6), group_row("Jour", 7), group_row("Kvar", 8), group_row(CARRIER, 40)]
    sections: dict[str, Any] = {"groups": [{"name": "Kvar"}]} | ({} if people is None else {"contacts": people})
    made = plan(sections, {GROUP: rows}, known)
    stopping = [guard for guard in made.tripped() if guard.guard == "members_stay"]
    assert bool(stopping) == (stops and on_delete == "delete_contacts")
    assert all("contact/anna" in guard.message for guard in stopping)


def test_a_contact_that_is_held_stays_where_it_was() -> None:
    held = of_contacts(
        [{**ANNA, "groups": []}],
        groups=[{"name": "Jour", "ensure": "absent", "on_delete": "delete_contacts"}],
        policy=Policy(contact_strategy=ContactStrategy.APPEND),
    )
    assert ("held", "contact/anna") in actions(held)
    assert "members_stay" in [guard for guard, _ in tripped(held)]


# Absent is absent altogether


def test_of_an_identity_that_shall_be_absent_every_twin_goes() -> None:
    item = ITEMS["reminders"]
    other = {**item, "key": "bo", "attendant": {"mobile": "0701740609"}}
    ids = ((item, 7), (item, 8), (other, 9), (other, 10), (item, 11), (other, 12))
    rows = [row("reminders", it, id) for it, id in ids]
    items = [{**item, "ensure": "absent"}, {**other, "key": "kvar"}, {**other, "key": "zz", "ensure": "absent"}]
    known = ledger({REMINDER: {"anna": entry("reminders", item, 7), "kvar": entry("reminders", other, 9)}})
    made = plan({"reminders": items}, {REMINDER: rows}, known)
    assert sorted(change.remote_id for change in made.changes if isinstance(change, Delete)) == [7, 8, 10, 11, 12]
    assert plan({"reminders": items[1:2]}, {REMINDER: rows[2:4]}, known).changes[0].address.key == "anna"


def test_a_twin_that_another_key_owns_is_not_taken_along() -> None:
    item = ITEMS["reminders"]
    rows = [row("reminders", item, 7), row("reminders", item, 8)]
    known = ledger({REMINDER: {"anna": entry("reminders", item, 7), "min": entry("reminders", item, 8)}})
    made = plan({"reminders": [{**item, "ensure": "absent"}]}, {REMINDER: rows}, known, pruning(Prune.NEVER))
    assert [change.remote_id for change in made.changes if isinstance(change, Delete)] == [7]


def test_what_is_kept_hides_nothing_that_is_to_be_forgotten() -> None:
    known = ledger({GROUP: {name: entry("groups", {"name": name}, id) for name, id in (("A", 7), ("B", 8))}})
    made = plan({"groups": []}, {GROUP: [group_row("A", 7)]}, known, pruning(Prune.NEVER))
    assert actions(made) == [("forget", "group/B")]


@of_every_list
def test_protect_that_only_the_ledger_knows_is_no_difference(section: str) -> None:
    item, kind = ITEMS[section], KINDS[section]
    known = ledger({kind: {one(section, item).key: entry(section, item, 7, protect=True)}})
    assert plan({section: [item]}, {kind: [row(section, item, 7)]}, known).is_empty


def test_members_of_a_group_that_is_not_managed_here_are_left_alone() -> None:
    known = ledger(
        {CONTACT: {"anna": entry("contacts", ANNA, 90, carrier=40)}}, {40: Carrier(CARRIER, {"Jour": RemoteId(7)})}
    )
    rows = [group_row("Jour", 7), group_row("Annan", 8), group_row(CARRIER, 40)]
    assert plan({"contacts": [ANNA]}, {GROUP: rows}, known).is_empty


def test_a_time_in_the_past_for_what_lies_ahead_is_held_with_both_times() -> None:
    (before,) = reminders(1)
    change = only(of_reminders([{**before, "at": "2026-02-01T08:30"}], [before]))
    assert isinstance(change, Manual)
    assert [field.path for field in change.fields] == ["at"]
    assert change.remote_id == 1
    assert change.before is not None
    assert change.after is not None


def test_an_account_without_the_carriers_that_the_ledger_knows_stops() -> None:
    people = [{"key": key, "email": f"{key}@example.se"} for key in "ab"]
    known = {CONTACT: {it["key"]: entry("contacts", it, 90 + i, carrier=40 + i) for i, it in enumerate(people)}}
    two = ledger(known, {40: Carrier(CARRIER, {}), 41: Carrier("~clinic-a/1-x", {})})
    assert tripped(plan({"contacts": people}, {GROUP: []}, two)) == [("empty_account", "--allow-empty group")]
    assert tripped(plan({"contacts": people}, {GROUP: []}, ledger(known, {40: Carrier(CARRIER, {})}))) == []
    one_each = ledger({GROUP: {"Jour": entry("groups", JOUR, 7)}, **known}, {40: Carrier(CARRIER, {})})
    assert tripped(plan({"contacts": people}, {GROUP: []}, one_each)) == [("empty_account", "--allow-empty group")]


@pytest.mark.parametrize(("name", "stops"), [("~clinic-b/all-1", True), (CARRIER, True), ("Jour", False)])
def test_a_plan_that_names_a_carrier_is_stopped_whatever_led_to_it(name: str, stops: bool) -> None:
    change = Delete(address=Address(GROUP, name), remote_id=RemoteId(7), before={"name": name})
    actual = Snapshot({GROUP: (group_row(name, 7),)})
    found = judge((change,), actual, ledger(), Policy(), CLOCK)
    assert [guard.guard for guard in found if guard.tripped] == (["foreign_carrier"] if stops else [])
