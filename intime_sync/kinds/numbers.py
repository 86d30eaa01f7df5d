"""Reading mobile numbers and e-mail addresses of the configuration, with what is wrong in the reader's words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from intime_sync.kinds.reading import ItemContext
from intime_sync.service.phone import E164, number_fault, parse_mobile

# What nearly every address looks like; all others are judged by the library.
_PLAIN_EMAIL = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}", re.ASCII
)
_PLAIN_EMAIL_LINES = re.compile(f"^{_PLAIN_EMAIL.pattern}$", re.ASCII | re.MULTILINE)
_SPECIAL = (".local", ".localhost", ".invalid", ".onion", ".test", ".arpa", ".alt")
_SPECIAL_LINES = re.compile(rf"\.(?:{'|'.join(ending[1:] for ending in _SPECIAL)})$", re.MULTILINE)
_MAX_PLAIN_EMAIL = 64
_MAX_EMAIL = 1000
"""Characters: far more than the 254 of RFC 5321, since letters may be written as several characters."""


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
    address = text.strip()
    if (
        len(address) <= _MAX_PLAIN_EMAIL
        and "--" not in address
        and _PLAIN_EMAIL.fullmatch(address)
        and not address.endswith(_SPECIAL)
    ):
        return address
    if len(address) > _MAX_EMAIL:  # its validator needs the square of some lengths
        message = (
            f"`{short(text)}` is not an e-mail address: it has {len(address):,} characters, and at most 254 can be"
        )
        context.error("impossible-email", message, *path)
        return None
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError as error:
        context.error("impossible-email", f"`{short(text)}` is not an e-mail address: {error}", *path)
        return None


def are_plain_emails(texts: Sequence[str]) -> bool:
    """Whether `read_email` would return each as it is, but for "" (not given)."""
    joined = "\n".join(texts)
    return (
        max(map(len, texts)) <= _MAX_PLAIN_EMAIL
        and "--" not in joined
        and len(_PLAIN_EMAIL_LINES.findall(joined)) == len(texts) - texts.count("")
        and joined.count("\n") == len(texts) - 1
        and not _SPECIAL_LINES.search(joined)
    )


def short(text: str) -> str:
    """`text` as a message shows it: at most 40 characters on one line."""
    # A grave accent would end the quotation, and what follows it would not be masked.
    shown = (text if text.isprintable() else repr(text)[1:-1]).replace("`", "'")
    return shown if len(shown) <= 40 else shown[:39] + "…"
