"""`receive`: the small service that takes delivery statuses."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from intime_sync.cli.options import directory_argument
from intime_sync.cli.output import Output
from intime_sync.errors import IntimeSyncError, InvalidInput

if TYPE_CHECKING:
    from intime_sync.receipts import Named, ReceiveOptions

SECRET_VARIABLE: Final = "INTIME_RECEIVE_SECRET"  # noqa: S105 - the variable's name
DEFAULT_DATA: Final = Path(".intime", "receipts.sqlite3")


@click.command("receive")
@directory_argument
@click.option("--port", type=click.IntRange(0, 65535), default=8047, show_default=True, help="0 takes any free port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--data",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"An SQLite file. Default: {DEFAULT_DATA} in DIR.",
)
def command(directory: Path, port: int, host: str, data: Path | None) -> None:
    """Take delivery statuses from the service and keep them, until Ctrl-C.

    Prints the address that takes them, for a TLS proxy to pass on; it ends in a secret, which is made once and
    kept with the data unless INTIME_RECEIVE_SECRET holds one. What was delivered is shown at / of the same
    address. See docs/receipts.md.
    """
    try:
        from intime_sync.receipts import serve_receipts
    except ImportError:
        raise InvalidInput(
            "receiving statuses needs packages that are not installed",
            hint='install them with: pip install "intime-sync[receive]"',
        ) from None
    options = _options(directory, data)
    out = Output.for_stdout()
    try:
        serve_receipts(options, host, port, on_ready=lambda url: out.write(f"Ready for statuses at {url}"))
    except OSError as error:
        raise IntimeSyncError(
            f"statuses cannot be taken on {host}:{port}: {error.strerror or error}",
            hint="choose another port with --port, or another address with --host",
        ) from None


def _options(directory: Path, data: Path | None) -> ReceiveOptions:
    from zoneinfo import ZoneInfo

    from intime_sync.config.settings import DEFAULT_ZONE
    from intime_sync.receipts import ReceiveOptions

    if not directory.is_dir():
        raise InvalidInput(f"{directory} is not a directory")
    try:
        return ReceiveOptions(
            data=data or directory / DEFAULT_DATA,
            secret=os.environ.get(SECRET_VARIABLE),
            names=lambda: _names(directory),
            zone=ZoneInfo(DEFAULT_ZONE),
        )
    except ValueError as error:
        raise InvalidInput(f"{SECRET_VARIABLE} cannot be used: {error}") from None


def _names(_directory: Path) -> Mapping[str, Named]:
    """Who a transid stands for, by the ledger of the configuration in the directory; nobody until it keeps transids.

    Called anew for every page, so that what an apply adds is seen at once.
    """
    return {}
