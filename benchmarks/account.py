"""An account that is as its configuration wants it: the emulator as a process of its own, and one real apply."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.data import first_lastname, rename_contact, write_configuration, write_tables
from benchmarks.processes import Command, Usage

OURS = (sys.executable, "-m", "intime_sync")
LEDGER = Path(".intime/ledger.json")
_APPLY = ("apply", "--auto-approve")
# A plan that finds something to do fails, so that none is measured by mistake.
_IDLE_PLAN = (*OURS, "plan", "--detailed-exitcode")


@dataclass(frozen=True)
class Applied:
    """What an apply took, and how many calls; `writes` are those that change something, where that was asked."""

    usage: Usage
    calls: int
    writes: int | None = None


@dataclass(frozen=True)
class Copy:
    """A configuration with a ledger of its own."""

    directory: Path
    environ: Mapping[str, str]

    def plan(self, label: str) -> Command:
        """A plan that has nothing to do."""
        return Command(label, _IDLE_PLAN, self.directory, self.environ)

    def creating(self, label: str, output: Path) -> Command:
        """A plan that has everything to do, its text going to a file."""
        return Command(label, (*OURS, "plan"), self.directory, self.environ, output=output)


@dataclass(frozen=True)
class Account:
    """An account of `contacts` contacts, and the configuration `directory` that it was applied from."""

    contacts: int
    directory: Path
    environ: Mapping[str, str]
    first: Applied

    @property
    def files(self) -> list[Path]:
        """The files with the contacts."""
        return sorted((self.directory / "people").iterdir())

    def copy(self, name: str) -> Copy:
        """The configuration again, with the account's ledger."""
        return self._with_ledger(self.unapplied(name))

    def tables(self, name: str) -> Copy:
        """The same people in CSV, with the account's ledger."""
        directory = self.directory.with_name(name)
        write_tables(directory, self.contacts)
        return self._with_ledger(Copy(directory, self.environ))

    def unapplied(self, name: str, account: Account | None = None) -> Copy:
        """The configuration without a ledger, to plan against `account` when it is given."""
        directory = self.directory.with_name(name)
        shutil.copytree(self.directory, directory, ignore=shutil.ignore_patterns(".intime"))
        return Copy(directory, (account or self).environ)

    def _with_ledger(self, copy: Copy) -> Copy:
        if (self.directory / LEDGER).exists():  # an empty account has none
            (copy.directory / LEDGER.parent).mkdir()
            shutil.copy(self.directory / LEDGER, copy.directory / LEDGER)
        return copy

    def carriers(self) -> int:
        """How many carriers the ledger has. Counted by another process, since this one must stay small."""
        count = "import json, sys; print(len(json.load(open(sys.argv[1], encoding='utf-8'))['carriers']))"
        argv = [sys.executable, "-c", count, str(self.directory / LEDGER)]
        return int(subprocess.run(argv, check=True, capture_output=True).stdout)

    def change_one(self) -> list[Applied]:
        """Give one contact another name and apply, then take it back: the account ends as it was."""
        old = first_lastname(self.files[0])
        changes = []
        for before, after in ((old, f"{old}-Ny"), (f"{old}-Ny", old)):
            rename_contact(self.files[0], before, after)
            changes.append(_apply(self.directory, self.environ, logged=True))
        return changes


@contextmanager
def applied_account(home: Path, contacts: int) -> Iterator[Account]:
    """Write the configuration below `home`, start an emulator, apply; the emulator ends with the context."""
    directory = home / "applied"
    write_configuration(directory, contacts)
    arguments = ("emulator", "--port", "0", "--data", home / "emulator.sqlite3")
    emulator = Command("emulator", (*OURS, *arguments)).start(stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        environ = {"INTIME_URL": _url(emulator), "INTIME_USER": "demo", "INTIME_HASH": "demo"}
        yield Account(contacts, directory, environ, _apply(directory, environ))
    finally:
        emulator.terminate()
        emulator.communicate()


def _apply(directory: Path, environ: Mapping[str, str], *, logged: bool = False) -> Applied:
    """Apply what is there. Only when it is `logged` can calls that write be told from those that read.

    Raises SystemExit when it does not say what is counted here.
    """
    said, log = directory.with_name("apply.txt"), directory.with_name("apply.log")
    argv = (*OURS, *(("-vv",) if logged else ()), *_APPLY)
    usage = Command("apply", argv, directory, environ, output=said, errors=log).measure()
    with said.open("rb") as text:
        text.seek(max(0, said.stat().st_size - 1000))  # the count is at the end, below what may be very many changes
        calls = re.search(rb"\(([0-9]+) calls?\)|No changes\.", text.read())
    writes = len(re.findall(rb"intime_sync\.service\.transport: POST ", log.read_bytes())) if logged else None
    if calls is None or writes == 0:
        raise SystemExit(f"{said} or {log} does not tell the calls")
    return Applied(usage, int(calls[1] or 0), writes)


def _url(emulator: subprocess.Popen[bytes]) -> str:
    """The address that the emulator says it is ready at."""
    assert emulator.stdout is not None
    return emulator.stdout.readline().decode().split()[-1]
