"""Pauses before a POST is tried again, and what comes too late since a clock runs on during an apply."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from account_lab import Lab
from troubles import ADD, APPEND, EVERYTHING, ITEMS, Config, ended

from intime_sync.applying.run import Run
from intime_sync.emulator import FaultPlan
from intime_sync.model.policy import Policy
from intime_sync.model.report import Status
from intime_sync.service.client import Client, Outcome, Unknown
from intime_sync.service.requests import Request
from intime_sync.service.transport import NotSent

VISIT = {
    "key": "anna",
    "at": "2026-03-02T09:30",
    "organizer": {"lastname": "Ek"},
    "attendant": {"firstname": "Anna", "mobile": "0701740608"},
}
MESSAGE = {
    "key": "m",
    "send_at": "2026-03-02T09:08",
    "sender": "Kliniken",
    "body": "Hej",
    "recipients": ["0701740605"],
}
"""Eight minutes after the clock of the lab."""


def test_the_service_is_left_alone_for_as_long_as_it_asks(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    real, first = lab.client.send, iter([Unknown("HTTP 503", 7.0)])
    monkeypatch.setattr(lab.client, "send", lambda request: next(first, None) or real(request))
    make = Run.__init__

    def made(run: Run, *args: Any, **more: Any) -> None:
        make(run, *args, **{**more, "sleep": slept.append})

    monkeypatch.setattr(Run, "__init__", made)
    lab.apply({"groups": [{"name": "Jour"}]})
    assert 7.0 in slept


@pytest.mark.parametrize(
    ("endpoint", "config"),
    [
        ("contacts/addgroup", {"groups": [{"name": "Jour"}]}),
        ("reminder/add", {"reminders": [VISIT]}),
        ("contacts/add", {"groups": [], "contacts": [{"key": "anna", "mobile": "0701740605"}]}),
    ],
)
def test_there_is_a_longer_pause_before_each_new_try(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, endpoint: str, config: Config
) -> None:
    pauses: list[int] = []
    monkeypatch.setattr(Run, "pause", lambda _run, attempt: pauses.append(attempt))
    rule = {"endpoint": endpoint, "call": 1, "times": 2, "fault": "error_before"}
    lab.emulator.set_faults(FaultPlan.from_data([rule]))
    lab.apply(config)
    lab.emulator.set_faults(None)
    assert pauses == [0, 1]


def test_a_reminder_is_not_made_after_its_time(lab: Lab) -> None:
    later = lab.clock.now + timedelta(minutes=31)
    applied = lab.try_apply({"reminders": [VISIT]}, now=lambda: later)
    (result,) = applied.report.results
    assert result.status is Status.FAILED
    assert "its time has passed meanwhile" in str(result.error)
    assert lab.writes() == []


def test_a_reminder_whose_time_passed_is_not_edited(lab: Lab) -> None:
    lab.apply({"reminders": [VISIT]})
    before = lab.writes()
    later = lab.clock.now + timedelta(minutes=31)
    moved = {**VISIT, "at": "2026-03-02T11:30"}
    applied = lab.try_apply({"reminders": [moved]}, now=lambda: later)
    assert [result.status for result in applied.report.results] == [Status.FAILED]
    assert lab.writes() == before


def test_a_message_that_is_too_close_by_the_services_clock_is_not_scheduled(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Client, "ahead", property(lambda _client: timedelta(minutes=10)))
    applied = lab.try_apply({"messages": [MESSAGE]})
    (result,) = applied.report.results
    assert result.status is Status.FAILED
    assert lab.writes() == []
    monkeypatch.setattr(Client, "ahead", property(lambda _client: timedelta(0)))
    lab.try_apply({"messages": [MESSAGE]})
    assert lab.writes() == ["message/create"]


@pytest.mark.parametrize(
    ("section", "policy"), [*((it, Policy()) for it in ITEMS), ("contacts", Policy()), ("contacts", APPEND)]
)
def test_what_never_leaves_is_tried_three_times_after_growing_pauses(lab: Lab, section: str, policy: Policy) -> None:
    config: Config = {section: EVERYTHING[section][-1:]}
    lab.policy = policy
    tries: list[Request] = []
    pauses: list[float] = []
    lab.run_options["sleep"] = pauses.append

    def cut_off(times: int) -> Callable[[Request], Outcome | None]:
        def hear(request: Request) -> Outcome | None:
            if request.endpoint.path.startswith(ADD.get(section, "contacts/add.")):
                tries.append(request)
            return NotSent("no such host") if tries and tries[-1] is request and len(tries) <= times else None

        return hear

    with lab.hearing(cut_off(99)):
        (result,) = ended(lab, config).values()
    assert (result.status, len(tries), len(pauses)) == (Status.FAILED, 3, 2)
    assert "no such host" in str(result.error)
    assert 0 < pauses[0] < pauses[1] * 1.5
    tries.clear()
    with lab.hearing(cut_off(2)):
        lab.apply(config)
    assert len(tries) == 3
    assert lab.plan(config).is_empty
