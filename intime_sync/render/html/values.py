"""One object before and after, field by field, as a table. Knows nothing about kinds or about why it changes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Final

from intime_sync.model.change import Action, Change, FieldChange, action_of, after_of, before_of, fields_of
from intime_sync.model.resource import Json
from intime_sync.render.distinct import LOOK_ALIKE, mask_for
from intime_sync.render.html.view import View
from intime_sync.render.style import inert
from intime_sync.render.summary import member_of, value_of

_UNSET: Final = "<i>not set</i>"
_EMPTY: Final = "<i>empty</i>"
_RETURN: Final = '<span class="ret">↵</span>\n'
_LOOK_ALIKE: Final = f"<small>{LOOK_ALIKE}</small>"
_NOTHING: Final[Mapping[str, Json]] = {}


def table_html(change: Change, view: View) -> str:
    """The attributes before and after, or those that the change has; "" where it has none."""
    before, after = before_of(change), after_of(change)
    view = replace(view, mask=mask_for(change, view.mask)) if fields_of(change) else view
    if before is not None and after is not None:
        return _two_sides(_leaves(before), _leaves(after), change, view)
    leaves = _leaves(before or after or _NOTHING)
    if not leaves:
        return ""
    rows = "".join(_row(path, "", (_value(value, view),), view) for path, value in leaves.items())
    return (
        f'<table class="one"><thead><tr><th scope="col">Field<th scope="col">{_heading(change)}<tbody>{rows}</table>'
    )


def _heading(change: Change) -> str:
    match action_of(change):
        case Action.DELETE | Action.FORGET:
            return "Before"
        case Action.ADOPT:
            return "As it is"
        case _:
            return "After"


def _two_sides(before: Mapping[str, Json], after: Mapping[str, Json], change: Change, view: View) -> str:
    fields = {field.path: field for field in fields_of(change)}
    rows = "".join(
        _row(path, ' class="changed"', _difference(found.before, found.after, view), view)
        if (found := fields.get(path))
        else _row(path, "", (_value(before.get(path), view), _value(after.get(path), view)), view)
        for path in _paths(before, after, fields)
    )
    hint = "" if fields else '<p class="hint">No field differs: it only has to be made again.</p>'
    return (
        '<table class="two"><thead><tr><th scope="col">Field<th scope="col">Before<th scope="col">After'
        f"<tbody>{rows}</table>{hint}"
    )


def _row(path: str, shade: str, cells: Sequence[str], view: View) -> str:
    return f'<tr{shade}><th scope="row">{view.isolated(path)}{"".join(f"<td>{cell}" for cell in cells)}'


def _leaves(attributes: Mapping[str, Json], above: str = "") -> dict[str, Json]:
    """Every value that is no mapping, by the dotted path that a `FieldChange` gives it."""
    leaves: dict[str, Json] = {}
    for name, value in attributes.items():
        if isinstance(value, dict) and value:
            leaves.update(_leaves(value, f"{above}{name}."))
        else:
            leaves[f"{above}{name}"] = value
    return leaves


def _paths(before: Mapping[str, Json], after: Mapping[str, Json], fields: Mapping[str, FieldChange]) -> Iterator[str]:
    """The paths of the rows: those of `after`, then removed ones; of a changed mapping only its own path."""
    listed = dict.fromkeys((*after, *before, *fields))
    whole = tuple(f"{path}." for path in fields)
    for path in listed:
        if path in fields or not path.startswith(whole):
            yield path


def _difference(before: Json, after: Json, view: View) -> tuple[str, str]:
    if isinstance(before, list) or isinstance(after, list):
        return _list_difference(before, after, view)
    old, new = _value(before, view), _value(after, view)
    note = _LOOK_ALIKE if old == new else ""
    return (
        old if before is None else f"<del>{old}</del>",
        new + note if after is None else f"<ins>{new}</ins>{note}",
    )


def _list_difference(before: Json, after: Json, view: View) -> tuple[str, str]:
    """Removed members are marked before, added ones after; none is where only their order differs."""
    old, new = (_by_json(side) for side in (before, after))
    return (
        _marked(old, new, "del", view) if old else _value(before, view),
        _marked(new, old, "ins", view) if new else _value(after, view),
    )


def _by_json(side: Json) -> dict[str, Json]:
    members = side if isinstance(side, list) else [] if side is None else [side]
    return {json.dumps(member, sort_keys=True): member for member in members}


def _marked(members: Mapping[str, Json], others: Mapping[str, Json], mark: str, view: View) -> str:
    items = (
        _item(value, view) if name in others else f"<{mark}>{_item(value, view)}</{mark}>"
        for name, value in members.items()
    )
    return f"<ul>{''.join(f'<li>{item}' for item in items)}</ul>"


def _value(value: Json, view: View) -> str:
    """Readable and whole: lists as lists, lines as lines."""
    if value is None:
        return _UNSET
    if isinstance(value, list | dict) and not value:
        return _EMPTY
    if isinstance(value, list):
        return f"<ul>{''.join(f'<li>{_item(member, view)}' for member in value)}</ul>"
    if isinstance(value, str) and "\n" in value:
        lines = (escape(inert(line)) for line in view.mask(value).split("\n"))
        return f"<bdi>{_RETURN.join(lines)}</bdi>"
    return f"<bdi>{escape(value_of(value, view.mask))}</bdi>"


def _item(member: Json, view: View) -> str:
    return f"<bdi>{escape(member_of(member, view.mask))}</bdi>"
