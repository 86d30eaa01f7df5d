"""Keeping Python's garbage collector out of the way where much is built and nearly nothing is garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_MANY = 100_000
_SELDOM = 50_000


def collect_seldom() -> None:
    """Let cycles wait for a while: a run keeps nearly all that it makes, and each search for some visits it again."""
    gc.set_threshold(_SELDOM)


def spare_last_collection() -> None:
    """For a process that is about to end: Python would search all that is left for cycles, and all goes anyway."""
    gc.freeze()


@contextmanager
def collector_paused() -> Iterator[None]:
    """Builds without the collector: what is read makes no cycles, and a search for some would visit all of it.

    Very much of it is also kept out of later searches. It is still freed as soon as nothing refers to it.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if gc.get_count()[0] > _MANY:
                gc.freeze()
            gc.enable()
