"""The parts above the changes: which plan, guards that stop it, counts and warnings. Knows no single change."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Final

from intime_sync.model.change import Action
from intime_sync.model.plan import Guard
from intime_sync.model.problem import Problem
from intime_sync.render.html.view import View
from intime_sync.render.problems import message_of, severity_counts
from intime_sync.render.style import grouped, inert
from intime_sync.render.text import summary_line
from intime_sync.render.wording import how_to_lift, leftovers_sentence

_ACTIONS: Final = frozenset(map(str, Action))
_COPY: Final = '<button type="button" hidden aria-live="polite">Copy</button>'


def header_html(view: View, created_at: datetime) -> str:
    """Which plan this is, and how to apply exactly this one."""
    account = view.plan.account
    facts = (
        ("Owner", view.isolated(account.owner)),
        ("Account", view.isolated(account.url)),
        ("User", view.isolated(account.user)),
        ("Ledger serial", str(view.plan.serial)),
        ("Created", time_html(created_at)),
    )
    listed = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>\n" for name, value in facts)
    return (
        f'<header>\n<div class="title"><h1>Plan for {view.isolated(account.owner)}</h1>'
        '<button type="button" id="theme" hidden>Dark theme</button></div>\n'
        f'<p class="sum">{summary_line(view.plan)}</p>\n<dl class="facts">\n{listed}</dl>\n{_digest(view)}</header>\n'
    )


def stops_html(view: View, part: str = "") -> str:
    """Every guard that stops the plan, with the override that lets exactly this plan pass.

    `part` tells the plan from others on the page.
    """
    if not view.stopping:
        return ""
    guards = "".join(_guard(guard, view) for guard in view.stopping)
    return (
        f'<section class="panel stop" aria-labelledby="stopped{part}">\n'
        f'<h2 id="stopped{part}">Stopped: nothing of this will be applied</h2>\n<ul>\n{guards}</ul>\n</section>\n'
    )


def tiles_html(view: View) -> str:
    """Counts by action. The script makes a filter of each that counts something listed below."""
    tiles = "".join(_tile(name, count) for name, count in view.plan.summary().items())
    return f'<ul class="tiles" aria-label="Changes by action">\n{tiles}</ul>\n'


def notes_html(view: View) -> str:
    """What is done besides the changes."""
    also = leftovers_sentence(view.plan)
    return f'<p class="note">{also}</p>\n' if also else ""


def diagnostics_html(view: View, part: str = "") -> str:
    """Warnings, each with its place in the configuration. `part` tells the plan from others on the page."""
    problems = view.plan.diagnostics
    if not problems:
        return ""
    listed = "".join(_problem(problem, view) for problem in problems)
    return (
        f'<section class="panel warn" aria-labelledby="warnings{part}">\n'
        f'<h2 id="warnings{part}">{" and ".join(severity_counts(problems).values())}</h2>\n'
        f"<ul>\n{listed}</ul>\n</section>\n"
    )


def _digest(view: View) -> str:
    digest = view.plan.digest()
    command = ""
    if not view.plan.is_empty:
        command = (
            '<p class="label">Apply exactly this plan, and nothing else:</p>\n'
            f'<div class="copy"><code>intime-sync apply --expect-digest {digest}</code>{_COPY}</div>\n'
        )
    return (
        f'<div class="panel">\n<p class="label">Digest</p>\n<div class="copy"><code>{digest}</code>{_COPY}</div>\n'
        f"{command}</div>\n"
    )


def _guard(guard: Guard, view: View) -> str:
    how = how_to_lift(guard).rstrip(":").capitalize()
    return (
        f"<li><strong>{view.safe(guard.rule)}</strong> <p>{view.isolated(guard.message)}</p>"
        f'<p class="label">{how}:</p>'
        f'<div class="copy"><code>{view.safe(guard.override)}</code>{_COPY}</div></li>\n'
    )


def _tile(name: str, count: int) -> str:
    listed = f' data-action="{name}"' if name in _ACTIONS and count else ""
    shade = name if count else f"{name} none"
    return f'<li class="{shade}"{listed}><div class="tile"><b>{grouped(count)}</b> <span>{name}</span></div></li>\n'


def _problem(problem: Problem, view: View) -> str:
    place = f'<code class="place">{view.isolated(str(problem.origin))}</code> ' if problem.origin else ""
    message = escape(inert(message_of(problem, view.mask)))
    return (
        f'<li>{place}<b class="{problem.severity}">{problem.severity}:</b> <bdi>{message}</bdi> '
        f'<code class="soft">[{view.safe(problem.code)}]</code></li>\n'
    )


def time_html(moment: datetime) -> str:
    """A moment, for people and for machines."""
    exact = moment.astimezone(UTC)
    return f'<time datetime="{exact:%Y-%m-%dT%H:%M:%SZ}">{exact:%Y-%m-%d %H:%M:%S} UTC</time>'
