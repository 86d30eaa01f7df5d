"""Files of many contacts as people and tools write them, made from columns or out of odd parts."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from many_contacts import ODD, ODD_GROUPS, TIDY, tidy_columns

from intime_sync.bulk.items import ItemColumns

PLAIN = ["a", "Anna Karin", "å", "0701740605", "+46 70 174 06 05", "b@example.se", "x" * 50, "B-c/d"]
TEXTS = [*PLAIN, "a: #b", "x, y", "[a]", "å: {", "- a"]
FORMS = {
    "plain": PLAIN,
    "single": [f"'{text}'" for text in TEXTS],
    "double": [f'"{text}"' for text in TEXTS],
    "flow": ["[a]", "[a, b c]", "[Jour, å]"],
    "block": ["\n    - a", "\n    - a\n    - b c"],
}
BETWEEN = ["\n", "# x\n", "    # x\n", "  \n", "\n\n", "\t\n", "--- \n", "# å\u2028\n", "\x0b\n"]
ODD_ITEMS = ["- a: x\n", "- b: y\n  a: x\n", "- x\n", "-\n", "- {a: x}\n", "- a: x\n  b: y\n  d: z\n", "- - x\n"]
ODD_VALUES = [
    "",
    "''",
    '""',
    "|\n    x",
    "a: b",
    "a # b",
    "&x a",
    "*x",
    "x\n    y",
    "[]",
    "{a: b}",
    '"\\n"',
    "\u00a0",
    "a\tb",
]
BEFORE = [
    "",
    "# people\n",
    "s_a:\n- a\n- b\n",
    "s_a:\n- x: a\n  y: b\n- x: c\n  y: d\n",
    "s_a: x\n",
    "s_a: []\n",
    "\ufeff",
]
AFTER = [
    "",
    "\n\n",
    "# end\n",
    "s_z:\n- a\n",
    "s_z:\n- a: x\n  b: y\n",
    "  # x\n",
    "s_z: x\n",
    "...\n",
    "contacts:\n- a\n",
]


@st.composite
def uniform_yaml(draw: st.DrawFn, *, odd: bool = False) -> str:
    """A section `contacts` of items with the same fields on a line each; with `odd`, and a thing or two besides."""
    indent = draw(st.sampled_from(["", "  ", "    "]))
    names = ["a", "b", "c_d"][: draw(st.integers(2, 3))]
    usual = ["plain", "plain", "single", "double", "flow", *(["block"] if odd else [])]
    forms = {name: draw(st.sampled_from(usual)) for name in names}
    count = draw(st.integers(1, 5))
    strange = draw(st.sets(st.integers(0, count), max_size=2)) if odd else set()
    parts = []
    for at in range(count + 1):
        if at in strange:
            piece = draw(st.sampled_from([*BETWEEN, *ODD_ITEMS]))
            parts.append("".join(f"{indent}{line}" for line in piece.splitlines(keepends=True)))
        for place, name in enumerate(names if at < count else ()):
            value = draw(st.sampled_from(FORMS[forms[name]])).replace("\n", f"\n{indent}")
            if odd and draw(st.integers(0, 29)) == 0:
                value = draw(st.sampled_from(ODD_VALUES))
            parts.append(f"{indent}{'  ' if place else '- '}{name}: {value}\n")
    text = "contacts:\n" + "".join(parts)
    if odd:
        text = draw(st.sampled_from(BEFORE)) + text + draw(st.sampled_from(AFTER))
        if draw(st.integers(0, 9)) == 0:
            text = text.replace("\n", "\r\n")
    return text[:-1] if draw(st.booleans()) else text


def cells(name: str) -> list[str]:
    """What a cell of this column may hold."""
    if name == "groups":
        return ["", "Jour", "Personal|Jour", " a | b ", "a||b", "|", "a|a", '"a\n|b"']
    return ["", "k", " k ", '"a;b"', '"a,b"', '"a\nb"', '"a ""b"""', *TIDY.get(name, ["k1", "k2"])[:3]]


@st.composite
def tables(draw: st.DrawFn, *, odd: bool = False) -> bytes:
    """A table of contacts; with `odd`, one that need not fit its header."""
    delimiter = draw(st.sampled_from(",;"))
    names = draw(st.permutations(["key", "mobile", "email", "groups", "firstname"]))[: draw(st.integers(1, 5))]
    if odd and draw(st.integers(0, 4)) == 0:
        names[draw(st.integers(0, len(names) - 1))] = draw(
            st.sampled_from(["", "nmae", "KEY ", "key", "a.b", "Email"])
        )
    lines = [delimiter.join(names)]
    for _ in range(draw(st.integers(1, 5))):
        row = [draw(st.sampled_from([cell for cell in cells(name) if odd or cell])) for name in names]
        if not odd:
            row = ["Jour|A" if name == "groups" else cell for name, cell in zip(names, row, strict=True)]
        elif draw(st.integers(0, 9)) == 0:
            row = draw(st.sampled_from([[], [""] * len(names), row[:-1], [*row, ""], [*row, "x"], [" ", *row[1:]]]))
        lines.append(delimiter.join(row))
    text = draw(st.sampled_from(["\n", "\r\n", "\r"])).join(lines) + draw(
        st.sampled_from(["", "\n", "\n\n"] if odd else ["", "\n"])
    )
    if odd and draw(st.integers(0, 9)) == 0:
        text += draw(st.sampled_from(['"a', 'a"b', '"a"b', "\0"]))
    data = text.encode("cp1252" if odd and draw(st.integers(0, 9)) == 0 else "utf-8", "replace")
    return (b"\xef\xbb\xbf" if draw(st.booleans()) else b"") + data


def _scalar(text: str) -> str:
    plain = text.replace(" ", "").replace("-", "").isalnum() and text == text.strip() and text.isprintable()
    return text if plain else '"' + "".join(f"\\U{ord(letter):08x}" for letter in text) + '"'


def written(columns: dict[str, Any]) -> str:
    """The contacts of columns as YAML, values as they are."""
    lines = ["contacts:\n"]
    for item in ItemColumns(columns).to_list():
        assert isinstance(item, dict)
        for place, (name, value) in enumerate(item.items() or [("key", "k")]):
            spelled = f"[{', '.join(map(_scalar, value))}]" if isinstance(value, list) else _scalar(value)
            lines.append(f"{'  ' if place else '- '}{name}: {spelled}\n")
    return "".join(lines)


@st.composite
def contact_files(draw: st.DrawFn) -> str:
    """A YAML file of contacts that are right, or nearly."""
    columns: dict[str, Any] = {name: [*values] for name, values in draw(tidy_columns()).items()}
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        at = draw(st.integers(0, len(columns["mobile"]) - 1))
        name = draw(st.sampled_from(sorted(columns)))
        odd: Any = ODD_GROUPS if name == "groups" else [value for value in ODD[name] if "\ud800" not in value]
        columns[name][at] = draw(st.sampled_from(odd))
    text = written(columns)
    return text + draw(
        st.sampled_from(["", "", "", "groups: [Jour, Personal]\n", "\n# end\n", "blocklist:\n- 0701740609\n"])
    )
