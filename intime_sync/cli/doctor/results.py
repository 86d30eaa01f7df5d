"""The result of a check, and results as text and as JSON. Knows no check."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from intime_sync.errors import IntimeSyncError
from intime_sync.render.masking import mask_json, mask_of
from intime_sync.render.style import Style, inert

FORMAT_VERSION: Final = "1"


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of the report; `advice` is what to do, where there is something to do."""

    name: str
    state: State
    text: str
    advice: str = ""


_SYMBOLS: Final = {State.OK: "✓", State.WARNING: "!", State.FAILED: "✗", State.SKIPPED: "–"}
_PLAIN_SYMBOLS: Final = {State.OK: "+", State.WARNING: "!", State.FAILED: "x", State.SKIPPED: "-"}
_WORDS: Final = {
    State.OK: "in order",
    State.WARNING: "to look at",
    State.FAILED: "wrong",
    State.SKIPPED: "not checked",
}


def fine(name: str, text: str) -> CheckResult:
    """The result of a check that found nothing to do."""
    return CheckResult(name, State.OK, text)


def warning(name: str, text: str, advice: str) -> CheckResult:
    """The result of a check that found something to look at; nothing fails because of it."""
    return CheckResult(name, State.WARNING, text, advice)


def failed(name: str, text: str, advice: str) -> CheckResult:
    """The result of a check that found a fault: other verbs will fail or do harm."""
    return CheckResult(name, State.FAILED, text, advice)


def skipped(name: str, why: str) -> CheckResult:
    """The result of a check that could not be made."""
    return CheckResult(name, State.SKIPPED, f"not checked: {why}")


def broken(name: str, error: IntimeSyncError, advice: str = "") -> CheckResult:
    """The result of a check that failed with `error`."""
    return failed(name, str(error), error.hint or advice)


def results_to_text(results: Sequence[CheckResult], *, color: bool, mask: bool, encoding: str) -> str:
    """One line a check, its advice below it, and a line with counts."""
    style = Style(color)
    symbols = _SYMBOLS if _can_spell("".join(_SYMBOLS.values()), encoding) else _PLAIN_SYMBOLS
    paints = {
        State.OK: style.green,
        State.WARNING: style.yellow,
        State.FAILED: style.red,
        State.SKIPPED: style.dim,
    }
    masking = mask_of(mask)
    width = max(len(result.name) for result in results)

    def lines() -> Iterator[str]:
        for result in results:
            symbol = paints[result.state](symbols[result.state])
            text = inert(masking(result.text))
            shown = style.dim(text) if result.state is State.SKIPPED else text
            yield f"{symbol} {style.bold(f'{result.name:<{width}}')}  {shown}"
            if result.advice:
                yield f"  {'':<{width}}  {style.dim(inert(masking(result.advice)))}"
        counts = _summary(results)
        parts = [f"{counts[state]} {_WORDS[state]}" for state in State if counts[state]]
        yield f"\n{', '.join(parts)}."

    return "\n".join(lines()) + "\n"


def results_to_json(results: Sequence[CheckResult], *, mask: bool) -> str:
    """The results as JSON, for scripts."""
    document = {
        "format_version": FORMAT_VERSION,
        "summary": _summary(results),
        "checks": [
            {
                "name": result.name,
                "state": str(result.state),
                "text": result.text,
                "advice": result.advice or None,
            }
            for result in results
        ],
    }
    return json.dumps(mask_json(document) if mask else document, ensure_ascii=False, indent=2) + "\n"


def _summary(results: Sequence[CheckResult]) -> dict[str, int]:
    """Counts by state, all four present."""
    counts = Counter(result.state for result in results)
    return {str(state): counts[state] for state in State}


def _can_spell(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
