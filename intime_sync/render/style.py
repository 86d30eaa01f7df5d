"""ANSI styles, and text from elsewhere made safe to show. Knows nothing about terminals or what is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from intime_sync.render.seen import spelled_out
from intime_sync.wire.text import nfc

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
    """`text` on one line in NFC, with what cannot be seen, or looks like something else, escaped: see `spelled_out`.

    Nothing in it can move the cursor, colour the screen or forge a line.
    """
    if text.isascii() and text.isprintable():
        return text
    return spelled_out(nfc(text))


def shortened(text: str, width: int) -> str:
    """`text` in at most `width` characters, ending in … when it was cut."""
    return text if len(text) <= width else f"{text[: max(width - 1, 0)].rstrip()}…"


def counted(count: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
