"""What was measured, in Markdown tables; figures of one machine, so the ratios are what can be compared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.processes import Usage

USAGE = ("wall", "processor", "memory")


@dataclass(frozen=True)
class Goal:
    """What was measured next to what should be reached, both as they are printed.

    `met` is None where nothing was measured, or for another number of contacts than the goal is about.
    """

    what: str
    measured: str
    goal: str
    met: bool | None


@dataclass(frozen=True)
class Section:
    """A heading, a table and a sentence below it, and the goals that the figures belong to."""

    title: str
    table: str
    note: str = ""
    goals: Sequence[Goal] = ()

    def markdown(self) -> str:
        """As it is printed, and as the document has it."""
        return "\n".join([f"### {self.title}", "", self.table, *([self.note, ""] if self.note else [])])


def at_most(what: str, value: float, limit: float, form: str, *, applies: bool = True) -> Goal:
    """A goal for a value that should not be above `limit`; `form` is how both are written, as in "{:.2f} s"."""
    return Goal(what, form.format(value), f"<= {form.format(limit)}", value <= limit if applies else None)


def at_least(what: str, value: float | None, limit: float, form: str, *, applies: bool = True) -> Goal:
    """A goal for a value that should not be below `limit`; None is a value that could not be measured."""
    goal = f">= {form.format(limit)}"
    if value is None:
        return Goal(what, "-", goal, None)
    return Goal(what, form.format(value), goal, value >= limit if applies else None)


def summary(goals: Sequence[Goal]) -> Section:
    """All goals, and which are met."""
    words = {True: "met", False: "missed", None: "-"}
    rows = [[goal.what, goal.measured, goal.goal, words[goal.met]] for goal in goals]
    other = any(goal.met is None for goal in goals)
    note = "`-`: not measured, or a goal for another number of contacts." if other else ""
    return Section("Goals", table(("", "measured", "goal", ""), rows), note)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, aligned so that it reads well as text; all columns but the first are numbers."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [_line(head, widths), _line(rule, widths), *(_line(row, widths) for row in rows)]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = [*zip(cells, widths, strict=True)]
    return f"| {first[0]:<{first[1]}} | " + " | ".join(f"{cell:>{width}}" for cell, width in others) + " |"


def usage_cells(usage: Usage) -> list[str]:
    """Wall, processor and memory."""
    digits = 2 if usage.wall >= 1 else 3
    return [f"{usage.wall:.{digits}f} s", f"{usage.cpu:.{digits}f} s", f"{usage.memory:.0f} MiB"]


def exponent(sizes: Sequence[int], values: Sequence[float]) -> float:
    """The k of `value = c * size ** k` that fits best; 1 is linear."""
    points = [(math.log(size), math.log(value)) for size, value in zip(sizes, values, strict=True)]
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread
