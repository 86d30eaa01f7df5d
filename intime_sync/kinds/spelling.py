"""Spellings that people read: numbers as they are written in the account's country, keys in plain letters.

Every spelling reads back as what it stands for; what has none stays as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from intime_sync.service.phone import parse_mobile

LONGEST_KEY: Final = 150
"""Where a key is cut, in characters, so that a number after it still fits."""

_SWEDISH: Final = re.compile(r"\+46(7[02369])([0-9]{3})([0-9]{2})([0-9]{2})")
_OTHER: Final = re.compile("[^a-z0-9]+")
# Letters that have no decomposition.
_PLAIN: Final = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "'": "", "’": ""}
)


def spelled_number(number: str, region: str) -> str:
    """`number` (E.164) as `070-174 06 05` when it belongs to `region`, as `+47 40 61 23 45` when it does not.

    Where that would not read back as the same number, it is `number` itself.
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
    # Bare digits are what the library says of numbers that nobody has: without the zero, they read as anything.
    return text if read is not None and read.number == number and not text.isdecimal() else number


def folded(text: str, joiner: str = "-") -> str:
    """`text` in a–z and 0–9 with `joiner` for all between them: `Ågren Öst` is `agren-ost`.

    A name without any such letter keeps its own, so that it can be told from others; "" when there are none at all.
    """
    lowered = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    bare = "".join(c for c in lowered if not unicodedata.combining(c))
    plain = _OTHER.sub(joiner, bare).strip(joiner)
    if plain:
        return plain[:LONGEST_KEY].strip(joiner)
    letters = "".join(c if c.isalnum() else " " for c in unicodedata.normalize("NFKC", text.casefold()))
    return unicodedata.normalize("NFC", joiner.join(letters.split()))[:LONGEST_KEY].strip(joiner)


class Keys:
    """Gives out keys, each once: `agren`, `agren-2`, `agren-3`."""

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
