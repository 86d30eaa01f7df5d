"""A running emulator and a caller that speaks to it over real HTTP with hand-written XML."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import pytest
import requests
from lxml import etree

from intime_sync.emulator import EmulatorOptions, FaultPlan, RunningEmulator, Store, run_in_thread
from intime_sync.emulator.clock import Clock

NOW = datetime(2026, 3, 2, 9, 0, 0)  # noqa: DTZ001 (the service's clock is naive wall time)


@dataclass
class Api:
    """One account of one emulator; `clock` stands still until it is moved."""

    emulator: RunningEmulator
    session: requests.Session

    @property
    def clock(self) -> Clock:
        return self.emulator.clock

    @property
    def store(self) -> Store:
        return self.emulator.store

    def post(self, endpoint: str, body: str | bytes, **query: str) -> requests.Response:
        data = body.encode() if isinstance(body, str) else body
        query = {"user": "demo", "hash": "demo", **query}
        return self.session.post(f"{self.emulator.url}/{endpoint}.ashx", params=query, data=data, timeout=60)

    def say(self, endpoint: str, body: str | bytes, **query: str) -> str:
        """Post and return the reply's text; every documented reply comes with status 200."""
        reply = self.post(endpoint, body, **query)
        assert reply.status_code == 200
        return reply.text

    def get(self, endpoint: str, **query: str) -> requests.Response:
        query = {"user": "demo", "hash": "demo", **query}
        return self.session.get(f"{self.emulator.url}/{endpoint}.ashx", params=query, timeout=60)

    def tree(self, endpoint: str, **query: str) -> etree._Element:
        return etree.fromstring(self.get(endpoint, **query).content.strip())

    def fault(self, endpoint: str, name: str, **params: object) -> None:
        rule = {"endpoint": endpoint, "call": 1, "fault": name, **params}
        self.emulator.set_faults(FaultPlan.from_data([rule]))


Starter = Callable[..., AbstractContextManager[Api]]


@pytest.fixture
def start() -> Starter:
    """Start an emulator with these options, its clock standing at NOW."""

    @contextmanager
    def starting(**options: object) -> Iterator[Api]:
        chosen = replace(EmulatorOptions(now=lambda: NOW), **options)  # type: ignore[arg-type]
        with run_in_thread(chosen) as emulator, requests.Session() as session:
            yield Api(emulator, session)

    return starting


@pytest.fixture
def api(start: Starter) -> Iterator[Api]:
    with start() as running:
        yield running
