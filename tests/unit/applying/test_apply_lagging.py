"""Lists that lag: what the service confirmed is waited for, not made again and not forgotten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from account_lab import Lab, actions, found_contacts, lab_at, reading, wanted_contacts

from intime_sync.applying.applier import Applied
from intime_sync.emulator import FaultPlan
from intime_sync.emulator.records import NewReminder
from intime_sync.fetching import fetch_actual
from intime_sync.kinds.registry import BY_SECTION
from intime_sync.model.change import Create, Manual
from intime_sync.model.report import Status
from intime_sync.planning.awaiting import LONGEST_WAIT
from intime_sync.planning.context import Clock
from intime_sync.planning.drift import find_drift, watched_kinds

Config = dict[str, list[dict[str, Any]]]
ANNA = {"key": "anna", "mobile": "0701740605", "groups": ["Jour"]}
ITEMS: Config = {
    "groups": [{"name": "Jour"}, {"name": "Öst"}],
    "blocklist": [{"mobile": "0701740611"}, {"mobile": "0701740612"}],
    "reminders": [
        {"key": f"r{index}", "at": "2026-12-01T08:30", "attendant": {"mobile": f"07017407{10 + index}"}}
        for index in range(2)
    ],
}
FAR = 1000
of_every_list = pytest.mark.parametrize("section", ITEMS)


@pytest.fixture(scope="module")
def shared_late_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_at(tmp_path_factory.mktemp("late"), list_lag=FAR) as made:
        yield made


@pytest.fixture
def lab(shared_late_lab: Lab) -> Lab:
    """An empty account whose lists show nothing new until they are told to catch up."""
    shared_late_lab.reset()
    return shared_late_lab


def there(lab: Lab) -> Counter[str]:
    """Everything in the account that a list shows, by what tells it apart."""
    store = lab.emulator.store
    found = Counter(name for _, name in store.groups())
    found += Counter(row.number for row in store.blocklist())
    return found + Counter(row.number for row in store.reminders() if row.active)


def statuses(applied: Applied) -> set[Status]:
    return {result.status for result in applied.report.results}


@of_every_list
def test_what_is_confirmed_and_not_listed_is_not_made_again(lab: Lab, section: str) -> None:
    config: Config = {section: ITEMS[section]}
    first = lab.try_apply(config)
    assert statuses(first) == {Status.FAILED}, "it is not called done"
    assert all("does not list it yet" in (result.error or "") for result in first.report.results)
    made = there(lab)
    assert set(made.values()) == {1}
    for _ in range(2):
        assert lab.plan(config).summary()["held"] == 2, "and no plan says that all is well"
        assert statuses(lab.try_apply(config)) == {Status.SKIPPED}
        assert there(lab) == made
    assert len(lab.writes()) == 1
    lab.emulator.catch_up()
    lab.apply(config)
    assert lab.plan(config).is_empty
    assert there(lab) == made
    entries = lab.ledger().of(BY_SECTION[section].name).values()
    assert all(entry.awaited is None for entry in entries), "it has been seen, so its absence counts from now on"


@pytest.mark.parametrize("section", ["groups", "reminders"])
def test_the_error_names_the_id_of_what_is_waited_for_and_the_time_limit(lab: Lab, section: str) -> None:
    config: Config = {section: ITEMS[section]}
    errors = [result.error or "" for result in lab.try_apply(config).report.results]
    store = lab.emulator.store
    ids = [id for id, _ in store.groups()] if section == "groups" else [row.id for row in store.reminders()]
    assert [f"with id {id} at 2026-03-02 09:00" in error for id, error in zip(ids, errors, strict=True)] == [
        True,
        True,
    ]
    assert all("waited for until 2026-03-02 10:00" in error for error in errors)


@of_every_list
def test_what_is_never_listed_is_made_again_after_the_time_limit_with_a_warning(lab: Lab, section: str) -> None:
    config: Config = {section: ITEMS[section]}
    lab.try_apply(config)
    lab.clock = _later(lab, LONGEST_WAIT - timedelta(seconds=1))
    assert {type(change) for change in lab.plan(config).changes} == {Manual}
    lab.clock = _later(lab, timedelta(seconds=1))
    plan = lab.plan(config)
    assert {type(change) for change in plan.changes} == {Create}
    assert [problem.code for problem in plan.diagnostics] == ["never-listed"] * 2
    assert ("with id " in plan.diagnostics[0].message) is (section != "blocklist")


def _later(lab: Lab, by: timedelta) -> Clock:
    return replace(lab.clock, now=lab.clock.now + by)


@of_every_list
def test_what_is_no_longer_wanted_is_removed_once_it_is_listed(lab: Lab, section: str) -> None:
    lab.try_apply({section: ITEMS[section]})
    nothing: Config = {section: []}
    assert statuses(lab.try_apply(nothing)) == {Status.SKIPPED}
    assert len(lab.ledger().of(BY_SECTION[section].name)) == 2, "nothing leaves the ledger before the account"
    lab.emulator.catch_up()
    assert {action for action, _ in actions(lab.plan(nothing))} == {"delete"}
    lab.try_apply(nothing)
    lab.emulator.catch_up()
    lab.try_apply(nothing)
    assert there(lab) == Counter()
    assert lab.plan(nothing).is_empty
    assert lab.ledger().of(BY_SECTION[section].name) == {}


@of_every_list
def test_drift_counts_what_is_waited_for_as_unobservable(lab: Lab, section: str) -> None:
    config: Config = {section: ITEMS[section]}
    lab.try_apply(config)
    ledger = lab.ledger()
    actual = fetch_actual(lab.client, watched_kinds(ledger), reading())
    drift = find_drift(ledger, actual, lab.clock, "clinic-a")
    assert drift.findings == ()
    assert [(found.count, str(found.cause)) for found in drift.unobservable] == [(2, "awaited")]


def test_an_object_of_somebody_else_with_a_confirmed_id_is_left_alone(lab: Lab) -> None:
    config: Config = {"reminders": ITEMS["reminders"]}
    with lab.emulator.store.transaction() as db:
        db.execute("DELETE FROM sqlite_sequence WHERE name = 'reminder'")
    rule = {"endpoint": "reminder/add", "call": 1, "fault": "partial", "reply": "full"}
    lab.emulator.set_faults(FaultPlan.from_data([rule]))
    lab.try_apply(config)
    lab.emulator.set_faults(None)
    stranger = NewReminder(
        at=lab.emulator.clock.now().replace(year=2036),
        organizer_firstname="Hans",
        organizer_lastname="Evertsson",
        organizer_title="Dr",
        attendant_firstname="Bo",
        attendant_lastname="Ek",
        attendant_mobile="0701740699",
        number="+46701740699",
    )
    assert lab.emulator.store.add_reminder(stranger) == 2, "the id that the reply had made up"
    (before,) = [row for row in lab.emulator.store.reminders() if row.id == 2]
    lab.emulator.catch_up()
    lab.try_apply(config)
    lab.outwait()
    lab.emulator.catch_up()
    lab.try_apply(config)
    lab.emulator.catch_up()
    lab.apply(config)
    assert lab.plan(config).is_empty
    assert [row for row in lab.emulator.store.reminders() if row.id == 2] == [before]
    assert set(there(lab).values()) == {1}


def test_no_contact_is_put_into_a_carrier_that_is_not_listed(lab: Lab) -> None:
    config: Config = {"groups": [], "contacts": [{**ANNA, "groups": []}]}
    for _ in range(2):
        assert statuses(lab.try_apply(config)) == {Status.FAILED}
        assert lab.emulator.store.contacts() == []
    lab.emulator.catch_up()
    lab.try_apply(config)
    lab.emulator.catch_up()
    lab.try_apply(config)
    lab.emulator.catch_up()
    assert lab.emulator.store.contacts() == [], "this service never shows a carrier in time"


@pytest.mark.parametrize("lag", [1, 2, 3, 9])
def test_a_lag_shorter_than_the_rereads_leaves_no_trace(tmp_path: Path, lag: int) -> None:
    config: Config = {**ITEMS, "contacts": [ANNA, {"key": "bo", "mobile": "0701740606"}]}
    changed: Config = {
        "groups": [{"name": "Jour"}],
        "blocklist": ITEMS["blocklist"][1:],
        "reminders": [{**ITEMS["reminders"][0], "at": "2026-12-02T08:30"}],
        "contacts": [{**ANNA, "lastname": "Ny"}],
    }
    with lab_at(tmp_path, list_lag=lag) as lab:
        for wanted in (config, changed, config):
            lab.apply(wanted)
            assert lab.plan(wanted).is_empty
            assert found_contacts(lab) == wanted_contacts(wanted)
            assert set(there(lab).values()) == {1}
            before = len(lab.writes())
            lab.apply(wanted)
            assert len(lab.writes()) == before


def test_a_run_that_is_told_to_stop_waits_for_no_list(lab: Lab) -> None:
    rests: list[float] = []
    lab.run_options.update(sleep=rests.append, stop=lambda: "it was asked to" if rests else None)
    applied = lab.try_apply({"groups": ITEMS["groups"]})
    assert len(rests) == 1
    assert applied.report.stopped == "it was asked to" or statuses(applied) == {Status.FAILED}
    assert all(entry.awaited for entry in lab.ledger().of(BY_SECTION["groups"].name).values())
