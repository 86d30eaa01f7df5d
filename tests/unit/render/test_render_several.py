"""The results of several directories: the worst exit code, the summary as it looks, JSON, Markdown and the page."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace

import pytest
from golden_files import check_golden
from lxml import html as lxml_html
from render_samples import DONE, EMPTY, IN_PART, NOW, PLAN, UNSTOPPED

from intime_sync.render.html.several import results_to_html
from intime_sync.render.markdown import GITHUB_LIMIT
from intime_sync.render.markdown_escape import size
from intime_sync.render.several import (
    WORST_FIRST,
    DirectoryResult,
    results_to_gitlab,
    results_to_json,
    results_to_markdown,
    summary_to_text,
    worst,
)

LOCKED = "note: a remark\nerror: the ledger is held by apply of pid 7\n  wait for it\n"
PLANNED = (
    DirectoryResult("sites/a", 0, plan=PLAN),
    DirectoryResult("sites/b", 0, plan=EMPTY),
    DirectoryResult("sites/c", 3, error="intime.yaml:3:1: error: unknown field [unknown-field]\nFound 1 error.\n"),
    DirectoryResult("sites/0701740605", 9, error="error: INTIME_CLINIC_D_USER is not set\n"),
)
APPLIED = (
    DirectoryResult("sites/a", 0, plan=UNSTOPPED, report=DONE),
    DirectoryResult("sites/b", 7, plan=UNSTOPPED, report=IN_PART),
    DirectoryResult("sites/c", 6, error=LOCKED),
    DirectoryResult("sites/d", 4, plan=PLAN, error="error: stopped by 1 guard; nothing was sent\n"),
    DirectoryResult("sites/e", 130, error="not started: stopped by SIGINT\n"),
    DirectoryResult("sites/f", 0, waiting=True),
)
NASTY = "</section><script>alert(1)</script>\u202e\x1b[31m"


@pytest.mark.parametrize(("worse", "better"), list(itertools.combinations((1, 9, 3, 6, 5, 4, 8, 7, 2, 0), 2)))
def test_the_worse_of_two_exit_codes_is_that_of_all(worse: int, better: int) -> None:
    assert worst([worse, better]) == worst([better, worse, better]) == worse


def test_the_order_names_every_exit_code_and_others_are_failures() -> None:
    assert sorted(WORST_FIRST) == list(range(10))
    assert worst([0, 137, 7]) == 1
    assert worst([]) == 0


@pytest.mark.parametrize("look", ["plain", "color"])
def test_the_summary(look: str) -> None:
    color = look == "color"
    text = summary_to_text(PLANNED, "plan", 9, color=color, mask=True)
    text += summary_to_text(APPLIED, "apply", 6, color=color, mask=True)
    for verb, code in (("validate", 0), ("drift", 2), ("doctor", 1)):
        results = [DirectoryResult("sites/a", 0), DirectoryResult("sites/b", code)]
        text += summary_to_text(results, verb, code, color=color, mask=True)
    check_golden(f"several.{look}.txt", text)


def test_json_is_one_entry_for_each() -> None:
    text = results_to_json(APPLIED, "apply", tool_version="1.0.0", created_at=NOW, mask=True)
    entries = json.loads(text)["directories"]
    assert [sorted(set(entry) - {"directory", "exit_code"}) for entry in entries] == [
        *(["report"], ["report"], ["error"], ["error"], ["error"], ["error"])
    ]
    assert text.count("\n") == len(APPLIED) + 4, "one line each"
    assert entries[2]["error"] == LOCKED.strip()
    planned = json.loads(results_to_json(PLANNED, "plan", tool_version="1.0.0", created_at=NOW, mask=True))
    assert [sorted(set(entry) - {"directory", "exit_code"}) for entry in planned["directories"]] == [
        *(["plan"], ["plan"], ["error"], ["error"])
    ]
    assert "+46701740605" not in json.dumps(planned)


def test_counts_for_the_widget_are_added_up() -> None:
    one = json.loads(results_to_gitlab(PLANNED))
    assert json.loads(results_to_gitlab([*PLANNED, *PLANNED])) == {name: 2 * count for name, count in one.items()}
    assert json.loads(results_to_gitlab([])) == {"create": 0, "update": 0, "delete": 0}


def test_the_comment_over_all() -> None:
    check_golden("markdown/several.md", results_to_markdown(PLANNED, "plan", mask=True))


@pytest.mark.parametrize("count", [2, 30, 200])
def test_the_comment_fits_and_says_what_is_left_out(count: int) -> None:
    results = [DirectoryResult(f"sites/{number}", 0, plan=PLAN) for number in range(count)]
    text = results_to_markdown(results, "plan", mask=True)
    assert size(text) <= GITHUB_LIMIT
    assert all(f"<code>sites/{number}</code> |" in text for number in range(count))
    plans = len(re.findall(r"^Digest: ", text, re.MULTILINE))
    assert plans == count or f"There was no room for {count - plans} plan" in text


def test_the_page_has_each_directory_under_one_set_of_filters() -> None:
    text = results_to_html(PLANNED, "plan", mask=True, tool_version="1.0.0", created_at=NOW)
    check_golden("html/several.html", text)
    page = lxml_html.document_fromstring(text)
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert [href.lstrip("#") in ids for href in page.xpath("//@href")] == [True] * len(PLANNED)
    assert [label in ids for label in page.xpath("//@aria-labelledby")].count(False) == 0
    assert len(page.xpath("//input[@type='search']")) == 1
    assert len(page.xpath("//*[@class='rows' or starts-with(@class, 'rows ')]/li")) == len(PLAN.changes)
    assert "Stopped: nothing of this will be applied" in text
    assert "+46701740605" not in text


def test_nothing_from_elsewhere_has_an_effect_on_the_page_or_the_comment() -> None:
    results = [
        DirectoryResult(NASTY, 3, error=f"error: {NASTY}\n"),
        DirectoryResult(f"b{NASTY}", 0, plan=replace(PLAN, account=replace(PLAN.account, owner=NASTY))),
    ]
    for text in (
        results_to_html(results, "plan", mask=True, tool_version="1.0.0", created_at=NOW),
        results_to_markdown(results, "plan", mask=True),
        summary_to_text(results, "plan", 3, color=False, mask=True),
    ):
        assert "\u202e" not in text
        assert "\x1b" not in text
    page = results_to_html(results, "plan", mask=True, tool_version="1.0.0", created_at=NOW)
    assert page.count("<script>") == 1
    assert "<script>" not in results_to_markdown(results, "plan", mask=True)


def test_a_page_without_plans_has_no_filters() -> None:
    text = results_to_html(PLANNED[2:], "plan", mask=True, tool_version="1.0.0", created_at=NOW)
    assert 'id="search"' not in text
    assert "unknown field [unknown-field]" in text
