"""One emulator a module; every example starts from an empty account."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from account_lab import Lab, lab_at


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_at(tmp_path_factory.mktemp("lab"), direct=True) as made:
        yield made


@pytest.fixture(scope="module")
def merging_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A service that makes one contact of two with the same number."""
    with lab_at(tmp_path_factory.mktemp("merging"), direct=True, on_known_mobile="union") as made:
        yield made
