"""Reads mobile numbers and e-mail addresses of the configuration."""

from __future__ import annotations

from intime_sync.kinds.reading import ItemContext, shortened
from intime_sync.service.email_address import NoAddress, parse_email
from intime_sync.service.phone import E164, number_fault, parse_mobile


def read_mobile(text: str, context: ItemContext, *path: str | int, any_kind: bool = False) -> E164 | None:
    """The number in E.164, or None after noting an error.

    It must be valid and, unless `any_kind`, a mobile; with `policy: {numbers: possible}`, that is only a warning.
    """
    parsed = parse_mobile(text, context.region)
    if parsed is None:
        context.error(
            "impossible-number",
            f"`{shortened(text)}` is not a possible phone number in region {context.region}: "
            f"it {number_fault(text, context.region)}",
            *path,
        )
        return None
    if parsed.valid and (any_kind or not parsed.other):
        return parsed.number
    if parsed.valid:
        code, message = "not-a-mobile", f"`{shortened(text)}` is not a mobile number: it is {parsed.other}"
    elif context.possible_numbers:
        code = "doubtful-number"
        message = f"`{shortened(text)}` is possible as a number but not in use as far as is known"
    else:
        code = "impossible-number"
        message = f"`{shortened(text)}` is not a phone number: it {number_fault(text, context.region)}"
    if context.possible_numbers:
        context.warn(code, message, *path)
        return parsed.number
    context.error(code, message, *path)
    return None


def read_email(text: str, context: ItemContext, *path: str | int) -> str | None:
    """The address with its domain in lower case, or None after noting an error."""
    address = parse_email(text)
    if isinstance(address, NoAddress):
        context.error("impossible-email", f"`{shortened(text)}` is not an e-mail address: {address.why}", *path)
        return None
    return address
