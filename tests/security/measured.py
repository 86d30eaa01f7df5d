"""The real command as a process, with what it took: wall time and memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness import Workspace

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Measured:
    """How a run ended, how long it took (seconds) and the most memory that it had at a time (bytes)."""

    code: int
    out: str
    err: str
    seconds: float
    memory: int


# A process keeps the memory of whom it was forked from as its own peak, so a small process has to start it.
_LAUNCHER = """
import json, os, subprocess, sys, threading, signal
kept, timeout, *command = sys.argv[1:]
process = subprocess.Popen(command)
killer = threading.Timer(float(timeout), os.kill, (process.pid, signal.SIGKILL))
killer.start()
_, status, usage = os.wait4(process.pid, 0)
killer.cancel()
with open(kept, "w") as file:
    json.dump([os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024], file)
"""


def measured(
    space: Workspace, *arguments: str, env: Mapping[str, str] | None = None, timeout: float = 120
) -> Measured:
    """Run `intime-sync` in the folder; killed (code -9) after `timeout` seconds."""
    with tempfile.TemporaryDirectory() as kept:
        out, err, end = Path(kept, "out"), Path(kept, "err"), Path(kept, "end")
        command = [sys.executable, "-m", "intime_sync", *arguments]
        started = time.monotonic()
        with out.open("wb") as stdout, err.open("wb") as stderr:
            subprocess.run(
                [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(end), str(timeout), *command],
                cwd=space.path,
                env=space.environment(env),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                check=True,
            )
        seconds = time.monotonic() - started
        code, memory = json.loads(end.read_text())
        return Measured(
            code,
            out.read_text("utf-8", "replace"),
            err.read_text("utf-8", "replace"),
            seconds,
            memory,
        )
