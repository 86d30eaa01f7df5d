"""Makes Documents of the rows of tables (CSV, XLSX): a header of field names, then one item per row.

Owns what a header and a cell mean; checks no value. Cells are text; an empty one means that its field is not given.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from intime_sync.bulk.items import ItemColumns, ItemPlaces
from intime_sync.config.document import Document, Path
from intime_sync.config.wording import did_you_mean, shown
from intime_sync.kinds.fields import Field, FieldType, SectionSpec
from intime_sync.model.problem import Origin, Problem

MOST_ROWS = 500_000
"""The most rows of a table, with the header and, in CSV, empty ones."""

MOST_COLUMNS = 512
MOST_CELLS = 5_000_000
"""The most cells of a table, with empty ones before the last of a row."""

_MOST_MISFITS = 1000
"""The most rows that are reported as not fitting the header."""

_MANY = 500
"""Tables with fewer rows are always read row by row."""


class Row(NamedTuple):
    """A row's first line (XLSX: its number) and its cells."""

    line: int
    cells: Sequence[str]


def table_too_large(file: str, line: int, column: int, limit: str) -> Problem:
    """The problem of a table that is too large, at the first place beyond `limit`."""
    message = (
        f"this is more than is read of a table: at most {limit}; remove what is not needed, also far to the right "
        "and far below, or divide it into several files"
    )
    return Problem("table-too-large", message, Origin(file, line, column))


class Columns(Protocol):
    """Finds the places of cells in one table."""

    @property
    def file(self) -> str:
        """The name of the file."""

    def origin(self, line: int, index: int) -> Origin:
        """The origin of the cell number `index` (from 0) of the row that starts on `line`."""


class TableLocator:
    """Finds places in one table, by its header; see `Locate`."""

    def __init__(self, section: str, header: dict[str, int], rows: ItemPlaces, columns: Columns) -> None:
        self._section = section
        self._header = header
        self._rows = rows
        self._columns = columns

    def __call__(self, path: Path, *, key: bool = False) -> Origin:
        """The origin of a row's cell; of its row, where the table has no such column."""
        del key  # keys are in the header, and the problem is in the cell
        if len(path) < 2 or path[0] != self._section or not isinstance(path[1], int):
            return Origin(self._columns.file, 1, 1)
        if not 0 <= path[1] < len(self._rows):
            return Origin(self._columns.file, 1, 1)
        row = Origin(self._columns.file, *self._rows[path[1]])
        names = [step for step in path[2:] if isinstance(step, str)]
        while names:
            index = self._header.get(".".join(names))
            if index is not None:
                return self._columns.origin(row.line, index)
            names.pop()
        return row


@dataclass(frozen=True, slots=True)
class _Column:
    """The field that a column fills, of the item or of a mapping in it; with `is_list`, cells are split at `|`."""

    index: int
    parents: tuple[str, ...]
    name: str
    is_list: bool


def read_rows(
    rows: Iterable[Row], section: SectionSpec, columns: Columns, problems: list[Problem]
) -> tuple[Document | None, list[Problem]]:
    """The document of a table, and all its problems, which begin with those found before (`problems`).

    Rows that do not fit the header are left out. With a wrong header there is no document, since every row would be
    wrong in the same way.
    """
    remaining = iter(rows)
    header = next(_filled(remaining), None)
    if header is None:
        return (None if problems else _document(section, [], ItemPlaces(), {}, columns)), problems
    line, names = header
    header_columns, header_problems = _header(line, names, section, columns)
    unreadable = bool(problems or header_problems)
    problems += header_problems
    body = [row for row in remaining if row.cells]
    uniform = None if unreadable else _uniform(body, len(names), header_columns)
    if uniform is not None:
        items: list[object] | ItemColumns = uniform
        places = ItemPlaces(array("l", [line for line, _ in body]), array("l", [1]) * len(body))
    else:
        items, places = _items(body, names, header_columns, columns, problems)
    if unreadable:
        return None, sorted(problems, key=Problem.sort_key)
    indices = {".".join((*column.parents, column.name)): column.index for column in header_columns}
    document = _document(section, items, places, indices, columns)
    return document, sorted(problems, key=Problem.sort_key)


def _items(
    rows: Iterable[Row], names: Sequence[str], header: Sequence[_Column], columns: Columns, problems: list[Problem]
) -> tuple[list[object], ItemPlaces]:
    """The items of rows that fit the header, and their places; problems of the others are added to `problems`."""
    items: list[object] = []
    places = ItemPlaces()
    misfitting = 0
    for line, cells in _filled(rows):
        misfits = _misfits(line, cells, names, columns)
        if misfits:
            misfitting += 1
            if misfitting > _MOST_MISFITS:
                message = f"more than {_MOST_MISFITS:,} rows do not fit the header; the rest is not looked at"
                problems.append(Problem("csv-row", message, columns.origin(line, 0)))
                break
            problems += misfits
            continue
        items.append(_item(cells, header))
        places.add(line, 1)
    return items, places


def _filled(rows: Iterable[Row]) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, their cells without white space around them."""
    filled = ((line, [cell.strip() for cell in cells]) for line, cells in rows)
    return ((line, cells) for line, cells in filled if any(cells))


def _uniform(rows: Sequence[Row], width: int, header: Sequence[_Column]) -> ItemColumns | None:
    """The items of many rows, column by column; None if rows are few, misfit the header, or have nested fields."""
    if len(rows) < _MANY or len(header) != width or any(column.parents for column in header):
        return None
    if {*map(len, (cells for _, cells in rows))} != {width}:
        return None
    taken = [[*map(str.strip, cells)] for cells in zip(*(cells for _, cells in rows), strict=True)]
    if not all(map(any, zip(*taken, strict=True))):
        return None
    columns: dict[str, Sequence[str] | Sequence[tuple[str, ...]]] = {}
    for column in header:
        cells = taken[column.index]
        parts = {cell: tuple(_parts(cell)) for cell in {*cells}} if column.is_list else {}
        columns[column.name] = [parts[cell] for cell in cells] if column.is_list else cells
        if not all(part for cell, part in parts.items() if cell):
            return None
    return ItemColumns(columns)


def _document(
    section: SectionSpec,
    items: list[object] | ItemColumns,
    places: ItemPlaces,
    header: dict[str, int],
    columns: Columns,
) -> Document:
    locator = TableLocator(section.name, header, places, columns)
    return Document(columns.file, {section.name: items}, {section.name: places}, locator)


def _header(
    line: int, names: Sequence[str], section: SectionSpec, columns: Columns
) -> tuple[list[_Column], list[Problem]]:
    """The columns that the header names. Columns without a name are left out."""
    known = {column.casefold(): (column, is_list) for column, is_list in _known_columns(section.fields)}
    found: dict[str, _Column] = {}
    problems: list[Problem] = []
    for index, name in enumerate(names):
        folded = name.casefold()
        if not name:
            continue
        if folded not in known:
            hint = did_you_mean(name, (column for column, _ in known.values()))
            message, code = f"unknown field `{shown(name)}` in the header{hint}", "unknown-field"
        elif folded in found:
            message, code = f"`{shown(name)}` is in the header twice", "duplicate-key"
        else:
            column, is_list = known[folded]
            *parents, last = column.split(".")
            found[folded] = _Column(index, tuple(parents), last, is_list)
            continue
        problems.append(Problem(code, message, columns.origin(line, index)))
    return list(found.values()), problems


def _known_columns(fields: Iterable[Field], prefix: str = "") -> Iterator[tuple[str, bool]]:
    for field in fields:
        if field.type is FieldType.OBJECT:
            yield from _known_columns(field.fields, f"{prefix}{field.name}.")
        else:
            is_list = field.type is FieldType.LIST or any(form.type is FieldType.LIST for form in field.forms)
            yield prefix + field.name, is_list


def _misfits(line: int, cells: Sequence[str], names: Sequence[str], columns: Columns) -> list[Problem]:
    """The problems of cells in columns that have no header."""
    if len(cells) > len(names):
        message = f"{len(cells)} cells under a header of {len(names)}; quote text that holds the separator"
        return [Problem("csv-row", message, columns.origin(line, len(names)))]
    return [
        Problem("csv-row", f"`{shown(cell)}` stands under no header", columns.origin(line, index))
        for index, cell in enumerate(cells)
        if cell and not names[index]
    ]


def _item(cells: Sequence[str], columns: Iterable[_Column]) -> dict[str, object]:
    item: dict[str, object] = {}
    for column in columns:
        cell = cells[column.index] if column.index < len(cells) else ""
        if not cell:
            continue
        target = item
        for parent in column.parents:
            target = target.setdefault(parent, {})  # type: ignore[assignment]
        target[column.name] = _parts(cell) if column.is_list else cell
    return item


def _parts(cell: str) -> list[str]:
    return [part for part in map(str.strip, cell.split("|")) if part]
