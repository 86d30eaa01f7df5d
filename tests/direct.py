"""A transport that hands each call to an emulator of the same process: faults and all, but no socket between them."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from intime_sync.emulator import RunningEmulator
from intime_sync.emulator.injection import deliver
from intime_sync.emulator.service import Call, Reply, endpoint_of
from intime_sync.service.secrets import Credentials, Secret
from intime_sync.service.transport import RETRIED_STATUSES, Answer, NoAnswer, Transport, _asked_pause, _Attempt


class DirectTransport(Transport):
    """Retries and counts as ever; what HTTP and sockets do is tried in tests/unit/remote and tests/emulator."""

    def __init__(self, emulator: RunningEmulator, **options: Any) -> None:
        super().__init__(emulator.url, Credentials("demo", Secret("demo")), **options)
        self._endpoints = emulator._endpoints
        self._one_at_a_time = threading.Lock()

    def _exchange(self, method: str, path: str, body: bytes | None, params: Mapping[str, str]) -> _Attempt:
        endpoint = endpoint_of(path)
        assert endpoint is not None, path
        query = {name.lower(): value for name, value in params.items()}
        call = Call(method, endpoint, {**query, "user": "demo", "hash": "demo"}, body or b"")
        with self._one_at_a_time:
            self._endpoints.calls.append((method, endpoint))
            doing = deliver(self._endpoints.service, call, self._endpoints.faults.next(endpoint), _pause)
            try:
                doing.send(None)
            except StopIteration as done:
                reply = done.value
            else:
                raise AssertionError("it waits for something")
        if not isinstance(reply, Reply):
            return _Attempt(NoAnswer("the connection was closed"), again=True)
        again = reply.status in RETRIED_STATUSES
        pause = reply.headers.get("Retry-After") if again else None
        return _Attempt(Answer(reply.status, reply.body, None, _asked_pause(pause)), again=again)


async def _pause(seconds: float) -> None:
    time.sleep(seconds)
