"""Reads CSV files: UTF-8 or Windows-1252, separated by commas or semicolons.

Owns encodings, quotes and the places of cells; knows no header and no section.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from functools import cached_property
from itertools import count, islice

from intime_sync.config.document import Document
from intime_sync.config.tables import MOST_CELLS, MOST_COLUMNS, MOST_ROWS, Row, read_rows, table_too_large
from intime_sync.kinds.fields import SectionSpec
from intime_sync.model.problem import Origin, Problem


def read_csv(file: str, data: bytes, section: SectionSpec) -> tuple[Document | None, list[Problem]]:
    """The document of a table, None if it cannot be read, and its problems; never raises."""
    rows, columns, problems = csv_rows(file, data)
    return (None, problems) if columns is None else read_rows(rows, section, columns, problems)


def csv_rows(file: str, data: bytes) -> tuple[list[Row], CsvColumns | None, list[Problem]]:
    """The rows of a table, with empty ones; its columns, None if it cannot be read at all; and its problems."""
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
