"""One kind's part of a plan as text: its title, and its changes in aligned columns. Knows no other kinds' changes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, assert_never

from intime_sync.kinds.registry import words_of
from intime_sync.model.change import (
    Adopt,
    Change,
    Create,
    Delete,
    Forget,
    Manual,
    Replace,
    Update,
    action_of,
    fields_of,
)
from intime_sync.model.resource import Attributes, KindName
from intime_sync.render.distinct import mask_for
from intime_sync.render.fields import field_lines
from intime_sync.render.masking import Mask
from intime_sync.render.style import Paint, Style, inert, shortened
from intime_sync.render.summary import gist_of, title_of
from intime_sync.render.wording import (
    STOPPED_SYMBOL,
    SYMBOLS,
    Stops,
    consequence_of,
    counts_phrase,
    remarks_of,
    stopped_by,
)

# A single long key or name must not push the other rows' columns off the screen.
_WIDEST_KEY: Final = 40
_WIDEST_CELL: Final = 32
_NARROWEST_GIST: Final = 20
_NARROWEST_REASON: Final = 40
_INDENT: Final = " " * 6


@dataclass(frozen=True, slots=True)
class Look:
    """How to show a plan. `width` is in characters; `verbose` adds each object's place in the configuration."""

    style: Style
    mask: Mask
    width: int
    verbose: bool
    stops: Stops


class _Row(NamedTuple):
    """One change before its columns are aligned. `alarm` is a remark that must be seen, `remark` a dim one."""

    symbol: str
    paint: Paint
    key: str
    cells: tuple[str, ...]
    alarm: str
    remark: str
    change: Change


def section_lines(kind: KindName, changes: Sequence[Change], look: Look) -> Iterator[str]:
    """The kind's title with its counts, then its changes in the order given."""
    words = words_of(kind)
    yield f"{look.style.bold(words.title)}  {look.style.dim(counts_phrase(changes))}"
    rows = [_row(change, look) for change in changes]
    # Rows with nothing after the key do not affect the alignment.
    keys = min(
        max((len(row.key) for row in rows if any(row.cells) or row.alarm or row.remark), default=0), _WIDEST_KEY
    )
    columns = _columns(rows)
    for row in rows:
        if words.shown_in_full:
            yield from _wrapped(row, keys, look)
        else:
            yield _line(row, keys, columns, look)
        if not isinstance(row.change, Create):
            yield from _details(row.change, look)


def _row(change: Change, look: Look) -> _Row:
    style, mask = look.style, look.mask
    key = inert(mask(change.address.key))
    remark = _remark(change, look)
    symbol = SYMBOLS[action_of(change)]
    if isinstance(change, Create):
        return _Row(symbol, style.green, key, gist_of(change.address, change.after, mask), "", remark, change)
    paint, alarm = style.dim, consequence_of(change)
    match change:
        case Update(after=after):
            paint, cells = style.yellow, _title(change, after, mask)
        case Replace(after=after):
            paint, cells, alarm = style.yellow, _title(change, after, mask), "replace"
        case Delete(before=before):
            paint, cells = style.red, gist_of(change.address, before, mask)
        case Adopt(after=after):
            paint, cells = style.cyan, gist_of(change.address, after, mask)
        case Forget(before=before):
            cells = gist_of(change.address, before, mask)
        case Manual(before=before, after=after):
            paint, cells = style.red, _title(change, after or before or {}, mask)
        case _:
            assert_never(change)
    if stopped := stopped_by(change, look.stops):
        symbol, paint, alarm = STOPPED_SYMBOL, style.red, "; ".join(part for part in (stopped, alarm) if part)
    return _Row(symbol, paint, key, cells, alarm, remark, change)


def _title(change: Change, attributes: Attributes, mask: Mask) -> tuple[str, ...]:
    title = title_of(change.address.kind, attributes, mask)
    return (title,) if title else ()


def _remark(change: Change, look: Look) -> str:
    parts = remarks_of(change, look.mask)
    if look.verbose and change.origin:
        parts.append(inert(look.mask(str(change.origin))))
    return f"({', '.join(parts)})" if parts else ""


def _columns(rows: Sequence[_Row]) -> list[int]:
    widths: list[int] = []
    for row in rows:
        for index, cell in enumerate(row.cells):
            if index == len(widths):
                widths.append(0)
            if widths[index] < len(cell) <= _WIDEST_CELL:
                widths[index] = len(cell)
    return widths


def _line(row: _Row, keys: int, columns: Sequence[int], look: Look) -> str:
    style = look.style
    parts = [cell.ljust(width) for cell, width in zip(row.cells, columns, strict=False) if width or cell]
    gist = "  ".join(parts).rstrip()
    key = row.key
    if gist or row.alarm or row.remark:
        key = key.ljust(keys)
    if gist and isinstance(row.change, Create):
        # Objects to create may be shortened, since the configuration has them in full; existing ones never are.
        gist = shortened(gist, max(look.width - len(key) - 6, _NARROWEST_GIST))
    line = f"  {row.paint(f'{row.symbol} {key}')}"
    if gist:
        line += f"  {gist}"
    if gist and len(row.cells) == len(columns) and (row.alarm or row.remark):
        line += " " * (sum(columns) + 2 * (len(columns) - 1) - len(gist))
    if row.alarm:
        line += f"  {row.paint(row.alarm)}"
    if row.remark:
        line += f"  {style.dim(row.remark)}"
    return line


def _wrapped(row: _Row, keys: int, look: Look) -> Iterator[str]:
    """The first two cells, alarm and remark, then the other cells, wrapped and never shortened."""
    when, words = row.cells[:2], row.cells[2:]
    pieces: list[tuple[str, Paint]] = [(cell, str) for cell in when]
    pieces += [(row.alarm, row.paint), (row.remark, look.style.dim)]
    pieces += [(cell, str) for cell in words]
    line = f"  {row.symbol} {row.key.ljust(keys)}"
    used, line = len(line), f"  {row.paint(line[2:])}"
    for text, paint in pieces:
        if text and used + 2 + len(text) > look.width:
            room = max(look.width - len(_INDENT), _NARROWEST_GIST)
            *whole, text = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)
            yield line.rstrip()
            yield from (f"{_INDENT}{paint(part)}" for part in whole)
            used, line = len(_INDENT) + len(text), f"{_INDENT}{paint(text)}"
        elif text:
            used, line = used + 2 + len(text), f"{line}  {paint(text)}"
    yield line.rstrip()


def _details(change: Change, look: Look) -> Iterator[str]:
    if isinstance(change, Manual) and change.reason:
        reason = inert(look.mask(change.reason))
        width = max(look.width - len(_INDENT), _NARROWEST_REASON)
        for line in textwrap.wrap(reason, width, break_long_words=False, break_on_hyphens=False):
            yield f"{_INDENT}{look.style.yellow(line)}"
    yield from field_lines(fields_of(change), look.style, mask_for(change, look.mask))
