"""Sections as YAML text: every text comes back, to our reader and to any other, and no line is too long."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from intime_sync.config.yaml_reader import read_yaml
from intime_sync.exporting.yaml_text import WIDTH, Item, scalar_text, section_text

ODD = ["No", "~", "null", "007", "0x1F", "1e3", "12:30", "2036-12-01", "<<", "=", "...", "- a", "a: b", "a #b", "a:"]
TEXTS = st.one_of(
    st.sampled_from(
        [*ODD, "it's", '"', "\\", "'\"", "{a}", "[a", "a, b", "x" * 200, "a b " * 60, "\u200d", "\x85", ""]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300),
)
ITEMS = st.one_of(
    TEXTS,
    st.fixed_dictionaries({"name": TEXTS, "id": st.integers(1, 10**17)}),
    st.fixed_dictionaries({"key": TEXTS, "who": st.dictionaries(st.sampled_from("abc"), TEXTS, min_size=1)}),
)


def as_text(item: Any) -> Any:
    """Integers as the reader leaves them: text."""
    if isinstance(item, dict):
        return {name: as_text(value) for name, value in item.items()}
    return str(item)


def read_back(text: str) -> Any:
    document, problems = read_yaml("f.yaml", text.encode())
    assert problems == []
    assert document is not None
    return document.root


@given(st.lists(ITEMS, max_size=6))
def test_written_yaml_reads_back_and_fits_the_width(items: list[Item]) -> None:
    text = section_text("things", items)
    assert read_back(text) == {"things": [as_text(item) for item in items]}
    assert yaml.safe_load(text) == {"things": items}, "to a reader with types, text is text"
    assert max(map(len, text.splitlines())) <= WIDTH
    assert text.endswith("\n")


@given(TEXTS)
@example("0?")
def test_text_in_flow_style_reads_back(text: str) -> None:
    assert yaml.safe_load(f"{{a: {scalar_text(text, flow=True)}, b: c}}") == {"a": text, "b": "c"}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Personal & vikarier", "Personal & vikarier"),
        ("Läkare, nya", "Läkare, nya"),
        ("C#", "C#"),
        ("070-174 06 05", "070-174 06 05"),
        ("2036-12-01T08:30", "2036-12-01T08:30"),
        ("No", '"No"'),
        ("007", '"007"'),
        ("+47 40 61 23 45", '"+47 40 61 23 45"'),
        ("a: b", '"a: b"'),
        ('say "hi"', 'say "hi"'),
        ('"hi"', "'\"hi\"'"),
        ("a\u200db", '"a\\u200Db"'),
    ],
)
def test_quotes_are_there_only_where_they_must_be(text: str, written: str) -> None:
    assert scalar_text(text) == written


def lines(items: Iterable[Item]) -> list[str]:
    return section_text("groups", items).splitlines()[1:]


def test_short_items_stand_on_one_line_and_long_ones_do_not() -> None:
    assert lines(["Jour", {"name": "A, b", "id": 7}]) == ["  - Jour", '  - {name: "A, b", id: 7}']
    assert lines([{"name": "ö" * 110, "id": 7}]) == [f"  - name: {'ö' * 110}", "    id: 7"]
    assert section_text("groups", []) == "groups: []\n"
    assert unicodedata.is_normalized("NFC", section_text("groups", ["Å"]))
