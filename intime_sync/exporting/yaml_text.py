"""Sections as YAML text: short items on one line, quotes only where YAML needs them, no line too long.

PyYAML's emitter writes no comments, chooses flow style for all or none, and folds long text as it likes; what is
needed here is small. Knows nothing about kinds or the account.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

Scalar: TypeAlias = str | int
Item: TypeAlias = str | Mapping[str, Scalar | Mapping[str, Scalar]]
"""An item of a section: text (the short form), or a mapping whose values are scalars or mappings of scalars."""

WIDTH: Final = 120
"""The longest line, in characters."""

_INDICATORS: Final = "-?:,[]{}#&*!|>'\"%@`"
# What YAML 1.1 or 1.2 takes for something other than text: our own reader does not, but other tools do.
_NOT_TEXT: Final = re.compile(
    r"""
    ~ | null | true | false | yes | no | on | off | y | n | << | = | \.\.\..*
  | [-+]?[0-9][0-9_,.:]*(?:e[-+]?[0-9]+)? | [-+]?\.[0-9][0-9_]*(?:e[-+]?[0-9]+)?
  | [-+]?0[xob][0-9a-f_]+ | [-+]?\.inf | \.nan
  | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:t|[ ]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}.*)?
  | \+[0-9][0-9 ()-]*
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\"}


def section_text(name: str, items: Iterable[Item]) -> str:
    """`name:` and its items, one or a few lines each; `name: []` when there are none. Ends with a line break."""
    lines = [line for item in items for line in _item_lines(item)]
    return "\n".join([f"{name}:", *lines, ""]) if lines else f"{name}: []\n"


def scalar_text(value: Scalar, *, flow: bool = False) -> str:
    """`value` as YAML on one line; `flow` where it stands inside `{…}` or `[…]`."""
    if isinstance(value, int):
        return str(value).lower()  # true, false
    if _is_plain(value, flow=flow):
        return value
    if value.isprintable() and ('"' in value or "\\" in value):
        return "'" + value.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, value)) + '"'


def _is_plain(text: str, *, flow: bool) -> bool:
    if not text or not text.isprintable() or text != text.strip() or text[0] in _INDICATORS:
        return False
    if ": " in text or " #" in text or text.endswith(":") or (flow and any(c in ",?[]{}" for c in text)):
        return False
    return not _NOT_TEXT.fullmatch(text)


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def _item_lines(item: Item) -> Iterator[str]:
    if isinstance(item, str):
        yield from _value_lines("  - ", item, 4)
        return
    if not any(isinstance(value, Mapping) for value in item.values()):
        short = f"  - {_flow({name: value for name, value in item.items() if not isinstance(value, Mapping)})}"
        if len(short) <= WIDTH:
            yield short
            return
    start = "  - "
    for name, value in item.items():
        yield from _field_lines(f"{start}{name}:", value, 4)
        start = "    "


def _field_lines(start: str, value: Scalar | Mapping[str, Scalar], indent: int) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield from _value_lines(f"{start} ", value, indent + 2)
        return
    short = f"{start} {_flow(value)}"
    if len(short) <= WIDTH:
        yield short
        return
    yield start
    for name, inner in value.items():
        yield from _field_lines(f"{' ' * (indent + 2)}{name}:", inner, indent + 2)


def _flow(mapping: Mapping[str, Scalar]) -> str:
    return "{" + ", ".join(f"{name}: {scalar_text(value, flow=True)}" for name, value in mapping.items()) + "}"


def _value_lines(start: str, value: Scalar, indent: int) -> Iterator[str]:
    """A value after `start`; one that is too long goes on in further lines, all but the last ended by a backslash."""
    text = scalar_text(value)
    if len(start) + len(text) <= WIDTH or isinstance(value, int):
        yield start + text
        return
    line = start + '"'
    for character in value:
        piece = _escaped(character)
        if len(line) + len(piece) + 1 > WIDTH:
            yield line + "\\"
            # White space that begins a line would be dropped.
            line = " " * indent + ("\\ " if character == " " else piece)
        else:
            line += piece
    yield line + '"'
