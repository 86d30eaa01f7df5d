"""The changes, by kind, each a row that opens; and the filters above them. Knows nothing about the values inside.

There may be many rows, so optional end tags are left out here and in `values.py`. For the same reason the style, not
`<bdi>`, isolates the direction of writing in summaries: browsers resolve the direction of every `<bdi>` on loading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Final

from intime_sync.kinds.registry import words_of
from intime_sync.model.change import (
    Change,
    Delete,
    Manual,
    Replace,
    Update,
    action_of,
    after_of,
    before_of,
    fields_of,
    remote_id_of,
)
from intime_sync.model.resource import KindName
from intime_sync.render.html.values import table_html
from intime_sync.render.html.view import View
from intime_sync.render.style import counted, grouped
from intime_sync.render.summary import gist_of, title_of, value_of
from intime_sync.render.wording import consequence_of, counts_phrase, shown_options, stopped_by

LIST_SIZE: Final = 50
"""Rows in one list; page.css and the script's estimate of heights rely on it."""

_NAMED_FIELDS: Final = 3
_NOTHING_FOUND: Final = (
    '<div class="nothing" id="nothing" hidden><p>No change matches these filters.</p>'
    '<button type="button">Clear filters</button></div>\n'
)


@dataclass(frozen=True, slots=True)
class _Section:
    """The changes of one kind."""

    kind: KindName
    changes: Sequence[Change]


def changes_html(view: View) -> str:
    """The filters, then every change; or that there is none."""
    if not view.plan.changes:
        what = "Nothing else is to be done." if view.plan.leftovers else "Everything is as wanted."
        return f'<p class="nothing">No changes. {what}</p>\n'
    sections = _sections_of(view)
    return f"{_bar(sections, len(view.plan.changes), view)}{_listed(sections, view, '')}{_NOTHING_FOUND}"


def filters_html(views: Sequence[View]) -> str:
    """The filters of a page that lists the changes of several plans; "" where there are none."""
    kinds: dict[KindName, list[Change]] = {}
    for view in views:
        for section in _sections_of(view):
            kinds.setdefault(section.kind, []).extend(section.changes)
    count = sum(map(len, kinds.values()))
    return _bar([_Section(*found) for found in kinds.items()], count, views[0]) if count else ""


def listed_html(view: View, part: str) -> str:
    """Every change without the filters, or that there is none. `part` tells the plan from others on the page."""
    return _listed(_sections_of(view), view, part) if view.plan.changes else changes_html(view)


def nothing_found_html() -> str:
    """What is shown when no change passes the filters."""
    return _NOTHING_FOUND


def _sections_of(view: View) -> list[_Section]:
    return [
        _Section(kind, list(changes))
        for kind, changes in groupby(view.plan.changes, key=lambda change: change.address.kind)
    ]


def _listed(sections: Sequence[_Section], view: View, part: str) -> str:
    return "".join(_section(f"{part}{number}", section, view) for number, section in enumerate(sections, 1))


def _bar(sections: Sequence[_Section], count: int, view: View) -> str:
    chips = "".join(
        f'<button type="button" data-kind="{view.safe(section.kind)}" aria-pressed="false">'
        f"{view.safe(words_of(section.kind).title)} {grouped(len(section.changes))}</button>\n"
        for section in sections
    )
    return (
        '<div class="bar" role="search" aria-label="Filter the changes" hidden>\n'
        '<div class="search"><label class="unseen" for="search">Search the changes</label>'
        '<input type="search" id="search" placeholder="Search the changes" autocomplete="off" spellcheck="false">'
        f'</div>\n<div class="chips" role="group" aria-label="Kinds">\n{chips}</div>\n'
        f'<div class="tally"><output id="tally">{counted(count, "change")}</output>'
        '<button type="button" id="clear" hidden>Clear filters</button>'
        '<button type="button" id="fold">Open all</button></div>\n</div>\n'
        '<p class="keys" hidden><kbd>/</kbd> search, <kbd>Esc</kbd> clear filters, <kbd>j</kbd> <kbd>k</kbd> or '
        "<kbd>↓</kbd> <kbd>↑</kbd> next and previous change, <kbd>Enter</kbd> open or close it. "
        "The counts at the top filter by action.</p>\n"
    )


def _section(number: str, section: _Section, view: View) -> str:
    rows = [_row(change, view) for change in section.changes]
    return (
        f'<section class="kind" data-kind="{view.safe(section.kind)}" aria-labelledby="kind-{number}">\n'
        f'<h2 id="kind-{number}">{view.safe(words_of(section.kind).title)} '
        f'<span><span class="count"></span>{counts_phrase(section.changes)}</span></h2>\n'
        f"{''.join(_lists(rows))}</section>\n"
    )


def _lists(rows: Sequence[str]) -> Iterator[str]:
    for start in range(0, len(rows), LIST_SIZE):
        end = start + LIST_SIZE
        shape = "rows"
        shape += " first" if start == 0 else ""
        shape += " last" if end >= len(rows) else ""
        # Only full lists are laid out late (`many`): the height that is estimated until then is that of a full one.
        shape += " many" if len(rows) >= end else ""
        yield f'<ul class="{shape}">\n{"".join(rows[start:end])}</ul>\n'


def _row(change: Change, view: View) -> str:
    action, stopped = action_of(change), stopped_by(change, view.stops)
    shade = f'"{action} stopped"' if stopped else action
    gist = "".join(f"<span>{escape(cell)}</span>" for cell in _gist(change, view) if cell)
    return (
        f'<li class={shade}><details><summary><span class="act">{action}</span> '
        f'<span class="key">{view.safe(change.address.key)}</span> <span class="gist">{gist}</span>'
        f'{_why(change, stopped, view)}</summary><noscript><div class="body">{_meta(change, view)}'
        f"{table_html(change, view)}</div></noscript></details>\n"
    )


def _gist(change: Change, view: View) -> tuple[str, ...]:
    """The cells that identify the object, or its title and changed fields: masked and inert, not escaped."""
    attributes = after_of(change) or before_of(change) or {}
    if not isinstance(change, Update | Replace | Manual):
        return gist_of(change.address, attributes, view.mask)
    paths = [field.path for field in fields_of(change)]
    more = f" and {len(paths) - _NAMED_FIELDS} more" if len(paths) > _NAMED_FIELDS else ""
    changed = f"changes {value_of(', '.join(paths[:_NAMED_FIELDS]), view.mask)}{more}" if paths else ""
    return (title_of(change.address.kind, attributes, view.mask), changed)


def _why(change: Change, stopped: str, view: View) -> str:
    """The guard that stops the change, its consequence and its reason."""
    consequence = consequence_of(change)
    parts = [f'<b class="halt">{escape(stopped)}</b>'] if stopped else []
    parts += [f"<b>{escape(consequence)}</b>"] if consequence else []
    parts += [f"<span>{view.safe(change.reason)}</span>"] if change.reason else []
    return f' <span class="why">{" ".join(parts)}</span>' if parts else ""


def _meta(change: Change, view: View) -> str:
    remote_id = remote_id_of(change)
    parts = [f"<code>{view.isolated(str(change.address))}</code>"]
    parts += [f"<span>service id {remote_id}</span>"] if remote_id is not None else []
    parts += [f"<span>{view.isolated(str(change.origin))}</span>"] if change.origin else []
    parts += ["<span>protected</span>"] if change.protected else []
    parts += (
        ["<span>not made by this configuration</span>"] if isinstance(change, Delete) and not change.owned else []
    )
    if options := shown_options(change):
        parts.append(f"<span><bdi>{escape(value_of(dict(options), view.mask))}</bdi></span>")
    return f'<p class="meta">{"".join(parts)}</p>'
