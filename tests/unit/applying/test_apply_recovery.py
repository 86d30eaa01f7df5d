"""The journal, and what the next run makes of the requests that an interrupted run left open in it."""

from __future__ import annotations

import pytest
from account_lab import Lab, desired_from
from troubles import (
    ADD,
    APPEND,
    CHANGED,
    EVERYTHING,
    ITEMS,
    REMINDER,
    REMOVE,
    WANTED,
    Config,
    assert_ledger_matches_account,
    attributes,
    die_after,
    live,
    of_every_list,
    reminder,
    rule,
    trouble,
)

from intime_sync.applying.recovery import deltas_of_intent
from intime_sync.kinds.registry import BY_NAME, CONTACTS
from intime_sync.model.ledger import NOWHERE, Carrier, Entry, Intent, Ledger, PutCarrier, PutEntry
from intime_sync.model.policy import Policy
from intime_sync.model.resource import RemoteId, Resource, Snapshot
from intime_sync.service.requests import Request


@of_every_list
@pytest.mark.parametrize("twice", [True, False])
def test_what_an_interrupted_create_made_is_adopted_and_not_made_again(lab: Lab, section: str, twice: bool) -> None:
    """The service carried the request out, once or twice, and the run died before the reply."""
    config = {section: [{**item, "protect": False} for item in ITEMS[section]]}
    if twice:
        trouble(lab, rule(ADD[section], "duplicate"))
    die_after(lab, ADD[section], config)
    lab.emulator.set_faults(None)
    lab.emulator.calls.clear()
    lab.apply(config)
    assert ADD[section] not in lab.writes()
    assert lab.plan(config).is_empty
    assert_ledger_matches_account(lab, section)
    if section != "blocklist":
        assert live(lab, section) == 3


def test_what_was_there_before_an_interrupted_create_is_not_taken_for_its_result() -> None:
    detail = {"objects": [attributes(WANTED)], "before": [7]}
    intent = Intent(1, "create", REMINDER, ("r0",), detail)
    rows = Snapshot({REMINDER: (reminder(WANTED, 7), reminder(WANTED, 9), reminder(WANTED, 8))})
    found = deltas_of_intent(intent, Ledger("line"), rows)
    assert [(delta.key, delta.entry.remote_id) for delta in found if isinstance(delta, PutEntry)] == [
        ("r0", 8),
        ("r0#9", 9),
    ]
    assert deltas_of_intent(intent, Ledger("line"), Snapshot({REMINDER: (reminder(WANTED, 7),)})) == []
    assert deltas_of_intent(intent, Ledger("line"), Snapshot({})) == []


def test_only_an_interrupted_create_adds_entries_for_what_is_listed() -> None:
    for operation in ("update", "remove", "make-carriers", "remove-carriers", "remove-duplicates"):
        intent = Intent(1, operation, REMINDER, ("r0",), {"objects": [attributes(WANTED)]})
        assert deltas_of_intent(intent, Ledger("line"), Snapshot({REMINDER: (reminder(WANTED, 7),)})) == []


def test_an_object_that_was_made_late_is_surplus_and_the_entry_stays() -> None:
    """A request without a reply was carried out after another one had already made the object."""
    intent = Intent(1, "create", REMINDER, ("r0",), {"objects": [attributes(WANTED)], "before": [7]})
    known = Ledger("line", objects={REMINDER: {"r0": Entry(attributes(WANTED), RemoteId(9), protect=True)}})
    both = Snapshot({REMINDER: (reminder(WANTED, 7), reminder(WANTED, 8), reminder(WANTED, 9))})
    assert [delta.key for delta in deltas_of_intent(intent, known, both) if isinstance(delta, PutEntry)] == ["r0#8"]
    assert deltas_of_intent(intent, known, Snapshot({REMINDER: (reminder(WANTED, 9),)})) == []


def test_an_interrupted_add_marks_contacts_of_the_same_number_lost() -> None:
    entries = {
        key: Entry({"mobile": number}, RemoteId(id), carrier=RemoteId(40))
        for key, number, id in (("anna", "+46701740605", 1), ("bo", "+46701740606", 2), ("cy", "+46701740607", 3))
    }
    book = Ledger("line", objects={CONTACTS.name: entries}, carriers={RemoteId(40): Carrier("c", {})})
    detail = {"carriers": [50, 51], "reach": ["+46701740606"]}
    found = deltas_of_intent(Intent(1, "add", CONTACTS.name, ("anna", "new"), detail), book, Snapshot({}))
    assert {it.key: it.entry.carrier for it in found if isinstance(it, PutEntry)} == {"anna": NOWHERE, "bo": NOWHERE}
    assert [dict(it.carrier.copies) for it in found if isinstance(it, PutCarrier)] == [{"anna": 1, "bo": 2}]
    nothing = Intent(1, "add", CONTACTS.name, (), {})
    assert deltas_of_intent(nothing, book, Snapshot({})) == []


def test_what_an_interrupted_create_made_replaces_an_entry_whose_object_is_gone() -> None:
    (wanted,) = desired_from({"reminders": ITEMS["reminders"][:1]}).of(REMINDER)
    fields = dict(BY_NAME[REMINDER].attributes(wanted.value))
    intent = Intent(1, "create", REMINDER, ("r0",), {"objects": [fields], "before": []})
    known = Ledger("line", objects={REMINDER: {"r0": Entry(fields, RemoteId(9))}})
    found = deltas_of_intent(intent, known, Snapshot({REMINDER: (Resource("#8", wanted.value, RemoteId(8)),)}))
    assert [(it.key, it.entry.remote_id) for it in found if isinstance(it, PutEntry)] == [("r0", 8)]


@of_every_list
@pytest.mark.parametrize(
    ("fault", "stays"), [("error_before", True), ("error_after", False), ("empty", False), ("partial", True)]
)
def test_only_a_create_that_the_service_may_still_carry_out_stays_in_the_journal(
    lab: Lab, section: str, fault: str, stays: bool
) -> None:
    trouble(lab, rule(ADD[section], fault))
    lab.apply({section: ITEMS[section]})
    assert lab.ledgers.journal_path.exists() == stays
    lab.apply({section: ITEMS[section]})
    trouble(lab, rule(REMOVE[section], "error_before"))
    lab.apply({section: []})
    assert not lab.ledgers.journal_path.exists()


@pytest.mark.parametrize("policy", [Policy(), APPEND])
def test_every_request_is_journalled_before_it_is_sent_and_the_journal_is_empty_at_the_end(
    lab: Lab, policy: Policy
) -> None:
    lab.policy = policy
    newest = [0]

    def look(request: Request) -> None:
        newest.append(max((intent.number for intent in lab.ledgers.read().open_intents), default=0))
        assert newest[-1] > newest[-2]

    nothing: Config = {section: [] for section in EVERYTHING}
    configs = [EVERYTHING] if policy is APPEND else [EVERYTHING, {**EVERYTHING, **CHANGED, "groups": []}, nothing]
    for fault in ("duplicate", "error_after"):
        lab.reset(policy)
        for config in configs:
            newest[:] = [0]
            trouble(lab, *(rule(endpoint, fault) for endpoint in (*ADD.values(), "contacts/add", "reminder/edit")))
            with lab.intercepting(look):
                lab.try_apply(config)
            assert not lab.ledgers.journal_path.exists()
