"""Fixtures for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import Workspace, workspace
from hypothesis import HealthCheck, settings

# Loaded machines are slow; a deadline would fail tests for the machine's sake.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace against an emulator of its own."""
    with workspace(tmp_path) as made:
        yield made


@pytest.fixture(autouse=True, scope="session")
def disk() -> Iterator[None]:
    """Nothing waits for the disk: what is written outlives the process that wrote it, and no test cuts the power."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda _file: None)
        yield
