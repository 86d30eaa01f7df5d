"""Names compare as people read them, and characters that XML cannot hold are found before sending."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from intime_sync.service.text import clean, forbidden_character


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Åsa", None),
        ("a\x0bb", (1, "U+000B")),
        ("\x00", (0, "U+0000")),
        ("ab\ud800", (2, "U+D800")),
        ("\ufffe", (0, "U+FFFE")),
        ("a\nb", (1, "U+000A")),
        ("a\tb", (1, "U+0009")),
        ("a\x85", (1, "U+0085")),
        ("\x9f", (0, "U+009F")),
        ("\xa0", None),
    ],
)
def test_the_first_forbidden_character_is_named(text: str, found: tuple[int, str] | None) -> None:
    assert forbidden_character(text) == found


def test_line_breaks_pass_where_the_caller_allows_them() -> None:
    assert forbidden_character("a\n\tb\r", newlines=True) is None


@given(st.text(st.characters(), max_size=5))
def test_forbidden_characters_are_those_of_lxml_and_those_that_it_changes(text: str) -> None:
    if any("\x80" <= character <= "\x9f" for character in text):
        assert forbidden_character(text, newlines=True) is not None
        return
    try:
        etree.Element("a").text = text
    except (ValueError, UnicodeEncodeError):
        assert forbidden_character(text, newlines=True) is not None
    else:
        assert forbidden_character(text, newlines=True) is None


def test_clean_names_compare_equal() -> None:
    assert clean("  A\u030asa \u00a0 \n Öberg ") == "Åsa Öberg"


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)
