"""Finds the files below a directory that match a pattern. Reads each directory once, and only so many entries.

Like `pathlib.Path.glob`, except that links to directories are not followed by `**`, and that repeated `**` costs no
time. Knows nothing about includes.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_ANY_DEPTH: Final = "**"


class TooMuchToWalk(Exception):
    """Raised when there are more files and directories than may be looked at."""


@dataclass(slots=True)
class WalkAllowance:
    """How many files and directories may still be looked at, for all patterns together."""

    left: int

    def take(self) -> None:
        """Count one file or directory. Raises TooMuchToWalk if none is left."""
        self.left -= 1
        if self.left < 0:
            raise TooMuchToWalk


def matching_files(directory: Path, pattern: str, allowance: WalkAllowance) -> list[Path]:
    """The files that match, sorted. Raises ValueError for a malformed pattern, and TooMuchToWalk."""
    parts = _parts(pattern)
    matchers = [re.compile(fnmatch.translate(part)).match if _is_magic(part) else None for part in parts]
    found: set[str] = set()
    waiting = [(str(directory), _reachable(parts, {0}))]
    while waiting:
        folder, states = waiting.pop()
        for name, is_link, is_directory in _entries(folder, [parts[state] for state in states], allowance):
            path = os.path.join(folder, name)  # noqa: PTH118 - there may be very many
            following: set[int] = set()
            for state in states:
                matches = matchers[state]
                if parts[state] == _ANY_DEPTH and not is_link:
                    following.add(state)
                elif name == parts[state] if matches is None else matches(name):
                    if state == len(parts) - 1:
                        found.add(path)
                    elif matches is None or not is_link:
                        following.add(state + 1)
            if following and is_directory:
                waiting.append((path, _reachable(parts, following)))
    return sorted(path for path in map(Path, found) if path.is_file())


def _parts(pattern: str) -> list[str]:
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    for part in parts:
        if _ANY_DEPTH in part and part != _ANY_DEPTH:
            raise ValueError("`**` must stand alone between two `/`")
    return parts


def _is_magic(part: str) -> bool:
    return any(character in part for character in "*?[")


def _reachable(parts: Sequence[str], states: set[int]) -> frozenset[int]:
    """The states (positions in `parts`), and those after a `**`, which also matches no directory at all."""
    reached = set(states)
    for state in sorted(states):
        while parts[state] == _ANY_DEPTH and state + 1 < len(parts):
            state += 1
            reached.add(state)
    return frozenset(reached)


def _entries(folder: str, wanted: Sequence[str], allowance: WalkAllowance) -> Iterator[tuple[str, bool, bool]]:
    """The entries of a folder: name, whether it is a link, and whether it, or what it links to, is a directory.

    If all `wanted` parts are literal names, only these are looked up, without reading the folder.
    """
    if not any(map(_is_magic, wanted)):
        for name in sorted({*wanted}):
            allowance.take()
            path = Path(folder, name)
            if path.is_symlink() or path.exists():
                yield name, path.is_symlink(), path.is_dir()
        return
    try:
        names = os.scandir(folder)
    except OSError:  # it was removed, or may not be read
        return
    with names:
        for entry in names:
            allowance.take()
            yield entry.name, entry.is_symlink(), entry.is_dir()
