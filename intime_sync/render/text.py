"""A plan as text for people: its changes, diagnostics, the guards that stop it, and a summary line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from intime_sync.model.change import Action
from intime_sync.model.plan import Guard, Plan
from intime_sync.render.masking import Mask, mask_of
from intime_sync.render.problems import problem_line
from intime_sync.render.rows import Look, section_lines
from intime_sync.render.style import Style, counted, inert
from intime_sync.render.wording import (
    PHRASES,
    header,
    how_to_lift,
    leftover_carriers,
    leftovers_sentence,
    stopping_guards,
    stops_of,
)

DEFAULT_WIDTH: Final = 100


def plan_to_text(
    plan: Plan,
    *,
    color: bool = False,
    width: int = DEFAULT_WIDTH,
    mask: bool = False,
    verbose: bool = False,
    stopping: Sequence[Guard] | None = None,
) -> str:
    """The whole plan. `width` is in characters: what is to be created is shortened to it, messages are wrapped.

    `verbose` adds the place of every object in the configuration. `stopping` are the guards that still stop the
    plan once overrides are honoured; by default all that tripped.
    """
    tripped = stopping_guards(plan, stopping)
    style, masking = Style(color), mask_of(mask)
    look = Look(style, masking, width, verbose, stops_of(tripped))
    blocks = [[header("Plan for", plan.account, plan.serial, style, masking)]]
    for kind, changes in groupby(plan.changes, key=lambda change: change.address.kind):
        blocks.append(list(section_lines(kind, list(changes), look)))
    blocks.append([problem_line(problem, style, masking) for problem in plan.diagnostics])
    blocks.append(list(_guards(tripped, style, masking)))
    blocks.append(list(_ending(plan, color)))
    return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


def summary_line(plan: Plan, *, color: bool = False) -> str:
    """`Plan: 40 to create, 1 to delete, 12 unchanged.`, or that there is nothing to do."""
    style = Style(color)
    if plan.changes:
        counts = plan.summary()
        paints = {
            Action.CREATE: style.green,
            Action.UPDATE: style.yellow,
            Action.REPLACE: style.yellow,
            Action.DELETE: style.red,
            Action.ADOPT: style.cyan,
            Action.FORGET: style.dim,
            Action.HELD: style.red,
        }
        parts = [paints[action](f"{counts[action]} {word}") for action, word in PHRASES.items() if counts[action]]
        return f"{style.bold('Plan:')} {', '.join(parts)}, {plan.unchanged} unchanged."
    wanted = f"{counted(plan.unchanged, 'object')} {'is' if plan.unchanged == 1 else 'are'} as wanted"
    if plan.leftovers:
        return f"{style.bold('Plan:')} only {leftover_carriers(plan)} to remove; {wanted}."
    return f"{style.green('No changes.')} {wanted}."


def _guards(guards: Sequence[Guard], style: Style, mask: Mask) -> Iterator[str]:
    if guards:
        yield style.bold(style.red("Stopped by"))
    for guard in guards:
        yield f"  {style.red(f'! {inert(guard.rule)}')}  {inert(mask(guard.message))}"
        yield f"      {how_to_lift(guard)} {style.bold(inert(mask(guard.override)))}"


def _ending(plan: Plan, color: bool) -> Iterator[str]:
    also = leftovers_sentence(plan)
    if also:
        yield also
    yield summary_line(plan, color=color)
    if not plan.is_empty:
        yield Style(color).dim(f"Digest: {plan.digest()}")
