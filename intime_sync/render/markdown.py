"""A plan as one comment on a pull request: what stops it first, then a table a kind, cut to what a comment may hold.

Owns the layout and what is left out when room is short; everything from elsewhere goes through `markdown_escape`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from intime_sync.kinds.registry import words_of
from intime_sync.model.change import Action, Change, Delete, Manual, action_of, after_of, before_of, fields_of
from intime_sync.model.plan import Guard, Plan
from intime_sync.model.problem import Problem
from intime_sync.model.resource import Json, KindName
from intime_sync.render.distinct import LOOK_ALIKE, mask_for
from intime_sync.render.fields import list_changes
from intime_sync.render.markdown_escape import brief, code, marker, prose, size
from intime_sync.render.masking import Mask, mask_of
from intime_sync.render.problems import message_of
from intime_sync.render.style import counted, inert
from intime_sync.render.summary import gist_of, member_of, recipients_of, title_of, value_of
from intime_sync.render.text import summary_line
from intime_sync.render.wording import (
    STOPPED_SYMBOL,
    SYMBOLS,
    Stops,
    account_texts,
    consequence_of,
    counts_phrase,
    how_to_lift,
    leftovers_sentence,
    remarks_of,
    stopped_by,
    stopping_guards,
    stops_of,
)

GITHUB_LIMIT: Final = 65_536
SMALLEST_LIMIT: Final = 2_000

_SEE: Final = "see the plan artifact"
_TABLE_HEAD: Final = ("", "| Action | Key | What |", "|---|---|---|")
_BREAK: Final = "<br>"

# The order in which changes are kept when there is not room for all.
_URGENCY: Final = (
    Action.HELD,
    Action.DELETE,
    Action.REPLACE,
    Action.UPDATE,
    Action.CREATE,
    Action.ADOPT,
    Action.FORGET,
)


def plan_to_markdown(
    plan: Plan,
    *,
    mask: bool = True,
    stopping: Sequence[Guard] | None = None,
    limit: int = GITHUB_LIMIT,
    title: str = "Plan",
) -> str:
    """The plan as GitHub Flavored Markdown, at most `limit` long, with its digest whatever had to be left out.

    `limit` counts UTF-16 units: no comment that GitHub counts by characters, or a bot by JavaScript's, is then too
    long. Rows are left out whole, the least urgent first, and a note says how many of what. `stopping` are the guards
    that still stop the plan once overrides are honoured; by default all that tripped. `title` is a word or two of
    Markdown before the owner in the heading. Raises ValueError for a limit below 2,000.
    """
    if limit < SMALLEST_LIMIT:
        raise ValueError(f"the limit {limit} is below {SMALLEST_LIMIT}")
    tripped = stopping_guards(plan, stopping)
    masking, stops = mask_of(mask), stops_of(tripped)
    head, ending = list(_head(plan, masking, title)), list(_ending(plan))
    room = limit - sum(size(block) + 2 for block in (*head, *ending))

    guards = _bullets("#### Stopped by", [_guard(guard, masking) for guard in tripped], room // 3, "guards")
    room -= sum(size(block) + 2 for block in guards)
    remarks = _bullets(
        "#### Warnings", [_problem(found, masking) for found in plan.diagnostics], room // 3, "warnings"
    )
    room -= sum(size(block) + 2 for block in remarks)

    sections = [
        _section(kind, list(changes), masking, stops)
        for kind, changes in groupby(plan.changes, key=lambda change: change.address.kind)
    ]
    return "\n\n".join((*head, *guards, *remarks, *_fitted(sections, room), *ending)) + "\n"


@dataclass(frozen=True, slots=True)
class _Section:
    """One kind's changes, each a row of a table, and which rows to keep first."""

    title: str
    changes: Sequence[Change]
    rows: Sequence[str]
    urgency: Sequence[int]

    def within(self, room: int) -> str:
        """As much of it as fits, and a note on the rest; "" when not even that fits."""
        opening = f"<details>\n<summary><b>{self.title}</b>: {counts_phrase(self.changes)}</summary>"
        frame = size("\n".join((opening, *_TABLE_HEAD, "", "</details>"))) + 1
        if frame + sum(size(row) + 1 for row in self.rows) <= room:
            kept: Sequence[int] = range(len(self.rows))
        else:
            # The note on all changes is the longest possible one.
            room -= frame + size(self._left_out(self.changes)) + 2
            if room < 0:
                return ""
            kept = _chosen(self.rows, self.urgency, room)
        lines = [opening]
        if kept:
            lines += [*_TABLE_HEAD, *(self.rows[index] for index in kept)]
        if len(kept) < len(self.rows):
            there = set(kept)
            lines += ["", self._left_out([change for at, change in enumerate(self.changes) if at not in there])]
        return "\n".join((*lines, "", "</details>"))

    def _left_out(self, changes: Sequence[Change]) -> str:
        return f"… and {_more(len(changes), 'change')} in {self.title} ({counts_phrase(changes)}); {_SEE}"


def _head(plan: Plan, mask: Mask, title: str) -> Iterator[str]:
    owner, user, url = account_texts(plan.account, mask)
    yield marker(mask(plan.account.owner))
    yield f"### {title} for {brief(owner)}"
    yield f"**{summary_line(plan)}**"
    yield f"User {brief(user)} at {brief(url)}, ledger serial {plan.serial}."
    also = leftovers_sentence(plan)
    if also:
        yield also


def _ending(plan: Plan) -> Iterator[str]:
    yield f"Digest: `{plan.digest()}`"
    if not plan.is_empty:
        yield f"To apply exactly this:\n\n```sh\nintime-sync apply --expect-digest {plan.digest()}\n```"


def _guard(guard: Guard, mask: Mask) -> str:
    message, override = (inert(mask(text)) for text in (guard.message, guard.override))
    return f"- {code(inert(guard.rule))}: {prose(message)}; {how_to_lift(guard)} {code(override)}"


def _problem(problem: Problem, mask: Mask) -> str:
    place = f"{code(inert(mask(str(problem.origin))))}: " if problem.origin else ""
    return f"- {place}{problem.severity}: {prose(inert(message_of(problem, mask)))} ({code(inert(problem.code))})"


def _bullets(heading: str, lines: Sequence[str], room: int, noun: str) -> Iterable[str]:
    """A heading and a list, as much of it as fits; nothing for an empty list."""
    if not lines:
        return ()
    room -= size(heading) + 2
    if sum(size(line) + 1 for line in lines) > room:
        kept = _chosen(lines, range(len(lines)), room - size(_more_of(len(lines), noun)))
        lines = [*(lines[index] for index in kept), _more_of(len(lines) - len(kept), noun)]
    return heading, "\n".join(lines)


def _more_of(count: int, noun: str) -> str:
    return f"- … and {count:,} more {noun}; {_SEE}"


def _more(count: int, noun: str) -> str:
    return f"{count:,} more {noun}{'' if count == 1 else 's'}"


def _section(kind: KindName, changes: Sequence[Change], mask: Mask, stops: Stops) -> _Section:
    urgency = sorted(
        range(len(changes)),
        key=lambda at: (not stopped_by(changes[at], stops), _URGENCY.index(action_of(changes[at]))),
    )
    return _Section(
        prose(inert(words_of(kind).title)), changes, [_row(change, mask, stops) for change in changes], urgency
    )


def _row(change: Change, mask: Mask, stops: Stops) -> str:
    """One row of a table: `| + create | key | summary, warnings and fields |`."""
    action, stopped = action_of(change), stopped_by(change, stops)
    symbol = STOPPED_SYMBOL if stopped else SYMBOLS[action]
    return f"| `{symbol}` {action} | {code(inert(mask(change.address.key)))} | {_what(change, mask, stopped)} |"


def _what(change: Change, mask: Mask, stopped: str) -> str:
    fields = fields_of(change)
    attributes = before_of(change) if isinstance(change, Delete) else after_of(change) or before_of(change)
    attributes = attributes or {}
    kind = change.address.kind
    # Where changed fields are listed, a title is enough. A changed message is sent again, so that its approval needs
    # all of it.
    is_brief = fields and not words_of(kind).shown_in_full
    cells = (title_of(kind, attributes, mask),) if is_brief else gist_of(change.address, attributes, mask)
    lines = [" · ".join(prose(cell) for cell in cells if cell)]
    if people := recipients_of(kind, attributes, mask):
        lines.append(f"recipients: {', '.join(map(code, people))}")
    lines += (f"<b>{prose(alarm)}</b>" for alarm in (stopped, consequence_of(change)) if alarm)
    if isinstance(change, Manual) and change.reason:
        lines.append(f"<i>{prose(inert(mask(change.reason)))}</i>")
    distinct = mask_for(change, mask)
    for field in fields:
        lines.append(f"{code(inert(mask(field.path)))}: {_difference(field.before, field.after, distinct)}")
    remarks = ", ".join(prose(remark) for remark in remarks_of(change, mask))
    if remarks:
        lines.append(f"<i>({remarks})</i>")
    return _BREAK.join(line for line in lines if line)


def _difference(before: Json, after: Json, mask: Mask) -> str:
    """`before → after`, or the removed and added items of a list; never shortened."""
    changes = list_changes(before, after)
    if changes is None:
        old, new = value_of(before, mask), value_of(after, mask)
        note = f" <i>({LOOK_ALIKE})</i>" if old == new else ""
        return f"{code(old)} → {code(new)}{note}"
    removed = [f"− {code(member_of(item, mask))}" for item in changes[0]]
    added = [f"+ {code(member_of(item, mask))}" for item in changes[1]]
    return " ".join((*removed, *added))


def _fitted(sections: Sequence[_Section], room: int) -> list[str]:
    """As much of each as fits into `room`, shared equally; what a small section leaves goes to the larger ones."""
    room -= size(_unseen(sections)) + 2
    shown: dict[int, str] = {}
    waiting = sorted(range(len(sections)), key=lambda at: sum(map(len, sections[at].rows)))
    for done, at in enumerate(waiting):
        text = sections[at].within(room // (len(waiting) - done) - 2)
        if text:
            shown[at] = text
            room -= size(text) + 2
    unseen = [section for at, section in enumerate(sections) if at not in shown]
    return [*(shown[at] for at in sorted(shown)), *([_unseen(unseen)] if unseen else [])]


def _unseen(sections: Sequence[_Section]) -> str:
    """The note on sections that are left out whole."""
    changes = sum(len(section.changes) for section in sections)
    return f"… and {_more(changes, 'change')} of {counted(len(sections), 'other kind')}; {_SEE}"


def _chosen(lines: Sequence[str], order: Iterable[int], room: int) -> list[int]:
    """The indices of the lines that fit, taken in `order`; in the order of the lines."""
    chosen = []
    for index in order:
        cost = size(lines[index]) + 1
        if cost <= room:
            chosen.append(index)
            room -= cost
    return sorted(chosen)
