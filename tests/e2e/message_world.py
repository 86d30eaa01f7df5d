"""Tests of messages share a message to a contact, a group and two numbers, and what the emulator did with it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cli_world import assert_no_trace
from harness import PATIENCE, Ran, Workspace, in_background, workspace

DUE = datetime(2036, 12, 24, 8)  # noqa: DTZ001 - the service's clock is naive wall time


LOST = ("drop_after", "drop_before", "error_after", "garbage", "empty")


@contextmanager
def messaging(path: Path) -> Iterator[Workspace]:
    """A workspace whose emulator's clock stands a day before DUE."""
    with workspace(path, now=lambda: DUE - timedelta(days=1), retry_seconds=0.05) as made:
        yield made


def campaign(space: Workspace, status_url: str = "", body: str = "God jul!", send_at: datetime = DUE) -> None:
    """A message to two numbers, a contact, and a group of two; one of the numbers never gets it."""
    url = f"    status_url: {status_url}\n" if status_url else ""
    space.configure(
        "groups: [Personal]\n"
        "contacts:\n"
        "  - {key: john, firstname: John, mobile: 070-174 06 05}\n"
        "  - {key: maja, firstname: Maja, mobile: 070-174 06 06, groups: [Personal]}\n"
        "  - {key: per, firstname: Per, mobile: 070-174 06 07, groups: [Personal]}\n"
        "messages:\n"
        "  - key: jul\n"
        f"    send_at: {send_at:%Y-%m-%dT%H:%M}\n"
        f"    sender: Kliniken\n    body: {body}\n{url}"
        "    recipients: [0701740690, {contact: john}]\n"
        "    groups: [Personal]\n"
    )


def sent(space: Workspace) -> list[tuple[str, str, str]]:
    """(number, text, status) of every message that was not taken back."""
    assert space.emulator is not None
    rows = space.emulator.store.messages()
    return sorted((row.number, row.body, row.status) for row in rows if row.status != "cancelled")


def states(space: Workspace, *arguments: str) -> Any:
    """`message status` as JSON, unmasked."""
    ran = space.run("message", "status", ".", *arguments, "--format", "json", "--reveal")
    assert ran.code == 0, ran.err
    return ran.json()["messages"]


@contextmanager
def receiver(space: Workspace) -> Iterator[str]:
    """A real `receive` beside the test; the address for status_url."""
    with in_background(space, "receive", ".", "--port", "0") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "/status/" in line
        yield line.split()[-1]
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def failed(space: Workspace, code: int, *arguments: str) -> Ran:
    """A run that must end with this code, in words."""
    ran = space.run(*arguments)
    assert ran.code == code, ran.out + ran.err
    assert_no_trace(ran)
    return ran
