"""`plan`: what would change in the account."""

from __future__ import annotations

from pathlib import Path

import click

from intime_sync.cli.options import directory_argument, environ, reveal_option, selection_of, selection_options
from intime_sync.cli.output import Output
from intime_sync.cli.plans import render_plan, write_plan_file
from intime_sync.cli.wiring import connect, ledger_store, plan_for, settle_in_memory
from intime_sync.config.desired import load_desired


@click.command("plan")
@directory_argument
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Also write the plan to a file for `apply`."
)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to show it.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
@selection_options
@reveal_option
def command(
    directory: Path,
    out: Path | None,
    format_: str,
    detailed_exitcode: bool,
    target: tuple[str, ...],
    replacement: tuple[str, ...],
    reveal: bool | None,
) -> int:
    """Show what `apply` would change in the account. Changes nothing, there or in the ledger.

    A plan file (--out) is complete, so it holds phone numbers; it is readable by you alone.
    """
    selection = selection_of(target, replacement)
    configuration = load_desired(directory, environ())
    settings = configuration.settings
    with connect(settings) as connection:
        view = ledger_store(settings).read()
        if view.open_intents:
            Output.for_stderr().note(
                f"note: an apply was interrupted; the next one first settles {len(view.open_intents)} open requests"
            )
        plan, _ = plan_for(configuration, connection, view, settle_in_memory(view.ledger), selection)
    if out is not None:
        write_plan_file(plan, out, directory)
    Output.for_stdout(reveal).write(render_plan(plan, format_, Output.for_stdout(reveal)))
    return 2 if detailed_exitcode and not plan.is_empty else 0
