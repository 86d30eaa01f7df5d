"""One page over the plans of several directories: a table of them, then each plan, under filters for all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from intime_sync.render.html import page_html
from intime_sync.render.html.changes import filters_html, listed_html, nothing_found_html
from intime_sync.render.html.overview import diagnostics_html, notes_html, stops_html, tiles_html, time_html
from intime_sync.render.html.view import View
from intime_sync.render.masking import Mask, mask_of
from intime_sync.render.several import DirectoryResult, outcome_of, reason_of
from intime_sync.render.style import inert
from intime_sync.render.text import summary_line
from intime_sync.render.wording import stops_of


def results_to_html(
    results: Sequence[DirectoryResult], verb: str, *, mask: bool, tool_version: str, created_at: datetime
) -> str:
    """The whole document. `created_at` is aware."""
    masking = mask_of(mask)
    views = [_view(result, masking) for result in results]
    planned = [view for view in views if view is not None]
    filters = filters_html(planned) if planned else ""
    title = f"Plans for {len(results)} directories"
    parts = "".join(
        _part(f"{number}-", result, view, masking)
        for number, (result, view) in enumerate(zip(results, views, strict=True), 1)
    )
    content = (
        f'<header>\n<div class="title"><h1>{title}</h1>'
        '<button type="button" id="theme" hidden>Dark theme</button></div>\n'
        f'<dl class="facts">\n<div><dt>Created</dt><dd>{time_html(created_at)}</dd></div>\n</dl>\n</header>\n'
        f"{_table(results, verb, masking)}{filters}{parts}{nothing_found_html() if filters else ''}"
    )
    return page_html(title, content, tool_version=tool_version, mask=mask)


def _view(result: DirectoryResult, mask: Mask) -> View | None:
    if result.plan is None:
        return None
    stopping = tuple(result.plan.tripped())
    return View(result.plan, mask, stopping, stops_of(stopping))


def _table(results: Sequence[DirectoryResult], verb: str, mask: Mask) -> str:
    rows = "".join(
        f'<li class="{"unchanged" if result.exit_code in (0, 2) else "stopped"}">'
        f'<a href="#directory-{number}">{_isolated(result.directory, mask)}</a>: {escape(outcome_of(result, verb))}'
        f"{_reason(result, mask)}</li>\n"
        for number, result in enumerate(results, 1)
    )
    return (
        f'<section class="panel" aria-labelledby="all">\n<h2 id="all">Summary</h2>\n<ul>\n{rows}</ul>\n</section>\n'
    )


def _reason(result: DirectoryResult, mask: Mask) -> str:
    reason = reason_of(result, mask)
    return f'<p class="label"><bdi>{escape(reason)}</bdi></p>' if reason else ""


def _part(part: str, result: DirectoryResult, view: View | None, mask: Mask) -> str:
    number = part.removesuffix("-")
    head = f'<section class="kind" aria-labelledby="directory-{number}">\n<h1 id="directory-{number}">'
    head += f"{_isolated(result.directory, mask)}</h1>\n"
    if view is None:
        lines = "".join(f"<p><bdi>{escape(inert(mask(line)))}</bdi></p>\n" for line in result.error.splitlines())
        return f'{head}<div class="panel stop">\n{lines or "<p>There is no plan.</p>"}</div>\n</section>\n'
    account, plan = view.plan.account, view.plan
    facts = (
        ("Owner", view.isolated(account.owner)),
        ("Account", view.isolated(account.url)),
        ("User", view.isolated(account.user)),
        ("Ledger serial", str(plan.serial)),
        ("Digest", f"<code>{plan.digest()}</code>"),
    )
    listed = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>\n" for name, value in facts)
    return (
        f'{head}<p class="sum">{summary_line(plan)}</p>\n<dl class="facts">\n{listed}</dl>\n'
        f"{stops_html(view, f'-{number}')}{tiles_html(view)}{notes_html(view)}{diagnostics_html(view, f'-{number}')}"
        f"{listed_html(view, part)}</section>\n"
    )


def _isolated(text: str, mask: Mask) -> str:
    return f"<bdi>{escape(inert(mask(text)))}</bdi>"
