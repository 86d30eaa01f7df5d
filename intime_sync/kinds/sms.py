"""Reads the sender and the text of an SMS.

The limits are those of the service's documentation, "Skapa meddelande".
"""

from __future__ import annotations

import re
from typing import Final

from intime_sync.kinds.reading import Item, ItemContext
from intime_sync.service.gsm import MULTI_MAX, MULTI_PARTS, ONE_SMS, parts, septets, unsupported

_MAX_NAMED: Final = 5
_MIN_SENDER: Final = 3
_MAX_SENDER: Final = 11
_MAX_DIGITS: Final = 15
_NOT_IN_SENDER: Final = re.compile("[^A-Za-z0-9 .+-]")


def read_sender(item: Item, context: ItemContext) -> str:
    """The sender's name or number, "" after noting an error."""
    before = len(context.problems)
    sender = context.text(item, "sender")
    if context.has_error_since(before):
        return ""
    fault = _sender_fault(sender)
    if fault is None:
        return sender
    context.error("bad-sender", f"`sender` {fault}", "sender")
    return ""


def _sender_fault(sender: str) -> str | None:
    if found := _NOT_IN_SENDER.search(sender):
        return f"holds {_named(found[0])}; it may hold only A–Z, a–z, 0–9, spaces, full stops, hyphens and plus signs"
    length = len(sender)
    if length < _MIN_SENDER:
        return f"must have at least {_MIN_SENDER} characters, not {length}"
    if sender.isdecimal():
        return None if length <= _MAX_DIGITS else f"must have at most {_MAX_DIGITS} digits, not {length}"
    if length > _MAX_SENDER:
        without_plus = "; write the number without the plus sign" if sender.removeprefix("+").isdecimal() else ""
        return (
            f"must have at most {_MAX_SENDER} characters ({_MAX_DIGITS} where all are digits), "
            f"not {length}{without_plus}"
        )
    return None


def read_body(item: Item, context: ItemContext, *, multisms: bool, flash: bool) -> str:
    """The text with its line breaks, "" after noting an error; warns about characters that GSM 03.38 lacks."""
    before = len(context.problems)
    body = context.lines(item, "body")
    if context.has_error_since(before):
        return ""
    if not body:
        context.error("empty-body", "a message needs a text in `body`", "body")
        return ""
    strange = unsupported(body)
    if strange:
        context.warn(
            "outside-gsm",
            f"`body` holds {_listed(strange)}, outside the alphabet of SMS (GSM 03.38): "
            "phones may show something else",
            "body",
        )
    fault = _length_fault(body, multisms=multisms, flash=flash)
    if fault is None:
        return body
    code, message = fault
    context.error(code, message, "body")
    return ""


def _length_fault(body: str, *, multisms: bool, flash: bool) -> tuple[str, str] | None:
    length = septets(body)
    if length <= ONE_SMS:
        return None
    has = f"`body` has {length} characters as SMS counts them"
    if length > len(body):
        has += " (€ and some others count as two)"
    count = parts(body, multisms=True)
    fits = length <= MULTI_MAX and count <= MULTI_PARTS
    if flash and multisms:
        return "flash-too-long", f"{has}, and a flash message takes at most {ONE_SMS}; shorten it, or remove `flash`"
    if not multisms:
        way = f"; `multisms: true` would send it as {count} SMS" if fits and not flash else "; shorten it"
        return "message-too-long", f"{has}, and one SMS takes at most {ONE_SMS}{way}"
    if length > MULTI_MAX:
        return "message-too-long", f"{has}, and `multisms` takes at most {MULTI_MAX}; shorten it"
    if not fits:
        return (
            "message-too-long",
            f"{has} and would need {count} SMS, since none of those that count as two is split over two SMS; "
            f"`multisms` takes at most {MULTI_PARTS}; shorten it",
        )
    return None


def _listed(characters: tuple[str, ...]) -> str:
    named = ", ".join(map(_named, characters[:_MAX_NAMED]))
    more = len(characters) - _MAX_NAMED
    return f"{named} and {more} more" if more > 0 else named


def _named(character: str) -> str:
    code = f"U+{ord(character):04X}"
    return f"“{character}” ({code})" if character.isprintable() and not character.isspace() else code
