"""docs/messages.md is true: its commands run in order, end as it says, and print what it shows.

A command is a line of a `console` block that starts with `$ `, with its continuations; below it is what it prints.
There, a line `…` stands for any lines, `…` at the end of a line for its rest, and `# exits with N` behind a command
for its exit code. Ports are swapped for free ones, so that two runs do not meet.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import Workspace

from intime_sync.emulator import EmulatorOptions, run_in_thread

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "messages.md"
LIBRARY = ROOT / "docs" / "library.md"
TOOLS = ("curl", "sed")
PORTS = ("8046", "8047", "8048")
PATIENCE = 30

# Statuses come a moment after the clock was moved, so these are asked again until they show them.
_LATER = "intime-sync message status"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"((?:[^\n]*\\\n)*[^\n]*)\n(.*)", re.DOTALL)
_EXIT = re.compile(r"# exits with (\d+)$")


@dataclass(frozen=True)
class Step:
    """A command, the exit code that it must end with, and the lines that it must print."""

    command: str
    code: int
    output: tuple[str, ...]


def steps(text: str) -> list[Step]:
    """Every command of the blocks, in order."""
    found = []
    for block in _BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, output = _COMMAND.fullmatch(part).groups()  # type: ignore[union-attr]
            code = _EXIT.search(command)
            found.append(Step(command, int(code[1]) if code else 0, tuple(output.splitlines())))
    return found


def shows(printed: str, wanted: tuple[str, ...]) -> bool:
    """Whether what was printed is what the guide shows."""
    patterns = [
        r"(?:.*\n)*" if line == "…" else re.escape(line.removesuffix("…")) + (".*" * line.endswith("…")) + r"\n"
        for line in wanted
    ]
    return re.fullmatch("".join(patterns), printed if printed.endswith("\n") else f"{printed}\n") is not None


def free_ports(count: int) -> list[str]:
    """Ports that nothing listens on; all are held until the last is found, so that they differ."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for found in sockets:
            found.bind(("127.0.0.1", 0))
        return [str(found.getsockname()[1]) for found in sockets]


class Shell:
    """A shell as far as the guide needs one: variables that stay, programs in the background, a folder."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.folder = folder
        self.environ = environ
        self.running: list[subprocess.Popen[str]] = []

    def run(self, step: Step) -> None:
        """Run one command and hold it against the guide."""
        if step.command.startswith("export "):
            self.environ |= dict(word.split("=", 1) for word in step.command.split()[1:])
        elif step.command.endswith(" &"):
            self._start(step)
        else:
            self._finish(step)

    def _finish(self, step: Step) -> None:
        deadline = time.monotonic() + (PATIENCE if step.command.startswith(_LATER) else 0)
        while True:
            done = subprocess.run(
                ["sh", "-c", step.command],
                cwd=self.folder,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=120,
                check=False,
                encoding="utf-8",
            )
            assert done.returncode == step.code, f"{step.command}\n{done.stdout}{done.stderr}"
            if not step.output or shows(done.stdout, step.output):
                return
            if time.monotonic() > deadline:
                wanted = "\n".join(step.output)
                raise AssertionError(f"{step.command}\nprinted\n{done.stdout}and the guide says\n{wanted}")
            time.sleep(0.1)

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


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A folder with the examples in it, `intime-sync` on the PATH, and no account."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"the guide needs {missing[0]}")
    command = tmp_path / "bin" / "intime-sync"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m intime_sync "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns(".intime"))
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    made = Shell(folder, Workspace(folder).environment({"PATH": path, "NO_PROXY": "127.0.0.1"}))
    yield made
    made.close()


def test_the_guide_does_what_it_says(shell: Shell) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for documented, free in zip(PORTS, free_ports(len(PORTS)), strict=True):
        assert documented in text
        text = text.replace(documented, free)
    for step in steps(text):
        shell.run(step)
    assert len(shell.running) == len(PORTS)


def test_the_librarys_examples_run(capsys: pytest.CaptureFixture[str]) -> None:
    text = LIBRARY.read_text(encoding="utf-8")
    examples = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    with run_in_thread(EmulatorOptions()) as emulator:
        for example in examples:
            documented = "http://127.0.0.1:8080/api/1.0"
            assert documented in example
            exec(compile(example.replace(documented, emulator.url), LIBRARY.name, "exec"), {})
        assert [message.status for message in emulator.store.messages()] == ["cancelled"]
    printed = capsys.readouterr().out
    assert printed.startswith("created (1, 2)\n")
    assert "scheduled as (1,)\ncancelled: Ids(ids=(1,))\n" in printed


def test_the_guide_is_read_whole() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    found = steps(text)
    assert len(found) == len(re.findall(r"^\$ ", text, re.MULTILINE)) > 20
    assert {0, 4, 8} == {step.code for step in found}
    assert all(step.output for step in found if step.command.startswith("intime-sync"))


@pytest.mark.parametrize(
    ("printed", "wanted", "same"),
    [
        ("a\nb\n", ("a", "b"), True),
        ("a\nb", ("a", "b"), True),
        ("a\nb\nc\n", ("a", "b"), False),
        ("a\nb\nc\n", ("a", "…"), True),
        ("x\ny\na b c\n", ("…", "a b…"), True),
        ("a\n", ("a", "…"), True),
        ("a.b\n", ("a-b",), False),
    ],
)
def test_what_is_shown_is_told_from_what_is_not(printed: str, wanted: tuple[str, ...], same: bool) -> None:
    assert shows(printed, wanted) == same
