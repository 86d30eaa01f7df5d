"""Slow, silent and numerous connections are ended, and other senders are served meanwhile."""

from __future__ import annotations

import resource
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from callers import connected
from harness import PATIENCE, Workspace
from receipt_world import PATH_SECRET, calling, page_of, receiving

from intime_sync.receipts import Limits, MessageRecipient, ReceiveOptions, RunningReceipts, run_in_thread
from intime_sync.receipts.protocol import LARGEST_HEADERS

FORM = {"messageid": 4711, "status": 20, "transid": "a-1"}
LIMITS = Limits(request=0.6, reply=0.6, idle=0.6, connections=8)


@pytest.fixture
def hurried(tmp_path: Path) -> Iterator[RunningReceipts]:
    """A receiver with little patience."""
    with run_in_thread(ReceiveOptions(tmp_path / "r.sqlite3", PATH_SECRET), LIMITS) as receiver:
        yield receiver


def dripped(connection: socket.socket, first: bytes, drop: Callable[[], bytes]) -> bytes:
    """What is answered to a byte now and then, for longer than any deadline, until the other side hangs up."""
    connection.settimeout(0.1)
    answer = b""
    try:
        connection.sendall(first)
        started = time.monotonic()
        while time.monotonic() - started < PATIENCE:
            try:
                connection.sendall(drop())
                part = connection.recv(4096)
            except TimeoutError:
                continue
            if not part:
                return answer
            answer += part
    except OSError:
        return answer
    raise AssertionError(f"the connection stays, after {answer!r}")


@pytest.mark.parametrize(
    ("first", "drop", "code"),
    [
        (b"", b"\r\n", b""),
        (b"POST /status/x HTTP/1.1\r\nHost: x\r\nX: ", b"y", b"408"),
        (f"POST /status/{PATH_SECRET} HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n".encode(), b"m", b"408"),
        (
            f"POST /status/{PATH_SECRET} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode(),
            b"1\r\nm\r\n",
            b"408",
        ),
        (b"POST /nobody HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n", b"m", b"404"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n", b"m", b"403"),
        (b"GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nX: ", b"y", b"200"),
    ],
)
def test_a_request_that_drips_is_ended(hurried: RunningReceipts, capfd, first: bytes, drop: bytes, code: bytes):
    with connected(hurried.url) as connection:
        answer = dripped(connection, first, lambda: drop)
    assert answer.startswith(b"HTTP/1.1 " + code if code else b"")
    with calling(hurried.url) as caller:
        assert caller.post(FORM) == (200, "4711")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("asked", [b"", b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_a_connection_that_says_nothing_is_ended(hurried: RunningReceipts, asked: bytes):
    with connected(hurried.url) as connection:
        connection.sendall(asked)
        while connection.recv(4096):
            pass


def test_an_answer_that_is_not_read_is_given_up(hurried: RunningReceipts):
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        parts = urlsplit(hurried.url)
        connection.connect((parts.hostname, parts.port))
        connection.settimeout(0.2)
        with pytest.raises(ConnectionError):
            _ask_for_ever(connection, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")


def _ask_for_ever(connection: socket.socket, asked: bytes) -> None:
    """Ask and never read."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            connection.sendall(asked)
        except TimeoutError:
            time.sleep(0.05)


def test_headers_above_the_limit_are_refused(hurried: RunningReceipts):
    with connected(hurried.url) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: " + b"y" * (LARGEST_HEADERS + 1))
        assert connection.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_a_connection_too_many_takes_the_place_of_the_silent_one_that_waited_longest(tmp_path: Path, capfd):
    limits = Limits(connections=4)
    with run_in_thread(ReceiveOptions(tmp_path / "r.sqlite3", PATH_SECRET), limits) as receiver, ExitStack() as stack:
        caller = stack.enter_context(calling(receiver.url))
        assert caller.post(FORM) == (200, "4711")
        silent = [stack.enter_context(connected(receiver.url)) for _ in range(3)]
        for closed in silent:
            stack.enter_context(connected(receiver.url))
            assert closed.recv(4096).startswith(b"HTTP/1.1 503 ")
        assert caller.post(FORM) == (200, "4711"), "who was answered before goes on"
    assert capfd.readouterr() == ("", "")


def test_a_connection_above_the_limit_is_refused_while_all_are_being_answered(tmp_path: Path, capfd):
    asked, answering = threading.Event(), threading.Event()

    def names() -> dict[str, MessageRecipient]:
        asked.set()
        assert answering.wait(PATIENCE)
        return {}

    options = ReceiveOptions(tmp_path / "r.sqlite3", names=names, open_page=True)
    with run_in_thread(options, Limits(connections=1)) as receiver, connected(receiver.url) as served:
        served.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert asked.wait(PATIENCE)
        with connected(receiver.url) as refused:
            assert refused.recv(4096).startswith(b"HTTP/1.1 503 ")
        answering.set()
        assert served.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prlimit is Linux's")
def test_running_out_of_files_is_logged_once_and_passes(alone: Workspace):
    with receiving(alone) as (process, url), ExitStack() as stack:
        page_of(process)
        _, hard = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (20, hard))
        parts = urlsplit(url)
        for _ in range(60):
            stack.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE))
        assert process.stderr is not None
        assert "a connection cannot be served: " in process.stderr.readline()
        # asyncio tries again each second: during two more tries, no other line may be written.
        time.sleep(2.5)
        stack.close()
        with calling(url) as caller:
            assert caller.post(FORM) == (200, "4711")
        process.terminate()
        assert process.communicate(timeout=PATIENCE)[1] == ""
