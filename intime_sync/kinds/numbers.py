"""Reading mobile numbers and e-mail addresses of the configuration, with what is wrong in the reader's words."""

from __future__ import annotations

from intime_sync.kinds.reading import ItemContext
from intime_sync.service.email_address import NoAddress, parse_email
from intime_sync.service.phone import E164, number_fault, parse_mobile


def read_mobile(text: str, context: ItemContext, *path: str | int, any_kind: bool = False) -> E164 | None:
    """The number in E.164, or None after noting why it is none.

    It must be valid and, unless `any_kind`, a mobile; with `policy: {numbers: possible}` it is only warned about.
    """
    parsed = parse_mobile(text, context.region)
    if parsed is None:
        context.error(
            "impossible-number",
            f"`{short(text)}` is not a possible phone number in region {context.region}: "
            f"it {number_fault(text, context.region)}",
            *path,
        )
        return None
    if parsed.valid and (any_kind or not parsed.other):
        return parsed.number
    if parsed.valid:
        code, message = "not-a-mobile", f"`{short(text)}` is not a mobile number: it is {parsed.other}"
    elif context.possible_numbers:
        code = "doubtful-number"
        message = f"`{short(text)}` is possible as a number but not in use as far as is known"
    else:
        code = "impossible-number"
        message = f"`{short(text)}` is not a phone number: it {number_fault(text, context.region)}"
    if context.possible_numbers:
        context.warn(code, message, *path)
        return parsed.number
    context.error(code, message, *path)
    return None


def read_email(text: str, context: ItemContext, *path: str | int) -> str | None:
    """The address with its domain in lower case, or None after noting what is wrong."""
    address = parse_email(text)
    if isinstance(address, NoAddress):
        context.error("impossible-email", f"`{short(text)}` is not an e-mail address: {address.why}", *path)
        return None
    return address


def short(text: str) -> str:
    """`text` as a message shows it: at most 40 characters on one line."""
    # A grave accent would end the quotation, and what follows it would not be masked.
    shown = (text if text.isprintable() else repr(text)[1:-1]).replace("`", "'")
    return shown if len(shown) <= 40 else shown[:39] + "…"
