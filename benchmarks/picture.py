"""The picture of what was measured: bars of whole plans, and how they grow. SVG for light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from benchmarks.processes import Usage
from benchmarks.sections import Growth, Plans

WIDTH, MARGIN = 760, 24
LABELS, BARS = 206, 390
"""Where bars begin, and how long the longest is; its figures stand behind it."""
ROW, BAR = 26, 16
PLOT = 150
"""The height of a plot of growth."""
_FONTS = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Liberation Sans', Arial, sans-serif"
# Light and dark: the ground, text, faint text, grid lines, ours and theirs.
_LIGHT = ("#ffffff", "#1f2328", "#59636e", "#d1d9e0", "#0969da", "#818b98")
_DARK = ("#0d1117", "#f0f6fc", "#9198a1", "#3d444d", "#4493f8", "#7d8590")


@dataclass(frozen=True)
class Bar:
    """A plan's wall time in seconds, as `label` names it."""

    label: str
    usage: Usage
    ours: bool = True


def draw(full: Plans, tenth: Plans, growth: Growth) -> str:
    """The whole picture. A tenth of the contacts is shown only with Terraform, which plans no more than that."""
    said = "Wall time, peak memory."
    parts, top = _bars(
        f"A plan of {full.count:,} objects in 20 files, with nothing to do", _plans(full), MARGIN, said
    )
    if tenth.terraform:
        title = f"A plan of {tenth.count:,} objects in 20 files, with nothing to do"
        more, top = _bars(title, _plans(tenth), top + 22)
        parts += more
    top += 22
    half = (WIDTH - 3 * MARGIN) / 2
    parts += _plot("Processor time beyond an empty plan's", growth.sizes, growth.times, "s", (MARGIN, top, half))
    right = (2 * MARGIN + half, top, half)
    parts += _plot("Memory beyond an empty plan's", growth.sizes, growth.memory, "MiB", right)
    height = top + PLOT + 84
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}"'
            f' height="{height:.0f}" role="img" font-family="{_FONTS}" font-size="13">',
            f"<title>{_described(full)}</title>",
            f"<style>{_style(_LIGHT)} @media (prefers-color-scheme: dark) {{ {_style(_DARK)} }}</style>",
            f'<rect class="ground" width="{WIDTH}" height="{height:.0f}" rx="10"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _plans(plans: Plans) -> list[Bar]:
    bars = [
        Bar("intime-sync, YAML", plans.yaml),
        Bar("intime-sync, CSV", plans.csv),
    ]
    others = [("octodns-sync, YAML", plans.octodns), ("terraform plan, JSON", plans.terraform)]
    return bars + [Bar(label, usage, ours=False) for label, usage in others if usage]


def _bars(title: str, bars: Sequence[Bar], top: float, said: str = "") -> tuple[list[str], float]:
    """A title, a line of text and bars below it, and where they end."""
    longest = max(bar.usage.wall for bar in bars)
    parts = [_text(MARGIN, top + 12, title, 'font-size="15" font-weight="600"')]
    if said:
        parts.append(_text(MARGIN, top + 34, said, 'class="faint"'))
    top += 46 if said else 24
    for bar in bars:
        length = max(2, bar.usage.wall / longest * BARS)
        parts += [
            _text(LABELS - 10, top + 17, bar.label, 'text-anchor="end"'),
            f'<rect class="{"ours" if bar.ours else "theirs"}" x="{LABELS}" y="{top + (ROW - BAR) / 2}"'
            f' width="{length:.1f}" height="{BAR}" rx="3"/>',
            _text(LABELS + length + 8, top + 17, f"{_number(bar.usage.wall)} s", 'font-weight="600"'),
            _text(LABELS + length + 66, top + 17, f"{bar.usage.memory:.0f} MiB", 'class="faint"'),
        ]
        top += ROW
    return parts, top


def _plot(
    title: str, sizes: Sequence[int], values: Sequence[float], unit: str, place: tuple[float, float, float]
) -> list[str]:
    """Points on logarithmic axes at `place` (left, top, width), and the line that linear growth would follow."""
    left, top, width = place
    left, width, foot = left + 58, width - 76, top + 34 + PLOT
    each = math.exp(sum(math.log(value / size) for size, value in zip(sizes, values, strict=True)) / len(sizes))
    linear = [size * each for size in sizes]
    powers = range(
        math.floor(math.log10(min(*values, *linear))), math.ceil(math.log10(max(*values, *linear) * 1.001)) + 1
    )
    low, high = math.log(sizes[0]), math.log(sizes[-1])

    def across(size: float) -> float:
        return left + 12 + (math.log(size) - low) / (high - low) * (width - 24)

    def up(value: float) -> float:
        return foot - (math.log10(value) - powers[0]) / (powers[-1] - powers[0]) * PLOT

    parts = [_text(place[0], top + 12, title, 'font-size="15" font-weight="600"')]
    for power in powers:
        y = up(10**power)
        parts.append(f'<line class="grid" x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(left - 8, y + 4, f"{10.0**power:g} {unit}", 'class="faint" text-anchor="end"'))
    ends = (
        f'x1="{across(sizes[0]):.1f}" y1="{up(linear[0]):.1f}" x2="{across(sizes[-1]):.1f}" y2="{up(linear[-1]):.1f}"'
    )
    parts.append(f'<line class="linear" {ends}/>')
    for size, value in zip(sizes, values, strict=True):
        parts.append(f'<circle class="ours" cx="{across(size):.1f}" cy="{up(value):.1f}" r="5"/>')
        parts.append(_text(across(size), foot + 20, _short(size), 'class="faint" text-anchor="middle"'))
    parts.append(_text(left + width / 2, foot + 38, "contacts; dashed: linear", 'class="faint" text-anchor="middle"'))
    return parts


def _described(plans: Plans) -> str:
    """The bars in a sentence, for whoever cannot see them."""
    said = ", ".join(f"{bar.label} {_number(bar.usage.wall)} s" for bar in _plans(plans))
    return escape(f"Wall time of a plan of {plans.count:,} objects: {said}. Time and memory grow with the contacts.")


def _style(colors: Sequence[str]) -> str:
    ground, text, faint, grid, ours, theirs = colors
    return (
        f".ground {{ fill: {ground} }} text {{ fill: {text} }} .faint {{ fill: {faint} }} .ours {{ fill: {ours} }}"
        f" .theirs {{ fill: {theirs} }} .grid {{ stroke: {grid} }}"
        f" .linear {{ stroke: {faint}; stroke-dasharray: 5 4; stroke-width: 1.5 }}"
    )


def _text(x: float, y: float, text: str, look: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(text)}</text>'


def _short(size: int) -> str:
    return f"{size / 1000:g}k" if size >= 1000 else str(size)


def _number(seconds: float) -> str:
    return f"{seconds:.1f}" if seconds >= 10 else f"{seconds:.2f}"
