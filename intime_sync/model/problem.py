"""What is wrong or odd, and where: problems of a configuration and diagnostics of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple


class Origin(NamedTuple):
    """A place in the configuration. `line` and `column` count from 1; `file` is relative to its directory."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


NO_PLACE: Final = Origin("", 0, 0)
"""The origin of what is in no file, such as a value from the command line or from the service."""


class Severity(StrEnum):
    """An error stops the run, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding, as `file:line:column: severity: message [code]`.

    `code` is kebab-case and stable: scripts may rely on it. `origin` is None where it belongs to no line.
    """

    code: str
    message: str
    origin: Origin | None = None
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        place = f"{self.origin}: " if self.origin else ""
        return f"{place}{self.severity}: {self.message} [{self.code}]"

    def sort_key(self) -> tuple[str, int, int, str, str]:
        """By place, then code, so that a report does not depend on the order of the checks."""
        file, line, column = self.origin or ("", 0, 0)
        return (file, line, column, self.code, self.message)
