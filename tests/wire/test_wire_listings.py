"""Rows of a list have its values; a row that cannot be read makes the whole list unreadable."""

from __future__ import annotations

import pytest
from wire_samples import REPLIES

from intime_sync.service import xml
from intime_sync.service.listings import (
    BlocklistRow,
    ReminderRow,
    blocklist_rows,
    group_rows,
    reminder_rows,
)
from intime_sync.service.reply import Unexpected


def read(name: str) -> xml.Element:
    return xml.parse((REPLIES / name).read_bytes())


def test_blocklist_rows_keep_the_service_s_spelling() -> None:
    assert blocklist_rows(read("blocklist.xml")) == [
        BlocklistRow("0701740605", "Kalle", "Åberg"),
        BlocklistRow("+46 70 174 06 06", "", ""),
    ]


def test_reminder_rows_have_every_field() -> None:
    rows = reminder_rows(read("reminders.xml"))
    assert not isinstance(rows, Unexpected)
    assert rows[0] == ReminderRow(
        id=101,
        date="2026-12-01T15:35",
        active=True,
        title="Dr",
        organizer_firstname="Hans",
        organizer_lastname="Evertsson",
        attendant_firstname="Anna",
        attendant_lastname="Lindqvist",
        mobile="0701740608",
        message_date="2026-11-30 10:00",
        message_text="Hej Vi påminner om din tandläkartid imorgon",
    )
    assert rows[1] == ReminderRow(102, "2026-12-02T08:00", False, "", "", "", "", "", "", "", "")


@pytest.mark.parametrize(
    "row",
    [
        "<group>A</group>",
        '<group groupid="">A</group>',
        '<group groupid="x">A</group>',
        '<group groupid="0">A</group>',
        '<group groupid="-1">A</group>',
        '<group groupid="1.0">A</group>',
        '<group groupid="1">A<b/>C</group>',
        '<error groupid="1">A</error>',
    ],
)
def test_an_unreadable_group_spoils_the_list(row: str) -> None:
    found = group_rows(xml.parse(f'<groups><group groupid="7">ok</group>{row}</groups>'.encode()))
    assert isinstance(found, Unexpected)
    assert "row 2" in found.why


@pytest.mark.parametrize(
    "row",
    ["", "<mobile/>", "<mobile> </mobile>", "<mobile>1</mobile><mobile>2</mobile>", "<mobile>1<b/>2</mobile>"],
)
def test_an_unreadable_blocklist_entry_spoils_the_list(row: str) -> None:
    found = blocklist_rows(xml.parse(f"<nixentries><nixentry>{row}</nixentry></nixentries>".encode()))
    assert isinstance(found, Unexpected)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("<appointmentId>101</appointmentId>", ""),
        ("<appointmentId>101</appointmentId>", "<appointmentId>-101</appointmentId>"),
        ("2026-12-01  15:35", "2026-13-01 15:35"),
        ("2026-12-01  15:35", "tomorrow"),
        ("2026-12-01  15:35", ""),
        ("<active>true</active>", "<active>maybe</active>"),
        ("<active>true</active>", ""),
        ("<title>Dr</title>", "<title>Dr</title><title>Prof</title>"),
        ("<title>Dr</title>", "<title>D<i>r</i></title>"),
    ],
)
def test_an_unreadable_reminder_spoils_the_list(good: str, bad: str) -> None:
    text = (REPLIES / "reminders.xml").read_text("iso-8859-1")
    assert good in text
    found = reminder_rows(xml.parse(text.replace(good, bad, 1).encode("iso-8859-1")))
    assert isinstance(found, Unexpected)
    assert "row 1" in found.why
