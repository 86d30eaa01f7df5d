"""Contacts: what is created, replaced, removed, held or left as it is."""

from __future__ import annotations

from typing import Any

import pytest
from plan_makers import (
    ANNA,
    CARRIER,
    CONTACT,
    GROUP,
    actions,
    entry,
    group_row,
    ledger,
    of_contacts,
    only,
    plan,
)

from intime_sync.model.change import Manual, Replace
from intime_sync.model.ledger import Carrier
from intime_sync.model.policy import ContactStrategy, Policy
from intime_sync.model.problem import Severity
from intime_sync.model.resource import Address, RemoteId
from intime_sync.planning.selection import Selection

CHANGED = {**ANNA, "lastname": "Lindqvist"}


@pytest.mark.parametrize("items", [[CHANGED], [], [{**ANNA, "ensure": "absent"}]], ids=["changed", "no", "absent"])
@pytest.mark.parametrize(
    ("strategy", "carrier"),
    [(ContactStrategy.APPEND, 40), (ContactStrategy.APPEND, None), (ContactStrategy.CARRIER, None)],
)
def test_a_change_of_a_contact_is_held_under_append_and_without_a_carrier(
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


def test_a_contact_with_a_copy_in_an_old_carrier_is_removed_and_not_forgotten() -> None:
    waiting = {41: Carrier("~clinic-a/all-old", {}, {"anna": RemoteId(80)})}
    made = of_contacts([], rows=[group_row("Jour", 7), group_row("~clinic-a/all-old", 41)], carriers=waiting)
    assert actions(made) == [("delete", "contact/anna")]
    gone = of_contacts([], rows=[group_row("Jour", 7)], carriers=waiting)
    assert actions(gone) == [("forget", "contact/anna")]


def test_replace_of_a_contact_replaces_no_other() -> None:
    anna = frozenset({Address(CONTACT, "anna")})
    made = of_contacts([ANNA, {"key": "bo", "mobile": "0701740606"}], selection=Selection(anna, anna))
    assert actions(made) == [("replace", "contact/anna")]


def test_replace_of_a_group_replaces_its_members() -> None:
    jour = frozenset({Address(GROUP, "Jour")})
    made = of_contacts([ANNA], selection=Selection(frozenset(), jour))
    assert actions(made) == [("replace", "group/Jour"), ("replace", "contact/anna")]


@pytest.mark.parametrize("twins", [(7, 17), (17, 7)])
def test_contacts_belong_to_the_pinned_group_of_two_with_one_name(twins: tuple[int, int]) -> None:
    rows = [*(group_row("Jour", id) for id in twins), group_row(CARRIER, 40)]
    made = of_contacts([ANNA], groups=[{"name": "Jour", "id": 7}], rows=rows)
    assert made.is_empty


def test_contacts_in_groups_that_are_not_managed_are_as_wanted() -> None:
    known = ledger(
        {CONTACT: {"anna": entry("contacts", ANNA, 90, carrier=40)}}, {40: Carrier(CARRIER, {"Jour": RemoteId(7)})}
    )
    rows = [group_row("Jour", 7), group_row("Annan", 8), group_row(CARRIER, 40)]
    assert plan({"contacts": [ANNA]}, {GROUP: rows}, known).is_empty


def test_unchanged_contacts_are_counted() -> None:
    known = ledger(
        {CONTACT: {key: entry("contacts", {"key": key, "email": f"{key}@example.se"}, carrier=40) for key in "abc"}},
        {40: Carrier(CARRIER, {})},
    )
    items = [{"key": key, "email": f"{key}@example.se"} for key in "abc"]
    assert plan({"contacts": items}, {GROUP: [group_row(CARRIER, 40)]}, known).unchanged == 3


def test_a_plan_without_contacts_leaves_unknown_carriers_alone() -> None:
    rows = [group_row("Jour", 7), group_row(CARRIER, 40), group_row("~clinic-a/all-x", 50)]
    whole = of_contacts([ANNA], rows=rows)
    assert whole.leftovers == (50,)
    assert [problem.severity for problem in whole.diagnostics] == [Severity.WARNING]
    anna, jour = Address(CONTACT, "anna"), Address(GROUP, "Jour")
    assert of_contacts([ANNA], rows=rows, selection=Selection(frozenset({anna, jour}))).leftovers == (50,)
    assert of_contacts([ANNA], rows=rows, selection=Selection(frozenset({jour}))).leftovers == ()
