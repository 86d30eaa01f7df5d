"""What can go wrong at each event of a run, and a way to the service that lets it happen, without sockets.

An event is a list read, a request sent, or a write that the next run will find. A kill is tried after each: what
lies before one event lies after the one before it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pytest

from intime_sync.emulator.faults import (
    DropAfter,
    DropBefore,
    Duplicate,
    Empty,
    ErrorAfter,
    ErrorBefore,
    Fault,
    Garbage,
    Partial,
    Truncate,
    WrongCount,
)
from intime_sync.emulator.injection import Cut, Drop, deliver
from intime_sync.emulator.service import Call, Reply, Service, endpoint_of
from intime_sync.errors import LedgerError
from intime_sync.ledgers.file import FileLedgerStore
from intime_sync.ledgers.journal import JournalWriter
from intime_sync.service.transport import Answer, HttpResult, NoAnswer, NotSent

FAULTS: Final[Mapping[str, Fault]] = {
    "dropped before": DropBefore(),
    "dropped after": DropAfter(),
    "503 before": ErrorBefore(503),
    "500 after": ErrorAfter(500),
    "garbage before": Garbage(act=False),
    "garbage after": Garbage(act=True),
    "empty after": Empty(act=True),
    "cut off": Truncate("full"),
    "an id too few": WrongCount(-1),
    "an id too many": WrongCount(1),
    "half done": Partial("short"),
}
LISTED: Final[Mapping[str, Fault]] = {
    "half done, all claimed": Partial("full"),
    "cut off unnoticed": Truncate("actual"),
    "done twice": Duplicate(),
}
"""Right answers to wrong deeds: only seen where there is a list to look into."""

KILL, TORN, FULL, NOT_SENT, OFFLINE = "kill after", "kill within", "disk full", "not sent", "offline from here"
LINE_LOST, HAND = "dropped after, then offline", "a hand"
UNREADABLE, CUT_SHORT = "unreadable", "cut short"
_APPEND, _REPLACE, _READ = "journal line", "ledger replaced", "read "


@dataclass(frozen=True)
class Disturbance:
    """`how` the nth event (1-based) of a run goes wrong; `what` that event is, for the reader."""

    event: int
    what: str
    how: str

    @property
    def is_unheard(self) -> bool:
        """Whether it may keep the ledger from learning that the service confirmed something."""
        return self.how in (TORN, FULL) or _is_request(self.what)

    def __str__(self) -> str:
        return f"{self.how} @{self.event} {self.what}"


def _is_request(what: str) -> bool:
    return "/" in what and not what.startswith(_READ)


def ways(event: int, what: str) -> Iterator[Disturbance]:
    """Everything that can go wrong with an event."""
    if what.startswith(_READ):
        hows = [UNREADABLE, CUT_SHORT, OFFLINE]
    elif _is_request(what):
        hows = [*FAULTS, KILL, NOT_SENT, OFFLINE, LINE_LOST]
        if what.startswith("message/"):
            hows.remove("half done")
        elif what != "contacts/add":
            hows += LISTED
    else:
        hows = [KILL, *([TORN] if what == _APPEND else []), *([FULL] if what in (_APPEND, _REPLACE) else [])]
    for how in hows:
        yield Disturbance(event, what, how)


class Died(BaseException):
    """As kill -9: nothing of the program runs after it, whatever it would catch."""


class Trial:
    """One run: counts its events, and disturbs one of them; `hand` is what somebody does just before it."""

    def __init__(self, disturbance: Disturbance | None = None, hand: Callable[[], None] | None = None) -> None:
        self.disturbance = disturbance
        self.hand = hand
        self.events: list[str] = []
        self.dead = self.offline = self.full = False

    def check_alive(self) -> None:
        if self.dead:
            raise Died

    def next(self, what: str) -> str | None:
        """Count an event, and say how it goes wrong."""
        self.check_alive()
        self.events.append(what)
        planned = self.disturbance
        if planned is None or planned.event != len(self.events):
            return None
        if planned.how == HAND and self.hand is not None:
            self.hand()
        return planned.how

    def die(self) -> None:
        self.dead = True
        raise Died


class Wire:
    """Stands in a client's transport's place: calls the service, under the present trial."""

    host = "emulator"

    def __init__(self) -> None:
        self.trial = Trial()
        self.service: Service | None = None

    def redact(self, text: str) -> str:
        """There is no secret."""
        return text

    def close(self) -> None:
        """Nothing is open."""

    def get(self, path: str, params: Mapping[str, str] | None = None) -> HttpResult:
        call = _call("GET", path, b"", params or {})
        how = self.trial.next(f"{_READ}{call.endpoint}")
        self.trial.offline |= how == OFFLINE
        if self.trial.offline:
            return NotSent("offline")
        if how == UNREADABLE:
            return Answer(200, b"<html><body>Server Error</body></html>")
        reply = self._do(call, None)
        return Answer(reply.status, reply.body[: len(reply.body) // 2]) if how == CUT_SHORT else _answer(reply)

    def post(self, path: str, body: bytes, *, items: int = 1) -> HttpResult:  # noqa: ARG002 (a transport logs it)
        call = _call("POST", path, body, {})
        how = self.trial.next(call.endpoint)
        self.trial.offline |= how == OFFLINE
        if how == NOT_SENT or self.trial.offline:
            return NotSent(how or "offline")
        self.trial.offline |= how == LINE_LOST
        reply = self._do(call, DropAfter() if how == LINE_LOST else FAULTS.get(how or "") or LISTED.get(how or ""))
        if how == KILL:
            self.trial.die()
        return _answer(reply)

    def _do(self, call: Call, fault: Fault | None) -> Reply | Drop | Cut:
        assert self.service is not None
        doing = deliver(self.service, call, fault, _no_pause)
        try:
            doing.send(None)
        except StopIteration as done:
            return done.value
        raise AssertionError("it waits for something")


async def _no_pause(_seconds: float) -> None:
    """No time passes."""


def _call(method: str, path: str, body: bytes, params: Mapping[str, str]) -> Call:
    endpoint = endpoint_of(path)
    assert endpoint is not None, path
    query = {name.lower(): value for name, value in params.items()}
    return Call(method, endpoint, {**query, "user": "demo", "hash": "demo"}, body)


def _answer(reply: Reply | Drop | Cut) -> HttpResult:
    return Answer(reply.status, reply.body) if isinstance(reply, Reply) else NoAnswer("the connection was closed")


@contextmanager
def disturbed_writes(wire: Wire) -> Iterator[None]:
    """Let writes to ledger and journal be events of the wire's present trial."""

    def event(what: str, method: Any) -> Any:
        def call(self: Any, *args: Any) -> Any:
            trial = wire.trial
            how = trial.next(what)
            trial.full |= how == FULL
            if trial.full and what in (_APPEND, _REPLACE):
                raise LedgerError("it cannot be written: No space left on device")
            if how == TORN:
                os.write(self._file, b'{"result":')
                trial.die()
            result = method(self, *args)
            if how == KILL:
                trial.die()
            return result

        return call

    def alive(method: Any) -> Any:
        def call(*args: Any) -> Any:
            wire.trial.check_alive()
            return method(*args)

        return call

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(JournalWriter, "_append", event(_APPEND, JournalWriter._append))
        patched.setattr(JournalWriter, "remove", event("journal removed", JournalWriter.remove))
        patched.setattr(JournalWriter, "take_effect", event("journal renewed", JournalWriter.take_effect))
        patched.setattr(JournalWriter, "_create", alive(JournalWriter._create))
        patched.setattr(FileLedgerStore, "replace", event(_REPLACE, FileLedgerStore.replace))
        yield
