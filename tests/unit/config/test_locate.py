"""Places of keys and values, however the file is laid out."""

import pytest

from intime_sync.config.document import Document
from intime_sync.config.yaml_reader import read_yaml

BLOCK = """\
version: 1
policy:
  prune:
    blocklist: never
contacts:
  - key: john
    mobile: 070-174 06 05
    groups:
      - Personal
      - Jour
  # between
  - {key: anna, mobile: 070-174 06 06, groups: [Jour, Personal]}
  - mobile:   "070-174 06 07"
groups: [Personal,
         {name: Jour}]
"""

SHARED = """\
base: &base
  mobile: 070-174 06 05
  tags: [a, b]
contacts:
  - <<: *base
    key: john
  - *base
  - {<<: [*base], key: anna}
"""

JSON = '{"version": 1,\n "contacts":[{"key":"john","mobile":"0701740605"},\n  {"key":"anna"}]}\n'


def read(text: str) -> Document:
    document, problems = read_yaml("intime.yaml", text.encode())
    assert problems == []
    assert document is not None
    return document


def place(text: str, *path: str | int, key: bool = False) -> tuple[int, int]:
    origin = read(text).locate(path, key=key)
    assert origin.file == "intime.yaml"
    return origin.line, origin.column


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ((), (1, 1), (1, 1)),
        (("version",), (1, 10), (1, 1)),
        (("policy",), (3, 3), (2, 1)),
        (("policy", "prune", "blocklist"), (4, 16), (4, 5)),
        (("contacts",), (6, 3), (5, 1)),
        (("contacts", 0), (6, 5), (6, 5)),
        (("contacts", 0, "mobile"), (7, 13), (7, 5)),
        (("contacts", 0, "groups", 1), (10, 9), (10, 9)),
        (("contacts", 1, "mobile"), (12, 25), (12, 17)),
        (("contacts", 1, "groups", 1), (12, 55), (12, 55)),
        (("contacts", 2, "mobile"), (13, 15), (13, 5)),
        (("groups", 0), (14, 10), (14, 10)),
        (("groups", 1, "name"), (15, 17), (15, 11)),
    ],
)
def test_every_key_and_value_has_its_own_place(
    path: tuple[str | int, ...], value: tuple[int, int], key: tuple[int, int]
) -> None:
    assert place(BLOCK, *path) == value
    assert place(BLOCK, *path, key=True) == key


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        (("contacts", 0, "email"), (6, 5)),
        (("contacts", 0, "groups", 7), (9, 7)),
        (("contacts", 0, "mobile", "x", 3), (7, 13)),
        (("contacts", 99), (6, 3)),
        (("policy", "max_delete", "percent"), (3, 3)),
        (("missing", "x"), (1, 1)),
    ],
)
def test_a_missing_value_has_the_place_of_its_nearest_parent(
    path: tuple[str | int, ...], nearest: tuple[int, int]
) -> None:
    assert place(BLOCK, *path) == nearest


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("contacts", 0, "key"), (6, 10)),
        (("contacts", 0, "mobile"), (2, 11)),
        (("contacts", 1), (7, 5)),
        (("contacts", 1, "tags", 1), (3, 13)),
        (("contacts", 2, "mobile"), (2, 11)),
        (("contacts", 2, "key"), (8, 24)),
    ],
)
def test_a_shared_value_has_the_place_where_it_is_written(
    path: tuple[str | int, ...], expected: tuple[int, int]
) -> None:
    assert place(SHARED, *path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("version",), (1, 13)),
        (("contacts", 0, "mobile"), (2, 37)),
        (("contacts", 1, "key"), (3, 10)),
        (("contacts", 1), (3, 3)),
    ],
)
def test_json_is_yaml_and_has_places(path: tuple[str | int, ...], expected: tuple[int, int]) -> None:
    assert place(JSON, *path) == expected


def test_the_last_of_duplicate_keys_is_the_one_that_counts() -> None:
    document, _ = read_yaml("x.yaml", b"a: {b: 1, b: 2}\nc: 1\nc: {d: 3}\n")
    assert document is not None
    assert document.locate(("a", "b"))[1:] == (1, 14)
    assert document.locate(("c", "d"))[1:] == (3, 8)


def test_windows_line_ends_and_wide_characters_count_as_they_should() -> None:
    text = "# 😀\r\ncontacts:\r\n  - firstname: Åsa 😀\r\n    mobile: x\r\n"
    assert place(text, "contacts", 0, "mobile") == (4, 13)


def test_items_behind_an_alias_or_a_merge_have_the_place_where_they_are_written() -> None:
    text = "x: &x {contacts: [{key: a}]}\ngroups: &g\n  - {name: b}\nblocklist: *g\n<<: *x\n"
    assert place(text, "blocklist", 0) == (4, 1)
    assert place(text, "blocklist", 0, "name") == (3, 12)
    assert place(text, "contacts", 0, "key") == (1, 25)
