"""Many contacts understood at once are what each of them means alone, or they are left to be read one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from many_contacts import MARKS, ODD, SPACES, TIDY, Columns, odd_columns, tidy_columns

from intime_sync.bulk.columns import ContactColumns, read_contacts, read_emails, read_mobiles, read_texts
from intime_sync.bulk.items import ItemColumns
from intime_sync.bulk.lines import (
    Contact,
    attributes_of,
    from_line,
    lines_of_attributes,
    mobile_of,
    to_line,
)
from intime_sync.config.convert import convert, converter_for
from intime_sync.config.explain import Checker
from intime_sync.config.schema import section_schema
from intime_sync.kinds.numbers import read_email, read_mobile
from intime_sync.kinds.reading import ItemContext
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.problem import Origin
from intime_sync.model.resource import PRESENT, Resource

ORIGIN = Origin("intime.yaml", 1, 1)
REGIONS = st.sampled_from(["SE", "NO"])
CHECKER = Checker(section_schema(CONTACTS.spec))
PROTECT = next(field for field in CONTACTS.spec.fields if field.name == "protect")


def context(region: str = "SE") -> ItemContext:
    return ItemContext(region, ZoneInfo("Europe/Stockholm"), [], lambda *_: ORIGIN)


def at_once(columns: Columns, region: str) -> ContactColumns | None:
    if "protect" in columns:
        columns = {**columns, "protect": [convert(text, PROTECT) if text else "" for text in columns["protect"]]}
    return read_contacts(columns, region)


def one_by_one(columns: Columns, region: str) -> list[Resource[Contact]] | None:
    """The resources; None when there is anything to be said about one of them."""
    items: list[Any] = ItemColumns(columns).to_list()
    converter_for(CONTACTS.spec)(items)
    if not CHECKER.is_valid(items):
        return None
    reading = context(region)
    read = [CONTACTS.read(item, ORIGIN, reading) for item in items]
    found = [resource for resource in read if resource is not None]
    return None if reading.problems or len(found) < len(read) else found


def assert_the_same(read: ContactColumns, found: Sequence[Resource[Contact]]) -> None:
    assert [*read.keys] == [resource.key for resource in found]
    values = [from_line(line) for line in read.lines]
    assert values == [resource.value for resource in found]
    assert {type(value) for value in values} == {Contact}
    assert read.lines == [to_line(value) for value in values]
    lifecycles = {at: resource.lifecycle for at, resource in enumerate(found) if resource.lifecycle is not PRESENT}
    assert read.lifecycles == lifecycles


@settings(max_examples=400)
@given(odd_columns(), REGIONS)
@example({"mobile": ["0701740605"], "groups": ["Abc"]}, "SE")
@example({"mobile": ["0701740605"], "firstname": [("a", "b")]}, "SE")
@example({"mobile": ["0701740605", ""], "key": ["a", "b"], "ensure": ["", "absent"]}, "SE")
@example({"key": ["a"], "mobile": ["0701740605"], "type": ["email"]}, "SE")
@example({"key": ["a"], "ensure": ["absent"], "protect": ["true"]}, "SE")
@example({"key": ["a"]}, "SE")
@example({"firstname": ["a"], "ensure": ["absent"]}, "SE")
def test_what_is_understood_at_once_is_what_each_means_alone(columns: dict[str, Any], region: str) -> None:
    read = at_once(columns, region)
    if read is not None:
        found = one_by_one(columns, region)
        assert found is not None, "there was something to be said"
        assert_the_same(read, found)


@settings(max_examples=200)
@given(tidy_columns())
@example({"key": ["a", "b"], "ensure": ["absent", ""], "mobile": ["", "0701740605"]})
def test_what_is_right_is_never_left_to_be_read_one_by_one(columns: dict[str, Any]) -> None:
    read = at_once(columns, "SE")
    found = one_by_one(columns, "SE")
    assert read is not None
    assert found is not None
    assert_the_same(read, found)


@pytest.mark.parametrize("region", ["SE", "NO"])
def test_every_single_odd_value_is_understood_as_alone_or_declined(region: str) -> None:
    for name, values in ODD.items():
        for value in (*values, *TIDY.get(name, ())):
            columns = {"key": ["a", "b"], "mobile": ["+46701740605", "+46701740606"]}
            columns[name] = [value, columns.get(name, ["", ""])[1]]
            read = at_once(columns, region)
            if read is not None:
                found = one_by_one(columns, region)
                assert found is not None, (name, value)
                assert_the_same(read, found)


TEXTS = st.lists(st.sampled_from(["", "a", "Å b", *SPACES, *MARKS]) | st.text(max_size=3), min_size=1, max_size=4)
LINES = st.lists(st.sampled_from(["", *ODD["mobile"], *TIDY["mobile"]]), min_size=1, max_size=4)
ADDRESSES = st.lists(st.sampled_from(["", *ODD["email"], *TIDY["email"]]), min_size=1, max_size=4)


@settings(max_examples=300)
@given(TEXTS)
def test_texts_are_taken_as_they_are_only_when_each_is_clean(texts: list[str]) -> None:
    alone = context()
    each = [alone.text({"name": text}, "name") for text in texts]
    read = read_texts(texts)
    assert read is None or ([*read] == each and not alone.problems)
    if all(text.isascii() and text.isalnum() for text in texts):
        assert read is not None


@settings(max_examples=300)
@given(LINES, REGIONS)
def test_numbers_are_those_that_each_text_alone_spells(texts: list[str], region: str) -> None:
    alone = context(region)
    each = [read_mobile(text, alone) if text else "" for text in texts]
    assert read_mobiles(texts, region) == (None if alone.problems else each)


@settings(max_examples=300)
@given(ADDRESSES)
def test_addresses_are_those_that_each_text_alone_spells(texts: list[str]) -> None:
    alone = context()
    each = [read_email(text, alone) if text else "" for text in texts]
    assert read_emails(texts) == (None if alone.problems else each)


@given(tidy_columns())
def test_lines_tell_mobiles_without_being_read_and_columns_the_groups(columns: dict[str, Any]) -> None:
    read = at_once(columns, "SE")
    assert read is not None
    values = [from_line(line) for line in read.lines]
    assert [*map(mobile_of, read.lines)] == [value.mobile or "" for value in values]
    assert read.groups == {name for value in values for name in value.groups}


@given(tidy_columns())
def test_lines_come_back_from_their_attributes(columns: dict[str, Any]) -> None:
    read = at_once(columns, "SE")
    assert read is not None
    shown = [CONTACTS.attributes(from_line(line)) for line in read.lines]
    assert shown == [*map(attributes_of, read.lines)]
    assert lines_of_attributes(shown) == read.lines


VALUES = (
    st.none()
    | st.booleans()
    | st.integers(0, 1)
    | st.sampled_from(["", "a", "sms", "a\tb", "a\nb", "a\x1fb"])
    | st.lists(st.sampled_from(["a", "", "a\tb", "a\x1fb", 1, None]) | st.lists(st.just("a"), max_size=1), max_size=2)
)
NAMES = ["type", "firstname", "lastname", "mobile", "email", "extrafield", "groups", "other"]
ATTRIBUTES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8) | st.fixed_dictionaries(
    {"type": st.just("sms"), "groups": st.lists(st.sampled_from("ab"), max_size=2)},
    optional={name: st.sampled_from(["a", "b"]) | VALUES for name in NAMES[1:6]},
)


@settings(max_examples=400)
@given(st.lists(ATTRIBUTES, min_size=1, max_size=3))
@example([{"type": "sms", "groups": ["a\x1fb"]}])
@example([{"type": "sms", "groups": ["a\tb"]}])
@example([{"type": "sms", "groups": ["a\nb"]}])
@example([{"type": "sms", "firstname": "a\tb", "groups": []}])
@example([{"type": "sms", "firstname": "a\nb", "groups": []}])
@example([{"type": "sms", "groups": [""]}])
def test_attributes_become_lines_only_when_these_show_exactly_them(many: list[dict[str, Any]]) -> None:
    made = lines_of_attributes(many)
    if made is not None:
        shown = [CONTACTS.attributes(from_line(line)) for line in made]
        assert shown == many
        assert [{name: type(value) for name, value in one.items()} for one in shown] == [
            {name: type(value) for name, value in one.items()} for one in many
        ]
