"""A repository brings Python modules, programs and settings along, and nothing of it runs in a pipeline."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from action_runner import BIN, Job
from component_runner import component, dotenv, run_job
from fake_github import REPOSITORY, FakeGitHub, fake_github
from harness import Workspace
from hostile_repository import VARIABLES, Trap, hostile_repository

HEAD, MERGE = "a" * 40, "b" * 40
WANTED = "version: 1\nowner: c\naccount: {url: embedded}\ngroups: [A]\n"


@pytest.fixture
def hub() -> Iterator[FakeGitHub]:
    """A GitHub of one repository."""
    with fake_github() as made:
        yield made


@pytest.fixture
def trap(space: Workspace) -> Trap:
    """The workspace as a hostile repository with a good configuration in `clinic`."""
    space.write("clinic/intime.yaml", WANTED)
    return hostile_repository(space.path)


@pytest.fixture
def job(space: Workspace, hub: FakeGitHub) -> Job:
    """A run of the action, in an environment with leftovers."""
    return Job(space, hub, environ=dict(VARIABLES))


def on_pull(job: Job, repository: str = REPOSITORY) -> None:
    """The job runs for a pull request from this repository."""
    pull = {"number": 7, "head": {"sha": HEAD, "repo": {"full_name": repository}}}
    job.github |= {"event_name": "pull_request", "event": {"pull_request": pull}}


def test_the_planted_modules_would_be_imported_without_the_protection(trap: Trap) -> None:
    """What the scripts of old did: proof that the other tests can fail."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    for arguments in (["-m", "venv", "made"], ["-c", "import json"]):
        subprocess.run([sys.executable, *arguments], cwd=trap.path, env=environ, capture_output=True, check=False)
    assert {"importlib", "json"} <= set(trap.sprung())


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_a_fork_brings_python_modules_along(job: Job, hub: FakeGitHub, trap: Trap, command: str) -> None:
    on_pull(job, "mallory/account")
    ran = job.run(command=command, directory="clinic")
    assert (ran.code, trap.sprung(), hub.calls) == (0, [], []), ran.log
    assert "### The configuration is valid" in ran.summary


def test_a_branch_brings_python_modules_along(job: Job, hub: FakeGitHub, trap: Trap) -> None:
    on_pull(job)
    ran = job.run(command="plan", directory="clinic")
    assert (ran.code, trap.sprung()) == (0, []), ran.log
    assert ran.outputs["digest"] in hub.comments[7][0]["body"]

    hub.merge(7, HEAD, MERGE)
    job.github |= {"event_name": "push", "event": {}, "sha": MERGE}
    ran = job.run(command="apply", directory="clinic")
    assert (ran.code, trap.sprung()) == (0, []), ran.log
    assert "### Applied" in ran.summary


def test_installing_in_a_checkout_that_brings_python_modules_along(job: Job, trap: Trap, tmp_path: Path) -> None:
    """venv and pip are the real ones; with no index, pip looks for what is locked and finds none of it."""
    job.environ |= {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "TMPDIR": str(tmp_path)}
    ran = job.run("Install")
    assert "No matching distribution found for anyio==" in ran.log
    assert (ran.code, trap.sprung()) == (1, []), ran.log


@pytest.mark.parametrize("package", ["", "intime-sync-of-nobody==1"])
def test_a_merge_request_brings_python_modules_along(space: Workspace, trap: Trap, package: str) -> None:
    _, jobs = component(directory="clinic", package=package)
    environ = VARIABLES | {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    for name in ("intime-validate", "intime-plan", "intime-apply"):
        passed = dotenv(space.path / "intime-plan.env") if name == "intime-apply" and not package else {}
        ran = run_job(space, jobs, name, **environ, **passed)
        assert (ran.code, trap.sprung()) == (1 if package else 0, []), ran


@pytest.mark.parametrize("where", [".", "clinic"])
def test_the_installed_command_does_not_import_from_where_it_is_started(trap: Trap, where: str) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(BIN / "intime-sync"), "validate", str(trap.path / "clinic")],
        cwd=trap.path / where,
        env=environ,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, trap.sprung()) == (0, []), done.stderr.decode()


def test_outputs_that_are_links_in_the_repository_are_not_written_through(space: Workspace, tmp_path: Path) -> None:
    space.configure("groups: [A]\n")
    victim = tmp_path.parent / f"{tmp_path.name}-victim"
    victim.write_text("mine")
    names = ["quality.json", "plan.gitlab.json", "plan.json", "plan.md", "plan.html", "plan.env"]
    for name in names:
        (space.path / f"intime-{name}").symlink_to(victim)
    _, jobs = component()
    for name in ("intime-validate", "intime-plan"):
        assert run_job(space, jobs, name).code == 0
    assert victim.read_text() == "mine"
    assert not any((space.path / f"intime-{name}").is_symlink() for name in names)
