"""Ctrl-C and SIGTERM during an apply: the first ends the run after the batch in flight, the second at once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SHOW_CURSOR = b"\r\x1b[?25h"
"""Progress bars hide the cursor while they are shown."""


class StopRequest:
    """Whether the run was asked to stop, and by which signal."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._asking = False

    def note(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal: remember the first, or end the run if nothing is in flight; a second ends the process."""
        asked_before = self.signal is not None
        self.signal = signal.Signals(number)
        if asked_before:
            _end_now(self.exit_code)
        if self._asking:
            self._give_up()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """A context in which a signal ends the run at once: nothing is in flight while a question is asked."""
        if self.signal is not None:
            self._give_up()
        self._asking = True
        try:
            yield
        finally:
            self._asking = False

    def _give_up(self) -> None:
        if self.signal is signal.SIGTERM:
            raise SystemExit(self.exit_code)
        raise KeyboardInterrupt

    def reason(self) -> str | None:
        """Why the run must stop, for the report; None while it need not."""
        return None if self.signal is None else f"stopped by {self.signal.name}"

    @property
    def exit_code(self) -> int:
        """130 for Ctrl-C, 143 for SIGTERM."""
        return 128 + (self.signal or 0)


def _end_now(code: int) -> None:
    """End the process without clean-up: a thread may hang in a request, and an orderly exit would wait for it.

    This is no worse than kill -9: the journal holds everything, and the operating system releases the lock.
    """
    if sys.stderr.isatty():
        os.write(2, SHOW_CURSOR)
    os.write(2, b"interrupted\n")
    os._exit(code)


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Remember the first signal, and end the process at the second."""
    request = StopRequest()
    with handling_signals(request.note):
        yield request


@contextmanager
def handling_signals(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Let `handler` take Ctrl-C and SIGTERM, and put back what took them before."""
    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
