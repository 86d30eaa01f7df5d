"""The report of an apply as text: first the results that need attention, then a summary line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from intime_sync.kinds.registry import words_of
from intime_sync.model.report import Report, Result, Status
from intime_sync.render.masking import Mask, mask_of
from intime_sync.render.style import Paint, Style, counted, inert

_WIDEST_ADDRESS = 48


def report_to_text(report: Report, *, color: bool = False, mask: bool = False) -> str:
    """What failed, is unknown or was skipped, with reason and place; notes; and the summary line."""
    style, masking = Style(color), mask_of(mask)
    lines = list(_trouble(report, style, masking))
    lines += [f"{style.yellow('Note:')} {inert(masking(note))}" for note in report.notes]
    if report.stopped is not None:
        lines.append(f"{style.red('Stopped:')} {inert(masking(report.stopped))}")
    if lines and lines[-1]:
        lines.append("")
    lines.append(_summary(report, style))
    return "\n".join(lines) + "\n"


def summary_of_report(report: Report) -> str:
    """The line that sums up, without colours."""
    return _summary(report, Style(color=False))


def _trouble(report: Report, style: Style, mask: Mask) -> Iterator[str]:
    sections: tuple[tuple[Status, str, str, Paint], ...] = (
        (Status.FAILED, "Failed", "!", style.red),
        (Status.UNKNOWN, "Outcome unknown", "?", style.yellow),
        (Status.SKIPPED, "Skipped", "·", style.dim),
    )
    for status, title, symbol, paint in sections:
        results = [result for result in report.results if result.status is status]
        if results:
            yield style.bold(title)
            yield from _rows(results, symbol, paint, style, mask)
            if status is Status.UNKNOWN:
                kinds = map(words_of, dict.fromkeys(result.address.kind for result in results))
                for noun in (words.noun for words in kinds if words.settled_by_hand):
                    yield f"    settle each {noun} with: intime-sync ledger resolve ADDRESS --as sent|not-sent"
            yield ""


def _rows(results: Sequence[Result], symbol: str, paint: Paint, style: Style, mask: Mask) -> Iterator[str]:
    shown = [inert(mask(str(result.address))) for result in results]
    verbs = max(len(result.action) for result in results)
    width = min(max(map(len, shown)), _WIDEST_ADDRESS)
    for result, address in zip(results, shown, strict=True):
        place = style.dim(f"  ({inert(mask(str(result.origin)))})") if result.origin else ""
        reason = f"  {inert(mask(result.error))}" if result.error else ""
        head = f"{symbol} {result.action:<{verbs}}  {address:<{width if reason or place else 0}}"
        yield f"  {paint(head)}{reason}{place}"


def _summary(report: Report, style: Style) -> str:
    counts = report.summary()
    done = counts["done"]
    paints = {"failed": style.red, "unknown": style.yellow, "skipped": style.dim}
    parts = [paint(f"{counts[name]} {name}") for name, paint in paints.items() if counts[name]]
    if not parts and report.stopped is None:
        what = style.green(f"Applied: {done} done" if done else "Applied: nothing to do")
    elif done:
        what = ", ".join((f"{style.yellow('Applied in part:')} {done} done", *parts))
    else:
        what = f"{style.red('Not applied:')} {', '.join(parts) or 'nothing done'}"
    calls = f" ({counted(report.calls, 'call')})" if report.calls else ""
    return f"{what}{calls}."
