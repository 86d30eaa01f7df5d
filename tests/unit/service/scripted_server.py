"""A server on loopback that answers each request with the next act of a script, down to the bytes."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

SECRET = "s3cr&t/å<'\"\\ x"
"""A secret that differs in every spelling."""

Act = Callable[[socket.socket], None]


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    line: str
    headers: dict[str, str]
    body: bytes


def answer(body: bytes = b"", status: int = 200, **headers: str) -> Act:
    """A whole answer; the connection stays open."""

    def act(connection: socket.socket) -> None:
        lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return act


def cut_off(body: bytes = b"<groups><group groupid", missing: int = 10) -> Act:
    """An answer that ends before the length that it promised."""

    def act(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) + missing) + body)
        connection.shutdown(socket.SHUT_RDWR)

    return act


def close(connection: socket.socket) -> None:
    """No answer: the connection is closed in an orderly way."""
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    """No answer: the connection is reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionAbortedError


class ScriptedServer:
    """Plays `acts` in order, one a request; silent for ever once they are used up."""

    def __init__(self, *acts: Act) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self._acts = list(acts)
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/1.0"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(60)
        self._listener.close()
        for connection in self._open:
            connection.close()

    def _serve(self) -> None:
        threads = []
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                break
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._converse, args=(connection,))
            thread.start()
            threads.append(thread)
        for connection in self._open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        for thread in threads:
            thread.join(60)

    def _converse(self, connection: socket.socket) -> None:
        try:
            with connection.makefile("rb") as stream:
                while line := stream.readline().decode().strip():
                    self.received.append(_received(line, stream.readline, stream.read))
                    if not self._acts:
                        continue
                    self._acts.pop(0)(connection)
        except (OSError, ValueError):
            connection.close()


def _received(line: str, readline: Callable[[], bytes], read: Callable[[int], bytes]) -> Received:
    headers = {}
    while header := readline().decode().strip():
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    return Received(line, headers, read(int(headers.get("content-length", "0"))))
