"""Promise 3, by force: the real command is killed at random moments, and one more apply puts everything right."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from accounts import edited, held_state, random_wanted, wanted_state
from harness import FULL, Workspace, workspace

ROUNDS = 11 if FULL else 4
CONTACTS = 240
SERVICES: tuple[dict[str, Any], ...] = (
    {},
    {"on_known_mobile": "replace"},
    {"on_known_mobile": "union"},
    {"on_known_mobile": "keep"},
    {"reuse_ids": True},
    {"echo": "raw", "duplicates": "keep"},
    {"names": "upper"},
    {"list_lag": 1},
)
"""Each kind of service is a series of ROUNDS kills or more, a test of its own, so that the machine's cores share."""


def killed_apply(space: Workspace, chance: random.Random) -> None:
    """Start an apply as a process group of its own, and kill it some calls and some milliseconds later."""
    assert space.emulator is not None
    calls = space.emulator.calls
    before = len(calls)
    after_calls, delay = chance.randint(0, 16), chance.random() * 0.05
    process = subprocess.Popen(
        [sys.executable, "-m", "intime_sync", "apply", "--auto-approve"],
        cwd=space.path,
        env=space.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None and len(calls) < before + after_calls:
        time.sleep(0.001)
    time.sleep(delay)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("service", SERVICES, ids=str)
def test_an_apply_after_kills_ends_at_the_wanted_state_without_duplicates(
    tmp_path: Path, service: dict[str, Any]
) -> None:
    chance = random.Random(str(service))
    with workspace(tmp_path, **service) as space:
        emulator = space.emulator
        assert emulator is not None
        strangers = emulator.store.add_group("Från hand")
        emulator.store.add_contact(firstname="Handgjord", email="hand@kliniken.example", groups=(strangers,))
        wanted = random_wanted(chance, CONTACTS)
        for round_number in range(ROUNDS):
            space.configure(wanted.sections())
            for _ in range(chance.choice((1, 1, 2))):
                killed_apply(space, chance)
            ran = space.run("apply", "--auto-approve", *ALLOW)
            assert ran.code == 0, f"round {round_number}:\n{ran.out}{ran.err}"
            state = held_state(emulator)
            state.groups.subtract({"Från hand": 1})
            state.contacts.subtract({("Handgjord", "hand@kliniken.example", ("Från hand",)): 1})
            assert (+state.groups, +state.contacts) == (wanted_state(wanted).groups, wanted_state(wanted).contacts)
            assert (state.blocklist, state.reminders) == (
                wanted_state(wanted).blocklist,
                wanted_state(wanted).reminders,
            )
            assert -state.groups == -state.contacts == {}, "what was made by hand is untouched"
            assert space.run("plan", "--detailed-exitcode").code == 0
            wanted = edited(wanted, chance)


ALLOW = [f"--allow-delete={kind}=1000" for kind in ("group", "contact", "blocklist", "reminder")]
