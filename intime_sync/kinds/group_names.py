"""Reading the names of groups that an item lists, with what is odd in the reader's words."""

from __future__ import annotations

from functools import lru_cache

from intime_sync.kinds.reading import Item, ItemContext
from intime_sync.service.text import clean, too_many_marks


@lru_cache(maxsize=1024)
def plain_names(given: tuple[str, ...]) -> tuple[str, ...] | None:
    """The names of groups, cleaned and sorted, or None where there is something to say about them.

    Remembered, since many people are in the same groups.
    """
    names = sorted({clean(name) for name in given if name.isprintable() and too_many_marks(name) is None})
    return tuple(names) if len(names) == len(given) and all(names) else None


def read_group_names(item: Item, context: ItemContext) -> tuple[str, ...]:
    """The names in `groups`, sorted, each once; one that comes twice is warned about."""
    given = item.get("groups")
    if not given:
        return ()
    plain = plain_names(tuple(given))
    if plain is not None:
        return plain
    names = [context.text({"groups": name}, "groups") for name in given]
    if len(names) > 1:
        unique = sorted(set(names))
        if len(unique) < len(names):
            twice = next(name for name in unique if names.count(name) > 1)
            context.warn("repeated-group", f"the group `{twice}` is named twice", "groups")
        return tuple(unique)
    return tuple(names)
