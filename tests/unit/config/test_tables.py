"""Tables as configuration: headers, cells and places."""

import pytest

from intime_sync.config.csv_table import read_csv
from intime_sync.config.document import Document
from intime_sync.kinds.fields import Field, FieldType, SectionSpec, boolean, text

PEOPLE = SectionSpec(
    "people",
    "People",
    "People.",
    fields=(
        text("firstname", "First name."),
        text("mobile", "Mobile."),
        Field("groups", FieldType.LIST, "Groups.", items=text("", "")),
        Field("attendant", FieldType.OBJECT, "Who.", fields=(text("mobile", "Mobile."), text("lastname", "Name."))),
        boolean("protect", "Protect."),
    ),
)


def read(data: str | bytes) -> Document:
    document, problems = read_csv("p.csv", data.encode() if isinstance(data, str) else data, PEOPLE)
    assert problems == []
    assert document is not None
    return document


@pytest.mark.parametrize(
    ("table", "items"),
    [
        ("firstname,mobile\nAnna,070-174 06 05\n", [{"firstname": "Anna", "mobile": "070-174 06 05"}]),
        ("firstname;mobile\nAnna,B;0701740605", [{"firstname": "Anna,B", "mobile": "0701740605"}]),
        (" FirstName , MOBILE \r\n Anna , 070 \r\n", [{"firstname": "Anna", "mobile": "070"}]),
        ("\n,\nmobile\n070\n\n  \n071\n", [{"mobile": "070"}, {"mobile": "071"}]),
        ("firstname,mobile\nAnna,\n,070\nEva\n", [{"firstname": "Anna"}, {"mobile": "070"}, {"firstname": "Eva"}]),
        ("attendant.mobile,Attendant.Lastname\n070,Å\n", [{"attendant": {"mobile": "070", "lastname": "Å"}}]),
        ("attendant.mobile,mobile\n,070\n", [{"mobile": "070"}]),
        ("groups\nPersonal | Jour|\n", [{"groups": ["Personal", "Jour"]}]),
        ('firstname,mobile\n"A ""B""\nC",070\n', [{"firstname": 'A "B"\nC', "mobile": "070"}]),
        ("mobile,,\n070,,\n", [{"mobile": "070"}]),
        ("protect\nyes\n", [{"protect": "yes"}]),
        ("mobile\n", []),
        ("", []),
        ("\ufeffmobile\n070\n", [{"mobile": "070"}]),
        ("mobile\r070\r", [{"mobile": "070"}]),
    ],
)
def test_rows_become_items(table: str, items: list[dict[str, object]]) -> None:
    assert read(table).root == {"people": items}


def test_a_table_that_is_not_utf_8_is_read_as_windows_1252() -> None:
    assert read("firstname;mobile\nÅsa – €;070\n".encode("cp1252")).root == {
        "people": [{"firstname": "Åsa – €", "mobile": "070"}]
    }


@pytest.mark.parametrize(
    ("table", "code", "line", "column", "message"),
    [
        (
            "firstname,moblie\n",
            "unknown-field",
            1,
            11,
            "unknown field `moblie` in the header; did you mean `mobile`?",
        ),
        ("\nmobile;Mobile\n", "duplicate-key", 2, 8, "`Mobile` is in the header twice"),
        (
            "mobile,firstname\n070,Anna,x\n",
            "csv-row",
            2,
            10,
            "3 cells under a header of 2; quote text that holds the separator",
        ),
        ("mobile,\n070,x\n", "csv-row", 2, 5, "`x` stands under no header"),
        ('mobile\n070\n"071\n', "csv-row", 3, 1, 'the row that starts here has a `"` that is never closed'),
        (
            'mobile\n"070"1\n',
            "csv-row",
            2,
            1,
            'text after a closing `"`; write `""` for a quote inside a quoted cell',
        ),
        (
            f"mobile\n{'x' * 140_000}\n",
            "csv-row",
            2,
            1,
            'a cell of more than 131072 characters; is a `"` not closed?',
        ),
        ("mobile\nab\0\n", "csv-nul", 2, 3, "a NUL byte; is this a CSV file?"),
    ],
)
def test_bad_tables_have_a_code_and_a_place(table: str, code: str, line: int, column: int, message: str) -> None:
    _, problems = read_csv("p.csv", table.encode(), PEOPLE)
    assert [(p.code, p.origin and p.origin[1:], p.message) for p in problems] == [(code, (line, column), message)]


@pytest.mark.parametrize(
    ("data", "line", "column"), [("mobile".encode("utf-16"), 1, 1), (b"mobile\n070\x81\n", 2, 4), (b"\xff\xfe", 1, 1)]
)
def test_unreadable_bytes_have_a_place(data: bytes, line: int, column: int) -> None:
    document, [problem] = read_csv("p.csv", data, PEOPLE)
    assert document is None
    assert problem.code == "csv-encoding"
    assert problem.origin is not None
    assert problem.origin[1:] == (line, column)


def test_all_bad_rows_are_reported_and_the_good_ones_read() -> None:
    document, problems = read_csv("p.csv", b"mobile\n1,2\n070\n3,4\n", PEOPLE)
    assert [problem.origin and problem.origin.line for problem in problems] == [2, 4]
    assert document is not None
    assert document.root == {"people": [{"mobile": "070"}]}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("people", 0), (2, 1)),
        (("people", 0, "mobile"), (3, 6)),
        (("people", 0, "attendant", "mobile"), (3, 8)),
        (("people", 1, "mobile"), (4, 9)),
        (("people", 1, "groups"), (4, 16)),
        (("people", 1, "groups", 1), (4, 16)),
        (("people", 1, "email"), (4, 1)),
        (("people", 1, "attendant", "mobile"), (4, 14)),
        (("people", 9, "mobile"), (1, 1)),
        ((), (1, 1)),
    ],
)
def test_cells_have_places(path: tuple[str | int, ...], place: tuple[int, int]) -> None:
    table = 'firstname,mobile,attendant.mobile,groups\n"Anna,\n""B",0,1\n5" tum;,"07",1,x|y\n'
    assert read(table).locate(path)[1:] == place
