"""What was measured, in Markdown tables; figures of one machine, so the ratios are what can be compared."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmarks.processes import Usage


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


def ratio_cells(ours: Usage, theirs: Usage) -> list[str]:
    """Ours as a share of theirs: below 1 is less than they take."""
    return [
        f"{ours.wall / theirs.wall:.2f}",
        f"{ours.cpu / theirs.cpu:.2f}",
        f"{ours.memory / theirs.memory:.2f}",
    ]


def exponent(sizes: Sequence[int], values: Sequence[float]) -> float:
    """The k of `value = c * size ** k` that fits best; 1 is linear."""
    points = [(math.log(size), math.log(value)) for size, value in zip(sizes, values, strict=True)]
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread
