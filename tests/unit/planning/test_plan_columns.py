"""A plan does not depend on whether contacts and their entries are columns or values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from plan_makers import CLOCK, CONTACT, GROUP, HERE, REF, desired, entry, group_row, ledger

from intime_sync.bulk.ledger_table import LedgerTable
from intime_sync.bulk.tables import DesiredTable
from intime_sync.errors import IntimeSyncError, InvalidConfiguration
from intime_sync.ledgers.codec import ledger_from_json, ledger_to_json
from intime_sync.model.ledger import Carrier, Entry, Ledger
from intime_sync.model.plan import Plan
from intime_sync.model.policy import ContactStrategy, Policy, Prune
from intime_sync.model.resource import Address, KindName, RemoteId, Resource, Snapshot
from intime_sync.planning.context import PlanningContext
from intime_sync.planning.planner import make_plan
from intime_sync.planning.selection import Selection

KEYS = "abcdef"
CARRIERS = (101, 101, 101, 102)
GROUP_IDS = {"Jour": 11, "Kansli": 12}

ITEMS = st.fixed_dictionaries(
    {"mobile": st.sampled_from(["0701740605", "0701740605", "0701740606"])},
    optional={
        "firstname": st.sampled_from(["Anna", "Bo"]),
        "groups": st.sampled_from([[], ["Jour"], ["Jour"], ["Kansli", "Jour"]]),
    },
)
WISHES = st.sampled_from([{}, {}, {}, {}, {"ensure": "absent"}, {"protect": True}, {"protect": False}])
WANTED = st.dictionaries(st.sampled_from(KEYS), st.tuples(ITEMS, WISHES), max_size=6)
SPECIAL = st.sampled_from(
    [{}, {}, {}, {}, {}, {"protect": True}, {"unknown": True}, {"carrier": None}, {"options": {"a": 1}}]
)
OWNED = st.dictionaries(
    st.sampled_from(KEYS), st.tuples(st.none() | st.none() | st.none() | ITEMS, st.sampled_from(CARRIERS), SPECIAL)
)
COPIES = st.sets(st.sampled_from(KEYS), max_size=1)
RIGHT = st.tuples(st.just(GROUP_IDS), st.just(set()))
STALE = st.tuples(st.dictionaries(st.sampled_from([*GROUP_IDS]), st.sampled_from([11, 12, 99])), COPIES)
FILLED = st.fixed_dictionaries({101: RIGHT | RIGHT | STALE}, optional={102: RIGHT | STALE})
THERE = st.sampled_from([{101, 102}, {101, 102}, {101, 102}, {101}, {102}, set()])
ACCOUNTS = st.tuples(st.sampled_from([{*GROUP_IDS}, {*GROUP_IDS}, {"Jour"}, set()]), THERE, st.booleans())
POLICIES = st.builds(
    Policy,
    prune=st.dictionaries(st.sampled_from([CONTACT, GROUP]), st.sampled_from([*Prune])),
    contact_strategy=st.sampled_from([*ContactStrategy]),
)

ANNA = {"a": ({"mobile": "0701740605", "groups": ["Jour"]}, {})}
HERS = (None, 101, {})
"""An entry that is exactly as wanted, in a carrier."""


def columns_of(snapshot: Snapshot) -> Snapshot:
    return Snapshot({**snapshot.resources, CONTACT: DesiredTable(snapshot.of(CONTACT))})


def made(wish: Snapshot, actual: Snapshot, known: Ledger, policy: Policy, selection: Selection) -> object:
    try:
        plan = make_plan(wish, actual, known, PlanningContext(REF, CLOCK, policy), selection)
    except IntimeSyncError as error:
        return type(error), str(error), getattr(error, "problems", None)
    return plan, plan.digest(), plan.summary()


def owned_ledger(owned: dict[str, Any], wanted: dict[str, Any], filled: dict[int, Any], groups: set[str]) -> Ledger:
    """Ledger entries; one without fields of its own is exactly as wanted."""
    entries: dict[str, Entry] = {}
    for at, (key, (item, carrier, special)) in enumerate(sorted(owned.items())):
        fields = item or (wanted[key][0] if key in wanted else {"mobile": "0701740605"})
        entries[key] = entry(
            "contacts", {"key": key, **fields}, 500 + at, **{"carrier": RemoteId(carrier), **special}
        )
    carriers = {
        id: Carrier(f"~clinic-a/{id}", then, {key: RemoteId(7) for key in copies})
        for id, (then, copies) in filled.items()
    }
    known = {CONTACT: entries, GROUP: {name: Entry({"name": name}, RemoteId(GROUP_IDS[name])) for name in groups}}
    return ledger(known, carriers)


@settings(max_examples=400)
@given(WANTED, OWNED, FILLED, ACCOUNTS, POLICIES, st.sets(st.sampled_from(KEYS), max_size=2), st.booleans())
@example(ANNA, {"a": HERS}, {101: ({}, set())}, (set(), {101}, True), Policy(), set(), False)
@example(ANNA, {"a": HERS}, {101: ({"Jour": 11}, set())}, ({"Jour"}, {101}, True), Policy(), {"a"}, False)
@example(ANNA, {"a": HERS, "b": HERS}, {101: ({}, set())}, (set(), {101}, True), Policy(), set(), False)
@example(ANNA, {"a": HERS}, {101: ({"Jour": 99}, set())}, ({"Jour"}, {101}, True), Policy(), set(), False)
def test_columns_and_values_give_the_same_plan(
    wanted: dict[str, Any],
    owned: dict[str, Any],
    filled: dict[int, Any],
    account: tuple[set[str], set[int], bool],
    policy: Policy,
    again: set[str],
    narrow: bool,
) -> None:
    groups, carriers, manages_groups = account
    items = [{"key": key, **item, **wish} for key, (item, wish) in sorted(wanted.items())]
    sections: dict[str, Any] = {"contacts": items}
    if manages_groups:
        sections["groups"] = [{"name": name} for name in GROUP_IDS]
    wish = desired(sections)
    rows = [group_row(name, GROUP_IDS[name]) for name in sorted(groups)]
    rows += [group_row(f"~clinic-a/{id}", id) for id in sorted(carriers)]
    actual = Snapshot({GROUP: tuple(rows)})
    known = owned_ledger(owned, wanted, filled, groups)
    present = {resource.key for resource in wish.of(CONTACT) if not resource.lifecycle.absent}
    chosen = frozenset(Address(CONTACT, key) for key in again & present)
    selection = Selection(chosen if narrow else frozenset(), chosen)

    def in_columns() -> Ledger:
        return ledger_from_json("".join(ledger_to_json(known)).encode())

    expected = made(wish, actual, known, policy, selection)
    assert made(columns_of(wish), actual, known, policy, selection) == expected
    assert made(wish, actual, in_columns(), policy, selection) == expected
    assert made(columns_of(wish), actual, in_columns(), policy, selection) == expected
    # Values that an earlier caller had made of the columns give the same, too.
    asked = in_columns()
    assert dict(asked.of(CONTACT).items()) == known.of(CONTACT)
    assert made(columns_of(wish), actual, asked, policy, selection) == expected


def settled_world(count: int = 30) -> tuple[Snapshot, Snapshot, Ledger]:
    """Contacts that are all as wanted, as columns on both sides."""
    items = [{"key": f"k{at:02}", "mobile": f"07017406{at + 5:02}", "groups": ["Jour"]} for at in range(count)]
    entries = {item["key"]: entry("contacts", item, 500 + at, carrier=RemoteId(101)) for at, item in enumerate(items)}
    known = ledger({CONTACT: entries}, {101: Carrier("~clinic-a/101", {"Jour": RemoteId(11)})})
    in_columns = ledger_from_json("".join(ledger_to_json(known)).encode())
    assert isinstance(in_columns.of(CONTACT), LedgerTable)
    actual = Snapshot({GROUP: (group_row("Jour", 11), group_row("~clinic-a/101", 101))})
    return columns_of(desired({"contacts": items})), actual, in_columns


def planned(wish: Snapshot, actual: Snapshot, known: Ledger) -> Plan:
    return make_plan(wish, actual, known, PlanningContext(REF, CLOCK, Policy()))


def test_contacts_that_are_as_wanted_are_counted_and_nothing_else() -> None:
    plan = planned(*settled_world())
    assert (plan.changes, plan.unchanged, plan.diagnostics) == ((), 30, ())


def changed(wish: Snapshot, at: int, **fields: Any) -> Snapshot:
    contacts: list[Resource[Any]] = [*wish.of(CONTACT)]
    contacts[at] = replace(contacts[at], value=contacts[at].value._replace(**fields), origin=HERE)
    return columns_of(Snapshot({CONTACT: tuple(contacts)}))


def test_every_field_of_every_contact_counts() -> None:
    wish, actual, known = settled_world(8)
    fields = {
        "type": "sms+email",
        "firstname": "A",
        "lastname": "B",
        "mobile": "+46701740699",
        "email": "a@example.se",
        "extrafield": "x",
        "groups": (),
    }
    assert set(fields) == set(wish.of(CONTACT)[0].value._fields)
    for at, (name, value) in enumerate(fields.items()):
        plan = planned(changed(wish, at, **{name: value}), actual, known)
        assert [str(change.address) for change in plan.changes] == [f"contact/k{at:02}"], name
        assert plan.unchanged == 7


def test_a_contact_more_or_less_on_either_side_is_seen() -> None:
    wish, actual, known = settled_world(8)
    contacts = [*wish.of(CONTACT)]
    for gone in (0, 3, 7):
        fewer = columns_of(Snapshot({CONTACT: tuple(contacts[:gone] + contacts[gone + 1 :])}))
        plan = planned(fewer, actual, known)
        assert [str(change.address) for change in plan.changes] == [f"contact/k{gone:02}"]
        swapped = replace(contacts[gone], key="new")
        plan = planned(Snapshot({CONTACT: DesiredTable([*fewer.of(CONTACT), swapped])}), actual, known)
        assert [str(change.address) for change in plan.changes] == [f"contact/k{gone:02}", "contact/new"]


def test_a_carrier_that_is_gone_and_a_group_that_was_made_again_are_seen() -> None:
    wish, _, known = settled_world(8)
    for rows in ([group_row("Jour", 11)], [group_row("Jour", 12), group_row("~clinic-a/101", 101)]):
        plan = planned(wish, Snapshot({KindName("group"): tuple(rows)}), known)
        assert len(plan.changes) == 8
        assert plan.unchanged == 0


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([("Kansli", 12)], "unknown-group"),
        ([("Jour", 11), ("Jour", 12)], "ambiguous"),
    ],
)
def test_an_ambiguous_group_is_reported_at_a_contact_that_names_it(rows: list[tuple[str, int]], code: str) -> None:
    wish, _, known = settled_world(3)
    actual = Snapshot({GROUP: tuple(group_row(name, id) for name, id in [*rows, ("~clinic-a/101", 101)])})
    for contacts in (wish, Snapshot({CONTACT: tuple(wish.of(CONTACT))})):
        with pytest.raises(InvalidConfiguration) as stopped:
            planned(contacts, actual, known)
        assert [(problem.code, problem.origin) for problem in stopped.value.problems] == [(code, HERE)]
