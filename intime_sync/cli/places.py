"""The paths of ledger, receipts and emulator data.

Each is checked, so that a link or a tracked file in a cloned repository cannot redirect it.
"""

from __future__ import annotations

from collections.abc import Iterable
from os import environ
from pathlib import Path
from typing import Final

from intime_sync.config.settings import DEFAULT_RECEIPTS, ROOT_FILE, Settings
from intime_sync.errors import InvalidInput
from intime_sync.ledgers.file import FileLedgerStore
from intime_sync.links import (
    STATE_DIRECTORY,
    link_out_of,
    real_path,
    refuse_link_out,
    refuse_target,
    refuse_tracked_state,
    tracked_by_git,
)

_BESIDE_SQLITE: Final = ("-wal", "-shm", "-journal")


def ledger_path(settings: Settings) -> Path:
    """The ledger's file. Raises InvalidInput for a URL, and for a link that came with the repository."""
    if "://" in settings.ledger:
        raise InvalidInput(
            f"`ledger.url` {settings.ledger} is not a file", hint="write a path, relative to the configuration"
        )
    path = settings.directory / settings.ledger
    if environ.get("INTIME_LEDGER"):
        _check_named(settings.directory, path, "INTIME_LEDGER")
    else:
        _check_own(settings.directory, path, "INTIME_LEDGER")
    return path


def receipts_path(settings: Settings) -> Path:
    """The file that `receive` writes. Raises InvalidInput for a link that came with the repository."""
    return _receipts(settings.directory, settings.receipts)


def default_receipts_path(directory: Path) -> Path:
    """The file that `receive` writes for a directory without a configuration. Raises InvalidInput likewise."""
    return _receipts(directory, environ.get("INTIME_RECEIPTS") or DEFAULT_RECEIPTS)


def _receipts(directory: Path, name: str) -> Path:
    path = directory / name
    if environ.get("INTIME_RECEIPTS"):
        _check_named(directory, path, "INTIME_RECEIPTS")
    else:
        _check_own(directory, path, "INTIME_RECEIPTS")
    _check_beside(path)
    return path


def embedded_data_path(directory: Path) -> Path:
    """The data file of the emulator inside the command; makes its directory.

    Raises InvalidInput for a file that git tracks, and for a link that came with the repository.
    """
    path = directory / STATE_DIRECTORY / "emulator.sqlite3"
    _check_own(directory, path)
    _check_beside(path)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    return path


def _check_own(directory: Path, path: Path, variable: str = "") -> None:
    """Check a path that the configuration names; `variable` is the environment variable that may name any other."""
    elsewhere = f"; to keep the file elsewhere, set {variable} to its place" if variable else ""
    refuse_link_out(directory, path, f"remove the link{elsewhere}")
    state = real_path(directory / STATE_DIRECTORY)
    if real_path(path).is_relative_to(state):
        refuse_tracked_state(directory)


def _check_named(directory: Path, path: Path, variable: str) -> None:
    """Check a path that the environment names: a link is followed unless it came with the repository."""
    link = link_out_of(directory, path)
    if link is not None and tracked_by_git(link) is not None:
        raise InvalidInput(
            f"{variable} leads through {link}, a link that git tracks, so it came with the repository",
            hint=f"set {variable} to the place itself; a link that you made is followed",
        )


def _check_beside(path: Path) -> None:
    """Raise InvalidInput for links in place of the files that SQLite keeps beside a database."""
    path = real_path(path)
    for beside in (path.with_name(path.name + suffix) for suffix in _BESIDE_SQLITE):
        if beside.is_symlink():
            raise InvalidInput(
                f"{beside} is a link, and what lies beside a database is never one; it may have come with the "
                "repository, so it is not followed",
                hint="remove it",
            )


def check_targets(targets: Iterable[Path], settings: Settings) -> None:
    """Raise InvalidInput for output files that are inputs of this run, or that a link of a repository redirects."""
    store = FileLedgerStore(ledger_path(settings))
    inputs = {
        store.path,
        store.journal_path,
        store.lock_path,
        settings.directory / ROOT_FILE,
        receipts_path(settings),
    }
    known = {real_path(path) for path in inputs}
    for target in targets:
        refuse_target(target, settings.directory)
        if real_path(target) in known:
            raise InvalidInput(f"{target} belongs to the configuration or its ledger", hint="name another file")
