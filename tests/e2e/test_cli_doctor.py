"""`doctor` as a process over real HTTP: every check in order and out of order, and that it only ever reads."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cli_world import (
    EVERYTHING,
    assert_no_secret,
    assert_no_trace,
    assert_nothing_private,
    faults,
    odd_service,
    on_terminal,
    posts,
)
from harness import HEAD, SECRET, Workspace, in_background, wait_for

LEDGER = ".intime/ledger.json"
NAMES = {
    *("versions", "configuration", "credentials", "time zone", "ledger", "privacy", "lock", "receipts"),
    *("connection", "sign-in", "clock", "lists", "encoding", "numbers", "carriers"),
}


@pytest.fixture
def settled(space: Workspace) -> Workspace:
    """A configuration that was applied; no calls are counted yet."""
    space.configure(EVERYTHING.replace("Jour", "Läkare"))
    space.apply()
    assert space.emulator is not None
    space.emulator.calls.clear()
    return space


def examined(
    space: Workspace, env: dict[str, str] | None = None, code: int | None = None
) -> dict[str, dict[str, Any]]:
    """The checks by name (the worst of one name); nothing was sent, and nothing secret shown."""
    before = posts(space)
    ran = space.run("doctor", "--format", "json", env=env)
    assert_no_trace(ran)
    assert_no_secret(ran.out + ran.err)
    assert_nothing_private(ran)
    assert posts(space) == before, "a doctor changes nothing"
    checks = ran.json()["checks"]
    bad = any(check["state"] == "failed" for check in checks)
    assert ran.code == (1 if bad else 0)
    assert code in (None, ran.code), ran.out
    rank = ["skipped", "ok", "warning", "failed"]
    return {check["name"]: check for check in sorted(checks, key=lambda check: rank.index(check["state"]))}


def test_doctor_passes_every_check_of_a_sound_setup(settled: Workspace) -> None:
    assert settled.emulator is not None
    found = examined(settled, code=0)
    assert {check["state"] for name, check in found.items() if name != "clock"} == {"ok"}, found
    assert set(found) == NAMES
    assert found["clock"]["state"] == "skipped"
    assert "serial 1" in found["ledger"]["text"]
    assert "national (2)" in found["numbers"]["text"]
    assert "1 text with letters" in found["encoding"]["text"]
    assert [method for method, _ in settled.emulator.calls] == ["GET"] * 3


def test_each_check_has_a_line_with_a_mark_and_advice_below_it(settled: Workspace) -> None:
    ran = settled.run("doctor")
    assert ran.out.startswith("✓ versions")
    assert "– clock" in ran.out
    assert ran.out.endswith("14 in order, 1 not checked.\n")
    plain = settled.run("doctor", env={"PYTHONIOENCODING": "ascii", "INTIME_HASH": "wrong"})
    assert plain.code == 1
    assert plain.out.isascii()
    assert "x sign-in" in plain.out
    assert "Check INTIME_USER and INTIME_HASH" in plain.out
    assert "\x1b[32m✓" in on_terminal(settled, "doctor").out
    assert "\x1b" not in on_terminal(settled, "doctor", env={"NO_COLOR": "1"}).out


def test_broken_yaml_is_reported_and_the_other_checks_run(settled: Workspace) -> None:
    settled.configure("contacts: [{mobile: 12}, {mobile: 13}]\n")
    found = examined(settled, code=1)
    assert found["configuration"]["state"] == "failed"
    assert "2 problems; the first: intime.yaml:4:" in found["configuration"]["text"]
    assert "validate" in found["configuration"]["advice"]
    assert found["carriers"]["state"] == "ok"


@pytest.mark.parametrize("text", ["version: [", "version: 1\n", None])
def test_without_settings_few_checks_run(space: Workspace, text: str | None) -> None:
    if text is not None:
        space.write("intime.yaml", text)
    found = examined(space, code=1)
    assert found["configuration"]["state"] == "failed"
    assert {found[name]["state"] for name in ("credentials", "ledger", "connection")} == {"skipped"}


@pytest.mark.parametrize(
    ("env", "name", "fragment"),
    [
        ({"INTIME_HASH": "wrong"}, "sign-in", "does not accept the user name and hash"),
        ({"INTIME_HASH": ""}, "credentials", "neither INTIME_HASH nor INTIME_HASH_FILE is set"),
        ({"INTIME_HASH": "", "INTIME_HASH_FILE": "nowhere"}, "credentials", "cannot be read"),
        ({"INTIME_URL": "http://127.0.0.1:9/api/1.0"}, "connection", "the connection was refused"),
        ({"INTIME_USER": "other"}, "ledger", "the ledger is about clinic-a as demo"),
        ({"INTIME_LEDGER": "sql://x"}, "ledger", "is not a file"),
    ],
)
def test_a_failed_check_has_advice_and_the_ledger_is_checked(
    settled: Workspace, env: dict[str, str], name: str, fragment: str
) -> None:
    found = examined(settled, env, code=1)
    assert (found[name]["state"], fragment in found[name]["text"]) == ("failed", True), found[name]
    assert found[name]["advice"]
    assert found["configuration"]["state"] == "ok"
    if name != "ledger":
        assert (found["ledger"]["state"], found["lists"]["state"]) == ("ok", "skipped")


def test_a_warning_names_a_hash_file_or_ledger_that_others_may_read(settled: Workspace) -> None:
    file = settled.write("secret.txt", SECRET)
    (settled.path / LEDGER).chmod(0o644)
    env = {"INTIME_HASH": "", "INTIME_HASH_FILE": "secret.txt"}
    for mode, state in ((0o644, "warning"), (0o600, "ok")):
        file.chmod(mode)
        assert examined(settled, env, code=0)["credentials"]["state"] == state
    found = examined(settled, env)["privacy"]
    assert (found["state"], "mode 0644" in found["text"], "chmod 600" in found["advice"]) == ("warning", True, True)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_credentials_under_a_name_are_the_ones_that_are_checked(
    settled: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = (settled.path / "intime.yaml").read_text(encoding="utf-8")
    settled.write("intime.yaml", text.replace("account: {", "account: {credentials: CLINIC_A, "))
    file = tmp_path_factory.mktemp("readable") / "secret.txt"
    file.write_text(SECRET)
    file.chmod(0o644)
    env = {"INTIME_CLINIC_A_USER": "demo", "INTIME_CLINIC_A_HASH_FILE": str(file)}
    found = examined(settled, env, code=0)["credentials"]
    assert (found["state"], "others may read" in found["text"]) == ("warning", True)
    found = examined(settled, {"INTIME_CLINIC_A_USER": "demo"}, code=1)["credentials"]
    assert "INTIME_CLINIC_A_HASH" in found["advice"]


def test_a_warning_names_a_ledger_that_git_would_add(settled: Workspace) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=settled.path, check=True, capture_output=True)

    git("init")
    assert "git does not ignore" in examined(settled, code=0)["privacy"]["text"]
    settled.write(".gitignore", "/.intime/\n")
    assert examined(settled)["privacy"]["state"] == "ok"
    git("add", "--force", LEDGER)
    found = examined(settled, code=1)["ledger"]
    assert (f"git tracks {LEDGER}" in found["text"], "git rm -r --cached" in found["advice"]) == (True, True)
    found = examined(settled, {"INTIME_LEDGER": LEDGER})["privacy"]
    assert "under version control" in found["text"]


def test_a_damaged_ledger_stops_only_the_checks_that_need_it(settled: Workspace) -> None:
    settled.write(LEDGER, "{")
    found = examined(settled, code=1)
    assert (found["ledger"]["state"], found["lists"]["state"]) == ("failed", "ok")
    assert (found["encoding"]["state"], found["carriers"]["state"]) == ("skipped", "skipped")


def test_a_lost_ledger_is_recognised_by_its_carriers(settled: Workspace) -> None:
    (settled.path / LEDGER).unlink()
    found = examined(settled, code=1)
    assert "none yet" in found["ledger"]["text"]
    assert "it seems to be lost" in found["carriers"]["text"]


def test_unknown_missing_and_foreign_carriers_are_reported(settled: Workspace) -> None:
    assert settled.emulator is not None
    store = settled.emulator.store
    store.add_group("~clinic-a/okand")
    store.add_group("~clinic-b/deras")
    (carrier,) = (id for id, name in store.groups() if name.startswith("~clinic-a/all"))
    store.delete_group(carrier)
    found = examined(settled, code=0)
    assert found["carriers"]["text"] == "1 not complete, 1 gone or renamed, of 2 carriers of clinic-a"
    assert found["other owners"]["text"].endswith("clinic-b (1)")


def test_garbled_names_are_told_from_renamed_ones(settled: Workspace) -> None:
    assert settled.emulator is not None
    store = settled.emulator.store
    group = next(id for id, name in store.groups() if name == "Läkare")
    store.add_group("Övrigt")  # in ISO-8859-1, so that no list passes for UTF-8
    for name, state in (("LÃ¤kare", "failed"), ("L?kare", "failed"), ("Natt", "skipped")):
        store.rename_group(group, name)
        assert examined(settled)["encoding"]["state"] == state, name


def test_a_warning_names_a_list_entry_that_is_no_number(settled: Workspace) -> None:
    assert settled.emulator is not None
    settled.emulator.store.block("växeln")
    found = examined(settled, code=0)["numbers"]
    assert (found["state"], "1 is no phone number" in found["text"]) == ("warning", True)


@pytest.mark.parametrize("body", [b"<html>Server Error</html>", b"", b"<groups><group groupid='1'>"])
def test_a_garbled_list_is_reported_as_such(settled: Workspace, body: bytes) -> None:
    with odd_service() as service:
        service.body = body
        found = examined(settled, {"INTIME_URL": service.url}, code=1)
        assert service.posts == 0
    assert (found["connection"]["state"], found["sign-in"]["state"]) == ("ok", "skipped")
    assert found["lists"]["state"] == "failed"
    assert found["carriers"]["state"] == "skipped"


@pytest.mark.parametrize(
    ("seconds", "state", "fragment"),
    [
        (0, "ok", "agrees"),
        (40, "warning", "behind the service's"),
        (-40, "warning", "ahead of the service's"),
        (3600, "failed", "behind the service's"),
    ],
)
def test_the_clocks_are_compared_where_the_service_says_what_time_it_is(
    settled: Workspace, seconds: int, state: str, fragment: str
) -> None:
    with odd_service() as service:
        service.body, service.ahead = b"2:ERROR1", timedelta(seconds=seconds)
        found = examined(settled, {"INTIME_URL": service.url})["clock"]
    assert found["state"] == state, found
    assert fragment in found["text"]


def test_a_held_lock_and_an_interrupted_run_are_reported(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure("groups: [Personal]\n")
    space.emulator.set_faults(faults({"endpoint": "contacts/addgroup", "call": 1, "fault": "delay", "seconds": 60}))
    with in_background(space, "apply", "--auto-approve") as first:
        wait_for(lambda: "contacts/addgroup" in posts(space), "the apply to send")
        held = examined(space, code=0)["lock"]
        assert held["state"] == "warning"
        for fragment in (f"pid {first.pid}", os.uname().nodename, "intime-sync apply"):
            assert fragment in held["text"]
        first.send_signal(signal.SIGKILL)
        first.wait()
    found = examined(space, code=0)
    assert (found["lock"]["state"], "a run that is gone" in found["lock"]["text"]) == ("ok", True)
    assert found["ledger"]["text"].startswith("1 request of an interrupted run left open")
    space.emulator.set_faults(None)
    space.apply()
    assert examined(space)["ledger"]["state"] == "ok"


def test_receipts_are_counted_where_there_are_any(settled: Workspace) -> None:
    settled.write(
        ".intime/receipts.sqlite3", "no database at all, only text, and longer than a header of SQLite is\n"
    )
    assert examined(settled, code=1)["receipts"]["state"] == "failed"
    (settled.path / ".intime/receipts.sqlite3").unlink()
    from intime_sync.receipts.store import ReceiptStore

    with ReceiptStore(settled.path / ".intime/receipts.sqlite3"):
        pass
    assert "0 delivered" in examined(settled, code=0)["receipts"]["text"]


def test_doctor_inside_the_command_needs_no_credentials(tmp_path: Path) -> None:
    alone = Workspace(tmp_path)
    alone.configure("groups: [A]\n")
    ran = alone.run("doctor")
    assert ran.code == 0, ran.out
    assert "none are needed" in ran.out
    assert not (tmp_path / LEDGER).exists()


def test_doctor_refuses_a_bad_command_line(space: Workspace) -> None:
    space.configure("", HEAD)
    assert space.run("doctor", "a", "b").code == 3
    assert space.run("doctor", "--format", "xml").code == 3
