"""The SQLite file of receipts: creating, recognising and opening it. Knows nothing of queries."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from intime_sync.errors import IntimeSyncError
from intime_sync.files import ensure_private_file

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION: Final = 1
_APPLICATION: Final = 0x494E5452
"""`INTR`: distinguishes a file of receipts from other SQLite databases."""

# The unique index makes sure that a repeated report is kept once. `number` is the order of arrival, which may differ
# from that of the times; times are ISO 8601 in UTC and of fixed length, so that they compare as text.
_SCHEMA: Final = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL)",
    "CREATE TABLE receipt (number INTEGER PRIMARY KEY, message_id INTEGER NOT NULL, transid TEXT NOT NULL, "
    "status INTEGER NOT NULL, received_at TEXT NOT NULL, UNIQUE (message_id, status, transid))",
    "CREATE INDEX receipt_of_transid ON receipt (transid)",
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)


def open_for_writing(path: Path, patience: float) -> sqlite3.Connection:
    """The file, created if necessary, readable by its owner alone. Raises IntimeSyncError.

    `patience` is how many seconds to wait for another program that holds the file.
    """
    with explained(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        ensure_private_file(path)
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=patience)
        try:
            _make(db, path)
            _use_log(db, patience)
            # A COMMIT returns when the disk has it: an answered status survives a power cut.
            db.execute("PRAGMA synchronous = FULL")
        except BaseException:
            db.close()
            raise
    return db


def open_for_reading(path: Path, patience: float) -> sqlite3.Connection | None:
    """The file, read-only, or None if it does not exist or is empty. Raises IntimeSyncError."""
    with explained(path):
        if not path.exists():
            return None
        address = f"{path.absolute().as_uri()}?mode=ro"
        db = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False, timeout=patience)
        try:
            db.execute("BEGIN")
            ours = _is_ours(db, path)
            db.execute("ROLLBACK")
            if ours:
                return db
        except BaseException:
            db.close()
            raise
        db.close()
        return None


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and the system into an IntimeSyncError that names the file."""
    try:
        yield
    except OSError as error:
        raise IntimeSyncError(
            f"{path} cannot be used for receipts: {error.strerror or error}",
            hint="choose a file in a folder that may be written with --data",
        ) from None
    except sqlite3.Error as error:
        raise IntimeSyncError(f"{path} cannot be used for receipts: {error}", hint=_hint(error)) from None


def _hint(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith("SQLITE_NOTADB"):
        return "it is not an SQLite database; choose another file with --data"
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return "see that its disk works and has room"
    if name.startswith("SQLITE_BUSY"):
        return "another program holds it; wait for that to end"
    if name.startswith("SQLITE_CORRUPT"):
        return "it is damaged; restore it from a backup, or move it away to start again"
    return "see that the file and its folder belong to the user that runs this"


def _is_ours(db: sqlite3.Connection, path: Path) -> bool:
    """False for an empty database; call it in a transaction, since another process may be making it.

    Raises IntimeSyncError for another program's database, and for one of a newer version.
    """
    application = db.execute("PRAGMA application_id").fetchone()[0]
    if application != _APPLICATION:
        if application == 0 and db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            return False
        raise IntimeSyncError(
            f"{path} is a database of something else, not of receipts", hint="choose another file with --data"
        )
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version != VERSION:
        raise IntimeSyncError(
            f"{path} was written by a newer intime-sync (its version is {version}, this one knows {VERSION})",
            hint="use that newer version",
        )
    return True


def _make(db: sqlite3.Connection, path: Path) -> None:
    """Create the schema in one transaction, unless it exists."""
    db.execute("BEGIN IMMEDIATE")
    try:
        if not _is_ours(db, path):
            for statement in _SCHEMA:
                db.execute(statement)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _use_log(db: sqlite3.Connection, patience: float) -> None:
    """Write-ahead logging: readers and the writer do not wait for each other."""
    deadline = time.monotonic() + patience
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            # SQLite's own timeout does not always cover this statement when another process opens the file too.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
