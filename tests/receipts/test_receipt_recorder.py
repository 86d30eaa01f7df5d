"""Group commit: waiting statuses are written together, and none is confirmed before it is on the disk."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterable

import pytest
from receipt_world import MOMENT, stored

from intime_sync.errors import IntimeSyncError
from intime_sync.receipts import Receipt, ReceiptStore
from intime_sync.receipts.recorder import Recorder


class SlowStore(ReceiptStore):
    """Commits when the test lets it, and says what it has committed; fails with `trouble` if there is any."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.gate = threading.Event()
        self.started = threading.Event()
        self.batches: list[int] = []
        self.trouble: Exception | None = None

    def record_all(self, receipts: Iterable[Receipt]) -> int:
        receipts = list(receipts)
        self.started.set()
        assert self.gate.wait(20)
        if self.trouble:
            raise self.trouble
        done = super().record_all(receipts)
        self.batches.append(len(receipts))
        return done


@pytest.fixture
def slow(data):
    with SlowStore(data) as store:
        yield store


def receipt(number: int) -> Receipt:
    return Receipt(number, f"t{number}", 20, MOMENT)


def test_a_status_is_confirmed_after_its_commit_and_waiting_ones_share_the_next(slow, data):
    async def run() -> None:
        recorder = Recorder(slow)
        first = asyncio.ensure_future(recorder.record(receipt(1)))
        await asyncio.to_thread(slow.started.wait, 20)
        others = [asyncio.ensure_future(recorder.record(receipt(number))) for number in range(2, 52)]
        for _ in range(100):
            await asyncio.sleep(0)
        assert not any(task.done() for task in (first, *others))
        assert stored(data) == []
        slow.gate.set()
        await first
        assert slow.batches[:1] == [1]
        await asyncio.gather(*others)
        recorder.close()

    asyncio.run(run())
    assert slow.batches == [1, 50]
    assert len(stored(data)) == 51


def test_a_batch_that_fails_fails_for_all_and_the_next_one_works(slow, data, caplog):
    async def run() -> None:
        recorder = Recorder(slow)
        slow.gate.set()
        for trouble in (
            IntimeSyncError("the disk is full"),
            IntimeSyncError("the disk is full"),
            ValueError("secret"),
        ):
            slow.trouble = trouble
            results = await asyncio.gather(
                *(recorder.record(receipt(n)) for n in range(1, 9)), return_exceptions=True
            )
            assert {type(result) for result in results} == {IntimeSyncError}
        slow.trouble = None
        await recorder.record(receipt(1))
        await recorder.record(receipt(2))
        recorder.close()

    with caplog.at_level(logging.INFO):
        asyncio.run(run())
    assert [kept.message_id for kept in stored(data)] == [1, 2]
    said = [record.getMessage() for record in caplog.records if record.name.startswith("intime_sync")]
    assert said == [
        "statuses are refused until they can be stored: the disk is full",
        f"statuses are refused until they can be stored: {data} cannot be written: ValueError",
        "statuses are stored again",
    ], "a line for each change, however many reports it costs"


def test_closing_writes_what_is_waiting(slow, data):
    async def run() -> None:
        recorder = Recorder(slow)
        waiting = [asyncio.ensure_future(recorder.record(receipt(number))) for number in range(1, 21)]
        await asyncio.to_thread(slow.started.wait, 20)
        closing = asyncio.ensure_future(asyncio.to_thread(recorder.close))
        slow.gate.set()
        await asyncio.gather(closing, *waiting)

    asyncio.run(run())
    assert len(stored(data)) == 20


def test_a_status_of_a_cancelled_request_is_written(slow, data):
    async def give_up(recorder: Recorder) -> None:
        task = asyncio.ensure_future(recorder.record(receipt(1)))
        await asyncio.to_thread(slow.started.wait, 20)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    recorder = Recorder(slow)
    asyncio.run(give_up(recorder))  # its loop is closed when the commit returns
    slow.gate.set()
    asyncio.run(recorder.record(receipt(2)))
    recorder.close()
    assert [kept.message_id for kept in stored(data)] == [1, 2]


def test_a_check_needs_the_disk_as_a_status_does(slow, data):
    async def run() -> None:
        recorder = Recorder(slow)
        await recorder.check()
        away = data.rename(data.with_name("away"))
        with pytest.raises(IntimeSyncError, match="was removed"):
            await recorder.check()
        away.rename(data)
        await recorder.check()
        recorder.close()

    asyncio.run(run())
    assert stored(data) == []
