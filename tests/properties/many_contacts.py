"""Contacts by the column, for the tests of the short ways: tidy ones that none may decline, and odd ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

Columns = Mapping[str, Sequence[Any]]

# What is right beyond doubt, however it is spelled.
TIDY: Mapping[str, Sequence[str]] = {
    "firstname": ["Anna", "Åsa", "Anna Karin", "O'Hara", "a & b <c>", "x" * 300, "Łucja"],
    "lastname": ["Ek", "von Öst", "# Ek", "a: b"],
    "mobile": ["0701740605", "+46701740606", "0046701740607", "070-174 06 08", "+46 70 174 06 09", "+1 650 253 0000"],
    "email": [
        "a@example.se",
        "B.c+d@example.se",
        "a@Example.SE",
        "å@example.se",
        "a@bücher.example.se",
        "a@xn--bcher-kva.example.se",
        f"{'a' * 53}@example.se",
        f"{'a' * 54}@example.com",
    ],
    "extrafield": ["Kansli", "Ledning 2", "å"],
    "type": ["sms+email"],
    "ensure": ["present", "absent"],
    "protect": ["false", "no"],
}
TIDY_GROUPS: Sequence[tuple[str, ...]] = [("Jour",), ("Personal", "Jour"), ("a b", "Å", "c"), ("Abc",)]

# What is declined, or is right all the same: the long way knows.
SPACES = [" ", "a  b", " a", "a ", "\u00a0", "a\u00a0b", "\u3000a", "a\tb", "\t", "\n", "a\nb", "\u0085", "a\u0085b"]
MARKS = ["a\u00adb", "A\u030a", "\u030a", "a\u200bb", "\ufeffa", "\x07", "\ud800", "a\u2028b", "e\u0301e\u0301"]
ODD: Mapping[str, Sequence[str]] = {
    "key": [*SPACES, *MARKS, "k" * 200, "k" * 201, "å" * 200, f"{'k' * 200} "],
    "firstname": [*SPACES, *MARKS],
    "lastname": [*SPACES, *MARKS],
    "extrafield": [*SPACES, *MARKS],
    "mobile": [
        *SPACES[:6],
        "701740605",
        "08-123 456 78",
        "0740000000",
        "0701",
        "070174060",
        "07017406055",
        "0701740605 ankn 1",
        "\u202a+46701740605\u202c",
        "070\u2011174 06 05",
        "０701740605",
        "+47 406 12 345",
        "406 12 345",
        "+46 (0)70-174 06 05",
        "0701740605\n",
        "0" + " " * 31 + "701740605",
        "-",
        "x",
    ],
    "email": [
        *SPACES[:4],
        " a@example.se ",
        "a@example.se\n",
        "a--b@example.se",
        "a@a--b.se",
        "a@x.test",
        "a@x.local",
        "a@localhost",
        "a@x.INVALID",
        "a@example",
        "a.@example.se",
        "a@-x.se",
        "a@example.se.",
        f"{'a' * 65}@example.se",
        f"a@{'b' * 64}.se",
        f"a@{'.'.join(['b' * 60] * 5)}.se",
        "a b@example.se",
        "a@exa mple.se",
        "x",
        "a@example.se\nb@example.se",
    ],
    "type": ["sms", "email", "sms+email", "fax", "SMS"],
    "ensure": ["absent", "present", "Absent", "x"],
    "protect": ["true", "YES", "off", "maybe", "1"],
}
ODD_GROUPS: Sequence[tuple[str, ...]] = [
    ("Jour", "Jour"),
    ("Jour", "Jour "),
    ("a  b",),
    (" ",),
    ("",),
    ("A\u030a", "Å"),
    ("a\u00a0b",),
    ("a\x07",),
    ("b", "a"),
    (),
]
TEXTS = ("firstname", "lastname", "extrafield")


@st.composite
def tidy_columns(draw: st.DrawFn, most: int = 6) -> dict[str, Sequence[Any]]:
    """Contacts that are right and that nothing is to be said about."""
    count = draw(st.integers(1, most))

    def column(name: str, *, gaps: bool = True) -> list[str]:
        values = st.sampled_from(["", *TIDY[name]] if gaps else TIDY[name])
        return draw(st.lists(values, min_size=count, max_size=count))

    columns: dict[str, Sequence[Any]] = {}
    if draw(st.booleans()):
        columns["key"] = [f"k{at}" for at in range(count)]
    columns["mobile"] = column("mobile", gaps=False)
    if draw(st.booleans()):
        columns["email"] = column("email", gaps=False)
        columns["type"] = column("type")
    for name in draw(st.sets(st.sampled_from([*TEXTS, "ensure", "protect"]))):
        columns[name] = column(name)
    if draw(st.booleans()):
        lists = st.sampled_from([(), *TIDY_GROUPS])
        columns["groups"] = draw(st.lists(lists, min_size=count, max_size=count))
    return columns


@st.composite
def odd_columns(draw: st.DrawFn, most: int = 6) -> dict[str, Sequence[Any]]:
    """The same with up to three values that are odd, missing, or of the wrong kind."""
    columns: dict[str, Any] = {name: [*values] for name, values in draw(tidy_columns(most)).items()}
    count = len(columns["mobile"])
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, count - 1))
        name = draw(st.sampled_from([*ODD, "groups"]))
        if name == "groups":
            columns.setdefault(name, [()] * count)[at] = draw(st.sampled_from(ODD_GROUPS))
        else:
            columns.setdefault(name, [""] * count)[at] = draw(st.sampled_from(["", *ODD[name]]))
    what = draw(st.integers(0, 11))
    if what == 0:
        columns["groups"] = ["Abc"] * count
    elif what == 1:
        columns[draw(st.sampled_from(["key", "firstname", "mobile", "email", "type", "ensure", "protect"]))] = [
            ("a", "b")
        ] * count
    elif what == 2:
        columns["keyy"] = ["x"] * count
    return columns
