"""ANSI styles, text from outside made safe to show, and counts. Knows nothing about terminals or what is shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from intime_sync.render.deceptive import escape_deceptive
from intime_sync.service.text import nfc

Paint: TypeAlias = Callable[[str], str]


def _sgr(code: int) -> Paint:
    start, end = f"\x1b[{code}m", "\x1b[0m"

    def paint(text: str) -> str:
        return f"{start}{text}{end}" if text else text

    return paint


def _plain(text: str) -> str:
    return text


class Style:
    """Paints text, or leaves it as it is when `color` is false."""

    __slots__ = ("bold", "cyan", "dim", "green", "red", "yellow")

    def __init__(self, color: bool) -> None:
        self.bold: Paint = _sgr(1) if color else _plain
        self.dim: Paint = _sgr(2) if color else _plain
        self.red: Paint = _sgr(31) if color else _plain
        self.green: Paint = _sgr(32) if color else _plain
        self.yellow: Paint = _sgr(33) if color else _plain
        self.cyan: Paint = _sgr(36) if color else _plain


def inert(text: str) -> str:
    """`text` on one line in NFC, with invisible and look-alike characters escaped; see `escape_deceptive`.

    Nothing in it can move the cursor, colour the screen or forge a line.
    """
    if text.isascii() and text.isprintable():
        return text
    return escape_deceptive(nfc(text))


# The colours of `Style`, and every character that may be unprintable; those that match are checked one by one.
_OWN_OR_ODD: Final = re.compile("\x1b\\[(?:[012]|3[1236])m|[\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u0300-\U0010ffff]")


def harmless(text: str, *, color: bool) -> str:
    """`text` of any layout, with unprintable characters as `\\uXXXX`, except for line breaks and tabs.

    With `color`, the colours of `Style` stay. Applied to all output as the last step, in case some text was not made
    `inert`. In JSON, where such characters occur in strings only, the escapes mean the same.
    """
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return _OWN_OR_ODD.sub(lambda found: _kept_or_escaped(found[0], color), text)


def _kept_or_escaped(found: str, color: bool) -> str:
    if found.isprintable() or (len(found) > 1 and color):
        return found
    # Escaping ESC, the first character, disables the whole colour code.
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)) + found[1:]


def shortened(text: str, width: int) -> str:
    """`text` in at most `width` characters, ending in … when it was cut."""
    return text if len(text) <= width else f"{text[: max(width - 1, 0)].rstrip()}…"


def counted(count: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def grouped(number: int) -> str:
    """`number` with a narrow no-break space between thousands."""
    return f"{number:,}".replace(",", "\u202f")
