"""Everything rendered, as it looks: a change of a golden file is a change of what people and scripts see."""

import pytest
from golden_files import check_golden
from render_samples import DONE, EMPTY, IN_PART, LEFTOVERS_ONLY, MESSAGES, NOW, PLAN, PROBLEMS, UNSTOPPED

from intime_sync.render.json import plan_to_json, report_to_json
from intime_sync.render.problems import problems_to_text
from intime_sync.render.report import report_to_text
from intime_sync.render.text import plan_to_text

ANSI = {"plain": False, "color": True}


@pytest.mark.parametrize("look", ANSI)
def test_a_plan_with_one_of_everything(look: str) -> None:
    check_golden(f"plan-stopped.{look}.txt", plan_to_text(PLAN, color=ANSI[look]))


def test_a_plan_for_a_log_is_masked() -> None:
    check_golden("plan-masked.txt", plan_to_text(UNSTOPPED, mask=True))


def test_a_verbose_plan_says_where_each_object_is_written() -> None:
    check_golden("plan-verbose.txt", plan_to_text(UNSTOPPED, verbose=True, width=70))


def test_plans_without_changes() -> None:
    check_golden("plan-empty.txt", plan_to_text(EMPTY))
    check_golden("plan-leftovers.txt", plan_to_text(LEFTOVERS_ONLY))


@pytest.mark.parametrize("mask", [False, True])
def test_a_plan_of_messages(mask: bool) -> None:
    check_golden(f"plan-messages{'-masked' if mask else ''}.txt", plan_to_text(MESSAGES, mask=mask, width=120))


@pytest.mark.parametrize("mask", [False, True])
def test_a_plan_as_json(mask: bool) -> None:
    text = plan_to_json(PLAN, tool_version="1.0.0", created_at=NOW, mask=mask)
    check_golden(f"plan{'-masked' if mask else ''}.json", text)


@pytest.mark.parametrize("look", ANSI)
def test_reports(look: str) -> None:
    check_golden(f"report-in-part.{look}.txt", report_to_text(IN_PART, color=ANSI[look]))
    check_golden(f"report-done.{look}.txt", report_to_text(DONE, color=ANSI[look]))


def test_a_report_as_json_is_masked_for_logs() -> None:
    check_golden("report-masked.json", report_to_json(IN_PART, mask=True))


@pytest.mark.parametrize("look", ANSI)
def test_problems(look: str) -> None:
    check_golden(f"problems.{look}.txt", problems_to_text(PROBLEMS, color=ANSI[look]))
