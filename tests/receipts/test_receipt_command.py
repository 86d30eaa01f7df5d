"""`receive` as a process: what it prints, where it keeps things, how it stops, and why it does not start."""

from __future__ import annotations

import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from harness import PATIENCE, Workspace, wait_for
from receipt_world import PATH_SECRET, calling, data_of, page_of, receiving, stored

from intime_sync.emulator import EmulatorOptions, run_in_thread
from intime_sync.kinds.message import transid as transid_of

FORM = {"messageid": 4711, "status": 20, "transid": "a-1"}


def test_it_prints_the_address_once_takes_a_status_and_stops_with_0(alone: Workspace):
    with receiving(alone) as (process, url), calling(url) as caller:
        parts = urlsplit(url)
        secret = parts.path.removeprefix("/status/")
        assert (parts.hostname, len(secret)) == ("127.0.0.1", 32)
        assert caller.post(FORM) == (200, "4711")
        assert caller.post(FORM, "/status/wrong") == (404, "not found")
        page = page_of(process)
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=PATIENCE) == ("", "")
        assert process.returncode == 0
    assert len(stored(data_of(alone))) == 1
    assert stat.S_IMODE(data_of(alone).stat().st_mode) == 0o600
    with receiving(alone) as (process, again):
        assert urlsplit(again).path == parts.path, "the secret stays"
        with calling(again) as caller:
            caller.visit(page)
            assert caller.request("GET", "/")[0] == 200, "and so does the page's token, which is not said again"
        process.send_signal(signal.SIGINT)
        assert (process.communicate(timeout=PATIENCE), process.returncode) == (("", ""), 0)
    assert [file.name for file in data_of(alone).parent.iterdir()] == ["receipts.sqlite3"], "the log was tidied up"


def test_the_secret_can_be_given_and_is_then_kept_nowhere(alone: Workspace):
    env = {"INTIME_RECEIVE_SECRET": PATH_SECRET}
    with receiving(alone, env=env) as (process, url), calling(url) as caller:
        assert urlsplit(url).path == f"/status/{PATH_SECRET}"
        assert caller.post(FORM) == (200, "4711")
        process.terminate()
        process.wait(PATIENCE)
    assert PATH_SECRET.encode() not in data_of(alone).read_bytes()


@pytest.mark.parametrize("given", ["", "short", "with spaces in it, which no path has"])
def test_an_invalid_secret_is_refused_without_being_shown(alone: Workspace, given: str):
    ran = alone.run("receive", "--port", "0", env={"INTIME_RECEIVE_SECRET": given})
    assert (ran.code, ran.out) == (3, "")
    assert "INTIME_RECEIVE_SECRET cannot be used: the secret m" in ran.err
    assert not given or given not in ran.err
    assert not data_of(alone).exists()


def test_the_verbose_log_does_not_hold_the_secret(alone: Workspace):
    process = subprocess.Popen(
        [sys.executable, "-m", "intime_sync", "-vv", "receive", "--port", "0"],
        cwd=alone.path,
        env=alone.environment({"INTIME_RECEIVE_SECRET": PATH_SECRET}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        with calling(url) as caller:
            assert process.stderr is not None
            while "The page is at" not in (line := process.stderr.readline()):
                assert line
            caller.visit(line.split()[-1])
            caller.request("GET", "/")
            caller.post(FORM)
            caller.post(b"nonsense")
            caller.request("GET", caller.path)
        process.terminate()
        out, err = process.communicate(timeout=PATIENCE)
    assert PATH_SECRET not in out + err
    assert line.rpartition("=")[2].strip() not in out + err


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_an_open_page_is_for_this_machine_alone(alone: Workspace, host: str):
    ran = alone.run("receive", "--port", "0", "--host", host, "--open-page")
    assert (ran.code, ran.out) == (3, "")
    assert "others can reach it" in ran.err
    assert "leave out --open-page" in ran.err
    with receiving(alone, "--open-page") as (process, url), calling(url) as caller:
        assert caller.request("GET", "/")[0] == 200
        process.terminate()
        assert process.communicate(timeout=PATIENCE) == ("", "")


def test_dir_and_data_choose_the_file(alone: Workspace):
    (alone.path / "clinic").mkdir()
    for arguments, data in (
        (["clinic"], "clinic/.intime/receipts.sqlite3"),
        (["--data", "elsewhere/r.sqlite3"], "elsewhere/r.sqlite3"),
    ):
        with receiving(alone, *arguments) as (process, url), calling(url) as caller:
            assert caller.post(FORM) == (200, "4711")
            process.terminate()
            process.wait(PATIENCE)
        assert len(stored(alone.path / data)) == 1
    ran = alone.run("receive", "clinc", "--port", "0")
    assert (ran.code, "clinc is not a directory" in ran.err) == (3, True)


def test_the_configuration_chooses_the_file_and_its_ledger_gives_the_names(alone: Workspace):
    alone.configure(
        "receipts: {data: kept/r.sqlite3}\n"
        "contacts: []\n"
        "messages: [{key: julhalsning, send_at: 2036-12-24T08:00, sender: Kliniken, body: God jul!, "
        "recipients: [0701740605]}]\n"
    )
    alone.apply()
    with receiving(alone) as (process, url), calling(url) as caller:
        for number, transid in enumerate((transid_of("julhalsning", "+46701740605"), "somebody-else's"), 1):
            assert caller.post({**FORM, "messageid": number, "transid": transid}) == (200, str(number))
        caller.visit(page_of(process))
        page = caller.request("GET", "/")[1]
        process.terminate()
        assert process.communicate(timeout=PATIENCE) == ("", "")
    assert "julhalsning" in page
    assert "+46•••••••05" in page
    assert "Message 2 " in page
    assert "70174060" not in page
    assert len(stored(alone.path / "kept" / "r.sqlite3")) == 2
    alone.write("intime.yaml", "version: 1\n")
    ran = alone.run("receive", "--port", "0")
    assert (ran.code, "intime.yaml:1:1: error: " in ran.err) == (3, True)


MESSAGE = """\
<message><flash>0</flash><multisms>0</multisms><sendertitle>Kliniken</sendertitle><body>Hej</body>
<statusurl>{}</statusurl><recipients><recipient transid="t-1">+46701740605</recipient></recipients></message>
"""


def test_it_understands_what_the_emulator_reports_and_is_understood_by_it(alone: Workspace):
    with receiving(alone) as (_, url), run_in_thread(EmulatorOptions()) as emulator:
        create = f"{emulator.url}/message/create.ashx?user=demo&hash=demo"
        message_id = requests.post(create, data=MESSAGE.format(url), timeout=20).text
        wait_for(lambda: bool(stored(data_of(alone))), "the status")
        (kept,) = stored(data_of(alone))
    assert (str(kept.message_id), kept.transid, kept.status) == (message_id, "t-1", 20)


def test_a_port_that_is_taken_is_said_with_what_to_do(alone: Workspace):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = alone.run("receive", "--port", str(port))
    assert (ran.code, ran.out) == (1, "")
    assert f"statuses cannot be taken on 127.0.0.1:{port}: Address already in use" in ran.err
    assert "--port" in ran.err
    ran = alone.run("receive", "--host", "name.that.is.not.there.invalid", "--port", "0")
    assert (ran.code, "statuses cannot be taken on name.that" in ran.err) == (1, True)


def test_data_that_cannot_be_used_is_said_with_what_to_do(alone: Workspace):
    text = alone.write("text.sqlite3", b"not a database" * 100)
    other = alone.path / "other.sqlite3"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE contact (id)")
    db.close()
    for data, said in (
        (text, "file is not a database"),
        (other, "a database of something else"),
        (alone.path, "directory"),
    ):
        ran = alone.run("receive", "--port", "0", "--data", str(data))
        assert ran.code in (1, 3)
        assert ran.out == ""
        assert said in ran.err
        assert "Traceback" not in ran.err


def test_without_the_extra_it_says_what_to_install(alone: Workspace):
    alone.write("starlette/__init__.py", "raise ImportError('not installed')")
    alone.write("uvicorn/__init__.py", "raise ImportError('not installed')")
    ran = alone.run("receive", "--port", "0", env={"PYTHONPATH": str(alone.path)})
    assert (ran.code, ran.out) == (3, "")
    assert 'pip install "intime-sync[receive]"' in ran.err


def test_reading_receipts_needs_no_server():
    code = (
        "import sys, intime_sync.receipts as r; r.ReceiptStore, r.ReceiveOptions, r.MessageRecipient; "
        "print({'uvicorn', 'starlette', 'requests', 'lxml', 'asyncio'} & set(sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert found.stdout == "set()\n"
