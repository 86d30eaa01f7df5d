"""A small file in a repository cannot stall `validate`, which runs on forks, nor fill the machine's memory."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from harness import Workspace
from measured import MEBIBYTE, Measured, measured

ROOT = Path(__file__).parents[2]

SECONDS = 60.0
"""Each takes less than two on a machine that does nothing else; without bounds, minutes to days."""

MEMORY = 200 * MEBIBYTE

RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{SHEET_TYPE}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{RELATIONS}">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{SHEETS}" xmlns:r="{OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets>'
        "</workbook>"
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{RELATIONS}">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}


def write_workbook(path: Path, rows: str) -> None:
    """A workbook with one sheet, whose rows are written as they are."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in PARTS.items():
            archive.writestr(name, text)
        archive.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{SHEETS}"><sheetData>{rows}</sheetData></worksheet>'
        )


def cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


HEADER = f'<row r="1">{cell("A1", "mobile")}</row>'
WORKBOOKS: dict[str, tuple[Callable[[], str], str]] = {
    "the only row is the last": (
        lambda: f'<row r="1048576">{cell("A1048576", "mobile")}</row>',
        "c.xlsx:1048576:1: error: this is more than is read of a table: at most 500,000 rows",
    ),
    "one cell far right in each of 300,000 rows": (
        lambda: HEADER + "".join(f'<row r="{row}">{cell(f"SR{row}", "x")}</row>' for row in range(2, 300_002)),
        "at most 5,000,000 cells",
    ),
    "one cell in the last column of 300,000 rows": (
        lambda: HEADER + "".join(f'<row r="{row}">{cell(f"XFD{row}", "x")}</row>' for row in range(2, 300_002)),
        "c.xlsx:2:16384: error: this is more than is read of a table: at most 512 columns",
    ),
    "a million empty rows": (lambda: HEADER + "<row/>" * 1_000_000, "at most 500,000 rows, empty ones counted"),
    "two million cells in a row": (lambda: f"<row>{'<c><v>1</v></c>' * 2_000_000}</row>", "a row has more than"),
    "a row hidden from counting": (lambda: f"{HEADER}<!--<row>--><row r='2'>{cell('A2', 'x')}</row>", "comments"),
}


def validated(space: Workspace, memory: int = MEMORY) -> Measured:
    """`validate`, which must end soon, in little memory, with an error and no traceback."""
    ran = measured(space, "validate", timeout=SECONDS)
    assert ran.code == 3, f"{ran.code} after {ran.seconds} s: {ran.out[:2000]}{ran.err[:2000]}"
    assert ran.memory < memory
    assert "Traceback" not in ran.out + ran.err
    return ran


def text_of(ran: Measured) -> str:
    return ran.out + ran.err


@pytest.fixture
def bare(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.mark.parametrize(("rows", "says"), WORKBOOKS.values(), ids=list(WORKBOOKS))
def test_a_workbook_that_is_mostly_empty(bare: Workspace, rows: Callable[[], str], says: str) -> None:
    bare.configure("include: [{contacts: c.xlsx}]\n")
    write_workbook(bare.path / "c.xlsx", rows())
    assert (bare.path / "c.xlsx").stat().st_size < 5 * MEBIBYTE
    assert says in text_of(validated(bare))


def test_a_workbook_with_a_stray_empty_row_at_its_end_is_read(bare: Workspace) -> None:
    bare.configure("include: [{contacts: c.xlsx}]\n")
    people = f'<row r="2">{cell("A2", "0701740605")}</row><row r="1048576"><c r="XFD1048576"/></row>'
    write_workbook(bare.path / "c.xlsx", HEADER + people)
    ran = measured(bare, "validate", timeout=SECONDS)
    assert (ran.code, ran.memory < MEMORY) == (0, True), text_of(ran)
    assert "contacts: 1" in ran.out


def utf_16(sheet: str) -> bytes:
    """A sheet as a parser reads it and as nothing that looks for bytes finds anything in it."""
    return f'<?xml version="1.0" encoding="utf-16"?>{sheet}'.encode("utf-16")


def test_rows_in_an_encoding_that_a_count_of_bytes_misses(bare: Workspace) -> None:
    bare.configure("include: [{contacts: c.xlsx}]\n")
    rows = f"{HEADER}{'<row/>' * 1_000_000}"
    replace_sheet(
        bare.path / "c.xlsx", utf_16(f'<worksheet xmlns="{SHEETS}"><sheetData>{rows}</sheetData></worksheet>')
    )
    assert "UTF-16" in text_of(validated(bare))


@pytest.mark.parametrize("encode", [str.encode, utf_16], ids=["UTF-8", "UTF-16"])
def test_a_workbook_that_unfolds_when_it_is_parsed(bare: Workspace, encode: Callable[[str], bytes]) -> None:
    """A parser lets an entity make a text a hundred times as long as its file."""
    bare.configure("include: [{contacts: c.xlsx}]\n")
    doctype = f'<!DOCTYPE worksheet [<!ENTITY a "{"x" * 3_000_000}">]>'
    row = f'<row r="2">{cell("A2", "&a;" * 95)}</row>'
    replace_sheet(
        bare.path / "c.xlsx",
        encode(f'{doctype}<worksheet xmlns="{SHEETS}"><sheetData>{HEADER}{row}</sheetData></worksheet>'),
    )
    assert "declares entities" in text_of(validated(bare))


def replace_sheet(path: Path, sheet: bytes) -> None:
    """A workbook whose only sheet is these bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in PARTS.items():
            archive.writestr(name, text)
        archive.writestr("xl/worksheets/sheet1.xml", sheet)


def test_one_file_under_very_many_names(bare: Workspace) -> None:
    """Git keeps it once: each is within the bounds of a file, and all of them would take an hour."""
    bare.configure("include: [{contacts: '*.csv'}]\n")
    for at in range(200):
        bare.write(f"{at}.csv", "mobile\n" + "\n" * 450_000)
    assert "at most 6,000,000 lines, separators and brackets" in text_of(validated(bare))


def test_one_workbook_under_very_many_names(bare: Workspace) -> None:
    bare.configure("include: [{contacts: '*.xlsx'}]\n")
    for at in range(30):
        write_workbook(bare.path / f"{at}.xlsx", HEADER + " " * 20 * MEBIBYTE)
    assert "at most 268,435,456 bytes of unpacked workbooks" in text_of(validated(bare))


VALUES = {
    "letters": lambda: f"groups: [{'a,' * 50_000_000}]\n",
    "lines": lambda: "groups:\n" + "- a\n" * 25_000_000,
    "empty lists": lambda: f"groups: [{'[],' * 30_000_000}]\n",
    "lists in lists": lambda: "groups:\n" + f"{'- ' * 40}a\n" * 1_000_000,
}


@pytest.mark.parametrize("text", VALUES.values(), ids=list(VALUES))
def test_millions_of_values_of_one_letter(bare: Workspace, text: Callable[[], str]) -> None:
    """Git packs a hundred megabytes of them into as many kilobytes."""
    bare.configure(text())
    ran = validated(bare, MEMORY + (bare.path / "intime.yaml").stat().st_size)  # a file is read before it is counted
    assert "intime.yaml:1:1: error: with this file, it is more than is read" in text_of(ran)


def test_more_items_than_are_read(bare: Workspace) -> None:
    bare.configure("groups:\n" + "- a\n" * 700_000)
    assert "more than 600,000 items" in text_of(validated(bare))


def test_a_time_zone_of_thousands_of_packages(bare: Workspace) -> None:
    """Python looks for its parts as packages inside each other."""
    bare.write("intime.yaml", f"version: 1\nowner: a\naccount: {{url: embedded, timezone: {'Europe/' * 5000}A}}\n")
    ran = validated(bare)
    assert "is not a time zone" in text_of(ran)
    assert len(text_of(ran)) < 500


TABLES = {
    "a line of a hundred million commas": (lambda: f"mobile\n{',' * 100_000_000}\n", "c.csv:1:1: error: with this"),
    "five million empty lines": (lambda: "mobile\n" + "\n" * 5_000_000, "c.csv:500001:1: error"),
    "rows of 100,000 cells": (lambda: "mobile\n" + ("x" + "," * 100_000 + "\n") * 50, "c.csv:2:1: error"),
    "a header of 200,000 names": (lambda: ",".join(f"h{at}" for at in range(200_000)) + "\n", "at most 512 columns"),
    "300,000 rows that do not fit": (lambda: "mobile\n" + ",x\n" * 300_000, "more than 1,000 rows do not fit"),
    "a cell of a megabyte": (lambda: f"mobile\n{'x' * MEBIBYTE}\n", "a cell of more than 131072 characters"),
}


@pytest.mark.parametrize(("table", "says"), TABLES.values(), ids=list(TABLES))
def test_a_table_that_is_mostly_nothing(bare: Workspace, table: Callable[[], str], says: str) -> None:
    bare.configure("include: [{contacts: c.csv}]\n")
    bare.write("c.csv", table())
    # A file is read before it is counted.
    assert says in text_of(validated(bare, MEMORY + (bare.path / "c.csv").stat().st_size))


@pytest.mark.parametrize("name", ["c.csv", "c.yaml", "intime.yaml"])
def test_a_file_of_gigabytes_that_takes_no_room(bare: Workspace, name: str) -> None:
    bare.configure(f"include: [{name if name.endswith('yaml') else '{contacts: c.csv}'}]\n")
    with (bare.path / name).open("r+b" if name == "intime.yaml" else "wb") as file:
        file.truncate(3 * 1024 * MEBIBYTE)
    assert f"{name}:1:1: error: the file has 3,221,225,472 bytes" in text_of(validated(bare))


def test_links_to_the_directory_itself(bare: Workspace) -> None:
    bare.configure("include: ['*/*/*/*/*/*/*/*/*.yaml']\n")
    bare.write("a.yaml", "groups: [A]\n")
    for name in "abcdefgh":
        (bare.path / name).symlink_to(".")
    assert "intime.yaml:4:11: error: no file matches" in text_of(validated(bare))


@pytest.mark.parametrize(
    "pattern", ["**/**/**", "**/**/**/**/**/*.csv", "*/" * 200 + "*.yaml", "*a" * 500 + "b.yaml"]
)
def test_patterns_that_match_in_many_ways(bare: Workspace, pattern: str) -> None:
    bare.configure(f"include: ['{pattern}']\n")
    bare.write(f"{'/'.join('abcdefghij' * 4)}/{'a' * 200}.yaml", "groups: [A]\n")
    for at in range(300):
        (bare.path / f"d{at}" / "e").mkdir(parents=True)
    assert "intime.yaml:4:11: error: " in text_of(validated(bare))


def test_stars_on_stars_find_each_file_once(bare: Workspace) -> None:
    bare.configure("include: ['**/**/**/**/**/**/*.yaml']\n")
    bare.write(f"{'/'.join('abcdefghij' * 4)}/one.yaml", "groups: [A]\n")
    ran = measured(bare, "validate", timeout=SECONDS)
    assert (ran.code, "groups: 1" in ran.out) == (0, True), text_of(ran)


def test_very_many_patterns_and_directories(bare: Workspace) -> None:
    patterns = ", ".join(f"'**/**/{at}*.yaml'" for at in range(1000))
    bare.configure(f"include: [{patterns}]\n")
    for at in range(300):
        (bare.path / f"d{at}").mkdir()
    assert "past 100,000 files and directories" in text_of(validated(bare))


MARKS = "a" + "\u0301\u0323" * 500_000
FIELDS = {
    "a group": "groups: ['{}']\n",
    "a contact's name": "contacts: [{{firstname: '{}', mobile: 0701740605}}]\n",
    "a contact's group": "contacts: [{{mobile: 0701740605, groups: ['{}']}}]\n",
    "an address": "contacts: [{{email: '{}@example.se'}}]\n",
    "a number": "blocklist: ['{}']\n",
    "a message": "messages: [{{key: a, send_at: 2036-01-01T08:00, sender: A, body: '{}', groups: [a]}}]\n",
    "a setting": "policy: {{prune: '{}'}}\n",
}


@pytest.mark.parametrize("marks", [MARKS, MARKS[:100_001]], ids=["a million", "a hundred thousand"])
@pytest.mark.parametrize("field", FIELDS.values(), ids=list(FIELDS))
def test_combining_marks_without_end(bare: Workspace, field: str, marks: str) -> None:
    """Putting them in order takes the square of their number."""
    bare.configure(field.format(marks))
    found = text_of(validated(bare))
    assert re.search(r"^intime\.yaml:4:\d+: error: ", found, re.MULTILINE), found[:1000]


@pytest.mark.parametrize("people", [1, 600], ids=["one", "many"])
def test_combining_marks_in_a_table(bare: Workspace, people: int) -> None:
    bare.configure("include: [{contacts: c.csv}]\n")
    rows = "".join(f"07017{at:05},Anna\n" for at in range(40000, 40000 + people))
    bare.write("c.csv", f"mobile,firstname\n{rows}0701750605,{MARKS[:100_001]}\n")
    assert f"c.csv:{people + 2}:12: error: `firstname` holds more than 30 combining marks" in text_of(validated(bare))


MANY = {
    "unknown settings": lambda: "".join(f"k{at}: x\n" for at in range(50_000)),
    "unknown fields": lambda: "contacts:\n- {" + ", ".join(f"k{at}: x" for at in range(50_000)) + "}\n",
    "wrong items": lambda: "contacts:\n" + "- {x: y}\n" * 50_000,
    "wrong numbers": lambda: "blocklist:\n" + "- x\n" * 50_000,
    "the same again": lambda: "groups:\n" + "- a\n" * 50_000,
    "unknown groups": lambda: (
        f"groups: [{', '.join(f'g{at}' for at in range(5000))}]\ncontacts:\n"
        + "".join(f"- {{mobile: 07017{at:05}, groups: [h{at}]}}\n" for at in range(40_000, 42_000))
    ),
    "deep lists": lambda: "groups: " + "[" * 1_000_000 + "\n",
    "aliases": lambda: "x: &x [" + "a, " * 1000 + "]\ngroups: [" + "*x, " * 100_000 + "]\n",
}


@pytest.mark.parametrize("text", MANY.values(), ids=list(MANY))
def test_more_errors_than_anybody_reads(bare: Workspace, text: Callable[[], str]) -> None:
    bare.configure(text())
    found = text_of(validated(bare))
    assert len(found.splitlines()) < 5000


def test_every_example_job_ends_by_itself() -> None:
    """GitHub's own limit is six hours: a run that something holds up would keep the runner for so long."""
    guide = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    files = [*(ROOT / "examples").rglob("*.yml"), *(ROOT / ".github").rglob("*.yml")]
    jobs = [
        job
        for text in [*blocks, *(file.read_text(encoding="utf-8") for file in files)]
        for job in (yaml.safe_load(text).get("jobs") or {}).values()
    ]
    assert jobs
    assert all(1 <= job["timeout-minutes"] <= 60 for job in jobs)
    template = yaml.safe_load(
        (ROOT / "templates" / "intime-sync.yml").read_text(encoding="utf-8").split("\n---\n")[1]
    )
    shown = {name: job for name, job in template.items() if "script" in job}
    assert len(shown) == 3
    assert all("timeout" in job for job in shown.values())
