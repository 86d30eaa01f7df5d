"""Problems and diagnostics as lines that editors and CI systems can jump to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from intime_sync.model.problem import Problem, Severity
from intime_sync.render.masking import Mask, mask_mistyped, mask_of, no_mask
from intime_sync.render.style import Style, counted, inert

_ABOUT_PEOPLE: Final = frozenset({"impossible-number", "doubtful-number", "not-a-mobile", "impossible-email"})
_QUOTED: Final = re.compile("`([^`]*)`")


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
    return f"{place}{paint(f'{problem.severity}:')} {inert(message_of(problem, mask))} {code}"


def message_of(problem: Problem, mask: Mask) -> str:
    """What the problem says; what it quotes of a number or an address is masked even if it looks like none."""
    if mask is not no_mask and problem.code in _ABOUT_PEOPLE:
        return mask(_QUOTED.sub(lambda found: f"`{mask_mistyped(found[1])}`", problem.message, count=1))
    return mask(problem.message)
