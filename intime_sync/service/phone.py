"""Mobile numbers: what people write to E.164 and back. Knows nothing about contacts or messages.

The library phonenumbers is slow to load and slow per number, so plain Swedish mobiles take a fast path; a property
test checks that both give the same answers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, NewType

from intime_sync.service.number_text import PERSONAL_MOBILES, SHORT_TAIL, NoNumber, checked_number

E164 = NewType("E164", str)
"""A number as `+46701740605`."""

MAX_LENGTH: Final = 32
"""The longest text that is tried as a number, in characters."""

_SWEDISH_DIGITS: Final = 9
_SHORTEST: Final = 7
_SWEDISH: Final = re.compile(r"(?:\+46|0046|0)(7[02369][0-9]{7})")
_SWEDISH_ABROAD: Final = re.compile(r"\+46(7[02369][0-9]{7})")
_SWEDISH_LINES: Final = re.compile(f"^{_SWEDISH.pattern}$", re.MULTILINE)
_SWEDISH_LINES_ABROAD: Final = re.compile(f"^{_SWEDISH_ABROAD.pattern}$", re.MULTILINE)
_INVISIBLE: Final = re.compile("[\u200b\u200e\u200f\u2060\u202a-\u202e\ufeff]")
_NUMBER_LIKE: Final = re.compile("[0-9+()./\\-\u00a0\u2000-\u200a\u2010-\u2015\u202f\u2212\u3000 \t]+")


class ParsedMobile(NamedTuple):
    """A number that can exist.

    `valid` is false where its country has not given out such a number (yet); `other` names what a valid number is
    that is not a mobile (`a landline number`), and is "" for a mobile.
    """

    number: E164
    valid: bool
    other: str = ""


def parse_mobile(text: str, region: str) -> ParsedMobile | None:
    """The number that `text` spells, or None when no phone can have it.

    `region` (`SE`) is the country of numbers without a prefix. Characters that people do not write in numbers make
    the text no number, they are not dropped; `number_fault` names them.
    """
    plain = text.replace(" ", "").replace("-", "")
    if len(text) <= MAX_LENGTH:
        found = (_SWEDISH if region == "SE" else _SWEDISH_ABROAD).fullmatch(plain)
        if found and not PERSONAL_MOBILES.match(text):
            return ParsedMobile(E164(f"+46{found[1]}"), valid=True)
    return parse_with_library(text, region)


def parse_listed(text: str, region: str) -> ParsedMobile | None:
    """The number in a row of the account's lists, or None. Accepts more than `parse_mobile`, since the row exists."""
    found = parse_mobile(text, region)
    if found is not None:
        return found
    # Numbers copied from contact apps come wrapped in invisible direction marks.
    visible = _INVISIBLE.sub("", text).strip()
    if len(visible) > MAX_LENGTH or not _NUMBER_LIKE.fullmatch(visible):
        return None
    return _library_number(visible, region)


def plain_mobiles(texts: Sequence[str], region: str) -> list[E164 | None] | None:
    """The numbers that `parse_mobile` finds, None for "", if all others are plain Swedish mobiles; None if not."""
    joined = "\n".join(texts)
    if joined.count("\n") != len(texts) - 1 or max(map(len, texts)) > MAX_LENGTH or PERSONAL_MOBILES.search(joined):
        return None
    lines = _SWEDISH_LINES if region == "SE" else _SWEDISH_LINES_ABROAD
    numbers = [E164(f"+46{found}") for found in lines.findall(joined.replace(" ", "").replace("-", ""))]
    if len(numbers) == len(texts):
        return [*numbers]
    if len(numbers) != len(texts) - texts.count(""):
        return None
    given = iter(numbers)
    return [next(given) if text else None for text in texts]


def parse_with_library(text: str, region: str) -> ParsedMobile | None:
    """As `parse_mobile`, without the fast path, which tests compare with this."""
    plain = checked_number(text, region)
    if isinstance(plain, NoNumber) or len(plain) > MAX_LENGTH or _is_two(plain, region):
        return None
    return _library_number(plain, region)


def number_fault(text: str, region: str) -> str:
    """Why `parse_mobile` refuses `text`, or finds it not valid: `is too short`; names characters in words."""
    plain = checked_number(text, region)
    if isinstance(plain, NoNumber):
        return plain.why
    if _is_two(plain, region):
        return "has a few digits after a whole number; is it two numbers?"
    import phonenumbers

    try:
        number = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException as error:
        unknown = error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE
        return "has a country code that is not in use" if unknown else _length_fault(plain)
    reason = phonenumbers.is_possible_number_with_reason(number)
    national = str(number.national_number)
    swedish_mobile = number.country_code == 46 and national.startswith("7")
    if reason == phonenumbers.ValidationResult.TOO_SHORT or (swedish_mobile and len(national) < _SWEDISH_DIGITS):
        return "is too short"
    if reason == phonenumbers.ValidationResult.TOO_LONG or (swedish_mobile and len(national) > _SWEDISH_DIGITS):
        return "is too long; is it two numbers?"
    return "is not in use as far as is known"


def _length_fault(text: str) -> str:
    return "is too short" if len(text) < _SHORTEST else "is too long; is it two numbers?"


def _is_two(text: str, region: str) -> bool:
    """Whether a few digits follow what is a whole number without them (`070-174 06 05 - 06`)."""
    tail = SHORT_TAIL.fullmatch(text)
    whole = _library_number(tail[1], region) if tail else None
    return whole is not None and whole.valid and not whole.other


def _library_number(text: str, region: str) -> ParsedMobile | None:
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_possible_number(number):
        return None
    spelled = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if number.italian_leading_zero and phonenumbers.parse(spelled) != number:
        return None  # all zeros: the library counts one of them twice, so it would be read back as another number
    valid = phonenumbers.is_valid_number(number)
    return ParsedMobile(E164(spelled), valid, _other_kind(phonenumbers.number_type(number)) if valid else "")


def _other_kind(kind: int) -> str:
    from phonenumbers import PhoneNumberType

    if kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE):
        return ""
    names = {
        PhoneNumberType.FIXED_LINE: "a landline number",
        PhoneNumberType.TOLL_FREE: "a toll-free number",
        PhoneNumberType.PREMIUM_RATE: "a premium-rate number",
        PhoneNumberType.SHARED_COST: "a shared-cost number",
        PhoneNumberType.VOIP: "an internet telephony number",
        PhoneNumberType.PAGER: "a pager's number",
    }
    return names.get(kind, "a number of another kind")


def format_mobile(number: E164, style: Literal["e164", "national"]) -> str:
    """`number` as it is sent: `+46701740605`, or `0701740605` where it is Swedish and `style` is national."""
    return f"0{number[3:]}" if style == "national" and number.startswith("+46") else number
