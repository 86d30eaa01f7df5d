"""Whole processes, measured from outside: what a person waits for and what the machine pays."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Usage:
    """Seconds of wall clock and of processor (user and system), and the peak of resident memory in MiB."""

    wall: float
    cpu: float
    memory: float


@dataclass(frozen=True)
class Command:
    """Something to measure, its stdout and stderr going to files where there are any."""

    label: str
    argv: Sequence[str | Path]
    directory: Path = field(default_factory=Path)
    environ: Mapping[str, str] = field(default_factory=dict)
    output: Path = Path(os.devnull)
    errors: Path | None = None

    def start(self, **options: Any) -> subprocess.Popen[bytes]:
        """Start it, without a terminal."""
        return subprocess.Popen(
            [str(part) for part in self.argv],
            cwd=self.directory,
            env=_environ() | dict(self.environ),
            stdin=subprocess.DEVNULL,
            **options,
        )

    def measure(self) -> Usage:
        """Run it once. Raises SystemExit when it fails, since its figures would mean nothing.

        The peak that the system reports counts what this process ever held before it started the other, so this one
        must stay small: nothing large is read here, or written in one piece.
        """
        with self.output.open("wb") as stdout, self._errors() as stderr:
            begun = time.perf_counter()
            process = self.start(stdout=stdout, stderr=stderr)
            _, status, used = os.wait4(process.pid, 0)
            wall = time.perf_counter() - begun
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                stderr.seek(0)
                said = stderr.read().decode(errors="replace")
                raise SystemExit(f"{self.label} failed with {process.returncode}:\n{said}")
        return Usage(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)

    def _errors(self) -> Any:
        return tempfile.TemporaryFile() if self.errors is None else self.errors.open("w+b")


def _environ() -> dict[str, str]:
    """The machine's environment without ours, and with byte code kept, as after any installation."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("INTIME_") and name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
    }


def compare(commands: Sequence[Command], runs: int) -> list[Usage]:
    """The median of `runs` runs of each, in turn (A B A B), after one of each that does not count."""
    for command in commands:
        command.measure()
    taken: list[list[Usage]] = [[] for _ in commands]
    for _ in range(runs):
        for command, usages in zip(commands, taken, strict=True):
            usages.append(command.measure())
    return [_median(usages) for usages in taken]


def _median(usages: Sequence[Usage]) -> Usage:
    return Usage(
        statistics.median(usage.wall for usage in usages),
        statistics.median(usage.cpu for usage in usages),
        statistics.median(usage.memory for usage in usages),
    )
