"""The place of any key or value in a YAML text. Slow: used for errors only.

Makes no values. Reads one item or one top-level key at a time where possible, and the whole text where an alias or an
unusual layout prevents that.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import yaml
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from intime_sync.bulk.items import ItemPlaces, Place
from intime_sync.config.document import Path
from intime_sync.config.yaml_errors import Lines
from intime_sync.model.problem import Origin


class _Unreadable(Exception):
    """This excerpt cannot be read alone; the whole text must be read."""


@dataclass(slots=True)
class _Node:
    """A value's place and its content: text, items or pairs; `merged` are the mappings that `<<` merges."""

    place: Place
    text: str = ""
    items: list[_Node] = field(default_factory=list)
    pairs: dict[str, tuple[Place, _Node]] = field(default_factory=dict)
    merged: list[_Node] = field(default_factory=list)

    def child(self, step: str | int) -> tuple[Place, _Node] | None:
        """The place of the key `step` and its value; for a position in a list, the item's place and the item."""
        if isinstance(step, int):
            return (self.items[step].place, self.items[step]) if 0 <= step < len(self.items) else None
        if step in self.pairs:
            return self.pairs[step]
        return next((found for node in self.merged if (found := node.child(step))), None)


class YamlLocator:
    """Places in one YAML text that was read without a fatal error."""

    __slots__ = ("__dict__", "_file", "_items", "_keys", "_last", "_text")

    def __init__(self, file: str, text: str, keys: Mapping[str, Place], items: Mapping[str, ItemPlaces]) -> None:
        self._file = file
        self._text = text
        self._keys = keys
        self._items = items
        # The last excerpt is kept: an item with many problems, such as a message with many recipients, is read once.
        self._last: tuple[tuple[Place, Place | None, bool], _Node | None] | None = None

    def __call__(self, path: Path, *, key: bool = False) -> Origin:
        """See `Locate`."""
        return Origin(self._file, *self._place(path, key))

    def _place(self, path: Path, key: bool) -> Place:
        if not path:
            return next(iter(self._keys.values()), Place(1, 1))
        if key and len(path) == 1 and path[0] in self._keys:
            return self._keys[str(path[0])]
        start = self._excerpt(path)
        return _walk(self._whole, path, key) if start is None else _walk(*start, key)

    def _excerpt(self, path: Path) -> tuple[_Node, Path] | None:
        """The smallest part that holds `path`, with the rest of the path; None if the whole text must be read."""
        top = str(path[0])
        items = self._items.get(top)
        if items and len(path) > 1 and isinstance(path[1], int) and 0 <= path[1] < len(items):
            following = items[path[1] + 1] if path[1] + 1 < len(items) else None
            node, rest = self._read(items[path[1]], following, one_pair=False), path[2:]
        elif top in self._keys:
            start = self._keys[top]
            after = bisect_right(self._starts, start)
            following = self._starts[after] if after < len(self._starts) else None
            node, rest = self._read(start, following, one_pair=True), path
        else:
            return None
        return None if node is None else (node, rest)

    def _read(self, start: Place, following: Place | None, *, one_pair: bool) -> _Node | None:
        """The node at a place, or only its first key with its value; None if the whole text must be read."""
        which = (start, following, one_pair)
        if self._last is None or self._last[0] != which:
            try:
                self._last = (which, self._read_excerpt(*which))
            except (_Unreadable, yaml.YAMLError):
                self._last = (which, None)
        return self._last[1]

    def _read_excerpt(self, start: Place, following: Place | None, one_pair: bool) -> _Node:
        end = len(self._text) if following is None else self._lines.offset(following)
        text = self._text[self._lines.offset(start) : end]
        node = _Reader(" " * (start.column - 1) + text, start.line - 1, excerpt=True).read(one_pair=one_pair)
        if node.place != start:
            raise _Unreadable
        return node

    @cached_property
    def _starts(self) -> list[Place]:
        return sorted(self._keys.values())

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self._text)

    @cached_property
    def _whole(self) -> _Node:
        return _Reader(self._text, 0, excerpt=False).read()


class _Reader:
    """Composes nodes from events; recursive, since the text is known to be at most 50 deep."""

    def __init__(self, text: str, lines_before: int, *, excerpt: bool) -> None:
        self._excerpt = excerpt
        self._parser = CParser(text)
        self._lines_before = lines_before
        self._anchors: dict[str, _Node] = {}

    def read(self, *, one_pair: bool = False) -> _Node:
        """The first node; what follows it is not read, so it may be cut anywhere."""
        event = self._next()
        while isinstance(event, StreamStartEvent | DocumentStartEvent):
            event = self._next()
        return self._node(event, one_pair=one_pair)

    def _next(self) -> Any:
        return self._parser.get_event()

    def _place(self, event: Any) -> Place:
        mark = event.start_mark
        return Place(mark.line + 1 + self._lines_before, mark.column + 1)

    def _node(self, event: Any, *, one_pair: bool = False) -> _Node:
        if isinstance(event, AliasEvent):
            if self._excerpt:
                raise _Unreadable  # the anchor may be outside the excerpt, or be defined again before it
            return self._anchors.get(str(event.anchor)) or _Node(self._place(event))
        node = _Node(self._place(event))
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self._anchors[anchor] = node
        if isinstance(event, MappingStartEvent):
            self._pairs(node, one_pair=one_pair)
        elif isinstance(event, SequenceStartEvent):
            while not isinstance(inner := self._next(), SequenceEndEvent):
                node.items.append(self._node(inner))
        elif isinstance(event, ScalarEvent):
            node.text = event.value
        elif not isinstance(event, StreamEndEvent):
            raise _Unreadable
        return node

    def _pairs(self, node: _Node, *, one_pair: bool) -> None:
        while not isinstance(event := self._next(), MappingEndEvent):
            place, name = self._place(event), self._node(event).text
            value = self._node(self._next())
            if name == "<<" and not event_is_quoted(event):
                node.merged += value.items or [value]
            node.pairs[name] = (place, value)
            if one_pair:
                return


def event_is_quoted(event: Any) -> bool:
    """Whether a scalar stood in quotes or in a block, so that `<<` is a key like any other."""
    return bool(getattr(event, "style", None))


def _walk(node: _Node, path: Path, key: bool) -> Place:
    place = node.place
    for step in path:
        found = node.child(step)
        if found is None:
            return place
        key_place, node = found
        place = key_place if key else node.place
    return place
