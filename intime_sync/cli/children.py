"""One child process of this command for each of several directories, at most so many at a time.

Signals, the environment, open files and the emulator inside the command belong to a process, so each directory gets
one of its own: whatever happens to one of them, even kill -9, the others go on. Knows nothing about verbs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from intime_sync.cli.output import Output
from intime_sync.cli.stopping import handling_signals

# -P: what lies in the current directory, which may be somebody's branch, is not imported.
_COMMAND = (sys.executable, "-P", "-m", "intime_sync")


@dataclass(frozen=True, slots=True)
class Job:
    """The arguments of one run, and the directory that it is about, as the user named it."""

    directory: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """How one run ended: its exit code, and what it wrote. A run that a signal ended has exit code 1."""

    directory: str
    exit_code: int
    out: str
    err: str


class Stop:
    """Ctrl-C and SIGTERM while children run: no more are started, and those that run are sent the same signal.

    They are in process groups of their own, so that each gets a signal once, from here: an apply then ends after the
    batch in flight. A second signal, which ends an apply at once, is passed on too; a third kills them.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._lock = threading.RLock()
        self._received = 0
        self._closed = False
        self._running: set[subprocess.Popen[str]] = set()

    @property
    def exit_code(self) -> int:
        """130 for Ctrl-C, 143 for SIGTERM."""
        return 128 + (self.signal or 0)

    def note(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        with self._lock:
            self.signal = self.signal or signal.Signals(number)
            self._received += 1
            for process in self._running:
                process.send_signal(signal.SIGKILL if self._received > 2 else number)

    def start_no_more(self) -> None:
        """Let those that run go on to their end, and start no others."""
        self._closed = True

    def start(self, arguments: Sequence[str]) -> subprocess.Popen[str] | None:
        """A child process, or None when no more are to be started. Raises OSError."""
        with self._lock:
            if self.signal is not None or self._closed:
                return None
            process = subprocess.Popen(  # noqa: S603 - this program, with arguments that it makes
                [*_COMMAND, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, "PYTHONIOENCODING": "utf-8"},
                encoding="utf-8",
                errors="replace",
                process_group=0,
            )
            self._running.add(process)
            return process

    def forget(self, process: subprocess.Popen[str]) -> None:
        """Note that a process has ended."""
        with self._lock:
            self._running.discard(process)


@contextmanager
def stopping_children() -> Iterator[Stop]:
    """A Stop that gets the signals of this process."""
    stop = Stop()
    with handling_signals(stop.note):
        yield stop


class Progress:
    """Tells on stderr which runs have started and ended."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._count = 0
        self._lock = threading.Lock()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """A context in which nothing is told, so that it does not stand between lines of a result."""
        with self._lock:
            yield

    def started(self, directory: str) -> None:
        """Note that a run has started."""
        with self._lock:
            Output.for_stderr().note(f"{directory}: started")

    def ended(self, directory: str, exit_code: int) -> None:
        """Note that a run has ended."""
        with self._lock:
            self._count += 1
            Output.for_stderr().note(f"{directory}: ended with {exit_code} ({self._count} of {self._total})")


def run_each(jobs: Sequence[Job], at_once: int, stop: Stop, progress: Progress) -> Generator[Ended]:
    """How each run ended, in the order of `jobs`, as soon as it and all before it have."""
    with ThreadPoolExecutor(at_once) as pool:
        try:
            for future in [pool.submit(_run, job, stop, progress) for job in jobs]:
                yield future.result()
        except BaseException:
            stop.start_no_more()
            raise


def _run(job: Job, stop: Stop, progress: Progress) -> Ended:
    try:
        process = stop.start(job.arguments)
    except OSError as error:
        return Ended(job.directory, 1, "", f"error: the command cannot be started: {error.strerror or error}\n")
    if process is None:
        why = f"stopped by {stop.signal.name}" if stop.signal else "stopped"
        return Ended(job.directory, stop.exit_code if stop.signal else 1, "", f"not started: {why}\n")
    progress.started(job.directory)
    try:
        out, err = process.communicate()
    finally:
        stop.forget(process)
    ended = _ended(job.directory, process.returncode, out, err, stop)
    progress.ended(job.directory, ended.exit_code)
    return ended


def _ended(directory: str, code: int, out: str, err: str, stop: Stop) -> Ended:
    if code >= 0:
        return Ended(directory, code, out, err)
    name = signal.Signals(-code).name
    if stop.signal is not None and -code == stop.signal:
        # The signal came while Python was starting, before anything was done.
        return Ended(directory, stop.exit_code, "", f"stopped by {name} before anything was done\n")
    again = "run it again for this directory; what it did until then is in its ledger and journal"
    return Ended(directory, 1, out, f"{err}error: its process was ended by {name}\n  {again}\n")
