"""A file that was read: plain values, and where each of them stands.

Owns the shape that YAML files and tables share; knows nothing about sections, schemas or either format.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple, Protocol, TypeAlias

from intime_sync.model.problem import Origin

_MOST_FIELDS = 64
"""Items with more fields than any section has are not alike, and as columns they would be mostly empty."""

Path: TypeAlias = Sequence[str | int]
"""Keys and 0-based positions from the root of a document, e.g. `("contacts", 3, "mobile")`."""


class Place(NamedTuple):
    """A line and a column, both from 1."""

    line: int
    column: int


class Locator(Protocol):
    """Finds places in one file. May be slow: it is asked about errors only."""

    def place(self, path: Path, *, key: bool = False) -> Place:
        """The place of the value at `path`, of its key with `key`, or of the nearest parent that exists."""


class Locate(Protocol):
    """What `Document.locate` is to those who only need places."""

    def __call__(self, path: Path, *, key: bool = False) -> Origin:
        """The origin of the value at `path`, or of its key."""


def _no_places() -> array[int]:
    return array("l")


@dataclass(slots=True)
class ItemPlaces:
    """The places of a top-level list's items: two machine arrays, since there may be a hundred thousand."""

    lines: array[int] = field(default_factory=_no_places)
    columns: array[int] = field(default_factory=_no_places)

    def add(self, line: int, column: int) -> None:
        """One more item."""
        self.lines.append(line)
        self.columns.append(column)

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, index: int) -> Place:
        return Place(self.lines[index], self.columns[index])


@dataclass(frozen=True, slots=True)
class ItemColumns:
    """Very many items, field by field.

    A value is text or, in a column of lists, a tuple of texts; "" and () are not given.
    """

    columns: Mapping[str, Sequence[str] | Sequence[tuple[str, ...]]]

    @classmethod
    def of(cls, items: Sequence[Any]) -> ItemColumns | None:
        """The items by field, whichever of them each has; None when one is no flat mapping of text and lists."""
        if {*map(type, items)} != {dict}:
            return None
        columns: dict[str, Sequence[str] | Sequence[tuple[str, ...]]] = {}
        names = {}.fromkeys(chain.from_iterable(items))
        if len(names) > _MOST_FIELDS:
            return None
        for name in names:
            values = [item.get(name) for item in items]
            types = {*map(type, values)} - {type(None)}
            if types == {str} and "" not in values:
                columns[name] = [value or "" for value in values]
            elif types == {list}:
                lists = [() if value is None else tuple(value) for value in values]
                if {type(part) for parts in lists for part in parts} - {str}:
                    return None
                columns[name] = lists
            elif types:
                return None
        return cls(columns)

    def items(self) -> list[object]:
        """The same, item by item, without what is not given."""
        names = self.columns.keys()
        rows = zip(*self.columns.values(), strict=True)
        return [
            {
                name: list(value) if type(value) is tuple else value
                for name, value in zip(names, row, strict=True)
                if value
            }
            for row in rows
        ]


@dataclass(slots=True)
class Document:
    """`root` holds dicts, lists, text and None (an empty value, which means not given); every scalar is text.

    A long list of items that are all alike may be a `ItemColumns` instead.

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
