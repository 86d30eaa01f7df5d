"""The fast paths for usual values give what the general ones give."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given, settings
from hypothesis import strategies as st

from intime_sync.kinds.reading import ItemContext
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.problem import Origin
from intime_sync.service.email_address import NoAddress, parse_email
from intime_sync.service.text import clean, forbidden_character

ORIGIN = Origin("intime.yaml", 1, 1)
NAMES = st.text(st.sampled_from("ab Åå\u030a\u00a0\t\x0b~"), max_size=4)


def context() -> ItemContext:
    return ItemContext("SE", ZoneInfo("Europe/Stockholm"), [], lambda *_: ORIGIN)


@given(st.text(max_size=8) | NAMES)
@example("\x7f")
@example(" a ")
def test_a_text_is_cleaned_or_refused(text: str) -> None:
    reading = context()
    read = reading.text({"name": text}, "name")
    if forbidden_character(text):
        assert (read, [problem.code for problem in reading.problems]) == ("", ["forbidden-character"])
    else:
        assert (read, reading.problems) == (clean(text), [])


@given(st.lists(NAMES.filter(bool), max_size=4))
@example(["b", "a"])
@example(["a", "a "])
@example(["a", "b", "a"])
def test_groups_are_those_that_each_name_alone_means(names: list[str]) -> None:
    reading, alone = context(), context()
    resource = CONTACTS.read({"key": "k", "mobile": "0701740605", "groups": names}, ORIGIN, reading)
    each = [alone.text({"groups": name}, "groups") for name in names]
    assert (resource is None) == bool(alone.problems)
    if resource is not None:
        assert resource.value.groups == tuple(sorted(set(each)))
        assert [problem.code for problem in reading.problems] == ["repeated-group"] * (len(set(each)) < len(each))


ADDRESSES = st.from_regex(
    r"[a-z0-9_+.-]{1,6}@([a-z0-9-]{1,6}\.){1,3}([a-z]{1,5}|test|local|alt|arpa|invalid)", fullmatch=True
)


@settings(max_examples=300)
@given(ADDRESSES)
@example("a@x.test")
@example("a--b@example.se")
@example("-@0.se")
@example(f"{'a' * 64}@example.se")
def test_an_address_is_the_one_that_the_library_reads(text: str) -> None:
    try:
        expected: object = validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        expected = NoAddress(str(error))
    assert parse_email(text) == expected
