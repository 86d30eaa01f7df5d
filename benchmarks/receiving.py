"""Statuses posted to the real `receive` on this machine, next to what SQLite alone commits one at a time."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.account import OURS
from benchmarks.processes import Command

CONNECTIONS = 8


@dataclass(frozen=True)
class Throughput:
    """How many a second reached the disk: of statuses over HTTP, and of bare commits of one row each."""

    statuses: float
    commits: float


def measure(directory: Path, count: int) -> Throughput:
    """Post `count` statuses over CONNECTIONS connections, then commit as many rows as a second allows."""
    directory.mkdir(parents=True, exist_ok=True)
    return Throughput(_statuses(directory / "receipts.sqlite3", count), _commits(directory / "bare.sqlite3"))


def _statuses(data: Path, count: int) -> float:
    command = Command("receive", (*OURS, "receive", "--port", "0", "--data", data))
    server = command.start(stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert server.stdout is not None
        address = urlsplit(server.stdout.readline().decode().split()[-1])
        each = count // CONNECTIONS
        threads = [
            threading.Thread(target=_post, args=(address.port, _requests(address.path, number * each, each)))
            for number in range(CONNECTIONS)
        ]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        taken = time.perf_counter() - begun
    finally:
        server.terminate()
        server.communicate()
    _check(data, each * CONNECTIONS)
    return each * CONNECTIONS / taken


def _requests(path: str, first: int, count: int) -> list[bytes]:
    """Requests as bytes, so that making them takes no part in what is measured."""
    requests = []
    for number in range(first + 1, first + count + 1):
        body = f"messageid={number}&status=20&transid=t{number:x}"
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        requests.append(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    return requests


def _post(port: int, requests: Sequence[bytes]) -> None:
    """One connection: the next status when the one before is answered. Raises SystemExit for any answer but 200."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in requests:
            connection.sendall(request)
            answer = b""
            while not (b"\r\n\r\n" in answer and len(answer) - answer.index(b"\r\n\r\n") - 4 >= _length(answer)):
                part = connection.recv(4096)
                if not part:
                    raise SystemExit("the connection was closed")
                answer += part
            if not answer.startswith(b"HTTP/1.1 200 "):
                raise SystemExit(f"not stored: {answer!r}")


def _length(answer: bytes) -> int:
    lowered = answer.lower()
    start = lowered.index(b"content-length:") + len(b"content-length:")
    return int(lowered[start : lowered.index(b"\r\n", start)])


def _check(data: Path, count: int) -> None:
    db = sqlite3.connect(data)
    kept = db.execute("SELECT count(*) FROM receipt").fetchone()[0]
    db.close()
    if kept != count:
        raise SystemExit(f"{count} statuses were answered, {kept} are there")


def _commits(path: Path, seconds: float = 2.0) -> float:
    """Rows a second, each in a transaction of its own that waits for the disk, in this process."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE receipt (id INTEGER, status INTEGER, transid TEXT, UNIQUE (id, status, transid))")
    begun = time.perf_counter()
    done = 0
    while time.perf_counter() - begun < seconds:
        db.execute("INSERT INTO receipt VALUES (?, 20, 't')", (done,))
        done += 1
    taken = time.perf_counter() - begun
    db.close()
    return done / taken
