"""A client for the account that a configuration names; the emulator is started where that is `embedded`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from intime_sync.cli.credentials import account_of, credentials_of
from intime_sync.cli.output import send_warnings_to_stderr
from intime_sync.cli.places import embedded_data_path
from intime_sync.config.settings import EMBEDDED, Settings
from intime_sync.errors import IntimeSyncError, InvalidInput
from intime_sync.model.ledger import AccountRef
from intime_sync.service.client import Client
from intime_sync.service.secrets import Credentials


@dataclass(frozen=True, slots=True)
class Connection:
    """An account and the client that talks to it."""

    client: Client
    account: AccountRef


@contextmanager
def connect(settings: Settings) -> Iterator[Connection]:
    """A connection to the account. Sends nothing by itself. Raises CredentialsError."""
    user, secret = credentials_of(settings)
    send_warnings_to_stderr()
    with ExitStack() as stack:
        url = settings.url
        if url == EMBEDDED:
            url = stack.enter_context(_embedded(settings.directory))
        client = stack.enter_context(Client(url, Credentials(user, secret), wire=settings.wire))
        yield Connection(client, account_of(settings))


@contextmanager
def _embedded(directory: Path) -> Iterator[str]:
    try:
        from intime_sync.emulator import EmulatorOptions, run_in_thread
    except ImportError:
        raise _no_emulator() from None
    import sqlite3

    data = embedded_data_path(directory)
    with ExitStack() as stack:
        try:
            running = stack.enter_context(run_in_thread(EmulatorOptions(data=data, loopback_only=True)))
        except ImportError:
            raise _no_emulator() from None
        except sqlite3.Error as error:
            raise IntimeSyncError(f"{data} cannot be used for the emulator's data: {error}") from None
        yield running.url


def _no_emulator() -> InvalidInput:
    return InvalidInput(
        "`account.url: embedded` needs the emulator, which is not installed",
        hint='install it with: pip install "intime-sync[emulator]"',
    )
