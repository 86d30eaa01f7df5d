"""What end-to-end tests share: a configuration in a folder, the real command as a process, the emulator beside it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from forking import run_command

from intime_sync.emulator import EmulatorOptions, RunningEmulator, run_in_thread

FULL = bool(os.environ.get("FULL"))
"""Set by `make test-all`: every combination is tried where `make test` tries some, and often what it tries twice."""

SECRET = "s3cr3t/åäö+%"
"""A hash with everything that URL encoding changes, so that a leak is seen in either form."""

SPELLINGS = tuple(
    spelling.encode()
    for spelling in {
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        quote(SECRET).lower(),
        repr(SECRET)[1:-1],
    }
)

HEAD = """\
version: 1
owner: clinic-a
account: {url: embedded}
"""


PATIENCE = 60.0
"""Seconds to wait for what should come at once: only a test that fails waits as long, however loaded the machine."""


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Poll until `condition` is true; fails after PATIENCE."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)


@dataclass(frozen=True)
class Ran:
    """How a run of the command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """stdout as JSON."""
        return json.loads(self.out)


@dataclass
class Workspace:
    """A folder with a configuration, against one emulator (or the embedded one when `emulator` is None)."""

    path: Path
    emulator: RunningEmulator | None = None
    environ: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file of the configuration."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    def configure(self, sections: str, head: str = HEAD) -> None:
        """Write intime.yaml: the usual head, then `sections`."""
        self.write("intime.yaml", head + sections)

    def run(self, *arguments: str, env: Mapping[str, str] | None = None, timeout: float = 180) -> Ran:
        """Run `intime-sync` in the folder as a process of its own, without a terminal."""
        environ = self.environment(env)
        code, out, err = run_command(arguments, cwd=self.path, env=environ, timeout=timeout)
        self.sweep(out + err, environ.get("INTIME_HASH_FILE"))
        return Ran(code, out.decode(), err.decode())

    def sweep(self, output: bytes, given: str | None = None) -> None:
        """Promise 6, held against everything that any test's run wrote: the secret is nowhere, in no spelling.

        `given` is the file that the secret was taken from.
        """
        files = [file for file in self.path.rglob("*") if file.is_file() and not file.is_symlink()]
        files = [file for file in files if given is None or file.name not in given]
        written = [output]
        for file in files:
            with suppress(FileNotFoundError):  # another run in the same folder may just have tidied up
                written.append(file.read_bytes())
        for spelling in SPELLINGS:
            assert not any(spelling in text for text in written), "the secret was written"

    def environment(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        """The process's environment: the machine's without ours, then the workspace's."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("INTIME_")}
        if self.emulator is not None:
            clean |= {"INTIME_URL": self.emulator.url, "INTIME_USER": "demo", "INTIME_HASH": SECRET}
        return clean | {"PYTHONUTF8": "1"} | self.environ | dict(env or {})

    def apply(self, *arguments: str) -> Ran:
        """`apply --auto-approve`, which must succeed."""
        ran = self.run("apply", "--auto-approve", *arguments)
        assert ran.code == 0, ran.out + ran.err
        return ran

    def plan(self) -> dict[str, Any]:
        """The plan as JSON, unmasked; planning must succeed."""
        ran = self.run("plan", "--format", "json", "--reveal")
        assert ran.code == 0, ran.out + ran.err
        plan: dict[str, Any] = ran.json()
        return plan

    def changes(self) -> list[tuple[str, str]]:
        """(action, address) of every planned change."""
        return [(change["action"], change["address"]) for change in self.plan()["changes"]]


@contextmanager
def workspace(path: Path, **options: Any) -> Iterator[Workspace]:
    """A workspace against an emulator of its own with these options."""
    with run_in_thread(EmulatorOptions(secret=SECRET, **options)) as emulator:
        yield Workspace(path, emulator)


@contextmanager
def in_background(
    space: Workspace, *arguments: str, env: Mapping[str, str] | None = None, through: Sequence[str] = ()
) -> Iterator[subprocess.Popen[str]]:
    """A run beside the test, killed at the end if it is still there; `through` is a command that starts it."""
    process = subprocess.Popen(
        [*through, sys.executable, "-m", "intime_sync", *arguments],
        cwd=space.path,
        env=space.environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def serving(
    space: Workspace, *arguments: str, env: Mapping[str, str] | None = None, through: Sequence[str] = ()
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A command that serves on a free port, and the address that its first line ends with."""
    with in_background(space, *arguments, "--port", "0", env=env, through=through) as process:
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], PATIENCE)[0], "it does not start"
        line = process.stdout.readline()
        assert line, process.communicate(timeout=PATIENCE)[1]
        yield process, line.split()[-1]
