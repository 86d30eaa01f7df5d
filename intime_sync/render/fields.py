"""What differs in one object, field by field, never shortened. Knows nothing about kinds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from intime_sync.model.change import FieldChange
from intime_sync.model.resource import Json
from intime_sync.render.distinct import LOOK_ALIKE
from intime_sync.render.masking import Mask
from intime_sync.render.style import Style, inert
from intime_sync.render.summary import member_of, value_of

_WIDEST_BEFORE: Final = 40


def field_lines(fields: Sequence[FieldChange], style: Style, mask: Mask) -> Iterator[str]:
    """One indented line a field: `path  before → after`, or the removed and added items of a list.

    `mask` is a `distinguishing_mask`.
    """
    rows = [
        (inert(mask(field.path)), value_of(field.before, mask), list_changes(field.before, field.after), field)
        for field in fields
    ]
    path_width = max((len(path) for path, _, _, _ in rows), default=0)
    widths = [len(before) for _, before, changes, _ in rows if not changes]
    before_width = max((width for width in widths if width <= _WIDEST_BEFORE), default=0)
    for path, before, changes, field in rows:
        head = f"      {path:<{path_width}}  "
        if changes:
            removed = [style.red(f"- {member_of(item, mask)}") for item in changes[0]]
            added = [style.green(f"+ {member_of(item, mask)}") for item in changes[1]]
            yield head + "  ".join((*removed, *added))
        else:
            after = value_of(field.after, mask)
            pad = " " * (before_width - len(before))
            note = f" {style.dim(f'({LOOK_ALIKE})')}" if before == after else ""
            yield f"{head}{style.red(before)}{pad} {style.dim('→')} {style.green(after)}{note}"


def list_changes(before: Json, after: Json) -> tuple[list[Json], list[Json]] | None:
    """The items removed from a list and those added to it; None for other values, or if only the order differs."""
    old = [] if before is None else before
    new = [] if after is None else after
    if not (isinstance(old, list) and isinstance(new, list)):
        return None
    removed, added = _missing(old, new), _missing(new, old)
    return (removed, added) if removed or added else None


def _missing(items: Sequence[Json], others: Sequence[Json]) -> list[Json]:
    """The items that are not among `others`."""
    there = {json.dumps(other, sort_keys=True) for other in others}
    return [item for item in items if json.dumps(item, sort_keys=True) not in there]
