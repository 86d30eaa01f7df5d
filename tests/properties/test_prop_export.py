"""Any account that is exported validates, plans only adoptions, and is not changed by an apply."""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from account_lab import Lab
from harness import FULL
from hypothesis import example, given, settings
from hypothesis import strategies as st

from intime_sync.cli.main import run
from intime_sync.emulator.records import NewReminder
from intime_sync.emulator.values import normalised_number


def reads_back(text: str) -> bool:
    """Whether text in ISO 8859-1 cannot be taken for UTF-8, as `Â¡` alone can."""
    sent = text.encode("iso-8859-1", "xmlcharrefreplace")
    try:
        return sent.decode("utf-8") == sent.decode("iso-8859-1")
    except UnicodeDecodeError:
        return True


TEXTS = st.one_of(
    st.sampled_from(
        [
            "",
            "Personal",
            "personal",
            "No",
            "~",
            "~oops",
            "~a/all-00",
            "a: b",
            "a|b",
            "Åsa  Öhman",
            "'\"\\",
            "\x85",
            "\x80",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=150).filter(
        reads_back
    ),
)
NUMBERS = st.sampled_from(
    [
        *(
            "0701740605",
            "+46701740605",
            "070-174 06 06",
            "0046701740607",
            "+4740612345",
            "070112233",
            "08-123 456 78",
        ),
        *("112", "abc", "+", "46701740609", "+46 (0)70 1740610", "0" * 40, "+12015550123", "7"),
    ]
)
TIMES = st.sampled_from(
    [
        *("2036-12-01T08:30", "2036-12-01T09:00", "2036-12-02T08:30", "2036-10-26T02:30", "2036-03-30T02:30"),
        *("2016-12-01T08:30", "1900-01-01T00:00", "9999-12-31T23:59"),
    ]
)
REMINDERS = st.tuples(TIMES, st.sampled_from(["Dr", ""]), TEXTS, TEXTS, NUMBERS, st.sampled_from([True, True, False]))
PEOPLE = st.lists(st.tuples(TEXTS, NUMBERS, st.sampled_from(["", "a@example.se", "x"]), TEXTS), max_size=3)


def fill(lab: Lab, groups: list[str], blocked: list[str], reminders: list[Any]) -> None:
    store = lab.emulator.store
    for name in groups:
        store.add_group(name)
    for mobile in blocked:
        store.block(mobile)
    for at, title, organizer, lastname, mobile, active in reminders:
        reminder = NewReminder(
            at=datetime.fromisoformat(at),
            organizer_title=title,
            organizer_firstname="",
            organizer_lastname=organizer,
            attendant_firstname="Anna",
            attendant_lastname=lastname,
            attendant_mobile=mobile,
            number=normalised_number(mobile) or mobile,
        )
        store.change_reminder(store.add_reminder(reminder), active=active)


def called(*arguments: str) -> str:
    """What a run that must succeed printed."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run([*arguments, "--reveal"] if arguments[0] != "apply" else list(arguments))
    assert code == 0, out.getvalue() + err.getvalue()
    return out.getvalue()


def changes(directory: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(called("plan", str(directory), "--format", "json"))["changes"]
    return found


def sections(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.glob("*.yaml") if file.name != "intime.yaml"}


def in_a_folder(lab: Lab, check: Callable[[Path], None]) -> None:
    lab.reset()
    env = {"INTIME_URL": lab.emulator.url, "INTIME_USER": "demo", "INTIME_HASH": "demo"}
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, env):
        check(Path(folder))


@settings(max_examples=60 if FULL else 25)
@given(st.lists(TEXTS, max_size=6), st.lists(NUMBERS, max_size=6), st.lists(REMINDERS, max_size=6))
@example(
    ["Jour", "Jour", " Jour"],
    ["0701740605", "+46701740605"],
    [("2036-12-01T08:30", "", "", "A", "0701740605", False), ("2036-12-01T08:30", "", "", "B", "0701740605", True)]
    * 2,
)
def test_any_account_is_adopted_without_a_change(
    lab: Lab, groups: list[str], blocked: list[str], reminders: list[Any]
) -> None:
    def check(folder: Path) -> None:
        fill(lab, groups, blocked, reminders)
        store = lab.emulator.store
        before = (store.groups(), store.blocklist(), store.reminders())
        called("export", str(folder / "a"))
        assert "error" not in called("validate", str(folder / "a"))
        planned = changes(folder / "a")
        assert {change["action"] for change in planned} <= {"adopt"}
        called("apply", str(folder / "a"), "--auto-approve")
        assert changes(folder / "a") == []
        assert lab.writes() == []
        assert (store.groups(), store.blocklist(), store.reminders()) == before
        called("export", str(folder / "b"))
        assert sections(folder / "b") == sections(folder / "a")
        called("export", str(folder / "a"), "--force")
        assert sections(folder / "a") == sections(folder / "b")
        assert changes(folder / "a") == []

    in_a_folder(lab, check)


@settings(max_examples=30 if FULL else 15)
@given(st.lists(TEXTS, max_size=3), PEOPLE)
def test_contacts_from_a_file_are_created_and_nothing_else_is_touched(
    lab: Lab, groups: list[str], people: list[tuple[str, ...]]
) -> None:
    def check(folder: Path) -> None:
        fill(lab, groups, ["0701740605"], [("2036-12-01T08:30", "", "", "A", "0701740605", True)])
        rows = [";".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in people]
        file = folder / "p.csv"
        file.write_text("\n".join(["namn;mobil;e-post;groups", *rows]), encoding="utf-8")
        store = lab.emulator.store
        before = (store.blocklist(), store.reminders())
        called("export", str(folder / "a"), "--contacts", str(file))
        planned = changes(folder / "a")
        creates = {change["kind"] for change in planned if change["action"] == "create"}
        assert {change["action"] for change in planned} <= {"adopt", "create"}
        assert creates <= {"contact", "group"}
        called("apply", str(folder / "a"), "--auto-approve")
        assert changes(folder / "a") == []
        assert set(lab.writes()) <= {"contacts/addgroup", "contacts/add"}
        assert (store.blocklist(), store.reminders()) == before
        assert len(store.contacts()) == sum(change["kind"] == "contact" for change in planned)

    in_a_folder(lab, check)
