"""The bytes of an included file to its document, whatever its format."""

from __future__ import annotations

import os
from pathlib import Path

from intime_sync.config.document import Document
from intime_sync.config.files import IncludedFile
from intime_sync.config.tables import read_csv, read_xlsx
from intime_sync.config.yaml_reader import read_yaml
from intime_sync.kinds.registry import BY_SECTION
from intime_sync.model.problem import Origin, Problem

MOST_BYTES = 128 * 1024 * 1024
"""Of a file; 300 000 contacts in YAML need about 45 MB."""


def read_bytes(path: Path, name: str) -> bytes | Problem:
    """What is in a file, or that it is too large. Raises OSError."""
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
    """The document in `data`, and everything wrong with it as a file; never raises."""
    if file.section is None:
        return read_yaml(file.name, data)
    read = read_xlsx if file.path.suffix.lower() == ".xlsx" else read_csv
    return read(file.name, data, BY_SECTION[file.section].spec)
