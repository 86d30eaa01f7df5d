"""`ledger rename-owner`: everything follows a changed `owner`; no contact is lost or doubled, no message resent."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import assert_no_trace, faults, posts
from harness import HEAD, Ran, Workspace, in_background, wait_for, workspace

from intime_sync.emulator.records import Contact

NEW_HEAD = HEAD.replace("clinic-a", "clinic-b")
RENAME = ("ledger", "rename-owner", "clinic-a", "clinic-b")
PEOPLE = 12
SECTIONS = (
    "groups: [Jour]\ncontacts:\n"
    + "".join(
        f"  - {{key: p{number}, firstname: P, mobile: 07017406{number}, groups: [Jour]}}\n"
        for number in range(11, 11 + PEOPLE)
    )
    + "  - {key: vakt, firstname: V, mobile: 0701740690, protect: true}\n"
    "messages:\n"
    "  - {key: jul, send_at: 2036-12-24T08:00, sender: Kliniken, body: God jul!, recipients: [{contact: p11}]}\n"
)
SIZE = "policy: {contacts: {carrier_size: 4}}\n"


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Workspace]:
    """Twelve contacts, one protected, and a message, owned by clinic-a; the configuration now says clinic-b."""
    with workspace(tmp_path) as made:
        made.configure(SECTIONS, head=HEAD + SIZE)
        made.apply()
        made.configure(SECTIONS, head=NEW_HEAD + SIZE)
        yield made


def carriers(space: Workspace, owner: str) -> dict[int, str]:
    assert space.emulator is not None
    return {id: name for id, name in space.emulator.store.groups() if name.startswith(f"~{owner}/")}


def people(space: Workspace) -> list[Contact]:
    assert space.emulator is not None
    return space.emulator.store.contacts()


def scheduled(space: Workspace) -> list[tuple[int, str]]:
    assert space.emulator is not None
    return [(row.id, row.status) for row in space.emulator.store.messages()]


def assert_followed(space: Workspace) -> None:
    """Everybody once, in a carrier of the new name; no carrier of the old one; the message is the one that was."""
    new = carriers(space, "clinic-b")
    assert new != {}
    assert carriers(space, "clinic-a") == {}
    numbers = [contact.number for contact in people(space)]
    assert sorted(map(str, numbers)) == [f"+467017406{end}" for end in (*range(11, 11 + PEOPLE), 90)]
    assert all(len(new.keys() & {*contact.groups}) == 1 for contact in people(space))
    assert [status for _, status in scheduled(space)] == ["scheduled"]
    plan = space.plan()
    assert (plan["changes"], plan["leftovers"]) == ([], [])


def refused(space: Workspace, code: int, *arguments: str) -> Ran:
    """A run that must end with this code, in words, without having asked the account for a change."""
    before = posts(space)
    ran = space.run(*arguments)
    assert ran.code == code, ran.out + ran.err
    assert_no_trace(ran)
    assert posts(space) == before
    return ran


def test_the_refusal_names_the_command_and_the_next_apply_moves_everybody(space: Workspace) -> None:
    assert space.emulator is not None
    for verb in (["plan"], ["apply", "--auto-approve", "--target", "group/Jour"], ["drift"]):
        assert "`intime-sync ledger rename-owner clinic-a clinic-b`" in refused(space, 1, *verb).err
    before, message = len(posts(space)), scheduled(space)
    ran = space.run(*RENAME)
    assert ran.code == 0, ran.err
    assert "still have the name of `clinic-a`" in ran.out
    assert len(posts(space)) == before, "the account is not touched"
    doctor = space.run("doctor")
    assert doctor.code == 0
    assert "named for a former owner" in doctor.out
    assert "clinic-a" in doctor.out
    assert "other owners" not in doctor.out
    assert space.run("drift").code == 0
    plan = space.plan()
    assert {change["action"] for change in plan["changes"]} == {"replace"}
    assert len(plan["changes"]) == PEOPLE + 1
    assert {change["reason"] for change in plan["changes"]} == {
        "its carrier has the name of the former owner clinic-a"
    }
    space.apply()
    assert_followed(space)
    assert scheduled(space) == message
    assert "former owner" not in space.run("doctor").out


def test_rename_owner_may_be_run_twice(space: Workspace) -> None:
    assert space.run(*RENAME).code == 0
    again = space.run(*RENAME)
    assert (again.code, again.out) == (0, "The ledger belongs to `clinic-b` already.\n")
    space.apply()
    assert_followed(space)


def test_back_again_before_anything_was_applied_changes_nothing(space: Workspace) -> None:
    assert space.run(*RENAME).code == 0
    space.configure(SECTIONS, head=HEAD + SIZE)
    ran = space.run("ledger", "rename-owner", "clinic-b", "clinic-a")
    assert (ran.code, ran.out) == (0, "The ledger belongs to `clinic-a` now.\n")
    assert space.changes() == []


def test_a_plan_file_from_before_is_stale(space: Workspace) -> None:
    space.configure(SECTIONS.replace("firstname: P,", "firstname: Q,"), head=HEAD + SIZE)
    assert space.run("plan", "--out", "before.plan").code == 0
    space.configure(SECTIONS, head=NEW_HEAD + SIZE)
    assert space.run(*RENAME).code == 0
    refused(space, 5, "apply", "before.plan", "--auto-approve")


def test_a_plan_file_made_after_it_moves_everybody(space: Workspace) -> None:
    assert space.run(*RENAME).code == 0
    assert space.run("plan", "--out", "after.plan").code == 0
    ran = space.run("apply", "after.plan", "--auto-approve")
    assert ran.code == 0, ran.out + ran.err
    assert_followed(space)


def test_a_target_moves_its_carrier_alone_and_loses_nobody(space: Workspace) -> None:
    assert space.run(*RENAME).code == 0
    old = carriers(space, "clinic-a")
    space.apply("--target", "contact/p11")
    assert 0 < len(carriers(space, "clinic-a")) < len(old)
    assert len(people(space)) == PEOPLE + 1
    space.apply()
    assert_followed(space)


@pytest.mark.parametrize("endpoint", ["contacts/addgroup", "contacts/add", "contacts/deletegroup"])
def test_kill_9_while_they_move(space: Workspace, endpoint: str) -> None:
    assert space.emulator is not None
    assert space.run(*RENAME).code == 0
    slow = {"endpoint": endpoint, "call": 1, "fault": "delay", "seconds": 30, "when": "after"}
    space.emulator.set_faults(faults(slow))
    before = posts(space).count(endpoint)
    with in_background(space, "apply", "--auto-approve", "--parallelism", "1") as process:
        wait_for(lambda: posts(space).count(endpoint) > before, endpoint)
        process.kill()
        process.wait()
    space.emulator.set_faults(None)
    assert space.run(*RENAME).code == 0, "the command once more does no harm"
    space.apply()
    assert_followed(space)


@pytest.mark.parametrize("call", ["before the ledger is replaced", "after it"])
def test_kill_9_while_the_ledger_is_renamed(space: Workspace, call: str) -> None:
    """The command is killed on either side of the one step that renames."""
    script = (
        "import os, signal, sys\n"
        "from intime_sync.ledgers.file import FileLedgerStore\n"
        "real = FileLedgerStore.replace\n"
        "def replace(store, ledger):\n"
        f"    {'real(store, ledger)' if call == 'after it' else 'pass'}\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "FileLedgerStore.replace = replace\n"
        "from intime_sync.cli.main import main\n"
        "sys.exit(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *RENAME],
        cwd=space.path,
        env=space.environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    if call == "after it":
        assert len(space.changes()) == PEOPLE + 1
    else:
        assert "rename-owner" in refused(space, 1, "plan").err
    assert space.run(*RENAME).code == 0
    space.apply()
    assert_followed(space)


def test_an_interrupted_run_of_the_old_name_is_settled_first(space: Workspace) -> None:
    assert space.emulator is not None
    changed = SECTIONS.replace("firstname: P,", "firstname: Q,")
    space.configure(changed, head=HEAD + SIZE)
    slow = {"endpoint": "contacts/add", "call": 1, "fault": "delay", "seconds": 30, "when": "after"}
    space.emulator.set_faults(faults(slow))
    before = posts(space).count("contacts/add")
    with in_background(space, "apply", "--auto-approve", "--parallelism", "1") as process:
        wait_for(lambda: posts(space).count("contacts/add") > before, "an add")
        process.kill()
        process.wait()
    space.emulator.set_faults(None)
    space.configure(changed, head=NEW_HEAD + SIZE)
    ran = refused(space, 4, *RENAME)
    assert "put `owner: clinic-a` back and apply" in ran.err
    space.configure(changed, head=HEAD + SIZE)
    space.apply()
    space.configure(changed, head=NEW_HEAD + SIZE)
    assert space.run(*RENAME).code == 0
    space.apply()
    assert_followed(space)


def test_carriers_of_unknown_origin_stop_rename_owner(space: Workspace) -> None:
    assert space.emulator is not None
    stranger = space.emulator.store.add_group("~clinic-b/all-0123456789ab")
    assert "another configuration has that name" in refused(space, 4, *RENAME).err
    space.emulator.store.delete_group(stranger)
    stray = space.emulator.store.add_group("~clinic-a/all-0123456789ab")
    assert "--leave-unknown" in refused(space, 4, *RENAME).err
    assert space.run(*RENAME, "--leave-unknown").code == 0
    space.apply()
    assert list(carriers(space, "clinic-a")) == [stray]
    space.emulator.store.delete_group(stray)
    assert_followed(space)


@pytest.mark.parametrize(
    ("head", "names", "said"),
    [
        (HEAD, ("clinic-a", "clinic-b"), "write `owner: clinic-b` there first"),
        (NEW_HEAD, ("clinic-x", "clinic-b"), "belongs to `clinic-a`"),
        (NEW_HEAD, ("clinic-b", "clinic-b"), "both names"),
    ],
)
def test_names_that_do_not_fit_change_nothing(space: Workspace, head: str, names: tuple[str, str], said: str) -> None:
    space.configure(SECTIONS, head=head + SIZE)
    ledger = space.path / ".intime" / "ledger.json"
    before = ledger.read_bytes()
    assert said in refused(space, 3, "ledger", "rename-owner", *names).err
    assert ledger.read_bytes() == before


def test_the_ledger_of_another_account_is_not_renamed(space: Workspace) -> None:
    assert space.emulator is not None
    calls = len(space.emulator.calls)
    ran = space.run(*RENAME, env={"INTIME_USER": "somebody"})
    assert ran.code == 1
    assert "the ledger is about" in ran.err
    assert len(space.emulator.calls) == calls


def test_without_a_ledger_there_is_nothing_to_rename(tmp_path: Path) -> None:
    with workspace(tmp_path) as space:
        space.configure("groups: [Jour]\n", head=NEW_HEAD)
        assert "no ledger yet" in refused(space, 3, *RENAME).err


@pytest.mark.parametrize("policy", ["prune: never", "contacts: {strategy: append}"])
def test_contacts_that_the_policy_keeps_survive_rename_owner(tmp_path: Path, policy: str) -> None:
    one = "groups: []\ncontacts: [{key: anna, firstname: Anna, mobile: 0701740605}]\n"
    none = "groups: []\ncontacts: []\n"
    with workspace(tmp_path) as space:
        space.configure(one)
        space.apply()
        space.configure(none, head=f"{NEW_HEAD}policy: {{{policy}}}\n")
        assert space.run(*RENAME).code == 0
        assert space.run("apply", "--auto-approve").code == 0
        assert [contact.number for contact in people(space)] == ["+46701740605"]
        there = {"clinic-a": len(carriers(space, "clinic-a")), "clinic-b": len(carriers(space, "clinic-b"))}
        assert there == (
            {"clinic-a": 0, "clinic-b": 1} if policy == "prune: never" else {"clinic-a": 1, "clinic-b": 0}
        )
        space.configure(none, head=NEW_HEAD)
        space.apply()
        assert people(space) == []
        assert carriers(space, "clinic-a") == carriers(space, "clinic-b") == {}


def test_destroy_removes_carriers_of_the_old_name(space: Workspace) -> None:
    assert space.run(*RENAME).code == 0
    space.configure(SECTIONS.replace("protect: true", "protect: false"), head=NEW_HEAD + SIZE)
    space.apply()
    space.configure(SECTIONS, head=HEAD + SIZE)
    assert space.run("ledger", "rename-owner", "clinic-b", "clinic-a").code == 0
    allow = [f"--allow-delete={kind}={count}" for kind, count in (("contact", 13), ("group", 1), ("message", 1))]
    ran = space.run("destroy", "--auto-approve", *allow)
    assert ran.code == 0, ran.out + ran.err
    assert people(space) == []
    assert space.emulator is not None
    assert space.emulator.store.groups() == []
