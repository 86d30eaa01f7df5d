"""Reading the form that the service posts. Pure: bytes in, a value or a reason out.

The documentation ("Ta emot status") names the parameters but not how they are encoded, so a form in the body and a
query string are both taken, whatever the content type says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

LONGEST_TRANSID: Final = 200
_MOST_FIELDS: Final = 50
_MESSAGE_ID: Final = re.compile(r"[0-9]{1,18}")
_STATUS: Final = re.compile(r"[0-9]{1,4}")


@dataclass(frozen=True, slots=True)
class StatusReport:
    """One status as it was posted: a message id of 1 to 18 digits, a level of 1 to 4, a transid ("" if none)."""

    message_id: int
    status: int
    transid: str


class BadForm(Exception):
    """A form that is not a status; `str()` says why and never repeats what was sent."""


def parse_report(body: bytes, query: bytes = b"") -> StatusReport:
    """The status in a form-encoded body and query string; the body wins, names in any case. Raises BadForm."""
    values = _fields(query) | _fields(body)
    message_id, status = _needed("messageid", values), _needed("status", values)
    if not _MESSAGE_ID.fullmatch(message_id) or int(message_id) == 0:
        raise BadForm("messageid must be a whole number above zero of at most 18 digits")
    if not _STATUS.fullmatch(status):
        raise BadForm("status must be a whole number of at most 4 digits")
    transid = values.get("transid", "")
    if len(transid) > LONGEST_TRANSID:
        raise BadForm(f"transid must have at most {LONGEST_TRANSID} characters")
    if not transid.isprintable():
        raise BadForm("transid must not hold control characters")
    return StatusReport(int(message_id), int(status), transid)


def _needed(name: str, values: dict[str, str]) -> str:
    value = values.get(name, "")
    if not value:
        raise BadForm(f"{name} is missing")
    return value


def _fields(encoded: bytes) -> dict[str, str]:
    """The three parameters that are there, without surrounding blanks."""
    if not encoded:
        return {}
    # Latin-1 takes every byte as it is, so that percent-encoded and bare bytes can be decoded alike afterwards.
    text = encoded.decode("latin-1")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, encoding="latin-1", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise BadForm("the form has too many fields") from None
    values: dict[str, str] = {}
    for name, raw in pairs:
        name = name.strip().lower()
        if name not in ("messageid", "status", "transid"):
            continue
        value = _decoded(raw.encode("latin-1")).strip()
        if values.setdefault(name, value) != value:
            raise BadForm(f"{name} is given twice")
    return values


def _decoded(value: bytes) -> str:
    """UTF-8 if it is that, else what the service's documents declare."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
