"""Tables (CSV, XLSX) to Documents: a header of field names, then one item per row.

Owns what a header and a cell mean; checks no value. Cells are text; an empty one means that its field is not given.
"""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, islice
from typing import NamedTuple, TypeAlias

from intime_sync.bulk.items import ItemColumns, ItemPlaces
from intime_sync.config.document import Document, Path
from intime_sync.config.wording import did_you_mean, shown
from intime_sync.kinds.fields import Field, FieldType, SectionSpec
from intime_sync.model.problem import Origin, Problem

MOST_ROWS = 500_000
"""Rows of a table, with the header and, in CSV, empty ones."""

MOST_COLUMNS = 512
MOST_CELLS = 5_000_000
"""Cells of a table, empty ones before the last of a row counted."""

_MOST_MISFITS = 1000
"""The most rows that are reported as not fitting the header."""

_MANY = 500
"""Tables with fewer rows are always read row by row."""


class Row(NamedTuple):
    """A row's first line (XLSX: its number) and its cells."""

    line: int
    cells: Sequence[str]


def read_csv(file: str, data: bytes, section: SectionSpec) -> tuple[Document | None, list[Problem]]:
    """The items in a comma- or semicolon-separated table, and everything wrong with it; never raises."""
    rows, columns, problems = csv_rows(file, data)
    return (None, problems) if columns is None else read_rows(rows, section, columns, problems)


def csv_rows(file: str, data: bytes) -> tuple[list[Row], CsvColumns | None, list[Problem]]:
    """The rows of a comma- or semicolon-separated table, empty ones too; no columns when it cannot be read at all."""
    text = _decode(file, data)
    if isinstance(text, Problem):
        return [], None, [text]
    delimiter = _delimiter(text)
    rows: list[Row] = []
    lines = 0
    problems: list[Problem] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        if '"' not in text:
            # Without quotes every line is a row.
            if text.count("\n") > MOST_ROWS:
                return [], None, [table_too_large(file, MOST_ROWS + 1, 1, f"{MOST_ROWS:,} rows, empty ones counted")]
            rows.extend(map(Row._make, zip(count(1), reader, strict=False)))
        for cells in islice(reader, MOST_ROWS + 1 - len(rows)):
            rows.append(Row(lines + 1, cells))
            lines = reader.line_num
    except csv.Error as error:
        # After a quote that is not closed, rows cannot be told from text, so nothing after it is read.
        last = max(lines, len(rows))
        problems.append(Problem("csv-row", _csv_message(str(error)), Origin(file, last + 1, 1)))
    too_large = _too_large(file, rows)
    if too_large is not None:
        return [], None, [too_large]
    return rows, CsvColumns(file, text, delimiter), problems


def _too_large(file: str, rows: Sequence[Row]) -> Problem | None:
    """The problem of a CSV file with more rows, columns or cells than are read; None if it has not."""
    if len(rows) > MOST_ROWS:
        return table_too_large(file, rows[-1].line, 1, f"{MOST_ROWS:,} rows, empty ones counted")
    widths = [len(cells) for _, cells in rows]
    widest = max(widths, default=0)
    if widest > MOST_COLUMNS:
        row = rows[widths.index(widest)]
        return table_too_large(file, row.line, 1, f"{MOST_COLUMNS:,} columns, empty ones counted")
    if sum(widths) > MOST_CELLS:
        return table_too_large(file, rows[-1].line, 1, f"{MOST_CELLS:,} cells, empty ones counted")
    return None


def table_too_large(file: str, line: int, column: int, limit: str) -> Problem:
    """The problem of a table that is too large, at the first place beyond `limit`."""
    message = (
        f"this is more than is read of a table: at most {limit}; remove what is not needed, also far to the right "
        "and far below, or divide it into several files"
    )
    return Problem("table-too-large", message, Origin(file, line, column))


class CsvColumns:
    """Finds where a cell starts in the text of a table. Slow: used for errors only."""

    def __init__(self, file: str, text: str, delimiter: str) -> None:
        self.file = file
        self._text = text
        self._delimiter = delimiter

    @cached_property
    def _lines(self) -> list[str]:
        return io.StringIO(self._text, newline="").readlines()

    def origin(self, line: int, index: int) -> Origin:
        """The origin of the cell number `index` (from 0) of the row that starts on `line`."""
        quoted, starts = False, True
        for number, physical in enumerate(islice(self._lines, line - 1, None), start=line):
            for column, character in enumerate(physical, start=1):
                if index == 0:
                    return Origin(self.file, number, column)
                if character == '"' and (quoted or starts):
                    quoted = not quoted
                elif character == self._delimiter and not quoted:
                    index -= 1
                starts = character == self._delimiter and not quoted
            if not quoted:
                return Origin(self.file, number, len(physical.rstrip("\r\n")) + 1)
        return Origin(self.file, line, 1)


@dataclass(frozen=True, slots=True)
class SheetColumns:
    """Places of cells in a sheet: the line is the number of the row, the column that of the cell."""

    file: str

    def origin(self, line: int, index: int) -> Origin:
        """The origin of the cell number `index` (from 0) of a row."""
        return Origin(self.file, line, index + 1)


Columns: TypeAlias = CsvColumns | SheetColumns


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
    """The items of rows that fit the header, and their places; what is wrong with the others goes to `problems`."""
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


def _decode(file: str, data: bytes) -> str | Problem:
    """The text of a CSV file: UTF-8, or else Windows-1252, which Excel writes; or why it cannot be read."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Problem("csv-encoding", "the file is UTF-16; save it as CSV UTF-8", Origin(file, 1, 1))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError as error:
            message = f"byte 0x{data[error.start]:02x} is neither UTF-8 nor Windows-1252; save the file as CSV UTF-8"
            line = data.count(b"\n", 0, error.start) + 1
            column = error.start - data.rfind(b"\n", 0, error.start)
            return Problem("csv-encoding", message, Origin(file, line, column))
    nul = text.find("\0")
    if nul >= 0:
        origin = Origin(file, text.count("\n", 0, nul) + 1, nul - text.rfind("\n", 0, nul))
        return Problem("csv-nul", "a NUL byte; is this a CSV file?", origin)
    return text


def _delimiter(text: str) -> str:
    """`;` or `,`: the one that the header has more of, since a header needs no quotes."""
    header = next((line for line in io.StringIO(text) if line.strip()), "")
    return ";" if header.count(";") > header.count(",") else ","


def _csv_message(error: str) -> str:
    if "unexpected end of data" in error:
        return 'the row that starts here has a `"` that is never closed'
    if "expected after" in error:
        return 'text after a closing `"`; write `""` for a quote inside a quoted cell'
    if "field larger" in error:
        return 'a cell of more than 131072 characters; is a `"` not closed?'
    return f"not CSV: {error}"
