"""`emulator`: the service on this machine."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from intime_sync.cli.output import Output, send_warnings_to_stderr
from intime_sync.errors import IntimeSyncError, InvalidInput
from intime_sync.links import refuse_target


@click.command("emulator")
@click.option("--port", type=click.IntRange(0, 65535), default=8046, show_default=True, help="0 takes any free port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--allow-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    help="Serve under this name, too, besides localhost and the address to listen on; may be given again.",
)
@click.option(
    "--data", type=click.Path(dir_okay=False, path_type=Path), help="An SQLite file. Default: forget at exit."
)
@click.option("--user", default="demo", show_default=True, help="The user name that it accepts.")
@click.option("--hash", "secret", default="demo", show_default=True, help="The secret key that it accepts.")
@click.option(
    "--echo",
    type=click.Choice(["national", "e164", "raw"]),
    default="national",
    show_default=True,
    help="How lists spell numbers; raw is as they were sent.",
)
@click.option(
    "--declare",
    type=click.Choice(["iso-8859-1", "iso88591", "utf-8"]),
    default="iso-8859-1",
    show_default=True,
    help="The encoding that replies declare.",
)
@click.option(
    "--on-known-mobile",
    type=click.Choice(["add", "replace", "union", "keep"]),
    default="add",
    show_default=True,
    help="What becomes of a contact whose number is known: another one, or the known one with the new groups, with "
    "the groups of both, or as it was.",
)
@click.option(
    "--names",
    type=click.Choice(["keep", "latin1", "upper", "cut50"]),
    default="keep",
    show_default=True,
    help="What becomes of a new group's name: kept, letters beyond ISO-8859-1 as ?, capitals, or 50 characters.",
)
@click.option("--merge-contacts", is_flag=True, help="The same as --on-known-mobile union.")
@click.option("--reuse-ids", is_flag=True, help="Give the ids of removed groups out again.")
@click.option(
    "--list-lag",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    show_default=True,
    help="Answer each list as it was N answers ago.",
)
@click.option(
    "--duplicates",
    type=click.Choice(["merge", "keep"]),
    default="merge",
    show_default=True,
    help="What becomes of a number that is added to the blocklist twice.",
)
@click.option(
    "--clock",
    type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]),
    metavar="TIME",
    help="Wall time to start from, such as 2026-12-24T07:59. Default: the time in Stockholm.",
)
@click.option(
    "--faults",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A YAML file of faults to show on purpose; see docs/emulator.md.",
)
def command(port: int, host: str, secret: str, clock: datetime | None, faults: Path | None, **options: Any) -> None:
    """Run the service on this machine: the documented API over real HTTP, its data in an SQLite file.

    Prints the base address for `account.url` or INTIME_URL, then serves until Ctrl-C.
    """
    try:
        from intime_sync.emulator import EmulatorOptions, FaultPlan, serve
        from intime_sync.emulator.clock import Clock
    except ImportError:
        raise InvalidInput(
            "the emulator is not installed", hint='install it with: pip install "intime-sync[emulator]"'
        ) from None
    if options.pop("merge_contacts"):
        options["on_known_mobile"] = "union"
    if options["data"] is not None:
        refuse_target(options["data"])
    running = Clock()
    try:
        if clock is not None:
            running.set(clock)
    except ValueError as error:
        raise InvalidInput(f"--clock: {error}") from None
    try:
        plan = None if faults is None else FaultPlan.from_data(_parsed(faults))
        chosen = EmulatorOptions(secret=secret, faults=plan, now=running.now, **options)
    except ValueError as error:
        raise InvalidInput(f"{faults}: {error}" if faults else str(error)) from None
    out = Output.for_stdout()
    send_warnings_to_stderr()
    try:
        serve(chosen, host=host, port=port, on_ready=lambda url: out.write(f"The emulator is ready at {url}"))
    except sqlite3.Error as error:
        raise InvalidInput(f"{options['data']} cannot be used for the emulator's data: {error}") from None
    except OSError as error:
        if error.filename:
            raise InvalidInput(f"{error.filename} cannot be used for the emulator's data: {error.strerror}") from None
        raise IntimeSyncError(
            f"the emulator cannot listen on {host}:{port}: {error.strerror or error}",
            hint="choose another port with --port",
        ) from None


def _parsed(path: Path) -> Any:
    import yaml

    try:
        return yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise InvalidInput(f"{path} is not YAML: {error}") from None
