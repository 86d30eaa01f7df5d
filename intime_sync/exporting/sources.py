"""Reading files of people by their suffix: tables (CSV, XLSX) and vCard. Gets bytes, opens nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from intime_sync.config.csv_table import csv_rows
from intime_sync.config.tables import Row
from intime_sync.errors import InvalidConfiguration, InvalidInput
from intime_sync.exporting.columns import read_table
from intime_sync.exporting.people import SourcePerson
from intime_sync.exporting.vcard import read_vcards
from intime_sync.model.problem import Problem

SUFFIXES = (".csv", ".xlsx", ".vcf", ".vcard")
"""The suffixes of files that can be read."""


def read_people(file: str, data: bytes) -> tuple[list[SourcePerson], list[str]]:
    """The people in a file, and remarks on what was left out of it.

    Raises InvalidInput for a file without numbers or addresses of people, InvalidConfiguration for a broken table.
    """
    suffix = PurePath(file).suffix.lower()
    if suffix in (".vcf", ".vcard"):
        people, left_out = read_vcards(file, data)
        if not people:
            raise InvalidInput(f"{file} holds no card of a person", hint="is it a vCard, as contacts apps export it?")
        return people, left_out
    if suffix == ".csv":
        rows: Sequence[Row]
        rows, _, problems = csv_rows(file, data)
    elif suffix == ".xlsx":
        rows, problems = _sheet(file, data)
    else:
        raise InvalidInput(f"{file} is none of {', '.join(SUFFIXES)}", hint="save it as one of these")
    if problems:
        raise InvalidConfiguration(problems)
    found = read_table(file, rows)
    if found is None:
        raise InvalidInput(
            f"{file} has no column of mobile numbers or e-mail addresses that is known by its header",
            hint="call the columns in its first row firstname, lastname, mobile, email and groups",
        )
    return found


def _sheet(file: str, data: bytes) -> tuple[Sequence[Row], list[Problem]]:
    from intime_sync.config.workbook import workbook_rows

    rows = workbook_rows(file, data)
    return ([], [rows]) if isinstance(rows, Problem) else (rows, [])
