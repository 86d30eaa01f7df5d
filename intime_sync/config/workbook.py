"""Workbooks: the rows of the first sheet as text. The only module that imports openpyxl, on first use.

Owns how Excel's phone numbers, times and booleans are spelled; knows no header and no section.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final

from intime_sync.config.document import Document
from intime_sync.config.tables import (
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_ROWS,
    Row,
    read_rows,
    table_too_large,
)
from intime_sync.config.wording import shown
from intime_sync.kinds.fields import SectionSpec
from intime_sync.model.problem import Origin, Problem

_MOST_BYTES: Final = 256 * 1024 * 1024
_LAST_ROW: Final = 1_048_576
"""The number of Excel's last row; rows with a higher number are not read."""

_MOST_TAGS: Final = 16_000_000
"""The most tags in the whole file: openpyxl keeps something in memory for most of them."""

_MOST_TAGS_WITHOUT_ROWS: Final = 4_000_000
_MOST_TAGS_OF_A_ROW: Final = 200_000
"""openpyxl holds a whole row before it can be counted; Excel writes a tag for each of 16,384 formatted cells."""

_LONGEST_CELL: Final = 131_072
_UTF_16: Final = re.compile(rb"\xff\xfe|\xfe\xff|[<\s]\0|\0[<\s]")
_DECLARATIONS: Final = (b"<!DOCTYPE", b"<!ENTITY")
_ROW: Final = re.compile(rb"<(?:[\w.-]+:)?row\b")
_PIECE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SheetColumns:
    """Places of cells in a sheet: the line is the number of the row, the column that of the cell."""

    file: str

    def origin(self, line: int, index: int) -> Origin:
        """The origin of the cell number `index` (from 0) of a row."""
        return Origin(self.file, line, index + 1)


def read_xlsx(file: str, data: bytes, section: SectionSpec) -> tuple[Document | None, list[Problem]]:
    """The document of a workbook's first sheet, None if it cannot be read, and its problems; never raises."""
    rows = workbook_rows(file, data)
    return (None, [rows]) if isinstance(rows, Problem) else read_rows(rows, section, SheetColumns(file), [])


def workbook_rows(file: str, data: bytes) -> list[Row] | Problem:
    """The rows of the first sheet, or why they cannot be read."""
    if find_spec("openpyxl") is None:
        message = 'reading Excel files needs openpyxl: pip install "intime-sync[excel]"'
        return Problem("excel-missing", message, Origin(file, 1, 1))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
            if unpacked > _MOST_BYTES:
                return _unreadable(file, f"it unpacks to {unpacked // 2**20} MB")
            scanned = [_scan(archive, part.filename) for part in archive.infolist()]
        problem = _too_much(file, scanned)
        if problem is not None:
            return problem
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and validations, which no value depends on
            workbook = _opened(data)
            try:
                return _rows(file, workbook.worksheets[0])
            finally:
                workbook.close()
    except MemoryError:
        return _unreadable(file, "it needs more memory than there is")
    except Exception as error:  # noqa: BLE001 - openpyxl raises nearly anything on a damaged file
        return _unreadable(file, shown(error) or type(error).__name__)


def _opened(data: bytes) -> Any:
    """A workbook as `openpyxl.load_workbook` opens it, except that no sheet is parsed to find out its size."""
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

    class Sheet(ReadOnlyWorksheet):
        def _get_size(self) -> None:
            """Not needed: rows are read until there are no more."""

    class Reader(ExcelReader):
        def read_worksheets(self) -> None:
            for sheet, relation in self.parser.find_sheets():
                if relation.target not in self.valid_files:
                    continue
                if "chartsheet" in relation.Type:
                    self.read_chartsheet(sheet, relation)  # type: ignore[arg-type]
                else:
                    found = Sheet(self.wb, sheet.name, relation.target, self.shared_strings)
                    self.wb._sheets.append(found)  # type: ignore[attr-defined]

    reader = Reader(io.BytesIO(data), read_only=True, data_only=True)
    reader.read()
    return reader.wb


def _unreadable(file: str, why: str) -> Problem:
    return Problem("excel-unreadable", f"this is no workbook that can be read: {why}", Origin(file, 1, 1))


def unpacked_size(data: bytes) -> int:
    """The unpacked size in bytes that a workbook states (no more are read); 0 if `data` is not a workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return sum(part.file_size for part in archive.infolist())
    except Exception:  # noqa: BLE001 - the problem is reported when it is read
        return 0


@dataclass(slots=True)
class _Scanned:
    """Counts of a part of the archive, made without a parser, which would need memory for all of it.

    `may_hide_rows`: it has comments or declarations, which are allowed in parts without rows. `is_odd`: it is UTF-16
    or declares entities, which no program writes in a workbook.
    """

    tags: int = 0
    rows: int = 0
    longest_row: int = 0
    may_hide_rows: bool = False
    is_odd: bool = False


def _scan(archive: zipfile.ZipFile, name: str) -> _Scanned:
    found = _Scanned()
    instructions, tags_of_row, rest = 0, 0, b""
    with archive.open(name) as part:
        while piece := part.read(_PIECE):
            if not found.tags and not rest:
                # In UTF-16, the searches below would find neither rows nor declarations.
                found.is_odd |= _UTF_16.match(piece) is not None
            cut = (rest + piece).rfind(b"<")  # so that no tag is seen in two halves
            markup, rest = ((rest + piece)[:cut], (rest + piece)[cut:]) if cut > 0 else (b"", rest + piece)
            first, *others = _ROW.split(markup)
            tags_of_row += first.count(b"<")
            for other in others:
                found.longest_row = max(found.longest_row, tags_of_row)
                tags_of_row = other.count(b"<")
            found.tags += markup.count(b"<")
            found.rows += len(others)
            instructions += markup.count(b"<?")
            found.may_hide_rows |= b"<!" in markup
            found.is_odd |= any(declaration in markup for declaration in _DECLARATIONS)
    found.longest_row = max(found.longest_row, tags_of_row)
    found.may_hide_rows |= instructions > 1
    return found


def _too_much(file: str, parts: Sequence[_Scanned]) -> Problem | None:
    """Why the parts of a workbook are not parsed; None if they may be."""
    for part in parts:
        if part.is_odd:
            return _unreadable(file, "a part of it is UTF-16 or declares entities, which no program writes there")
        if part.rows > MOST_ROWS:
            return table_too_large(file, MOST_ROWS + 1, 1, f"{MOST_ROWS:,} rows, empty ones counted")
        if part.rows and part.may_hide_rows:
            return _unreadable(file, "a sheet holds comments or declarations, which no program writes there")
        if part.rows and part.longest_row > _MOST_TAGS_OF_A_ROW:
            return _unreadable(file, f"a row has more than {_MOST_TAGS_OF_A_ROW:,} tags")
        if not part.rows and part.tags > _MOST_TAGS_WITHOUT_ROWS:
            return _unreadable(file, f"a part of it has more than {_MOST_TAGS_WITHOUT_ROWS:,} tags")
    if sum(part.tags for part in parts) > _MOST_TAGS:
        return _unreadable(file, f"it has more than {_MOST_TAGS:,} tags")
    return None


def _rows(file: str, sheet: Any) -> list[Row] | Problem:
    # openpyxl pads every row to the size that the sheet claims, which may be wrong.
    sheet.reset_dimensions()
    found: list[Row] = []
    count = 0
    for number, row in enumerate(sheet.iter_rows(max_row=_LAST_ROW, values_only=True), start=1):
        cells = _trimmed(["" if value is None else _text(value) for value in row])
        if not cells:
            continue
        count += len(cells)
        if number > MOST_ROWS:
            return table_too_large(file, number, 1, f"{MOST_ROWS:,} rows")
        if len(cells) > MOST_COLUMNS:
            return table_too_large(file, number, len(cells), f"{MOST_COLUMNS:,} columns")
        if count > MOST_CELLS:
            return table_too_large(file, number, len(cells), f"{MOST_CELLS:,} cells, empty ones counted")
        if max(map(len, cells)) > _LONGEST_CELL:
            return table_too_large(file, number, 1, f"{_LONGEST_CELL:,} characters in a cell")
        found.append(Row(number, cells))
    return found


def _trimmed(cells: list[str]) -> list[str]:
    """Without the empty cells at the end: a sheet's rows are as wide as its widest, or padded."""
    while cells and not cells[-1].strip():
        cells.pop()
    return cells


def _text(value: object) -> str:
    """A cell as a person would have typed it: Excel keeps a phone number as the float 46701740605.0."""
    match value:
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case dt.datetime():
            moment = value.replace(microsecond=0) + dt.timedelta(seconds=round(value.microsecond / 1_000_000))
            return moment.isoformat(timespec="seconds" if moment.second else "minutes")
        case dt.time():
            return value.isoformat(timespec="seconds" if value.second else "minutes")
        case _:
            return str(value)
