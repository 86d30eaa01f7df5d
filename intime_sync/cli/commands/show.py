"""`show`: a plan file, for people."""

from __future__ import annotations

from pathlib import Path

import click

from intime_sync.cli.options import reveal_option
from intime_sync.cli.output import Output
from intime_sync.cli.plans import render_plan
from intime_sync.errors import InvalidInput
from intime_sync.render.plan_file import plan_from_json


@click.command("show")
@click.argument("planfile", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to show it.")
@reveal_option
def command(planfile: Path, format_: str, reveal: bool | None) -> int:
    """Show the plan that `plan --out PLANFILE` wrote. Needs neither the configuration nor the network."""
    try:
        plan = plan_from_json(planfile.read_text(encoding="utf-8"))
    except InvalidInput as error:
        raise InvalidInput(f"{planfile}: {error}", hint=error.hint) from None
    except OSError as error:
        raise InvalidInput(f"{planfile} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{planfile} is not a plan file: it is not text") from None
    out = Output.for_stdout(reveal)
    out.write(render_plan(plan, format_, out))
    return 0
