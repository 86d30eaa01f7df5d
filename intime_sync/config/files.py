"""Finds the files that a configuration includes: globs inside its directory, each file once, sorted by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from intime_sync.config.document import Locate
from intime_sync.config.settings import ROOT_FILE, Include, Settings
from intime_sync.config.walking import TooMuchToWalk, WalkAllowance, matching_files
from intime_sync.config.wording import shown
from intime_sync.links import link_out_of
from intime_sync.model.problem import Problem

_TABLES = (".csv", ".xlsx")
_YAML = (".yaml", ".yml")

MOST_WALKED = 100_000
"""The most files and directories that are looked at, for all patterns together."""

MOST_FILES = 10_000
"""The most files that are included."""


@dataclass(frozen=True, slots=True, order=True)
class IncludedFile:
    """A file to read; `name` is its path relative to the directory, `section` is None for YAML."""

    name: str
    path: Path
    section: str | None


def find_files(settings: Settings, locate: Locate) -> tuple[list[IncludedFile], list[Problem]]:
    """All included files, sorted by name, and problems.

    A pattern without a match is a problem, since a typing error in it would remove the objects in its files.
    """
    found: dict[str, IncludedFile] = {}
    problems: list[Problem] = []
    allowance = WalkAllowance(MOST_WALKED)
    for include in settings.includes:
        origin = locate(("include", include.index))
        reason = _refusal(include)
        if reason is not None:
            problems.append(Problem("bad-include", reason, origin))
            continue
        try:
            matches = _matches(settings.directory, include, allowance)
        except TooMuchToWalk:
            message = (
                f"`{shown(include.pattern)}` leads past {MOST_WALKED:,} files and directories, more than are "
                "looked at; name the directories that hold the files"
            )
            return [], [*problems, Problem("bad-include", message, origin)]
        except ValueError as error:
            problems.append(Problem("bad-include", f"`{shown(include.pattern)}` is not a pattern: {error}", origin))
            continue
        if not matches:
            problems.append(Problem("nothing-included", f"no file matches `{shown(include.pattern)}`", origin))
        if len(found) + len(matches) > MOST_FILES:
            message = (
                f"`{shown(include.pattern)}` makes it more than {MOST_FILES:,} files, the most that are read; "
                "put more items into each"
            )
            return [], [*problems, Problem("bad-include", message, origin)]
        for file in matches:
            if link_out_of(settings.directory, file.path) is not None:
                # Otherwise messages could show the content of any file on this machine.
                message = f"`{file.name}` is a link to a place outside the configuration's directory"
                problems.append(Problem("bad-include", message, origin))
                continue
            before = found.setdefault(file.name, file)
            if before.section != file.section:
                message = f"`{file.name}` is included for two sections, `{before.section}` and `{file.section}`"
                problems.append(Problem("bad-include", message, origin))
    return sorted(found.values(), key=lambda file: file.name), problems


def _refusal(include: Include) -> str | None:
    """Why a pattern cannot be used, as a message; None if it can."""
    pattern = PurePosixPath(include.pattern)
    if pattern.is_absolute() or ".." in pattern.parts or "\0" in include.pattern:
        return f"`{shown(include.pattern)}` leaves the configuration's directory"
    suffix = pattern.suffix.lower()
    if include.section is None and suffix in _TABLES:
        return f"say what the table holds, for example `contacts: {include.pattern}`"
    if include.section is None and suffix not in _YAML:
        return f"`{shown(include.pattern)}` must end in .yaml or .yml"
    if include.section is not None and suffix not in _TABLES:
        return f"`{shown(include.pattern)}` must end in .csv or .xlsx"
    return None


def _matches(directory: Path, include: Include, allowance: WalkAllowance) -> list[IncludedFile]:
    named = [
        (path, path.relative_to(directory).as_posix())
        for path in matching_files(directory, include.pattern, allowance)
    ]
    return [IncludedFile(name, path, include.section) for path, name in named if name != ROOT_FILE]
