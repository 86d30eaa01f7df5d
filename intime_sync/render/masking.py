"""Hides phone numbers and e-mail addresses in any text, by their spelling.

Every repetition is possessive and every token is scanned once, so the time is linear in the text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any, Final, NamedTuple, TypeAlias

Mask: TypeAlias = Callable[[str], str]
"""Applied to every text before it is shown: `mask_text`, `no_mask`, or a `distinguishing_mask`."""

HIDDEN: Final = "•"

_SEPARATORS: Final = "[ ()./\\-\t\u00a0\u00ad\u2000-\u200f\u2010-\u2015\u202a-\u202f\u2060\u2212\u3000\ufeff]{1,3}+"
_DAY: Final = r"(?:19|20)\d\d-[01]\d-[0-3]\d(?!\d)"
_NEXT_DIGITS: Final = rf"(?:{_SEPARATORS}(?!{_DAY}|\d\d?:\d)\d++)"

_NUMBERS: Final = re.compile(
    rf"""
    (?P<keep>
        (?<!\d){_DAY}(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d++)?+)?+)?+           # days and times
      | \b[0-9a-fA-F]{{8}}-(?:[0-9a-fA-F]{{4}}-){{3}}[0-9a-fA-F]{{12}}\b  # a ledger's lineage
      | sha256:[0-9a-f]++ | \b[0-9a-f]{{32,}}+\b                          # digests
      | (?<=/)[01]*+-[0-9a-f]{{12}}\b                                     # the end of a carrier's name
    )
    | (?P<abroad>[+＋][1-9１-９](?:\d{{6,}}+|\d*+{_NEXT_DIGITS}++))
    | (?P<home>(?<!\d)0(?!\d[-/.]\d\d[-/.]\d{{4}})(?:\d{{7,}}+|\d{{1,3}}+{_NEXT_DIGITS}++))
    | (?P<bare>(?<!\d)467[02369]\d{{7}}(?!\d))                            # as services write Swedish mobiles
    """,
    re.VERBOSE,
)
_EMAIL: Final = re.compile(rf"(?<![\w.!#$%*+^~{HIDDEN}-])([\w.!#$%*+^~{HIDDEN}-])[\w.!#$%*+^~{HIDDEN}-]*+@(?=[\w\[])")

# Nearly every number is of this form, and a plan can hold hundreds of thousands.
_SWEDISH_LENGTH: Final = len("+46701740605")
_SWEDISH_HIDDEN: Final = HIDDEN * (_SWEDISH_LENGTH - 5)

_AT: Final = re.compile(r"(?:@|\(at\))(?!.*(?:@|\(at\)))", re.IGNORECASE | re.DOTALL)
_SHORTEST_MISTYPED: Final = 7

# The shortest number with a country code (Niue), and the shortest with separators that is taken for one without.
_SHORTEST_ABROAD: Final = 7
_SHORTEST_HOME: Final = 8
_ENOUGH_DIGITS: Final = re.compile(rf"(?:\D*+\d){{{_SHORTEST_ABROAD}}}")
"""A quick test that most texts of a large plan, which hold no number, fail."""


class _Number(NamedTuple):
    """A phone number in a text: its digits, the sign before them, and how many of the first are not hidden."""

    digits: str
    sign: str
    first: int


def mask_text(text: str, shown: Collection[tuple[int, int]] = ()) -> str:
    """`text` with the middle of every phone number and e-mail address hidden.

    `+46701740605` becomes `+46•••••••05`, `070-174 06 05` becomes `070•••••05`, `john@example.se` becomes
    `j•••@example.se`. Days, times, digests and lineages stay. `shown` are digits that stay too, each as (index
    of its number in `numbers_in`, index of the digit in the number).
    """
    if not shown and len(text) == _SWEDISH_LENGTH and text.startswith("+46") and text[3:].isdecimal():
        return f"+46{_SWEDISH_HIDDEN}{text[-2:]}"
    if _ENOUGH_DIGITS.match(text):
        text = _NUMBERS.sub(_hider(shown) if shown else _hide_number, text)
    return _EMAIL.sub(_hide_local_part, text) if "@" in text else text


def numbers_in(text: str) -> list[str]:
    """The digits of each number that `mask_text` hides a part of, in order."""
    found = map(_number_of, _NUMBERS.finditer(text)) if _ENOUGH_DIGITS.match(text) else ()
    return [number.digits for number in found if number is not None]


def mask_mistyped(text: str) -> str:
    """`text`, a mistyped number or address, which `mask_text` may not recognise, with its middle hidden.

    Of seven digits or more, all but the first and last two are hidden: `0O701740605` becomes `0O7•••••05`. Of an
    address, all before the last `@` (or `(at)`) but its first character.
    """
    places = [index for index, character in enumerate(text) if character.isdecimal()]
    if len(places) >= _SHORTEST_MISTYPED:
        inner = set(places[2:-2])
        text = "".join(HIDDEN if index in inner else character for index, character in enumerate(text))
    found = _AT.search(text)
    return f"{text[:1]}{HIDDEN * 3}{text[found.start() :]}" if found else text


def no_mask(text: str) -> str:
    """`text` itself."""
    return text


def mask_of(masked: bool) -> Mask:
    """The function that masks, or the one that does not."""
    return mask_text if masked else no_mask


def mask_json(value: Any, mask: Mask = mask_text) -> Any:
    """A copy of a JSON value with every string masked, names of members too; members never overwrite each other."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        masked = {mask_text(name): mask_json(member, mask) for name, member in value.items()}
        return masked if len(masked) == len(value) else _mask_crowded(value, mask)
    if isinstance(value, list | tuple):
        return [mask_json(item, mask) for item in value]
    return value


def _mask_crowded(members: dict[str, Any], mask: Mask) -> dict[str, Any]:
    """Two numbers can look the same once they are masked: such names get a number of their own."""
    masked: dict[str, Any] = {}
    seen: Counter[str] = Counter()
    for name, member in members.items():
        shown = mask_text(name)
        seen[shown] += 1
        masked[shown if seen[shown] == 1 else f"{shown} ({seen[shown]})"] = mask_json(member, mask)
    return masked


def _number_of(found: re.Match[str]) -> _Number | None:
    """The number that was matched; None for a match that is not masked."""
    text = found[0]
    if found["keep"] is not None:
        return None
    digits = text if text.isdecimal() else "".join(character for character in text if character.isdecimal())
    if found["abroad"] is not None:
        return None if len(digits) < _SHORTEST_ABROAD else _Number(digits, "+", 2)
    if found["bare"] is not None:
        return _Number(digits, "", 2)
    if len(digits) < _SHORTEST_HOME:
        return None
    return _Number(digits, "", 4 if digits.startswith("00") else 3)


def _hide_number(found: re.Match[str]) -> str:
    number = _number_of(found)
    if number is None:
        return found[0]
    digits, sign, first = number
    return f"{sign}{digits[:first]}{HIDDEN * (len(digits) - first - 2)}{digits[-2:]}"


def _hider(shown: Collection[tuple[int, int]]) -> Callable[[re.Match[str]], str]:
    """As `_hide_number`, with these digits shown. To be used for one text only, since it counts the numbers."""
    index = -1

    def hide(found: re.Match[str]) -> str:
        nonlocal index
        number = _number_of(found)
        if number is None:
            return found[0]
        index += 1
        inner = range(number.first, len(number.digits) - 2)
        return number.sign + "".join(
            HIDDEN if place in inner and (index, place) not in shown else digit
            for place, digit in enumerate(number.digits)
        )

    return hide


def _hide_local_part(found: re.Match[str]) -> str:
    return f"{found[1]}{HIDDEN * 3}@"
