"""Spellings for people: numbers as they are written in the account's country, keys in plain letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from intime_sync.service.phone import parse_mobile

LONGEST_KEY: Final = 150
"""The most characters of a key, so that a number can be added to it."""

_SWEDISH: Final = re.compile(r"\+46(7[02369])([0-9]{3})([0-9]{2})([0-9]{2})")
_OTHER: Final = re.compile("[^a-z0-9]+")
# Letters that have no decomposition.
_PLAIN: Final = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "'": "", "’": ""}
)


def spelled_number(number: str, region: str) -> str:
    """`number` (E.164) as `070-174 06 05` when it belongs to `region`, as `+47 40 61 23 45` when it does not.

    If that would not be read as the same number, `number` itself.
    """
    found = _SWEDISH.fullmatch(number) if region == "SE" else None
    if found:
        return "0{}-{} {} {}".format(*found.groups())
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    at_home = parsed.country_code == phonenumbers.country_code_for_region(region)
    style = phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    text = phonenumbers.format_number(parsed, style)
    read = parse_mobile(text, region)
    # The library formats numbers that are not in use as bare digits, which could be read as another number.
    return text if read is not None and read.number == number and not text.isdecimal() else number


def folded(text: str, joiner: str = "-") -> str:
    """`text` in a–z and 0–9, with `joiner` for everything else: `agren-ost` for `Ågren Öst`.

    A text without any such letter keeps its own letters; "" if it has no letters or digits at all.
    """
    lowered = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    bare = "".join(c for c in lowered if not unicodedata.combining(c))
    plain = _OTHER.sub(joiner, bare).strip(joiner)
    if plain:
        return plain[:LONGEST_KEY].strip(joiner)
    letters = "".join(c if c.isalnum() else " " for c in unicodedata.normalize("NFKC", text.casefold()))
    return unicodedata.normalize("NFC", joiner.join(letters.split()))[:LONGEST_KEY].strip(joiner)


class Keys:
    """Makes keys unique: `agren`, `agren-2`, `agren-3`."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._next: dict[str, int] = {}

    def take(self, base: str) -> str:
        """`base`, or else the first `base-N` that is free."""
        key, number = base, self._next.get(base, 2)
        while key in self._taken:
            key = f"{base}-{number}"
            number += 1
        self._next[base] = number
        self._taken.add(key)
        return key
