"""The real command as a process, with what it took: wall time and memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
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


def measured(
    space: Workspace, *arguments: str, env: Mapping[str, str] | None = None, timeout: float = 120
) -> Measured:
    """Run `intime-sync` in the folder; killed (code -9) after `timeout` seconds."""
    with tempfile.TemporaryDirectory() as kept:
        out, err = Path(kept, "out"), Path(kept, "err")
        started = time.monotonic()
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "intime_sync", *arguments],
                cwd=space.path,
                env=space.environment(env),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )
            killer = threading.Timer(timeout, os.kill, (process.pid, signal.SIGKILL))
            killer.start()
            try:
                _, status, usage = os.wait4(process.pid, 0)  # subprocess does not tell the memory of one child
            finally:
                killer.cancel()
            process.returncode = os.waitstatus_to_exitcode(status)
        return Measured(
            process.returncode,
            out.read_text("utf-8", "replace"),
            err.read_text("utf-8", "replace"),
            time.monotonic() - started,
            usage.ru_maxrss * 1024,
        )
