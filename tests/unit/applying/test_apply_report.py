"""The report of a run: what became of each change, and what was not reached."""

from __future__ import annotations

from account_lab import Lab
from troubles import (
    ANNA,
    APPEND,
    BOTH,
    CHANGED,
    EVERYTHING,
    ITEMS,
    Config,
    assert_converges,
    ended,
)

from intime_sync.model.change import Create, Delete, Update
from intime_sync.model.policy import Policy
from intime_sync.model.report import Status


def test_a_report_gives_address_id_and_place_of_every_change(lab: Lab) -> None:
    steps: list[tuple[int, str]] = []

    class Watching:
        def advance(self, count: int, what: str) -> None:
            steps.append((count, what))

    lab.run_options["progress"] = Watching()
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


def test_a_held_change_is_reported_with_its_reason(lab: Lab) -> None:
    lab.policy = APPEND
    lab.apply(BOTH)
    (held, _) = lab.plan(CHANGED).changes
    assert ended(lab, CHANGED)["anna"].error == held.reason


def test_a_run_that_is_told_to_stop_reports_what_is_done_and_what_was_not_reached(lab: Lab) -> None:
    people = [{"key": f"p{n}", "mobile": f"07017406{10 + n}", "groups": []} for n in range(8)]
    config: Config = {"groups": [], "contacts": people, "reminders": ITEMS["reminders"]}
    lab.policy = Policy(carrier_size=1, batch_size=1)
    lab.emulator.calls.clear()
    lab.run_options["stop"] = lambda: "told to" if "contacts/add" in lab.writes() else None
    applied = lab.try_apply(config)
    assert applied.report.stopped == "told to"
    done = [result for result in applied.report.results if result.status is Status.DONE]
    assert 0 < len(done) == len(lab.emulator.store.contacts()) < 8
    left = [result for result in applied.report.results if result not in done]
    assert {(str(result.status), result.error) for result in left} == {("skipped", "not reached: told to")}
    lab.run_options.clear()
    assert_converges(lab, config)
