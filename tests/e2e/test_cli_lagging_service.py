"""A service whose lists lag: the real command makes nothing twice and says what it waits for."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cli_world import EVERYTHING, posts
from harness import PATIENCE, Workspace, in_background, wait_for, workspace

MESSAGE = """\
messages:
  - {key: jul, send_at: 2036-12-24T08:00, sender: Kliniken, body: Hej, recipients: ["0701740640"], groups: [Jour]}
"""
CHANGED = """\
groups: [Personal]
contacts:
  - {key: john, firstname: Johan, lastname: Svensson, mobile: 070-174 06 05, groups: [Personal]}
  - {email: per.ek@example.se, groups: [Personal]}
blocklist: [0701740609]
reminders:
  - key: 2036-12-01-lindqvist
    at: 2036-12-01T09:30
    organizer: {title: Dr, firstname: Hans, lastname: Evertsson}
    attendant: {firstname: Anna, lastname: Lindqvist, mobile: 0701740608}
messages:
  - {key: jul, send_at: 2036-12-24T08:00, sender: Kliniken, body: God jul!, recipients: ["0701740640"]}
"""
ALLOW = [f"--allow-delete={kind}=3" for kind in ("group", "contact", "blocklist", "reminder", "message")]
FIRST = {
    "group Personal": 1,
    "group Jour": 1,
    "contact John": 1,
    "contact Maja": 1,
    "contact per.ek@example.se": 1,
    "blocked +46701740607": 1,
    "reminder 08:30": 1,
    "message +46701740640": 1,
    "message +46701740605": 1,
}
SECOND = {
    "group Personal": 1,
    "contact Johan": 1,
    "contact per.ek@example.se": 1,
    "blocked +46701740609": 1,
    "reminder 09:30": 1,
    "message +46701740640": 1,
}


def account(space: Workspace) -> Counter[str]:
    """Everything in the account but carriers, of which none is empty or doubled."""
    assert space.emulator is not None
    store = space.emulator.store
    groups, contacts = dict(store.groups()), store.contacts()
    found: Counter[str] = Counter(f"group {name}" for name in groups.values() if not name.startswith("~"))
    found.update(f"contact {contact.firstname or contact.email}" for contact in contacts)
    found.update(f"blocked {row.number}" for row in store.blocklist())
    found.update(f"reminder {row.at:%H:%M}" for row in store.reminders() if row.active)
    found.update(f"message {row.number}" for row in store.messages() if row.status == "scheduled")
    for contact in contacts:
        assert sum(groups[id].startswith("~") for id in contact.groups) == 1
    assert {id for id, name in groups.items() if name.startswith("~")} <= {id for c in contacts for id in c.groups}
    return found


@pytest.mark.parametrize("lag", [1, 2, 3])
def test_repeated_applies_make_no_object_twice(tmp_path: Path, lag: int) -> None:
    with workspace(tmp_path, list_lag=lag) as space:
        for sections, wanted in ((EVERYTHING + MESSAGE, FIRST), (CHANGED, SECOND)):
            space.configure(sections)
            space.apply(*ALLOW)
            assert account(space) == wanted
            before = posts(space)
            space.apply(*ALLOW)
            assert posts(space) == before, "there was nothing left to do"
            assert space.run("plan", "--detailed-exitcode").code == 0
            assert space.run("drift").code == 0
        assert space.run("destroy", "--auto-approve", *ALLOW).code == 0
        assert account(space) == {}


@pytest.mark.parametrize("endpoint", ["contacts/addgroup", "contacts/add", "nix/addnix", "reminder/add"])
def test_a_kill_while_the_list_lags_makes_no_object_twice(tmp_path: Path, endpoint: str) -> None:
    with workspace(tmp_path, list_lag=2) as space:
        space.configure(EVERYTHING + MESSAGE)
        with in_background(space, "apply", "--auto-approve") as process:
            wait_for(lambda: endpoint in posts(space), f"a call of {endpoint}")
            process.kill()
            process.wait()
        space.apply(*ALLOW)
        assert account(space) == FIRST
        assert space.run("plan", "--detailed-exitcode").code == 0


def test_an_object_that_is_not_listed_is_held_and_named_until_it_is(tmp_path: Path) -> None:
    with workspace(tmp_path, list_lag=1000) as space:
        emulator: Any = space.emulator
        space.configure("reminders:" + EVERYTHING.partition("reminders:")[2])
        with in_background(space, "apply", "--auto-approve") as process:
            # It waits for minutes, and stops at once when asked to.
            wait_for(lambda: emulator.calls.count(("GET", "reminder/list")) > 3, "the list to be read again")
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=PATIENCE)
        assert "with id 1 " in out
        assert "does not list it yet" in out
        for _ in range(2):
            ran = space.run("apply", "--auto-approve")
            assert ran.code == 0, ran.out + ran.err
            assert "with id 1 " in ran.out
        assert posts(space) == ["reminder/add"]
        assert space.changes() == [("held", "reminder/2036-12-01-lindqvist")]
        assert space.run("plan", "--detailed-exitcode").code == 2
        drift = space.run("drift")
        assert (drift.code, "1 reminder not listed yet" in drift.out) == (0, True), drift.out
        emulator.catch_up()
        space.apply()
        assert space.changes() == []
        assert posts(space) == ["reminder/add"]
        assert account(space) == {"reminder 08:30": 1}


def test_a_plan_file_is_applied_while_something_is_waited_for(tmp_path: Path) -> None:
    with workspace(tmp_path, list_lag=1000) as space:
        emulator: Any = space.emulator
        space.configure("groups: [Jour]\n")
        with in_background(space, "apply", "--auto-approve") as process:
            wait_for(lambda: emulator.calls.count(("GET", "contacts/listgroups")) > 2, "the list to be read again")
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)
        assert space.run("plan", "--out", "plan.json").code == 0
        assert space.run("apply", "plan.json", "--auto-approve").code == 0
        assert posts(space) == ["contacts/addgroup"]
