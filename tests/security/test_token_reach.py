"""Subverted code in a job looks for tokens and credentials, and finds none that is not its own."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from action_runner import BIN, Job
from fake_github import APPROVAL_KEY, REPOSITORY, TOKEN, FakeGitHub, fake_github
from harness import SECRET, Workspace

# Goes before the command in the PATH: writes down what it can read of itself and of all processes above it.
SPY = """\
#!{python} -I
import os, sys
process, seen = os.getpid(), []
while process != {tests}:
    with open(f"/proc/{{process}}/status") as file:
        parent = next(int(line[5:]) for line in file if line.startswith("PPid:"))
    for part in ("environ", "cmdline"):
        with open(f"/proc/{{process}}/{{part}}", "rb") as file:
            seen.append(file.read())
    process = parent
for descriptor in os.listdir("/proc/self/fd"):
    if int(descriptor) > 2:
        try:
            os.set_blocking(int(descriptor), False)
            seen.append(os.read(int(descriptor), 65536))
        except OSError:
            pass
with open({notes!r} + "/" + os.path.basename(sys.argv[0]) + "-" + str(os.getpid()), "wb") as file:
    file.write(b"\\n".join(seen))
os.execv({real!r}, [{real!r}, *sys.argv[1:]])
"""


@pytest.fixture
def hub() -> Iterator[FakeGitHub]:
    """A GitHub of one repository."""
    with fake_github() as made:
        yield made


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """Where the spies write."""
    path = tmp_path.parent / f"{tmp_path.name}-notes"
    path.mkdir()
    return path


@pytest.fixture
def job(space: Workspace, hub: FakeGitHub, notes: Path) -> Job:
    """A run of the action in which the command is spied from, on a pull request."""
    tools = notes.parent / f"{notes.name}-tools"
    tools.mkdir()
    spy = tools / "intime-sync"
    spy.write_text(SPY.format(python=BIN / "python", tests=os.getpid(), notes=str(notes), real=str(BIN / spy.name)))
    spy.chmod(0o755)
    space.configure("groups: [A]\n")
    # A variable with the name of one in the scripts: it is exported, whatever is assigned to it.
    environ = {"PATH": f"{tools}:{BIN}:{os.environ['PATH']}", "token": "x", "key": "x"}
    pull = {"number": 7, "head": {"sha": "a" * 40, "repo": {"full_name": REPOSITORY}}}
    return Job(space, hub, {"event_name": "pull_request", "event": {"pull_request": pull}}, environ)


def found(notes: Path, *wanted: str) -> list[str]:
    """Which of these the spies saw; they must have run."""
    texts = [path.read_bytes() for path in notes.iterdir()]
    assert texts
    assert all(b"INTIME_CI_COMMAND" in text for text in texts), "the spy can see"
    return [word for word in wanted if any(word.encode() in text for text in texts)]


def test_the_command_looks_for_the_token(job: Job, hub: FakeGitHub, notes: Path) -> None:
    basic = b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    ran = job.run(command="plan", ledger_branch="")
    assert ran.code == 0, ran.log
    assert len(hub.comments[7]) == 1, "where it is needed, it is there"
    assert found(notes, TOKEN, basic, APPROVAL_KEY, SECRET) == [SECRET]


@pytest.mark.parametrize("command", ["plan", "validate"])
def test_a_forks_run_looks_for_credentials(job: Job, notes: Path, command: str) -> None:
    job.environ |= {"INTIME_CLINIC_HASH": "another-secret"}
    job.github["event"]["pull_request"]["head"]["repo"]["full_name"] = "mallory/account"
    assert job.run(command=command).code == 0
    assert found(notes, TOKEN, APPROVAL_KEY, SECRET, "another-secret", "INTIME_HASH=") == []


def test_validating_needs_no_credentials(job: Job, notes: Path) -> None:
    assert job.run(command="validate").code == 0
    assert found(notes, TOKEN, SECRET) == []


def test_a_forks_run_asks_for_apply(job: Job, space: Workspace) -> None:
    repository = {"head_repository": {"full_name": "mallory/account"}}
    job.github |= {"event_name": "workflow_run", "event": {"workflow_run": repository}}
    ran = job.run(command="apply", require_approval="false")
    assert (ran.code, "is validated, never applied" in ran.summary) == (3, True)
    assert space.emulator is not None
    assert list(space.emulator.calls) == []
