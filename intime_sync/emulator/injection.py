"""Carries out faults: does a call as its fault says, and returns the reply to send.

Knows the faults and the service; knows nothing of sockets.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import assert_never

from intime_sync.emulator.faults import (
    Delay,
    DropAfter,
    DropBefore,
    Duplicate,
    Empty,
    ErrorAfter,
    ErrorBefore,
    Fault,
    Garbage,
    Partial,
    Refuse,
    Throttle,
    Truncate,
    WrongCount,
)
from intime_sync.emulator.service import Call, Reply, Service, id_reply, plain

Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection is to be closed without a reply."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Half of a reply is to be sent, with the Content-Length of the whole, and the connection closed."""

    reply: Reply


async def deliver(service: Service, call: Call, fault: Fault | None, pause: Pause) -> Reply | Drop | Cut:
    """Do a call as `fault` says, and return what is to be sent; `pause` waits for a number of seconds."""
    match fault:
        case None:
            return service.answer(call)
        case Delay(seconds, when):
            if when == "before":
                await pause(seconds)
            reply = service.answer(call)
            if when == "after":
                await pause(seconds)
            return reply
        case DropBefore():
            return Drop()
        case DropAfter():
            service.answer(call)
            return Drop()
        case ErrorBefore() | Throttle():
            return _http_error(fault)
        case Refuse(code):
            return plain(code)
        case ErrorAfter():
            service.answer(call)
            return _http_error(fault)
        case Garbage() | Truncate() | Empty() | WrongCount() | Partial() | Duplicate():
            return _altered(service, call, fault)
        case _:
            assert_never(fault)


def _http_error(fault: ErrorBefore | ErrorAfter | Throttle) -> Reply:
    page = f"<html><body><h1>{fault.status}</h1></body></html>".encode("ascii")
    headers = {"Retry-After": str(fault.retry_after)} if isinstance(fault, Throttle) else {}
    return Reply(page, fault.status, "text/html", headers)


def _altered(
    service: Service, call: Call, fault: Garbage | Truncate | Empty | WrongCount | Partial | Duplicate
) -> Reply | Cut:
    match fault:
        case Garbage(text, act):
            if act:
                service.answer(call)
            return Reply(text.encode("iso-8859-1", "replace"), content_type="text/html")
        case Empty(act):
            if act:
                service.answer(call)
            return Reply(b"")
        case Truncate(content_length):
            reply = service.answer(call)
            if content_length == "full":
                return Cut(reply)
            return replace(reply, body=_first_half(reply.body))
        case WrongCount(delta):
            reply = service.answer(call)
            return reply if reply.ids is None else id_reply(_resized(reply.ids, len(reply.ids) + delta))
        case Partial(wanted):
            reply = service.answer(call, share="half")
            if reply.ids is None or wanted == "short":
                return reply
            return id_reply(_resized(reply.ids, reply.batch))
        case Duplicate():
            service.answer(call)
            return service.answer(call)
        case _:
            assert_never(fault)


def _first_half(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _resized(ids: tuple[int, ...], wanted: int) -> tuple[int, ...]:
    """`wanted` ids: some are left out, or ids that nothing has are added."""
    highest = max((abs(id) for id in ids), default=0)
    return (*ids, *range(highest + 1, highest + 1 + wanted - len(ids)))[: max(wanted, 0)]
