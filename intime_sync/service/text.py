"""Text: which characters XML can carry, and the form in which names are compared. Knows nothing about kinds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Final

LONGEST_RUN: Final = 30
"""The most combining marks in a row (as in Unicode's stream-safe text): normalising is quadratic in their number."""


def forbidden_character(text: str, *, newlines: bool = False) -> tuple[int, str] | None:
    """The first character that the service's XML cannot carry: its index in `text`, its name as `U+000B`; else None.

    Lone surrogates count. Tabs and line breaks do too unless `newlines` is true: a name has none, a message may.
    """
    if text.isprintable():  # nearly always, and then there is none
        return None
    found = _forbidden(newlines).search(text)
    return (found.start(), f"U+{ord(found[0]):04X}") if found else None


@cache
def _forbidden(newlines: bool) -> re.Pattern[str]:
    # The C1 controls are allowed in XML, but the service's encoding reads them back as other characters.
    low = r"\x00-\x08\x0b\x0c\x0e-\x1f" if newlines else r"\x00-\x1f"
    return re.compile(rf"[{low}\x80-\x9f\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """`text` for comparing: NFC, no white space around it, each run of white space inside it one space."""
    return " ".join(nfc(text).split())


def nfc(text: str) -> str:
    """`text` in NFC, in linear time: runs of marks that are longer than LONGEST_RUN are normalised in parts."""
    if len(text) <= LONGEST_RUN or text.isascii() or not _may_have_too_many_marks(text):
        return unicodedata.normalize("NFC", text)
    starts = [0, *_part_starts(text), len(text)]
    return "".join(unicodedata.normalize("NFC", text[a:b]) for a, b in pairwise(starts))


def too_many_marks(text: str) -> int | None:
    """The index of the first mark that makes a run of combining marks longer than LONGEST_RUN; else None."""
    if len(text) <= LONGEST_RUN or text.isascii():
        return None
    return next(_part_starts(text), None) if _may_have_too_many_marks(text) else None


def _may_have_too_many_marks(text: str) -> bool:
    """Whether there may be a run that is too long; looks at one character in LONGEST_RUN / 2."""
    return any(map(unicodedata.combining, text[:: LONGEST_RUN // 2]))


def _part_starts(text: str) -> Iterator[int]:
    """The indexes at which a new part must begin, so that no part has more than LONGEST_RUN marks in a row."""
    run = 0
    for index, mark in enumerate(map(unicodedata.combining, text)):
        run = run + 1 if mark else 0
        if run > LONGEST_RUN:
            yield index
            run = 1
