"""`python -m benchmarks`: measure, print tables, exit 0. Nothing is asserted: machines differ."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks import peers, receiving
from benchmarks.account import OURS, Account, applied_account
from benchmarks.data import write_tables
from benchmarks.processes import Command, Usage, compare
from benchmarks.tables import exponent, ratio_cells, table, usage_cells

HEAD = ("wall", "processor", "memory")


def main() -> None:
    """All measurements, each printed as soon as it is there."""
    options = _options()
    sizes = sorted({max(size, 10) for size in (options.n // 100, options.n // 10, options.n)})
    octodns = None if options.no_peers else peers.install()
    print(f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}")
    print(f"octoDNS {octodns}\n" if octodns else "", flush=True)
    with tempfile.TemporaryDirectory(prefix="intime-sync-bench-") as home, ExitStack() as stack:
        directory = Path(home)
        _start_up(options.runs * 2 + 1)
        _receiving(directory, options.runs)
        empty = stack.enter_context(applied_account(directory / "empty", 0))
        accounts = [stack.enter_context(applied_account(directory / str(size), size)) for size in sizes]
        _applying(accounts)
        _loading(accounts[-1], options.runs)
        usages = _planning(accounts, directory, options.runs, with_octodns=octodns is not None)
        _caching(accounts[1:], empty, directory, options.runs)
        _growth(sizes, usages, compare([empty.plan()], options.runs)[0])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--n", type=int, help="contacts in the largest configuration (default: 100000)")
    parser.add_argument("--runs", type=int, help="measured runs of everything (default: 5)")
    parser.add_argument("--no-peers", action="store_true", help="leave octoDNS out, and install nothing")
    parser.add_argument("--quick", action="store_true", help="a tenth of the contacts and fewer runs")
    options = parser.parse_args()
    options.n = options.n or (10_000 if options.quick else 100_000)
    options.runs = options.runs or (2 if options.quick else 5)
    return options


def _start_up(runs: int) -> None:
    """What every command pays, next to the least that a command with click can pay."""
    python = Command("python -c pass", (sys.executable, "-c", "pass"))
    click = Command("python, import click", (sys.executable, "-c", "import click"))
    flags = [Command(f"intime-sync {flag}", (*OURS, flag)) for flag in ("--help", "--version")]
    usages = compare([python, click, *flags], runs)
    least = usages[1]
    rows = [
        [command.label, *usage_cells(usage), f"{usage.wall / least.wall:.2f}"]
        for command, usage in zip([python, click, *flags], usages, strict=True)
    ]
    print("## Start-up\n")
    print(table(("", *HEAD, "of click"), rows), flush=True)


def _receiving(directory: Path, runs: int) -> None:
    """Delivery statuses that reach the disk, next to bare commits of one row each to the same disk."""
    taken = [receiving.measure(directory / f"receiving-{run}", 8_000) for run in range(runs)]
    statuses = statistics.median(each.statuses for each in taken)
    commits = statistics.median(each.commits for each in taken)
    rows = [
        ["SQLite alone, a commit for each", f"{commits:,.0f}", "1.00"],
        [f"receive, {receiving.CONNECTIONS} connections", f"{statuses:,.0f}", f"{statuses / commits:.2f}"],
    ]
    print("## Receiving statuses, on the disk before they are answered\n")
    print(table(("", "a second", "ratio"), rows), flush=True)


def _applying(accounts: list[Account]) -> None:
    """The first apply of each configuration: once, since it made the account for everything below."""
    rows = [
        [f"first apply, {account.contacts:,} contacts", *usage_cells(account.applied), f"{account.calls}"]
        for account in accounts
    ]
    print("## Applying (the emulator is another process)\n")
    print(table(("", *HEAD, "calls"), rows), flush=True)


def _loading(account: Account, runs: int) -> None:
    """Reading YAML as a multiple of what libyaml needs for its events."""
    argv = [sys.executable, "-m", "benchmarks.loader", str(runs), *map(str, account.files)]
    done = subprocess.run(argv, check=True, capture_output=True, env=os.environ)
    drained, read = json.loads(done.stdout)
    print("## Reading YAML\n")
    rows = [
        ["libyaml's events alone", f"{drained:.2f} s", "1.00"],
        ["read_yaml", f"{read:.2f} s", f"{read / drained:.2f}"],
    ]
    print(table((f"{len(account.files)} files, {account.contacts:,} contacts", "median", "ratio"), rows), flush=True)


def _planning(accounts: list[Account], directory: Path, runs: int, *, with_octodns: bool) -> list[Usage]:
    """Plans with nothing to do, in turn with octoDNS's of as many records; ours are returned."""
    rows: list[list[str]] = []
    ours: list[Usage] = []
    for account in accounts:
        commands = [account.cold_plan()]
        if with_octodns and account.contacts >= accounts[-1].contacts // 10:
            commands.append(peers.octodns_plan(directory / f"octodns-{account.contacts}", account.contacts))
        usages = compare(commands, runs)
        ours.append(usages[0])
        rows += ([command.label, *usage_cells(usage)] for command, usage in zip(commands, usages, strict=True))
        if len(usages) == 2:
            rows.append(["  ours / octoDNS's", *ratio_cells(*usages)])
    print("## Planning with nothing to do\n")
    print(table(("", *HEAD), rows), flush=True)
    return ours


def _caching(accounts: list[Account], empty: Account, directory: Path, runs: int) -> None:
    """Plans from YAML and tables, with and without what was read before; and one that creates everything."""
    rows: list[list[str]] = []
    for account in accounts:
        tables = directory / f"tables-{account.contacts}"
        write_tables(tables, account.contacts)
        commands = [plan(where) for where in (None, tables) for plan in (account.cold_plan, account.warm_plan)]
        commands.append(account.creating_plan(empty))
        # One after the other: a cold run would leave nothing for a warm one between two of its own.
        rows += ([command.label, *usage_cells(compare([command], runs)[0])] for command in commands)
    print("## Planning from files that were read before\n")
    print(table(("", *HEAD), rows), flush=True)


def _growth(sizes: list[int], usages: list[Usage], empty: Usage) -> None:
    """How processor time grows with the contacts, beyond what an empty configuration takes."""
    rows = [["an empty configuration", *usage_cells(empty), ""]]
    for size, usage in zip(sizes, usages, strict=True):
        each = (usage.cpu - empty.cpu) / size * 1e6
        rows.append([f"{size:,} contacts", *usage_cells(usage), f"{each:.0f} µs"])
    print("## Growth\n")
    print(table(("", *HEAD, "each"), rows))
    times = [max(usage.cpu - empty.cpu, 1e-4) for usage in usages]
    print(f"Processor time beyond the empty plan grows with contacts ** {exponent(sizes, times):.2f} (1 is linear).")


if __name__ == "__main__":
    main()
