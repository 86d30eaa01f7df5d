"""A file that was read: plain values, and where each of them stands.

Owns the shape that YAML files and tables share; knows nothing about sections, schemas or either format.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from intime_sync.bulk.items import ItemPlaces, Place
from intime_sync.model.problem import Origin

Path: TypeAlias = Sequence[str | int]
"""Keys and 0-based positions from the root of a document, e.g. `("contacts", 3, "mobile")`."""


class Locator(Protocol):
    """Finds places in one file. May be slow: it is asked about errors only."""

    def place(self, path: Path, *, key: bool = False) -> Place:
        """The place of the value at `path`, of its key with `key`, or of the nearest parent that exists."""


class Locate(Protocol):
    """What `Document.locate` is to those who only need places."""

    def __call__(self, path: Path, *, key: bool = False) -> Origin:
        """The origin of the value at `path`, or of its key."""


@dataclass(slots=True)
class Document:
    """`root` holds dicts, lists, text and None (an empty value, which means not given); every scalar is text.

    A top-level list of items that are all alike may be an `ItemColumns` instead: see `item_list` and `item_columns`.

    `items` has an entry as long as the list for every top-level key whose value is a list. Values may be shared
    where the file used an alias.
    """

    file: str
    root: dict[str, object]
    items: dict[str, ItemPlaces]
    locator: Locator

    def locate(self, path: Path, *, key: bool = False) -> Origin:
        """The origin of the value at `path` (of its key with `key`), or of the nearest parent that exists."""
        if len(path) == 2 and isinstance(path[1], int):
            places = self.items.get(str(path[0]))
            if places is not None and 0 <= path[1] < len(places):
                return Origin(self.file, *places[path[1]])
        return Origin(self.file, *self.locator.place(path, key=key))
