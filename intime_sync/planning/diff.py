"""Compares two states of one object field by field."""

from __future__ import annotations

from collections.abc import Iterator

from intime_sync.model.change import FieldChange
from intime_sync.model.resource import Attributes, Json


def field_changes(before: Attributes, after: Attributes) -> tuple[FieldChange, ...]:
    """The fields that differ, in the order of the object's fields; nested ones with dotted paths.

    A list is one field: its whole value before and after.
    """
    names = dict.fromkeys((*before, *after))
    return tuple(
        change
        for name in names
        if before.get(name) != after.get(name)
        for change in _explain(name, before.get(name), after.get(name))
    )


def _explain(name: str, before: Json, after: Json) -> Iterator[FieldChange]:
    if not (isinstance(before, dict) and isinstance(after, dict)):
        yield FieldChange(name, before, after)
        return
    # Imported only here: most plans never need it, and it is slow to load.
    from deepdiff import DeepDiff
    from deepdiff.helper import NotPresent

    # Without the threshold, objects that share too few names count as one changed value.
    tree = DeepDiff(before, after, view="tree", threshold_to_diff_deeper=0)
    found = [
        FieldChange(
            ".".join((name, *(str(step) for step in level.path(output_format="list")))),
            None if isinstance(level.t1, NotPresent) else level.t1,
            None if isinstance(level.t2, NotPresent) else level.t2,
        )
        for levels in tree.values()
        for level in levels
    ]
    yield from sorted(found, key=lambda change: change.path)
