"""A group counts as a known carrier only where both its id and its name are those in the ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from plan_makers import CONTACT, GROUP, actions, entry, group_row, ledger, only, plan

from intime_sync.model.change import Change, Create, Replace
from intime_sync.model.ledger import Carrier
from intime_sync.model.policy import ContactStrategy, Policy
from intime_sync.model.resource import Address, RemoteId
from intime_sync.planning.carriers import plan_carriers

ANNA: dict[str, Any] = {"key": "anna", "firstname": "Anna", "mobile": "0701740605"}
COMPLETE = "~clinic-a/all-0123456789ab"
KNOWN = ledger({CONTACT: {"anna": entry("contacts", ANNA, 21, carrier=RemoteId(5))}}, {5: Carrier(COMPLETE, {})})


def test_a_carrier_with_the_known_id_and_name_needs_nothing() -> None:
    made = plan({"contacts": [ANNA]}, {GROUP: [group_row(COMPLETE, 5)]}, KNOWN)
    assert (actions(made), made.leftovers) == ([], ())


@pytest.mark.parametrize(
    ("name", "leftovers"), [("~clinic-a/all-ba9876543210", (RemoteId(5),)), ("~clinic-b/all-0", ()), ("Personal", ())]
)
def test_a_group_that_was_given_the_carriers_id_is_not_the_carrier(
    name: str, leftovers: tuple[RemoteId, ...]
) -> None:
    made = plan({"contacts": [ANNA]}, {GROUP: [group_row(name, 5)]}, KNOWN)
    assert (actions(made), made.leftovers) == ([("create", "contact/anna")], leftovers)


def test_a_contact_is_forgotten_where_another_group_has_the_id_of_its_carrier() -> None:
    made = plan({"contacts": []}, {GROUP: [group_row("Personal", 5)]}, KNOWN)
    assert actions(made) == [("forget", "contact/anna")]


def test_an_own_carrier_with_a_reused_id_is_purged_and_not_kept() -> None:
    carriers = plan_carriers("clinic-a", KNOWN, [], {RemoteId(5): "~clinic-a/all-ba9876543210"}, 50)
    assert (carriers.purge, carriers.retire) == ((RemoteId(5),), ())


GOING = ledger(
    {CONTACT: {"anna": entry("contacts", ANNA, 21, carrier=RemoteId(5))}}, {5: Carrier(COMPLETE, {}, going=True)}
)


def test_a_contact_in_a_carrier_that_is_being_removed_is_made_again() -> None:
    made = plan({"contacts": [ANNA]}, {GROUP: [group_row(COMPLETE, 5)]}, GOING)
    change = only(made)
    assert isinstance(change, Create)
    assert change.reason == "removing its carrier was begun and not finished"
    assert made.leftovers == (RemoteId(5),)


def test_a_contact_leaves_the_ledger_once_its_carrier_is_gone() -> None:
    assert actions(plan({"contacts": []}, {GROUP: [group_row(COMPLETE, 5)]}, GOING)) == [("delete", "contact/anna")]
    assert actions(plan({"contacts": []}, {GROUP: []}, GOING)) == [("forget", "contact/anna")]


BO: dict[str, Any] = {"key": "bo", "firstname": "Bo", "mobile": "0701740606"}
CIA: dict[str, Any] = {"key": "cia", "firstname": "Cia", "mobile": "0701740607"}
IN_CARRIER = {
    "anna": entry("contacts", ANNA, 21, carrier=RemoteId(5)),
    "bo": replace(entry("contacts", BO, 22, carrier=RemoteId(5)), refused=True),
}
REFUSED = ledger({CONTACT: IN_CARRIER}, {5: Carrier(COMPLETE, {})})
THERE = {RemoteId(5): COMPLETE}


def test_a_refused_contact_is_tried_alone() -> None:
    change = only(plan({"contacts": [ANNA, BO]}, {GROUP: [group_row(COMPLETE, 5)]}, REFUSED))
    assert isinstance(change, Replace)
    assert (str(change.address), change.fields, change.restores) == ("contact/bo", (), True)
    assert "tried alone" in str(change.reason)


def test_a_refused_contact_that_has_a_carrier_to_itself_is_as_wanted() -> None:
    alone = ledger({CONTACT: {"bo": IN_CARRIER["bo"]}}, {5: Carrier(COMPLETE, {})})
    assert actions(plan({"contacts": [BO]}, {GROUP: [group_row(COMPLETE, 5)]}, alone)) == []


def test_append_does_not_try_a_refused_contact() -> None:
    append = Policy(contact_strategy=ContactStrategy.APPEND)
    made = plan({"contacts": [ANNA, BO]}, {GROUP: [group_row(COMPLETE, 5)]}, REFUSED, append)
    assert actions(made) == []


def test_carriers_of_two_ledgers_have_different_names_though_owner_serial_and_contacts_are_the_same() -> None:
    change = _create({"key": "anna", "firstname": "Anna", "mobile": "0701740605"})
    known = replace(ledger(), lineage="one")
    other = replace(known, lineage="two")
    names = [plan_carriers("clinic-a", each, [change], {}, 50).build[0].name for each in (known, other)]
    assert names[0] != names[1]


def _create(item: dict[str, Any]) -> Change:
    return Create(address=Address(CONTACT, item["key"]), after=entry("contacts", item, 0).attributes)


def test_a_refused_contact_gets_a_carrier_of_its_own() -> None:
    carriers = plan_carriers("clinic-a", REFUSED, [_create(ANNA)], THERE, 50)
    assert sorted([*build.members] for build in carriers.build) == [["anna"], ["bo"]]
    assert carriers.retire == (RemoteId(5),)


def test_a_kept_carrier_stays_and_new_carriers_leave_its_contacts_out() -> None:
    kept = plan_carriers("clinic-a", REFUSED, [_create(ANNA), _create(CIA)], THERE, 50, {RemoteId(5)}, {"bo"})
    assert ([[*build.members] for build in kept.build], kept.retire, kept.purge) == ([["cia"]], (), ())
