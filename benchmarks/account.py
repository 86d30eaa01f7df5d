"""An account that is as its configuration wants it: the emulator as a process of its own, and one real apply."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
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

    def cold_plan(self, directory: Path | None = None) -> Command:
        """Planning it without a cache, from `directory` when that holds the same people in another form."""
        where = directory or self.directory
        return self._prepared("cold", where, lambda: shutil.rmtree(where / ".intime/cache", ignore_errors=True))

    def warm_plan(self, directory: Path | None = None) -> Command:
        """Planning it when one file has changed since the last plan, though nothing in it."""
        where = directory or self.directory
        file = min((where / "people").iterdir())
        original = file.read_bytes()
        lengths = itertools.count(1)
        return self._prepared("one file changed", where, lambda: file.write_bytes(original + b"\n" * next(lengths)))

    def creating_plan(self, empty: Account) -> Command:
        """Planning to make everything in an account that is empty."""
        environ = {**empty.environ, "INTIME_LEDGER": str(self.directory / "none.json")}
        return Command(f"plan, {self.contacts:,} to create", (*OURS, "plan"), self.directory, environ)

    def _prepared(self, what: str, directory: Path, prepare: Callable[[], object]) -> Command:
        environ = {**self.environ, "INTIME_LEDGER": str(self.directory / ".intime/ledger.json")}
        form = "CSV" if directory != self.directory else "YAML"
        label = f"plan, {self.contacts:,} contacts, {form}, {what}"
        return Command(label, (*OURS, "plan"), directory, environ, prepare)


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
