"""Group commit: receipts that arrive at the same time share one transaction. Knows nothing of HTTP.

A separate thread takes everything that is waiting, commits it, and then resolves the futures of the callers.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final

from intime_sync.errors import IntimeSyncError
from intime_sync.receipts.deliveries import Receipt
from intime_sync.receipts.store import ReceiptStore

_LARGEST_BATCH: Final = 1000
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A caller that waits until its receipt is on the disk; without a receipt, until a test write is."""

    receipt: Receipt | None
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[None]


class Recorder:
    """The only writer of a store; `close` writes what is still waiting and ends the thread."""

    def __init__(self, store: ReceiptStore) -> None:
        self._store = store
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._failing = ""
        self._thread = threading.Thread(target=self._run, name="receipts-writer", daemon=True)
        self._thread.start()

    async def record(self, receipt: Receipt) -> None:
        """Return when the receipt is on the disk. Raises IntimeSyncError if it could not be written."""
        await self._wait_for(receipt)

    async def check(self) -> None:
        """Return when a test write is on the disk. Raises IntimeSyncError if it failed."""
        await self._wait_for(None)

    async def _wait_for(self, receipt: Receipt | None) -> None:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._queue.put(_Waiting(receipt, loop, done))
        await done

    def close(self) -> None:
        """Write everything that is waiting, then end."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        ending = False
        while not ending:
            batch, ending = self._next_batch()
            if batch:
                error = self._write(batch)
                self._note(error)
                _resolve(batch, error)

    def _next_batch(self) -> tuple[list[_Waiting], bool]:
        """Everything that is waiting by now, at least one; and whether to end after it."""
        batch: list[_Waiting] = []
        waiting = self._queue.get()
        while waiting is not None:
            batch.append(waiting)
            if len(batch) == _LARGEST_BATCH:
                return batch, False
            try:
                waiting = self._queue.get_nowait()
            except Empty:
                return batch, False
        return batch, True

    def _write(self, batch: Sequence[_Waiting]) -> IntimeSyncError | None:
        receipts = [waiting.receipt for waiting in batch if waiting.receipt is not None]
        try:
            if receipts:
                self._store.record_all(receipts)
            if len(receipts) < len(batch):
                self._store.check_writable()
        except IntimeSyncError as error:
            return error
        except Exception as error:  # noqa: BLE001 - the thread must go on, and no caller may wait for ever
            return IntimeSyncError(f"{self._store.path} cannot be written: {type(error).__name__}")
        return None

    def _note(self, error: IntimeSyncError | None) -> None:
        """Log one line when writing begins to fail or fails differently, and one when it works again."""
        now = "" if error is None else str(error)
        if now and now != self._failing:
            _LOG.error("statuses are refused until they can be stored: %s", now)
        elif self._failing and not now:
            _LOG.warning("statuses are stored again")
        self._failing = now


def _resolve(batch: Sequence[_Waiting], error: IntimeSyncError | None) -> None:
    for loop in {waiting.loop for waiting in batch}:
        mine = [waiting.done for waiting in batch if waiting.loop is loop]
        try:
            loop.call_soon_threadsafe(_set_results, mine, error)
        except RuntimeError:
            # The loop has ended, and its callers with it.
            continue


def _set_results(waiting: Sequence[asyncio.Future[None]], error: IntimeSyncError | None) -> None:
    for done in waiting:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
