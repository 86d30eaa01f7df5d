"""Reads the address that delivery statuses are posted to.

Messages do not quote the address, since a secret may be in it.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl

from intime_sync.addresses import http_url, is_this_machine
from intime_sync.kinds.reading import Item, ItemContext

MAX_URL: Final = 500
"""The most characters of an address."""

_WORDS: Final = re.compile("[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_SECRET_WORD: Final = re.compile(
    ".*(?:token|secret|passw|credential|signature|authori[sz]ation).*"
    "|(?:api|access|private|auth)?(?:hash|key|pass|pwd|auth)|pw|sig|sign|session.*"
)


def read_status_url(item: Item, context: ItemContext) -> str:
    """The address in `status_url`, "" if it is not given or after noting an error."""
    url = context.text(item, "status_url")
    fault = _fault(url) if url else None
    if fault is None:
        return url
    code, message = fault
    context.error(code, f"`status_url` {message}", "status_url")
    return ""


def _fault(url: str) -> tuple[str, str] | None:
    parts = http_url(url) if url.isascii() and " " not in url else None
    if parts is None:
        return "bad-url", "is not an https address; write one like https://example.se/intime/status"
    if parts.username is not None:
        return "secret-in-url", "holds a user or password: plans, ledgers and the service would keep it; remove it"
    for name, _ in parse_qsl(parts.query.replace(";", "&"), keep_blank_values=True):
        if _names_a_secret(name):
            return (
                "secret-in-url",
                "has a query parameter whose name speaks of a secret: plans, ledgers and the service would keep it; "
                "remove it",
            )
    if "#" in url:
        return "bad-url", "has a fragment (`#…`), which is never sent; remove it"
    if parts.scheme == "http" and not is_this_machine(parts.hostname or ""):
        return "insecure-url", "would have statuses sent in the clear: write https; http is for this machine only"
    return None


def _names_a_secret(name: str) -> bool:
    """Whether the name, or a word in it (`apiKey`, `access_token`), is a usual name of a secret."""
    words = [*(word.lower() for word in _WORDS.findall(name)), name.lower()]
    return any(_SECRET_WORD.fullmatch(word) for word in words)
