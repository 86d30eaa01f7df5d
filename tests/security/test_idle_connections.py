"""Many open connections, silent or with malformed requests, do not keep `receive` from answering others."""

from __future__ import annotations

import socket
import struct
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest
from callers import connected, get
from harness import PATIENCE, Workspace, serving

MANY = 300
"""More connections than are served at once."""

FEW_FILES = 128
"""A limit of open files that is lower than the usual limit of connections."""


def said(process: subprocess.Popen[str]) -> list[str]:
    """The lines on stderr, but for the page's address."""
    process.terminate()
    _, err = process.communicate(timeout=PATIENCE)
    return [line for line in err.splitlines() if not line.startswith("The page is at ")]


BEGINNINGS = {
    "nothing": b"",
    "half a line": b"GET /hea",
    "half the headers": b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: ",
    "half a body": b"POST /status/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nmessageid=",
    "idle after a request": b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.mark.parametrize("files", [None, FEW_FILES], ids=["files", "few files"])
@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=list(BEGINNINGS))
def test_the_health_check_answers_under_many_idle_connections(
    beginning: bytes, files: int | None, tmp_path: Path
) -> None:
    limited = () if files is None else ("sh", "-c", f'ulimit -n {files}; exec "$@"', "sh")
    with serving(Workspace(tmp_path), "receive", through=limited) as (process, url), ExitStack() as held:
        for _ in range(MANY):
            connection = held.enter_context(connected(url))
            connection.sendall(beginning)
        for _ in range(5):
            assert get(url, "/health")[0] == 200
        assert said(process) == []


def test_malformed_requests_and_broken_connections_write_no_line(tmp_path: Path) -> None:
    """A traceback for each would fill a disk."""
    nonsense = [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\xff" * 70000,
        b"\r\n",
    ]
    nonsense += [b"POST /status/x HTTP/1.1\r\nHost: x\r\nContent-Length: " + length for length in LENGTHS]
    nonsense += [
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\n",
    ]
    with serving(Workspace(tmp_path), "receive") as (process, url):
        for index in range(MANY):
            with connected(url) as connection:
                connection.sendall(nonsense[index % len(nonsense)])
                if index % 2:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert get(url, "/health")[0] == 200
        assert said(process) == []


LENGTHS = [
    b"-1\r\n\r\n",
    b"x\r\n\r\n",
    b"99999999999999999999\r\n\r\n",
    b"5\r\nContent-Length: 6\r\n\r\n",
    b"5\r\n\r\na",
]
