"""Looks up the rows of a list by id and by identity. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from intime_sync.kinds.base import ListedKind
from intime_sync.model.resource import Attributes, RemoteId, Resource
from intime_sync.planning.context import Clock


def by_id(rows: Iterable[Resource[Any]]) -> dict[RemoteId, Resource[Any]]:
    """The rows that have an id, by id."""
    return {row.remote_id: row for row in rows if row.remote_id is not None}


def by_identity(kind: ListedKind, rows: Iterable[Resource[Any]]) -> dict[Hashable, list[Resource[Any]]]:
    """The rows by `kind.identity`, rows of one identity in their order in the list."""
    found: dict[Hashable, list[Resource[Any]]] = {}
    for row in rows:
        found.setdefault(kind.identity(row.value), []).append(row)
    return found


def live(kind: ListedKind, rows: Iterable[Resource[Any]]) -> list[Resource[Any]]:
    """The rows that were not switched off."""
    return [row for row in rows if not kind.inert(kind.attributes(row.value))]


def is_active(kind: ListedKind, attributes: Attributes, clock: Clock) -> bool:
    """Whether an object still has an effect: it was not switched off, and its time has not passed."""
    return not kind.inert(attributes) and not kind.is_past(attributes, clock.now, clock.zone)
