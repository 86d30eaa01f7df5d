"""Settings of Python's garbage collector for runs that build many objects, of which hardly any are garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_MANY = 100_000
_SELDOM = 50_000


def collect_seldom() -> None:
    """Search for cycles seldom: a run keeps nearly all objects that it makes, and each search visits all of them."""
    gc.set_threshold(_SELDOM)


def spare_last_collection() -> None:
    """Skip the search for cycles at the end of the process: the memory is freed in any case."""
    gc.freeze()


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the collector while data is read, which makes no cycles: a search for some would visit all of it.

    If there is very much data, later searches leave it out, too. It is still freed as soon as nothing refers to it.
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
