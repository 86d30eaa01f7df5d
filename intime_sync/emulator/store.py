"""The SQLite database: opening, transactions, inspection, and the changes that a person can make by hand.

Knows nothing of XML, HTTP or reply codes.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from intime_sync.emulator import outbox, tables
from intime_sync.emulator.clock import Clock
from intime_sync.emulator.records import (
    BlockedNumber,
    Contact,
    Message,
    NewContact,
    NewReminder,
    Reminder,
)
from intime_sync.emulator.values import normalised_number
from intime_sync.files import ensure_private_file


class Store:
    """All data of one account. Every method may be called from any thread.

    `clock` starts from `now` (naive wall time; None is Stockholm's); when it is moved, due messages are sent
    before that returns. Opening raises OSError or sqlite3.Error if `path` cannot be opened. A finished transaction
    survives the end of the process by kill.
    """

    def __init__(self, path: Path | None = None, now: Callable[[], datetime] | None = None) -> None:
        self.clock = Clock(now)
        self._lock = threading.RLock()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            # The file holds names and numbers of people.
            ensure_private_file(path)
        target = ":memory:" if path is None else str(path)
        self._db = sqlite3.connect(target, isolation_level=None, check_same_thread=False, timeout=30)
        try:
            self._prepare()
        except sqlite3.Error:
            self._db.close()
            raise
        self.clock.watch(self._send_due)

    def _prepare(self) -> None:
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(tables.SCHEMA)
        with self.transaction() as db:
            outbox.prepare(db)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection inside one transaction, which is rolled back on an exception."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # Inspection

    def groups(self) -> list[tuple[int, str]]:
        """(id, name) of every group, in id order."""
        with self.transaction() as db:
            return tables.groups(db)

    def contacts(self) -> list[Contact]:
        """Every contact with the ids of its groups, in id order."""
        with self.transaction() as db:
            member: dict[int, list[int]] = {}
            for contact, group in db.execute("SELECT contact_id, group_id FROM membership ORDER BY 1, 2"):
                member.setdefault(contact, []).append(group)
            rows = db.execute("SELECT * FROM contact ORDER BY id").fetchall()
        return [Contact(**dict(row), groups=tuple(member.get(row["id"], ()))) for row in rows]

    def blocklist(self) -> list[BlockedNumber]:
        """Every entry of the blocklist, in id order."""
        with self.transaction() as db:
            rows = db.execute("SELECT * FROM blocked ORDER BY id").fetchall()
        return [BlockedNumber(**dict(row)) for row in rows]

    def reminders(self) -> list[Reminder]:
        """Every reminder, active or not, in id order."""
        with self.transaction() as db:
            return tables.reminders(db)

    def messages(self) -> list[Message]:
        """Every message, cancelled ones too, in id order, with its status by this store's clock."""
        with self.transaction() as db:
            return outbox.messages(db, self.clock.now())

    # Changes that a person can make in the web interface

    def add_group(self, name: str) -> int:
        """Create a group and return its id; the name may be taken already."""
        with self.transaction() as db:
            return tables.insert_groups(db, [name])[0]

    def rename_group(self, group: int, name: str) -> None:
        with self.transaction() as db:
            db.execute("UPDATE contact_group SET name = ? WHERE id = ?", (name, group))

    def delete_group(self, group: int, with_contacts: bool = False) -> bool:
        """Remove a group, on request with its contacts; False if there was none."""
        with self.transaction() as db:
            return tables.delete_group(db, group, with_contacts=with_contacts)

    def add_contact(
        self,
        firstname: str = "",
        lastname: str = "",
        *,
        mobile: str = "",
        email: str = "",
        extrafield: str = "",
        groups: Sequence[int] = (),
    ) -> int:
        """Create a contact and return its id; its type follows from what is given."""
        kind = 3 if mobile and email else 2 if email else 1
        contact = NewContact(
            type=kind,
            firstname=firstname,
            lastname=lastname,
            email=email,
            mobile=mobile,
            number=normalised_number(mobile),
            extrafield=extrafield,
            groups=tuple(groups),
        )
        with self.transaction() as db:
            return tables.insert_contacts(db, [contact])[0]

    def delete_contact(self, contact: int) -> bool:
        with self.transaction() as db:
            return db.execute("DELETE FROM contact WHERE id = ?", (contact,)).rowcount > 0

    def block(self, mobile: str) -> int:
        """Add an entry to the blocklist, even a second one for the number, and return its id."""
        with self.transaction() as db:
            return tables.insert_blocked(db, mobile, normalised_number(mobile) or mobile)

    def unblock(self, mobile: str) -> bool:
        with self.transaction() as db:
            return tables.delete_blocked(db, normalised_number(mobile) or mobile) is not None

    def add_reminder(self, reminder: NewReminder) -> int:
        with self.transaction() as db:
            return tables.insert_reminders(db, [reminder])[0]

    def change_reminder(self, reminder: int, **fields: Any) -> None:
        """Set fields of `Reminder` by name, whether it is active or not; raises KeyError if there is none."""
        with self.transaction() as db:
            found = tables.reminder(db, reminder)
            if found is None:
                raise KeyError(reminder)
            changed = replace(found, **fields)
            number = normalised_number(changed.attendant_mobile) or changed.attendant_mobile
            tables.update_reminder(db, replace(changed, number=number))

    def cancel_message(self, message: int) -> bool:
        """Cancel a message that is still to be sent; False if there is none."""
        with self.transaction() as db:
            return outbox.cancel(db, message, self.clock.now())

    def _send_due(self) -> None:
        with self.transaction() as db:
            outbox.send_due(db, self.clock.now())
