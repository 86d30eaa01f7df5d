"""Long files that are read at once, column by column, give what reading item by item gives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from many_files import tables, uniform_yaml

from intime_sync.bulk.items import ItemColumns, item_columns, item_list
from intime_sync.bulk.plain_yaml import PlainFile, read_plain
from intime_sync.config import tables as tables_module
from intime_sync.config.csv_table import read_csv
from intime_sync.config.document import Document
from intime_sync.config.locate import YamlLocator
from intime_sync.config.yaml_reader import read_by_events
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.problem import Problem

NEVER = 10**9


def unfolded(root: dict[str, object]) -> dict[str, object]:
    return {name: item_list(value) for name, value in root.items()}


def orders(root: dict[str, object]) -> list[list[str]]:
    """The order of the fields of each item, which a comparison of dicts does not see."""
    lists = [value for value in root.values() if isinstance(value, list)]
    return [[*item] for items in lists for item in items if isinstance(item, dict)]


def assert_as_events_say(plain: PlainFile, text: str) -> None:
    document, problems = read_by_events("f.yaml", text)
    assert problems == []
    assert document is not None
    root = unfolded(plain.root)
    assert [*root.items()] == [*document.root.items()]
    assert orders(root) == orders(document.root)
    assert plain.items == document.items
    assert isinstance(document.locator, YamlLocator)
    assert plain.keys == document.locator._keys


@settings(max_examples=400)
@given(uniform_yaml(odd=True))
@example("contacts:\n- a: x\n  b: y\n\n- a: z\n  b: w\n")
@example("contacts:\n- a: x\n  b: y\n- a: z\n  b: w\ns_z:\n- a: x\n  b: y\n")
@example("contacts:\n- a: x\n  b: [y]\n- a: z\n  b: [w]\n- c: z\n")
@example('contacts:\n- a: "x"\n  b: "y"\n- a: ""\n  b: "w"\n')
@example("contacts:\n- a: x\n  b: y\n - a: x\n  b: y\n")
@example("contacts:\n- a: x\n  b: y\nx- a: x\n  b: y\n")
@example("contacts:\n- a: x\n  b: y\n- a: x\n  b: y\n  \n")
@example("contacts:\n- a: x\n  b: y\n- a: x\n  b: y\n   z\n")
@example("contacts:\n- a: x\n  b:\n    - y\n    - z\n- a: x\n  b:\n    - y\n")
def test_items_that_are_read_at_once_equal_what_libyaml_reads(text: str) -> None:
    plain = read_plain(text)
    if plain is not None:
        assert_as_events_say(plain, text)


@settings(max_examples=200)
@given(uniform_yaml())
def test_items_of_one_form_are_read_at_once(text: str) -> None:
    plain = read_plain(text)
    assert plain is not None
    assert isinstance(plain.root["contacts"], ItemColumns)
    assert_as_events_say(plain, text)


@pytest.mark.parametrize("after", ["\n\n", "groups:\n- a\n", "# end\n", "- a: x\n", "- x\n"])
def test_text_after_the_items_is_neither_lost_nor_taken_for_an_item(after: str) -> None:
    text = "contacts:\n" + "- a: x\n  b: y\n" * 3 + after
    plain = read_plain(text)
    assert plain is not None
    assert_as_events_say(plain, text)


def read(data: bytes, many: int) -> tuple[Document | None, list[Problem]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables_module, "_MANY", many)
        return read_csv("t.csv", data, CONTACTS.spec)


def places(document: Document) -> list[Any]:
    rows = len(document.items["contacts"])
    fields = ["key", "mobile", "groups", "nowhere"]
    return [
        document.locate(path)
        for at in range(-1, rows + 1)
        for path in [("contacts", at), *(("contacts", at, name) for name in fields), ("contacts", at, "groups", 1)]
    ]


def assert_the_same_table(data: bytes) -> object:
    """The value of the section as it was read at once."""
    at_once, row_by_row = read(data, 1), read(data, NEVER)
    assert at_once[1] == row_by_row[1]
    assert (at_once[0] is None) == (row_by_row[0] is None)
    if at_once[0] is None or row_by_row[0] is None:
        return None
    assert row_by_row[0].root == unfolded(at_once[0].root)
    assert orders(row_by_row[0].root) == orders(unfolded(at_once[0].root))
    assert at_once[0].items == row_by_row[0].items
    assert places(at_once[0]) == places(row_by_row[0])
    return at_once[0].root["contacts"]


@settings(max_examples=400)
@given(tables(odd=True))
@example(b"key;groups\na;b|c\nb;|\n")
@example(b"key;groups\na;b\n;\nb;c\n")
@example(b"key;groups\na;b\nb\n")
@example(b"key;;mobile\na;;b\nb;x;c\n")
@example(b"key;groups\n \xc2\xa0;\na;b\n")
@example(b'key,mobile\r"a\r\nb",c\rd,e\r')
@example(b"key;key\na;b\n")
@example(b"key\n")
@example(b"\n\nkey;mobile\n\na;b\n")
def test_a_table_that_is_read_at_once_equals_the_table_read_by_rows(data: bytes) -> None:
    assert_the_same_table(data)


@settings(max_examples=100)
@given(tables())
def test_a_table_that_fits_its_header_is_read_at_once(data: bytes) -> None:
    assert isinstance(assert_the_same_table(data), ItemColumns)


FIELDS = st.dictionaries(
    st.sampled_from("abc"),
    st.none() | st.sampled_from(["", "x", "y"]) | st.lists(st.sampled_from(["a", ""]) | st.none(), max_size=2),
    max_size=3,
)


@settings(max_examples=300)
@given(st.lists(FIELDS | st.just("x"), min_size=1, max_size=4))
def test_items_by_field_are_the_items_without_missing_values(items: list[Any]) -> None:
    uniform = item_columns(items)
    if uniform is not None:
        assert (
            uniform.to_list()
            == [{name: value for name, value in item.items() if value not in (None, [])} for item in items]
            or not uniform.columns
        )
        for column in uniform.columns.values():
            assert {type(value) for value in column} in ({str}, {tuple})


def test_items_that_share_no_fields_are_not_made_into_columns() -> None:
    """As many columns as items would be a table of items times items."""
    assert item_columns([{f"field{at}": "x"} for at in range(1000)]) is None
