"""`plan`, `apply`, `validate`, `drift` and `doctor` for several directories: one child process each, one result.

A child is the same command for one directory, whose JSON is read here, so that everything is shown as it would be for
that directory alone. Results come in the order in which the directories were named, never mixed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from intime_sync import __version__
from intime_sync.cli.apply_flow import ApplyOptions
from intime_sync.cli.children import Ended, Job, Progress, Stop, run_each, stopping_children
from intime_sync.cli.output import Output, is_approved
from intime_sync.cli.reports import ReportFile, ReportFormat, render_plan
from intime_sync.errors import IntimeSyncError, InvalidInput
from intime_sync.files import PRIVATE, SHARED, replace_file
from intime_sync.model.change import Action
from intime_sync.model.problem import Origin
from intime_sync.model.report import Report, Result, Status
from intime_sync.model.resource import Address, RemoteId
from intime_sync.render.plan_file import read_plan
from intime_sync.render.report import report_to_text
from intime_sync.render.several import (
    DirectoryResult,
    results_to_gitlab,
    results_to_json,
    results_to_markdown,
    summary_to_text,
    worst,
)
from intime_sync.render.style import Style, inert


@dataclass(frozen=True, slots=True)
class Several:
    """The directories, in the order of the command line, and how to run and show them."""

    verb: str
    directories: tuple[Path, ...]
    jobs: int
    format: str
    reveal: bool | None
    reports: tuple[ReportFile, ...] = ()

    def out(self) -> Output:
        """Where results go."""
        return Output.for_stdout(self.reveal)

    def mask(self) -> str:
        """The option that makes a child mask as this process would."""
        return "--mask" if self.out().mask else "--reveal"


def run_several(several: Several, *options: str) -> int:
    """Run `validate`, `drift` or `doctor` with these options for each directory. Returns the exit code."""
    arguments = (f"--format={several.format}", several.mask(), *options)
    as_text = several.format in ("text", "github")

    def read(ended: Ended) -> DirectoryResult:
        document = None if as_text else _json(ended.out)
        return DirectoryResult(
            ended.directory, ended.exit_code, document=document, text=ended.out if as_text else "", error=ended.err
        )

    with stopping_children() as stop:
        results = _collect(
            several, _jobs(several, several.verb, arguments), stop, read, lambda result, _: result.text
        )
    return _finish(several, results, stop)


def plan_several(several: Several, *, detailed_exitcode: bool) -> int:
    """Plan each directory, and show or write all plans. Returns the exit code."""
    with stopping_children() as stop:
        results = _plans(several, stop)
    if not detailed_exitcode:
        return _finish(several, results, stop)
    results = [
        replace(result, exit_code=2)
        if result.exit_code == 0 and result.plan is not None and not result.plan.is_empty
        else result
        for result in results
    ]
    return _finish(several, results, stop)


def apply_several(several: Several, options: ApplyOptions) -> int:
    """Apply each directory. Without --auto-approve, plan all, ask once, and apply exactly those plans.

    Returns the exit code.
    """
    planned: dict[str, DirectoryResult] = {}
    if not options.auto_approve:
        with stopping_children() as stop:
            results = _plans(several, stop)
        if stop.signal is not None:
            return _finish(several, results, stop)
        planned = {result.directory: result for result in results}
        _write_reports(several, results, "nothing was sent")
        if not _approved(results):
            return 1
    else:
        # So that a report that cannot be written is known before anything is sent.
        waiting = [DirectoryResult(str(directory), 0, waiting=True) for directory in several.directories]
        _write_reports(several, waiting, "nothing was sent")
    jobs = [
        _apply_job(str(directory), planned.get(str(directory)), options)
        for directory in several.directories
        if not planned or planned[str(directory)].plan is not None
    ]
    with stopping_children() as stop:
        applied = _collect(several, jobs, stop, lambda ended: _applied(ended, planned), _show_applied(planned))
    found = {result.directory: result for result in applied}
    results = [found.get(name) or planned[name] for name in map(str, several.directories)]
    return _finish(several, results, stop)


def _approved(results: Sequence[DirectoryResult]) -> bool:
    changing = [
        result for result in results if result.plan and not result.plan.is_empty and not result.plan.tripped()
    ]
    if not changing:
        return True
    others = sum(result.plan is None or bool(result.plan.tripped()) for result in results)
    left_out = f"; {others} cannot be applied" if others else ""
    plans = "this plan" if len(changing) == 1 else f"these {len(changing)} plans"
    return is_approved(f"Apply {plans}{left_out}?", "Not applied: nothing was sent.")


def _apply_job(directory: str, planned: DirectoryResult | None, options: ApplyOptions) -> Job:
    expected = [f"--expect-digest={planned.plan.digest()}"] if planned and planned.plan else []
    arguments = (
        *("apply", "--auto-approve", "--format=json", "--plan-on-stdout", "--reveal"),
        *(f"--lock-timeout={options.lock_timeout}", f"--parallelism={options.parallelism}", *expected),
    )
    return Job(directory, (*_verbosity(), *arguments, "--", directory))


def _jobs(several: Several, verb: str, arguments: Sequence[str]) -> list[Job]:
    return [
        Job(str(directory), (*_verbosity(), verb, *arguments, "--", str(directory)))
        for directory in several.directories
    ]


def _verbosity() -> list[str]:
    context = click.get_current_context(silent=True)
    count = context.find_root().params.get("verbose", 0) if context else 0
    return ["-v"] * int(count or 0)


Show = Callable[[DirectoryResult, Output], str]


def _collect(
    several: Several, jobs: Sequence[Job], stop: Stop, read: Callable[[Ended], DirectoryResult], show: Show
) -> list[DirectoryResult]:
    """The results of all jobs, each shown when it and those before it are there."""
    progress = Progress(len(jobs))
    results: list[DirectoryResult] = []
    with closing(run_each(jobs, several.jobs, stop, progress)) as runs:
        for ended in runs:
            result = read(ended)
            results.append(result)
            with progress.paused():
                _show(several, result, show)
    return results


def _show(several: Several, result: DirectoryResult, show: Show) -> None:
    """Show what one run had to say: its result under its name, and the rest on stderr with its name on each line."""
    out = several.out()
    # With JSON and others, stdout holds one document; the plans to approve go to stderr then.
    if several.format != "text":
        out = Output.for_stderr(several.reveal)
    text = show(result, out)
    if text and several.format == "github":
        several.out().write(text)
    elif text and (several.format == "text" or several.verb == "apply"):
        name = inert(result.directory)
        out.write(f"{Style(out.color).bold(f'== {name}')}\n{text}\n")
    for line in result.error.splitlines():
        Output.for_stderr().note(f"{result.directory}: {line}")


def _show_plan(result: DirectoryResult, out: Output) -> str:
    if result.plan is None:
        return ""
    return render_plan(result.plan, ReportFormat.TEXT, mask=out.mask, color=out.color, width=out.width)


def _show_applied(planned: dict[str, DirectoryResult]) -> Show:
    def show(result: DirectoryResult, out: Output) -> str:
        parts = [] if result.directory in planned else [_show_plan(result, out)]
        if result.report is not None and result.plan and not result.plan.is_empty:
            parts.append(report_to_text(result.report, color=out.color, mask=out.mask))
        return "\n".join(part for part in parts if part)

    return show


def _plans(several: Several, stop: Stop) -> list[DirectoryResult]:
    def read(ended: Ended) -> DirectoryResult:
        result = DirectoryResult(ended.directory, ended.exit_code, error=ended.err)
        if ended.exit_code != 0:
            return result
        try:
            return replace(result, plan=read_plan(ended.out)[0])
        except InvalidInput as error:
            return replace(result, exit_code=1, error=f"{ended.err}error: its plan cannot be read: {error}\n")

    return _collect(several, _jobs(several, "plan", ("--format=json", "--reveal")), stop, read, _show_plan)


def _applied(ended: Ended, planned: dict[str, DirectoryResult]) -> DirectoryResult:
    """The result of an apply, which printed its plan and then its report, as far as it came."""
    before = planned.get(ended.directory)
    result = DirectoryResult(ended.directory, ended.exit_code, plan=before.plan if before else None, error=ended.err)
    decoder = json.JSONDecoder()
    text = ended.out.lstrip()
    try:
        _, end = decoder.raw_decode(text)
        result = replace(result, plan=read_plan(text[:end])[0])
        rest = text[end:].lstrip()
        return replace(result, report=_report(json.loads(rest))) if rest else result
    except (ValueError, InvalidInput):
        # Cut off: what is there is shown, and its exit code and what it wrote to stderr say the rest.
        return result


def _report(document: dict[str, Any]) -> Report:
    """The report that `report_to_dict` made a document of."""
    return Report(
        tuple(_result(entry) for entry in document["results"]),
        document["calls"],
        tuple(document["notes"]),
        document["stopped"],
    )


def _result(entry: dict[str, Any]) -> Result:
    address = Address.parse(entry["address"])
    if address is None:
        raise ValueError(entry["address"])
    remote_id, origin = entry["remote_id"], entry["origin"]
    return Result(
        address,
        Action(entry["action"]),
        Status(entry["status"]),
        None if remote_id is None else RemoteId(remote_id),
        entry["error"],
        None if origin is None else Origin(origin["file"], origin["line"], origin["column"]),
    )


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _finish(several: Several, results: Sequence[DirectoryResult], stop: Stop) -> int:
    """Show all results together, write the reports, and return the exit code."""
    exit_code = stop.exit_code if stop.signal is not None else worst(result.exit_code for result in results)
    hint = "nothing was sent" if several.verb != "apply" else "what was applied is in the summary"
    summary = summary_to_text(results, several.verb, exit_code, color=several.out().color, mask=several.out().mask)
    if several.format == "text":
        several.out().write(summary)
    else:
        if several.format != "github":
            several.out().write(_rendered(several, results, several.format, mask=several.out().mask))
        Output.for_stderr(several.reveal).write(
            summary_to_text(
                results, several.verb, exit_code, color=False, mask=Output.for_stderr(several.reveal).mask
            )
        )
    _write_reports(several, results, hint)
    return exit_code


def _rendered(several: Several, results: Sequence[DirectoryResult], format_: str, *, mask: bool) -> str:
    now = datetime.now(UTC)
    if several.verb == "validate" and format_ == "gitlab":
        found = [entry for result in results for entry in result.document or ()]
        return json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    match ReportFormat(format_):
        case ReportFormat.JSON:
            return results_to_json(results, several.verb, tool_version=__version__, created_at=now, mask=mask)
        case ReportFormat.MARKDOWN:
            return results_to_markdown(results, several.verb, mask=mask)
        case ReportFormat.HTML:
            from intime_sync.render.html.several import results_to_html

            return results_to_html(results, several.verb, mask=mask, tool_version=__version__, created_at=now)
        case ReportFormat.GITLAB:
            return results_to_gitlab(results)
        case ReportFormat.TEXT:
            return "\n".join(_texts(several, results, mask=mask))


def _texts(several: Several, results: Sequence[DirectoryResult], *, mask: bool) -> Iterator[str]:
    for result in results:
        if result.plan is not None:
            yield f"== {inert(result.directory)}\n" + render_plan(result.plan, ReportFormat.TEXT, mask=mask)
    code = worst(result.exit_code for result in results)
    yield summary_to_text(results, several.verb, code, color=False, mask=mask)


def _write_reports(several: Several, results: Sequence[DirectoryResult], hint: str) -> None:
    """Write each report, as `write_reports` does for one plan. Raises IntimeSyncError."""
    revealed = several.reveal is True
    for report in several.reports:
        text = _rendered(several, results, str(report.format), mask=not revealed)
        try:
            replace_file(report.path, [text.encode("utf-8", "replace")], PRIVATE if revealed else SHARED)
        except OSError as error:
            raise IntimeSyncError(
                f"the report {report.path} cannot be written: {error.strerror}", hint=hint
            ) from None
