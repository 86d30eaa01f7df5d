"""Writing to stdout and stderr: on terminals with colours and progress, elsewhere masked."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

import click

from intime_sync.errors import IntimeSyncError, InvalidInput
from intime_sync.model.problem import Problem
from intime_sync.render.masking import mask_of
from intime_sync.render.problems import problems_to_text
from intime_sync.render.style import harmless, inert

if TYPE_CHECKING:
    import logging

UNLIMITED_WIDTH = 100_000


@dataclass(frozen=True, slots=True)
class Output:
    """A stream, and how to write to it: in colours or not, masked or not, and how wide."""

    stream: TextIO
    color: bool
    mask: bool
    width: int

    @classmethod
    def for_stdout(cls, reveal: bool | None = None) -> Output:
        """The stream for results; `reveal` True or False overrides the default of the terminal."""
        return cls._of(sys.stdout, reveal)

    @classmethod
    def for_stderr(cls, reveal: bool | None = None) -> Output:
        """The stream for everything else."""
        return cls._of(sys.stderr, reveal)

    @classmethod
    def _of(cls, stream: TextIO, reveal: bool | None) -> Output:
        terminal = stream.isatty()
        color = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        # Logs and saved plans are not shortened to the width of a screen.
        width = _columns() if terminal else UNLIMITED_WIDTH
        return cls(stream, color, not terminal if reveal is None else not reveal, width)

    def write(self, text: str) -> None:
        """Write `text` with a final line break. Characters that the stream's encoding lacks are replaced.

        All output goes through here, so that no text, wherever it comes from, can move the cursor or forge a line.
        """
        encoding = self.stream.encoding or "utf-8"
        safe = harmless(text, color=self.color).encode(encoding, "replace").decode(encoding)
        self.stream.write(safe if safe.endswith("\n") else safe + "\n")
        self.stream.flush()

    def problems(self, problems: Sequence[Problem]) -> None:
        """Write problems, one a line, and how many there are."""
        self.write(problems_to_text(problems, color=self.color, mask=self.mask))

    def error(self, error: IntimeSyncError) -> None:
        """Write the error and its hint."""
        self.write(self._styled("error: ", fg="red") + self._shown(str(error)))
        if error.hint:
            self.write(f"  {self._shown(error.hint)}")

    def note(self, text: str) -> None:
        """Write a remark."""
        self.write(self._shown(text))

    def usage(self, text: str) -> None:
        """Write how a command is used; text from the command line in it must be inert already."""
        mask = mask_of(self.mask)
        self.write("\n".join(inert(mask(line)) for line in text.split("\n")))

    def _shown(self, text: str) -> str:
        """`text`, masked and inert, since names in it come from elsewhere.

        Only indented lines may follow the first one, so that a name cannot forge a line of output.
        """
        mask = mask_of(self.mask)
        return "\n  ".join(inert(mask(line)) for line in text.split("\n  "))

    def _styled(self, text: str, fg: str) -> str:
        return click.style(text, fg=fg, bold=True) if self.color else text


def log_handler(form: str = "%(asctime)s %(levelname)s %(name)s: %(message)s") -> logging.Handler:
    """The log handler of `-v`: one line a record on stderr, without control characters."""
    import logging

    class Harmless(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return harmless(super().format(record), color=False)

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Harmless(form))
    return handler


def send_warnings_to_stderr() -> None:
    """Have warnings that are logged without `-v` written to stderr, without control characters.

    For verbs that use a network.
    """
    import logging

    handler = log_handler("%(message)s")
    handler.setLevel(logging.WARNING)
    logging.lastResort = handler


def check_can_ask(auto_approve: bool, advice: str) -> None:
    """Raise InvalidInput where approval is needed and there is no terminal; `advice` ends in the verb to use."""
    if not auto_approve and not sys.stdin.isatty():
        raise InvalidInput("there is no terminal to ask for approval on", hint=f"{advice} with --auto-approve")


def is_approved(question: str, otherwise: str) -> bool:
    """Ask on the terminal; True for the answer `yes`, else write the note `otherwise`. All of it goes to stderr."""
    question = harmless(f"{question} Only `yes` does", color=False)
    if str(click.prompt(question, default="", show_default=False, err=True)).strip() == "yes":
        return True
    Output.for_stderr().note(otherwise)
    return False


def _columns() -> int:
    import shutil

    return shutil.get_terminal_size((100, 24)).columns


class SilentProgress:
    """Progress that is not shown."""

    def advance(self, count: int, what: str) -> None:
        """Do nothing."""


@contextmanager
def progress_bar(total: int, *, wanted: bool) -> Iterator[SilentProgress]:
    """A progress bar on stderr where that is a terminal and colours are welcome."""
    if not wanted or not Output.for_stderr().color:
        yield SilentProgress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("applying", total=total)

        class _Bar(SilentProgress):
            def advance(self, count: int, what: str) -> None:
                progress.update(task, advance=count, description=f"applying {what}")

        yield _Bar()
