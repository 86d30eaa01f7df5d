"""Reads included files of any format as documents, within limits of size."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from intime_sync.config.csv_table import read_csv
from intime_sync.config.document import Document
from intime_sync.config.files import IncludedFile
from intime_sync.config.yaml_reader import read_yaml
from intime_sync.kinds.registry import BY_SECTION
from intime_sync.model.problem import Origin, Problem

MOST_BYTES = 128 * 1024 * 1024
"""The most bytes of a file, and of all included files together; 300,000 contacts in YAML need about 45 MB."""

MOST_PARTS = 6_000_000
"""The most lines, separators and brackets of all included files, or of the root; a contact needs about 12."""

MOST_UNPACKED = 256 * 1024 * 1024
"""The most bytes of all included workbooks, unpacked."""

# The bytes that separate values in YAML and tables; the last three are parts of line breaks that only YAML has.
_SEPARATORS: Final = b"\n\r,;|[{-\x85\xa8\xa9"
_OTHERS: Final = bytes(byte for byte in range(256) if byte not in _SEPARATORS)


@dataclass(slots=True)
class ReadAllowance:
    """How much may still be read: bytes, parts (see `MOST_PARTS`), and unpacked bytes of workbooks.

    A few kilobytes in a repository can be thousands of copies of a file, or millions of values of one letter.
    """

    packed: int = MOST_BYTES
    parts: int = MOST_PARTS
    unpacked: int = MOST_UNPACKED

    def take(self, path: Path, name: str, data: bytes) -> Problem | None:
        """Count a file; returns a problem if the files counted so far exceed a limit, else None."""
        self.packed -= len(data)
        if self.packed < 0:
            return _too_much(name, f"{MOST_BYTES:,} bytes")
        if path.suffix.lower() == ".xlsx":
            from intime_sync.config.workbook import unpacked_size

            self.unpacked -= unpacked_size(data)
            return _too_much(name, f"{MOST_UNPACKED:,} bytes of unpacked workbooks") if self.unpacked < 0 else None
        self.parts -= len(data.translate(None, _OTHERS))
        if self.parts < 0:
            return _too_much(name, f"{MOST_PARTS:,} lines, separators and brackets")
        return None


def _too_much(name: str, limit: str) -> Problem:
    message = f"with this file, it is more than is read of a configuration: at most {limit}"
    return Problem("too-much-to-read", message, Origin(name, 1, 1))


def read_bytes(path: Path, name: str) -> bytes | Problem:
    """The content of a file, or a problem if it is too large. Raises OSError."""
    with path.open("rb") as file:
        # A file of zeros takes no room in a repository, and gigabytes in memory.
        size = os.fstat(file.fileno()).st_size
        if size > MOST_BYTES:
            message = (
                f"the file has {size:,} bytes, and at most {MOST_BYTES:,} are read; divide it into several files"
            )
            return Problem("file-too-large", message, Origin(name, 1, 1))
        return file.read()


def read_file(file: IncludedFile, data: bytes) -> tuple[Document | None, list[Problem]]:
    """The document in `data`, None if it cannot be read, and the problems of the file itself; never raises."""
    if file.section is None:
        return read_yaml(file.name, data)
    section = BY_SECTION[file.section].spec
    if file.path.suffix.lower() == ".xlsx":
        from intime_sync.config.workbook import read_xlsx

        return read_xlsx(file.name, data, section)
    return read_csv(file.name, data, section)
