"""A machine whose clock is wrong: the Date of the service's answers is compared with it."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from cli_world import posts
from harness import Workspace, workspace

ZONE = ZoneInfo("Europe/Stockholm")


@dataclass
class Dated:
    """A service whose answers bear a date that is `shift` ahead: what a machine sees whose own clock is off."""

    url: str
    shift: timedelta


@contextmanager
def dated(url: str, shift: timedelta) -> Iterator[Dated]:
    """The service at `url`, with a date of its own."""
    behind = urlsplit(url)

    class Relay(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            connection = http.client.HTTPConnection(behind.hostname or "", behind.port)
            connection.request(self.command, self.path, body or None, {"Content-Type": "text/xml"} if body else {})
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            self.send_response_only(answer.status)
            self.send_header("Date", format_datetime(datetime.now(UTC) + service.shift, usegmt=True))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Relay) as server:
        service = Dated(f"http://127.0.0.1:{server.server_address[1]}{behind.path}", shift)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield service
        finally:
            server.shutdown()


def schedule(space: Workspace, *minutes: int) -> None:
    """Messages that are due so many minutes from now."""
    now = datetime.now(UTC).astimezone(ZONE)
    items = "".join(
        f"  - {{key: m{ahead}, send_at: {now + timedelta(minutes=ahead):%Y-%m-%dT%H:%M}, sender: Kliniken, "
        f"body: Hej, recipients: [0701740605]}}\n"
        for ahead in minutes
    )
    space.configure(f"messages:\n{items}" if items else "messages: []\n")


def test_a_message_that_the_service_may_have_sent_is_not_cancelled(tmp_path: Path) -> None:
    with workspace(tmp_path) as space:
        assert space.emulator is not None
        schedule(space, 9)
        space.apply()
        before = posts(space)
        schedule(space)
        with dated(space.emulator.url, timedelta(minutes=10)) as service:
            env = {"INTIME_URL": service.url}
            ran = space.run("apply", "--auto-approve", "--allow-delete", "message=1", env=env)
            assert ran.code == 4, ran.out + ran.err
            assert "10 minutes behind the service's" in ran.out + ran.err
            doctor = space.run("doctor", env=env)
            assert "behind the service's" in doctor.out
        assert posts(space) == before


def test_a_message_with_time_enough_by_both_clocks_is_scheduled(tmp_path: Path) -> None:
    with workspace(tmp_path) as space:
        assert space.emulator is not None
        schedule(space, 120)
        with dated(space.emulator.url, timedelta(minutes=10)) as service:
            ran = space.run("apply", "--auto-approve", env={"INTIME_URL": service.url})
        assert ran.code == 0, ran.out + ran.err
        assert posts(space) == ["message/create"]


@pytest.mark.parametrize("wanted", [(), (9, 90), (12,)], ids=["delete", "replace", "create"])
def test_a_plan_file_is_judged_by_the_clocks_of_its_apply(tmp_path: Path, wanted: tuple[int, ...]) -> None:
    with workspace(tmp_path) as space:
        assert space.emulator is not None
        with dated(space.emulator.url, timedelta(0)) as service:
            space.environ["INTIME_URL"] = service.url
            if wanted != (12,):
                schedule(space, 9)
                space.apply()
            schedule(space, *wanted)
            if len(wanted) == 2:
                text = (space.path / "intime.yaml").read_text()
                space.write("intime.yaml", text.replace("body: Hej", "body: Nej"))
            planned = space.run("plan", "--out", "p.plan")
            assert planned.code == 0, planned.err
            assert "clock" not in planned.out
            before = posts(space)
            service.shift = timedelta(minutes=10)
            ran = space.run("apply", "p.plan", "--auto-approve", "--allow-delete", "message=1")
            assert ran.code == 4, ran.out + ran.err
            assert "10 minutes behind the service's" in ran.out + ran.err
            assert posts(space) == before
            service.shift = timedelta(0)
            ran = space.run("apply", "p.plan", "--auto-approve", "--allow-delete", "message=1")
            assert ran.code == 0, ran.out + ran.err


@pytest.mark.parametrize("by_file", [False, True])
def test_a_reminder_that_is_past_by_the_services_clock_is_not_made(tmp_path: Path, *, by_file: bool) -> None:
    with workspace(tmp_path) as space:
        assert space.emulator is not None
        at = datetime.now(UTC).astimezone(ZONE) + timedelta(minutes=7)
        space.configure(
            f"reminders:\n  - {{key: anna, at: {at:%Y-%m-%dT%H:%M}, organizer: {{lastname: Ek}}, "
            "attendant: {firstname: Anna, mobile: 0701740608}}\n"
        )
        with dated(space.emulator.url, timedelta(0)) as service:
            space.environ["INTIME_URL"] = service.url
            assert space.run("plan", "--out", "p.plan").code == 0
            service.shift = timedelta(minutes=10)
            ran = space.run("apply", *(["p.plan"] if by_file else []), "--auto-approve")
        assert ran.code == (5 if by_file else 7), ran.out + ran.err
        assert "time" in ran.out + ran.err
        assert posts(space) == []
