"""HTTP connections that limit a whole exchange, in time and in bytes, and record whether a request was written.

The read timeout of a socket bounds one silence only: a server that sends a byte a second never exceeds it. Here
every operation on the socket gets what is left of the exchange's time. Whether a call ends as "not sent" or
"unknown" is decided here too, by whether bytes were written. Knows nothing about the service.
"""

from __future__ import annotations

import http.client
import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from urllib3 import HTTPConnectionPool, PoolManager

MAX_INTERIM: Final = 16
"""How many 1xx replies may come before the reply itself."""

_FRAMING: Final = 1024 * 1024
"""Bytes that status line, headers and chunk sizes may have besides the body."""

_PIECE: Final = 16 * 1024
"""A TLS socket applies its timeout to each record of at most this size, a plain one to all that it is given."""

_thread = threading.local()


@dataclass(slots=True)
class Exchange:
    """The bounds of one request and its reply, and how far it got.

    - `seconds`: how long it may take from `begins` (time.monotonic) on: connecting, sending, headers and body.
    - `max_bytes`: how many bytes the body of a reply may have, as it comes from the socket.
    - `wrote`: whether any byte of the request was handed to a connection.
    - `exceeded`: which bound ended it, in words for a person; "" where none did.
    """

    seconds: float
    max_bytes: int
    begins: float
    wrote: bool = False
    received: int = 0
    exceeded: str = ""

    def left(self) -> float:
        """Seconds that are left. Raises BoundExceeded where none are."""
        left = self.begins + self.seconds - time.monotonic()
        if left <= 0:
            raise self._out_of_time()
        return left

    @contextmanager
    def limited(self, sock: Any, silence: float | None) -> Iterator[None]:
        """Let an operation on `sock` take what is left, or `silence` seconds (the socket's own timeout) if less.

        Raises BoundExceeded when nothing is left, and TimeoutError after the socket's own timeout.
        """
        left = self.left()
        by_deadline = silence is None or left < silence
        if by_deadline:
            sock.settimeout(left)
        try:
            yield
        except TimeoutError:
            if by_deadline:
                raise self._out_of_time() from None
            raise

    def _out_of_time(self) -> BoundExceeded:
        return self.exceed(f"{'no whole reply came' if self.wrote else 'no connection'} within {self.seconds:g} s")

    def exceed(self, what: str) -> BoundExceeded:
        """The error to raise for a bound, which is also recorded: libraries may wrap or hide the error."""
        self.exceeded = what
        return BoundExceeded(what)


class BoundExceeded(OSError):
    """An exchange took too long, or its reply was too large."""


@contextmanager
def exchange(seconds: float, max_bytes: int, begins: float | None = None) -> Iterator[Exchange]:
    """Limit what this thread does with watched connections; `begins` (time.monotonic) is now by default."""
    previous = getattr(_thread, "exchange", None)
    current = _thread.exchange = Exchange(seconds, max_bytes, time.monotonic() if begins is None else begins)
    try:
        yield current
    finally:
        _thread.exchange = previous


def watch(manager: PoolManager) -> None:
    """Make every connection that `manager` opens from now on a watched one."""
    manager.pool_classes_by_scheme = {
        scheme: _watched_pool(pool) for scheme, pool in manager.pool_classes_by_scheme.items()
    }


def _current() -> Exchange:
    """The exchange of this thread; connections are used only inside one."""
    current: Exchange = _thread.exchange
    return current


class _BoundedReader(io.RawIOBase):
    """The bytes of a reply as they come from the socket, within the bounds of the exchange."""

    def __init__(self, raw: io.RawIOBase, sock: Any) -> None:
        self._raw, self._sock = raw, sock
        self._silence: float | None = sock.gettimeout()
        self._exchange = _current()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        exchange = self._exchange
        with exchange.limited(self._sock, self._silence):
            count: int | None = self._raw.readinto(buffer)
        exchange.received += count or 0
        if exchange.received > exchange.max_bytes + _FRAMING:
            raise exchange.exceed(f"the reply is larger than {exchange.max_bytes // 1024 // 1024} MiB")
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedReply(http.client.HTTPResponse):
    """A reply that is read through a _BoundedReader: status line, headers, body and trailers."""

    fp: Any

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_BoundedReader(self.fp.detach(), sock))

    def _read_status(self) -> tuple[str, int, str]:
        """The first status line that is not of an interim reply.

        http.client skips any number of 100s, and takes 103 for the reply itself: the next request on the connection
        would then get this one's reply.
        """
        for _ in range(MAX_INTERIM + 1):
            found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
            if not 100 <= found[1] < 200 or found[1] == http.HTTPStatus.SWITCHING_PROTOCOLS:
                return found
            http.client._read_headers(self.fp)  # type: ignore[attr-defined]
        raise _current().exceed(f"more than {MAX_INTERIM} interim replies came, and no reply")


class _CheckedOptions(tuple[Any, ...]):
    """Socket options. urllib3 reads them for each address that it tries, which is where the time is checked."""

    def __iter__(self) -> Iterator[Any]:
        _current().left()
        return super().__iter__()


class _Watched:
    """Mixed into urllib3's connections. A proxy's CONNECT is part of connecting, not of the request."""

    response_class = _BoundedReply
    socket_options: Any
    _connecting = False
    sock: Any

    def connect(self) -> None:
        self._connecting = True
        self.socket_options = _CheckedOptions(self.socket_options or ())
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self._connecting = False

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        current = _current()
        for start in range(0, len(data), _PIECE):
            with current.limited(self.sock, self.sock.gettimeout()):
                current.wrote = current.wrote or not self._connecting
                super().send(data[start : start + _PIECE])  # type: ignore[misc]


@cache
def _watched_pool(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
    if issubclass(pool.ConnectionCls, _Watched):
        return pool
    connection = type(f"Watched{pool.ConnectionCls.__name__}", (_Watched, pool.ConnectionCls), {})
    return type(f"Watched{pool.__name__}", (pool,), {"ConnectionCls": connection})
