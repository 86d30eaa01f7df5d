"""How long a text is as SMS: the alphabet of GSM 03.38 and the parts of a long message. Knows nothing of messages.

The service documents its limits in characters ("tecken"); here they are counted in septets, the unit that a phone
network counts in: `€ [ ] { } ~ ^ | \\` and form feed take two. A text that fits in septets fits in characters too.
"""

from __future__ import annotations

from typing import Final

ONE_SMS: Final = 160
"""The most septets of a message that is one SMS."""

MULTI_PART: Final = 134
"""The most septets of each part of a longer message."""

MULTI_PARTS: Final = 6
"""The most parts of a message."""

MULTI_MAX: Final = MULTI_PARTS * MULTI_PART
"""The most septets of a message in several parts: 804."""

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = frozenset("\f^{}\\[~]|€")


def septets(text: str) -> int:
    """The length of `text` in septets; a character that GSM 03.38 does not have counts as one (see `unsupported`)."""
    return len(text) + sum(character in _EXTENSION for character in text)


def unsupported(text: str) -> tuple[str, ...]:
    """The characters of `text` that GSM 03.38 does not have, each once, in the order in which they appear."""
    return tuple(dict.fromkeys(c for c in text if c not in _BASIC and c not in _EXTENSION))


def parts(text: str, *, multisms: bool) -> int:
    """How many SMS each recipient of `text` gets: one up to 160 septets, else parts of at most 134.

    Without `multisms` it is always one. A character of two septets is never split over two parts, so a text within
    MULTI_MAX can still need more than MULTI_PARTS; check both limits.
    """
    if not multisms or septets(text) <= ONE_SMS:
        return 1
    count, used = 1, 0
    for character in text:
        cost = 2 if character in _EXTENSION else 1
        if used + cost > MULTI_PART:
            count, used = count + 1, 0
        used += cost
    return count
