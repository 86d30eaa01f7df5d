"""What a YAML file's values become."""

import gc

import pytest

from intime_sync.config.document import Document
from intime_sync.config.yaml_reader import read_yaml


def read(text: str) -> Document:
    document, problems = read_yaml("intime.yaml", text.encode())
    assert problems == []
    assert document is not None
    return document


@pytest.mark.parametrize(
    "scalar",
    [
        "0701740605",
        "+46701740605",
        "2026-12-01T08:30",
        "2026-12-01",
        "12:30",
        "no",
        "null",
        "~",
        "true",
        "0x1F",
        "1e3",
        ".inf",
        "1_000",
    ],
)
def test_unquoted_scalars_stay_the_text_that_was_written(scalar: str) -> None:
    assert read(f"a: {scalar}\nb: [{scalar}]\n").root == {"a": scalar, "b": [scalar]}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("a:", None),
        ("a: ''", ""),
        ('a: ""', ""),
        ("a: !!str", ""),
        ("a: !!str 1", "1"),
        ("a: ! x", "x"),
        ("a: &x", None),
    ],
)
def test_only_an_empty_plain_scalar_counts_as_missing(written: str, value: str | None) -> None:
    assert read(written + "\n").root == {"a": value}


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "---\n", "---\n...\n", "\ufeff", "{}"])
def test_an_empty_file_is_an_empty_mapping(text: str) -> None:
    assert read(text).root == {}


def test_a_byte_order_mark_moves_no_column() -> None:
    assert read("\ufeffcontacts: [a]\n").items["contacts"][0] == (1, 12)


def test_items_of_top_level_lists_have_places_and_others_have_none() -> None:
    document = read("groups:\n  - Jour\n  - {name: Åre, tags: [a, b]}\n  -\npolicy: {kinds: [x]}\nblocklist: []\n")
    assert {key: list(places) for key, places in document.items.items()} == {
        "groups": [(2, 5), (3, 5), (4, 4)],
        "blocklist": [],
    }


def test_an_alias_is_the_same_object_and_not_a_copy() -> None:
    root = read("a: &x {k: v}\nb: *x\nc: [*x, *x]\nd: &t text\ne: *t\n").root
    assert root["b"] is root["a"]
    assert root["c"] == [{"k": "v"}, {"k": "v"}]
    assert root["e"] == "text"


@pytest.mark.parametrize(
    ("text", "merged"),
    [
        ("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\n", {"a": "1", "b": "3"}),
        ("x: &x {a: 1}\nz: &z {a: 2, c: 4}\ny:\n  <<: [*x, *z]\n  d: 5\n", {"a": "1", "c": "4", "d": "5"}),
        ("x: &x {a: 1}\ny: {<<: {<<: *x, b: 2}}\n", {"a": "1", "b": "2"}),
        ("w: &w {a: 1}\nx: &x {<<: *w, b: 2}\ny: {<<: *x, c: 3}\n", {"a": "1", "b": "2", "c": "3"}),
        ('y: {"<<": text}\n', {"<<": "text"}),
    ],
)
def test_merge_keys_merge_and_own_keys_win(text: str, merged: dict[str, str]) -> None:
    assert read(text).root["y"] == merged


def test_lists_behind_an_alias_or_a_merge_have_places_too() -> None:
    document = read("x: &x {contacts: [a, b]}\ngroups: &g [c]\nblocklist: *g\n<<: *x\n")
    assert document.root["contacts"] == ["a", "b"]
    assert list(document.items["blocklist"]) == [(3, 1)]
    assert list(document.items["contacts"]) == [(1, 18), (1, 18)]  # the list that `<<` brought in


def test_reading_leaves_the_garbage_collector_as_it_was() -> None:
    read("a: b\n")
    assert gc.isenabled()
    gc.disable()
    try:
        read_yaml("x.yaml", b"a: [")
        assert not gc.isenabled()
    finally:
        gc.enable()
