"""The background task: sends messages when they are due, and posts statuses until they are accepted.

Knows the store and how a status is posted; knows nothing of the API. It sleeps until something is due or `wake` is
called.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import suppress
from typing import Final

from intime_sync.emulator import outbox, posting
from intime_sync.emulator.options import EmulatorOptions
from intime_sync.emulator.outbox import Report
from intime_sync.emulator.store import Store

_MOST_POSTS: Final = 16
_LONGEST_PAUSE: Final = 60.0
# The machine may be suspended or its clock corrected; nothing that is scheduled is late by more than this.
_LONGEST_SLEEP: Final = 60.0
# A clock that stands still just before a due time must not make the loop run without a pause.
_SHORTEST_SLEEP: Final = 0.02
_AFTER_FAILURE: Final = 1.0


class Reporter:
    """`run` is the task. Cancelling it aborts posts in progress; they are made again when it next runs."""

    def __init__(self, store: Store, options: EmulatorOptions) -> None:
        self._store = store
        self._options = options
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()
        self._posting: set[asyncio.Task[None]] = set()
        store.clock.watch(self.wake)

    def wake(self) -> None:
        """Have the task look again at what is due. Safe from any thread, at any time."""
        if self._loop is not None:
            with suppress(RuntimeError):  # a loop that has closed posts nothing more
                self._loop.call_soon_threadsafe(self._woken.set)

    async def run(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            while True:
                self._woken.clear()
                try:
                    sleep = self._begin()
                except sqlite3.Error:
                    sleep = _AFTER_FAILURE
                # Not wait_for: before Python 3.12 it loses a cancellation that comes together with the event.
                with suppress(TimeoutError):
                    async with asyncio.timeout(sleep):
                        await self._woken.wait()
        finally:
            for task in self._posting:
                task.cancel()
            await asyncio.gather(*self._posting, return_exceptions=True)

    def _begin(self) -> float | None:
        """Send due messages and start to post due statuses.

        Returns the seconds until something is due, or None if nothing is scheduled.
        """
        free = _MOST_POSTS - len(self._posting)
        with self._store.transaction() as db:
            at, wall = self._store.clock.now(), time.time()
            outbox.send_due(db, at)
            # Later than the attempt can end, so that only an interrupted attempt is claimed again.
            reports = outbox.claim(db, wall, free, wall + 2 * self._options.timeout_seconds)
            send, report = outbox.next_send(db), outbox.next_report(db)
        for claimed in reports:
            task = asyncio.create_task(self._post(claimed))
            self._posting.add(task)
            task.add_done_callback(self._posted)
        sleeps = [] if send is None else [(send - at).total_seconds()]
        if report is not None and len(reports) < free:
            sleeps.append(report - wall)
        return max(_SHORTEST_SLEEP, min(*sleeps, _LONGEST_SLEEP)) if sleeps else None

    def _posted(self, task: asyncio.Task[None]) -> None:
        self._posting.discard(task)
        self._woken.set()

    async def _post(self, report: Report) -> None:
        pause = self._pause(report.attempts)
        accepted = False
        try:
            accepted = await posting.is_accepted(
                report, self._options.timeout_seconds, loopback_only=self._options.loopback_only
            )
        except asyncio.CancelledError:
            # Aborted in progress: the status is due at once when the data is next used.
            pause = 0.0
            raise
        finally:
            with suppress(sqlite3.Error), self._store.transaction() as db:
                if accepted:
                    outbox.accept(db, report.message)
                else:
                    outbox.postpone(db, report.message, time.time() + pause)

    def _pause(self, attempts: int) -> float:
        """Seconds until the next attempt: doubled with each, up to a minute."""
        return min(self._options.retry_seconds * 2.0 ** min(attempts - 1, 30), _LONGEST_PAUSE)
