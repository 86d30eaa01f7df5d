"""Problems and diagnostics as lines that editors and CI systems can jump to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from intime_sync.model.problem import Problem, Severity
from intime_sync.render.masking import Mask, mask_mistyped, mask_of, no_mask
from intime_sync.render.style import Paint, Style, counted, inert

_ABOUT_PEOPLE: Final = frozenset({"impossible-number", "doubtful-number", "not-a-mobile", "impossible-email"})
_QUOTED: Final = re.compile("`([^`]*)`")


def problems_to_text(problems: Sequence[Problem], *, color: bool = False, mask: bool = False) -> str:
    """`file:line:column: error: text [code]` lines in the order given, then one line that counts them."""
    style, masking = Style(color), mask_of(mask)
    lines = [problem_line(problem, style, masking) for problem in problems]
    parts = [_paint(severity, style)(text) for severity, text in severity_counts(problems).items()]
    lines.append(f"Found {' and '.join(parts)}." if parts else "No problems.")
    return "\n".join(lines) + "\n"


def severity_counts(problems: Sequence[Problem]) -> dict[Severity, str]:
    """`1 error` and `2 warnings` by severity, without those that do not occur."""
    counts = Counter(problem.severity for problem in problems)
    return {severity: counted(counts[severity], severity) for severity in Severity if counts[severity]}


def problem_line(problem: Problem, style: Style, mask: Mask) -> str:
    """One problem as one line."""
    place = f"{style.bold(inert(mask(str(problem.origin))))}: " if problem.origin else ""
    code = style.dim(f"[{inert(problem.code)}]")
    return (
        f"{place}{_paint(problem.severity, style)(f'{problem.severity}:')} {inert(message_of(problem, mask))} {code}"
    )


def _paint(severity: Severity, style: Style) -> Paint:
    return style.red if severity is Severity.ERROR else style.yellow


def message_of(problem: Problem, mask: Mask) -> str:
    """The masked message; a quoted number or address is masked even if it is mistyped."""
    if mask is not no_mask and problem.code in _ABOUT_PEOPLE:
        return mask(_QUOTED.sub(lambda found: f"`{mask_mistyped(found[1])}`", problem.message, count=1))
    return mask(problem.message)
