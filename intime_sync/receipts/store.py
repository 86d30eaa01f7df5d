"""Receipts in an SQLite file: every status once, and on the disk before a method returns. Knows nothing of HTTP.

One store writes; any number of others may read the same file at the same time, see `ReceiptStore.open_existing`.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from intime_sync.errors import IntimeSyncError
from intime_sync.receipts.database import explained, open_for_reading, open_for_writing
from intime_sync.receipts.deliveries import Delivery, DeliveryCounts, Receipt, deliveries_of
from intime_sync.service.statuses import FINAL_LEVELS, DeliveryOutcome, status_level

ValueT = TypeVar("ValueT", int, str)

_PATIENCE: Final = 5.0
_CHUNK: Final = 500
_LARGEST_ID: Final = 10**18
_SECRET_BYTES: Final = 24

_INSERT: Final = (
    "INSERT INTO receipt (message_id, transid, status, received_at) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (message_id, status, transid) DO NOTHING"
)
_SELECT: Final = "SELECT message_id, transid, status, received_at, number FROM receipt"
_NEWEST: Final = "SELECT message_id FROM receipt GROUP BY message_id ORDER BY max(number) DESC LIMIT ? OFFSET ?"
# SQLite takes the bare column from the row that max() picked, as documented; final levels count before all others.
_CURRENT: Final = (
    f"SELECT status, max((status IN {FINAL_LEVELS}) * {1 << 62} + number) FROM receipt GROUP BY message_id"  # noqa: S608
)
_COUNTS: Final = f"SELECT status, count(*) FROM ({_CURRENT}) GROUP BY status"  # noqa: S608


class ReceiptStore:
    """The receipts in one file. Every method may be called from any thread, and raises IntimeSyncError.

    Opening creates the file where there is none, readable for its owner only. When `record_all` returns, the
    receipts are on the disk. `patience` is how many seconds to wait for another program that holds the file.
    """

    def __init__(self, path: Path, *, patience: float = _PATIENCE) -> None:
        self._use(path, open_for_writing(path, patience))

    @classmethod
    def open_existing(cls, path: Path, *, patience: float = _PATIENCE) -> ReceiptStore | None:
        """A store for reading only, also while `receive` runs; None if nothing was received yet."""
        db = open_for_reading(path, patience)
        if db is None:
            return None
        store = cls.__new__(cls)
        store._use(path, db)
        return store

    def _use(self, path: Path, db: sqlite3.Connection) -> None:
        self.path = path
        self._db = db
        self._lock = threading.RLock()
        with explained(path):
            self._identity = _identity(path)

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Writing

    def record_all(self, receipts: Iterable[Receipt]) -> int:
        """Keep all of them in one transaction, or none on an error. Returns how many were new.

        A receipt is new unless its message, status and transid are stored already.
        """
        rows = [(kept.message_id, kept.transid, kept.status, _to_text(kept.received_at)) for kept in receipts]
        with self._transaction() as db:
            before = db.total_changes
            db.executemany(_INSERT, rows)
            return db.total_changes - before

    def check_writable(self) -> None:
        """Write a row and wait for the disk. Raises IntimeSyncError if that fails."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES ('checked_at', ?)", (_to_text(datetime.now(UTC)),))

    def secret(self) -> str:
        """The secret part of the path, 32 characters; the first call generates and stores it."""
        return self._kept_token("secret")[0]

    def page_token(self) -> tuple[str, bool]:
        """The token of the page, stored in the same way, and whether this call generated it."""
        return self._kept_token("page_token")

    def _kept_token(self, name: str) -> tuple[str, bool]:
        with self._transaction() as db:
            made = secrets.token_urlsafe(_SECRET_BYTES)
            db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO NOTHING", (name, made))
            kept: str = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()[0]
        return kept, kept == made

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, explained(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._check_file()
                self._db.execute("COMMIT")
            except BaseException:
                # After some errors SQLite has rolled back by itself.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _check_file(self) -> None:
        """Raise if the file was removed or replaced: SQLite would go on writing to it, and the data be lost."""
        try:
            if _identity(self.path) == self._identity:
                return
        except FileNotFoundError:
            pass
        raise IntimeSyncError(
            f"{self.path} was removed or replaced while it was in use",
            hint="put it back, or start `intime-sync receive` again",
        )

    # Reading

    def of_transids(self, transids: Iterable[str]) -> list[Receipt]:
        """Every receipt with one of these transids, in order of arrival; any number may be asked for."""
        with self._reading() as db:
            return _receipts(db, "transid", list(dict.fromkeys(transids)))

    def of_messages(self, message_ids: Iterable[int]) -> list[Receipt]:
        """Every receipt of these messages, in order of arrival; any number may be asked for."""
        ids = [id for id in dict.fromkeys(message_ids) if 0 < id < _LARGEST_ID]
        with self._reading() as db:
            return _receipts(db, "message_id", ids)

    def latest(self, limit: int, offset: int = 0) -> list[Delivery]:
        """The messages with the newest receipts, newest first, each with all its receipts."""
        with self._reading() as db:
            ids = [row[0] for row in db.execute(_NEWEST, (limit, offset))]
            found = deliveries_of(_receipts(db, "message_id", ids))
        return [found[id] for id in ids]

    def counts(self) -> DeliveryCounts:
        """How many messages are in which state."""
        counts = dict.fromkeys(DeliveryOutcome, 0)
        with self._reading() as db:
            for status, count in db.execute(_COUNTS):
                counts[status_level(status).outcome] += count
        return DeliveryCounts(
            counts[DeliveryOutcome.DELIVERED], counts[DeliveryOutcome.NOT_DELIVERED], counts[DeliveryOutcome.UNKNOWN]
        )

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A read transaction: all queries see the same state of the file."""
        with self._lock, explained(self.path):
            self._db.execute("BEGIN")
            try:
                yield self._db
            finally:
                self._db.execute("ROLLBACK")


def _receipts(db: sqlite3.Connection, column: str, values: Sequence[ValueT]) -> list[Receipt]:
    rows: list[tuple[int, str, int, str, int]] = []
    for start in range(0, len(values), _CHUNK):
        chunk = values[start : start + _CHUNK]
        marks = ",".join("?" * len(chunk))
        rows += db.execute(f"{_SELECT} WHERE {column} IN ({marks})", chunk)
    rows.sort(key=lambda row: row[4])
    return [Receipt(message, transid, status, datetime.fromisoformat(at)) for message, transid, status, at, _ in rows]


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _to_text(moment: datetime) -> str:
    """`2026-12-24T07:00:05.000000Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
