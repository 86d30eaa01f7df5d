"""Messages that are scheduled, sent or cancelled, and the statuses that are still to be posted to a `statusurl`.

Every SQL statement about them. Each function works inside a transaction that the caller holds, which is why a
message is never both sent and cancelled. Knows nothing of XML, HTTP or timers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from intime_sync.emulator.records import Message, MessageStatus, NewMessage, ReportState
from intime_sync.emulator.tables import fresh_ids, time_text
from intime_sync.emulator.values import delivery_status

_MESSAGE: Final = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT, created_at TEXT NOT NULL, send_at TEXT, sender TEXT NOT NULL,
    body TEXT NOT NULL, flash INTEGER NOT NULL, multisms INTEGER NOT NULL, anonymize INTEGER NOT NULL,
    statusurl TEXT NOT NULL, mobile TEXT NOT NULL, number TEXT NOT NULL, transid TEXT NOT NULL, contact INTEGER,
    cancelled INTEGER NOT NULL DEFAULT 0)"""
# Columns that files of earlier versions do not have.
_ADDED: Final = {"sent_at": "TEXT", "delivery_status": "INTEGER"}
_WAITING: Final = "sent_at IS NULL AND cancelled = 0"
# `due` is Unix time, by the real clock and not by the service's, as receivers have it. NULL means accepted.
_REPORT: Final = """
CREATE TABLE IF NOT EXISTS report (
    message INTEGER PRIMARY KEY REFERENCES message (id), attempts INTEGER NOT NULL DEFAULT 0, due REAL)"""
_DUE_AT_ONCE: Final = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """A status to post; `attempts` counts this one too."""

    message: int
    status: int
    transid: str
    url: str
    attempts: int


def prepare(db: sqlite3.Connection) -> None:
    """Make the tables, or bring those of an earlier version up to date."""
    db.execute(_MESSAGE)
    there = {row["name"] for row in db.execute("PRAGMA table_info(message)")}
    for name, kind in _ADDED.items():
        if name not in there:
            db.execute(f"ALTER TABLE message ADD COLUMN {name} {kind}")
    db.execute(f"CREATE INDEX IF NOT EXISTS message_waiting ON message (send_at) WHERE {_WAITING}")
    db.execute(_REPORT)
    db.execute("CREATE INDEX IF NOT EXISTS report_due ON report (due) WHERE due IS NOT NULL")


def insert(db: sqlite3.Connection, messages: Sequence[NewMessage], now: datetime) -> list[int]:
    """Add messages and return their ids in the same order; those without a time to wait for are sent."""
    ids = fresh_ids(db, "message", len(messages))
    db.executemany(
        "INSERT INTO message (id, created_at, send_at, sender, body, flash, multisms, anonymize, statusurl,"
        " mobile, number, transid, contact) VALUES (:id, :created_at, :send_at, :sender, :body, :flash,"
        " :multisms, :anonymize, :statusurl, :mobile, :number, :transid, :contact)",
        (
            {**asdict(new), "id": id, "created_at": time_text(new.created_at), "send_at": time_text(new.send_at)}
            for id, new in zip(ids, messages, strict=True)
        ),
    )
    send_due(db, now)
    return ids


def send_due(db: sqlite3.Connection, now: datetime) -> None:
    """Send the messages that are due at `now`: empty anonymous bodies, and make the statuses asked for due."""
    rows = db.execute(
        f"SELECT id, number FROM message WHERE {_WAITING} AND (send_at IS NULL OR send_at <= ?)",  # noqa: S608
        (time_text(now),),
    ).fetchall()
    db.executemany(
        "UPDATE message SET sent_at = ?, delivery_status = ?, body = CASE WHEN anonymize THEN '' ELSE body END"
        " WHERE id = ?",
        ((time_text(now), delivery_status(number), id) for id, number in rows),
    )
    db.executemany(
        "INSERT INTO report (message, due) SELECT id, ? FROM message"
        " WHERE id = ? AND statusurl <> '' AND transid <> ''",
        ((_DUE_AT_ONCE, id) for id, _ in rows),
    )


def cancel(db: sqlite3.Connection, id: int, now: datetime) -> bool:
    """Cancel a message that is still to be sent at `now`; False if it does not exist, or is sent or cancelled."""
    send_due(db, now)
    cursor = db.execute(f"UPDATE message SET cancelled = 1 WHERE id = ? AND {_WAITING}", (id,))  # noqa: S608
    return cursor.rowcount > 0


def messages(db: sqlite3.Connection, now: datetime) -> list[Message]:
    """Every message as it is at `now`, in id order."""
    send_due(db, now)
    rows = db.execute(
        "SELECT message.*, report.message AS reported, attempts, due FROM message"
        " LEFT JOIN report ON report.message = id ORDER BY id"
    )
    return [_message(row) for row in rows]


def _message(row: sqlite3.Row) -> Message:
    values: dict[str, Any] = dict(row)
    status: MessageStatus = "sent" if values["sent_at"] else "scheduled"
    if values.pop("cancelled"):
        status = "cancelled"
    due, reported = values.pop("due"), values.pop("reported")
    report: ReportState = "none" if reported is None else "accepted" if due is None else "due"
    values |= {name: bool(values[name]) for name in ("flash", "multisms", "anonymize")}
    values |= {
        name: values[name] and datetime.fromisoformat(values[name]) for name in ("created_at", "send_at", "sent_at")
    }
    return Message(**{**values, "attempts": values["attempts"] or 0}, status=status, report=report)


def next_send(db: sqlite3.Connection) -> datetime | None:
    """When the next message is to be sent, by the service's clock."""
    row = db.execute(f"SELECT min(send_at) FROM message WHERE {_WAITING}").fetchone()  # noqa: S608
    return None if row[0] is None else datetime.fromisoformat(row[0])


def claim(db: sqlite3.Connection, now: float, most: int, until: float) -> list[Report]:
    """Take up to `most` reports that are due, counting an attempt each; they fall due again at `until`.

    An attempt that was interrupted is therefore made again, and two processes with one file do not post the same
    report at the same time.
    """
    rows = db.execute(
        "SELECT id, delivery_status, transid, statusurl, attempts + 1 FROM report JOIN message ON id = message"
        " WHERE due <= ? ORDER BY due, id LIMIT ?",
        (now, most),
    ).fetchall()
    db.executemany(
        "UPDATE report SET attempts = attempts + 1, due = ? WHERE message = ?", ((until, r[0]) for r in rows)
    )
    return [Report(*row) for row in rows]


def accept(db: sqlite3.Connection, message: int) -> None:
    """Note that a report was accepted."""
    db.execute("UPDATE report SET due = NULL WHERE message = ?", (message,))


def postpone(db: sqlite3.Connection, message: int, until: float) -> None:
    """Note that a report was not accepted; it falls due again at `until`."""
    db.execute("UPDATE report SET due = ? WHERE message = ? AND due IS NOT NULL", (until, message))


def next_report(db: sqlite3.Connection) -> float | None:
    """When the next report falls due, in Unix time."""
    row = db.execute("SELECT min(due) FROM report WHERE due IS NOT NULL").fetchone()
    return None if row[0] is None else float(row[0])
