"""A plan as one HTML file that needs no network, fonts or server, and can be read without its script.

Owns the document, its style, its script and its Content-Security-Policy, which allows exactly those two. Must not
know how plans are made, where the file goes, or how changes look in other formats.

Ten thousand changes are ten thousand elements in the file, rather than data that a script draws: so the page can be
read, printed, searched by the browser and read aloud without scripts. It is fast since the browser lays out only what
is on the screen: rows are in lists of fifty with `content-visibility: auto`. The table of each change is in a
`<noscript>`: where scripts run it is one piece of text that costs next to nothing until the row is opened, and where
none run it is the table itself. The data is in the file once.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from html import escape
from importlib import resources
from typing import Final

from intime_sync.model.plan import Guard, Plan
from intime_sync.render.html.changes import changes_html
from intime_sync.render.html.overview import diagnostics_html, header_html, notes_html, stops_html, tiles_html
from intime_sync.render.html.view import View
from intime_sync.render.masking import mask_of
from intime_sync.render.style import inert
from intime_sync.render.wording import stopping_guards, stops_of

__all__ = ["plan_to_html"]

_FULL: Final = "Phone numbers and e-mail addresses are shown in full: handle this page as personal data."
_MASKED: Final = "Phone numbers and e-mail addresses are masked."


def plan_to_html(
    plan: Plan,
    *,
    mask: bool = True,
    tool_version: str,
    created_at: datetime,
    stopping: Sequence[Guard] | None = None,
) -> str:
    """The whole document. `created_at` is aware.

    `stopping` are the guards that still stop the plan once overrides are honoured; by default all that tripped.
    """
    tripped = stopping_guards(plan, stopping)
    view = View(plan, mask_of(mask), tripped, stops_of(tripped))
    content = "".join(
        (
            header_html(view, created_at),
            stops_html(view),
            tiles_html(view),
            notes_html(view),
            diagnostics_html(view),
            changes_html(view),
        )
    )
    return page_html(f"Plan for {view.safe(view.plan.account.owner)}", content, tool_version=tool_version, mask=mask)


def page_html(title: str, content: str, *, tool_version: str, mask: bool) -> str:
    """The document around its content; `title` and `content` are markup."""
    return (
        f"{_head(title)}<body>\n<main>\n{content}"
        f"<footer>Made by intime-sync {escape(inert(tool_version))}. {_MASKED if mask else _FULL}</footer>\n"
        f"</main>\n<script>{_resource('page.js')}</script>\n</body>\n</html>\n"
    )


def _head(title: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="robots" content="noindex">\n'
        f"<title>{title}</title>\n"
        f"<style>{_resource('page.css')}</style>\n</head>\n"
    )


@cache
def _policy() -> str:
    style, script = (_source(_resource(name)) for name in ("page.css", "page.js"))
    return f"default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _resource(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
