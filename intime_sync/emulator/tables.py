"""The tables and their SQL statements, messages aside. Each function works inside its caller's transaction.

Knows nothing of XML, HTTP or reply codes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import count, islice
from typing import Any, Final

from intime_sync.emulator.records import NewContact, NewReminder, Reminder

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS contact_group (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS contact (
    id INTEGER PRIMARY KEY AUTOINCREMENT, type INTEGER NOT NULL, firstname TEXT NOT NULL, lastname TEXT NOT NULL,
    email TEXT NOT NULL, mobile TEXT NOT NULL, number TEXT, extrafield TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS contact_number ON contact (number);
CREATE INDEX IF NOT EXISTS contact_email ON contact (email);
CREATE TABLE IF NOT EXISTS membership (
    contact_id INTEGER NOT NULL REFERENCES contact (id) ON DELETE CASCADE,
    group_id INTEGER NOT NULL REFERENCES contact_group (id) ON DELETE CASCADE,
    PRIMARY KEY (contact_id, group_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS membership_group ON membership (group_id);
CREATE TABLE IF NOT EXISTS blocked (
    id INTEGER PRIMARY KEY AUTOINCREMENT, mobile TEXT NOT NULL, number TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS blocked_number ON blocked (number);
CREATE TABLE IF NOT EXISTS reminder (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, organizer_firstname TEXT NOT NULL,
    organizer_lastname TEXT NOT NULL, organizer_title TEXT NOT NULL, attendant_firstname TEXT NOT NULL,
    attendant_lastname TEXT NOT NULL, attendant_mobile TEXT NOT NULL, number TEXT NOT NULL,
    active INTEGER NOT NULL DEFAULT 1);
"""


def fresh_ids(db: sqlite3.Connection, table: str, wanted: int) -> list[int]:
    """The next ids of a table, so that a whole batch can be inserted by one executemany."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    first = (row[0] if row else 0) + 1
    return list(range(first, first + wanted))


def time_text(at: datetime | None) -> str | None:
    """A time as the tables hold it: text that sorts as times do."""
    return None if at is None else at.isoformat(timespec="seconds")


def group_ids(db: sqlite3.Connection) -> set[int]:
    return {row[0] for row in db.execute("SELECT id FROM contact_group")}


def groups(db: sqlite3.Connection) -> list[tuple[int, str]]:
    return [(row["id"], row["name"]) for row in db.execute("SELECT id, name FROM contact_group ORDER BY id")]


def insert_groups(db: sqlite3.Connection, names: Sequence[str], *, reuse_ids: bool = False) -> list[int]:
    """Add groups and return their ids; with `reuse_ids`, the lowest ids that no group has."""
    if reuse_ids:
        taken = group_ids(db)
        ids = list(islice((id for id in count(1) if id not in taken), len(names)))
    else:
        ids = fresh_ids(db, "contact_group", len(names))
    db.executemany("INSERT INTO contact_group (id, name) VALUES (?, ?)", zip(ids, names, strict=True))
    return ids


def delete_group(db: sqlite3.Connection, group: int, *, with_contacts: bool) -> bool:
    """Remove a group and its memberships, and on request its contacts; False if there is no such group."""
    if with_contacts:
        db.execute("DELETE FROM contact WHERE id IN (SELECT contact_id FROM membership WHERE group_id = ?)", (group,))
    return db.execute("DELETE FROM contact_group WHERE id = ?", (group,)).rowcount > 0


def insert_contacts(db: sqlite3.Connection, contacts: Sequence[NewContact]) -> list[int]:
    """Add contacts with their memberships; every group must exist."""
    ids = fresh_ids(db, "contact", len(contacts))
    db.executemany(
        "INSERT INTO contact (id, type, firstname, lastname, email, mobile, number, extrafield)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        ((id, *_contact_row(contact)) for id, contact in zip(ids, contacts, strict=True)),
    )
    _join(db, ((id, group) for id, c in zip(ids, contacts, strict=True) for group in c.groups))
    return ids


def known_contact(db: sqlite3.Connection, contact: NewContact) -> int | None:
    """The id of the oldest contact with the same number, else e-mail; None if there is none."""
    if contact.number:
        row = db.execute("SELECT min(id) FROM contact WHERE number = ?", (contact.number,)).fetchone()
    else:
        row = db.execute("SELECT min(id) FROM contact WHERE email = ?", (contact.email,)).fetchone()
    return None if row[0] is None else int(row[0])


def overwrite_contact(db: sqlite3.Connection, id: int, contact: NewContact, *, leave_groups: bool) -> None:
    """Give a contact other fields, and more groups; with `leave_groups`, only these groups."""
    if leave_groups:
        db.execute("DELETE FROM membership WHERE contact_id = ?", (id,))
    db.execute(
        "UPDATE contact SET type = ?, firstname = ?, lastname = ?, email = ?, mobile = ?, number = ?,"
        " extrafield = ? WHERE id = ?",
        (*_contact_row(contact), id),
    )
    _join(db, ((id, group) for group in contact.groups))


def _contact_row(contact: NewContact) -> tuple[object, ...]:
    c = contact
    return (c.type, c.firstname, c.lastname, c.email, c.mobile, c.number, c.extrafield)


def _join(db: sqlite3.Connection, pairs: Iterable[tuple[int, int]]) -> None:
    db.executemany("INSERT OR IGNORE INTO membership (contact_id, group_id) VALUES (?, ?)", pairs)


def reachable_members(db: sqlite3.Connection, group: int) -> list[tuple[int, str, str]]:
    """(contact id, mobile as sent, E.164) of a group's members that take SMS, in id order."""
    rows = db.execute(
        "SELECT contact.id, mobile, number FROM contact JOIN membership ON contact_id = contact.id"
        " WHERE group_id = ? AND type IN (1, 3) AND number IS NOT NULL ORDER BY contact.id",
        (group,),
    )
    return [tuple(row) for row in rows]


def blocked_id(db: sqlite3.Connection, number: str) -> int | None:
    """The oldest entry for an E.164 number."""
    row = db.execute("SELECT min(id) FROM blocked WHERE number = ?", (number,)).fetchone()
    return None if row[0] is None else int(row[0])


def insert_blocked(db: sqlite3.Connection, mobile: str, number: str) -> int:
    cursor = db.execute("INSERT INTO blocked (mobile, number) VALUES (?, ?)", (mobile, number))
    return int(cursor.lastrowid or 0)


def delete_blocked(db: sqlite3.Connection, number: str) -> int | None:
    """Remove every entry for a number; the oldest one's id, or None if there was none."""
    oldest = blocked_id(db, number)
    db.execute("DELETE FROM blocked WHERE number = ?", (number,))
    return oldest


def insert_reminders(db: sqlite3.Connection, reminders: Sequence[NewReminder]) -> list[int]:
    ids = fresh_ids(db, "reminder", len(reminders))
    db.executemany(
        "INSERT INTO reminder (id, at, organizer_firstname, organizer_lastname, organizer_title,"
        " attendant_firstname, attendant_lastname, attendant_mobile, number) VALUES (:id, :at,"
        " :organizer_firstname, :organizer_lastname, :organizer_title, :attendant_firstname,"
        " :attendant_lastname, :attendant_mobile, :number)",
        ({**asdict(new), "id": id, "at": time_text(new.at)} for id, new in zip(ids, reminders, strict=True)),
    )
    return ids


def reminder(db: sqlite3.Connection, id: int) -> Reminder | None:
    row = db.execute("SELECT * FROM reminder WHERE id = ?", (id,)).fetchone()
    return None if row is None else _reminder(row)


def reminders(db: sqlite3.Connection) -> list[Reminder]:
    return [_reminder(row) for row in db.execute("SELECT * FROM reminder ORDER BY id")]


def _reminder(row: sqlite3.Row) -> Reminder:
    values: dict[str, Any] = dict(row)
    return Reminder(**{**values, "at": datetime.fromisoformat(values["at"]), "active": bool(values["active"])})


def update_reminder(db: sqlite3.Connection, changed: Reminder) -> None:
    db.execute(
        "UPDATE reminder SET at = :at, organizer_firstname = :organizer_firstname,"
        " organizer_lastname = :organizer_lastname, organizer_title = :organizer_title,"
        " attendant_firstname = :attendant_firstname, attendant_lastname = :attendant_lastname,"
        " attendant_mobile = :attendant_mobile, number = :number, active = :active WHERE id = :id",
        {**asdict(changed), "at": time_text(changed.at)},
    )
