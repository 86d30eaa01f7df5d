"""`receive` is killed at full load, again and again, and no status that was answered with 200 is missing."""

from __future__ import annotations

import random
import threading
from collections import deque
from http.client import HTTPException

from harness import Workspace
from receipt_world import calling, data_of, receiving, stored

STATUSES = 10_000
CONNECTIONS = 8
KILLS_AFTER = (1500, 4000, 6500)
LEVELS = (0, 1, 2, 3, 4, 20, 21)


class Service:
    """The service's side: posts from 8 connections, and posts again later what was not answered."""

    def __init__(self) -> None:
        chance = random.Random(20261224)
        self.waiting = deque((number, chance.choice(LEVELS), f"t{number:x}") for number in range(1, STATUSES + 1))
        self.answered: set[tuple[int, int, str]] = set()

    def deliver(self, url: str) -> None:
        """One connection: post until nothing is left, or the receiver no longer answers."""
        with calling(url) as caller:
            while self.waiting:
                try:
                    report = self.waiting.popleft()
                except IndexError:
                    return
                try:
                    reply = caller.post(f"messageid={report[0]}&status={report[1]}&transid={report[2]}")
                except (OSError, HTTPException):
                    self.waiting.append(report)
                    return
                assert reply == (200, str(report[0]))
                self.answered.add(report)


def test_every_status_that_was_answered_is_there_after_kills(alone: Workspace):
    service = Service()
    for kill_after in (*KILLS_AFTER, None):
        with receiving(alone) as (process, url):
            threads = [threading.Thread(target=service.deliver, args=(url,)) for _ in range(CONNECTIONS)]
            for thread in threads:
                thread.start()
            while kill_after is not None and len(service.answered) < kill_after:
                assert any(thread.is_alive() for thread in threads)
                threads[0].join(0.002)
            if kill_after is not None:
                process.kill()  # while eight requests are on their way
            for thread in threads:
                thread.join(60)
        kept = [(receipt.message_id, receipt.status, receipt.transid) for receipt in stored(data_of(alone))]
        assert service.answered <= set(kept)
        assert (len(service.answered) < STATUSES) is (kill_after is not None)
    assert sorted(service.answered) == sorted(kept)
    assert len(kept) == STATUSES
