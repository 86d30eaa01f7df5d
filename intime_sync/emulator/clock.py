"""The service's clock: wall time that runs on by itself and can be moved.

Knows nothing of storage or HTTP; `watch` registers what is called when it was moved.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from intime_sync.emulator.values import stockholm_now

_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
# Far enough from the last year of `datetime` for a clock to run on.
_YEARS: Final = range(1900, 9000)


class Clock:
    """Naive wall time: `base` (None is the time in Stockholm) and how far it was moved. Safe from any thread.

    A moved clock runs on as its base does; where the base stands still, only moving changes it.
    """

    def __init__(self, base: Callable[[], datetime] | None = None) -> None:
        self._base = base or stockholm_now
        self._moved = timedelta()
        self._lock = threading.Lock()
        self._watchers: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """The present time of this clock."""
        with self._lock:
            return self._base() + self._moved

    def set(self, at: datetime) -> None:
        """Set the time to `at`; raises ValueError for a time with a zone or outside 1900 to 8999."""
        if at.tzinfo is not None:
            raise ValueError(f"the clock is wall time without a zone, not {at.isoformat()}")
        if at.year not in _YEARS:
            raise ValueError(f"the clock cannot be set to the year {at.year}")
        with self._lock:
            self._moved = at - self._base()
        for moved in self._watchers:
            moved()

    def advance(self, by: timedelta) -> None:
        """Move the time by `by`, backwards if negative; raises ValueError outside 1900 to 8999."""
        try:
            at = self.now() + by
        except OverflowError:
            raise ValueError(f"the clock cannot be moved by {by}") from None
        self.set(at)

    def watch(self, moved: Callable[[], None]) -> None:
        """Call `moved` after each `set` and `advance`, in the thread that moved it, before that returns."""
        self._watchers.append(moved)


def parsed_time(text: str) -> datetime:
    """`YYYY-MM-DDTHH:MM` with or without `:SS`; raises ValueError for anything else."""
    if not _TIME.fullmatch(text):
        raise ValueError(f"a time is written like 2026-12-24T08:00, not {text!r}")
    return datetime.fromisoformat(text)
