"""Problems and diagnostics as lines that editors and CI systems can jump to."""

from __future__ import annotations

from collections.abc import Sequence

from intime_sync.model.problem import Problem, Severity
from intime_sync.render.masking import Mask, mask_of
from intime_sync.render.style import Style, counted, inert


def problems_to_text(problems: Sequence[Problem], *, color: bool = False, mask: bool = False) -> str:
    """`file:line:column: error: text [code]` lines in the order given, then one line that counts them."""
    style, masking = Style(color), mask_of(mask)
    lines = [problem_line(problem, style, masking) for problem in problems]
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    warnings = len(problems) - errors
    parts = []
    if errors:
        parts.append(style.red(counted(errors, "error")))
    if warnings:
        parts.append(style.yellow(counted(warnings, "warning")))
    lines.append(f"Found {' and '.join(parts)}." if parts else "No problems.")
    return "\n".join(lines) + "\n"


def problem_line(problem: Problem, style: Style, mask: Mask) -> str:
    """One problem as one line."""
    paint = style.red if problem.severity is Severity.ERROR else style.yellow
    place = f"{style.bold(inert(mask(str(problem.origin))))}: " if problem.origin else ""
    code = style.dim(f"[{inert(problem.code)}]")
    return f"{place}{paint(f'{problem.severity}:')} {inert(mask(problem.message))} {code}"
