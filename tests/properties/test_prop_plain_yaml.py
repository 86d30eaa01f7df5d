"""What the short way through YAML reads, libyaml reads the same; what is plain takes the short way."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from intime_sync.bulk.items import item_list
from intime_sync.bulk.plain_yaml import read_plain
from intime_sync.config.locate import YamlLocator
from intime_sync.config.yaml_reader import read_by_events, read_yaml

PLAIN = """\
# people
contacts:
  - key: anna
    mobile: "0701740605"
    extrafield: 'a: b # c'
    groups: [Personal, Jour natt]
  - key: åsa
    groups:
      - Personal
      - Jour

  # no groups
  - mobile: 070-174 06 05
    email: a+b@example.se
blocklist:
- 0701740606
- +46701740607
"""
ODD = r"""
#|a #b|a#b|a:|-a|[a,b]|[]|[a, ]|&x a|*x|"\n"|>|?|!t a|{a: b}|a,b|[a b , c]|'it''s'|...|a |a: b|~|"]"|"a\\"|'['|- a
"""
PLAINLY = 'a|a b|+4|åb|"a: #"|\'x"\'|""|\'\'|[a, b]|[a b]'
LINES = ["", " |", " \n    - a", "\n    - a", "\n      - a\n      - b c", "\n      - a\n    - b", "\n   - a"]
BREAKS = [
    "\n      b: c",
    "\n  a",
    "\n\n     a",
    "  a",
    "\ta",
    " \u2028a",
    " a\u0085",
    " a\r",
    " \ufeffa",
    " \xad",
    " \x07",
]
RIGHT = [*(f" {value}" for value in PLAINLY.split("|")), *LINES[2:4]]
WRONG = [*(f" {value}" for value in ODD.strip("\n").split("|")), *LINES, *BREAKS]
NAMES = ["<<", "A", "a b", '"a"', "- a", "?", "a"]
BETWEEN = ["\n", "# x\n", "    # x\n", "  \n", "---\n", "...\n", "\t\n", "#\x07\n", "  b: c\n"]


@st.composite
def files(draw: st.DrawFn) -> str:
    """Nearly plain files: mostly right, with at most a thing or two that is not."""
    odd = draw(st.sets(st.integers(0, 25), max_size=2))
    places = iter(range(1_000_000))

    def piece(right: list[str], wrong: list[str]) -> str:
        return draw(st.sampled_from(wrong if next(places) in odd else right))

    parts = [piece([""], BETWEEN)]
    for section in range(draw(st.integers(1, 2))):
        indent = draw(st.sampled_from(["  ", "", "    "]))
        parts.append(piece([f"s_{'ab'[section]}:\n"], ["s_a:\n", "two: \n", "two: # x\n", "two: x\n"]))
        for _ in range(draw(st.integers(1, 4))):
            parts.append(piece([""], BETWEEN))
            if draw(st.booleans()):
                parts.append(f"{indent}-{piece(RIGHT[:4], WRONG)}\n")
                continue
            for index in range(draw(st.integers(1, 3))):
                name = piece([["a"], ["b"], ["c_d"]][index], NAMES)
                parts.append(f"{indent}{'  ' if index else '- '}{name}:{piece(RIGHT, WRONG)}\n")
                parts.append(piece([""], BETWEEN))
    text = "".join(parts)
    return text[:-1] if draw(st.booleans()) else text


@settings(max_examples=600)
@given(files())
@example("one:\n  - a: x\n    b: y\n  - a: z\n")
@example("one:\n  - a: x\n\n      y\n")
@example("one:\n  - " + "a" * 1100 + "\n")
@example("one:\n  - " + "a" * 1100 + ": b\n")
@example("one:\n  - a:\n    - b\n    - c\n    d: e\n")
def test_the_short_way_ends_where_the_long_one_does(text: str) -> None:
    plain = read_plain(text)
    if plain is not None:
        document, problems = read_by_events("f.yaml", text)
        assert problems == []
        assert document is not None
        root = {name: item_list(value) for name, value in plain.root.items()}
        assert root == document.root
        assert list(root) == list(document.root)
        assert [list(item) for items in root.values() for item in items] == [
            list(item) for items in document.root.values() for item in items
        ]
        assert plain.items == document.items
        assert isinstance(document.locator, YamlLocator)
        assert plain.keys == document.locator._keys
        # Nothing wrong either way, so that no problem can be lost.
        assert read_yaml("f.yaml", text.encode())[1] == []


def test_plain_files_take_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("intime_sync.config.yaml_reader.read_by_events", None)
    document, problems = read_yaml("f.yaml", PLAIN.encode())
    assert problems == []
    assert document is not None
    assert [len(items) for items in document.items.values()] == [3, 2]
    assert document.locate(("contacts", 1, "groups", 1)).line == 10


@pytest.mark.parametrize(
    "text", ["a: &x 1\n", "a:\n  - b: c\n    b: d\n", "a:\n- b\na:\n- c\n", "a:\n- b: x: y\n", "a:\n- *b\n"]
)
def test_what_is_not_plain_is_left_to_libyaml(text: str) -> None:
    assert read_plain(text) is None
