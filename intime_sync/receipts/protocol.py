"""One connection of the receiver: HTTP/1.1 with a deadline for every phase that a slow sender could prolong.

Knows neither statuses nor the page.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Final

import h11
from uvicorn.protocols.http.h11_impl import RequestResponseCycle

from intime_sync.web.server import Connection

LARGEST_HEADERS: Final = 16 * 1024
"""In bytes: request line and headers together."""

_BUSY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 20\r\nRetry-After: 30\r\n"
    b"Connection: close\r\n\r\ntoo many connections"
)
_LATE: Final = b"the request did not arrive in time"


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on one sender. Times are in seconds, each for a whole phase however slowly its bytes arrive.

    `request` is for a request from its first byte to its last (the first one's from when the connection was made),
    `reply` for answering it and for the sender to read the answer, `idle` for the pause between two. `connections` is
    the most at once: for one more, one that waits for its sender is closed; if there is none, the new one is refused.
    """

    request: float = 30
    reply: float = 60
    idle: float = 75
    connections: int = 256


class _Phase(Enum):
    """What a connection waits for."""

    REQUEST = "request"
    REPLY = "reply"
    NOTHING = "nothing"


class Protocol(Connection):
    """A connection with `limits`. The server itself ends a pause, after its `idle`, which must be `limits.idle`."""

    limits: ClassVar[Limits] = Limits()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._phase = _Phase.NOTHING
        self._since = 0.0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        served = [each for each in self.connections if not each.transport.is_closing()]
        if len(served) > self.limits.connections:
            waiting = [
                each for each in served if isinstance(each, Protocol) and each.waits_for_sender() and each is not self
            ]
            min(waiting, key=Protocol.closing_order, default=self).refuse()
        self._watch()

    def waits_for_sender(self) -> bool:
        """Whether it waits for its sender, so that it may be closed for another connection."""
        return self._phase is not _Phase.REPLY

    def closing_order(self) -> tuple[bool, float]:
        """The connection with the lowest is closed first: one that was never answered, and of these the oldest."""
        cycle = self._current()
        return cycle is not None and cycle.response_complete, self._since

    def refuse(self) -> None:
        """Close the connection; a sender that has no answer yet gets a 503."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.write(_BUSY)
        self._wait_for(_Phase.NOTHING)
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_for(_Phase.NOTHING)
        super().connection_lost(exc)

    def _current(self) -> RequestResponseCycle | None:
        """The current or last request; None before the first, which the types of uvicorn do not allow."""
        return self.cycle

    def _watch(self) -> None:
        """Start a new deadline when what the connection waits for has changed."""
        if self.transport.is_closing():
            self._wait_for(_Phase.NOTHING)
        elif self.conn.their_state is h11.SEND_BODY:
            self._wait_for(_Phase.REQUEST)
        elif (cycle := self._current()) is not None and not cycle.response_complete:
            self._wait_for(_Phase.REPLY)
        elif cycle is None or self.conn.trailing_data[0]:
            self._wait_for(_Phase.REQUEST)
        else:
            self._wait_for(_Phase.NOTHING)

    def _wait_for(self, phase: _Phase) -> None:
        if phase is self._phase:
            return
        self._phase = phase
        self._since = self.loop.time()
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if phase is not _Phase.NOTHING:
            seconds = self.limits.request if phase is _Phase.REQUEST else self.limits.reply
            self._deadline = self.loop.call_later(seconds, self._end)

    def _end(self) -> None:
        """Close the connection at its deadline; a sender that sent something and has no answer yet gets a 408."""
        cycle = self._current()
        begun = cycle is not None or bool(self.conn.trailing_data[0])
        unanswered = self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE)
        if self._phase is _Phase.REPLY or not (begun and unanswered):
            self.transport.abort()
            return
        if cycle is not None:
            # The application waits for the rest of the body.
            cycle.disconnected = True
            cycle.message_event.set()
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(_LATE))), ("Connection", "close")]
        for event in (h11.Response(status_code=408, headers=headers), h11.Data(data=_LATE), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
