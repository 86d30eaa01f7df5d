"""What is measured, a section each: a table, and the goals that its figures belong to."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import peers, receiving
from benchmarks.account import OURS, Account, Applied
from benchmarks.peers import Peers
from benchmarks.processes import Command, Usage, compare
from benchmarks.tables import USAGE, Goal, Section, at_least, at_most, exponent, table, usage_cells

FULL = 100_000
"""The contacts that goals in seconds and MiB are about; the second number is a tenth of it."""


@dataclass(frozen=True)
class Plans:
    """Plans of `count` contacts with nothing to do, and of others' as many objects; None for who was not there."""

    count: int
    yaml: Usage
    csv: Usage
    octodns: Usage | None = None
    terraform: Usage | None = None


@dataclass(frozen=True)
class Growth:
    """What plans of these sizes take beyond the plan of an empty configuration: processor seconds, and MiB."""

    sizes: Sequence[int]
    times: Sequence[float]
    memory: Sequence[float]


def start_up(runs: int) -> Section:
    """What every command pays, next to the least that a command with click can pay."""
    python = Command("python -c pass", (sys.executable, "-c", "pass"))
    click = Command("python -c 'import click'", (sys.executable, "-c", "import click"))
    flags = [Command(f"intime-sync {flag}", (*OURS, flag)) for flag in ("--help", "--version")]
    commands = [python, click, *flags]
    usages = compare(commands, runs)
    least = usages[1].wall
    rows = [
        [command.label, *usage_cells(usage), f"{usage.wall / least:.2f}"]
        for command, usage in zip(commands, usages, strict=True)
    ]
    goals = []
    for command, usage in zip(flags, usages[2:], strict=True):
        goals.append(at_most(f"`{command.label}`", usage.wall * 1000, 120, "{:.0f} ms"))
        goals.append(at_most("- as a multiple of Python with click alone", usage.wall / least, 4, "{:.1f}"))
    return Section("Start-up", table(("", *USAGE, "of click"), rows), goals=goals)


def receiving_statuses(directory: Path, runs: int, count: int) -> Section:
    """Delivery statuses that reach the disk, next to bare commits of one row each to the same disk."""
    taken = [receiving.measure(directory / f"receiving-{run}", count) for run in range(runs)]
    statuses = statistics.median(each.statuses for each in taken)
    commits = statistics.median(each.commits for each in taken)
    rows = [
        ["SQLite alone, a commit for each", f"{commits:,.0f}", "1.00"],
        [f"receive, {receiving.CONNECTIONS} connections", f"{statuses:,.0f}", f"{statuses / commits:.2f}"],
    ]
    return Section("Receiving statuses, on the disk before they are answered", table(("", "a second", "ratio"), rows))


def applying(accounts: Sequence[Account], largest: Account) -> Section:
    """The first apply of each configuration: once, since it made the account for everything else. And one change."""
    rows = [
        [f"first apply, {account.contacts:,} contacts", *_applied_cells(account.first), f"{_call_limit(account):.1f}"]
        for account in accounts
    ]
    changes = largest.change_one()
    rows += [[f"one changed of {largest.contacts:,}", *_applied_cells(change), "5.0"] for change in changes]
    note = (
        "Limits: N / 200 + carriers / 200 + 20 calls for the first apply of N contacts; 5 that write for one change."
    )
    what, applies = f"first apply of {largest.contacts:,} contacts", largest.contacts == FULL
    goals = [
        at_most(f"{what}, calls", largest.first.calls, _call_limit(largest), "{:.4g}"),
        at_most("- the client's processor time", largest.first.usage.cpu, 15, "{:.1f} s", applies=applies),
        at_most(
            f"one changed contact of {largest.contacts:,}, calls beside the reads",
            max(change.writes or 0 for change in changes),
            5,
            "{:.0f}",
        ),
    ]
    head = ("", *USAGE, "calls", "of them writes", "limit")
    return Section("Applying, the emulator being another process", table(head, rows), note, goals)


def _applied_cells(applied: Applied) -> list[str]:
    return [*usage_cells(applied.usage), f"{applied.calls:,}", "" if applied.writes is None else f"{applied.writes}"]


def _call_limit(account: Account) -> float:
    return account.contacts / 200 + account.carriers() / 200 + 20


def reading(account: Account, runs: int) -> Section:
    """Reading YAML as a multiple of what libyaml needs for its events."""
    argv = [sys.executable, "-m", "benchmarks.loader", str(runs), *map(str, account.files)]
    done = subprocess.run(argv, check=True, capture_output=True, env=os.environ)
    drained, read = json.loads(done.stdout)
    rows = [
        ["libyaml's events alone", f"{drained:.2f} s", "1.00"],
        ["read_yaml", f"{read:.2f} s", f"{read / drained:.2f}"],
    ]
    head = (f"{len(account.files)} files, {account.contacts:,} contacts", "median", "ratio")
    return Section("Reading YAML", table(head, rows))


def planning(account: Account, found: Peers, runs: int, *, tenth: bool) -> tuple[Section, Plans]:
    """Plans with nothing to do, from both formats and others' in turn.

    Terraform takes part only in plans of the `tenth`, which take it long enough.
    """
    count, home = account.contacts, account.directory.parent
    ours = f"intime-sync plan, {count:,} contacts"
    commands = {
        "yaml": account.copy("yaml").plan(f"{ours}, YAML"),
        "csv": account.tables("csv").plan(f"{ours}, CSV"),
    }
    if found.octodns:
        commands["octodns"] = peers.octodns_plan(home / "octodns", count)
    if found.terraform and tenth:
        commands["terraform"] = peers.terraform_plan(home / "terraform", count)
    usages = dict(zip(commands, compare([*commands.values()], runs), strict=True))
    plans = Plans(count, **usages)
    rows = []
    for name, usage in usages.items():
        times = [f"{plans.octodns.wall / usage.wall:.1f}"] if plans.octodns else []
        rows.append([commands[name].label, *usage_cells(usage), *times])
    head = ("", *USAGE, *(["times faster than octodns-sync"] if plans.octodns else []))
    goals = _tenth_goals(plans) if tenth else _full_goals(plans)
    return Section(f"Planning {count:,} with nothing to do", table(head, rows), goals=goals), plans


def _full_goals(plans: Plans) -> list[Goal]:
    """The goals for the plans of the largest configuration."""
    applies, what = plans.count == FULL, f"plan, {plans.count:,} contacts"
    ratio = plans.octodns.wall / plans.yaml.wall if plans.octodns else None
    return [
        at_most(f"{what}, YAML", plans.yaml.wall, 3.5, "{:.2f} s", applies=applies),
        at_most("- its memory", plans.yaml.memory, 300, "{:.0f} MiB", applies=applies),
        at_least("- times faster than octodns-sync", ratio, 14, "{:.1f}", applies=applies),
        at_most(f"{what}, CSV", plans.csv.wall, 2.0, "{:.2f} s", applies=applies),
    ]


def _tenth_goals(plans: Plans) -> list[Goal]:
    """The goals for the plans of a tenth of it."""
    applies, what = plans.count == FULL // 10, f"plan, {plans.count:,} contacts"
    return [at_most(f"{what}, YAML", plans.yaml.wall, 0.45, "{:.2f} s", applies=applies)]


def creating(account: Account, empty: Account, runs: int) -> Section:
    """Planning to make everything in an account that has nothing, the plan's text going to a file."""
    what = f"plan, {account.contacts:,} to create, text to a file"
    text = account.directory.with_name("creates.txt")
    command = account.unapplied("creates", empty).creating(f"intime-sync {what}", text)
    usage = compare([command], runs)[0]
    row = [command.label, *usage_cells(usage), f"{text.stat().st_size / 2**20:.1f} MiB"]
    goal = at_most(what, usage.wall, 5, "{:.2f} s", applies=account.contacts == FULL)
    return Section("Planning to create everything", table(("", *USAGE, "text"), [row]), goals=[goal])


def growing(accounts: Sequence[Account], empty: Account, runs: int) -> tuple[Section, Growth]:
    """How plans grow with the contacts, beyond what the plan of an empty configuration takes."""
    plans = [account.copy("growth").plan("plan") for account in (empty, *accounts)]
    least, *usages = compare(plans, runs)
    sizes = [account.contacts for account in accounts]
    times = [max(usage.cpu - least.cpu, 0.001) for usage in usages]
    memory = [max(usage.memory - least.memory, 0.1) for usage in usages]
    rows = [["an empty configuration", *usage_cells(least), "", ""]]
    for size, usage, time, space in zip(sizes, usages, times, memory, strict=True):
        each = [f"{time / size * 1e6:.0f} µs", f"{space / size * 1024:.1f} KiB"]
        rows.append([f"{size:,} contacts", *usage_cells(usage), *each])
    what, applies = f"growth from {sizes[0]:,} to {sizes[-1]:,} contacts", sizes[-1] == 3 * FULL
    goals = [
        at_most(f"{what}, exponent of processor time", exponent(sizes, times), 1.05, "{:.2f}", applies=applies),
        at_most(f"{what}, exponent of memory", exponent(sizes, memory), 1.05, "{:.2f}", applies=applies),
    ]
    note = (
        f"Beyond the empty plan's, processor time grows with contacts ** {goals[0].measured} and memory with "
        f"contacts ** {goals[1].measured}: 1 is linear, the limit is 1.05."
    )
    table_ = table(("plan", *USAGE, "time each", "memory each"), rows)
    return Section("Growth", table_, note, goals), Growth(sizes, times, memory)
