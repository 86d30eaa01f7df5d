"""`validate`: every problem of a configuration, without the network."""

from __future__ import annotations

from pathlib import Path

import click

from intime_sync.cli.options import directory_argument, environ, reveal_option
from intime_sync.cli.output import Output
from intime_sync.config.desired import load_desired
from intime_sync.errors import InvalidConfiguration
from intime_sync.kinds.registry import BY_NAME


@click.command("validate")
@directory_argument
@reveal_option
def command(directory: Path, reveal: bool | None) -> int:
    """Report every problem of the configuration in DIR, as file:line:column. Needs no network and no credentials.

    Exits 3 when there is an error; warnings alone exit 0.
    """
    out = Output.for_stdout(reveal)
    try:
        configuration = load_desired(directory, environ())
    except InvalidConfiguration as error:
        out.problems(error.problems)
        return error.exit_code
    if configuration.warnings:
        out.problems(configuration.warnings)
    counts = [f"{BY_NAME[kind].spec.name}: {len(items)}" for kind, items in configuration.desired.resources.items()]
    out.write(f"{directory} is valid: {', '.join(counts) or 'it manages nothing'}")
    return 0
