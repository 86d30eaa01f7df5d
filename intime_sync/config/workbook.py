"""The rows of a workbook's first sheet as text. The only module that imports openpyxl, when asked.

Owns what Excel makes of phone numbers, times and booleans; knows no header and no section.
"""

from __future__ import annotations

import datetime as dt
import io
import warnings
import zipfile

from intime_sync.config.tables import Row
from intime_sync.config.wording import shown
from intime_sync.model.problem import Origin, Problem

_MOST_BYTES = 256 * 1024 * 1024
_MOST_ROWS = 1_048_576
_MOST_COLUMNS = 512


def workbook_rows(file: str, data: bytes) -> list[Row] | Problem:
    """The rows of the first sheet, or why they cannot be read."""
    try:
        import openpyxl
    except ImportError:
        message = 'reading Excel files needs openpyxl: pip install "intime-sync[excel]"'
        return Problem("excel-missing", message, Origin(file, 1, 1))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > _MOST_BYTES:
            return _unreadable(file, f"it unpacks to {unpacked // 2**20} MB")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and validations, which no value depends on
            workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            try:
                return _rows(workbook.worksheets[0])
            finally:
                workbook.close()
    except MemoryError:
        return _unreadable(file, "it needs more memory than there is")
    except Exception as error:  # noqa: BLE001 - openpyxl raises nearly anything on a damaged file
        return _unreadable(file, shown(error) or type(error).__name__)


def _unreadable(file: str, why: str) -> Problem:
    return Problem("excel-unreadable", f"this is no workbook that can be read: {why}", Origin(file, 1, 1))


def _rows(sheet: object) -> list[Row]:
    # The size that a sheet claims pads every row to it, true or not.
    sheet.reset_dimensions()  # type: ignore[attr-defined]
    rows = sheet.iter_rows(max_row=_MOST_ROWS, max_col=_MOST_COLUMNS, values_only=True)  # type: ignore[attr-defined]
    return [Row(number, _trimmed([_text(value) for value in row])) for number, row in enumerate(rows, start=1) if row]


def _trimmed(cells: list[str]) -> list[str]:
    """Without the empty cells at the end: a sheet's rows are as wide as its widest, or padded."""
    while cells and not cells[-1].strip():
        cells.pop()
    return cells


def _text(value: object) -> str:
    """What a person would have typed: Excel keeps a phone number as the float 46701740605.0."""
    match value:
        case None:
            return ""
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
