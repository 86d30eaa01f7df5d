"""Mobile numbers: people's spellings to E.164 and back. Knows nothing about who has them or why.

The library that knows every country's numbers is slow to load and slow per number, so plain Swedish mobiles take
a fast path; a property test holds the two to the same answers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, NewType

E164 = NewType("E164", str)
"""A number as `+46701740605`."""

MAX_LENGTH: Final = 32
"""The longest text that is tried as a number, in characters."""

_SWEDISH: Final = re.compile(r"(?:\+46|0046|0)(7[02369][0-9]{7})")
_SWEDISH_ABROAD: Final = re.compile(r"\+46(7[02369][0-9]{7})")
_SWEDISH_LINES: Final = re.compile(f"^{_SWEDISH.pattern}$", re.MULTILINE)
_SWEDISH_LINES_ABROAD: Final = re.compile(f"^{_SWEDISH_ABROAD.pattern}$", re.MULTILINE)
_INVISIBLE: Final = re.compile("[\u200b\u200e\u200f\u2060\u202a-\u202e\ufeff]")
_NUMBER_LIKE: Final = re.compile("[0-9+()./\\-\u00a0\u2000-\u200a\u2010-\u2015\u202f\u2212\u3000 \t]+")


class ParsedMobile(NamedTuple):
    """A number that can exist; `valid` is false where its country has given out no such number (yet)."""

    number: E164
    valid: bool


def parse_mobile(text: str, region: str) -> ParsedMobile | None:
    """The number that `text` spells, or None when no phone can have it.

    `region` (`SE`) is the country of numbers without a prefix. Letters and extensions are refused, not dropped.
    """
    plain = text.replace(" ", "").replace("-", "")
    if len(text) <= MAX_LENGTH:
        found = (_SWEDISH if region == "SE" else _SWEDISH_ABROAD).fullmatch(plain)
        if found:
            return ParsedMobile(E164(f"+46{found[1]}"), valid=True)
    # Numbers copied from contact apps come wrapped in invisible direction marks.
    visible = _INVISIBLE.sub("", text).strip()
    if len(visible) > MAX_LENGTH or not _NUMBER_LIKE.fullmatch(visible):
        return None
    return parse_any(visible, region)


def plain_mobiles(texts: Sequence[str], region: str) -> list[E164 | None] | None:
    """What `parse_mobile` says of each, None for "", when all others are plain Swedish mobiles; None when not."""
    joined = "\n".join(texts)
    if joined.count("\n") != len(texts) - 1 or max(map(len, texts)) > MAX_LENGTH:
        return None
    lines = _SWEDISH_LINES if region == "SE" else _SWEDISH_LINES_ABROAD
    numbers = [E164(f"+46{found}") for found in lines.findall(joined.replace(" ", "").replace("-", ""))]
    if len(numbers) == len(texts):
        return [*numbers]
    if len(numbers) != len(texts) - texts.count(""):
        return None
    given = iter(numbers)
    return [next(given) if text else None for text in texts]


def parse_any(text: str, region: str) -> ParsedMobile | None:
    """What the library says about `text`: the slow path, and the judge of the fast one."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_possible_number(number):
        return None
    spelled = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if number.italian_leading_zero and phonenumbers.parse(spelled) != number:
        return None  # all zeros: the library counts one of them twice, so this would not read back
    return ParsedMobile(E164(spelled), valid=phonenumbers.is_valid_number(number))


def format_mobile(number: E164, style: Literal["e164", "national"]) -> str:
    """`number` as it is sent: `+46701740605`, or `0701740605` where it is Swedish and `style` is national."""
    return f"0{number[3:]}" if style == "national" and number.startswith("+46") else number
