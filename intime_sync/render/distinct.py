"""Masks under which values before and after a change that differ also look different. Knows no layout."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final

from intime_sync.model.change import Change, FieldChange, after_of, before_of, fields_of
from intime_sync.model.resource import Attributes
from intime_sync.render.masking import Mask, mask_text, no_mask, numbers_in

LOOK_ALIKE: Final = "they look alike, and differ"
"""The note on two values that no mask distinguishes, such as a letter in its composed and decomposed form."""

# At most two more digits of a number are shown, chosen from the last seven that differ; else a count is added.
_MOST_DIGITS: Final = 2
_CONSIDERED: Final = 7


def mask_for(change: Change, mask: Mask) -> Mask:
    """`distinguishing_mask` for the values before and after the change."""
    return distinguishing_mask(mask, before_of(change), after_of(change), fields_of(change))


def distinguishing_mask(
    mask: Mask, before: Attributes | None, after: Attributes | None, fields: Sequence[FieldChange]
) -> Mask:
    """`mask`, except that different texts before and after which it would make equal stay different.

    Of numbers one or two more digits are shown, the last that differ (`+46••••6••05` and `+46••••7••05`); any other
    text gets a count (`a•••@example.se (1)` and `a•••@example.se (2)`).
    """
    if mask is no_mask or not fields:
        return mask
    old = dict.fromkeys(_texts([before, *(field.before for field in fields)]))
    new = dict.fromkeys(_texts([after, *(field.after for field in fields)]))
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for text in old | new:
        alike[mask(text)].append(text)
    special: dict[str, str] = {}
    for shown, texts in alike.items():
        if len(texts) > 1 and any((text in old) != (text in new) for text in texts):
            special.update(zip(texts, _distinguished(texts, shown), strict=True))
    return (lambda text: special.get(text) or mask(text)) if special else mask


def _texts(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        match value:
            case str():
                yield value
            case list():
                yield from _texts(value)
            case Mapping():
                yield from _texts(value.values())
            case _:
                pass


def _distinguished(texts: Sequence[str], shown: str) -> list[str]:
    """The texts, masked so that all differ, in the same order; the plain mask makes each of them `shown`."""
    numbers = [numbers_in(text) for text in texts]
    if len({tuple(map(len, found)) for found in numbers}) == 1:
        places = [(index, place) for index, number in enumerate(numbers[0]) for place in range(len(number))]
        differ = [at for at in reversed(places) if len({found[at[0]][at[1]] for found in numbers}) > 1]
        for count in range(1, _MOST_DIGITS + 1):
            if len(texts) > 10**count:
                continue
            for chosen in combinations(differ[:_CONSIDERED], count):
                revealed = [mask_text(text, chosen) for text in texts]
                if len(set(revealed)) == len(texts):
                    return revealed
    return [f"{shown} ({number})" for number in range(1, len(texts) + 1)]
