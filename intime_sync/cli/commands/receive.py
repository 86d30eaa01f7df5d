"""`receive`: the small service that takes delivery statuses."""

from __future__ import annotations

from collections.abc import Mapping
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from intime_sync.cli.options import directory_argument
from intime_sync.cli.output import Output, send_warnings_to_stderr
from intime_sync.errors import IntimeSyncError, InvalidInput
from intime_sync.render.masking import mask_text

if TYPE_CHECKING:
    from intime_sync.config.settings import Settings
    from intime_sync.receipts import Addresses, MessageRecipient, ReceiveOptions

SECRET_VARIABLE: Final = "INTIME_RECEIVE_SECRET"  # noqa: S105 - the variable's name


@click.command("receive")
@directory_argument
@click.option("--port", type=click.IntRange(0, 65535), default=8047, show_default=True, help="0 takes any free port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--data",
    type=click.Path(dir_okay=False, path_type=Path),
    help="An SQLite file. Default: what `receipts.data` says, or .intime/receipts.sqlite3 in DIR.",
)
@click.option("--open-page", is_flag=True, help="Show the page without its token; on a loopback address only.")
@click.option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="Show the page under this name, too, besides localhost and the address to listen on; may be given again.",
)
def command(
    directory: Path, port: int, host: str, data: Path | None, open_page: bool, hosts: tuple[str, ...]
) -> None:
    """Take delivery statuses from the service and keep them, until Ctrl-C.

    Prints the address that takes them, for a TLS proxy to pass on; it ends in a secret, which is made once and
    kept with the data unless INTIME_RECEIVE_SECRET holds one. What was delivered is shown on a page at / of the
    same port, with names from the ledger if DIR holds a configuration. Only visitors with its token see it: the
    address with it is printed on stderr when it is made, and later on terminals only. See docs/receipts.md.
    """
    try:
        from intime_sync.receipts import serve_receipts
    except ImportError:
        raise InvalidInput(
            "receiving statuses needs packages that are not installed",
            hint='install them with: pip install "intime-sync[receive]"',
        ) from None
    options = _options(directory, data, open_page, hosts)
    send_warnings_to_stderr()
    try:
        serve_receipts(options, host, port, on_ready=_print_addresses)
    except OSError as error:
        raise IntimeSyncError(
            f"statuses cannot be taken on {host}:{port}: {error.strerror or error}",
            hint="choose another port with --port, or another address with --host",
        ) from None


def _print_addresses(addresses: Addresses) -> None:
    out, notes = Output.for_stdout(), Output.for_stderr()
    out.write(f"Ready for statuses at {addresses.statuses}")
    # Output that is not a terminal may be a log that others read, so the token is written there only when it is new.
    if addresses.page_is_new or notes.stream.isatty():
        notes.write(f"The page is at {addresses.page}")


def _options(directory: Path, data: Path | None, open_page: bool, hosts: tuple[str, ...]) -> ReceiveOptions:
    """The options from the command line, the environment, and the configuration if the directory holds one."""
    from zoneinfo import ZoneInfo

    from intime_sync.cli.places import default_receipts_path, receipts_path
    from intime_sync.config.desired import load_settings
    from intime_sync.config.settings import DEFAULT_ZONE, ROOT_FILE
    from intime_sync.links import refuse_target
    from intime_sync.receipts import ReceiveOptions
    from intime_sync.receipts.options import Names, no_names

    if not directory.is_dir():
        raise InvalidInput(f"{directory} is not a directory")
    if data is not None:
        refuse_target(data, directory)
    names: Names = no_names
    if (directory / ROOT_FILE).exists():
        settings = load_settings(directory, environ)
        kept, names, zone = data or receipts_path(settings), _LedgerNames(settings), settings.zone
    else:
        kept, zone = data or default_receipts_path(directory), ZoneInfo(DEFAULT_ZONE)
    try:
        return ReceiveOptions(kept, environ.get(SECRET_VARIABLE), names, zone, open_page, hosts)
    except ValueError as error:
        raise InvalidInput(f"{SECRET_VARIABLE} cannot be used: {error}") from None


class _LedgerNames:
    """Message and recipient of each transid, by the ledger, which is read again when it has changed."""

    def __init__(self, settings: Settings) -> None:
        from intime_sync.cli.session import ledger_store

        self._store = ledger_store(settings)
        self._seen: tuple[int, int] | None = None
        self._names: dict[str, MessageRecipient] = {}

    def __call__(self) -> Mapping[str, MessageRecipient]:
        from intime_sync.kinds.registry import MESSAGES
        from intime_sync.receipts import MessageRecipient

        version = self._version()
        if version != self._seen:
            entries = self._store.read(only=MESSAGES.name).ledger.of(MESSAGES.name)
            self._names = {
                MESSAGES.transid(key, mobile): MessageRecipient(key, mask_text(mobile))
                for key, entry in entries.items()
                for mobile in MESSAGES.mobiles(entry.attributes)
            }
            self._seen = version
        return self._names

    def _version(self) -> tuple[int, int] | None:
        try:
            found = self._store.path.stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_size
