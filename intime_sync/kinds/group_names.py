"""Reading the names of groups that an item lists, with what is odd in the reader's words."""

from __future__ import annotations

from intime_sync.bulk.columns import plain_group_names
from intime_sync.kinds.reading import Item, ItemContext


def read_group_names(item: Item, context: ItemContext) -> tuple[str, ...]:
    """The names in `groups`, sorted, each once; one that comes twice is warned about."""
    given = item.get("groups")
    if not given:
        return ()
    plain = plain_group_names(tuple(given))
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
