"""What a branch brings along under `.intime`: a ledger, an account or a cache of the attacker's making."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest
import requests
from checkouts import CONFIGURATION, NEEDS_GIT, clone, git
from cli_world import assert_no_trace
from harness import Workspace
from message_samples import message, to_numbers
from status_receiver import receiving

from intime_sync.emulator import EmulatorOptions, run_in_thread

SPY = """\
import os, socket
_ask = socket.getaddrinfo
def asked(host, *rest, **named):
    with open(os.environ["ASKED_FOR"], "a") as log:
        print(host, file=log)
    return _ask("127.0.0.1" if str(host).endswith(".example") else host, *rest, **named)
socket.getaddrinfo = asked
"""


def made(path: Path) -> dict[str, bytes]:
    """The state of an apply somewhere else, as an attacker would commit it."""
    path.mkdir()
    attacker = Workspace(path)
    attacker.write("intime.yaml", CONFIGURATION)
    attacker.apply()
    return {
        f".intime/{file.name}": file.read_bytes() for file in sorted((path / ".intime").iterdir()) if file.is_file()
    }


@NEEDS_GIT
@pytest.mark.parametrize("name", ["ledger.json", "emulator.sqlite3", "ledger.json.journal", "anything"])
@pytest.mark.parametrize("version", ["2", "4"])
def test_state_that_git_tracks_is_not_used(tmp_path: Path, name: str, version: str) -> None:
    state = made(tmp_path / "attacker")
    committed = {f".intime/{name}": state.get(f".intime/{name}", b"{}\n")}
    space = clone(tmp_path, {"intime.yaml": CONFIGURATION, "intime.txt": "", **committed}, {})
    git(space.path, "update-index", "--index-version", version)
    for verb in (["plan"], ["apply", "--auto-approve"], ["drift"], ["destroy", "--auto-approve"]):
        ran = space.run(*verb)
        assert ran.code == 3, ran
        assert f"git tracks .intime/{name}" in ran.err
        assert "git rm -r --cached" in ran.err
        assert_no_trace(ran)
    assert {file.name for file in (space.path / ".intime").iterdir()} == {name}, "nothing was made there"
    git(space.path, "rm", "-r", "--cached", ".intime")
    assert "git tracks" not in space.run("plan").err


@NEEDS_GIT
def test_a_submodule_that_is_the_state_is_not_used(tmp_path: Path) -> None:
    space = clone(tmp_path, {"clinic/intime.yaml": CONFIGURATION}, {})
    git(
        space.path, "-c", "protocol.file.allow=always", "submodule", "add", str(tmp_path / "branch"), "clinic/.intime"
    )
    ran = space.run("plan", "clinic")
    assert (ran.code, "git tracks clinic/.intime" in ran.err) == (3, True), ran


@NEEDS_GIT
def test_what_keeps_the_state_out_of_git_may_be_tracked(tmp_path: Path) -> None:
    space = clone(tmp_path, {"intime.yaml": CONFIGURATION, ".intime/.gitignore": "*\n"}, {})
    space.apply()
    assert space.changes() == []


@NEEDS_GIT
def test_the_ledger_of_a_branch_or_outside_the_state_is_used(tmp_path: Path) -> None:
    """`ledger.url` may name a file that is kept in git, and INTIME_LEDGER any file."""
    space = clone(tmp_path, {"intime.yaml": CONFIGURATION + "ledger: {url: kept/ledger.json}\n"}, {})
    space.apply()
    git(space.path, "add", "kept")
    assert space.changes() == []
    (tmp_path / "ledger.json").write_bytes((space.path / "kept" / "ledger.json").read_bytes())
    assert space.run("plan", "--detailed-exitcode", env={"INTIME_LEDGER": str(tmp_path / "ledger.json")}).code == 0


def test_an_account_that_came_along_has_nothing_posted_anywhere(tmp_path: Path) -> None:
    """From an archive, which no git knows: messages whose statuses the embedded emulator would deliver."""
    spy, log = tmp_path / "spy", tmp_path / "asked"
    spy.mkdir()
    (spy / "sitecustomize.py").write_text(SPY)
    log.touch()
    paths = os.pathsep.join([str(spy), str(Path(__file__).parents[2])])
    space = Workspace(tmp_path / "unpacked", environ={"PYTHONPATH": paths, "ASKED_FOR": str(log)})
    space.write("intime.yaml", CONFIGURATION)
    data = space.path / ".intime" / "emulator.sqlite3"
    with receiving() as stranger, receiving() as ours:
        hosts = ["stranger.example", "127.0.0.1.example", "10.255.255.1", "0.0.0.0", "[fe80::1]"]
        urls = [ours.url, ours.url.replace("127.0.0.1", "localhost")]
        urls += [stranger.url.replace("127.0.0.1", host) for host in hosts]
        with run_in_thread(EmulatorOptions(data=data, now=lambda: datetime(2026, 1, 1))) as emulator:  # noqa: DTZ001
            for url in urls:
                text = message(to_numbers("0701740605"), statusurl=url, senddate="20260101T08:00:00")
                query = {"user": "demo", "hash": "demo"}
                reply = requests.post(f"{emulator.url}/message/create.ashx", text, params=query, timeout=10)
                assert reply.text.isdecimal(), reply.text
        for _ in range(20):
            assert space.run("plan").code == 0
            if ours.posted.qsize() == 2:
                break
        assert {ours.form()["messageid"], ours.form()["messageid"]} == {"1", "2"}
        assert stranger.posted.empty()
    assert set(log.read_text().split()) <= {"127.0.0.1", "localhost"}
