"""The forked command, which most tests run, does what the started one does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import forking
import pytest
from cli_world import EVERYTHING
from harness import Ran, Workspace


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan",),
        ("plan", "--detailed-exitcode"),
        ("plan", "--colour"),
        ("validate", "nowhere"),
        ("ledger", "show"),
        ("--version",),
        ("apply",),
    ],
    ids=" ".join,
)
def test_it_writes_and_ends_as_the_started_one(
    space: Workspace, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    space.configure(EVERYTHING)
    tool = [*forking.tools(), str(space.path)][0]
    by_tool = subprocess.run(
        [f"{tool}/intime-sync", *arguments],
        cwd=space.path,
        env=space.environment({"PYTHONSAFEPATH": "1"}),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    forked = space.run(*arguments)
    monkeypatch.setattr(forking, "ALWAYS_COLD", True)
    started = space.run(*arguments)
    assert started == forked == Ran(by_tool.returncode, by_tool.stdout.decode(), by_tool.stderr.decode())


def test_it_is_a_process_of_its_own_that_a_timeout_ends(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    with pytest.raises(subprocess.TimeoutExpired):
        space.run("emulator", "--port", "0", timeout=1)
    here = [path for path in Path("/proc").glob("[0-9]*/cwd") if _target(path) == str(tmp_path)]
    assert here == []


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:  # it has ended, or is somebody else's
        return ""
