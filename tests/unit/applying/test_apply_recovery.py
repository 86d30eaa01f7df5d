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
    attributes,
    die_after,
    live,
    of_every_list,
    own_up,
    reminder,
    rule,
    trouble,
)

from intime_sync.applying.recovery import settlement
from intime_sync.kinds.registry import BY_NAME, CONTACTS
from intime_sync.model.ledger import NOWHERE, Carrier, Entry, Intent, Ledger, PutCarrier, PutEntry
from intime_sync.model.policy import Policy
from intime_sync.model.resource import RemoteId, Resource, Snapshot
from intime_sync.service.requests import Request


@of_every_list
@pytest.mark.parametrize("twice", [True, False])
def test_what_an_interrupted_add_made_is_found_again(lab: Lab, section: str, twice: bool) -> None:
    """The service acted, twice perhaps, and nobody was left to hear of it: the next run makes nothing anew."""
    config = {section: [{**item, "protect": False} for item in ITEMS[section]]}
    if twice:
        trouble(lab, rule(ADD[section], "duplicate"))
    die_after(lab, ADD[section], config)
    lab.emulator.set_faults(None)
    lab.emulator.calls.clear()
    lab.apply(config)
    assert ADD[section] not in lab.writes()
    assert lab.plan(config).is_empty
    own_up(lab, section)
    if section != "blocklist":
        assert live(lab, section) == 3


def test_what_was_there_before_an_interrupted_add_was_not_made_by_it() -> None:
    detail = {"objects": [attributes(WANTED)], "before": [7]}
    intent = Intent(1, "create", REMINDER, ("r0",), detail)
    rows = Snapshot({REMINDER: (reminder(WANTED, 7), reminder(WANTED, 9), reminder(WANTED, 8))})
    found = settlement(intent, Ledger("line"), rows)
    assert [(delta.key, delta.entry.remote_id) for delta in found if isinstance(delta, PutEntry)] == [
        ("r0", 8),
        ("r0#9", 9),
    ]
    assert settlement(intent, Ledger("line"), Snapshot({REMINDER: (reminder(WANTED, 7),)})) == []
    assert settlement(intent, Ledger("line"), Snapshot({})) == []


def test_an_intent_of_another_kind_of_step_teaches_nothing() -> None:
    for operation in ("update", "remove", "make-carriers", "remove-carriers", "remove-duplicates"):
        intent = Intent(1, operation, REMINDER, ("r0",), {"objects": [attributes(WANTED)]})
        assert settlement(intent, Ledger("line"), Snapshot({REMINDER: (reminder(WANTED, 7),)})) == []


def test_what_came_late_is_surplus_and_what_the_ledger_knows_stays() -> None:
    """A request of which nothing was heard was carried out after another one had made the object."""
    intent = Intent(1, "create", REMINDER, ("r0",), {"objects": [attributes(WANTED)], "before": [7]})
    known = Ledger("line", objects={REMINDER: {"r0": Entry(attributes(WANTED), RemoteId(9), protect=True)}})
    both = Snapshot({REMINDER: (reminder(WANTED, 7), reminder(WANTED, 8), reminder(WANTED, 9))})
    assert [delta.key for delta in settlement(intent, known, both) if isinstance(delta, PutEntry)] == ["r0#8"]
    assert settlement(intent, known, Snapshot({REMINDER: (reminder(WANTED, 9),)})) == []


def test_an_interrupted_add_may_have_taken_whoever_could_be_reached_the_same_way() -> None:
    entries = {
        key: Entry({"mobile": number}, RemoteId(id), carrier=RemoteId(40))
        for key, number, id in (("anna", "+46701740605", 1), ("bo", "+46701740606", 2), ("cy", "+46701740607", 3))
    }
    book = Ledger("line", objects={CONTACTS.name: entries}, carriers={RemoteId(40): Carrier("c", {})})
    detail = {"carriers": [50, 51], "reach": ["+46701740606"]}
    found = settlement(Intent(1, "add", CONTACTS.name, ("anna", "new"), detail), book, Snapshot({}))
    assert {it.key: it.entry.carrier for it in found if isinstance(it, PutEntry)} == {"anna": NOWHERE, "bo": NOWHERE}
    assert [dict(it.carrier.copies) for it in found if isinstance(it, PutCarrier)] == [{"anna": 1, "bo": 2}]
    nothing = Intent(1, "add", CONTACTS.name, (), {})
    assert settlement(nothing, book, Snapshot({})) == []


def test_what_an_interrupted_create_made_is_ours_where_the_known_one_is_gone() -> None:
    (wanted,) = desired_from({"reminders": ITEMS["reminders"][:1]}).of(REMINDER)
    fields = dict(BY_NAME[REMINDER].attributes(wanted.value))
    intent = Intent(1, "create", REMINDER, ("r0",), {"objects": [fields], "before": []})
    known = Ledger("line", objects={REMINDER: {"r0": Entry(fields, RemoteId(9))}})
    found = settlement(intent, known, Snapshot({REMINDER: (Resource("#8", wanted.value, RemoteId(8)),)}))
    assert [(it.key, it.entry.remote_id) for it in found if isinstance(it, PutEntry)] == [("r0", 8)]


@of_every_list
@pytest.mark.parametrize(
    ("fault", "stays"), [("error_before", True), ("error_after", False), ("empty", False), ("partial", True)]
)
def test_only_a_create_that_may_still_come_stays_in_the_journal(
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
def test_whatever_is_sent_is_in_the_journal_first_and_nothing_stays_in_it(lab: Lab, policy: Policy) -> None:
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
            with lab.hearing(look):
                lab.try_apply(config)
            assert not lab.ledgers.journal_path.exists()
