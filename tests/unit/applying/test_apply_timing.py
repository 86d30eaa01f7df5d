"""Pauses before a request is sent again, and changes whose time passes during an apply."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from account_lab import Lab
from troubles import ADD, APPEND, EVERYTHING, ITEMS, Config, ended, rule, trouble

from intime_sync.model.policy import Policy
from intime_sync.model.report import Status
from intime_sync.service.client import Outcome, Unknown
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


def test_a_retry_after_of_the_service_is_kept(lab: Lab) -> None:
    slept: list[float] = []
    lab.run_options["sleep"] = slept.append
    first = iter([Unknown("HTTP 503", 7.0)])
    with lab.intercepting(lambda _request: next(first, None)):
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
def test_the_pause_before_a_second_retry_is_longer(lab: Lab, endpoint: str, config: Config) -> None:
    slept: list[float] = []
    lab.run_options["sleep"] = slept.append
    trouble(lab, rule(endpoint, "error_before", 2))
    lab.apply(config)
    first, second = (pause for pause in slept if pause >= 0.5)  # the pauses before a list is read again are shorter
    assert first < 1.5
    assert 1 <= second < 3


def test_a_reminder_whose_time_has_passed_is_not_made(lab: Lab) -> None:
    later = lab.clock.now + timedelta(minutes=31)
    applied = lab.try_apply({"reminders": [VISIT]}, now=lambda: later)
    (result,) = applied.report.results
    assert result.status is Status.FAILED
    assert "its time has passed meanwhile" in str(result.error)
    assert lab.writes() == []


def test_a_reminder_whose_time_has_passed_is_not_edited(lab: Lab) -> None:
    lab.apply({"reminders": [VISIT]})
    before = lab.writes()
    later = lab.clock.now + timedelta(minutes=31)
    moved = {**VISIT, "at": "2026-03-02T11:30"}
    applied = lab.try_apply({"reminders": [moved]}, now=lambda: later)
    assert [result.status for result in applied.report.results] == [Status.FAILED]
    assert lab.writes() == before


def test_a_message_that_is_too_close_by_the_services_clock_is_not_scheduled(lab: Lab) -> None:
    lab.client.clock_ahead = timedelta(minutes=10)
    applied = lab.try_apply({"messages": [MESSAGE]})
    (result,) = applied.report.results
    assert result.status is Status.FAILED
    assert lab.writes() == []
    lab.client.clock_ahead = timedelta(0)
    lab.try_apply({"messages": [MESSAGE]})
    assert lab.writes() == ["message/create"]


@pytest.mark.parametrize(
    ("section", "policy"), [*((it, Policy()) for it in ITEMS), ("contacts", Policy()), ("contacts", APPEND)]
)
def test_a_request_that_cannot_be_sent_is_tried_three_times_with_growing_pauses(
    lab: Lab, section: str, policy: Policy
) -> None:
    config: Config = {section: EVERYTHING[section][-1:]}
    lab.policy = policy
    tries: list[Request] = []
    pauses: list[float] = []
    lab.run_options["sleep"] = pauses.append

    def cut_off(times: int) -> Callable[[Request], Outcome | None]:
        def intercept(request: Request) -> Outcome | None:
            if request.endpoint.path.startswith(ADD.get(section, "contacts/add.")):
                tries.append(request)
            return NotSent("no such host") if tries and tries[-1] is request and len(tries) <= times else None

        return intercept

    with lab.intercepting(cut_off(99)):
        (result,) = ended(lab, config).values()
    assert (result.status, len(tries), len(pauses)) == (Status.FAILED, 3, 2)
    assert "no such host" in str(result.error)
    assert 0 < pauses[0] < pauses[1] * 1.5
    tries.clear()
    with lab.intercepting(cut_off(2)):
        lab.apply(config)
    assert len(tries) == 3
    assert lab.plan(config).is_empty
