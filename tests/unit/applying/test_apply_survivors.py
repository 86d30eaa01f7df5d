"""What a whole mutation run over the applier found nobody to notice: contacts on their way, reports, the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from account_lab import OWNER, Lab, actions, desired_from, found_contacts, wanted_contacts

from intime_sync.applying.goals import ListView, RemoveGoal
from intime_sync.applying.packs import pack
from intime_sync.applying.recovery import settlement
from intime_sync.applying.run import Run
from intime_sync.emulator import FaultPlan
from intime_sync.kinds.base import ListedKind, WireContext
from intime_sync.kinds.blocklist import BlockedNumber
from intime_sync.kinds.registry import BY_NAME, CONTACTS
from intime_sync.model.change import Create, Delete, Update
from intime_sync.model.ledger import Entry, Intent, Ledger, PutEntry
from intime_sync.model.policy import ContactStrategy, Policy
from intime_sync.model.report import Result, Status
from intime_sync.model.resource import Address, KindName, RemoteId, Resource, Snapshot
from intime_sync.planning.carriers import CarrierBuild, PrefixTree
from intime_sync.service.client import Outcome
from intime_sync.service.reply import Refused
from intime_sync.service.requests import Request
from intime_sync.service.transport import NotSent

Config = dict[str, list[dict[str, Any]]]
GROUP, BLOCKLIST, REMINDER = KindName("group"), KindName("blocklist"), KindName("reminder")
ITEMS: Config = {
    "groups": [{"name": f"Grupp {index}"} for index in range(3)],
    "blocklist": [{"mobile": f"07017406{10 + index}"} for index in range(3)],
    "reminders": [
        {"key": f"r{index}", "at": "2026-12-01T08:30", "attendant": {"mobile": f"07017407{10 + index}"}}
        for index in range(3)
    ],
}
ADD = {"groups": "contacts/addgroup", "blocklist": "nix/addnix", "reminders": "reminder/add"}
REMOVE = {"groups": "contacts/deletegroup", "blocklist": "nix/deletenix", "reminders": "reminder/edit"}
ANNA: dict[str, Any] = {"key": "anna", "mobile": "0701740605", "groups": []}
BO: dict[str, Any] = {"key": "bo", "mobile": "0701740606", "groups": []}
BOTH: Config = {"groups": [], "contacts": [ANNA, BO]}
CHANGED: Config = {"groups": [], "contacts": [{**ANNA, "lastname": "Ny"}, {**BO, "lastname": "Ny"}]}
APPEND = Policy(contact_strategy=ContactStrategy.APPEND)
EVERYTHING: Config = {**ITEMS, "contacts": [{**ANNA, "groups": ["Grupp 1"]}, BO]}

of_every_list = pytest.mark.parametrize("section", ITEMS)


def rule(endpoint: str, fault: str, times: int = 1, **more: Any) -> dict[str, Any]:
    return {"endpoint": endpoint, "call": 1, "times": times, "fault": fault, **more}


def trouble(lab: Lab, *rules: dict[str, Any]) -> None:
    lab.emulator.set_faults(FaultPlan.from_data(list(rules)))
    lab.emulator.calls.clear()


@contextmanager
def meanwhile(lab: Lab, hear: Callable[[Request], Outcome | None]) -> Iterator[None]:
    """What is sent goes through `hear` first, which may answer in the service's stead."""
    send = lab.client.send
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lab.client, "send", lambda request: hear(request) or send(request))
        yield


def refusing(poison: str) -> Callable[[Request], Outcome | None]:
    """The service refuses whatever comes with `poison`."""
    return lambda request: Refused("3:ERROR1", "bad item") if poison.encode() in (request.body or b"") else None


class Runs:
    """The runs that a laboratory makes, and what they are given besides."""

    def __init__(self) -> None:
        self.made: list[Run] = []
        self.more: dict[str, Any] = {}


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    runs = Runs()

    class Noted(Run):
        def __init__(self, **given: Any) -> None:
            super().__init__(**{**given, **runs.more})
            runs.made.append(self)

    monkeypatch.setattr("account_lab.Run", Noted)
    return runs


def ended(lab: Lab, config: Config) -> dict[str, Result]:
    """What became of each change, by its key; whatever is not done says why."""
    found = {result.address.key: result for result in lab.try_apply(config).report.results}
    assert all(bool(result.error) == (result.status is not Status.DONE) for result in found.values()), found
    return found


def statuses(lab: Lab, config: Config) -> dict[str, str]:
    return {key: str(result.status) for key, result in ended(lab, config).items()}


def assert_converges(lab: Lab, config: Config) -> None:
    lab.emulator.set_faults(None)
    lab.outwait()
    lab.apply(config)
    if "contacts" in config:
        assert found_contacts(lab) == wanted_contacts(config)
    assert lab.plan(config).is_empty
    assert not lab.ledgers.journal_path.exists()


# Contacts on their way


@pytest.mark.parametrize("fault", ["error_before", "error_after", "garbage", "drop_after", "empty"])
@pytest.mark.parametrize("carrier_size", [1, 50])
def test_trouble_with_adding_contacts_is_over_within_the_run(lab: Lab, fault: str, carrier_size: int) -> None:
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
def test_trouble_with_a_carrier_is_over_within_the_run(lab: Lab, endpoint: str, fault: str) -> None:
    lab.apply(BOTH)
    trouble(lab, rule(endpoint, fault))
    lab.apply(CHANGED)
    assert found_contacts(lab) == wanted_contacts(CHANGED)
    assert len(lab.carriers()) == 1


@pytest.mark.parametrize("endpoint", ["contacts/addgroup", "contacts/add"])
def test_contacts_that_never_get_through_fail_and_stay_as_they_were(lab: Lab, endpoint: str) -> None:
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
def test_nothing_is_called_done_while_an_old_copy_is_left(lab: Lab, left: Config) -> None:
    lab.apply(BOTH)
    trouble(lab, rule("contacts/deletegroup", "error_before", 99))
    assert statuses(lab, left) == {"anna": "failed", "bo": "failed"}
    assert_converges(lab, left)


def test_a_removal_is_not_called_done_where_a_neighbour_could_not_move_out(lab: Lab) -> None:
    lab.apply(BOTH)
    trouble(lab, rule("contacts/add", "error_before", 99))
    alone: Config = {"groups": [], "contacts": [BO]}
    assert statuses(lab, alone) == {"anna": "failed"}
    assert len(lab.emulator.store.contacts()) == 2
    assert set(lab.ledger().of(CONTACTS.name)) == {"anna", "bo"}
    assert_converges(lab, alone)


@pytest.mark.parametrize("merging", [True, False])
def test_a_change_of_contacts_takes_no_more_calls_than_it_must(lab: Lab, merging_lab: Lab, merging: bool) -> None:
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


def test_one_refused_contact_costs_nobody_else(lab: Lab) -> None:
    with meanwhile(lab, refusing("0605")):
        found = ended(lab, BOTH)
    assert [(key, str(result.status)) for key, result in found.items()] == [("anna", "failed"), ("bo", "done")]
    assert "3:ERROR1" in str(found["anna"].error)
    assert_converges(lab, BOTH)


@pytest.mark.parametrize("size", [1, 50])
def test_a_contact_is_added_without_the_group_that_could_not_be_made_and_joins_it_later(lab: Lab, size: int) -> None:
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


def test_whoever_may_have_gone_with_a_namesake_is_said_and_made_again(merging_lab: Lab) -> None:
    lab = merging_lab
    lab.policy = Policy(carrier_size=1)
    lab.apply(BOTH)
    twin: Config = {"groups": [], "contacts": [*BOTH["contacts"], {**ANNA, "key": "twin", "lastname": "Ny"}]}
    trouble(lab, rule("contacts/add", "error_after", 99))
    applied = lab.try_apply(twin)
    assert "contact/anna" in str(applied.failure)
    assert_converges(lab, BOTH)


class Killed(BaseException):
    """The process is gone."""


def die_after(lab: Lab, endpoint: str, config: Config) -> None:
    """The service acts, and nobody is left to hear of it."""
    send = lab.client.send

    def dying(request: Request) -> Outcome | None:
        if request.endpoint.path.startswith(endpoint):
            send(request)
            raise Killed
        return None

    with meanwhile(lab, dying), suppress(Killed):
        lab.try_apply(config)


def test_a_death_among_namesakes_loses_nobody(merging_lab: Lab) -> None:
    lab = merging_lab
    lab.policy = Policy(carrier_size=1)
    lab.apply(BOTH)
    die_after(lab, "contacts/add.", {"groups": [], "contacts": [*BOTH["contacts"], {**ANNA, "key": "twin"}]})
    assert_converges(lab, BOTH)


@pytest.mark.parametrize("merging", [False, True])
def test_a_refused_change_costs_nobody_their_old_form(lab: Lab, merging_lab: Lab, merging: bool) -> None:
    """Anna's change is refused in the run in which somebody else leaves her carrier, so that all must move."""
    lab = merging_lab if merging else lab
    gone = {"key": "gone", "mobile": "0701740699", "groups": []}
    lab.apply({"groups": [], "contacts": [ANNA, BO, gone]})
    changed = {"groups": [], "contacts": [{**ANNA, "lastname": "Fel"}, BO]}
    for _ in range(2):
        with meanwhile(lab, refusing("<lastname>Fel")):
            assert statuses(lab, changed)["anna"] == "failed"
        assert sorted(contact.number or "" for contact in lab.emulator.store.contacts()) == [
            "+46701740605",
            "+46701740606",
        ]


@pytest.mark.parametrize("loser", [0, 1])
def test_carriers_that_go_together_take_nobody_along_who_was_merged(merging_lab: Lab, loser: int) -> None:
    """Of one old carrier everybody was merged into a new one, of the other somebody must go."""
    lab = merging_lab
    lab.policy = Policy(carrier_size=2)
    names = [f"p{index}" for index in range(40)]
    zero = [key for key in names if PrefixTree(names, 30).leaf(key)[0].startswith("p0")][:2]
    one = [key for key in names if PrefixTree(names, 30).leaf(key)[0].startswith("p1")][:2]
    people = [{"key": key, "mobile": f"07017406{names.index(key) + 10}", "groups": []} for key in (*zero, *one)]
    lab.apply({"groups": [], "contacts": people})
    assert len(lab.carriers()) == 2
    gone = (zero, one)[loser][0]
    last: Config = {"groups": [], "contacts": [{**it, "lastname": "Ny"} for it in people if it["key"] != gone]}
    lab.apply(last)
    assert found_contacts(lab) == wanted_contacts(last)
    assert_converges(lab, last)


def test_a_new_carrier_that_loses_somebody_leaves_nobody_behind_without_a_carrier(merging_lab: Lab) -> None:
    lab = merging_lab
    lab.apply(BOTH)
    dy = {"key": "dy", "mobile": "0701740608", "groups": []}
    trouble(lab, {**rule("contacts/add", "error_before", 99), "call": 2})
    assert statuses(lab, {"groups": [], "contacts": [ANNA, dy]})["dy"] == "failed"
    assert_converges(lab, {"groups": [], "contacts": [ANNA]})


# Which groups may be touched


def test_only_this_owners_carriers_are_ever_removed_whatever_a_plan_says(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = lab.emulator.store
    foreign = store.add_group("Deras")
    store.add_contact(mobile="0701740690", groups=[foreign])
    make = lab.make
    monkeypatch.setattr(lab, "make", lambda *given: replace(make(*given), leftovers=(RemoteId(foreign),)))
    lab.apply(BOTH)
    assert foreign in lab.group_names()
    assert len(store.contacts()) == 3


def test_a_carrier_that_comes_up_meanwhile_is_said_and_left_alone(lab: Lab, runs: Runs) -> None:
    """What may be removed is what the plan named and what the run made."""
    store = lab.emulator.store
    strangers: list[int] = []

    def add(request: Request) -> None:
        if request.endpoint.path.startswith("contacts/addgroup"):
            strangers.append(store.add_group(f"~{OWNER}/all-x"))

    leftover = store.add_group(f"~{OWNER}/all-y")
    with meanwhile(lab, add):
        applied = lab.try_apply(BOTH)
    assert applied.failure is not None
    assert set(lab.carriers()) > set(strangers)
    assert runs.made[0].purgeable == {leftover, *lab.carriers()} - {*strangers}
    assert_converges(lab, BOTH)


def test_contacts_join_the_group_that_the_ledger_knows_among_several_of_one_name(lab: Lab) -> None:
    jour: Config = {"groups": [{"name": "Jour"}]}
    lab.apply(jour)
    (ours,) = lab.group_names()
    lab.emulator.store.add_group("Jour")
    pinned: Config = {"groups": [{"name": "Jour", "id": ours}]}
    lab.apply({**pinned, "contacts": [{**ANNA, "groups": ["Jour"]}]})
    assert len(lab.members()[ours]) == 1


def test_a_contact_joins_no_group_that_was_renamed_by_hand(lab: Lab) -> None:
    jour: Config = {"groups": [{"name": "Jour"}]}
    lab.apply(jour)
    (ours,) = lab.group_names()
    lab.emulator.store.rename_group(ours, "Deras")
    config = {**jour, "contacts": [{**ANNA, "groups": ["Jour"]}]}
    trouble(lab, rule("contacts/addgroup", "error_before", 3))
    assert statuses(lab, config)["anna"] == "failed"
    assert lab.members()[ours] == set()
    assert_converges(lab, config)


def test_a_group_that_would_take_somebody_along_fails_and_says_whom(lab: Lab) -> None:
    jour = {"name": "Jour", "on_delete": "delete_contacts"}
    lab.apply({"groups": [jour], "contacts": [{**ANNA, "groups": ["Jour"]}]})
    trouble(lab, rule("contacts/add", "error_before", 99))
    found = ended(lab, {"groups": [], "contacts": [ANNA]})
    assert found["Jour"].status is Status.FAILED
    assert "contact/anna" in str(found["Jour"].error)


# Listed objects


@of_every_list
def test_one_refused_item_costs_nobody_else(lab: Lab, section: str) -> None:
    poison = {"groups": "Grupp 1", "blocklist": "0701740611", "reminders": "0701740711"}[section]
    lab.emulator.calls.clear()
    with meanwhile(lab, refusing(poison[1:])):
        found = ended(lab, {section: ITEMS[section]})
    failed = [result for result in found.values() if result.status is Status.FAILED]
    assert len(failed) == 1
    assert "3:ERROR1" in str(failed[0].error)
    assert not lab.ledgers.journal_path.exists()
    assert_converges(lab, {section: ITEMS[section]})


@of_every_list
@pytest.mark.parametrize("what", ["add", "remove"])
def test_what_is_confirmed_and_not_in_the_list_is_not_called_done(lab: Lab, section: str, what: str) -> None:
    config: Config = {section: ITEMS[section]}
    if what == "remove":
        lab.apply(config)
        config = {section: []}
    endpoint = (ADD if what == "add" else REMOVE)[section]
    trouble(lab, rule(endpoint, "garbage", 99, text="1,2,3", act=False))
    assert set(statuses(lab, config).values()) == {"failed"}
    assert len(lab.writes()) == (1 if what == "add" else 2)  # a removal is asked for once more in the list's spelling
    assert not lab.ledgers.journal_path.exists()
    assert_converges(lab, config)


def test_an_edit_that_is_answered_with_its_negative_id_says_why(lab: Lab) -> None:
    lab.apply({"reminders": ITEMS["reminders"][:1]})
    (row,) = lab.emulator.store.reminders()
    trouble(lab, rule("reminder/edit", "garbage", 99, text=f"-{row.id}", act=False))
    found = ended(lab, {"reminders": [{**ITEMS["reminders"][0], "at": "2026-12-02T08:30"}]})
    assert "switched off" in str(found["r0"].error)


@of_every_list
def test_half_a_batch_that_came_to_be_is_ours_before_the_rest_is_sent(lab: Lab, section: str) -> None:
    trouble(lab, rule(ADD[section], "partial", reply="short"))
    lab.apply({section: ITEMS[section]})
    (name,) = {change.address.kind for change in lab.plan({section: []}).changes}
    assert len(lab.ledger().of(name)) == len(lab.plan({section: []}).changes) == 3


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


@pytest.mark.parametrize("dies", [False, True])
def test_two_objects_alike_are_two(lab: Lab, dies: bool) -> None:
    """What was there before is neither taken for what was asked for, nor for a twin of it."""
    first = ITEMS["reminders"][0]
    alike: Config = {"reminders": [first, {**first, "key": "again"}]}
    lab.apply({"reminders": [first]})
    if dies:
        die_after(lab, "reminder/add", alike)
        lab.emulator.calls.clear()
        lab.apply(alike)
        assert lab.writes() == []
    lab.apply(alike)
    ids = {row.id for row in lab.emulator.store.reminders() if row.active}
    assert len(ids) == 2
    assert {entry.remote_id for entry in lab.ledger().of(REMINDER).values()} == ids


@pytest.mark.parametrize("section", ["groups", "reminders"])
def test_twins_that_cannot_be_removed_are_said_and_removed_by_the_next_run(lab: Lab, section: str) -> None:
    config: Config = {section: ITEMS[section]}
    trouble(lab, rule(ADD[section], "duplicate"), rule(REMOVE[section], "error_before", 99))
    applied = lab.try_apply(config)
    assert "3 " in str(applied.failure)
    assert applied.report.notes == ()
    kept = {str(result.address) for result in applied.report.results}
    assert {(action, address.split("#")[0]) for action, address in actions(lab.plan(config))} == {
        ("delete", address) for address in kept
    }
    assert_converges(lab, config)


@pytest.mark.parametrize("section", ["groups", "reminders"])
def test_twins_that_were_removed_are_counted(lab: Lab, section: str) -> None:
    lab.policy = Policy(batch_size=1)
    trouble(lab, rule(ADD[section], "duplicate", 3), rule(REMOVE[section], "error_before"))
    applied = lab.try_apply({section: ITEMS[section]})
    (note,) = applied.report.notes
    assert note.startswith(f"2 {section.removesuffix('s')} ")
    assert str(applied.failure).startswith(f"1 {section.removesuffix('s')} ")


def test_a_second_removal_spells_the_number_as_the_list_does() -> None:
    kind = BY_NAME[BLOCKLIST]
    assert isinstance(kind, ListedKind)
    goal, number = RemoveGoal(kind), "+46701740606"
    change = Delete(address=Address(BLOCKLIST, number), remote_id=None, before={"mobile": number})
    row = Resource(number, BlockedNumber(number, "070/174 06 06"))
    wire = WireContext()
    assert b"070/174 06 06" not in (goal.request([change], wire).body or b"")
    assert goal.met(change, ListView(kind, [row])) is False
    assert b"070/174 06 06" in (goal.request([change], wire).body or b"")


def test_what_an_interrupted_create_made_is_ours_where_the_known_one_is_gone() -> None:
    (wanted,) = desired_from({"reminders": ITEMS["reminders"][:1]}).of(REMINDER)
    fields = dict(BY_NAME[REMINDER].attributes(wanted.value))
    intent = Intent(1, "create", REMINDER, ("r0",), {"objects": [fields], "before": []})
    known = Ledger("line", objects={REMINDER: {"r0": Entry(fields, RemoteId(9))}})
    found = settlement(intent, known, Snapshot({REMINDER: (Resource("#8", wanted.value, RemoteId(8)),)}))
    assert [(it.key, it.entry.remote_id) for it in found if isinstance(it, PutEntry)] == [("r0", 8)]


def test_carriers_are_packed_the_largest_first_so_that_requests_are_full() -> None:
    sizes = [1, 5, 1, 5, 4, 2]
    builds = [CarrierBuild(f"c{n}", {f"{n}-{i}": {} for i in range(size)}) for n, size in enumerate(sizes)]
    assert [sum(len(it.members) for it in packed) for packed in pack(builds, 6)] == [6, 6, 6]


# What only the ledger learns


def test_what_is_gone_and_no_longer_wanted_is_forgotten(lab: Lab) -> None:
    lab.apply({"groups": ITEMS["groups"]})
    for id in lab.group_names():
        lab.emulator.store.delete_group(id)
    lab.apply({"groups": []})
    assert lab.ledger().of(GROUP) == {}


@pytest.mark.parametrize(
    "others", [[], [{"key": "a", "at": "2026-12-03T08:30", "attendant": {"mobile": "0701740799"}}]]
)
def test_what_another_key_takes_over_is_its_own_though_its_change_fails(
    lab: Lab, others: list[dict[str, Any]]
) -> None:
    first = ITEMS["reminders"][0]
    lab.apply({"reminders": [first, *others]})
    (row,) = (row for row in lab.emulator.store.reminders() if f"{row.at:%d}" == "01")
    attendant = {**first["attendant"], "firstname": "Anna"}
    moved = [{**it, "at": "2026-12-04T08:30"} for it in others]
    taken: Config = {"reminders": [*moved, {**first, "key": "z", "attendant": attendant}]}
    trouble(lab, rule("reminder/edit", "error_before", 99))
    assert statuses(lab, taken)["z"] == "failed"
    known = lab.ledger().of(REMINDER)
    assert set(known) == {"z", *(it["key"] for it in others)}
    assert known["z"].remote_id == row.id
    assert known["z"].attributes != BY_NAME[REMINDER].attributes(desired_from(taken).of(REMINDER)[-1].value)
    assert_converges(lab, taken)


def test_what_somebody_else_made_is_not_ours_where_its_change_fails(lab: Lab) -> None:
    first = ITEMS["reminders"][0]
    lab.apply({"reminders": [first]})
    lab.lose_ledger()
    renamed: Config = {"reminders": [{**first, "attendant": {**first["attendant"], "firstname": "Anna"}}]}
    assert actions(lab.plan(renamed)) == [("update", "reminder/r0")]
    trouble(lab, rule("reminder/edit", "error_before", 99))
    assert statuses(lab, renamed) == {"r0": "failed"}
    assert lab.ledger().of(REMINDER) == {}


# What is reported


def test_a_report_says_what_became_of_which_object_and_where_it_is_written(lab: Lab, runs: Runs) -> None:
    steps: list[tuple[int, str]] = []

    class Watching:
        def advance(self, count: int, what: str) -> None:
            steps.append((count, what))

    runs.more["progress"] = Watching()
    later: Config = {
        "groups": [{"name": "Ny"}, *ITEMS["groups"][1:]],
        "blocklist": [],
        "contacts": [{**ANNA, "lastname": "Ny"}],
        "reminders": [{**it, "at": "2026-12-02T08:30"} for it in ITEMS["reminders"]],
    }
    for config in (EVERYTHING, later):
        plan, before = lab.plan(config), lab.ledger()
        steps.clear()
        applied = lab.apply(config)
        assert (applied.report.calls, applied.report.stopped) == (lab.client.calls, None)
        assert sorted(steps) == sorted((1, change.address.kind) for change in plan.changes)
        for change, result in zip(plan.changes, applied.report.results, strict=True):
            assert (result.address, result.origin) == (change.address, change.origin)
            book = before if isinstance(change, Delete) else lab.ledger()
            assert result.remote_id == book.of(change.address.kind)[change.address.key].remote_id
            assert isinstance(change, Create | Delete) or result.remote_id is not None
            assert isinstance(change, Create | Update) <= (change.origin is not None)


def test_what_is_held_is_reported_with_its_reason(lab: Lab) -> None:
    lab.policy = APPEND
    lab.apply(BOTH)
    (held, _) = lab.plan(CHANGED).changes
    assert ended(lab, CHANGED)["anna"].error == held.reason


def test_a_run_that_is_told_to_stop_says_what_is_done_and_what_was_not_reached(lab: Lab, runs: Runs) -> None:
    people = [{"key": f"p{n}", "mobile": f"07017406{10 + n}", "groups": []} for n in range(8)]
    config: Config = {"groups": [], "contacts": people, "reminders": ITEMS["reminders"]}
    lab.policy = Policy(carrier_size=1, batch_size=1)
    lab.emulator.calls.clear()
    runs.more["stop"] = lambda: "told to" if "contacts/add" in lab.writes() else None
    applied = lab.try_apply(config)
    assert applied.report.stopped == "told to"
    done = [result for result in applied.report.results if result.status is Status.DONE]
    assert 0 < len(done) == len(lab.emulator.store.contacts()) < 8
    left = [result for result in applied.report.results if result not in done]
    assert {(str(result.status), result.error) for result in left} == {("skipped", "not reached: told to")}
    runs.more.clear()
    assert_converges(lab, config)


# Requests that never leave, and the journal


@pytest.mark.parametrize(
    ("section", "policy"), [*((it, Policy()) for it in ITEMS), ("contacts", Policy()), ("contacts", APPEND)]
)
def test_what_never_leaves_is_tried_three_times_after_growing_pauses(
    lab: Lab, runs: Runs, section: str, policy: Policy
) -> None:
    config: Config = {section: EVERYTHING[section][-1:]}
    lab.policy = policy
    tries: list[Request] = []
    pauses: list[float] = []
    runs.more["sleep"] = pauses.append

    def cut_off(times: int) -> Callable[[Request], Outcome | None]:
        def hear(request: Request) -> Outcome | None:
            if request.endpoint.path.startswith(ADD.get(section, "contacts/add.")):
                tries.append(request)
            return NotSent("no such host") if tries and tries[-1] is request and len(tries) <= times else None

        return hear

    with meanwhile(lab, cut_off(99)):
        (result,) = ended(lab, config).values()
    assert (result.status, len(tries), len(pauses)) == (Status.FAILED, 3, 2)
    assert "no such host" in str(result.error)
    assert 0 < pauses[0] < pauses[1] * 1.5
    tries.clear()
    with meanwhile(lab, cut_off(2)):
        lab.apply(config)
    assert len(tries) == 3
    assert lab.plan(config).is_empty


def test_an_appended_contact_that_is_refused_is_not_there_and_one_that_is_done_has_its_id(lab: Lab) -> None:
    lab.policy = APPEND
    with meanwhile(lab, refusing("0605")):
        found = ended(lab, BOTH)
    assert "3:ERROR1" in str(found["anna"].error)
    (contact,) = lab.emulator.store.contacts()
    assert (found["bo"].status, found["bo"].remote_id) == (Status.DONE, contact.id)
    assert set(lab.ledger().of(CONTACTS.name)) == {"bo"}
    trouble(lab, rule("contacts/add", "error_after"))
    found = ended(lab, BOTH)
    assert (found["anna"].status, "ledger resolve contact/anna" in str(found["anna"].error)) == (Status.UNKNOWN, True)
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
            with meanwhile(lab, look):
                lab.try_apply(config)
            assert not lab.ledgers.journal_path.exists()
