"""Pausing the garbage collector: it must be as it was afterwards, however the pause ends; and slowing it down."""

from __future__ import annotations

import gc

import pytest

from intime_sync.bulk.gc_tuning import collect_seldom, collector_paused


def test_the_collector_pauses_and_comes_back() -> None:
    with collector_paused():
        assert not gc.isenabled()
        with collector_paused():
            pass
        assert not gc.isenabled(), "only the outermost pause ends it"
    assert gc.isenabled()


def test_it_comes_back_after_an_error() -> None:
    with pytest.raises(ValueError, match="x"), collector_paused():
        raise ValueError("x")
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_only_many_objects_are_frozen() -> None:
    gc.collect()
    before = gc.get_freeze_count()
    with collector_paused():
        few = [[] for _ in range(10)]
    assert gc.get_freeze_count() == before
    assert len(few) == 10
    try:
        with collector_paused():
            many = [[] for _ in range(200_000)]
        assert gc.get_freeze_count() >= len(many)
    finally:
        gc.unfreeze()


def test_collection_is_rare_but_not_off() -> None:
    before = gc.get_threshold()
    try:
        collect_seldom()
        young, *older = gc.get_threshold()
        assert young > before[0]
        assert older == list(before[1:])
        assert gc.isenabled()
    finally:
        gc.set_threshold(*before)
