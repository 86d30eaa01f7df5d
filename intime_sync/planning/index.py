"""Rows of a list, found by id and by identity. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from intime_sync.kinds.base import ListedKind
from intime_sync.model.resource import RemoteId, Resource


def by_id(rows: Iterable[Resource[Any]]) -> dict[RemoteId, Resource[Any]]:
    """The rows that have an id, by it."""
    return {row.remote_id: row for row in rows if row.remote_id is not None}


def by_identity(kind: ListedKind, rows: Iterable[Resource[Any]]) -> dict[Hashable, list[Resource[Any]]]:
    """The rows by what `kind.identity` tells them apart by, each list in their order."""
    found: dict[Hashable, list[Resource[Any]]] = {}
    for row in rows:
        found.setdefault(kind.identity(row.value), []).append(row)
    return found


def live(kind: ListedKind, rows: Iterable[Resource[Any]]) -> list[Resource[Any]]:
    """The rows without those that were switched off."""
    return [row for row in rows if not kind.inert(kind.attributes(row.value))]
