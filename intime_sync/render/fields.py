"""What differs in one object, field by field, never shortened. Knows nothing about kinds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from intime_sync.model.change import FieldChange
from intime_sync.model.resource import Json
from intime_sync.render.apart import LOOK_ALIKE
from intime_sync.render.masking import Mask
from intime_sync.render.style import Style, inert
from intime_sync.render.summary import member_of, value_of

_WIDEST_BEFORE: Final = 40


def field_lines(fields: Sequence[FieldChange], style: Style, mask: Mask) -> Iterator[str]:
    """One indented line a field: `path  before → after`, or what a list gains and loses.

    `mask` must tell the two apart, see `apart`.
    """
    if not fields:
        return
    paths = [inert(mask(field.path)) for field in fields]
    path_width = max(map(len, paths))
    befores = [value_of(field.before, mask) for field in fields]
    widths = [
        len(before)
        for field, before in zip(fields, befores, strict=True)
        if not gains_and_losses(field.before, field.after)
    ]
    before_width = max((width for width in widths if width <= _WIDEST_BEFORE), default=0)
    for field, path, before in zip(fields, paths, befores, strict=True):
        head = f"      {path:<{path_width}}  "
        lists = gains_and_losses(field.before, field.after)
        if lists:
            yield head + _come_and_gone(*lists, style, mask)
        else:
            pad = " " * (before_width - len(before))
            after = value_of(field.after, mask)
            note = f" {style.dim(f'({LOOK_ALIKE})')}" if before == after else ""
            yield f"{head}{style.red(before)}{pad} {style.dim('→')} {style.green(after)}{note}"


def gains_and_losses(before: Json, after: Json) -> tuple[list[Json], list[Json]] | None:
    """What a list loses, and what it gains; None when the two are no lists, or only change places."""
    old = [] if before is None else before
    new = [] if after is None else after
    if not (isinstance(old, list) and isinstance(new, list)):
        return None
    gone, come = _missing(old, new), _missing(new, old)
    return (gone, come) if gone or come else None


def _missing(items: Sequence[Json], others: Sequence[Json]) -> list[Json]:
    there = {json.dumps(other, sort_keys=True) for other in others}
    return [item for item in items if json.dumps(item, sort_keys=True) not in there]


def _come_and_gone(gone: Sequence[Json], come: Sequence[Json], style: Style, mask: Mask) -> str:
    lost = [style.red(f"- {member_of(item, mask)}") for item in gone]
    gained = [style.green(f"+ {member_of(item, mask)}") for item in come]
    return "  ".join((*lost, *gained))
