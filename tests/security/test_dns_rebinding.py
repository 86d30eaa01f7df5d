"""A website that gives its own name the address of this machine can read neither receipts nor the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from callers import get
from harness import Workspace, serving

from intime_sync.emulator import EmulatorOptions
from intime_sync.emulator import run_in_thread as run_emulator
from intime_sync.receipts import ReceiveOptions
from intime_sync.receipts import run_in_thread as run_receiver

FOREIGN = [
    "rebound.example",
    "rebound.example:8047",
    "127.0.0.1.rebound.example",
    "localhost.rebound.example",
    "rebound.example.",
    "192.0.2.7",
    "localhost@rebound.example",
    "[::ffff:192.0.2.7]",
    "",
]
OURS = ["localhost", "LOCALHOST:8047", "127.0.0.1", "127.0.0.1:1", "[::1]:8047"]
LIST = "/api/1.0/contacts/listgroups.ashx?user=demo&hash=demo"


@pytest.fixture(params=[False, True], ids=["token", "open"])
def page(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with run_receiver(ReceiveOptions(tmp_path / "r.sqlite3", open_page=request.param)) as receiver:
        yield receiver.page


@pytest.mark.parametrize("host", FOREIGN)
def test_the_receipts_page_is_refused_under_another_name(page: str, host: str) -> None:
    """Even with the token: the browser may have the cookie for that name from an earlier visit."""
    parts = urlsplit(page)
    code, text = get(page, f"/?{parts.query}", host)
    assert code == 403
    assert "localhost" in text


@pytest.mark.parametrize("host", OURS)
def test_the_receipts_page_is_shown_under_our_own(page: str, host: str) -> None:
    assert get(page, f"/?{urlsplit(page).query}", host)[0] in (200, 303)


def test_the_receipts_page_is_shown_under_a_name_that_was_allowed(tmp_path: Path) -> None:
    options = ReceiveOptions(tmp_path / "r.sqlite3", allowed_hosts=("Sms.example.se",))
    with run_receiver(options) as receiver:
        query = urlsplit(receiver.page).query
        assert get(receiver.page, f"/?{query}", "sms.example.se:443")[0] == 303
        assert get(receiver.page, f"/?{query}", "sms.example.org")[0] == 403


def test_an_open_page_is_shown_under_no_name_but_this_machine_s(tmp_path: Path) -> None:
    options = ReceiveOptions(tmp_path / "r.sqlite3", open_page=True, allowed_hosts=("sms.example.se",))
    with run_receiver(options) as receiver:
        assert get(receiver.page, "/", "sms.example.se")[0] == 403


@pytest.mark.parametrize("target", [LIST, "/emulator/messages", "/emulator/clock", "/"])
@pytest.mark.parametrize("host", FOREIGN)
def test_the_emulator_is_refused_under_another_name(host: str, target: str) -> None:
    with run_emulator(EmulatorOptions()) as emulator:
        emulator.store.add_group("Personal")
        code, text = get(emulator.url, target, host)
        assert code == 403
        assert "Personal" not in text
        assert emulator.calls == []


@pytest.mark.parametrize("host", OURS)
def test_the_emulator_answers_under_our_own(host: str) -> None:
    with run_emulator(EmulatorOptions()) as emulator:
        emulator.store.add_group("Personal")
        code, text = get(emulator.url, LIST, host)
        assert code == 200
        assert "Personal" in text


def test_a_name_is_allowed_on_the_command_line_of_the_emulator(tmp_path: Path) -> None:
    """As a container's name on a network of containers."""
    with serving(Workspace(tmp_path), "emulator", "--host", "0.0.0.0", "--allow-host", "emulator") as (_, url):
        port = urlsplit(url).port
        here = f"http://127.0.0.1:{port}"
        assert get(here, LIST, f"emulator:{port}")[0] == 200
        assert get(here, LIST, f"127.0.0.1:{port}")[0] == 200
        assert get(here, LIST, "rebound.example")[0] == 403


def test_a_name_is_allowed_on_the_command_line_of_receive(tmp_path: Path) -> None:
    with serving(Workspace(tmp_path), "receive", "--allow-host", "sms.example.se") as (_, url):
        root = url[: url.index("/status/")]
        assert "its token" in get(root, "/", "sms.example.se")[1]
        assert "not shown under this name" in get(root, "/", "rebound.example")[1]
        assert get(root, "/health", "rebound.example")[0] == 200
