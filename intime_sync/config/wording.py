"""Parts of messages that quote a user's text: shortened and escaped text, and suggestions for misspelt words."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 40


def shown(value: object) -> str:
    """A value as a message shows it: at most 40 characters on one line, control characters escaped."""
    text = str(value)
    cut = text[:_LONGEST]
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)
    return safe if len(text) <= _LONGEST else f"{safe}…"


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most similar to `word`, without regard to case; None if none is similar."""
    import difflib

    by_folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word[: 2 * _LONGEST].casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean …?` with the most similar known word; "" if none is similar."""
    found = closest(word, known)
    return f"; did you mean `{found}`?" if found else ""
