"""What is applied is tried in the laboratory of the property tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "properties"))

if TYPE_CHECKING:
    from account_lab import Lab


@pytest.fixture(scope="module")
def shared_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    from account_lab import lab_at

    with lab_at(tmp_path_factory.mktemp("lab"), direct=True) as made:
        yield made


@pytest.fixture
def lab(shared_lab: Lab) -> Lab:
    """An empty account and no ledger."""
    shared_lab.reset()
    return shared_lab


@pytest.fixture(scope="module")
def shared_merging_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    from account_lab import lab_at

    with lab_at(tmp_path_factory.mktemp("merging"), direct=True, on_known_mobile="union") as made:
        yield made


@pytest.fixture
def merging_lab(shared_merging_lab: Lab) -> Lab:
    """An empty account of a service that makes one contact of two with the same number."""
    shared_merging_lab.reset()
    return shared_merging_lab
