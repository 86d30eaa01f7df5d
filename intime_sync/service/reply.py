"""Classifies replies: ids, a refusal, a list, or something that is not documented.

Looks at bytes only; knows nothing about HTTP or about what a caller should do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from intime_sync.model.resource import RemoteId
from intime_sync.service import xml
from intime_sync.service.endpoints import EMPTY_LIST, Endpoint

EXCERPT_LENGTH: Final = 80
"""Characters of a reply that a message shows."""

# Compiled when they are first used, since a plan with nothing to do uses none of them.
_IDS: Final = r"-?[0-9]{1,18}(?:\s*,\s*-?[0-9]{1,18})*"
_CODE: Final = r"[0-9]{1,4}:ERROR[0-9]{1,4}"
_HTML: Final = r"(?i)<(?:!doctype\s+html|html)\b"
_WEB_PAGE: Final = "the reply is a web page"
_IDS_SHOWN: Final = 10
_BEGINNING: Final = 4096


@dataclass(frozen=True, slots=True)
class Ids:
    """It is done: the ids, in the service's order. A negative id (edits only) was not changed."""

    ids: tuple[RemoteId, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The service said no, with a documented code; `meaning` is what the code means for this endpoint."""

    code: str
    meaning: str

    def __str__(self) -> str:
        return f"{self.meaning} ({self.code})"


@dataclass(frozen=True, slots=True)
class Unexpected:
    """A reply outside the documentation; `excerpt` is its printable beginning, which may be empty."""

    why: str
    excerpt: str = ""

    def __str__(self) -> str:
        return f"{self.why}: {self.excerpt}" if self.excerpt else self.why


@dataclass(frozen=True, slots=True)
class Rows:
    """A list that was read whole; `root` is None when the service said that there is nothing."""

    root: xml.Element | None


def excerpt(text: str) -> str:
    """The beginning of `text`, on one line, printable, at most EXCERPT_LENGTH characters."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in text[: 8 * EXCERPT_LENGTH]).split())
    return shown if len(shown) <= EXCERPT_LENGTH else f"{shown[: EXCERPT_LENGTH - 1]}…"


def classify_ids(endpoint: Endpoint, body: bytes, expected: int | None) -> Ids | Refused | Unexpected:
    """What a POST's reply means. `expected` is how many ids it must have; None for any number."""
    text = xml.decode(body).strip()
    if not re.fullmatch(_IDS, text):
        return _coded(endpoint, text) or Unexpected(_kind_of(text), excerpt(text))
    ids = tuple(RemoteId(int(part)) for part in text.split(","))
    if 0 in ids or (min(ids) < 0 and not endpoint.negative_ids):
        return Unexpected("the reply has a number that cannot be an id", excerpt(text))
    if expected is not None and len(ids) != expected:
        listed = ",".join(map(str, ids[:_IDS_SHOWN])) + (",…" if len(ids) > _IDS_SHOWN else "")
        return Unexpected(f"the reply has {len(ids)} ids for {expected} items ({listed})")
    return Ids(ids)


def classify_list(endpoint: Endpoint, body: bytes) -> Rows | Refused | Unexpected:
    """What a list's reply means. Only the documented root element, or the code that means "nothing", is a list."""
    beginning = xml.decode(body.lstrip()[:_BEGINNING]).strip()
    if not beginning.startswith("<"):
        refused = _coded(endpoint, beginning)
        if refused and refused.code == EMPTY_LIST:
            return Rows(None)
        return refused or Unexpected(_kind_of(beginning), excerpt(beginning))
    try:
        root = xml.parse(body)
    except xml.BadXml as error:
        why = _WEB_PAGE if re.search(_HTML, beginning) else f"the reply cannot be read ({error})"
        return Unexpected(why, excerpt(beginning))
    if root.tag != endpoint.root:
        why = _WEB_PAGE if re.search(_HTML, beginning) else f"the reply's root is not <{endpoint.root}>"
        return Unexpected(why, excerpt(beginning))
    return Rows(root)


def _coded(endpoint: Endpoint, text: str) -> Refused | None:
    meaning = endpoint.codes.get(text)
    return Refused(text, meaning) if meaning else None


def _kind_of(text: str) -> str:
    if not text:
        return "the reply is empty"
    if re.fullmatch(_CODE, text):
        return "the reply is an error code that is not documented here"
    return _WEB_PAGE if re.search(_HTML, text[:_BEGINNING]) else "the reply is not a documented one"
