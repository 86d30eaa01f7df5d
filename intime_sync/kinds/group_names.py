"""Reads the names of groups that an item lists."""

from __future__ import annotations

from typing import Final

from intime_sync.bulk.columns import plain_group_names
from intime_sync.kinds.reading import Item, ItemContext

RESERVED: Final = "~"
"""What the names of carriers start with, and names of groups in the configuration must not."""


def read_group_names(item: Item, context: ItemContext) -> tuple[str, ...]:
    """The names in `groups`, sorted, each once; warns about one that is given twice."""
    given = item.get("groups")
    if not given:
        return ()
    plain = plain_group_names(tuple(given))
    if plain is not None:
        return plain
    names = [context.text({"groups": name}, "groups") for name in given]
    unique = sorted(set(names))
    if len(unique) < len(names):
        twice = next(name for name in unique if names.count(name) > 1)
        context.warn("repeated-group", f"the group `{twice}` is named twice", "groups")
    return tuple(unique)
