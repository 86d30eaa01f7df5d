"""A machine whose clock is wrong: the Date of the service's answers is a second witness."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cli_world import posts
from harness import Workspace, workspace

ZONE = ZoneInfo("Europe/Stockholm")


@contextmanager
def dated(url: str, shift: timedelta) -> Iterator[str]:
    """The service at `url`, whose answers bear another date: what a machine sees whose own clock is off."""
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
            self.send_header("Date", format_datetime(datetime.now(UTC) + shift, usegmt=True))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Relay) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}{behind.path}"
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


def test_nothing_is_cancelled_that_the_service_may_have_sent(tmp_path: Path) -> None:
    with workspace(tmp_path) as space:
        assert space.emulator is not None
        schedule(space, 9)
        space.apply()
        before = posts(space)
        schedule(space)
        with dated(space.emulator.url, timedelta(minutes=10)) as url:
            ran = space.run("apply", "--auto-approve", "--allow-delete", "message=1", env={"INTIME_URL": url})
            assert ran.code == 4, ran.out + ran.err
            assert "10 minutes behind the service's" in ran.out + ran.err
            doctor = space.run("doctor", env={"INTIME_URL": url})
            assert "behind the service's" in doctor.out
        assert posts(space) == before


def test_a_message_with_time_enough_by_both_clocks_is_scheduled(tmp_path: Path) -> None:
    with workspace(tmp_path) as space:
        assert space.emulator is not None
        schedule(space, 120)
        with dated(space.emulator.url, timedelta(minutes=10)) as url:
            ran = space.run("apply", "--auto-approve", env={"INTIME_URL": url})
        assert ran.code == 0, ran.out + ran.err
        assert posts(space) == ["message/create"]
