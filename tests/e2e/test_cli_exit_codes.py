"""Exit codes are those of the contract, with a message that says why; a run that refuses sends nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli_world import EVERYTHING, OddService, assert_no_secret, assert_no_trace, faults, odd_service, posts
from harness import PATIENCE, SECRET, Ran, Workspace, in_background, wait_for

SMALL = "groups: [Personal]\nblocklist: [0701740607]\n"


@pytest.fixture
def alone(tmp_path: Path) -> Workspace:
    """A workspace against the emulator inside the command."""
    return Workspace(tmp_path)


def test_0_and_2_nothing_to_do_done_and_changes(space: Workspace) -> None:
    space.configure(SMALL)
    assert space.run("plan").code == 0
    assert space.run("plan", "--detailed-exitcode").code == 2
    assert space.run("apply", "--auto-approve").code == 0
    assert space.run("plan", "--detailed-exitcode").code == 0
    again = space.run("apply", "--auto-approve")
    assert (again.code, "No changes." in again.out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (("plan", "--frmat", "json"), "--frmat"),
        (("plan", "--format", "xml"), "'xml' is not one of"),
        (("show", "a", "b"), "unexpected extra argument"),
        (("plan", "a", "b"), "a is not there"),
        (("aply",), "There is no verb `aply`. Did you mean `apply`?"),
        (("0701740605",), "There is no verb `070•••••05`."),
        (("ledger", "lst"), "lst"),
        (("ledger", "show", ".", "person/x"), "`person/x` is not an address"),
        (("ledger", "show", "contact/nobody"), "the ledger does not know contact/nobody"),
        (("apply", "--allow-delete", "contact"), "`contact` must be KIND=N, for example contact=12"),
        (("apply", "--allow-delete", "person=3"), "must be KIND=N"),
        (("apply", "--allow-delete", "contact=-1"), "must be KIND=N"),
        (("apply", "--parallelism", "0"), "--parallelism"),
        (("apply", "--lock-timeout", "soon"), "--lock-timeout"),
        (("emulator", "--port", "65536"), "--port"),
        (("emulator", "--hash", ""), "must not be empty"),
        (("show",), "Missing argument"),
        (("show", "nowhere.json"), "nowhere.json cannot be read"),
        (("show", "intime.yaml"), "intime.yaml"),
        (("init",), "intime.yaml is already there"),
        (("apply", "nowhere.json", "--auto-approve"), "nowhere.json"),
        (("--verbos", "plan"), "--verbos"),
    ],
)
def test_3_a_bad_command_line_is_not_taken_for_changes(
    alone: Workspace, arguments: tuple[str, ...], fragment: str
) -> None:
    alone.configure(SMALL)
    ran = alone.run(*arguments)
    assert (ran.code, ran.out) == (3, "")
    assert fragment in ran.err
    assert_no_trace(Ran(ran.code, ran.out, ran.err.replace("\nError:", "")))


@pytest.mark.parametrize("extra", [(), ("--format", "json"), ("--expect-digest", "sha256:0")])
def test_3_apply_without_a_terminal_names_the_flag_to_give(space: Workspace, extra: tuple[str, ...]) -> None:
    space.configure(SMALL)
    assert space.run("plan", "--out", "p.json").code == 0
    for target in (".", "p.json"):
        ran = space.run("apply", target, *extra)
        assert (ran.code, ran.out) == (3, "")
        assert "--auto-approve" in ran.err
        assert "no terminal" in ran.err
    assert posts(space) == []


def test_3_closed_streams_do_not_count_as_a_terminal(alone: Workspace) -> None:
    alone.configure(SMALL)
    command = f"exec {sys.executable} -m intime_sync"
    for shell, code, fragment in (
        (f"{command} apply <&-", 3, "--auto-approve"),
        (f"{command} plan >&-", 0, ""),
        (f"{command} plan --frmat 2>&-", 3, ""),
        (f"{command} validate | true", 0, ""),
    ):
        done = subprocess.run(
            ["sh", "-c", shell], cwd=alone.path, env=alone.environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == code, (shell, done)
        assert fragment in done.stderr
        assert "Traceback" not in done.stdout + done.stderr


def test_5_a_digest_that_is_not_the_expected_one_sends_nothing(space: Workspace) -> None:
    space.configure(SMALL)
    planned = space.plan()["digest"]
    ran = space.run("apply", "--auto-approve", "--expect-digest", "sha256:" + "0" * 64)
    assert ran.code == 5
    assert f"the plan's digest is {planned}, not sha256:{'0' * 64}" in ran.err
    assert posts(space) == []
    assert space.run("apply", "--auto-approve", "--expect-digest", planned).code == 0


def test_6_a_second_apply_names_the_holder_of_the_lock_and_a_killed_holder_loses_it(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure(SMALL)
    space.emulator.set_faults(faults({"endpoint": "contacts/addgroup", "call": 1, "fault": "delay", "seconds": 60}))
    with in_background(space, "apply", "--auto-approve") as first:
        wait_for(lambda: "contacts/addgroup" in posts(space), "the first apply to send")
        sent = len(posts(space))
        second = space.run("apply", "--auto-approve")
        assert (second.code, second.out) == (6, "")
        for fragment in (os.uname().nodename, f"pid {first.pid}", "since 20", "intime-sync apply", "--lock-timeout"):
            assert fragment in second.err
        assert len(posts(space)) == sent, "who does not hold the ledger sends nothing"
        assert space.run("plan").code == 0, "looking needs no lock"
        first.send_signal(signal.SIGKILL)
        first.wait()
    third = space.run("apply", "--auto-approve")
    assert third.code == 0, third.err
    assert "had left open" in third.err
    assert space.changes() == []
    assert [name for _, name in space.emulator.store.groups()] == ["Personal"]


def test_6_with_a_lock_timeout_the_second_apply_waits(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure(SMALL)
    space.emulator.set_faults(faults({"endpoint": "contacts/addgroup", "call": 1, "fault": "delay", "seconds": 1.5}))
    with in_background(space, "apply", "--auto-approve") as first:
        wait_for(lambda: "contacts/addgroup" in posts(space), "the first apply to send")
        second = space.run("apply", "--auto-approve", "--lock-timeout", "30")
        assert (second.code, "No changes." in second.out) == (0, True)
        assert first.wait(PATIENCE) == 0
    assert len(space.emulator.store.groups()) == 1


def test_7_refused_items_are_named_and_the_others_done(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure(EVERYTHING)
    refusal = {"endpoint": "nix/addnix", "fault": "garbage", "text": "2:ERROR1", "act": False}
    space.emulator.set_faults(faults(refusal))
    ran = space.run("apply", "--auto-approve", "--format", "json")
    assert ran.code == 7, ran.err
    results = {result["address"]: result for result in ran.json()["results"]}
    failed = [result for result in results.values() if result["status"] != "done"]
    assert [(result["status"], result["action"]) for result in failed] == [("failed", "create")]
    assert "2:ERROR1" in failed[0]["error"]
    assert ran.json()["summary"] == {"done": 6, "failed": 1, "unknown": 0, "skipped": 0}
    space.emulator.set_faults(faults(refusal))
    text = space.run("apply", "--auto-approve")
    assert text.code == 7 or "Not applied: 1 failed" in text.out
    assert "Failed" in text.out
    space.emulator.set_faults(None)
    space.apply()
    assert space.changes() == []


def test_9_each_missing_variable_is_named(space: Workspace) -> None:
    space.configure(SMALL)
    for env, fragment in (
        ({"INTIME_USER": ""}, "INTIME_USER is not set"),
        ({"INTIME_HASH": ""}, "neither INTIME_HASH nor INTIME_HASH_FILE is set"),
        ({"INTIME_HASH": "", "INTIME_HASH_FILE": "nowhere"}, "INTIME_HASH_FILE names nowhere, which cannot be read"),
        ({"INTIME_HASH": "", "INTIME_HASH_FILE": "."}, "Is a directory"),
        ({"INTIME_HASH": "", "INTIME_HASH_FILE": os.devnull}, "which is empty"),
        ({"INTIME_HASH": "two\nlines"}, "INTIME_HASH holds a line break"),
    ):
        ran = space.run("plan", env=env)
        assert (ran.code, ran.out) == (9, "")
        assert fragment in ran.err
    assert space.emulator is not None
    assert space.emulator.calls == []
    assert space.run("validate", env={"INTIME_USER": "", "INTIME_HASH": ""}).code == 0


def test_9_a_wrong_hash_or_user_is_refused_and_a_hash_file_serves(space: Workspace) -> None:
    space.configure(SMALL)
    for env in ({"INTIME_HASH": "wrong"}, {"INTIME_USER": "nobody"}):
        for verb in (("plan",), ("apply", "--auto-approve")):
            ran = space.run(*verb, env=env)
            assert (ran.code, ran.out) == (9, "")
            assert "INTIME_USER and INTIME_HASH" in ran.err
            assert "0:ERROR3" in ran.err
            assert_no_secret(ran.err)
    space.write("secret.txt", f"{SECRET}\n")
    env = {"INTIME_HASH": "", "INTIME_HASH_FILE": "secret.txt"}
    assert space.run("plan", env=env).code == 0
    assert posts(space) == []


LISTS: dict[str, dict[str, object]] = {
    "a web page": {"fault": "garbage"},
    "the code of another failure": {"fault": "garbage", "text": "2:ERROR9"},
    "empty": {"fault": "empty"},
    "cut off inside a promised length": {"fault": "truncate", "content_length": "full"},
    "cut off and called whole": {"fault": "truncate", "content_length": "actual"},
    "forbidden": {"fault": "error_before", "status": 404},
    "an error": {"fault": "error_before", "status": 500},
    "cut off before any answer": {"fault": "drop_before"},
}


@pytest.mark.parametrize("case", LISTS)
def test_1_nothing_is_planned_from_a_list_that_fails(space: Workspace, case: str) -> None:
    assert space.emulator is not None
    space.configure(SMALL)
    space.apply()
    space.emulator.calls.clear()
    space.configure("groups: [Other]\nblocklist: [0701740609]\n")
    endpoint = "nix/list" if case.startswith("cut") else "contacts/listgroups"
    space.emulator.set_faults(faults({"endpoint": endpoint, **LISTS[case]}))
    ran = space.run("apply", "--auto-approve")
    assert_no_trace(ran)
    assert (ran.code, ran.out) == (1, "")
    assert endpoint in ran.err
    assert posts(space) == []


GROUPS = b'<?xml version="1.0" encoding="iso-8859-1"?><groups><group groupid="1">A</group></groups>'
SHAPES: dict[str, tuple[bytes, int, dict[str, str]]] = {
    "another root": (GROUPS.replace(b"groups>", b"nixentries>"), 200, {}),
    "two roots": (GROUPS + b"<groups></groups>", 200, {}),
    "a document type": (GROUPS.replace(b"<groups>", b"<!DOCTYPE groups><groups>", 1), 200, {}),
    "an entity": (b'<!DOCTYPE g [<!ENTITY x SYSTEM "file:///etc/passwd">]><groups>&x;</groups>', 200, {}),
    "no id": (GROUPS.replace(b' groupid="1"', b""), 200, {}),
    "an id that is none": (GROUPS.replace(b'"1"', b'"one"'), 200, {}),
    "JSON": (b'{"groups": []}', 200, {}),
    "a web page that is XML": (b"<html><body>Log in</body></html>", 200, {}),
    "a .NET exception": (b"Name cannot begin with the '<' character, hexadecimal value 0x3C.", 200, {}),
    "a redirect": (b"", 302, {"Location": "/elsewhere"}),
    "no content": (b"", 204, {}),
    "half of it": (GROUPS[:70], 200, {}),
    "a promise of gzip": (GROUPS, 200, {"Content-Encoding": "gzip"}),
}


def shaped(service: OddService, tmp_path: Path) -> Workspace:
    """A workspace against an odd service."""
    return Workspace(tmp_path, environ={"INTIME_URL": service.url, "INTIME_USER": "demo", "INTIME_HASH": SECRET})


@pytest.mark.parametrize("case", SHAPES)
def test_1_nothing_is_planned_from_a_malformed_list(tmp_path: Path, case: str) -> None:
    with odd_service() as service:
        service.body, service.status, service.headers = SHAPES[case]
        space = shaped(service, tmp_path)
        space.configure("groups: [B]\n")
        for verb in (("plan", "--format", "json"), ("apply", "--auto-approve"))[: 1 if "gzip" in case else 2]:
            ran = space.run(*verb)
            assert_no_trace(ran)
            assert (ran.code, ran.out) == (1, ""), ran
            assert ran.err.startswith("error: contacts/listgroups")
            assert_no_secret(ran.err)
        assert service.posts == 0


def test_1_the_documented_code_for_an_empty_list_is_an_empty_list(tmp_path: Path) -> None:
    with odd_service() as service:
        service.body = b"2:ERROR1"
        space = shaped(service, tmp_path)
        space.configure("groups: [B]\n")
        assert space.changes() == [("create", "group/B")]


def test_1_nothing_listens_at_the_address(tmp_path: Path) -> None:
    space = Workspace(
        tmp_path, environ={"INTIME_URL": "http://127.0.0.1:9/api", "INTIME_USER": "demo", "INTIME_HASH": SECRET}
    )
    space.configure(SMALL)
    ran = space.run("plan")
    assert_no_trace(ran)
    assert (ran.code, ran.out) == (1, "")
    assert "the connection was refused" in ran.err
    assert_no_secret(ran.err)


def test_1_a_ledger_that_cannot_be_trusted_stops_before_anything_is_sent(space: Workspace) -> None:
    space.configure(SMALL)
    space.apply()
    assert space.emulator is not None
    space.emulator.calls.clear()
    ledger = space.path / ".intime" / "ledger.json"
    good = ledger.read_bytes()
    for bad in (b"", b"{", b"[]", good[: len(good) // 2], good.replace(b'"serial":', b'"sreial":'), b"\xff"):
        ledger.write_bytes(bad)
        for verb in (("plan",), ("apply", "--auto-approve"), ("ledger", "list")):
            ran = space.run(*verb)
            assert_no_trace(ran)
            assert (ran.code, ran.out) == (1, ""), (bad, ran)
            assert "ledger.json" in ran.err
    assert posts(space) == []
    ledger.write_bytes(good)
    assert space.changes() == []
    ran = space.run("plan", env={"INTIME_USER": "demo2"})
    assert ran.code in (1, 9)
    assert "ledger is about clinic-a as demo" in ran.err


def test_1_data_of_the_embedded_emulator_that_is_no_database(alone: Workspace) -> None:
    alone.configure(SMALL)
    alone.write(".intime/emulator.sqlite3", "x" * 4096)
    ran = alone.run("plan")
    assert_no_trace(ran)
    assert (ran.code, ran.out) == (1, "")
    assert "emulator.sqlite3 cannot be used" in ran.err
