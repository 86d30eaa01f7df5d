"""`contact_strategy: append`: contacts are added once, never changed, never removed, never sent twice."""

from __future__ import annotations

import pytest
from account_lab import Lab, actions
from troubles import (
    ANNA,
    APPEND,
    BO,
    BOTH,
    Config,
    die_after,
    ended,
    refusing,
    rule,
    trouble,
)

from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.policy import ContactStrategy, Policy
from intime_sync.model.report import Status


@pytest.mark.parametrize("fault", ["error_after", "error_before", "drop_after", "garbage", "empty"])
def test_an_appended_contact_of_unknown_outcome_is_never_sent_again(lab: Lab, fault: str) -> None:
    lab.policy = Policy(contact_strategy=ContactStrategy.APPEND)
    config: Config = {"groups": [], "contacts": [ANNA, {**BO, "protect": True}]}
    trouble(lab, rule("contacts/add", fault))
    applied = lab.try_apply(config)
    assert [result.status for result in applied.report.results] == [Status.UNKNOWN, Status.DONE]
    assert lab.writes() == ["contacts/add", "contacts/add"]
    entries = lab.ledger().of(CONTACTS.name)
    assert (entries["anna"].unknown, entries["bo"].unknown) == (True, False)
    assert entries["bo"].protect
    assert entries["bo"].remote_id in {contact.id for contact in lab.emulator.store.contacts()}
    lab.emulator.set_faults(None)
    lab.emulator.calls.clear()
    assert actions(lab.plan(config)) == [("held", "contact/anna")]
    lab.apply(config)
    assert lab.writes() == []


def test_an_append_whose_run_died_is_of_unknown_outcome(lab: Lab) -> None:
    lab.policy = Policy(contact_strategy=ContactStrategy.APPEND)
    config: Config = {"groups": [], "contacts": [ANNA]}
    die_after(lab, "contacts/add", config)
    lab.try_apply(config)
    assert len(lab.emulator.store.contacts()) == 1
    assert lab.ledger().of(CONTACTS.name)["anna"].unknown
    assert actions(lab.plan(config)) == [("held", "contact/anna")]


def test_a_refused_contact_leaves_no_ledger_entry_and_an_added_one_has_its_id(lab: Lab) -> None:
    lab.policy = APPEND
    with lab.intercepting(refusing("0605")):
        found = ended(lab, BOTH)
    assert "3:ERROR1" in str(found["anna"].error)
    (contact,) = lab.emulator.store.contacts()
    assert (found["bo"].status, found["bo"].remote_id) == (Status.DONE, contact.id)
    assert set(lab.ledger().of(CONTACTS.name)) == {"bo"}
    trouble(lab, rule("contacts/add", "error_after"))
    found = ended(lab, BOTH)
    assert (found["anna"].status, "ledger resolve contact/anna" in str(found["anna"].error)) == (Status.UNKNOWN, True)
    assert not lab.ledgers.journal_path.exists()
