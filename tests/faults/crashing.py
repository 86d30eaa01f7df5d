"""A process that dies at a chosen moment, inside the tests' own process: from then on nothing is sent or written."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fault_lab import Lab

from intime_sync.ledgers.file import FileLedgerSession, FileLedgerStore
from intime_sync.ledgers.journal import JournalWriter

TORN = b'{"result":'


class Died(BaseException):
    """As kill -9: nothing of the program runs after it, whatever it would catch."""


class _Clock:
    """Counts moments, and dies at the nth."""

    def __init__(self, moment: int) -> None:
        self.left = moment
        self.dead = False
        self.lock = threading.Lock()

    def tick(self) -> None:
        with self.lock:
            self.left -= 1
            if self.dead or self.left == 0:
                self.dead = True
                raise Died


@contextmanager
def dies_at(lab: Lab, moment: int, *, torn: bool = False) -> Iterator[_Clock]:
    """Die at the nth moment, which are: before and after each POST, and before and after each write to the ledger.

    With `torn`, half a line was on its way into the journal.
    """
    clock = _Clock(moment)

    def mortal(method: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            clock.tick()
            result = method(*args, **kwargs)
            clock.tick()
            return result

        return call

    def close(session: FileLedgerSession) -> None:
        if not clock.dead:
            normal_close(session)
            return
        journal: JournalWriter = session._journal
        journal.close()
        if torn and journal.path.exists():
            with journal.path.open("ab") as file:
                file.write(TORN)

    normal_close = FileLedgerSession.close
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lab.client, "send", mortal(lab.client.send))
        for name in ("intend", "settle", "record"):
            patched.setattr(FileLedgerSession, name, mortal(getattr(FileLedgerSession, name)))
        # Between what goes into the journal and what comes of it in the ledger lie more moments.
        patched.setattr(FileLedgerStore, "replace", mortal(FileLedgerStore.replace))
        for name in ("remove", "prepare", "take_effect"):
            patched.setattr(JournalWriter, name, mortal(getattr(JournalWriter, name)))
        patched.setattr(FileLedgerSession, "close", close)
        yield clock
