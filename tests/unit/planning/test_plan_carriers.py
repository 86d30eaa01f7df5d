"""A carrier is believed only where both id and name are those that the ledger wrote down."""

from __future__ import annotations

from typing import Any

import pytest
from plan_makers import CONTACT, GROUP, actions, entry, group_row, ledger, only, plan

from intime_sync.model.change import Create
from intime_sync.model.ledger import Carrier
from intime_sync.model.resource import RemoteId
from intime_sync.planning.carriers import plan_carriers

ANNA: dict[str, Any] = {"key": "anna", "firstname": "Anna", "mobile": "0701740605"}
COMPLETE = "~clinic-a/all-0123456789ab"
KNOWN = ledger({CONTACT: {"anna": entry("contacts", ANNA, 21, carrier=RemoteId(5))}}, {5: Carrier(COMPLETE, {})})


def test_the_carrier_itself_needs_nothing() -> None:
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


def test_a_contact_that_goes_is_not_taken_from_a_group_with_the_carriers_id() -> None:
    made = plan({"contacts": []}, {GROUP: [group_row("Personal", 5)]}, KNOWN)
    assert actions(made) == [("forget", "contact/anna")]


def test_an_own_carrier_with_a_reused_id_is_purged_and_not_kept() -> None:
    carriers = plan_carriers("clinic-a", KNOWN, [], {RemoteId(5): "~clinic-a/all-ba9876543210"}, 50)
    assert (carriers.purge, carriers.retire) == ((RemoteId(5),), ())


GOING = ledger(
    {CONTACT: {"anna": entry("contacts", ANNA, 21, carrier=RemoteId(5))}}, {5: Carrier(COMPLETE, {}, going=True)}
)


def test_a_contact_in_a_carrier_whose_removal_was_begun_is_made_again() -> None:
    made = plan({"contacts": [ANNA]}, {GROUP: [group_row(COMPLETE, 5)]}, GOING)
    change = only(made)
    assert isinstance(change, Create)
    assert change.reason == "removing its carrier was begun and not finished"
    assert made.leftovers == (RemoteId(5),)


def test_a_contact_whose_removal_was_begun_stays_in_the_ledger_until_the_account_has_lost_it() -> None:
    assert actions(plan({"contacts": []}, {GROUP: [group_row(COMPLETE, 5)]}, GOING)) == [("delete", "contact/anna")]
    assert actions(plan({"contacts": []}, {GROUP: []}, GOING)) == [("forget", "contact/anna")]
