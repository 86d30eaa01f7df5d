"""Addresses, reports and counts as scripts see them."""

from __future__ import annotations

import pytest

from intime_sync.model.change import Action, Adopt, Create, Delete, Forget, Manual, Replace, Update, action_of
from intime_sync.model.ledger import AccountRef
from intime_sync.model.plan import Guard, GuardRule, Plan
from intime_sync.model.problem import Origin, Problem, Severity
from intime_sync.model.report import Report, Result, Status
from intime_sync.model.resource import Address, KindName, RemoteId

GROUP = KindName("group")
HERE = Address(GROUP, "Jour")
ONE = RemoteId(1)
EVERY_CHANGE = (
    Create(address=HERE, after={}),
    Update(address=HERE, remote_id=ONE, before={}, after={}, fields=()),
    Replace(address=HERE, remote_id=ONE, before={}, after={}, fields=()),
    Delete(address=HERE, remote_id=ONE, before={}),
    Adopt(address=HERE, remote_id=ONE, after={}),
    Forget(address=HERE, remote_id=ONE, before={}),
    Manual(address=HERE, remote_id=ONE, before={}, after={}),
)


@pytest.mark.parametrize("text", ["group/Jour", "group/A/B", "contact/anna@example.se", "blocklist/+46701740606"])
def test_an_address_is_read_as_it_is_written(text: str) -> None:
    address = Address.parse(text)
    assert address is not None
    assert str(address) == text
    assert address.kind == text.partition("/")[0]


@pytest.mark.parametrize("text", ["", "group", "group/", "/Jour", "/"])
def test_text_that_is_no_address_is_refused(text: str) -> None:
    assert Address.parse(text) is None


def test_a_plan_counts_every_action_even_those_that_do_not_occur() -> None:
    account = AccountRef("embedded", "demo", "clinic-a")
    assert [action_of(change) for change in EVERY_CHANGE] == list(Action)
    plan = Plan(account, "line", 3, EVERY_CHANGE, 7)
    assert plan.summary() == {**dict.fromkeys(map(str, Action), 1), "unchanged": 7}
    nothing = Plan(account, "line", 3, (), 7)
    assert list(nothing.summary()) == [*map(str, Action), "unchanged"]
    assert nothing.is_empty
    assert not Plan(account, "line", 3, (), 0, leftovers=(RemoteId(7),)).is_empty


def test_a_plan_tells_which_guards_stop_it() -> None:
    stops, passes = (Guard(GuardRule.MAX_DELETE, GROUP, tripped, "", count=9) for tripped in (True, False))
    plan = Plan(AccountRef("", "", ""), "", 0, (), 0, (stops, passes))
    assert plan.tripped() == (stops,)


def test_a_report_counts_every_status() -> None:
    report = Report((Result(HERE, Action.CREATE, Status.DONE), Result(HERE, Action.DELETE, Status.UNKNOWN)))
    assert report.summary() == {"done": 1, "failed": 0, "unknown": 1, "skipped": 0}


def test_a_problem_reads_as_compilers_write_it() -> None:
    problem = Problem("some-code", "text", Origin("a.yaml", 3, 5))
    assert str(problem) == "a.yaml:3:5: error: text [some-code]"
    assert str(Problem("some-code", "text", None, Severity.WARNING)) == "warning: text [some-code]"


def test_problems_sort_by_place_as_numbers() -> None:
    places = [Origin("a.yaml", 10, 1), Origin("a.yaml", 9, 12), Origin("a.yaml", 9, 2), None]
    found = sorted((Problem("c", "m", place) for place in places), key=Problem.sort_key)
    assert [problem.origin for problem in found] == [places[3], places[2], places[1], places[0]]
