"""What an apply does to an account that somebody changed by hand since the last one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from account_lab import OWNER, ZONE, Lab, actions, found_contacts, wanted_contacts

from intime_sync.emulator import FaultPlan
from intime_sync.model.policy import ContactStrategy, Policy, Prune
from intime_sync.model.report import Status
from intime_sync.model.resource import KindName
from intime_sync.planning.context import Clock

GROUP = KindName("group")
PEOPLE: list[dict[str, Any]] = [
    {"key": f"p{index}", "mobile": f"07017406{10 + index}", "groups": ["Jour"] if index % 2 else []}
    for index in range(8)
]
CONFIG: dict[str, list[dict[str, Any]]] = {"groups": [{"name": "Jour"}], "contacts": PEOPLE}
REMIND = {"key": "r", "at": "2026-12-01T08:30", "attendant": {"mobile": "0701740608"}}


def group_id(lab: Lab, name: str) -> int:
    (found,) = (id for id, its in lab.group_names().items() if its == name)
    return found


def assert_converged(lab: Lab, config: dict[str, list[dict[str, Any]]]) -> None:
    assert found_contacts(lab) == wanted_contacts(config)
    assert lab.plan(config).is_empty


# Groups that were changed by hand


@pytest.mark.parametrize("with_contacts", [False, True])
def test_a_removed_group_is_made_again_with_its_members(lab: Lab, with_contacts: bool) -> None:
    lab.policy = Policy(carrier_size=3)
    lab.apply(CONFIG)
    lab.emulator.store.delete_group(group_id(lab, "Jour"), with_contacts=with_contacts)
    lab.apply(CONFIG)
    assert_converged(lab, CONFIG)
    assert len(lab.members()[group_id(lab, "Jour")]) == 4


def test_a_group_that_somebody_made_again_by_hand_gets_its_members_back(lab: Lab) -> None:
    lab.apply(CONFIG)
    lab.emulator.store.delete_group(group_id(lab, "Jour"))
    lab.emulator.store.add_group("Jour")
    lab.apply(CONFIG)
    assert_converged(lab, CONFIG)


def test_a_group_that_was_renamed_by_hand_keeps_its_new_name(lab: Lab) -> None:
    lab.apply(CONFIG)
    old = group_id(lab, "Jour")
    lab.emulator.store.rename_group(old, "Deras")
    lab.apply(CONFIG)
    assert lab.group_names()[old] == "Deras"
    assert_converged(lab, CONFIG)


def test_contacts_whose_carrier_was_removed_are_made_again(lab: Lab) -> None:
    lab.policy = Policy(carrier_size=3)
    lab.apply(CONFIG)
    carrier = min(lab.carriers())
    there = len(lab.members()[carrier])
    lab.emulator.store.delete_group(carrier, with_contacts=True)
    assert [action for action, _ in actions(lab.plan(CONFIG))] == ["create"] * there
    lab.apply(CONFIG)
    assert_converged(lab, CONFIG)


def test_an_own_carrier_that_the_ledger_does_not_know_is_removed_with_its_contacts(lab: Lab) -> None:
    lab.apply(CONFIG)
    store = lab.emulator.store
    mine, theirs = store.add_group(f"~{OWNER}/all-x"), store.add_group("~clinic-b/all-x")
    store.add_contact(mobile="0701740690", groups=[mine])
    kept = store.add_contact(mobile="0701740691", groups=[theirs])
    assert len(lab.plan(CONFIG).leftovers) == 1
    lab.apply(CONFIG)
    assert theirs in lab.group_names()
    others = [contact for contact in store.contacts() if contact.id == kept]
    assert found_contacts(lab, others) == wanted_contacts(CONFIG)
    assert lab.plan(CONFIG).is_empty


def test_a_lost_ledger_is_rebuilt_from_the_configuration(lab: Lab) -> None:
    lab.apply(CONFIG)
    lab.lose_ledger()
    lab.apply(CONFIG)
    assert_converged(lab, CONFIG)


@pytest.mark.parametrize("which", [0, 1])
def test_pruning_everything_spares_the_group_that_is_pinned(lab: Lab, which: int) -> None:
    """Of two groups of one name the pinned one stays, in the account and in the ledger."""
    pinned = [lab.emulator.store.add_group("Jour") for _ in range(2)][which]
    lab.policy = Policy(prune={GROUP: Prune.ALL})
    config = {"groups": [{"name": "Jour", "id": pinned}]}
    lab.apply(config)
    assert list(lab.group_names()) == [pinned]
    assert lab.ledger().of(GROUP)["Jour"].remote_id == pinned
    assert lab.plan(config).is_empty


@pytest.mark.parametrize("batch_size", [1, 200])
def test_pruning_everything_removes_every_group_of_a_repeated_name(lab: Lab, batch_size: int) -> None:
    for _ in range(3):
        lab.emulator.store.add_group("Jour")
    lab.policy = Policy(prune={GROUP: Prune.ALL}, batch_size=batch_size)
    lab.emulator.set_faults(
        FaultPlan.from_data([{"endpoint": "contacts/deletegroup", "call": 1, "fault": "error_before"}])
    )
    lab.try_apply({"groups": []})
    lab.emulator.set_faults(None)
    lab.apply({"groups": []})
    assert lab.group_names() == {}


# Appending


def test_appending_makes_no_carrier_and_never_changes_a_contact(lab: Lab) -> None:
    lab.policy = Policy(contact_strategy=ContactStrategy.APPEND)
    lab.apply(CONFIG)
    assert lab.carriers() == {}
    assert len(lab.emulator.store.contacts()) == len(PEOPLE)
    assert lab.plan(CONFIG).is_empty
    before = lab.emulator.store.contacts()
    lab.emulator.calls.clear()
    changed = {**CONFIG, "contacts": [{**PEOPLE[0], "lastname": "Ny"}, *PEOPLE[2:]]}
    assert actions(lab.plan(changed)) == [("held", "contact/p0"), ("held", "contact/p1")]
    applied = lab.apply(changed)
    assert {result.status for result in applied.report.results} == {Status.SKIPPED}
    assert lab.writes() == []
    assert lab.emulator.store.contacts() == before


# Reminders


def test_a_reminder_that_is_moved_after_its_time_becomes_a_new_reminder(lab: Lab) -> None:
    lab.apply({"reminders": [REMIND]})
    lab.clock = Clock(datetime(2027, 1, 1, tzinfo=UTC), ZONE)
    moved = {**REMIND, "at": "2027-06-01T08:30"}
    lab.apply({"reminders": [moved]})
    times = [(f"{row.at:%Y-%m-%d}", row.active) for row in lab.emulator.store.reminders()]
    assert times == [("2026-12-01", True), ("2027-06-01", True)]
    assert lab.plan({"reminders": [moved]}).is_empty


def test_a_renamed_reminder_is_never_switched_off(lab: Lab) -> None:
    lab.apply({"reminders": [REMIND]})
    lab.emulator.calls.clear()
    lab.apply({"reminders": [{**REMIND, "key": "annan"}]})
    assert lab.writes() == []
    assert [row.active for row in lab.emulator.store.reminders()] == [True]


def test_a_reminder_that_is_switched_on_again_is_a_new_reminder(lab: Lab) -> None:
    for active in (True, False, True):
        config = {"reminders": [{**REMIND, "active": active}]}
        lab.apply(config)
        assert lab.plan(config).is_empty
    assert [row.active for row in lab.emulator.store.reminders()] == [False, True]


def test_parts_of_a_reminder_that_are_no_longer_given_are_emptied(lab: Lab) -> None:
    lab.apply({"reminders": [{**REMIND, "organizer": {"title": "Dr"}}]})
    lab.apply({"reminders": [REMIND]})
    (found,) = lab.emulator.store.reminders()
    assert found.organizer_title == ""
    lab.apply({"reminders": [{**REMIND, "organizer": {"lastname": "Evertsson"}}]})
    (found,) = lab.emulator.store.reminders()
    assert (found.organizer_title, found.organizer_lastname) == ("", "Evertsson")


# One item at fault


def test_removing_a_blocked_number_that_is_listed_twice_removes_both(lab: Lab) -> None:
    for _ in range(2):
        lab.emulator.store.block("0701740606")
    lab.apply({"blocklist": [{"mobile": "0701740606"}]})
    lab.apply({"blocklist": []})
    assert lab.emulator.store.blocklist() == []
