"""`python -m benchmarks`: measure, print tables, exit 0. Nothing is asserted: machines differ."""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import peers, picture, sections
from benchmarks.account import applied_account
from benchmarks.peers import Peers
from benchmarks.sections import FULL, Growth, Plans
from benchmarks.tables import Section, summary

RUNS = 5
DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"


@dataclass
class Shown:
    """What the picture shows; filled in while measuring. `tenth` are plans of a tenth of `full`'s contacts."""

    full: Plans | None = None
    tenth: Plans | None = None
    growth: Growth | None = None


def main() -> None:
    """All measurements, each printed as soon as it is there; a full run also writes the document and its picture."""
    options = _options()
    shown = Shown()
    measured: list[Section] = []
    with tempfile.TemporaryDirectory(prefix="intime-sync-bench-") as home:
        found = Peers() if options.no_peers else peers.find(Path(home) / "tried")
        machine = _machine(found, options.runs)
        print(f"{machine}\n", flush=True)
        for section in _measure(Path(home), options, found, shown):
            print(section.markdown(), flush=True)
            measured.append(section)
    goals = summary([goal for section in measured for goal in section.goals])
    print(goals.markdown())
    full = options.n == FULL and options.runs >= RUNS and found.octodns is not None
    file = options.picture or (DOCUMENT.with_suffix(".svg") if full else None)
    if file and shown.full and shown.tenth and shown.growth:
        file.write_text(picture.draw(shown.full, shown.tenth, shown.growth), encoding="utf-8")
    if full:
        _document(
            {"goals": goals.table, "measured": "\n".join([f"{machine}\n", *(one.markdown() for one in measured)])}
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--n", type=int, help=f"contacts in the usual configuration (default: {FULL})")
    parser.add_argument("--runs", type=int, help=f"measured runs of everything (default: {RUNS})")
    parser.add_argument("--no-peers", action="store_true", help="leave others' tools out, and install nothing")
    parser.add_argument("--quick", action="store_true", help="a tenth of the contacts and fewer runs")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw what was measured, as SVG")
    options = parser.parse_args()
    options.n = max(options.n or (FULL // 10 if options.quick else FULL), 200)
    options.runs = options.runs or (2 if options.quick else RUNS)
    return options


def _machine(found: Peers, runs: int) -> str:
    """Where these figures are from."""
    facts = [platform.machine(), f"{os.cpu_count()} cores", platform.system(), f"Python {platform.python_version()}"]
    return ", ".join([*facts, *filter(None, [found.octodns, found.terraform])]) + f"; medians of {runs}"


def _measure(home: Path, options: argparse.Namespace, found: Peers, shown: Shown) -> Iterator[Section]:
    """Every section, the short ones first."""
    runs, count = options.runs, options.n
    yield sections.start_up(runs * 2 + 1)
    yield sections.receiving_statuses(home, runs, min(8_000, count))
    with ExitStack() as stack:
        sizes = (0, count // 100, count // 10, count, count * 3)
        empty, *accounts = [stack.enter_context(applied_account(home / str(size), size)) for size in sizes]
        _, tenth, full, _ = accounts
        yield sections.applying(accounts, full)
        yield sections.reading(full, runs)
        section, shown.full = sections.planning(full, found, runs, tenth=False)
        yield section
        section, shown.tenth = sections.planning(tenth, found, runs, tenth=True)
        yield section
        yield sections.creating(full, empty, runs)
        section, shown.growth = sections.growing(accounts, empty, runs)
        yield section


def _document(tables: Mapping[str, str]) -> None:
    """Put tables between the document's marks of their names."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, content in tables.items():
        before, rest = text.split(f"<!-- {name} -->", 1)
        after = rest.split(f"<!-- /{name} -->", 1)[1]
        text = f"{before}<!-- {name} -->\n\n{content.strip()}\n\n<!-- /{name} -->{after}"
    DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
