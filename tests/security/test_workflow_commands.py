"""What a pull request brings along gives no command to the runner, wherever in a line of the log it stands.

GitHub's runner finds `::name::` at the beginning of a line, after blanks, and `##[name]` anywhere in it.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from action_runner import ROOT, Job
from checkouts import CONFIGURATION, NEEDS_GIT, clone, git
from fake_github import FakeGitHub, fake_github
from test_github_action import on_pull, on_push

EVIL = "x##[set-output name=digest]forged"


@pytest.fixture
def hub() -> Iterator[FakeGitHub]:
    """A GitHub of one repository."""
    with fake_github() as made:
        yield made


def commands(log: str) -> list[str]:
    """What the runner takes for commands: what stands between `stop-commands` and its end is none."""
    log = re.sub(r"^::stop-commands::([0-9a-f]{32})\n.*?^::\1::$", "", log, flags=re.DOTALL | re.MULTILINE)
    return [line for line in log.splitlines() if line.lstrip().startswith("::") or "##[" in line]


@NEEDS_GIT
@pytest.mark.parametrize("command", ["validate", "plan"])
@pytest.mark.parametrize("target", [f"/{EVIL}", "/x\n::set-output name=digest::forged"])
def test_a_link_of_a_fork_leads_to_a_command(tmp_path: Path, hub: FakeGitHub, target: str, command: str) -> None:
    job = Job(clone(tmp_path, {"README": ""}, {"intime.yaml": target}), hub)
    on_pull(job, repository="mallory/account")
    ran = job.run(command=command)
    assert ran.code == 3
    assert "forged" in ran.log
    assert [line for line in commands(ran.log) if "forged" in line] == []


@NEEDS_GIT
def test_the_mark_in_the_ledgers_branch_is_a_command(tmp_path: Path, hub: FakeGitHub) -> None:
    space = clone(tmp_path, {"intime.yaml": CONFIGURATION}, {})
    place = space.path / "ledger-."
    place.mkdir()
    (place / "applying").write_text(f"{EVIL}\n::set-output name=digest::forged\n")
    for arguments in (["checkout", "-q", "-b", "ledgers"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
        git(space.path, *arguments)
    for arguments in (["push", "-q", "origin", "ledgers"], ["checkout", "-q", "-"]):
        git(space.path, *arguments)
    job = Job(space, hub)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=space.path, check=True, capture_output=True, text=True)
    on_push(job, sha=head.stdout.strip())
    ran = job.run(command="apply", ledger_branch="ledgers", require_approval="false")
    assert ran.code == 6, ran.log
    assert "forged" in ran.log
    assert [line for line in commands(ran.log) if "forged" in line] == []


def test_every_script_lets_the_runner_see_no_error_of_a_command() -> None:
    """Standard error is read by the runner like standard output."""
    for script in (ROOT / "pipelines" / "github").glob("*.sh"):
        for line in script.read_text(encoding="utf-8").splitlines():
            if re.match(r"\s*intime-sync (validate|plan|apply)\b", line):
                assert "2>" in line, f"{script.name}: {line}"
            assert ">&2" not in line or "2>&1" in line, f"{script.name}: {line}"
