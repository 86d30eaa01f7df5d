"""Spellings for people: numbers that read back, keys in plain letters, each once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intime_sync.kinds.spelling import Keys, folded, spelled_number
from intime_sync.service.phone import parse_mobile


@pytest.mark.parametrize(
    ("number", "region", "spelled"),
    [
        ("+46701740605", "SE", "070-174 06 05"),
        ("+4740612345", "SE", "+47 40 61 23 45"),
        ("+46701740605", "NO", "+46 70 174 06 05"),
        ("+4740612345", "NO", "40 61 23 45"),
        ("+46846500404", "SE", "08-465 004 04"),
        ("+4670112233", "SE", "+4670112233"),
        ("no number", "SE", "no number"),
    ],
)
def test_numbers_are_spelled_as_their_country_does(number: str, region: str, spelled: str) -> None:
    assert spelled_number(number, region) == spelled


@given(st.from_regex(r"\+[1-9][0-9]{4,14}", fullmatch=True), st.sampled_from(["SE", "NO", "US", "IT"]))
def test_every_number_reads_back_from_its_spelling(number: str, region: str) -> None:
    parsed = parse_mobile(number, region)
    if parsed is not None:
        again = parse_mobile(spelled_number(parsed.number, region), region)
        assert again is not None
        assert again.number == parsed.number


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Lindqvist", "lindqvist"),
        ("Åkesson Öst", "akesson-ost"),
        ("O'Neil", "oneil"),
        ("Łucja Żak", "lucja-zak"),
        ("Straße", "strasse"),
        ("  -- ", ""),
        ("张 伟", "张-伟"),
        ("😀", ""),
    ],
)
def test_names_become_plain_letters(text: str, key: str) -> None:
    assert folded(text) == key


def test_each_key_is_given_out_once_even_if_a_name_is_a_number() -> None:
    keys = Keys(["b"])
    assert [keys.take(base) for base in ("a", "a-2", "a", "a", "b")] == ["a", "a-2", "a-3", "a-4", "b-2"]
