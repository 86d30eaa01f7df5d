"""Explore everything: `PYTHONPATH=tests python -m explore [--service NAME] [--world NAME] [--every N]`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from explore.histories import History, explore, pairs
from explore.known import KNOWN


def _explored(every: int, singles: int, pair: tuple[str, str]) -> tuple[tuple[str, str], int, list[History], float]:
    started = time.perf_counter()
    count, wrong = 0, []
    for history in explore(*pair, every, singles):
        count += 1
        if history.fault:
            wrong.append(history)
    return pair, count, wrong, time.perf_counter() - started


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--service")
    parser.add_argument("--world")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--singles", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--all-faults", action="store_true", help="print every wrong history, not one of each sort")
    given = parser.parse_args()
    chosen = [pair for pair in pairs() if given.service in (None, pair[0]) and given.world in (None, pair[1])]
    total = 0
    seen: set[tuple[str, str, str]] = set()
    with ProcessPoolExecutor(given.jobs) as pool:
        for pair, count, wrong, seconds in pool.map(partial(_explored, given.every, given.singles), chosen):
            total += count
            seen |= {(*pair, history.sort) for history in wrong}
            print(f"{' '.join(pair)}: {count} histories, {len(wrong)} wrong, {seconds:.0f} s", flush=True)
            sorts = Counter(history.sort for history in wrong)
            shown = set()
            for history in wrong:
                if given.all_faults or history.sort not in shown:
                    print(f"  {sorts[history.sort]} like: {history}", flush=True)
                shown.add(history.sort)
    mended = {key for key in KNOWN if key[:2] in chosen} - seen if given.every == 1 else set()
    for key in mended:
        print(f"mended, so to be removed from known.py: {key}")
    print(f"{total} histories, {len(seen - set(KNOWN))} sorts of fault that are not known")
    return 1 if seen - set(KNOWN) or mended else 0


if __name__ == "__main__":
    sys.exit(main())
