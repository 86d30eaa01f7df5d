"""After the owner was renamed, its old carriers are still its own, and their contacts move to new ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from plan_makers import CLOCK, CONTACT, GROUP, actions, entry, group_row, ledger, only, plan, pruning

from intime_sync.model.change import Manual, Replace
from intime_sync.model.ledger import Carrier, Ledger
from intime_sync.model.policy import ContactStrategy, Policy, Prune
from intime_sync.model.resource import RemoteId, Snapshot
from intime_sync.planning.carriers import own_carriers, plan_carriers, unknown_carriers
from intime_sync.planning.drift import find_drift

OLD, NEW = "~clinic-x/all-0123456789ab", "~clinic-a/all-0123456789ab"
ANNA: dict[str, Any] = {"key": "anna", "firstname": "Anna", "mobile": "0701740605", "groups": ["Jour"]}
ROWS = [group_row("Jour", 3), group_row(OLD, 5)]


def known(name: str = OLD, *, protect: bool = False) -> Ledger:
    anna = replace(entry("contacts", ANNA, 21, carrier=RemoteId(5)), protect=protect)
    return ledger({CONTACT: {"anna": anna}}, {5: Carrier(name, {"Jour": RemoteId(3)})})


@pytest.mark.parametrize("protect", [False, True])
def test_a_contact_in_a_carrier_of_the_former_owner_is_made_again(protect: bool) -> None:
    made = plan({"contacts": [ANNA]}, {GROUP: ROWS}, known(protect=protect))
    change = only(made)
    assert isinstance(change, Replace)
    assert change.reason == "its carrier has the name of the former owner clinic-x"
    assert (change.fields, change.restores, made.tripped(), made.leftovers) == ((), True, (), ())


def test_a_change_of_its_own_is_no_restoration() -> None:
    made = plan({"contacts": [{**ANNA, "firstname": "Anna-Lena"}]}, {GROUP: ROWS}, known(protect=True))
    assert [guard.rule for guard in made.tripped()] == ["protect"]


def test_a_contact_that_is_left_out_is_removed_with_the_old_carrier() -> None:
    made = plan({"contacts": []}, {GROUP: ROWS}, known())
    assert actions(made) == [("delete", "contact/anna")]
    carriers = plan_carriers("clinic-a", known(), made.changes, {RemoteId(5): OLD}, 50)
    assert (carriers.build, carriers.retire, carriers.purge) == ((), (RemoteId(5),), ())


def test_the_new_carrier_has_the_new_name_and_the_old_one_goes() -> None:
    changes = plan({"contacts": [ANNA]}, {GROUP: ROWS}, known()).changes
    carriers = plan_carriers("clinic-a", known(), changes, {RemoteId(5): OLD}, 50)
    assert [build.name.partition("/")[0] for build in carriers.build] == ["~clinic-a"]
    assert (carriers.retire, carriers.purge) == ((RemoteId(5),), ())


@pytest.mark.parametrize(("groups", "moves"), [(ROWS, True), (ROWS[1:], False)], ids=["there", "gone"])
def test_an_unmanaged_contact_moves_while_its_groups_are_there(groups: list[Any], moves: bool) -> None:
    made = plan({"contacts": []}, {GROUP: groups}, known(), pruning(Prune.NEVER))
    assert actions(made) == ([("replace", "contact/anna")] if moves else [])


def test_under_append_no_contact_moves() -> None:
    append = Policy(contact_strategy=ContactStrategy.APPEND)
    assert actions(plan({"contacts": [ANNA]}, {GROUP: ROWS}, known(), append)) == []
    gone = only(plan({"contacts": []}, {GROUP: ROWS}, known(), append))
    assert isinstance(gone, Manual)


@pytest.mark.parametrize(
    ("row", "name", "own"),
    [
        (group_row(OLD, 5), OLD, True),
        (group_row(NEW, 9), OLD, True),
        (group_row(OLD, 6), OLD, False),
        (group_row("~clinic-x/p1-0123456789ab", 5), OLD, False),
        (group_row("Personal", 5), "Personal", False),
        (group_row("~CLINIC-A/", 6), OLD, False),
    ],
    ids=["known", "of the new name", "another id", "another name", "a group of people", "capitals and nothing else"],
)
def test_a_former_carrier_is_own_by_id_and_name_alone(row: Any, name: str, own: bool) -> None:
    assert bool(own_carriers([row], "clinic-a", known(name))) is own


def test_carriers_that_the_ledger_does_not_know_are_told_from_its_own() -> None:
    rows = [*ROWS, group_row(NEW, 9), group_row("~clinic-x/p1-0123456789ab", 10)]
    assert unknown_carriers(rows, "clinic-x", known()) == {RemoteId(10)}
    assert unknown_carriers(rows, "clinic-a", known()) == {RemoteId(9)}


def test_a_carrier_of_the_former_owner_is_no_drift() -> None:
    drift = find_drift(known(), Snapshot({GROUP: tuple(ROWS)}), CLOCK, "clinic-a")
    assert drift.findings == ()
