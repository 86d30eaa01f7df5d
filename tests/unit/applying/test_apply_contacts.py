"""Contacts and their carriers: added, changed and removed, also when a request goes wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest
from account_lab import OWNER, Lab, found_contacts, wanted_contacts
from troubles import (
    ANNA,
    BO,
    BOTH,
    CHANGED,
    Config,
    assert_converges,
    ended,
    refusing,
    rule,
    statuses,
    trouble,
)

from intime_sync.applying.packs import pack
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.policy import Policy
from intime_sync.model.resource import RemoteId
from intime_sync.planning.carriers import CarrierBuild
from intime_sync.service.requests import Request


@pytest.mark.parametrize("fault", ["error_before", "error_after", "garbage", "drop_after", "empty"])
@pytest.mark.parametrize("carrier_size", [1, 50])
def test_contacts_are_added_in_spite_of_one_failed_request(lab: Lab, fault: str, carrier_size: int) -> None:
    lab.policy = Policy(carrier_size=carrier_size)
    trouble(lab, rule("contacts/add", fault))
    lab.apply(BOTH)
    assert found_contacts(lab) == wanted_contacts(BOTH)
    assert lab.writes().count("contacts/add") == 2
    assert {id: it.name for id, it in lab.ledger().carriers.items()} == lab.carriers()
    trouble(lab, rule("contacts/add", fault))
    lab.apply(CHANGED)
    assert_converges(lab, CHANGED)


@pytest.mark.parametrize("endpoint", ["contacts/addgroup", "contacts/deletegroup"])
@pytest.mark.parametrize("fault", ["error_before", "error_after", "duplicate"])
def test_carriers_are_made_and_removed_in_spite_of_one_failed_request(lab: Lab, endpoint: str, fault: str) -> None:
    lab.apply(BOTH)
    trouble(lab, rule(endpoint, fault))
    lab.apply(CHANGED)
    assert found_contacts(lab) == wanted_contacts(CHANGED)
    assert len(lab.carriers()) == 1


@pytest.mark.parametrize("endpoint", ["contacts/addgroup", "contacts/add"])
def test_contacts_whose_requests_always_fail_are_failed_and_unchanged(lab: Lab, endpoint: str) -> None:
    lab.apply(BOTH)
    trouble(lab, rule(endpoint, "error_before", 99))
    assert statuses(lab, CHANGED) == {"anna": "failed", "bo": "failed"}
    assert lab.writes().count(endpoint) == 3  # three times at most
    assert found_contacts(lab) == wanted_contacts(BOTH)
    assert_converges(lab, CHANGED)


def test_contacts_whose_carrier_cannot_be_made_a_second_time_fail(lab: Lab) -> None:
    trouble(lab, rule("contacts/add", "error_before"), {**rule("contacts/addgroup", "error_before", 99), "call": 2})
    assert statuses(lab, BOTH) == {"anna": "failed", "bo": "failed"}
    assert_converges(lab, BOTH)


@pytest.mark.parametrize("left", [CHANGED, {"groups": [], "contacts": []}], ids=["changed", "gone"])
def test_a_contact_is_failed_while_its_old_copy_is_left(lab: Lab, left: Config) -> None:
    lab.apply(BOTH)
    trouble(lab, rule("contacts/deletegroup", "error_before", 99))
    assert statuses(lab, left) == {"anna": "failed", "bo": "failed"}
    assert_converges(lab, left)


def test_a_removal_fails_where_another_contact_could_not_leave_the_carrier(lab: Lab) -> None:
    lab.apply(BOTH)
    trouble(lab, rule("contacts/add", "error_before", 99))
    alone: Config = {"groups": [], "contacts": [BO]}
    assert statuses(lab, alone) == {"anna": "failed"}
    assert len(lab.emulator.store.contacts()) == 2
    assert set(lab.ledger().of(CONTACTS.name)) == {"anna", "bo"}
    assert_converges(lab, alone)


@pytest.mark.parametrize("merging", [True, False])
def test_a_change_of_contacts_takes_as_few_calls_as_possible(lab: Lab, merging_lab: Lab, merging: bool) -> None:
    lab = merging_lab if merging else lab
    lab.apply(BOTH)
    lab.emulator.calls.clear()
    lab.apply(CHANGED)
    once = ["contacts/addgroup", "contacts/add", "contacts/deletegroup"]
    # Where the service answers with the contact that it knew, both carriers go, and it is added once more.
    assert lab.writes() == ([*once, "contacts/addgroup", "contacts/add"] if merging else once)
    # Lists are read for the plan, after each carrier that is made, and after those that are removed.
    assert len(lab.emulator.calls) - len(lab.writes()) == (4 if merging else 3)
    assert_converges(lab, CHANGED)


def test_the_other_contacts_are_added_where_one_is_refused(lab: Lab) -> None:
    with lab.intercepting(refusing("0605")):
        found = ended(lab, BOTH)
    assert [(key, str(result.status)) for key, result in found.items()] == [("anna", "failed"), ("bo", "done")]
    assert "3:ERROR1" in str(found["anna"].error)
    assert_converges(lab, BOTH)


@pytest.mark.parametrize("size", [1, 50])
def test_a_contact_whose_group_could_not_be_made_joins_it_in_the_next_run(lab: Lab, size: int) -> None:
    lab.policy = Policy(carrier_size=size)
    config: Config = {"groups": [{"name": "Jour"}], "contacts": [ANNA, {**BO, "groups": ["Jour"]}]}
    lab.apply(config)
    (group,) = (id for id, name in lab.group_names().items() if name == "Jour")
    lab.emulator.store.delete_group(group)
    config["contacts"][0] = {**ANNA, "lastname": "Ny"}
    trouble(lab, rule("contacts/addgroup", "error_before", 3))
    found = ended(lab, config)
    assert {key: str(result.status) for key, result in found.items()} == {
        "Jour": "failed",
        "anna": "done",
        "bo": "failed",
    }
    assert "Jour" in str(found["bo"].error)
    assert len(lab.emulator.store.contacts()) == 2
    assert_converges(lab, config)


@pytest.mark.parametrize("merging", [False, True])
def test_a_contact_whose_change_is_refused_keeps_its_old_form(lab: Lab, merging_lab: Lab, merging: bool) -> None:
    """The change is refused in the run in which another contact leaves the carrier, so that all must move."""
    lab = merging_lab if merging else lab
    gone = {"key": "gone", "mobile": "0701740699", "groups": []}
    lab.apply({"groups": [], "contacts": [ANNA, BO, gone]})
    changed = {"groups": [], "contacts": [{**ANNA, "lastname": "Fel"}, BO]}
    for _ in range(2):
        with lab.intercepting(refusing("<lastname>Fel")):
            assert statuses(lab, changed)["anna"] == "failed"
        assert sorted(contact.number or "" for contact in lab.emulator.store.contacts()) == [
            "+46701740605",
            "+46701740606",
        ]


@pytest.mark.parametrize("merging", [True, False])
def test_a_contact_that_moves_to_another_carrier_stays_protected(lab: Lab, merging_lab: Lab, merging: bool) -> None:
    lab = merging_lab if merging else lab
    anna, bo, cy = ({**ANNA, "protect": True}, BO, {**BO, "key": "cy", "groups": []})
    cy["mobile"] = "0701740607"
    lab.apply({"groups": [], "contacts": [anna, bo, cy]})
    # Its line no longer says so: the ledger remembers it.
    last: Config = {"groups": [], "contacts": [ANNA, cy]}
    lab.apply(last)
    assert found_contacts(lab) == wanted_contacts(last)
    assert lab.ledger().of(CONTACTS.name)["anna"].protect
    assert not lab.ledger().of(CONTACTS.name)["cy"].protect
    assert lab.plan(last).is_empty


def test_the_largest_carriers_are_packed_first_so_that_requests_are_full() -> None:
    sizes = [1, 5, 1, 5, 4, 2]
    builds = [CarrierBuild(f"c{n}", {f"{n}-{i}": {} for i in range(size)}) for n, size in enumerate(sizes)]
    assert [sum(len(it.members) for it in packed) for packed in pack(builds, 6)] == [6, 6, 6]


def test_a_plan_cannot_have_a_group_removed_that_is_not_a_carrier_of_this_owner(lab: Lab) -> None:
    store = lab.emulator.store
    foreign = store.add_group("Deras")
    store.add_contact(mobile="0701740690", groups=[foreign])
    lab.try_apply(BOTH, alter=lambda plan: replace(plan, leftovers=(RemoteId(foreign),)))
    assert foreign in lab.group_names()
    assert len(store.contacts()) == 3


def test_a_carrier_that_appears_during_the_run_is_reported_and_left_alone(lab: Lab) -> None:
    """Only carriers that the plan names or that the run made may be removed."""
    store = lab.emulator.store
    strangers: list[int] = []

    def add(request: Request) -> None:
        if request.endpoint.path.startswith("contacts/addgroup"):
            strangers.append(store.add_group(f"~{OWNER}/all-x"))

    leftover = store.add_group(f"~{OWNER}/all-y")
    with lab.intercepting(add):
        applied = lab.try_apply(BOTH)
    assert applied.failure is not None
    assert set(lab.carriers()) > set(strangers)
    assert lab.runs[0].purgeable == {leftover, *lab.carriers()} - {*strangers}
    assert_converges(lab, BOTH)
