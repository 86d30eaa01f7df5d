"""Groups, blocked numbers and reminders: what is sent, tried again and reported when a request goes wrong."""

from __future__ import annotations

import pytest
from account_lab import Lab, actions
from troubles import (
    ADD,
    ITEMS,
    REMINDER,
    REMOVE,
    Config,
    assert_converges,
    assert_ledger_matches_account,
    die_after,
    ended,
    kind_of,
    live,
    of_every_list,
    refusing,
    rule,
    statuses,
    trouble,
)

from intime_sync.model.policy import Policy
from intime_sync.model.report import Status

FAULTS = ["error_before", "error_after", "drop_before", "drop_after", "garbage", "empty", "duplicate"]


@of_every_list
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("batch_size", [1, 200])
def test_objects_are_made_in_spite_of_one_failed_request(lab: Lab, section: str, fault: str, batch_size: int) -> None:
    lab.policy = Policy(batch_size=batch_size)
    config = {section: ITEMS[section]}
    trouble(lab, rule(ADD[section], fault))
    lab.apply(config)
    assert live(lab, section) == 3
    assert_ledger_matches_account(lab, section)
    assert lab.plan(config).is_empty


@of_every_list
@pytest.mark.parametrize("fault", FAULTS)
def test_objects_are_removed_in_spite_of_one_failed_request(lab: Lab, section: str, fault: str) -> None:
    lab.apply({section: ITEMS[section]})
    trouble(lab, rule(REMOVE[section], fault))
    lab.apply({section: []})
    assert live(lab, section) == 0
    assert lab.ledger().of(kind_of(section).name) == {}


@of_every_list
@pytest.mark.parametrize("what", ["add", "remove"])
def test_a_change_whose_requests_always_fail_is_failed_and_stays_planned(lab: Lab, section: str, what: str) -> None:
    if what == "remove":
        lab.apply({section: ITEMS[section]})
    config: Config = {section: ITEMS[section] if what == "add" else []}
    lab.emulator.calls.clear()
    trouble(lab, rule(ADD[section] if what == "add" else REMOVE[section], "error_before", 99))
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
def test_the_list_decides_whether_a_failed_edit_was_done(lab: Lab, fault: str, times: int) -> None:
    lab.apply({"reminders": ITEMS["reminders"]})
    moved = {"reminders": [{**item, "at": "2026-12-02T08:30"} for item in ITEMS["reminders"]]}
    trouble(lab, rule("reminder/edit", fault, times))
    applied = lab.try_apply(moved)
    happened = times == 1 or fault == "error_after"
    there = {f"{row.at:%d}" for row in lab.emulator.store.reminders()}
    if fault != "garbage":
        assert there == {"02" if happened else "01"}
    wanted = Status.DONE if there == {"02"} else Status.FAILED
    assert {result.status for result in applied.report.results} == {wanted}
    lab.emulator.set_faults(None)
    lab.apply(moved)
    assert_ledger_matches_account(lab, "reminders")
    assert lab.plan(moved).is_empty


def test_an_edit_that_is_answered_with_a_negative_id_fails_as_switched_off(lab: Lab) -> None:
    lab.apply({"reminders": ITEMS["reminders"][:1]})
    (row,) = lab.emulator.store.reminders()
    trouble(lab, rule("reminder/edit", "garbage", 99, text=f"-{row.id}", act=False))
    found = ended(lab, {"reminders": [{**ITEMS["reminders"][0], "at": "2026-12-02T08:30"}]})
    assert "switched off" in str(found["r0"].error)


@of_every_list
def test_the_other_items_are_made_where_one_is_refused(lab: Lab, section: str) -> None:
    poison = {"groups": "Grupp 1", "blocklist": "0701740611", "reminders": "0701740711"}[section]
    lab.emulator.calls.clear()
    with lab.intercepting(refusing(poison[1:])):
        found = ended(lab, {section: ITEMS[section]})
    failed = [result for result in found.values() if result.status is Status.FAILED]
    assert len(failed) == 1
    assert "3:ERROR1" in str(failed[0].error)
    assert not lab.ledgers.journal_path.exists()
    assert_converges(lab, {section: ITEMS[section]})


@of_every_list
@pytest.mark.parametrize("what", ["add", "remove"])
def test_a_confirmed_change_that_the_list_does_not_show_is_failed(lab: Lab, section: str, what: str) -> None:
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


@of_every_list
def test_the_rest_of_a_batch_that_was_half_done_is_made_and_all_of_it_is_owned(lab: Lab, section: str) -> None:
    trouble(lab, rule(ADD[section], "partial", reply="short"))
    lab.apply({section: ITEMS[section]})
    (name,) = {change.address.kind for change in lab.plan({section: []}).changes}
    assert len(lab.ledger().of(name)) == len(lab.plan({section: []}).changes) == 3


@pytest.mark.parametrize("dies", [False, True])
def test_two_items_that_differ_only_in_their_key_are_two_objects(lab: Lab, dies: bool) -> None:
    """What was there before is taken neither for the new object nor for a duplicate of it."""
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
def test_duplicates_that_cannot_be_removed_are_reported_and_removed_by_the_next_run(lab: Lab, section: str) -> None:
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
def test_the_report_counts_the_duplicates_that_were_removed(lab: Lab, section: str) -> None:
    lab.policy = Policy(batch_size=1)
    trouble(lab, rule(ADD[section], "duplicate", 3), rule(REMOVE[section], "error_before"))
    applied = lab.try_apply({section: ITEMS[section]})
    (note,) = applied.report.notes
    assert note.startswith(f"2 {section.removesuffix('s')} ")
    assert str(applied.failure).startswith(f"1 {section.removesuffix('s')} ")
