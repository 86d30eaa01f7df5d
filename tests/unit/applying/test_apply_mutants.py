"""Promises that an apply could break unseen: found by mutating the applier and asking who would have noticed."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from account_lab import Lab, actions, desired_from, found_contacts, wanted_contacts

from intime_sync.applying.goals import CreateGoal, ListView, RemoveGoal, UpdateGoal
from intime_sync.applying.lost import mark_lost, ways_to_reach
from intime_sync.applying.recovery import settlement
from intime_sync.emulator import FaultPlan
from intime_sync.kinds.base import ListedKind
from intime_sync.kinds.registry import BY_NAME, BY_SECTION, CONTACTS
from intime_sync.model.change import Create, Delete, Update
from intime_sync.model.ledger import NOWHERE, Carrier, Entry, Intent, Ledger, PutCarrier, PutEntry
from intime_sync.model.policy import ContactStrategy, Policy
from intime_sync.model.report import Status
from intime_sync.model.resource import Address, KindName, RemoteId, Resource, Snapshot

Config = dict[str, list[dict[str, Any]]]
ITEMS: dict[str, list[dict[str, Any]]] = {
    "groups": [{"name": f"Grupp {index}"} for index in range(3)],
    "blocklist": [{"mobile": f"07017406{10 + index}"} for index in range(3)],
    "reminders": [
        {"key": f"r{index}", "at": "2026-12-01T08:30", "attendant": {"mobile": f"07017407{10 + index}"}}
        for index in range(3)
    ],
}
ADD = {"groups": "contacts/addgroup", "blocklist": "nix/addnix", "reminders": "reminder/add"}
REMOVE = {"groups": "contacts/deletegroup", "blocklist": "nix/deletenix", "reminders": "reminder/edit"}
FAULTS = ["error_before", "error_after", "drop_before", "drop_after", "garbage", "empty", "duplicate"]

of_every_list = pytest.mark.parametrize("section", ITEMS)


def trouble(lab: Lab, endpoint: str, fault: str, times: int = 1) -> None:
    lab.emulator.set_faults(FaultPlan.from_data([{"endpoint": endpoint, "call": 1, "times": times, "fault": fault}]))


def live(lab: Lab, section: str) -> int:
    """How many objects of a section do something in the account."""
    store = lab.emulator.store
    if section == "groups":
        return len(store.groups())
    return len(store.blocklist()) if section == "blocklist" else sum(row.active for row in store.reminders())


def kind_of(section: str) -> ListedKind:
    kind = BY_SECTION[section]
    assert isinstance(kind, ListedKind)
    return kind


def own_up(lab: Lab, section: str) -> None:
    """The ledger knows each object by the id and the attributes that the account shows."""
    kind = kind_of(section)
    rows = {row.remote_id: row for row in lab.fetch(desired_from({section: []})).of(kind.name)}
    entries = lab.ledger().of(kind.name)
    assert len(entries) == len(ITEMS[section])
    for entry in entries.values():
        if section != "blocklist":
            assert entry.attributes == kind.attributes(rows[entry.remote_id].value)


# One request in trouble


@of_every_list
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("batch_size", [1, 200])
def test_trouble_with_one_add_is_over_within_the_run(lab: Lab, section: str, fault: str, batch_size: int) -> None:
    lab.policy = Policy(batch_size=batch_size)
    config = {section: ITEMS[section]}
    trouble(lab, ADD[section], fault)
    lab.apply(config)
    assert live(lab, section) == 3
    own_up(lab, section)
    assert lab.plan(config).is_empty


@of_every_list
@pytest.mark.parametrize("fault", FAULTS)
def test_trouble_with_one_removal_is_over_within_the_run(lab: Lab, section: str, fault: str) -> None:
    lab.apply({section: ITEMS[section]})
    trouble(lab, REMOVE[section], fault)
    lab.apply({section: []})
    assert live(lab, section) == 0
    assert lab.ledger().of(kind_of(section).name) == {}


@of_every_list
@pytest.mark.parametrize("what", ["add", "remove"])
def test_what_never_happens_is_reported_and_stays_planned(lab: Lab, section: str, what: str) -> None:
    if what == "remove":
        lab.apply({section: ITEMS[section]})
    config: Config = {section: ITEMS[section] if what == "add" else []}
    lab.emulator.calls.clear()
    trouble(lab, ADD[section] if what == "add" else REMOVE[section], "error_before", times=99)
    applied = lab.try_apply(config)
    assert {result.status for result in applied.report.results} == {Status.FAILED}
    assert len(lab.writes()) == 3  # three times at most
    assert len(lab.plan(config).changes) == 3
    lab.emulator.set_faults(None)
    lab.apply(config)
    assert live(lab, section) == len(config[section])
    assert lab.plan(config).is_empty


@pytest.mark.parametrize("fault", ["error_before", "error_after", "garbage"])
@pytest.mark.parametrize("times", [1, 99])
def test_an_edit_in_trouble_is_judged_by_the_list(lab: Lab, fault: str, times: int) -> None:
    lab.apply({"reminders": ITEMS["reminders"]})
    moved = {"reminders": [{**item, "at": "2026-12-02T08:30"} for item in ITEMS["reminders"]]}
    trouble(lab, "reminder/edit", fault, times)
    applied = lab.try_apply(moved)
    happened = times == 1 or fault == "error_after"
    there = {f"{row.at:%d}" for row in lab.emulator.store.reminders()}
    if fault != "garbage":
        assert there == {"02" if happened else "01"}
    wanted = Status.DONE if there == {"02"} else Status.FAILED
    assert {result.status for result in applied.report.results} == {wanted}
    lab.emulator.set_faults(None)
    lab.apply(moved)
    own_up(lab, "reminders")
    assert lab.plan(moved).is_empty


class Killed(BaseException):
    """The process is gone."""


@of_every_list
@pytest.mark.parametrize("twice", [True, False])
def test_what_an_interrupted_add_made_is_found_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, section: str, twice: bool
) -> None:
    """The service acted, twice perhaps, and nobody was left to hear of it: the next run makes nothing anew."""
    config = {section: [{**item, "protect": False} for item in ITEMS[section]]}
    if twice:
        trouble(lab, ADD[section], "duplicate")
    send = lab.client.send

    def dying(request: Any) -> Any:
        send(request)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(lab.client, "send", dying)
        with suppress(Killed):
            lab.try_apply(config)
    lab.emulator.set_faults(None)
    lab.emulator.calls.clear()
    lab.apply(config)
    assert ADD[section] not in lab.writes()
    assert lab.plan(config).is_empty
    own_up(lab, section)
    if section != "blocklist":
        assert live(lab, section) == 3


# What the ledger remembers


@of_every_list
@pytest.mark.parametrize("adopted", [True, False])
def test_protect_and_the_way_of_removal_are_remembered_once_applied(lab: Lab, section: str, adopted: bool) -> None:
    item = ITEMS[section][0]
    if adopted:
        lab.apply({section: [item]})
        lab.lose_ledger()
    more = {"on_delete": "delete_contacts"} if section == "groups" else {}
    lab.apply({section: [{**item, "protect": True, **more}]})
    (entry,) = lab.ledger().of(kind_of(section).name).values()
    assert entry.protect
    assert dict(entry.options) == more
    assert [guard.rule for guard in lab.plan({section: []}).tripped()] == ["protect"]


def test_a_contacts_protect_is_remembered_and_nothing_else_changes(lab: Lab) -> None:
    anna = {"key": "anna", "mobile": "0701740605", "groups": []}
    lab.apply({"contacts": [anna]})
    before = lab.ledger().of(CONTACTS.name)["anna"]
    lab.emulator.calls.clear()
    lab.apply({"contacts": [{**anna, "protect": True}]})
    after = lab.ledger().of(CONTACTS.name)["anna"]
    assert lab.writes() == []
    assert (after.protect, after.carrier, after.remote_id) == (True, before.carrier, before.remote_id)
    assert lab.plan({"contacts": [anna]}).is_empty
    assert [guard.rule for guard in lab.plan({"contacts": []}).tripped()] == ["protect"]


# Groups that are removed with their contacts


ANNA = {"key": "anna", "mobile": "0701740605", "groups": ["Jour"]}
BO = {"key": "bo", "mobile": "0701740606", "groups": ["Jour"]}
TAKING = {"name": "Jour", "on_delete": "delete_contacts"}


def test_a_group_takes_nobody_along_who_could_not_move_out(lab: Lab) -> None:
    lab.apply({"groups": [TAKING], "contacts": [ANNA, BO]})
    moved: Config = {"groups": [], "contacts": [{**ANNA, "groups": []}, {**BO, "groups": []}]}
    trouble(lab, "contacts/add", "error_before", times=99)
    lab.try_apply(moved)
    assert len(lab.emulator.store.contacts()) == 2
    assert "Jour" in lab.group_names().values()
    lab.emulator.set_faults(None)
    lab.apply(moved)
    assert found_contacts(lab) == wanted_contacts(moved)
    assert "Jour" not in lab.group_names().values()


def test_a_group_that_keeps_its_contacts_goes_whatever_became_of_them(lab: Lab) -> None:
    lab.apply({"groups": [{"name": "Jour"}], "contacts": [ANNA, BO]})
    moved: Config = {"groups": [], "contacts": [{**ANNA, "groups": []}, {**BO, "groups": []}]}
    trouble(lab, "contacts/add", "error_before", times=99)
    lab.try_apply(moved)
    assert "Jour" not in lab.group_names().values()
    assert len(lab.emulator.store.contacts()) == 2
    lab.emulator.set_faults(None)
    lab.apply(moved)
    assert found_contacts(lab) == wanted_contacts(moved)


@pytest.mark.parametrize("item", [TAKING, {"name": "Jour"}], ids=["with", "without"])
def test_a_group_goes_with_or_without_contacts_as_was_said(lab: Lab, item: dict[str, Any]) -> None:
    lab.apply({"groups": [item]})
    (group,) = lab.group_names()
    lab.emulator.store.add_contact(mobile="0701740690", groups=[group])
    lab.apply({"groups": []})
    assert len(lab.emulator.store.contacts()) == (0 if item is TAKING else 1)


# Appending: nothing can be taken back, so nothing is tried twice


@pytest.mark.parametrize("fault", ["error_after", "error_before", "drop_after", "garbage", "empty"])
def test_an_appended_contact_of_unknown_outcome_is_never_sent_again(lab: Lab, fault: str) -> None:
    lab.policy = Policy(contact_strategy=ContactStrategy.APPEND)
    config: Config = {"groups": [], "contacts": [{**ANNA, "groups": []}, {**BO, "groups": [], "protect": True}]}
    trouble(lab, "contacts/add", fault)
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


def test_an_append_that_nobody_saw_the_end_of_is_unknown(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.policy = Policy(contact_strategy=ContactStrategy.APPEND)
    config: Config = {"groups": [], "contacts": [{**ANNA, "groups": []}]}
    send = lab.client.send

    def dying(request: Any) -> Any:
        send(request)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(lab.client, "send", dying)
        with suppress(Killed):
            lab.try_apply(config)
    lab.try_apply(config)
    assert len(lab.emulator.store.contacts()) == 1
    assert lab.ledger().of(CONTACTS.name)["anna"].unknown
    assert actions(lab.plan(config)) == [("held", "contact/anna")]


# What counts as done


REMINDER = KindName("reminder")
WANTED = ITEMS["reminders"][0]


def reminder(item: dict[str, Any], id: int) -> Resource[Any]:
    (found,) = desired_from({"reminders": [item]}).of(REMINDER)
    return Resource(f"#{id}", found.value, RemoteId(id))


def attributes(item: dict[str, Any]) -> dict[str, Any]:
    (found,) = desired_from({"reminders": [item]}).of(REMINDER)
    return dict(BY_NAME[REMINDER].attributes(found.value))


def view(*rows: Resource[Any]) -> ListView:
    return ListView(kind_of("reminders"), rows)


def test_only_what_came_since_shows_that_something_was_made() -> None:
    change = Create(address=Address(REMINDER, "r0"), after=attributes(WANTED))
    goal = CreateGoal(kind_of("reminders"), [reminder(WANTED, 7)])
    off = reminder({**WANTED, "active": False}, 6)
    oldest, newest, other = reminder(WANTED, 8), reminder(WANTED, 9), reminder(ITEMS["reminders"][1], 5)
    assert goal.met(change, view()) is False
    assert goal.met(change, view(reminder(WANTED, 7), other, off)) is False
    assert goal.met(change, view(newest, reminder(WANTED, 7), oldest, other)) is oldest


def test_an_edit_is_done_when_the_object_looks_as_wanted() -> None:
    moved = {**WANTED, "at": "2026-12-02T08:30"}
    goal = UpdateGoal(kind_of("reminders"))
    change = Update(
        address=Address(REMINDER, "r0"),
        remote_id=RemoteId(7),
        before=attributes(WANTED),
        after=attributes(moved),
        fields=(),
    )
    assert goal.met(change, view(reminder(moved, 7)))
    assert goal.met(change, view(reminder(WANTED, 7))) is False
    assert goal.met(change, view(reminder(moved, 8))) is False
    assert goal.met(change, view()) is False


def test_a_removal_is_done_when_the_object_is_gone() -> None:
    goal = RemoveGoal(kind_of("reminders"))
    change = Delete(address=Address(REMINDER, "r0"), remote_id=RemoteId(7), before=attributes(WANTED))
    assert goal.met(change, view(reminder(WANTED, 7))) is False
    assert goal.met(change, view(reminder(WANTED, 8))) is True
    assert goal.met(change, view(reminder({**WANTED, "active": False}, 7))) is True


# What an interrupted run left


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


def marked_lost(keys: list[str], reach: list[str]) -> tuple[list[str], dict[int, dict[str, Any]]]:
    """Whose entries count as gone, and what the carriers that stay hold copies of."""

    def person(key: str, id: int, carrier: int | None) -> Entry:
        return Entry(
            {"mobile": f"+4670174060{id}"}, RemoteId(id), carrier=None if carrier is None else RemoteId(carrier)
        )

    entries = {"a": person("a", 1, 40), "b": person("b", 2, 40), "c": person("c", 3, 41), "d": person("d", 4, None)}
    book = Ledger("line", 0, None, {CONTACTS.name: entries}, {RemoteId(id): Carrier(f"c{id}", {}) for id in (40, 41)})
    deltas = mark_lost(book, keys, reach)
    lost = [it.key for it in deltas if isinstance(it, PutEntry) and it.entry.carrier == NOWHERE]
    return lost, {it.id: dict(it.carrier.copies) for it in deltas if isinstance(it, PutCarrier)}


def test_whoever_could_be_reached_the_same_way_counts_as_lost() -> None:
    assert marked_lost([], []) == ([], {})
    assert marked_lost(["a"], []) == (["a"], {40: {"a": 1}})
    assert marked_lost(["new"], ["+46701740602", "+46701740603"]) == (["b", "c"], {40: {"b": 2}, 41: {"c": 3}})
    assert marked_lost(["a"], ["+46701740602"]) == (["a", "b"], {40: {"a": 1, "b": 2}})
    assert marked_lost(["d"], ["+46701740604"]) == ([], {})
    assert ways_to_reach([{"mobile": "+461", "email": "x@y.se"}, {"mobile": ""}]) == ["+461", "x@y.se"]


def test_what_came_late_is_surplus_and_what_the_ledger_knows_stays() -> None:
    """A request of which nothing was heard was carried out after another one had made the object."""
    intent = Intent(1, "create", REMINDER, ("r0",), {"objects": [attributes(WANTED)], "before": [7]})
    known = Ledger("line", objects={REMINDER: {"r0": Entry(attributes(WANTED), RemoteId(9), protect=True)}})
    both = Snapshot({REMINDER: (reminder(WANTED, 7), reminder(WANTED, 8), reminder(WANTED, 9))})
    assert [delta.key for delta in settlement(intent, known, both) if isinstance(delta, PutEntry)] == ["r0#8"]
    assert settlement(intent, known, Snapshot({REMINDER: (reminder(WANTED, 9),)})) == []


@pytest.mark.parametrize("merging", [True, False])
def test_whoever_is_moved_for_a_neighbours_sake_stays_protected(lab: Lab, merging_lab: Lab, merging: bool) -> None:
    lab = merging_lab if merging else lab
    anna, bo, cy = ({**ANNA, "groups": [], "protect": True}, {**BO, "groups": []}, {**BO, "key": "cy", "groups": []})
    cy["mobile"] = "0701740607"
    lab.apply({"groups": [], "contacts": [anna, bo, cy]})
    # Its line no longer says so: the ledger remembers it.
    last: Config = {"groups": [], "contacts": [{**ANNA, "groups": []}, cy]}
    lab.apply(last)
    assert found_contacts(lab) == wanted_contacts(last)
    assert lab.ledger().of(CONTACTS.name)["anna"].protect
    assert not lab.ledger().of(CONTACTS.name)["cy"].protect
    assert lab.plan(last).is_empty


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


def test_a_carrier_that_loses_somebody_goes_whole_and_is_made_again_whole(merging_lab: Lab) -> None:
    """The new carrier shares anna with the old one, which must go for bo's sake; dy is in the new one only."""
    lab = merging_lab
    anna, bo = {**ANNA, "groups": []}, {**BO, "groups": []}
    dy = {"key": "dy", "mobile": "0701740608", "groups": []}
    lab.apply({"groups": [], "contacts": [anna, bo]})
    last: Config = {"groups": [], "contacts": [anna, dy]}
    lab.apply(last)
    assert found_contacts(lab) == wanted_contacts(last)
    assert lab.plan(last).is_empty


def test_an_address_reaches_as_a_number_does_and_nobody_is_passed_over() -> None:
    entries = {
        "a": Entry({"email": "a@example.se"}, RemoteId(1)),
        "b": Entry({"email": "b@example.se"}, RemoteId(2), carrier=NOWHERE),
        "c": Entry({"email": "c@example.se"}, RemoteId(3), carrier=RemoteId(40)),
        "d": Entry({"email": "", "mobile": ""}, RemoteId(4), carrier=RemoteId(40)),
    }
    book = Ledger("line", objects={CONTACTS.name: entries}, carriers={RemoteId(40): Carrier("c", {})})
    found = mark_lost(book, [], ["a@example.se", "b@example.se", "c@example.se"])
    assert [it.key for it in found if isinstance(it, PutEntry)] == ["c"]
