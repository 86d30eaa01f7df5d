"""Text from elsewhere inside Markdown, as it is and with no effect. Knows Markdown, HTML and code hosts, not plans.

Code hosts look for `@people`, `#123`, `:emoji:` and addresses in the text *after* Markdown is rendered, so that no
escape of Markdown's keeps them from it. They leave alone what is in `<code>`; any word in which they could see
something goes there.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from intime_sync.render.style import inert, shortened

# A reference means itself in every Markdown and in HTML; a backslash does not, least of all before | in tables.
_REFERENCES: Final = {character: f"&#{ord(character)};" for character in "\\`*_[]<>&|~#@$"}
# Some find addresses after they have put adjoining pieces of text together; a place to break a line keeps them apart.
_REFERENCES["@"] += "<wbr>"
_SPECIAL: Final = re.compile(r"[\\`*_\[\]<>&|~#@$]|:(?=/)|(?<=www)\.", re.IGNORECASE)

_WORD: Final = re.compile(r"[^ ]+")
_NOTED: Final = re.compile(
    r"""
    [@#$%~^&+/_]            # people, teams, issues, milestones, labels, epics; numbers; addresses
  | !\d | gh-\d | www\.     # merge requests, issues
  | :[\w+-]+:               # emoji
  | [\[{][+-] | \[\w+:      # marks of what was edited, references by kind
  | \b[0-9a-f]{7,}\b        # commits
    """,
    re.VERBOSE | re.IGNORECASE,
)

_LONGEST_BRIEF: Final = 150
_LONGEST_NAME: Final = 80


def code(text: str) -> str:
    """`text` in `<code>`; it must be inert."""
    return f"<code>{_SPECIAL.sub(_reference, text)}</code>"


def prose(text: str) -> str:
    """`text` as words, those in `<code>` that a code host could take for something; it must be inert.

    It may stand anywhere but at the start of a line.
    """
    return _WORD.sub(_word, text)


def brief(text: str) -> str:
    """As `code`, cut to at most 150 characters of Markdown."""
    whole = code(shortened(text, 60))
    return whole if size(whole) <= _LONGEST_BRIEF else code(shortened(text, 12))


def marker(owner: str) -> str:
    """An HTML comment that nobody sees, always the same for one owner, by which a bot finds its comment again.

    What is not a letter, a digit or one of `._~-` is percent-encoded, and a very long name ends in a digest.
    """
    # Two hyphens would end the comment.
    name = re.sub("-(?=-)", "%2D", quote(inert(owner), safe=""))
    if len(name) > _LONGEST_NAME:
        name = f"{name[:60]}.{sha256(name.encode()).hexdigest()[:16]}"
    return f"<!-- intime-sync plan {name} -->"


def size(text: str) -> int:
    """How long code hosts and bots may find it: UTF-16 units, which are never fewer than characters."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def _word(found: re.Match[str]) -> str:
    word = found[0]
    return code(word) if _NOTED.search(word) else _SPECIAL.sub(_reference, word)


def _reference(found: re.Match[str]) -> str:
    return _REFERENCES.get(found[0]) or f"&#{ord(found[0])};"
