"""The real command, stopped, out of disk, or twice at once: it says what is so, and the next run completes it."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import Any

import pytest
from e2e.cli_world import assert_no_trace, faults, posts
from harness import Ran, Workspace, in_background, wait_for

MANY = 24
HEAD = "policy: {batch_size: 4, max_delete: {percent: 100}, contacts: {carrier_size: 4}}\n"
KINDS = ("group", "contact", "blocklist", "reminder")
ALLOW = [f"--allow-delete={kind}={MANY}" for kind in KINDS]


def account(first: int, extra: str = "") -> str:
    """All four kinds, MANY of each, of which half have other names when `first` moves on by half of MANY."""
    numbers = range(first, first + MANY)
    groups = [f"Grupp {number}" for number in numbers]
    contacts = [
        {"key": f"p{n}", "firstname": f"P{extra}", "email": f"p{n}@example.se", "groups": [f"Grupp {n}"]}
        for n in numbers
    ]
    reminders = [
        {
            "key": f"r{n}",
            "at": f"2036-12-{1 + n % 28:02}T08:30",
            "organizer": {"lastname": f"Ek{extra}"},
            "attendant": {"mobile": f"07017406{n}"},
        }
        for n in numbers
    ]
    sections: dict[str, Any] = {
        "groups": groups,
        "contacts": contacts,
        "blocklist": [f"07017406{number}" for number in numbers],
        "reminders": reminders,
    }
    return HEAD + "".join(f"{name}: {json.dumps(items)}\n" for name, items in sections.items())


OLD, NEW = account(10), account(10 + MANY // 2, "ny")


def held(space: Workspace) -> dict[str, Counter[Any]]:
    """What the account holds of each kind, by key: a count of two is a duplicate."""
    assert space.emulator is not None
    store = space.emulator.store
    names = dict(store.groups())
    return {
        "group": Counter(name for name in names.values() if not name.startswith("~")),
        "contact": Counter(
            (
                contact.email.partition("@")[0],
                contact.firstname,
                tuple(names[id] for id in contact.groups if not names[id].startswith("~")),
            )
            for contact in store.contacts()
        ),
        "blocklist": Counter(entry.number for entry in store.blocklist()),
        "reminder": Counter(
            (f"r{row.attendant_mobile[-2:]}", row.organizer_lastname) for row in store.reminders() if row.active
        ),
    }


def wanted(first: int, extra: str = "") -> dict[str, Counter[Any]]:
    """The same, of `account(first, extra)`."""
    numbers = range(first, first + MANY)
    return {
        "group": Counter(f"Grupp {n}" for n in numbers),
        "contact": Counter((f"p{n}", f"P{extra}", (f"Grupp {n}",)) for n in numbers),
        "blocklist": Counter(f"+467017406{n}" for n in numbers),
        "reminder": Counter((f"r{n}", f"Ek{extra}") for n in numbers),
    }


ALL_NEW = wanted(10 + MANY // 2, "ny")


def assert_true(space: Workspace, results: list[dict[str, Any]]) -> None:
    """What is called done is so, and what was not done has a reason."""
    there = held(space)
    keys: dict[str, set[Any]] = {
        kind: {key[0] if isinstance(key, tuple) else key for key in found} for kind, found in there.items()
    }
    for result in results:
        kind, _, key = result["address"].partition("/")
        if result["status"] == "done":
            assert (key in keys[kind]) == (result["action"] != "delete"), result
        else:
            assert result["error"], result


def assert_completed_by_the_next_run(space: Workspace) -> None:
    assert space.emulator is not None
    space.emulator.set_faults(None)
    space.apply(*ALLOW)
    assert held(space) == ALL_NEW
    assert space.changes() == []
    assert not list(space.path.glob(".intime/*journal")), "the journal is folded in"
    assert not list(space.path.glob(".intime/*.tmp"))


SLOW = (
    # Which call is slow, and after how many of it the signal comes: each in another part of the run.
    ("contacts/addgroup", 2),
    ("contacts/add", 1),
    ("contacts/add", 4),
    ("contacts/deletegroup", 2),
    ("nix/addnix", 2),
    ("nix/deletenix", 1),
    ("reminder/add", 2),
    ("reminder/edit", 4),
)


@pytest.mark.parametrize(
    ("endpoint", "count", "number", "code"),
    [
        *((endpoint, count, signal.SIGINT, 130) for endpoint, count in SLOW),
        *((endpoint, count, signal.SIGTERM, 143) for endpoint, count in SLOW[2:5]),
    ],
)
def test_a_signal_lets_the_batch_in_flight_be_settled(
    space: Workspace, endpoint: str, count: int, number: signal.Signals, code: int
) -> None:
    assert space.emulator is not None
    space.configure(OLD)
    space.apply()
    space.configure(NEW)
    space.emulator.calls.clear()
    space.emulator.set_faults(faults({"endpoint": endpoint, "fault": "delay", "seconds": 0.5, "when": "before"}))
    with in_background(
        space, "apply", "--auto-approve", "--format=json", "--reveal", "--parallelism=1", *ALLOW
    ) as process:
        wait_for(lambda: posts(space).count(endpoint) == count, f"{endpoint} number {count}")
        asked = len(posts(space))
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert process.returncode == code, out + err
    assert len(posts(space)) == asked, "nothing more is asked for"
    report = json.loads(out)
    assert_true(space, report["results"])
    statuses = Counter(result["status"] for result in report["results"])
    assert statuses["skipped"] > 0
    assert f"stopped by {number.name}" in out
    done = {result["address"] for result in report["results"] if result["status"] == "done"}
    if endpoint.startswith(("nix", "reminder")):
        kind = "blocklist" if endpoint.startswith("nix") else "reminder"
        assert any(address.startswith(f"{kind}/") for address in done), "the batches that came back are reported"
    assert_no_trace(Ran(process.returncode, "", err))
    assert not list(space.path.glob(".intime/*.holder"))
    assert space.run("plan", "--detailed-exitcode").code == 2, "the lock is free, and the rest is still to do"
    assert_completed_by_the_next_run(space)


@pytest.mark.parametrize(
    ("endpoint", "number"),
    [("nix/addnix", signal.SIGINT), ("contacts/add", signal.SIGINT), ("contacts/add", signal.SIGTERM)],
)
def test_a_second_signal_ends_it_at_once(space: Workspace, endpoint: str, number: signal.Signals) -> None:
    assert space.emulator is not None
    space.configure(OLD)
    space.apply()
    space.configure(NEW)
    space.emulator.calls.clear()
    space.emulator.set_faults(faults({"endpoint": endpoint, "fault": "delay", "seconds": 30, "when": "before"}))
    with in_background(space, "apply", "--auto-approve", *ALLOW) as process:
        wait_for(lambda: endpoint in posts(space), endpoint)
        process.send_signal(number)
        time.sleep(0.3)
        assert process.poll() is None, "the first one waits for the batch in flight"
        process.send_signal(number)
        started = time.monotonic()
        _, err = process.communicate(timeout=20)
    assert time.monotonic() - started < 5
    assert process.returncode == 128 + number
    assert_no_trace(Ran(process.returncode, "", err))
    assert_completed_by_the_next_run(space)


def limited(space: Workspace, limit: int, *arguments: str) -> Ran:
    """Run with files that cannot grow beyond `limit` bytes: what a full disk looks like to a process."""

    def full_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [sys.executable, "-B", "-m", "intime_sync", *arguments],
        cwd=space.path,
        env=space.environment(),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
        preexec_fn=full_disk,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize("room", [0, 60, 400, 1500, 4000, 9000, 15000])
def test_a_full_disk_stops_the_run_before_the_next_call(space: Workspace, room: int) -> None:
    assert space.emulator is not None
    space.configure(OLD)
    space.apply()
    ledger = space.path / ".intime" / "ledger.json"
    before = ledger.read_bytes()
    space.configure(NEW)
    space.emulator.calls.clear()
    ran = limited(space, room, "apply", "--auto-approve", "--format=json", "--reveal", *ALLOW)
    assert ran.code in (1, 7), ran.out + ran.err
    assert ran.err.count("cannot be written") == 1, "it is said, and said once"
    assert_no_trace(Ran(ran.code, "", ran.err))
    assert ledger.read_bytes() == before
    journal = space.path / ".intime" / "ledger.json.journal"
    written = journal.read_text().splitlines() if journal.exists() else []
    intents = [line for line in written if line.startswith('{"intent"')]
    assert len(posts(space)) <= len(intents), "nothing is asked for that was not written down"
    assert_true(space, json.loads(ran.out)["results"])
    assert all(line.endswith("}") for line in written), "no half of a line stays"
    assert_completed_by_the_next_run(space)


def test_a_disk_that_is_too_full_for_the_ledger_loses_nothing(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure(OLD)
    space.apply()
    ledger = space.path / ".intime" / "ledger.json"
    before = ledger.read_bytes()
    space.configure(OLD.replace("groups: [", 'groups: ["En till", ', 1))
    ran = limited(space, len(before) // 2, "apply", "--auto-approve")
    assert ran.code in (1, 7), ran.out + ran.err
    assert ran.err.count("cannot be written") == 1, "it is said, and said once"
    assert ledger.read_bytes() == before
    space.emulator.calls.clear()
    assert space.changes() == [], "the journal beside it is read"
    space.apply()
    assert posts(space) == []
    assert not list(space.path.glob(".intime/*journal"))
    assert ledger.read_bytes() != before


def test_a_full_disk_from_the_first_run_on(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure(NEW)
    for room in (0, 100, 1000, 6000):
        ran = limited(space, room, "apply", "--auto-approve")
        assert ran.code in (1, 7), ran.out + ran.err
        assert_no_trace(ran)
        assert (room > 0) or posts(space) == []
    assert_completed_by_the_next_run(space)


@pytest.mark.parametrize("slow", ["nix/addnix", "contacts/add"])
def test_two_applies_at_once(space: Workspace, slow: str) -> None:
    assert space.emulator is not None
    space.configure(NEW)
    space.emulator.set_faults(faults({"endpoint": slow, "fault": "delay", "seconds": 0.4, "when": "after"}))
    with in_background(space, "apply", "--auto-approve") as first:
        wait_for(lambda: slow in posts(space), slow)
        refused = space.run("apply", "--auto-approve")
        assert refused.code == 6
        assert f"pid {first.pid}" in refused.err
        assert refused.out == ""
        with in_background(space, "apply", "--auto-approve", "--lock-timeout=60") as second:
            out, err = first.communicate(timeout=60)
            assert first.returncode == 0, out + err
            asked = len(posts(space))
            out, err = second.communicate(timeout=60)
        assert second.returncode == 0, out + err
        assert "No changes." in out
        assert len(posts(space)) == asked
    assert held(space) == ALL_NEW


def test_many_applies_at_once_never_mix(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure(NEW)
    arguments = [sys.executable, "-m", "intime_sync", "apply", "--auto-approve", "--lock-timeout=100"]
    running = [
        subprocess.Popen(
            arguments,
            cwd=space.path,
            env=space.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for _ in range(4)
    ]
    ends = [(process.communicate(timeout=100)[0].decode(), process.returncode) for process in running]
    assert [code for _, code in ends] == [0, 0, 0, 0], ends
    assert sum("No changes." in out for out, _ in ends) == 3
    assert held(space) == ALL_NEW
