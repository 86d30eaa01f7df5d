"""Masked values that stand beside each other and differ: shown so that they are seen to differ. Knows no layout."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Final

from intime_sync.model.change import Change, FieldChange, after_of, before_of, fields_of
from intime_sync.model.resource import Attributes, Json
from intime_sync.render.masking import Mask, mask_text, no_mask, numbers_in

LOOK_ALIKE: Final = "they look alike, and differ"
"""What is said of two values for which nothing else helps: such as a letter in one piece, and in two."""

# How many more digits of a number may be shown, of how many that differ; beyond that, a count does it.
_MOST_DIGITS: Final = 2
_CONSIDERED: Final = 7


def apart_in(change: Change, mask: Mask) -> Mask:
    """`telling_apart` for what the change turns into what."""
    return telling_apart(mask, before_of(change), after_of(change), fields_of(change))


def telling_apart(
    mask: Mask, before: Attributes | None, after: Attributes | None, fields: Sequence[FieldChange]
) -> Mask:
    """`mask`, but texts before and after that differ and would look the same are shown so that they do not.

    Of numbers one or two more digits are shown, the last that differ (`+46••••6••05` and `+46••••7••05`); any other
    text gets a count (`a•••@example.se (1)` and `a•••@example.se (2)`).
    """
    if mask is no_mask or not fields:
        return mask
    old = dict.fromkeys(_texts([_copy(before), *(field.before for field in fields)]))
    new = dict.fromkeys(_texts([_copy(after), *(field.after for field in fields)]))
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for text in old | new:
        alike[mask(text)].append(text)
    special: dict[str, str] = {}
    for shown, texts in alike.items():
        if len(texts) > 1 and any((text in old) != (text in new) for text in texts):
            special.update(zip(texts, _apart(texts, shown), strict=True))
    return (lambda text: special.get(text) or mask(text)) if special else mask


def _copy(attributes: Attributes | None) -> Json:
    return None if attributes is None else dict(attributes)


def _texts(values: Iterable[Json]) -> Iterator[str]:
    for value in values:
        match value:
            case str():
                yield value
            case list():
                yield from _texts(value)
            case dict():
                yield from _texts(value.values())
            case _:
                pass


def _apart(texts: Sequence[str], shown: str) -> list[str]:
    """The texts as they can be told apart, in this order; all of them look like `shown` when they are masked."""
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
