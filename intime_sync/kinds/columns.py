"""Whole columns of plain values, understood at once: exactly what the readers of single values say, or nothing.

A hundred thousand numbers, addresses and names go through a few calls of C this way. Whatever is not right beyond
doubt, or would be warned about, makes a function answer None: then the items are read one by one, and what is wrong
is said where it stands. A property test holds the two ways to the same answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import is_normalized

from intime_sync.kinds.group_names import plain_names
from intime_sync.kinds.numbers import are_plain_emails, read_email
from intime_sync.kinds.reading import ItemContext
from intime_sync.service.phone import E164, parse_mobile, plain_mobiles
from intime_sync.service.text import too_many_marks


def read_texts(texts: Sequence[str]) -> Sequence[str] | None:
    """What `ItemContext.text` makes of each: itself, when all are clean."""
    joined = "\n".join(texts)
    clean = (
        (joined.isascii() or (too_many_marks(joined) is None and is_normalized("NFC", joined)))
        and joined.count("\n") == len(texts) - 1
        and joined.replace("\n", "").isprintable()
        and not any(doubtful in f"\n{joined}\n" for doubtful in ("  ", "\n ", " \n"))
    )
    return texts if clean else None


def read_mobiles(texts: Sequence[str], region: str) -> list[E164 | None] | None:
    """The numbers, None for "" (not given)."""
    plain = plain_mobiles(texts, region)
    if plain is not None:
        return plain
    numbers: list[E164 | None] = []
    for text in texts:
        parsed = parse_mobile(text, region) if text else None
        if text and (parsed is None or not parsed.valid or parsed.other):
            return None
        numbers.append(parsed.number if parsed else None)
    return numbers


def read_emails(texts: Sequence[str], context: ItemContext) -> list[str | None] | None:
    """The addresses, None for "" (not given)."""
    if are_plain_emails(texts):
        return [text or None for text in texts]
    quiet = ItemContext.without_places(context.region, context.zone)
    addresses = [read_email(text, quiet) if text else None for text in texts]
    return None if quiet.problems else addresses


def read_names_of_groups(given: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]] | None:
    """The groups' names of each, cleaned and sorted."""
    known: dict[tuple[str, ...], tuple[str, ...]] = {(): ()}
    for names in set(given) - known.keys():
        plain = plain_names(names)
        if plain is None:
            return None
        known[names] = plain
    return [known[names] for names in given]
