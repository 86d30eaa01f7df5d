"""E-mail addresses as people write them. Knows nothing about contacts.

The library that knows all the rules is slow to load and slow per address, so plain addresses take a fast path; a
property test checks that both give the same answers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

# The form of nearly every address; the library checks all others.
_PLAIN = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}", re.ASCII
)
_PLAIN_LINES = re.compile(f"^{_PLAIN.pattern}$", re.ASCII | re.MULTILINE)
_SPECIAL = (".local", ".localhost", ".invalid", ".onion", ".test", ".arpa", ".alt")
_SPECIAL_LINES = re.compile(rf"\.(?:{'|'.join(ending[1:] for ending in _SPECIAL)})$", re.MULTILINE)
_MAX_PLAIN = 64
_MAX_LENGTH = 1000
"""Characters: far more than the 254 of RFC 5321, since letters may be written as several characters."""


class NoAddress(NamedTuple):
    """Why a text is no e-mail address, as the end of a sentence."""

    why: str


def parse_email(text: str) -> str | NoAddress:
    """The address with its domain in lower case, or why it is none."""
    address = text.strip()
    if (
        len(address) <= _MAX_PLAIN
        and "--" not in address
        and _PLAIN.fullmatch(address)
        and not address.endswith(_SPECIAL)
    ):
        return address
    if len(address) > _MAX_LENGTH:  # the validator is quadratic in some lengths
        return NoAddress(f"it has {len(address):,} characters, and at most 254 can be")
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError as error:
        return NoAddress(str(error))


def are_plain_emails(texts: Sequence[str]) -> bool:
    """Whether `parse_email` would return each unchanged, apart from "" (not given)."""
    joined = "\n".join(texts)
    return (
        max(map(len, texts)) <= _MAX_PLAIN
        and "--" not in joined
        and len(_PLAIN_LINES.findall(joined)) == len(texts) - texts.count("")
        and joined.count("\n") == len(texts) - 1
        and not _SPECIAL_LINES.search(joined)
    )
