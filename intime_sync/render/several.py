"""The results of one verb for several directories: summary, JSON, Markdown and GitLab's counts. Runs nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from intime_sync.model.plan import Plan
from intime_sync.model.report import Report
from intime_sync.render.gitlab import plan_to_gitlab
from intime_sync.render.json import plan_to_json, report_to_json
from intime_sync.render.markdown import GITHUB_LIMIT, SMALLEST_LIMIT, plan_to_markdown
from intime_sync.render.markdown_escape import code, prose, size
from intime_sync.render.masking import Mask, mask_of
from intime_sync.render.report import summary_of_report
from intime_sync.render.style import Style, counted, inert
from intime_sync.render.text import summary_line

WORST_FIRST: Final = (1, 9, 3, 6, 5, 4, 8, 7, 2, 0)
"""Exit codes of single directories, in the order in which one of them becomes that of all."""

_MARKER: Final = "<!-- intime-sync plans -->"
_LONGEST_REASON: Final = 300

_MEANINGS: Final = {
    0: "done",
    1: "failed",
    2: "changes",
    3: "invalid configuration or command line",
    4: "stopped by a guard",
    5: "stale plan",
    6: "ledger locked by another run",
    7: "applied in part",
    8: "outcome unknown",
    9: "credentials missing or refused",
    130: "stopped",
    143: "stopped",
}
_OF_VERBS: Final = {
    ("validate", 0): "valid",
    ("drift", 0): "no drift",
    ("drift", 2): "drift",
    ("doctor", 0): "in order",
    ("doctor", 1): "something is wrong",
}


@dataclass(frozen=True, slots=True)
class DirectoryResult:
    """How one verb ended for one directory.

    `plan` and `report` are there as far as they were made; `document` is the JSON of other verbs, masked already as
    it has to be; `text` is what it printed for people; `error` is what the run wrote besides its result: notes,
    warnings and errors. `waiting` is one whose run has not begun.
    """

    directory: str
    exit_code: int
    plan: Plan | None = None
    report: Report | None = None
    document: Any = None
    text: str = ""
    error: str = ""
    waiting: bool = False


def worst(codes: Iterable[int]) -> int:
    """The exit code for all directories; one that no run should have counts as a failure."""
    return min((found if found in WORST_FIRST else 1 for found in codes), key=WORST_FIRST.index, default=0)


def summary_to_text(results: Sequence[DirectoryResult], verb: str, exit_code: int, *, color: bool, mask: bool) -> str:
    """A line for each directory, and one that counts them."""
    style, masking = Style(color), mask_of(mask)
    names = [inert(masking(result.directory)) for result in results]
    width = max(map(len, names))
    lines = [style.bold("Summary")]
    lines += [
        f"  {name:<{width}}  {_colored(outcome_of(result, verb), result, style)}"
        for name, result in zip(names, results, strict=True)
    ]
    return "\n".join((*lines, f"{_count(results)}; exit code {exit_code}.")) + "\n"


def results_to_json(
    results: Sequence[DirectoryResult], verb: str, *, tool_version: str, created_at: datetime, mask: bool
) -> str:
    """`{"directories": [{"directory", "exit_code", "plan" | "report" | "error"}]}`, one line a directory.

    What a run has to show is there even where it ended with an error; `error` is there where it has nothing to show.
    """

    def shown(result: DirectoryResult) -> dict[str, Any]:
        if verb == "apply" and result.report is not None:
            return {"report": json.loads(report_to_json(result.report, mask=mask))}
        if result.exit_code in (0, 2) and result.plan is not None:
            plan = plan_to_json(result.plan, tool_version=tool_version, created_at=created_at, mask=mask)
            return {"plan": json.loads(plan)}
        if result.document is not None:
            return {"report": result.document}
        return {"error": mask_of(mask)(result.error.strip()) or _meaning(result, verb)}

    entries = [{"directory": result.directory, "exit_code": result.exit_code, **shown(result)} for result in results]
    listed = ",\n".join(f"    {json.dumps(entry, ensure_ascii=False)}" for entry in entries)
    return f'{{\n  "directories": [\n{listed}\n  ]\n}}\n'


def results_to_gitlab(results: Iterable[DirectoryResult]) -> str:
    """The counts of all plans, added up."""
    total: Counter[str] = Counter({"create": 0, "update": 0, "delete": 0})
    for result in results:
        if result.plan is not None:
            total.update(json.loads(plan_to_gitlab(result.plan)))
    return json.dumps(total, separators=(",", ":")) + "\n"


def results_to_markdown(results: Sequence[DirectoryResult], verb: str, *, mask: bool) -> str:
    """A table of all directories, then each plan, together at most as long as a comment on GitHub may be.

    Each plan gets an equal share of the room that is left; one for which there is none is left out, and a line says
    how many were.
    """
    masking = mask_of(mask)
    rows = [
        f"| {code(inert(masking(result.directory)))} | {result.exit_code} | {_cell(result, verb, masking)} |"
        for result in results
    ]
    head = [
        _MARKER,
        f"### Plans for {len(results)} directories",
        "\n".join(("| Directory | Exit code | Result |", "|---|---|---|", *rows)),
    ]
    room = GITHUB_LIMIT - sum(size(block) + 2 for block in head) - 200
    plans = [result for result in results if result.plan is not None and result.plan.changes]
    blocks, left_out = [], 0
    for place, result in enumerate(plans):
        share = room // (len(plans) - place)
        if result.plan is None or share < SMALLEST_LIMIT:
            left_out += 1
            continue
        title = f"{code(inert(masking(result.directory)))}: plan"
        text = plan_to_markdown(result.plan, mask=mask, limit=share - 2, title=title)
        # The mark of a comment that is about this plan alone.
        block = text.partition("\n")[2].strip()
        blocks.append(block)
        room -= size(block) + 2
    if left_out:
        blocks.append(f"There was no room for {counted(left_out, 'plan')}.")
    return "\n\n".join((*head, *blocks)) + "\n"


def reason_of(result: DirectoryResult, mask: Mask) -> str:
    """The first line of what went wrong, inert; "" where nothing did."""
    if result.exit_code in (0, 2):
        return ""
    lines = [line for line in result.error.splitlines() if line.strip() and not line.startswith(("note: ", " "))]
    found = inert(mask(lines[0])) if lines else ""
    return found if len(found) <= _LONGEST_REASON else f"{found[: _LONGEST_REASON - 1]}…"


def outcome_of(result: DirectoryResult, verb: str) -> str:
    """How it ended, in a few words."""
    if result.report is not None:
        words = summary_of_report(result.report)
        return words if result.exit_code == 0 else f"exit {result.exit_code}: {words}"
    if result.exit_code in (0, 2) and result.plan is not None and verb in ("plan", "apply"):
        stopping = len(result.plan.tripped())
        return summary_line(result.plan) + (f" Stopped by {counted(stopping, 'guard')}." if stopping else "")
    meaning = _meaning(result, verb)
    return meaning if result.exit_code in (0, 2) else f"exit {result.exit_code}: {meaning}"


def _meaning(result: DirectoryResult, verb: str) -> str:
    if result.waiting:
        return "not applied yet"
    code_ = result.exit_code
    return _OF_VERBS.get((verb, code_)) or _MEANINGS.get(code_, f"exit code {code_}")


def _colored(text: str, result: DirectoryResult, style: Style) -> str:
    if result.exit_code in (0, 2):
        return text
    return style.red(text)


def _cell(result: DirectoryResult, verb: str, mask: Mask) -> str:
    reason = reason_of(result, mask)
    return prose(outcome_of(result, verb)) + (f"<br>{prose(reason)}" if reason else "")


def _count(results: Sequence[DirectoryResult]) -> str:
    failed = sum(result.exit_code not in (0, 2) for result in results)
    return f"{len(results)} directories, {failed or 'none'} of them failed"
