"""Text as XML can carry it and as names are compared. Knows nothing about elements or kinds."""

from __future__ import annotations

import re
import unicodedata

# The C1 controls are allowed in XML, but the service's encoding reads them back as other characters.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x80-\x9f\ud800-\udfff\ufffe\uffff]")
_FORBIDDEN_OR_LAYOUT = re.compile("[\x00-\x1f\x80-\x9f\ud800-\udfff\ufffe\uffff]")


def forbidden_character(text: str, *, newlines: bool = False) -> tuple[int, str] | None:
    """The first character that the service's XML cannot carry: its index in `text`, its name as `U+000B`; else None.

    Lone surrogates count. Tabs and line breaks do too unless `newlines` is true: a name has none, a message may.
    """
    found = (_FORBIDDEN if newlines else _FORBIDDEN_OR_LAYOUT).search(text)
    return (found.start(), f"U+{ord(found[0]):04X}") if found else None


def clean(text: str) -> str:
    """`text` for comparing: NFC, no white space around it, each run of white space inside it one space."""
    return " ".join(unicodedata.normalize("NFC", text).split())
