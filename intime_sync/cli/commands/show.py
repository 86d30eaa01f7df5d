"""`show`: a plan file, for people."""

from __future__ import annotations

from pathlib import Path

import click

from intime_sync.cli.options import format_option, report_option, reveal_option
from intime_sync.cli.output import Output
from intime_sync.cli.plans import read_plan_file
from intime_sync.cli.reports import ReportFile, ReportFormat, render_plan, write_reports
from intime_sync.links import refuse_target


@click.command("show")
@click.argument("planfile", type=click.Path(dir_okay=False, path_type=Path))
@format_option
@report_option
@reveal_option
def command(planfile: Path, format_: str, reports: tuple[ReportFile, ...], reveal: bool | None) -> int:
    """Show the plan that `plan --out PLANFILE` wrote. Needs neither the configuration nor the network."""
    plan, _ = read_plan_file(planfile)
    for report in reports:
        refuse_target(report.path)
    write_reports(plan, reports, reveal)
    out = Output.for_stdout(reveal)
    out.write(render_plan(plan, ReportFormat(format_), mask=out.mask, color=out.color, width=out.width))
    return 0
