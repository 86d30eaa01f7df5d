"""Pages of docs/ that are run: their commands in order, each ending as the page says and printing what it shows.

A command is a line of a `console` block that starts with `$ `, with its continuations; below it is what it prints.
There, a line `…` stands for any lines, `…` at the end of a line for its rest. Behind a command, `# exits with N` says
its exit code, and `# answer: yes` what is typed when it asks. A block below `<!-- file: NAME -->` is a file to write.
"""

from __future__ import annotations

import fcntl
import os
import random
import re
import select
import shutil
import socket
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import Workspace

ROOT = Path(__file__).parents[1]
PATIENCE = 30
LONGEST = 120
COLUMNS = 118

# Statuses come a moment after the clock was moved, so these are asked again until they show them.
_LATER = "intime-sync message status"
_PART = re.compile(
    r"^```console\n(?P<console>.*?)^```$|^<!-- file: (?P<name>\S+) -->\n```\w*\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_COMMAND = re.compile(r"((?:[^\n]*\\\n)*[^\n]*)\n(.*)", re.DOTALL)
_EXIT = re.compile(r"# exits with (\d+)")
_ANSWER = re.compile(r"# answer: (\w+)")
_ASKS = b"Only `yes`"


@dataclass(frozen=True)
class Step:
    """A command, the exit code that it must end with, and the lines that it must print; what is typed if it asks."""

    command: str
    code: int
    output: tuple[str, ...]
    answer: str | None = None


@dataclass(frozen=True)
class NewFile:
    """A file that the reader is asked to write."""

    name: str
    text: str


def steps(text: str) -> list[Step | NewFile]:
    """Everything that the page asks for, in order."""
    found: list[Step | NewFile] = []
    for part in _PART.finditer(text):
        if part["name"]:
            found.append(NewFile(part["name"], part["text"]))
        else:
            found += commands(part["console"])
    return found


def commands(block: str) -> Iterator[Step]:
    """The commands of one block."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, output = _COMMAND.fullmatch(part).groups()  # type: ignore[union-attr]
        code, answer = _EXIT.search(command), _ANSWER.search(command)
        yield Step(command, int(code[1]) if code else 0, tuple(output.splitlines()), answer[1] if answer else None)


def shows(printed: str, wanted: Sequence[str]) -> bool:
    """Whether what was printed is what the page shows."""
    patterns = [
        r"(?:.*\n)*" if line == "…" else re.escape(line.removesuffix("…")) + (".*" * line.endswith("…")) + r"\n"
        for line in wanted
    ]
    return re.fullmatch("".join(patterns), printed if printed.endswith("\n") else f"{printed}\n") is not None


def free_ports(count: int) -> list[str]:
    """Ports that nothing listens on, from a range of which systems give out none by themselves.

    So no other test that asks for a free port is given one of them before the page's commands take it.
    """
    found: list[str] = []
    for port in random.SystemRandom().sample(range(10_000, 30_000), 1_000):
        with socket.socket() as tried, suppress(OSError):
            tried.bind(("127.0.0.1", port))
            found.append(str(port))
        if len(found) == count:
            return found
    raise AssertionError("no port is free")


class Shell:
    """A shell as far as a page needs one: variables that stay, programs in the background, a folder.

    With `terminal` the commands run on a terminal without colours, where nothing is masked and questions are asked.
    """

    def __init__(self, folder: Path, environ: dict[str, str], *, terminal: bool) -> None:
        self.folder = folder
        self.environ = environ
        self.terminal = terminal
        self.running: list[subprocess.Popen[str]] = []

    def follow(self, text: str) -> None:
        """Do all that a page says."""
        for step in steps(text):
            if isinstance(step, NewFile):
                file = self.folder / step.name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(step.text, encoding="utf-8")
            else:
                self.run(step)

    def run(self, step: Step) -> None:
        """Run one command and hold it against the page."""
        if step.command.startswith("export "):
            self.environ |= dict(word.split("=", 1) for word in step.command.split()[1:])
        elif step.command.startswith("unset "):
            for name in step.command.split()[1:]:
                self.environ.pop(name, None)
        elif step.command.endswith(" &"):
            self._start(step)
        else:
            self._finish(step)

    def _finish(self, step: Step) -> None:
        deadline = time.monotonic() + (PATIENCE if step.command.startswith(_LATER) else 0)
        while True:
            code, printed = self._on_terminal(step) if self.terminal else self._in_pipe(step)
            assert code == step.code, f"{step.command}\n{printed}"
            if not step.output or shows(printed, step.output):
                return
            if time.monotonic() > deadline:
                wanted = "\n".join(step.output)
                raise AssertionError(f"{step.command}\nprinted\n{printed}and the page says\n{wanted}")
            time.sleep(0.1)

    def _in_pipe(self, step: Step) -> tuple[int, str]:
        done = subprocess.run(
            ["sh", "-c", step.command],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LONGEST,
            check=False,
            encoding="utf-8",
        )
        return done.returncode, done.stdout if done.returncode == step.code else done.stdout + done.stderr

    def _on_terminal(self, step: Step) -> tuple[int, str]:
        controller, terminal = os.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
        process = subprocess.Popen(
            ["sh", "-c", step.command],
            cwd=self.folder,
            env=self.environ | {"NO_COLOR": "1", "TERM": "xterm", "COLUMNS": str(COLUMNS)},
            start_new_session=True,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
        )
        os.close(terminal)
        try:
            printed = _talk(controller, step)
            return process.wait(LONGEST), printed.decode().replace("\r\n", "\n")
        finally:
            process.kill()
            process.wait()
            os.close(controller)

    def _start(self, step: Step) -> None:
        process = subprocess.Popen(
            ["sh", "-c", f"exec {step.command.removesuffix(' &')}"],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        self.running.append(process)
        assert process.stdout is not None
        assert shows(process.stdout.readline(), step.output), step.command

    def close(self) -> None:
        """End what runs in the background."""
        for process in self.running:
            process.kill()
        for process in self.running:
            process.communicate()


def _talk(controller: int, step: Step) -> bytes:
    """What a command shows on its terminal until it ends; the answer is typed when it asks."""
    shown, answer = b"", step.answer
    while select.select([controller], [], [], LONGEST)[0]:
        try:
            part = os.read(controller, 65536)
        except OSError:  # the other side has closed
            return shown
        if not part:
            return shown
        shown += part
        if answer is not None and _ASKS in shown:
            os.write(controller, f"{answer}\n".encode())
            answer = None
    raise AssertionError(f"{step.command}\nwaits for something\n{shown.decode()}")


@contextmanager
def shell_in(folder: Path, tools: Sequence[str], *, terminal: bool) -> Iterator[Shell]:
    """A new folder with the examples in it, `intime-sync` on the PATH, and no account."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"the page needs {missing[0]}")
    command = folder / "bin" / "intime-sync"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m intime_sync "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    checkout = folder / "checkout"
    shutil.copytree(ROOT / "examples", checkout / "examples", ignore=shutil.ignore_patterns(".intime"))
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    environ = Workspace(checkout).environment({"PATH": path, "NO_PROXY": "127.0.0.1"})
    shell = Shell(checkout, environ, terminal=terminal)
    try:
        yield shell
    finally:
        shell.close()
