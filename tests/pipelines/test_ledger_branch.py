"""pipelines/ledger.sh: a ledger in a branch is used by one run at a time, and a killed run does not lose it."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from base64 import b64encode
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from action_runner import ROOT, Job
from fake_github import TOKEN, fake_github
from harness import Workspace

SCRIPT = ROOT / "pipelines" / "ledger.sh"


def git(path: Path, *arguments: str) -> str:
    """Run git; what it prints."""
    done = subprocess.run(["git", *arguments], cwd=path, env=environment(), capture_output=True, check=True)
    return done.stdout.decode()


def environment(run: str = "1", tools: Path | None = None) -> dict[str, str]:
    """Without the machine's own settings for git; `tools` come before the machine's own."""
    return {
        "PATH": f"{tools}:{os.environ['PATH']}" if tools else os.environ["PATH"],
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GITHUB_RUN_ID": run,
    }


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A bare repository beside the test's folder."""
    path = tmp_path.parent / f"{tmp_path.name}-remote.git"
    git(tmp_path, "init", "-q", "--bare", str(path))
    return path


def clone(remote: Path, path: Path) -> Path:
    """A clone, like a runner's."""
    path.mkdir(exist_ok=True)
    git(path, "init", "-q")
    git(path, "remote", "add", "origin", remote.as_uri())
    return path


def ledger(path: Path, *arguments: str, run: str = "1", tools: Path | None = None) -> tuple[int, str]:
    """Run the script in a clone, as a run of its own."""
    done = subprocess.run(
        ["sh", str(SCRIPT), *arguments], cwd=path, env=environment(run, tools), capture_output=True, check=False
    )
    return done.returncode, (done.stdout + done.stderr).decode()


def test_one_run_at_a_time_and_each_finds_what_the_last_one_saved(remote: Path, tmp_path: Path) -> None:
    one, two = clone(remote, tmp_path / "one"), clone(remote, tmp_path / "two")
    here, there = str(one / "l.json"), str(two / "l.json")
    assert ledger(one, "load", "state", "clinic", here) == (0, "")
    assert not Path(here).exists()
    assert ledger(one, "begin", "state", "clinic", here) == (0, "")
    code, words = ledger(two, "begin", "state", "clinic", there, run="2")
    assert (code, "in use by /" in words, "actions/runs/1 attempt 1" in words) == (6, True, True)
    assert ledger(two, "begin", "state", "other/clinic", str(two / "o.json"), run="2")[0] == 0, "another's ledger"
    Path(here).write_text("first")
    Path(f"{here}.journal").write_text("open")
    assert ledger(one, "end", "state", "clinic", here)[0] == 0
    assert ledger(two, "begin", "state", "clinic", there, run="2")[0] == 0
    assert (Path(there).read_text(), Path(f"{there}.journal").read_text()) == ("first", "open")
    assert Path(there).stat().st_mode & 0o777 == 0o600
    Path(f"{there}.journal").unlink()
    assert ledger(two, "end", "state", "clinic", there, run="2")[0] == 0
    assert ledger(one, "load", "state", "clinic", here)[0] == 0
    assert not Path(f"{here}.journal").exists()
    names = git(remote, "ls-tree", "-r", "--name-only", "state").split()
    assert names == ["ledger-clinic/ledger.json", "ledger-other_clinic/applying"]


def test_a_killed_run_keeps_the_ledger_locked_until_it_is_released(remote: Path, tmp_path: Path) -> None:
    one, two = clone(remote, tmp_path / "one"), clone(remote, tmp_path / "two")
    file = str(two / "l.json")
    assert ledger(one, "begin", "state", "clinic", str(one / "l.json"))[0] == 0
    code, words = ledger(two, "begin", "state", "clinic", file, run="2")
    assert (code, "ledger.sh unlock state clinic" in words) == (6, True)
    assert ledger(two, "load", "state", "clinic", file, run="2")[0] == 0, "plans go on"
    assert ledger(two, "unlock", "state", "clinic", run="2")[0] == 0
    assert ledger(two, "begin", "state", "clinic", file, run="2")[0] == 0
    code, words = ledger(one, "end", "state", "clinic", str(one / "l.json"))
    assert (code, "not this run's any more" in words) == (1, True), "what is not dead after all cannot overwrite"
    assert ledger(two, "steal", "state", "clinic", file)[0] == 3


def test_a_push_without_an_answer_counts_if_the_branch_has_it(remote: Path, tmp_path: Path) -> None:
    one = clone(remote, tmp_path / "one")
    here = one / "l.json"
    tools = tmp_path / "tools"
    tools.mkdir()
    real = shutil.which("git")
    # The first push of each run is carried out, and its answer is lost.
    (tools / "git").write_text(
        f'#!/bin/sh\n{real} "$@" || exit\nif [ "$1" = push ] && [ ! -f "{tools}/$PPID" ]; then\n'
        f'    : >"{tools}/$PPID"; exit 128\nfi\n'
    )
    (tools / "git").chmod(0o755)
    assert ledger(one, "begin", "state", "clinic", str(here), tools=tools)[0] == 0
    assert ledger(one, "begin", "state", "clinic", str(here), run="2")[0] == 6
    here.write_text("{}")
    assert ledger(one, "end", "state", "clinic", str(here), tools=tools) == (0, "")
    here.unlink()
    assert ledger(one, "begin", "state", "clinic", str(here), run="2")[0] == 0
    assert here.read_text() == "{}"


def test_the_repositorys_attributes_do_not_change_the_ledger(remote: Path, tmp_path: Path) -> None:
    """A `.gitattributes` that wants line ends, keywords or filters for every file would damage it."""
    one = clone(remote, tmp_path / "one")
    (one / ".gitattributes").write_text("* text=auto eol=lf ident filter=upper working-tree-encoding=UTF-16LE\n")
    git(one, "config", "filter.upper.clean", "tr a-z A-Z")
    here = one / "l.json"
    for content in (b"first\r\n$Id$ \xc3\xa5\n", b"second"):
        assert ledger(one, "begin", "state", "clinic", str(here))[0] == 0
        here.write_bytes(content)
        assert ledger(one, "end", "state", "clinic", str(here))[0] == 0
        assert ledger(one, "load", "state", "clinic", str(here))[0] == 0
        assert here.read_bytes() == content


@pytest.mark.parametrize("kept", ["nothing", "what the checkout left"])
def test_a_checkout_without_credentials_is_read_with_the_jobs_token(
    space: Workspace, remote: Path, kept: str
) -> None:
    """GitHub over HTTP, as far as reading goes: the file server, for who has the token."""
    other = clone(remote, space.path / "other")
    space.configure("groups: [A]\n")
    assert ledger(other, "begin", "state", ".", str(other / "l.json"))[0] == 0
    git(remote, "update-server-info")
    asked: list[str | None] = []
    allowed = f"basic {b64encode(f'x-access-token:{TOKEN}'.encode()).decode()}"

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["Authorization"])
            if asked[-1] == allowed or kept != "nothing":
                super().do_GET()
            else:
                self.send_error(401)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(remote.parent)))
    address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    git(space.path, "init", "-q")
    git(space.path, "remote", "add", "origin", f"{address}/{remote.name}")
    if kept != "nothing":
        git(space.path, "config", f"http.{address}/.extraheader", "AUTHORIZATION: basic kept")
    try:
        with fake_github() as hub:
            job = Job(space, hub, environ={"HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}, server=address)
            ran = job.run(command="plan", comment="false", ledger_branch="state")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert ran.code == 0, ran.log
    assert set(asked) == ({allowed} if kept == "nothing" else {"basic kept"})


def test_an_unreadable_remote_does_not_count_as_an_empty_ledger(remote: Path, tmp_path: Path) -> None:
    one = clone(remote, tmp_path / "one")
    remote.rename(remote.with_name("gone.git"))
    for verb in ("load", "begin", "end"):
        code, words = ledger(one, verb, "state", "clinic", str(one / "l.json"))
        assert (code, "cannot be read" in words) == (1, True)


def test_the_action_keeps_its_ledger_in_the_branch(space: Workspace, remote: Path) -> None:
    clone(remote, space.path)
    space.configure("groups: [A]\ncontacts: [{key: a, firstname: Anna, mobile: 0701740605, groups: [A]}]\n")
    with fake_github() as hub:
        job = Job(space, hub)
        options = {"ledger_branch": "state", "require_approval": "false"}
        first = job.run(command="apply", **options)
        assert first.code == 0, first.log
        assert git(remote, "ls-tree", "-r", "--name-only", "state").split() == ["ledger-./ledger.json"]
        assert not (space.path / ".intime").exists()
        again = job.run(command="plan", **options)
        assert (again.code, again.outputs["has-changes"]) == (0, "false"), again.log

        # A run that the service fails in the middle saves what it knows, and the next one goes on from there.
        space.configure("groups: [A, B]\n")
        job.environ = {"INTIME_HASH": "wrong"}
        assert job.run(command="apply", **options).code == 9
        job.environ = {}
        assert job.run(command="apply", **options).code == 0

        ledger(space.path, "begin", "state", ".", str(space.path / "l.json"))
        space.configure("groups: [A, C]\n")
        held = job.run(command="apply", **options)
        assert (held.code, "in use by" in held.log) == (6, True)
        assert "The ledger could not be taken, so nothing was sent" in held.summary
