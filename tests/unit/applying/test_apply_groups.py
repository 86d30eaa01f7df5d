"""Groups and their members: who is in which group, and whom a removed group takes along."""

from __future__ import annotations

from typing import Any

import pytest
from account_lab import Lab, found_contacts, wanted_contacts
from troubles import (
    ANNA,
    BO,
    IN_JOUR,
    Config,
    assert_converges,
    ended,
    rule,
    statuses,
    trouble,
)

from intime_sync.model.report import Status

TAKING = {"name": "Jour", "on_delete": "delete_contacts"}


def test_a_group_stays_while_a_contact_that_is_to_leave_it_could_not(lab: Lab) -> None:
    lab.apply({"groups": [TAKING], "contacts": IN_JOUR})
    moved: Config = {"groups": [], "contacts": [ANNA, BO]}
    trouble(lab, rule("contacts/add", "error_before", 99))
    lab.try_apply(moved)
    assert len(lab.emulator.store.contacts()) == 2
    assert "Jour" in lab.group_names().values()
    lab.emulator.set_faults(None)
    lab.apply(moved)
    assert found_contacts(lab) == wanted_contacts(moved)
    assert "Jour" not in lab.group_names().values()


def test_a_group_that_keeps_its_contacts_is_removed_whether_they_could_leave_it_or_not(lab: Lab) -> None:
    lab.apply({"groups": [{"name": "Jour"}], "contacts": IN_JOUR})
    moved: Config = {"groups": [], "contacts": [ANNA, BO]}
    trouble(lab, rule("contacts/add", "error_before", 99))
    lab.try_apply(moved)
    assert "Jour" not in lab.group_names().values()
    assert len(lab.emulator.store.contacts()) == 2
    lab.emulator.set_faults(None)
    lab.apply(moved)
    assert found_contacts(lab) == wanted_contacts(moved)


@pytest.mark.parametrize("item", [TAKING, {"name": "Jour"}], ids=["with", "without"])
def test_on_delete_decides_whether_the_contacts_of_a_removed_group_are_removed(
    lab: Lab, item: dict[str, Any]
) -> None:
    lab.apply({"groups": [item]})
    (group,) = lab.group_names()
    lab.emulator.store.add_contact(mobile="0701740690", groups=[group])
    lab.apply({"groups": []})
    assert len(lab.emulator.store.contacts()) == (0 if item is TAKING else 1)


def test_the_failed_removal_of_a_group_names_the_contact_that_it_would_remove(lab: Lab) -> None:
    jour = {"name": "Jour", "on_delete": "delete_contacts"}
    lab.apply({"groups": [jour], "contacts": [{**ANNA, "groups": ["Jour"]}]})
    trouble(lab, rule("contacts/add", "error_before", 99))
    found = ended(lab, {"groups": [], "contacts": [ANNA]})
    assert found["Jour"].status is Status.FAILED
    assert "contact/anna" in str(found["Jour"].error)


def test_of_several_groups_of_one_name_contacts_join_the_one_in_the_ledger(lab: Lab) -> None:
    jour: Config = {"groups": [{"name": "Jour"}]}
    lab.apply(jour)
    (ours,) = lab.group_names()
    lab.emulator.store.add_group("Jour")
    pinned: Config = {"groups": [{"name": "Jour", "id": ours}]}
    lab.apply({**pinned, "contacts": [{**ANNA, "groups": ["Jour"]}]})
    assert len(lab.members()[ours]) == 1


def test_a_contact_does_not_join_a_group_that_was_renamed_by_hand(lab: Lab) -> None:
    jour: Config = {"groups": [{"name": "Jour"}]}
    lab.apply(jour)
    (ours,) = lab.group_names()
    lab.emulator.store.rename_group(ours, "Deras")
    config = {**jour, "contacts": [{**ANNA, "groups": ["Jour"]}]}
    trouble(lab, rule("contacts/addgroup", "error_before", 3))
    assert statuses(lab, config)["anna"] == "failed"
    assert lab.members()[ours] == set()
    assert_converges(lab, config)
