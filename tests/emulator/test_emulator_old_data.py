"""Data files that an earlier version left behind."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from message_samples import TO, cancel, message
from status_receiver import receiving

from intime_sync.emulator import Store, tables

if TYPE_CHECKING:
    from conftest import Starter

OLD = """
CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT, created_at TEXT NOT NULL, send_at TEXT, sender TEXT NOT NULL,
    body TEXT NOT NULL, flash INTEGER NOT NULL, multisms INTEGER NOT NULL, anonymize INTEGER NOT NULL,
    statusurl TEXT NOT NULL, mobile TEXT NOT NULL, number TEXT NOT NULL, transid TEXT NOT NULL, contact INTEGER,
    cancelled INTEGER NOT NULL DEFAULT 0);
"""
ROW = (
    "INSERT INTO message (created_at, send_at, sender, body, flash, multisms, anonymize, statusurl, mobile, number,"
    " transid, cancelled) VALUES ('2026-03-01T09:00:00', ?, 'Kliniken', 'Hej!', 0, 0, ?, ?, '0701740605',"
    " '+46701740605', 't1', ?)"
)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Four messages: sent at once, sent at its time and anonymous, cancelled, still to be sent."""
    path = tmp_path / "emulator.sqlite3"
    with sqlite3.connect(path) as db:
        db.executescript(tables.SCHEMA + OLD)
        for row in (
            (None, 0, "", 0),
            ("2026-03-02T08:00:00", 1, "", 0),
            ("2026-03-02T08:00:00", 0, "", 1),
            ("2026-03-02T09:10:00", 0, "", 0),
        ):
            db.execute(ROW, row)
    db.close()
    return path


def test_an_old_file_is_taken_up_as_it_is(old: Path, start: Starter) -> None:
    for _ in range(2):
        with start(data=old) as api:
            messages = api.store.messages()
            assert [m.status for m in messages[:4]] == ["sent", "sent", "cancelled", "scheduled"]
            assert [m.body for m in messages[:4]] == ["Hej!", "", "Hej!", "Hej!"]
            assert api.say("message/delete", cancel(3)) == "2:ERROR2"
    with start(data=old) as api:
        assert api.say("message/create", message(TO)) == "5,6"
        assert api.say("message/delete", cancel(4)) == "4"


def test_a_status_that_an_old_file_still_owes_is_posted(old: Path, start: Starter) -> None:
    with receiving() as receiver:
        with sqlite3.connect(old) as db:
            db.execute("UPDATE message SET statusurl = ? WHERE id = 1", (receiver.url,))
        db.close()
        with start(data=old):
            assert receiver.form() == {"messageid": "1", "status": "20", "transid": "t1"}


def test_an_old_file_opened_twice_at_the_same_time_is_brought_up_to_date_once(old: Path) -> None:
    with Store(old) as first, Store(old) as second:
        assert len(first.messages()) == len(second.messages()) == 4
