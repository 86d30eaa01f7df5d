"""A fast reader of plain YAML: lists of flat items with one field a line, the usual form of long lists.

libyaml makes a Python object for every event, which is most of the cost of reading a large file. Here each item is
one match of a regular expression that is made for items of its shape. For a file with anything else (anchors, tags,
escapes, `: ` in text, values of several lines, odd indentation, …) `read_plain` returns None, and libyaml reads it; a
property test checks that both readers give the same values and places.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from intime_sync.bulk.items import ItemColumns, ItemPlaces, Place

# A plain scalar that YAML reads as just this text: it starts with a letter, a digit or a plus sign, has no characters
# with a special meaning, and spaces only inside.
_FIRST: Final = r"A-Za-z0-9+\u00c0-\u024f"
_PLAIN: Final = f"[{_FIRST}][{_FIRST}@._/()-]*(?: +[{_FIRST}@._/()-]+)*"
_PRINTABLE: Final = r"\x20-\x7e\u00a1-\u024f"
_DOUBLE: Final = r"[\x20\x21\x23-\x5b\x5d-\x7e\u00a1-\u024f]*"
_SINGLE: Final = r"[\x20-\x26\x28-\x7e\u00a1-\u024f]*"

_GAP: Final = re.compile(f"(?: *(?:#[{_PRINTABLE}]*)?\n)+")
_SECTION: Final = re.compile("([a-z_]{1,40}):\n(?=( *)- )")
_NEXT_SECTION: Final = re.compile("\n[a-z_]")
_START: Final = re.compile("( *- )(?:([a-z_]{1,40}):)?")
_FIELD: Final = re.compile("( *)([a-z_]{1,40}):")

# The forms of a field's value: a pattern for what follows its colon, with one group for the value. Compiled when they
# are first used; `re` caches them.
_FORMS: Final = (
    f" ({_PLAIN})\n",
    f' "({_DOUBLE})"\n',
    f" '({_SINGLE})'\n",
)
_ITEM: Final = f"(?:{_PLAIN}|\"{_DOUBLE}\"|'{_SINGLE}')"
_LIST: Final = f" \\[({_ITEM}(?:, {_ITEM})*)\\]\n"
_LINES_OF_LIST: Final = f"\n((?:( *)- {_ITEM}\n)(?:\\2- {_ITEM}\n)*)"

_MAX_SHAPES: Final = 32


@dataclass(slots=True)
class PlainFile:
    """The values of a plain file, and the places of its keys and items."""

    root: dict[str, object] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)
    items: dict[str, ItemPlaces] = field(default_factory=dict)


def read_plain(text: str) -> PlainFile | None:
    """The values and places of the file, or None if any of it is not plain."""
    if not text.endswith("\n"):
        text += "\n"
    file = PlainFile()
    position, line = 0, 1
    while True:
        gap = _GAP.match(text, position)
        if gap:
            position, line = gap.end(), line + text.count("\n", position, gap.end())
        if position == len(text):
            return file
        section = _SECTION.match(text, position)
        if not section or section[1] in file.root:
            return None
        reader = _ListReader(text, section[2], section.end(), line + 1)
        if not reader.read():
            return None
        file.root[section[1]] = reader.values if reader.columns is None else reader.columns
        file.keys[section[1]] = Place(line, 1)
        file.items[section[1]] = reader.places
        position, line = reader.position, reader.line


@dataclass(frozen=True, slots=True)
class _Shape:
    """The form of items that have the same fields, written in the same way. Without names, the items are text.

    `lists` are the names of fields whose value is a list, and the function that splits its text. `lines` is the
    number of lines of an item, or None where it differs between items, since their lists have a line for each value.
    """

    pattern: re.Pattern[str]
    names: tuple[str, ...]
    lists: tuple[tuple[str, Callable[[str], list[str]]], ...]
    lines: int | None


class _ListReader:
    """Reads the items of one section; afterwards, `position` and `line` are those after the last item."""

    def __init__(self, text: str, indent: str, position: int, line: int) -> None:
        self.values: list[object] = []
        self.columns: ItemColumns | None = None
        self.places = ItemPlaces()
        self.position = position
        self.line = line
        self._text = text
        self._indent = indent
        self._shapes: list[_Shape] = []

    def read(self) -> bool:
        """Read all items; False if one is not plain."""
        text, begin = self._text, f"{self._indent}- "
        while True:
            if text.startswith(begin, self.position):
                shape = self._next_shape()
                if shape is None:
                    return False
                if self.values or not self._read_all_alike(shape):
                    self._read_run(shape)
                continue
            gap = _GAP.match(text, self.position)
            if gap is None:
                # A section's next key stands in the first column; anything else is not plain.
                return True
            self.line += text.count("\n", self.position, gap.end())
            self.position = gap.end()

    def _read_all_alike(self, shape: _Shape) -> bool:
        """Read the rest of the file as items of one shape; False, with nothing read, if it has anything else."""
        text, position = self._text, self.position
        if shape.lines is None or len(shape.names) < 2:
            return False
        if _NEXT_SECTION.search(text, position):
            return False
        first = shape.pattern.match(text, position)
        if first is None:
            return False
        around = len(first[0]) - sum(map(len, first.groups()))
        columns = [*zip(*shape.pattern.findall(text, position), strict=True)]
        count = len(columns[0])
        end = position + count * around + sum(sum(map(len, column)) for column in columns)
        # `findall` skips text that does not match: then the lengths of the items do not add up to the position of
        # the last one.
        if text[end:].strip("\n") or text[end - 1] != "\n" or any("" in column for column in columns):
            return False
        named: dict[str, Sequence[str] | Sequence[tuple[str, ...]]] = dict(zip(shape.names, columns, strict=True))
        for name, split in shape.lists:
            written = named[name]
            parts = {each: tuple(split(each)) for each in {*written}}
            named[name] = [parts[each] for each in written]
        self.columns = ItemColumns(named)
        self.places.lines = array("l", range(self.line, self.line + count * shape.lines, shape.lines))
        self.places.columns = array("l", [len(self._indent) + 3]) * count
        self.position, self.line = end, self.line + count * shape.lines
        return True

    def _read_run(self, shape: _Shape) -> None:
        """Read the next items, one by one, as long as they have this shape."""
        text, position, line = self._text, self.position, self.line
        match, names, lists, lines = shape.pattern.match, shape.names, shape.lists, shape.lines
        append, at = self.values.append, self.places.lines.append
        before = len(self.values)
        while found := match(text, position):
            if names:
                item: dict[str, object] = dict(zip(names, found.groups(), strict=True))
                for name, split in lists:
                    item[name] = split(item[name])  # type: ignore[arg-type]
                append(item)
            else:
                append(found[1])
            at(line)
            start, position = position, found.end()
            line += text.count("\n", start, position) if lines is None else lines
        column = len(self._indent) + 3
        self.places.columns.extend([column] * (len(self.values) - before))
        self.position, self.line = position, line

    def _next_shape(self) -> _Shape | None:
        """The shape of the next item, a known or a new one; None if the item is not plain."""
        for shape in self._shapes:
            if shape.pattern.match(self._text, self.position):
                return shape
        new = _shape_at(self._text, self.position, self._indent) if len(self._shapes) < _MAX_SHAPES else None
        if new is None or not new.pattern.match(self._text, self.position):
            return None
        self._shapes.append(new)
        return new


def _shape_at(text: str, position: int, indent: str) -> _Shape | None:
    """A new shape for the item at `position`, or None if it is not plain."""
    start = _START.match(text, position)
    if start is None:
        return None
    # A following line that is indented deeper than the dash would belong to this item.
    pattern, behind = re.escape(start[1]), f"(?!{indent} )"
    if start[2] is None:
        return _Shape(re.compile(f"{pattern}({_PLAIN})\n{behind}"), (), (), 1)
    names: list[str] = []
    lists: list[tuple[str, Callable[[str], list[str]]]] = []
    lines: int | None = 0
    inner = f"{indent}  "
    key = _FIELD.match(text, start.end(1))
    while key is not None:
        name, at = key[2], key.end()
        written = next((form for form in _FORMS if re.compile(form).match(text, at)), _LIST)
        found = re.compile(written).match(text, at)
        if found is not None:
            lines = None if lines is None else lines + 1
            if written is _LIST:
                lists.append((name, _split_flow))
        else:
            found = re.compile(_LINES_OF_LIST).match(text, at)
            if found is None or len(found[2]) < len(inner):
                return None
            dash = f"{found[2]}- "
            written = f"\n((?:{dash}{_ITEM}\n)+)"
            lines = None
            lists.append((name, _block_splitter(dash)))
        if name in names:
            return None
        names.append(name)
        pattern += f"{name}:{written}" if len(names) == 1 else f"{inner}{name}:{written}"
        key = _FIELD.match(text, found.end())
        if key is not None and key[1] != inner:
            key = None
    return _Shape(re.compile(pattern + behind), tuple(names), tuple(lists), lines)


def _split_flow(written: str) -> list[str]:
    if '"' in written or "'" in written:
        return _unquoted(re.findall(_ITEM, written))
    return written.split(", ")


def _unquoted(items: list[str]) -> list[str]:
    return [item[1:-1] if item[0] in "\"'" else item for item in items]


def _block_splitter(dash: str) -> Callable[[str], list[str]]:
    between = f"\n{dash}"

    def split(written: str) -> list[str]:
        return _unquoted(written[len(dash) : -1].split(between))

    return split
