"""A receiver over real HTTP, and a workspace for the command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import Workspace
from receipt_world import PATH_SECRET, Caller, calling

from intime_sync.receipts import ReceiveOptions, run_in_thread


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Where the receiver of `caller` keeps its data."""
    return tmp_path / "kept" / "receipts.sqlite3"


@pytest.fixture
def caller(data: Path) -> Iterator[Caller]:
    """A connection to a receiver of its own, that may see the page."""
    with run_in_thread(ReceiveOptions(data, PATH_SECRET)) as receiver, calling(receiver.url) as made:
        made.visit(receiver.page)
        yield made


@pytest.fixture
def alone(tmp_path: Path) -> Workspace:
    """A folder in which the command can run."""
    return Workspace(tmp_path)
