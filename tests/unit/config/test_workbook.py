"""Workbooks as configuration: what Excel makes of values, and files that are none."""

import datetime as dt
import io
import sys
import zipfile

import openpyxl
import pytest

from intime_sync.config.document import Document
from intime_sync.config.workbook import read_xlsx
from intime_sync.kinds.fields import Field, FieldType, SectionSpec, boolean, text
from intime_sync.model.problem import Problem

PEOPLE = SectionSpec(
    "people",
    "People",
    "People.",
    fields=(
        text("mobile", "Mobile."),
        Field("at", FieldType.TIME, "When."),
        boolean("active", "Active."),
    ),
)


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def read(data: bytes) -> tuple[Document | None, list[Problem]]:
    return read_xlsx("p.xlsx", data, PEOPLE)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("0701740605", "0701740605"),
        (46701740605, "46701740605"),
        (46701740605.0, "46701740605"),
        (701740605.0, "701740605"),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
        (dt.datetime(2026, 12, 1, 8, 30), "2026-12-01T08:30"),  # noqa: DTZ001 - a workbook knows no zone
        (dt.datetime(2026, 12, 1, 8, 30, 15), "2026-12-01T08:30:15"),  # noqa: DTZ001
        (dt.time(8, 30), "08:30"),
        (" Anna ", "Anna"),
    ],
)
def test_values_are_what_a_person_would_have_typed(value: object, cell: str) -> None:
    document, problems = read(workbook(("mobile",), (value,)))
    assert problems == []
    assert document is not None
    assert document.root == {"people": [{"mobile": cell}]}


def test_empty_cells_and_rows_are_not_given_and_places_are_those_of_the_sheet() -> None:
    document, problems = read(workbook(("Mobile", "at", None), (), ("070", None), (None, "x", None)))
    assert problems == []
    assert document is not None
    assert document.root == {"people": [{"mobile": "070"}, {"at": "x"}]}
    assert document.locate(("people", 1, "at"))[1:] == (4, 2)


def test_headers_and_rows_are_checked_as_in_any_table() -> None:
    _, problems = read(workbook(("moblie",), ("070", "x")))
    assert [(p.code, p.origin and p.origin[1:]) for p in problems] == [("unknown-field", (1, 1)), ("csv-row", (2, 2))]


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/x.xml", "w") as part:
        for _ in range(257):
            part.write(bytes(2**20))
    return file.getvalue()


def zip_without_a_workbook() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "nothing")
    return file.getvalue()


@pytest.mark.parametrize(
    "data", [b"", b"mobile\n070\n", workbook(("mobile",))[:-30], zip_without_a_workbook(), bomb()], ids=lambda _: "x"
)
def test_a_file_that_is_no_workbook_is_a_problem(data: bytes) -> None:
    document, problems = read(data)
    assert document is None
    assert [problem.code for problem in problems] == ["excel-unreadable"]


def test_a_damaged_workbook_raises_no_exception() -> None:
    data = workbook(("mobile",), ("070",))
    for position in range(0, len(data), 97):
        damaged = bytearray(data)
        damaged[position] ^= 0xFF
        document, problems = read(bytes(damaged))
        assert document is not None or problems


def test_without_the_extra_the_problem_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    _, [problem] = read(b"")
    assert problem.code == "excel-missing"
    assert 'pip install "intime-sync[excel]"' in problem.message
