"""Settings of Python's garbage collector for runs that build many objects and keep nearly all of them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_MANY = 100_000
"""With more new objects than this, later searches skip them."""

_SELDOM = 50_000
"""New objects between two searches; Python's default is a few hundred or thousand."""


def collect_seldom() -> None:
    """Make searches for cycles rare, since each one visits all objects and finds hardly any garbage."""
    gc.set_threshold(_SELDOM)


def spare_last_collection() -> None:
    """Skip the search for cycles at the end of the process, when all memory is freed anyway."""
    gc.freeze()


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the collector while data is read: it has no cycles, and each search would visit all of it.

    Later searches skip the data too, if there is much of it. It is still freed once nothing refers to it.
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
