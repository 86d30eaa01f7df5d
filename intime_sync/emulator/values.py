"""The values inside requests: phone numbers, dates, e-mail addresses, senders, message lengths.

Knows nothing of XML, HTTP or storage.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import phonenumbers

from intime_sync.emulator.behaviour import Echo

_STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")
_PUNCTUATION: Final = re.compile(r"[\s()./\-]")
_DIALLED: Final = re.compile(r"\+?[0-9]+")
_SWEDISH_MOBILE: Final = re.compile(r"(?:\+46|0046|0)(7[0-9]{8})")
_DATE: Final = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_FIRST_YEAR: Final = 1900
_EMAIL: Final = re.compile(r"[^\s@<>(),;:\"\\]+@(?:[^\s@.<>(),;:\"\\]+\.)+[^\s@.<>(),;:\"\\]{2,}")
_SENDER: Final = re.compile(r"[A-Za-z0-9 .+\-]{3,11}|[0-9]{3,15}")
_PRINTABLE: Final = re.compile(r"[!-~]+")
_DELIVERED: Final = 20
_STATUS_OF_NUMBER: Final = {
    "+46701740690": 0,
    "+46701740691": 1,
    "+46701740692": 2,
    "+46701740693": 3,
    "+46701740694": 4,
    "+46701740695": 21,
}
_TWO_SEPTETS: Final = frozenset("€[]{}~^|\\\f")


def stockholm_now() -> datetime:
    """The present wall time in Stockholm, naive, as the service shows it."""
    return datetime.now(_STOCKHOLM).replace(tzinfo=None)


@lru_cache(maxsize=100_000)
def normalised_number(text: str) -> str | None:
    """A number in E.164, or None if it cannot be one. Numbers without a country are Swedish.

    A *possible* number is enough: the examples in the documentation are not valid numbers.
    """
    dialled = _PUNCTUATION.sub("", text)
    if match := _SWEDISH_MOBILE.fullmatch(dialled):
        return "+46" + match[1]
    if not _DIALLED.fullmatch(dialled):
        return None
    try:
        number = phonenumbers.parse(dialled, "SE")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def echoed_number(raw: str, number: str, echo: Echo) -> str:
    """A stored number as a list shows it; a foreign one has no national spelling and stays in E.164."""
    if echo == "raw":
        return raw
    if echo == "national" and number.startswith("+46"):
        return "0" + number.removeprefix("+46")
    return number


def parsed_date(text: str) -> datetime | None:
    """`YYYY-MM-DDTHH:MM:SS` or `YYYYMMDDTHH:MM:SS` as naive wall time from 1900 on, or None."""
    if not _DATE.fullmatch(text):
        return None
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return date if date.year >= _FIRST_YEAR else None


def appointment_text(at: datetime) -> str:
    """An appointment as lists show it: minutes only, and two spaces, as the documentation prints it."""
    return at.strftime("%Y-%m-%d  %H:%M")


def reminder_text(at: datetime) -> str:
    """When the reminder of an appointment goes out: at 10:00 the day before."""
    return (at - timedelta(days=1)).strftime("%Y-%m-%d 10:00")


def is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def is_sender(text: str) -> bool:
    """3–11 letters, digits, spaces, dots, plus and minus signs, or 3–15 digits."""
    return _SENDER.fullmatch(text) is not None


def is_web_address(text: str) -> bool:
    """An http or https address with a host, as the service could post to."""
    if not _PRINTABLE.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def delivery_status(number: str) -> int:
    """The delivery status of a message to an E.164 number: delivered, except where `_STATUS_OF_NUMBER` says else."""
    return _STATUS_OF_NUMBER.get(number, _DELIVERED)


def message_length(body: str) -> int:
    """Characters as GSM 03.38 counts them: `€ [ ] { } ~ ^ | \\` take two."""
    return len(body) + sum(char in _TWO_SEPTETS for char in body)
