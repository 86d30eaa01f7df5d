"""Where an item that was read stands, found again from its own place. Slow: asked about problems only."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

from intime_sync.config.document import Document
from intime_sync.model.problem import Origin
from intime_sync.model.resource import Resource


def place_in(item: Resource[Any], section: str, documents: Mapping[str, Document], *path: str | int) -> Origin | None:
    """The place of what `path` names in an item of `section`; None where the item has no place itself."""
    origin = item.origin
    if origin is None:
        return None
    document = documents[origin.file]
    places = document.items[section]
    index = bisect_left(places.lines, origin.line)
    while places[index] != (origin.line, origin.column):
        index += 1
    return document.locate((section, index, *path))
