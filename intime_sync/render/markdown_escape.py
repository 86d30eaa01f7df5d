"""Text from outside as literal text in Markdown. Knows Markdown, HTML and code hosts, not plans.

Code hosts look for `@people`, `#123`, `:emoji:` and addresses in the text *after* Markdown is rendered, so that
Markdown's escapes do not prevent it. They do not look into `<code>`, so every word that could match is put there.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from intime_sync.render.style import inert, shortened

# Character references work in every Markdown and in HTML; backslashes do not, in particular before | in tables.
_REFERENCES: Final = {character: f"&#{ord(character)};" for character in "\\`*_[]<>&|~#@$"}
# Some hosts join adjoining pieces of text before they look for addresses; `<wbr>` prevents a match.
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
    """`text`, each word that a code host could link or replace in `<code>`; it must be inert.

    It may stand anywhere but at the start of a line.
    """
    return _WORD.sub(_word, text)


def brief(text: str) -> str:
    """As `code`, cut to at most 150 characters of Markdown."""
    whole = code(shortened(text, 60))
    return whole if size(whole) <= _LONGEST_BRIEF else code(shortened(text, 12))


def marker(owner: str) -> str:
    """An HTML comment that is the same for every plan of one owner, by which a bot finds its comment again.

    Whatever is not a letter, a digit or one of `._~-` is percent-encoded, and a very long name ends in a digest.
    """
    # Two hyphens would end the comment.
    name = re.sub("-(?=-)", "%2D", quote(inert(owner), safe=""))
    if len(name) > _LONGEST_NAME:
        name = f"{name[:60]}.{sha256(name.encode()).hexdigest()[:16]}"
    return f"<!-- intime-sync plan {name} -->"


def size(text: str) -> int:
    """The length in UTF-16 units, never fewer than characters, since some hosts and bots count these."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def _word(found: re.Match[str]) -> str:
    word = found[0]
    return code(word) if _NOTED.search(word) else _SPECIAL.sub(_reference, word)


def _reference(found: re.Match[str]) -> str:
    return _REFERENCES.get(found[0]) or f"&#{ord(found[0])};"
