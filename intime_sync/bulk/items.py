"""The items of a top-level list: the place of each, and their values field by field."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

_MAX_FIELDS = 64
"""Items with more fields than this, which no section has, would mostly be empty as columns."""


class Place(NamedTuple):
    """A line and a column, both counted from 1."""

    line: int
    column: int


@dataclass(slots=True)
class ItemPlaces:
    """The places of a top-level list's items: two machine arrays, since there may be a hundred thousand."""

    lines: array[int] = field(default_factory=lambda: array("l"))
    columns: array[int] = field(default_factory=lambda: array("l"))

    def add(self, line: int, column: int) -> None:
        """Add the place of one more item."""
        self.lines.append(line)
        self.columns.append(column)

    def extend(self, more: ItemPlaces) -> None:
        """Add the places of more items of the same list."""
        self.lines.extend(more.lines)
        self.columns.extend(more.columns)

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, index: int) -> Place:
        return Place(self.lines[index], self.columns[index])


@dataclass(frozen=True, slots=True)
class ItemColumns:
    """Very many items, field by field.

    A value is a text or, in a column of lists, a tuple of texts; "" and () stand for fields that are not given.
    """

    columns: Mapping[str, Sequence[str] | Sequence[tuple[str, ...]]]

    def to_list(self) -> list[object]:
        """The same items as mappings, without the fields that are not given."""
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


def item_list(value: object) -> object:
    """`value` itself, but columns as a list of items."""
    return value.to_list() if isinstance(value, ItemColumns) else value


def item_columns(value: object) -> ItemColumns | None:
    """The items field by field; None if one is not a flat mapping of text and lists of text."""
    if isinstance(value, ItemColumns):
        return value
    if not isinstance(value, list) or {*map(type, value)} != {dict}:
        return None
    names = {}.fromkeys(chain.from_iterable(value))
    if len(names) > _MAX_FIELDS:
        return None
    columns: dict[str, Sequence[str] | Sequence[tuple[str, ...]]] = {}
    for name in names:
        values = [item.get(name) for item in value]
        types = {*map(type, values)} - {type(None)}
        if types == {str} and "" not in values:
            columns[name] = [text or "" for text in values]
        elif types == {list}:
            lists = [() if parts is None else tuple(parts) for parts in values]
            if {type(part) for parts in lists for part in parts} - {str}:
                return None
            columns[name] = lists
        elif types:
            return None
    return ItemColumns(columns)
