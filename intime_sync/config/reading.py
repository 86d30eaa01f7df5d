"""The bytes of an included file to its document, whatever its format."""

from __future__ import annotations

from intime_sync.config.document import Document
from intime_sync.config.files import IncludedFile
from intime_sync.config.tables import read_csv, read_xlsx
from intime_sync.config.yaml_reader import read_yaml
from intime_sync.kinds.registry import BY_SECTION
from intime_sync.model.problem import Problem


def read_file(file: IncludedFile, data: bytes) -> tuple[Document | None, list[Problem]]:
    """The document in `data`, and everything wrong with it as a file; never raises."""
    if file.section is None:
        return read_yaml(file.name, data)
    read = read_xlsx if file.path.suffix.lower() == ".xlsx" else read_csv
    return read(file.name, data, BY_SECTION[file.section].spec)
