"""After an interrupted run, or a change by hand, the same command again reaches the wanted state."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import HEAD, Workspace, workspace

from intime_sync.emulator import FaultPlan
from intime_sync.ledgers.file import FileLedgerStore

APPEND = HEAD + "policy: {contacts: {strategy: append}}\n"
ANNA = "  - {key: anna, firstname: Anna, mobile: 0701740605, groups: [Jour], protect: true}\n"
BO = "  - {key: bo, firstname: Bo, mobile: 0701740606, groups: [Jour]}\n"


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Workspace]:
    with workspace(tmp_path) as made:
        yield made


def groups(space: Workspace) -> dict[str, int]:
    assert space.emulator is not None
    return {name: id for id, name in space.emulator.store.groups()}


def numbers(space: Workspace) -> list[str | None]:
    assert space.emulator is not None
    return sorted(contact.number or "" for contact in space.emulator.store.contacts())


def test_append_removes_carriers_that_an_interrupted_run_left(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure("groups: [Jour]\n", head=APPEND)
    space.apply()
    stray = space.emulator.store.add_group("~clinic-a/all-0123456789ab")
    space.emulator.store.add_contact("Bo", mobile="0701740606", groups=[stray])
    space.configure(f"groups: [Jour]\ncontacts:\n{BO}", head=APPEND)
    space.apply()
    assert numbers(space) == ["+46701740606"]
    assert list(groups(space)) == ["Jour"]
    plan = space.plan()
    assert (plan["changes"], plan["leftovers"]) == ([], [])


def test_a_group_with_a_protected_contact_is_made_again(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure(f"groups: [Jour]\ncontacts:\n{ANNA}{BO}")
    space.apply()
    space.emulator.store.delete_group(groups(space)["Jour"])
    space.apply()
    jour = groups(space)["Jour"]
    assert all(jour in contact.groups for contact in space.emulator.store.contacts())
    assert numbers(space) == ["+46701740605", "+46701740606"]
    assert space.changes() == []
    space.configure(f"groups: [Jour]\ncontacts:\n{BO}")
    assert space.run("apply", "--auto-approve").code == 4, "it is still protected"


@pytest.mark.parametrize("change", ["firstname: Anna-Lena", "lastname: Ek"])
def test_protect_still_forbids_a_change(space: Workspace, change: str) -> None:
    space.configure(f"groups: [Jour]\ncontacts:\n{ANNA}")
    space.apply()
    space.configure(f"groups: [Jour]\ncontacts:\n{ANNA.replace('firstname: Anna', change)}")
    assert space.run("apply", "--auto-approve").code == 4


def interrupted_removal(space: Workspace, kind: str, *keys: str) -> None:
    """A run asked for a removal and ended before it heard of it."""
    with FileLedgerStore(space.path / ".intime" / "ledger.json").hold("destroy", 0) as session:
        session.intend("remove", kind, keys)


def test_an_account_that_a_destroy_emptied_does_not_stop_the_next_one(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure("groups: [Jour, Natt, Dag]\nblocklist: [0701740607, 0701740608]\n")
    space.apply()
    interrupted_removal(space, "group", "Dag", "Jour", "Natt")
    for id in groups(space).values():
        space.emulator.store.delete_group(id)
    command = ("destroy", "--auto-approve", "--allow-delete", "group=3", "--allow-delete", "blocklist=2")
    ran = space.run(*command)
    assert ran.code == 0, ran.out + ran.err
    assert space.emulator.store.blocklist() == []


def test_an_account_that_somebody_else_emptied_stops_a_destroy(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure("groups: [Jour, Natt, Dag]\n")
    space.apply()
    for id in groups(space).values():
        space.emulator.store.delete_group(id)
    assert space.run("destroy", "--auto-approve", "--allow-delete", "group=3").code == 4


@pytest.mark.parametrize("cut_short", [False, True])
def test_a_group_that_is_made_again_with_its_old_id_gets_its_members_back(tmp_path: Path, *, cut_short: bool) -> None:
    """Also where the run that makes it does not come to its members: it was narrowed, or ended."""
    message = "messages: [{key: m, send_at: 2036-12-24T08:00, sender: Jour, body: Hej, groups: [Jour]}]\n"
    with workspace(tmp_path, reuse_ids=True) as space:
        assert space.emulator is not None
        space.configure(f"groups: [Jour]\ncontacts:\n{ANNA}{BO}{message}")
        space.apply()
        before = groups(space)["Jour"]
        space.emulator.store.delete_group(before)
        if cut_short:
            # The group is made; nothing after that gets through.
            rule = {"endpoint": "contacts/addgroup", "call": 2, "times": 9, "fault": "error_before"}
            space.emulator.set_faults(FaultPlan.from_data([rule]))
            assert space.run("apply", "--auto-approve").code == 7
            space.emulator.set_faults(None)
        else:
            space.apply("--target", "group/Jour")
        jour = groups(space)["Jour"]
        assert jour == before, "the service gives ids out again"
        assert ("replace", "contact/anna") in space.changes()
        assert ("replace", "message/m") in space.changes()
        space.apply()
        assert all(jour in contact.groups for contact in space.emulator.store.contacts())
        assert numbers(space) == ["+46701740605", "+46701740606"]
        assert space.changes() == []
