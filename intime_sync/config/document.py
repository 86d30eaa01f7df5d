"""A file that was read: plain values, and the place of each of them.

Owns the shape that YAML files and tables share; knows nothing about sections, schemas or either format.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from intime_sync.bulk.items import ItemPlaces
from intime_sync.model.problem import Origin
from intime_sync.model.resource import Resource

Path: TypeAlias = Sequence[str | int]
"""Keys and 0-based positions from the root of a document, e.g. `("contacts", 3, "mobile")`."""


class Locate(Protocol):
    """Finds places in one file, e.g. `Document.locate`. May be slow: used for problems only."""

    def __call__(self, path: Path, *, key: bool = False) -> Origin:
        """The origin of the value at `path`, of its key with `key`, or of the nearest parent that exists."""


@dataclass(slots=True)
class Document:
    """`root` holds dicts, lists, text and None (an empty value, which means not given); every scalar is text.

    A top-level list of items with the same fields may be an `ItemColumns`: see `item_list` and `item_columns`.
    `items` are the places of the items of each top-level list, by its key. Values are shared where the file has an
    alias.
    """

    file: str
    root: dict[str, object]
    items: dict[str, ItemPlaces]
    locator: Locate

    def locate(self, path: Path, *, key: bool = False) -> Origin:
        """See `Locate`; items of top-level lists are found without the locator."""
        if len(path) == 2 and isinstance(path[1], int):
            places = self.items.get(str(path[0]))
            if places is not None and 0 <= path[1] < len(places):
                return Origin(self.file, *places[path[1]])
        return self.locator(path, key=key)


def locate_in_item(
    item: Resource[Any], section: str, documents: Mapping[str, Document], *path: str | int
) -> Origin | None:
    """The origin of the value at `path` in an item of `section`; None if the item has no origin itself.

    `documents` are those that were read, by file. Slow: used for problems only.
    """
    origin = item.origin
    if origin is None:
        return None
    document = documents[origin.file]
    places = document.items[section]
    index = bisect_left(places.lines, origin.line)
    while places[index] != (origin.line, origin.column):
        index += 1
    return document.locate((section, index, *path))
