"""The clock, in process and over HTTP, and the messages that can be looked at beside it."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from message_samples import cancel, message, to_numbers
from starlette.applications import Starlette
from starlette.types import Message as AsgiMessage
from status_receiver import receiving

from intime_sync.emulator import Store
from intime_sync.emulator.clock import Clock, parsed_time
from intime_sync.emulator.control import routes

if TYPE_CHECKING:
    from conftest import Api

EVE = datetime(2026, 12, 24, 8, 0)  # noqa: DTZ001 (the service's clock is naive wall time)
TEXT = "2026-12-24T08:00:00"


def control(api: Api, path: str) -> str:
    return api.emulator.url.removesuffix("/api/1.0") + f"/emulator/{path}"


def test_a_clock_is_set_and_moved_and_runs_on_with_its_base() -> None:
    base = [EVE]
    clock = Clock(lambda: base[0])
    clock.set(EVE - timedelta(days=3))
    base[0] += timedelta(seconds=5)
    assert clock.now() == EVE - timedelta(days=3) + timedelta(seconds=5)
    clock.advance(timedelta(days=3))
    clock.advance(timedelta(seconds=-5))
    assert clock.now() == EVE


def test_without_a_base_it_runs_on_from_where_it_was_set() -> None:
    clock = Clock()
    clock.set(EVE)
    assert EVE <= clock.now() < EVE + timedelta(seconds=5)


@pytest.mark.parametrize(
    "at", [datetime(2026, 1, 1, tzinfo=UTC), EVE.replace(year=1899), EVE.replace(year=9000), EVE.replace(year=9999)]
)
def test_a_time_with_a_zone_or_too_far_away_is_refused_and_nothing_moves(at: datetime) -> None:
    clock = Clock(lambda: EVE)
    with pytest.raises(ValueError, match="the clock"):
        clock.set(at)
    for by in (timedelta(days=3_000_000), timedelta.max, timedelta.min):
        with pytest.raises(ValueError, match="the clock"):
            clock.advance(by)
    assert clock.now() == EVE


@pytest.mark.parametrize(
    "text", ["", "08:00", "2026-12-24", "2026-12-24T8:00", "2026-12-24T08:00Z", "2026-02-30T08:00"]
)
def test_a_time_is_written_in_one_way(text: str) -> None:
    assert parsed_time("2026-12-24T08:00") == parsed_time(TEXT) == EVE
    with pytest.raises(ValueError, match=r"time is written|day is out of range"):
        parsed_time(text)


def test_what_is_due_is_sent_before_the_clock_has_finished_moving(api: Api) -> None:
    api.say("message/create", message(senddate=TEXT))
    api.clock.set(EVE)
    with api.store.transaction() as db:
        assert db.execute("SELECT count(*) FROM message WHERE sent_at IS NOT NULL").fetchone()[0] == 2


def test_the_clock_is_read_and_moved_over_http(api: Api) -> None:
    url = control(api, "clock")
    assert api.session.get(url, timeout=60).text == "2026-03-02T09:00:00"
    assert api.session.post(url, data={"set": "2026-12-24T07:00"}, timeout=60).text == "2026-12-24T07:00:00"
    assert api.session.post(url, params={"advance": "3600"}, timeout=60).text == TEXT
    assert api.session.post(url, data={"advance": "-0.5"}, timeout=60).text == "2026-12-24T07:59:59"
    assert api.session.post(url, params={"set": TEXT}, timeout=60).text == TEXT
    assert api.clock.now() == EVE


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"set": "tomorrow"},
        {"set": ""},
        {"set": "1024-12-24T08:00"},
        {"advance": "soon"},
        {"advance": "nan"},
        {"advance": "inf"},
        {"advance": "1e300"},
        {"advance": "1e12"},
        {"set": TEXT, "advance": "1"},
        {"go": "1"},
    ],
)
def test_an_invalid_move_of_the_clock_is_400_and_moves_nothing(api: Api, given: dict[str, str]) -> None:
    before = api.clock.now()
    for reply in (
        api.session.post(control(api, "clock"), data=given, timeout=60),
        api.session.post(control(api, "clock"), params=given, timeout=60),
    ):
        assert reply.status_code == 400
        assert reply.text
    assert api.clock.now() == before


def test_reading_the_clock_never_moves_it(api: Api) -> None:
    assert api.session.get(control(api, "clock"), params={"set": TEXT}, timeout=60).status_code == 400
    assert api.session.put(control(api, "clock"), params={"set": TEXT}, timeout=60).status_code == 404
    assert api.session.post(control(api, "messages"), timeout=60).status_code == 404
    assert api.clock.now() != EVE


def test_messages_can_be_looked_at_over_http(api: Api) -> None:
    with receiving() as receiver:
        assert api.session.get(control(api, "messages"), timeout=60).json() == []
        to = to_numbers("070-174 06 05", "0701740690")
        api.say("message/create", message(to, senddate=TEXT, statusurl=receiver.url))
        api.say("message/delete", cancel(2))
        first = {
            "id": 1,
            "number": "+46701740605",
            "sender": "Byggvaruh",
            "body": "Hej!",
            "status": "scheduled",
            "send_at": TEXT,
            "transid": "t1",
            "delivery_status": None,
            "report": "none",
            "attempts": 0,
        }
        second = first | {"id": 2, "number": "+46701740690", "status": "cancelled", "transid": "t2"}
        reply = api.session.get(control(api, "messages"), timeout=60)
        assert reply.headers["Content-Type"] == "application/json"
        assert reply.json() == [first, second]
        api.session.post(control(api, "clock"), data={"set": TEXT}, timeout=60)
        assert receiver.form() == {"messageid": "1", "status": "20", "transid": "t1"}
        sent = api.session.get(control(api, "messages"), timeout=60).json()[0]
        assert (sent["status"], sent["delivery_status"], sent["attempts"]) == ("sent", 20, 1)


def test_control_requests_are_not_recorded_as_calls(api: Api) -> None:
    api.session.get(control(api, "clock"), timeout=60)
    assert api.session.get(f"{api.emulator.url}/emulator/clock", timeout=60).status_code == 404
    assert api.emulator.calls == []


@pytest.mark.parametrize("path", ["clock", "messages"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "localhost:8046"}, 200),
        ({"Host": "127.0.0.1"}, 200),
        ({"Host": "[::1]:8046"}, 200),
        ({"Host": "rebound.example:8046"}, 403),
        ({"Host": "localhost.example"}, 403),
        ({"Host": "192.0.2.1"}, 403),
        ({"Host": "[::1"}, 403),
        ({"Host": ""}, 403),
        ({"Origin": "https://page.example"}, 403),
    ],
)
def test_only_names_of_this_machine_are_answered_and_no_web_pages(
    api: Api, path: str, headers: dict[str, str], status: int
) -> None:
    assert api.session.get(control(api, path), headers=headers, timeout=60).status_code == status


@pytest.mark.parametrize(
    ("peer", "status"),
    [
        ("127.0.0.1", 200),
        ("::1", 200),
        ("::ffff:127.0.0.1", 200),
        ("192.0.2.1", 403),
        ("testclient", 403),
        (None, 403),
    ],
)
def test_only_callers_on_this_machine_are_answered(peer: str | None, status: int) -> None:
    async def call(app: Starlette) -> int:
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/emulator/messages",
            "query_string": b"",
            "headers": [(b"host", b"localhost")],
            "client": None if peer is None else (peer, 5),
        }
        sent: list[AsgiMessage] = []

        async def send(event: AsgiMessage) -> None:
            sent.append(event)

        async def receive() -> AsgiMessage:
            return {"type": "http.request", "body": b""}

        await app(scope, receive, send)
        code: int = sent[0]["status"]
        return code

    with Store() as store:
        assert asyncio.run(call(Starlette(routes=routes(store)))) == status


@pytest.fixture
def process(tmp_path: Path) -> Iterator[str]:
    """The address of an emulator that runs on its own, a minute before the eve's send time."""
    command = [sys.executable, "-m", "intime_sync", "emulator", "--port", "0", "--clock", "2026-12-24T07:59"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [*command, "--data", str(tmp_path / "emulator.sqlite3")], cwd=root, stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            assert running.stdout is not None
            yield running.stdout.readline().split()[-1]
        finally:
            running.terminate()


def test_the_command_starts_at_the_time_that_it_is_given_and_is_moved_over_http(process: str) -> None:
    url = process.removesuffix("/api/1.0")
    with receiving() as receiver:
        assert requests.get(f"{url}/emulator/clock", timeout=60).text.startswith("2026-12-24T07:59:")
        body = message(to_numbers("0701740691"), senddate=TEXT, statusurl=receiver.url)
        query = {"user": "demo", "hash": "demo"}
        assert requests.post(f"{process}/message/create.ashx", params=query, data=body, timeout=60).text == "1"
        assert requests.post(f"{url}/emulator/clock", data={"set": TEXT}, timeout=60).text == TEXT
        assert receiver.form() == {"messageid": "1", "status": "1", "transid": "t1"}
        assert json.loads(requests.get(f"{url}/emulator/messages", timeout=60).text)[0]["status"] == "sent"


@pytest.mark.parametrize("text", ["tomorrow", "2026-12-24", "1024-12-24T08:00"])
def test_the_command_refuses_an_invalid_time(text: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "intime_sync", "emulator", "--port", port, "--clock", text]
        ran = subprocess.run(
            command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=30, check=False
        )
    assert ran.returncode != 0
    assert "--clock" in ran.stderr
