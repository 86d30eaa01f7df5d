"""A server that answers every request as an attacker would, and a way to the emulator that drips what it answers."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PACE = 0.02
"""Seconds between two bytes that drip."""

LONGEST = 3000
"""Bytes that drip before the server gives up: a client without a deadline waits for a minute."""


@dataclass
class Talk:
    """One request's connection, for an attack to answer on. Sending raises OSError once the client has gone."""

    connection: socket.socket
    ended: threading.Event
    request: bytes = b""

    def send(self, data: bytes) -> None:
        """At once."""
        self.connection.sendall(data)

    def drip(self, data: bytes) -> None:
        """One byte at a time, and then nothing more until the end: no pause is as long as a read timeout."""
        for byte in data[:LONGEST]:
            self.connection.sendall(bytes([byte]))
            if self.ended.wait(PACE):
                return

    def flood(self, data: bytes, times: int) -> None:
        """The same again and again, as fast as it is read."""
        for _ in range(times):
            self.connection.sendall(data)
            if self.ended.is_set():
                return


Attack = Callable[[Talk], None]


@dataclass
class HostileServer:
    """Where it is, and how many requests came."""

    url: str
    requests: int = 0
    hung_up: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def whole_request(connection: socket.socket) -> bytes:
    """Head and body of one request; empty when there is none."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while lengths and len(body) < int(lengths[0]):
        part = connection.recv(65536)
        if not part:
            return b""
        body += part
    return head + b"\r\n\r\n" + body


@contextmanager
def hostile_server(
    attack: Attack, tls: ssl.SSLContext | None = None, *, deaf: bool = False
) -> Iterator[HostileServer]:
    """Plays `attack` to each request, then closes the connection; a deaf one reads a request's first byte only."""
    listener = socket.create_server(("127.0.0.1", 0))
    scheme = "http" if tls is None else "https"
    server = HostileServer(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/api/1.0")
    ended = threading.Event()
    threads: list[threading.Thread] = []
    open_now: set[socket.socket] = set()

    def converse(connection: socket.socket) -> None:
        try:
            if tls is not None:
                connection = tls.wrap_socket(connection, server_side=True)
                open_now.add(connection)
            request = connection.recv(1) if deaf else whole_request(connection)
            if request:
                with server.lock:
                    server.requests += 1
                attack(Talk(connection, ended, request))
        except OSError:
            with server.lock:
                server.hung_up += 1
        finally:
            connection.close()

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            open_now.add(connection)
            thread = threading.Thread(target=converse, args=(connection,))
            thread.start()
            threads.append(thread)

    accepting = threading.Thread(target=serve)
    accepting.start()
    try:
        yield server
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join(20)
        listener.close()
        for connection in open_now:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(20)


def passed_on(url: str, request: bytes) -> tuple[int, bytes]:
    """What the service at `url` answers to this request: status and body."""
    head, _, body = request.partition(b"\r\n\r\n")
    method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    try:
        headers = {"Content-Type": "text/xml"} if body else {}
        connection.request(method, target, body=body or None, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def dripping(url: str, is_slow: Callable[[str], bool]) -> Attack:
    """The service at `url`, which acts at once; its answers to the requests that `is_slow` names never end.

    `is_slow` is asked with the request's method and path.
    """

    def attack(talk: Talk) -> None:
        status, body = passed_on(url, talk.request)
        method, target = talk.request.split(b" ", 2)[:2]
        head = b"HTTP/1.1 %d Said\r\nConnection: close\r\n" % status
        if is_slow(f"{method.decode()} {urlsplit(target.decode()).path}"):
            talk.send(head + b"Content-Length: %d\r\n\r\n" % (len(body) + LONGEST))
            talk.drip(body + b" " * LONGEST)
        else:
            talk.send(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    return attack
