"""Text as XML can carry it and as names are compared. Knows nothing about elements or kinds."""

from __future__ import annotations

import re
import unicodedata
from functools import cache


def forbidden_character(text: str, *, newlines: bool = False) -> tuple[int, str] | None:
    """The first character that the service's XML cannot carry: its index in `text`, its name as `U+000B`; else None.

    Lone surrogates count. Tabs and line breaks do too unless `newlines` is true: a name has none, a message may.
    """
    if text.isprintable():  # as nearly all is, and then there is none
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
    return " ".join(unicodedata.normalize("NFC", text).split())
