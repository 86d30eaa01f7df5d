"""`destroy`, repeated, removes everything of the configuration from the account, whatever failed before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import faults
from harness import Workspace, workspace

from intime_sync.kinds.registry import BLOCKLIST
from intime_sync.ledgers.file import FileLedgerStore

ALL = ("--auto-approve", "--allow-delete", "contact=4", "--allow-delete", "group=1")
PEOPLE = "groups: [Jour]\ncontacts:\n" + "".join(
    f"  - {{key: p{number}, firstname: P, mobile: 07017406{number:02}, groups: [Jour]}}\n" for number in range(11, 15)
)


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Workspace]:
    with workspace(tmp_path) as made:
        made.configure(PEOPLE)
        made.apply()
        yield made


def left(space: Workspace) -> tuple[int, int]:
    """How many groups and contacts the account has."""
    assert space.emulator is not None
    return len(space.emulator.store.groups()), len(space.emulator.store.contacts())


def failing(space: Workspace, fault: str) -> None:
    assert space.emulator is not None
    space.emulator.set_faults(faults({"endpoint": "contacts/deletegroup", "call": "every", "fault": fault}))


@pytest.mark.parametrize("fault", ["drop_before", "error_before"])
def test_a_failed_destroy_is_finished_by_the_next_one(space: Workspace, fault: str) -> None:
    failing(space, fault)
    assert space.run("destroy", *ALL).code in (1, 7)
    assert left(space) == (2, 4)
    listed = space.run("ledger", "list", "--format", "json").out
    assert listed.count("contact/p") == 4, "a contact left the ledger before it left the account"
    assert space.emulator is not None
    space.emulator.set_faults(None)
    ran = space.run("destroy", *ALL)
    assert ran.code == 0, ran.out + ran.err
    assert left(space) == (0, 0)
    assert space.run("destroy", *ALL).code == 0


def test_a_destroy_removes_carriers_of_this_owner_that_the_ledger_does_not_know(space: Workspace) -> None:
    assert space.run("destroy", *ALL).code == 0
    assert space.emulator is not None
    space.emulator.store.add_group("~clinic-a/all-stray")
    space.emulator.store.add_group("~clinic-b/all-others")
    ran = space.run("destroy", *ALL)
    assert ran.code == 0, ran.out + ran.err
    assert [name for _, name in space.emulator.store.groups()] == ["~clinic-b/all-others"]


def test_without_a_ledger_a_destroy_leaves_carriers_alone(space: Workspace) -> None:
    (space.path / ".intime" / "ledger.json").unlink()
    space.run("destroy", *ALL)
    assert left(space) == (2, 4)


def test_a_destroy_removes_what_an_interrupted_apply_made_of_a_kind_that_the_ledger_had_nothing_of(
    space: Workspace,
) -> None:
    assert space.emulator is not None
    number = {"mobile": "+46701740621"}
    with FileLedgerStore(space.path / ".intime" / "ledger.json").hold("apply", 0) as session:
        session.intend("create", BLOCKLIST.name, ["+46701740621"], {"objects": [number], "before": []})
    space.emulator.store.block("+46701740621")
    destroyed = space.run("destroy", *ALL, "--allow-delete", "blocklist=1")
    assert (destroyed.code, "settled 1 request" in destroyed.err) == (0, True)
    assert space.emulator.store.blocklist() == []
