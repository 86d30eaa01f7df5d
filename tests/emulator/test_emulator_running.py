"""Starting, stopping, being killed, and many callers at once."""

from __future__ import annotations

import signal
import socket
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from intime_sync.emulator import EmulatorOptions, Store, run_in_thread, serve

GROUP = '<addgroups><groups><group groupname="{}"/></groups></addgroups>'
SERVE = """
import sys
from pathlib import Path
from intime_sync.emulator import EmulatorOptions, serve
serve(EmulatorOptions(data=Path(sys.argv[1])), port=0, on_ready=lambda url: print(url, flush=True))
print("stopped", flush=True)
"""


@pytest.fixture
def served(tmp_path):
    """A process that serves, its address, and its data file."""
    data = tmp_path / "deep" / "emulator.sqlite3"
    command = [sys.executable, "-c", SERVE, str(data)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip(), data
        finally:
            process.kill()


def add(url: str, name: str) -> str:
    return requests.post(
        f"{url}/contacts/addgroup.ashx?user=demo&hash=demo", data=GROUP.format(name), timeout=60
    ).text


def test_what_was_answered_survives_a_kill(served):
    process, url, data = served
    assert add(url, "Personal") == "1"
    process.kill()
    process.wait(60)
    with Store(data) as store:
        assert store.groups() == [(1, "Personal")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly_and_silently(served, number):
    process, url, _ = served
    with requests.Session() as session:
        assert session.get(f"{url}/nix/list.ashx?user=demo&hash=demo", timeout=60).text == "2:ERROR1"
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "stopped\n", "")


def test_data_lasts_from_one_run_to_the_next(tmp_path):
    options = EmulatorOptions(data=tmp_path / "emulator.sqlite3")
    with run_in_thread(options) as emulator:
        assert add(emulator.url, "Personal") == "1"
    with run_in_thread(options) as emulator:
        assert emulator.store.groups() == [(1, "Personal")]
        assert add(emulator.url, "Jour") == "2"


def test_only_the_owner_may_read_the_data(tmp_path):
    path = tmp_path / "emulator.sqlite3"
    with Store(path):
        files = list(tmp_path.iterdir())
        assert path in files
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_without_a_file_each_emulator_starts_empty():
    with run_in_thread() as first, run_in_thread() as second:
        assert add(first.url, "a") == "1"
        assert second.store.groups() == []


def test_it_starts_and_stops_without_output(capfd):
    with run_in_thread() as emulator, requests.Session() as session:
        session.get(f"{emulator.url}/nix/list.ashx", timeout=60)
    assert capfd.readouterr() == ("", "")
    with pytest.raises(requests.ConnectionError):
        requests.get(emulator.url, timeout=1)


def test_it_stops_at_once_even_while_a_reply_is_held_back(start):
    replied: list[int] = []
    with start() as api:
        api.fault("nix/list", "delay", seconds=600)
        thread = threading.Thread(target=lambda: replied.append(api.get("nix/list").status_code))
        thread.start()
        while not api.emulator.calls:
            thread.join(0.005)
    thread.join(60)
    assert replied == [200]


def test_many_callers_at_once_each_get_their_own_ids():
    with run_in_thread() as emulator, ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(lambda number: add(emulator.url, f"g{number}"), range(200)))
        assert sorted(map(int, ids)) == list(range(1, 201))
        assert {(int(key), f"g{n}") for n, key in enumerate(ids)} == set(emulator.store.groups())


def test_bad_http_and_unfinished_requests_cause_no_output(capfd):
    with run_in_thread() as emulator:
        port = int(emulator.url.split(":")[2].split("/")[0])
        for raw in (
            b"nonsense\r\n\r\n",
            b"POST /contacts/add.ashx HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n<",
        ):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(raw)
        assert add(emulator.url, "a") == "1"
    assert capfd.readouterr() == ("", "")


def test_a_port_that_is_taken_is_an_oserror():
    with run_in_thread() as emulator:
        port = int(emulator.url.split(":")[2].split("/")[0])
        with pytest.raises(OSError, match="in use"):
            serve(EmulatorOptions(), port=port)


def test_the_store_offers_every_change_that_a_person_can_make():
    with run_in_thread() as emulator:
        store = emulator.store
        group = store.add_group("a")
        store.rename_group(group, "b")
        contact = store.add_contact("A", "B", mobile="0701740605", email="a@b.example", groups=[group])
        assert (store.groups(), store.contacts()[0].type) == ([(1, "b")], 3)
        assert [store.delete_contact(contact), store.delete_contact(contact)] == [True, False]
        assert [store.delete_group(group), store.delete_group(group)] == [True, False]
        assert [store.block("0701740605"), store.unblock("+46701740605"), store.unblock("x")] == [1, True, False]


def test_choosing_options_needs_neither_server_nor_xml():
    code = "import sys, intime_sync.emulator as e; e.EmulatorOptions(); print({'uvicorn', 'lxml'} & set(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert found.stdout == "set()\n"
