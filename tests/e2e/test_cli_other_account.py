"""A ledger of another account stops every verb before a single request, which would carry the user name and hash."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import assert_no_trace
from harness import HEAD, Workspace, workspace

from intime_sync.ledgers.file import FileLedgerStore
from intime_sync.model.ledger import AccountRef, Entry, PutEntry
from intime_sync.model.resource import KindName

SERVICE = "https://sms.intime.nu/api/1.0"
VERBS = [
    ("plan",),
    ("apply", "--auto-approve"),
    ("apply", "--auto-approve", "--target", "group/Jour"),
    ("destroy", "--auto-approve"),
    ("drift",),
    ("export", ".", "--only", "groups"),
    ("message", "send", ".", "--to", "0701740605", "--body", "Hej", "--auto-approve"),
    ("message", "send", ".", "--to", "group/Jour", "--body", "Hej", "--allow-blocked", "--auto-approve"),
    ("message", "cancel", ".", "1", "--auto-approve"),
    ("doctor",),
]
RENAME = ("ledger", "rename-owner", "clinic-x", "clinic-a")


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Workspace]:
    with workspace(tmp_path) as made:
        made.configure("groups: [Jour]\n", head=HEAD)
        yield made


def ledger_of(space: Workspace, url: str, user: str, owner: str) -> None:
    """A ledger that another account's apply wrote."""
    store = FileLedgerStore(space.path / ".intime" / "ledger.json", AccountRef(url, user, owner))
    with store.hold("apply", 0) as session:
        session.record([PutEntry(KindName("group"), "Jour", Entry({"name": "Jour"}))])


@pytest.mark.parametrize(
    ("other", "verb"),
    [
        *((other, verb) for other in ("address", "user", "owner") for verb in VERBS),
        *((other, RENAME) for other in ("address", "user")),
    ],
    ids=lambda given: given if isinstance(given, str) else " ".join(given[:2]),
)
def test_nothing_is_sent(space: Workspace, other: str, verb: tuple[str, ...]) -> None:
    assert space.emulator is not None
    ledger_of(
        space,
        SERVICE if other == "address" else space.emulator.url,
        "somebody" if other == "user" else "demo",
        "clinic-x" if other == "owner" or verb == RENAME else "clinic-a",
    )
    ran = space.run(*verb)
    assert_no_trace(ran)
    assert ran.code == 1, ran.out + ran.err
    said = "`owner` changed" if other == "owner" else "the ledger is about"
    assert said in ran.out + ran.err
    assert space.emulator.calls == []


def test_a_new_export_asks_no_account_that_its_ledger_does_not_belong_to(space: Workspace) -> None:
    assert space.emulator is not None
    ledger_of(space, SERVICE, "demo", "clinic-a")
    (space.path / "intime.yaml").unlink()
    ran = space.run("export", ".")
    assert ran.code == 1, ran.out + ran.err
    assert "the ledger is about" in ran.err
    assert space.emulator.calls == []


def test_doctor_says_why_it_did_not_ask(space: Workspace) -> None:
    assert space.emulator is not None
    ledger_of(space, SERVICE, "demo", "clinic-a")
    checks = {check["name"]: check for check in space.run("doctor", "--format", "json").json()["checks"]}
    assert checks["ledger"]["state"] == "failed"
    assert {checks[name]["state"] for name in ("connection", "sign-in", "clock", "lists", "carriers")} == {"skipped"}
    assert "nothing was sent" in checks["connection"]["text"]
