"""What tests of the command line share: runs on a terminal, runs in the background, and what must never be seen."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from harness import PATIENCE, SECRET, Ran, Workspace, wait_for

from intime_sync.emulator import FaultPlan

ESCAPE = "\x1b["

# One of everything that a plan can create, with numbers and addresses of which nothing but the ends may be shown.
EVERYTHING = """\
groups:
  - Personal
  - {name: Jour, on_delete: delete_contacts}
contacts:
  - {key: john, firstname: John, lastname: Svensson, mobile: 070-174 06 05, groups: [Personal, Jour]}
  - {firstname: Maja, mobile: "+46701740606", email: maja.lind@example.se, extrafield: Ledningsgrupp}
  - {email: per.ek@example.se, groups: [Personal]}
blocklist:
  - 0701740607
reminders:
  - key: 2036-12-01-lindqvist
    at: 2036-12-01T08:30
    organizer: {title: Dr, firstname: Hans, lastname: Evertsson}
    attendant: {firstname: Anna, lastname: Lindqvist, mobile: 0701740608}
"""
PRIVATE = (
    *(f"{prefix}70174060{digit}" for digit in "5678" for prefix in ("+46", "0", "46")),
    "070-174 06 0",
    "maja.lind@",
    "per.ek@",
)
SECRETS = (SECRET, quote(SECRET), quote(SECRET, safe=""), quote_plus(SECRET), quote(SECRET, safe="").lower())


def faults(*rules: Mapping[str, Any]) -> FaultPlan:
    """A plan of faults."""
    return FaultPlan.from_data(list(rules))


def posts(space: Workspace) -> list[str]:
    """The endpoints that were asked to change something."""
    assert space.emulator is not None
    return [endpoint for method, endpoint in space.emulator.calls if method == "POST"]


def numbers(first: int, count: int) -> list[str]:
    """Swedish mobiles in sequence."""
    return [f"+467017{number:05}" for number in range(first, first + count)]


def section(name: str, items: list[str]) -> str:
    """A section in flow style."""
    return f"{name}: [{', '.join(items)}]\n"


def assert_no_trace(ran: Ran) -> None:
    """Nothing that only a programmer understands."""
    for text in (ran.out, ran.err):
        assert "Traceback" not in text
        assert not re.search(r"\b[A-Z]\w*(?:Error|Exception)\b", text), text


def assert_nothing_private(ran: Ran) -> None:
    """No number and no address of EVERYTHING in full."""
    for text in (ran.out, ran.err):
        assert [found for found in PRIVATE if found in text] == [], text


def assert_no_secret(text: str) -> None:
    """The secret in no spelling."""
    assert [found for found in SECRETS if found in text] == [], text


# Only a terminal that the process has as its own turns Ctrl-C into a signal.
_ON_ITS_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.executable, [sys.executable, '-m', 'intime_sync', *sys.argv[1:]])"
)


def on_terminal(
    space: Workspace,
    *arguments: str,
    answer: str | None = None,
    env: Mapping[str, str] | None = None,
    stdout: int | None = None,
    meanwhile: Callable[[], object] = lambda: None,
) -> Ran:
    """Run with a terminal of 100 columns as stdin, stderr and stdout (unless that is given); all it showed is `out`.

    `answer` is typed when the command asks, key by key; `meanwhile` is called before that.
    """
    controller, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", _ON_ITS_TERMINAL, *arguments],
        cwd=space.path,
        start_new_session=True,
        env=space.environment({"TERM": "xterm-256color", "COLORTERM": "", **(env or {})}),
        stdin=terminal,
        stdout=terminal if stdout is None else stdout,
        stderr=terminal,
    )
    os.close(terminal)
    shown = b""
    try:
        while True:
            if not select.select([controller], [], [], PATIENCE)[0]:
                raise AssertionError(f"it waits for something: {shown.decode()}")
            try:
                part = os.read(controller, 65536)
            except OSError:  # the other side has closed
                break
            if not part:
                break
            shown += part
            if answer is not None and b"Only `yes`" in shown:
                meanwhile()
                _wait_until_it_reads(process)
                os.write(controller, answer.encode())
                answer = None
        code = process.wait(PATIENCE)
    finally:
        process.kill()
        process.wait()
        os.close(controller)
    return Ran(code, shown.decode().replace("\r\n", "\n"), "")


def _wait_until_it_reads(process: subprocess.Popen[bytes]) -> None:
    """Wait until a process that has asked its question reads the answer, which Linux shows as sleeping.

    A signal that comes between the question and the read is noted by Python, and the read waits all the same.
    """
    state = Path(f"/proc/{process.pid}/stat")
    if not state.exists():
        time.sleep(1)
        return
    wait_for(lambda: state.read_text().rpartition(")")[2].split()[0] == "S", "the command to read the answer")


class OddService:
    """A service that answers every read with the same bytes.

    `posts` counts the requests to change something; `ahead` is how far the date of its answers is ahead.
    """

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_address[1]}/api/1.0"
        self.status = 200
        self.body = b""
        self.headers: dict[str, str] = {}
        self.ahead = timedelta(0)
        self.posts = 0


@contextmanager
def odd_service() -> Iterator[OddService]:
    """An OddService on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            """Quietly."""

        def do_GET(self) -> None:
            self.send_response_only(service.status)
            date = format_datetime(datetime.now(UTC) + service.ahead, usegmt=True)
            for name, value in {"Date": date, "Content-Length": str(len(service.body)), **service.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(service.body)

        def do_POST(self) -> None:
            service.posts += 1
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            self.do_GET()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service = OddService(server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
