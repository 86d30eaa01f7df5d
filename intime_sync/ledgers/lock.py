"""The lock of a ledger file. The operating system releases it when its process ends; a note says who holds it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from intime_sync.errors import LedgerError, LedgerLocked
from intime_sync.files import create_file, read_own_file


@contextmanager
def hold_lock(path: Path, verb: str, timeout: float) -> Iterator[None]:
    """Hold the lock at `path`, waiting at most `timeout` seconds; `verb` is for the note.

    Raises LedgerLocked naming the holder, or LedgerError if the file cannot be locked.
    """
    from filelock import FileLock, Timeout

    refuse_link(path)
    refuse_link(note_path(path))
    lock = FileLock(path, timeout=timeout, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise LedgerLocked(
            f"the ledger is held by another run: {describe_holder(path)}",
            hint="wait for it to end, or wait longer with --lock-timeout SECONDS",
        ) from None
    except OSError as error:
        raise LedgerError(f"{path} cannot be locked: {error.strerror}") from None
    try:
        _write_note(path, verb)
        yield
    finally:
        with suppress(OSError):
            note_path(path).unlink(missing_ok=True)
        lock.release()


def note_path(path: Path) -> Path:
    """The file in which the holder of the lock at `path` says who it is."""
    return path.with_name(path.name + ".holder")


def refuse_link(path: Path) -> None:
    """Raises LedgerError if `path`, a file that this program keeps beside a ledger, is a link."""
    if path.is_symlink():
        raise LedgerError(
            f"{path} is a link, and what lies beside a ledger is never one; it may have come with the repository, so "
            "it is not followed",
            hint="remove it. To keep the ledger elsewhere, let INTIME_LEDGER name it",
        )


def describe_holder(path: Path) -> str:
    """The holder of a lock, if known, as `intime-sync apply on HOST, pid 4711, since 2026-11-22T17:00:00Z`."""
    try:
        note = json.loads(read_own_file(note_path(path)))
        return f"intime-sync {note['verb']} on {note['host']}, pid {note['pid']}, since {note['since']}"
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "it has not said who it is"


def _write_note(path: Path, verb: str) -> None:
    since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    note = {"verb": verb, "host": socket.gethostname(), "pid": os.getpid(), "since": since}
    # The note only helps the reader of an error; the lock holds without it.
    with suppress(OSError):
        note_path(path).unlink(missing_ok=True)
        with os.fdopen(create_file(note_path(path)), "w", encoding="utf-8") as file:
            json.dump(note, file)


def break_lock(path: Path, *, force: bool) -> bool:
    """Remove what a dead run left of the lock at `path`. Returns whether there was anything.

    Raises LedgerLocked while the lock is held, unless with `force`, which removes a held lock too.
    """
    from filelock import FileLock, Timeout

    refuse_link(path)
    lock = FileLock(path, timeout=0, mode=0o600)
    there = note_path(path).exists()
    try:
        lock.acquire()
    except Timeout:
        if not force:
            raise LedgerLocked(
                f"the ledger is held by another run: {describe_holder(path)}",
                hint="end that run; if it is certainly gone, use --force",
            ) from None
        there = True
    except OSError as error:
        raise LedgerError(f"{path} cannot be locked: {error.strerror}") from None
    else:
        lock.release()
    try:
        note_path(path).unlink(missing_ok=True)
        if force:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise LedgerError(f"{path} cannot be removed: {error.strerror}") from None
    return there
