"""An account that is as its configuration wants it: the emulator as a process of its own, and one real apply."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.data import write_configuration
from benchmarks.processes import Command, Usage

OURS = (sys.executable, "-m", "intime_sync")


@dataclass(frozen=True)
class Account:
    """A configuration of `contacts` contacts in `directory`, its `files`, and how it was applied."""

    contacts: int
    directory: Path
    files: tuple[Path, ...]
    environ: dict[str, str]
    applied: Usage
    calls: int

    def plan(self) -> Command:
        """Planning it, with nothing to do."""
        return Command(f"intime-sync plan, {self.contacts:,} contacts", (*OURS, "plan"), self.directory, self.environ)


@contextmanager
def applied_account(directory: Path, contacts: int) -> Iterator[Account]:
    """Write the configuration, start an emulator, apply; the emulator ends with the context."""
    files = write_configuration(directory, contacts)
    arguments = ("emulator", "--port", "0", "--data", directory / "emulator.sqlite3")
    emulator = Command("emulator", (*OURS, *arguments)).start(stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        environ = {"INTIME_URL": _url(emulator), "INTIME_USER": "demo", "INTIME_HASH": "demo"}
        report = directory / "apply.log"
        apply = Command(f"apply of {contacts:,}", (*OURS, "apply", "--auto-approve"), directory, environ)
        applied = apply.measure(report)
        calls = re.search(r"\(([0-9]+) calls", report.read_text(encoding="utf-8"))
        yield Account(contacts, directory, tuple(files), environ, applied, int(calls[1]) if calls else 0)
    finally:
        emulator.terminate()
        emulator.communicate()


def _url(emulator: subprocess.Popen[bytes]) -> str:
    """The address that the emulator says it is ready at."""
    assert emulator.stdout is not None
    return emulator.stdout.readline().decode().split()[-1]
