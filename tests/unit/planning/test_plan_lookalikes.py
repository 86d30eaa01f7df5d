"""Names that a service may have stored differently are recognised, and no other names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intime_sync.planning.lookalikes import looks_alike, may_be_called

LONG = "Vårdcentralens jourgrupp för barn och ungdomar i Åby"
MADE = [
    ("Łódź", "?ód?"),
    ("Jour öst", "JOUR ÖST"),
    ("Straße", "STRASSE"),
    (LONG, LONG[:50]),
    (LONG, LONG[:50].upper()),
]
OTHERS = [
    ("Jour", "Jour"),
    ("Jour", "Jou"),
    ("Jour", "Jour 2"),
    ("Jour", "J?ur"),
    ("Åby", "Öby"),
    (LONG, f"{LONG} 2"),
    (LONG, "Vårdcentralen"),
    (f"{LONG} norra", f"{LONG} södra"),
]


@pytest.mark.parametrize(("name", "listed"), MADE)
def test_a_name_is_known_in_what_a_service_made_of_it(name: str, listed: str) -> None:
    assert may_be_called(name, listed)
    assert looks_alike([name])(listed)


@pytest.mark.parametrize(("name", "listed"), OTHERS)
def test_no_other_name_is_taken_for_it(name: str, listed: str) -> None:
    assert not may_be_called(name, listed)


WAYS = [str.upper, lambda name: name.encode("latin1", "replace").decode("latin1"), lambda name: name[:50]]


@given(st.text(st.characters(codec="utf-8", categories=["Lu", "Ll", "Zs", "Nd"]), min_size=1, max_size=70))
def test_every_spelling_of_the_emulator_is_recognised(name: str) -> None:
    for way in WAYS:
        made = way(name)
        assert made == name or may_be_called(name, made)
