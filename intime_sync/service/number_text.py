"""Checks the text of a phone number before its digits are read.

A cell with a date, a personal number or two numbers has enough digits for another person's number. So only characters
that people write in numbers are allowed, where they write them; everything else is refused with a reason. Reasons
name characters in words, so that a message whose digits are masked still says what is wrong.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from unicodedata import category, name

_SELECTORS: Final = "[\u034f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
_INVISIBLE: Final = re.compile(_SELECTORS)
_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_DASHES: Final = re.compile("[\u2010-\u2015\u2212]")
_SPACES: Final = re.compile(r"\s+")

_FORMULA: Final = re.compile(r'="(.*)"')
_TEL: Final = re.compile("tel:", re.IGNORECASE)
_DECIMALS: Final = re.compile(r"(\+?[0-9]+)[.,]0{1,2}")
_ODD_DECIMALS: Final = re.compile(r"[^.,]*[.,](?:0{1,2}|[0-9])")
_SCIENTIFIC: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)

_MONTH: Final = "(?:0?[1-9]|1[0-2])"
_DAY: Final = "(?:0?[1-9]|[12][0-9]|3[01])"
_YEAR: Final = "(?:19|20)[0-9]{2}"
_DATE: Final = re.compile(
    rf"""(?: {_YEAR}([-/. ]){_MONTH}\1{_DAY}
           | (?:{_DAY}([-/. ]){_MONTH}|{_MONTH}([-/. ]){_DAY})(?:\2|\3){_YEAR}
           | [0-9]{{1,2}}([-/.])[0-9]{{1,2}}\4[0-9]{{2}}
         )(?:[T ][0-9]{{1,2}}:[0-9:.]+)?""",
    re.VERBOSE,
)
_COMPACT_DATE: Final = re.compile(f"{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
# A personal number has the date of birth; in a coordination number, 60 is added to the day.
_BORN: Final = "(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_BORN_OR_60_MORE: Final = "(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])"
_PERSONAL: Final = re.compile(
    rf"(?:{_YEAR}|[1-9][0-9]){_BORN_OR_60_MORE} ?[-+] ?[0-9]{{4}}|0[0-9]{_BORN} ?[-+] ?[0-9]{{4}}"
)
_COMPACT_PERSONAL: Final = re.compile(rf"(?:{_YEAR}|[1-9][0-9]){_BORN_OR_60_MORE}[0-9]{{4}}")

PERSONAL_MOBILES: Final = re.compile(rf"^ *0[0-9]{_BORN} *- *[0-9]{{4}} *$", re.MULTILINE)
"""Lines that have the digits of a mobile and the form of a personal number (070101-1234)."""

_STRANGE: Final = re.compile("[^0-9+()./ -]")
SHORT_TAIL: Final = re.compile(r"(.*[0-9]) *[-/(] *[0-9]{1,3}\)?")
"""A number and a few digits more, as in `070-174 06 05 - 06`."""

_PARENTHESES: Final = re.compile(r"(?:\+?[0-9]{1,5} ?)?\((?:\+?[0-9]{1,6})\)[^()]*")
_SLASH: Final = re.compile(r"(?:(?:\+|00)[^/]{1,12}|[^/]{1,8})/[^/]+")
_DOTS: Final = re.compile(r"[^.]*(?:(?<=[0-9)])\.(?=[0-9]{2})[^.]*)*")
_FEWEST_AFTER_SLASH: Final = 4


class NoNumber(NamedTuple):
    """Why a text is no phone number: `why` completes the sentence "… is not a phone number: it …"."""

    why: str


def checked_number(text: str, region: str) -> str | NoNumber:
    """The number as the library can read it, or why `text` is not one; `region` as in `parse_mobile`.

    Removes invisible marks and what spreadsheets add (`'0…`, `="0…"`, `….0`), and makes full-width characters plain.
    """
    plain = _unwrapped(_visible(text))
    if whole := _DECIMALS.fullmatch(plain):
        return whole[1]
    why = _mistaken(plain, region) or _misplaced(plain)
    if why:
        return NoNumber(why)
    if plain.startswith("(") and plain.endswith(")"):
        plain = plain[1:-1]
    return plain


def _visible(text: str) -> str:
    seen = "".join(mark for mark in _INVISIBLE.sub("", text) if category(mark) != "Cf")
    return _SPACES.sub(" ", _DASHES.sub("-", seen.translate(_FULL_WIDTH))).strip()


def _unwrapped(text: str) -> str:
    if formula := _FORMULA.fullmatch(text):
        text = formula[1].strip()
    elif text.startswith("'"):
        text = text[1:].removesuffix("'").strip()
    return text[4:].strip() if _TEL.match(text) else text


def _mistaken(text: str, region: str) -> str | None:
    """Why `text` is not a number but, for example, a date; else None. Forms without separators are Swedish only."""
    swedish = region == "SE"
    if _DATE.fullmatch(text) or (swedish and _COMPACT_DATE.fullmatch(text)):
        return "looks like a date"
    if _PERSONAL.fullmatch(text) or (swedish and _COMPACT_PERSONAL.fullmatch(text)):
        return "looks like a personal number (write a mobile number without that hyphen)"
    if _SCIENTIFIC.fullmatch(text):
        return "was rounded by a spreadsheet; format the column as text and enter the number again"
    if _ODD_DECIMALS.fullmatch(text):
        return "has decimals, as a spreadsheet writes them; format the column as text"
    return None


def _misplaced(text: str) -> str | None:
    """Which character is where no number has it; None where all are in place."""
    if strange := _STRANGE.search(text):
        return f"holds {_in_words(strange[0])}, which numbers do not have"
    if not any(character.isdigit() for character in text):
        return "has no digits"
    if "+" in text.lstrip(" -(").removeprefix("+"):
        return "has a plus sign that is not at its start; is it two numbers?"
    whole = text.startswith("(") and text.endswith(")") and text.count("(") == 1
    if ("(" in text or ")" in text) and not whole and not _PARENTHESES.fullmatch(text):
        return "has parentheses that are not around an area code"
    if "/" in text and not (_SLASH.fullmatch(text) and _digits(text.partition("/")[2]) >= _FEWEST_AFTER_SLASH):
        return "has a slash that is not after an area code; is it two numbers?"
    if "." in text and not _DOTS.fullmatch(text):
        return "has a full stop that is not between groups of digits"
    return None


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


def _in_words(character: str) -> str:
    if character.isascii() and character.isalpha():
        return f"the letter {character}"
    return f"the character {name(character, 'without a name').lower()}"
