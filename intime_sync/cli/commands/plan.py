"""`plan`: what would change in the account."""

from __future__ import annotations

from os import environ
from pathlib import Path

import click

from intime_sync.cli.connection import connect
from intime_sync.cli.options import (
    directories_argument,
    format_option,
    report_option,
    reveal_option,
    selection_of,
    selection_options,
)
from intime_sync.cli.output import Output
from intime_sync.cli.places import check_targets
from intime_sync.cli.reports import ReportFile, ReportFormat, render_plan, write_reports
from intime_sync.cli.session import Session, ledger_store
from intime_sync.config.desired import load_desired
from intime_sync.errors import InvalidInput
from intime_sync.links import real_path
from intime_sync.planning.matching import account_under_own_names
from intime_sync.render.style import counted


@click.command("plan")
@directories_argument
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Also write the plan to a file for `apply`."
)
@format_option
@report_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
@selection_options
@reveal_option
def command(
    directories: tuple[Path, ...],
    jobs: int,
    out: Path | None,
    format_: str,
    reports: tuple[ReportFile, ...],
    detailed_exitcode: bool,
    target: tuple[str, ...],
    replacement: tuple[str, ...],
    reveal: bool | None,
) -> int:
    """Show what `apply` would change in the account. Changes nothing, there or in the ledger.

    A plan file (--out) is complete, so it holds phone numbers; it is readable by you alone.

    With several DIRs, each is planned in a process of its own, and one summary and one report are about all.
    """
    directory, *others = directories
    if others:
        from intime_sync.cli.several import Several, plan_several
        from intime_sync.cli.several_checks import check_several

        several = Several("plan", directories, jobs, format_, reveal, reports)
        check_several(several, {"--out": out, "--target": target, "--replace": replacement})
        return plan_several(several, detailed_exitcode=detailed_exitcode)
    selection = selection_of(target, replacement)
    if out is not None and any(real_path(report.path) == real_path(out) for report in reports):
        raise InvalidInput(f"--out and --report both go to {out}")
    configuration = load_desired(directory, environ)
    settings, desired = configuration.settings, configuration.desired
    check_targets([*([out] if out else []), *(report.path for report in reports)], settings)
    with connect(settings) as connection:
        ledger = ledger_store(settings).read()
        session = Session(settings, connection, ledger)
        if ledger.open_intents:
            left = counted(len(ledger.open_intents), "request")
            Output.for_stderr().note(f"note: the last apply left {left} open, which the next one settles first")
        fetched = session.fetch(desired.resources)
        session.settle(fetched)
        actual = account_under_own_names(fetched, session.ledger, desired)
        plan = session.plan(configuration, actual, selection)
    if out is not None:
        from intime_sync.cli.plans import write_plan_file

        write_plan_file(plan, out, directory)
    write_reports(plan, reports, reveal)
    screen = Output.for_stdout(reveal)
    screen.write(render_plan(plan, ReportFormat(format_), mask=screen.mask, color=screen.color, width=screen.width))
    return 2 if detailed_exitcode and not plan.is_empty else 0
