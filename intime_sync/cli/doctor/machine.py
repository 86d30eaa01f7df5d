"""Checks of this machine: versions, configuration, credentials, time zone, ledger, lock, receipts. No network."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from os import environ
from pathlib import Path
from zoneinfo import TZPATH

from filelock import FileLock, Timeout

from intime_sync import __version__
from intime_sync.cli.credentials import credentials_of, variables_of
from intime_sync.cli.doctor.results import CheckResult, broken, failed, fine, warning
from intime_sync.cli.places import receipts_path
from intime_sync.cli.session import check_ledger
from intime_sync.config.desired import load_desired
from intime_sync.config.settings import EMBEDDED, Settings
from intime_sync.errors import CredentialsError, IntimeSyncError, InvalidConfiguration, InvalidInput, LedgerError
from intime_sync.kinds.registry import BY_NAME
from intime_sync.ledgers.base import LedgerView
from intime_sync.ledgers.file import FileLedgerStore
from intime_sync.ledgers.lock import describe_holder, note_path, refuse_link
from intime_sync.model.ledger import AccountRef
from intime_sync.model.resource import KindName
from intime_sync.render.style import counted

_OTHERS = 0o077
"""The mode bits of everybody but the owner."""


def check_versions() -> CheckResult:
    """The versions of this program, Python and SQLite."""
    return fine(
        "versions", f"intime-sync {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def check_configuration(directory: Path) -> tuple[CheckResult, frozenset[KindName]]:
    """Whether the whole configuration is valid, and the kinds that it manages as far as that is known."""
    name, see = "configuration", f"`intime-sync validate {directory}` shows every problem with its line"
    nothing: frozenset[KindName] = frozenset()
    try:
        configuration = load_desired(directory, environ)
    except InvalidConfiguration as error:
        return failed(
            name, f"{counted(len(error.problems), 'problem')}; the first: {error.problems[0]}", see
        ), nothing
    except InvalidInput as error:
        return broken(name, error), nothing
    wanted = configuration.desired.resources
    counts = [f"{BY_NAME[kind].spec.name}: {len(items)}" for kind, items in wanted.items()]
    managed = ", ".join(counts) or "it manages nothing"
    if configuration.warnings:
        said = f"valid, with {counted(len(configuration.warnings), 'warning')}; {managed}"
        return warning(name, said, see), frozenset(wanted)
    return fine(name, f"valid; {managed}"), frozenset(wanted)


def check_credentials(settings: Settings) -> CheckResult:
    """Whether credentials are set; only the service can tell whether it accepts them."""
    name = "credentials"
    _, variable, file_variable = variables_of(settings)
    try:
        user, _ = credentials_of(settings)
    except CredentialsError as error:
        return broken(name, error, f"set {variable}, or {file_variable} to a file that you may read")
    if settings.url == EMBEDDED:
        return fine(name, "none are needed: the emulator runs inside the command")
    path = environ.get(file_variable, "")
    if environ.get(variable) or not path:
        return fine(name, f"user {user}, with the hash in {variable}")
    readable = _readable_by_others(Path(path))
    if readable:
        return warning(
            name, f"user {user}, with the hash in a file that others may read ({readable})", _closing(path)
        )
    return fine(name, f"user {user}, with the hash in the file that {file_variable} names")


def check_zone(settings: Settings) -> CheckResult:
    """The time in the account's zone, and where the time zone data comes from."""
    now = datetime.now(UTC).astimezone(settings.zone)
    offset = f"{now:%z}"
    return fine(
        "time zone", f"{settings.zone.key}, {now:%H:%M} there (UTC{offset[:3]}:{offset[3:]}), {_zone_table(settings)}"
    )


def _zone_table(settings: Settings) -> str:
    for place in map(Path, TZPATH):
        if (place / settings.zone.key).is_file():
            try:
                with (place / "tzdata.zi").open(encoding="utf-8") as file:
                    return f"time zone data {file.readline().removeprefix('# version ').strip()} of the system"
            except (OSError, UnicodeDecodeError):
                return "time zone data of the system"
    try:
        return f"time zone data {version('tzdata')}"
    except PackageNotFoundError:
        return "time zone data of unknown origin"


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """The result; `view` is None if the ledger is unusable. `is_others`: it is the ledger of another account."""

    result: CheckResult
    view: LedgerView | None
    is_others: bool = False


def check_ledger_file(settings: Settings, store: FileLedgerStore) -> LedgerCheck:
    """Whether the ledger can be read and is about this account, and what it holds."""
    name = "ledger"
    try:
        view = store.read()
    except IntimeSyncError as error:
        return LedgerCheck(broken(name, error), None)
    if view.ledger.account is not None:
        user = _user(settings) or view.ledger.account.user
        try:
            check_ledger(view.ledger, AccountRef(settings.url, user, settings.owner))
        except IntimeSyncError as error:
            return LedgerCheck(broken(name, error), None, is_others=True)
    return LedgerCheck(_ledger_contents(view, store), view)


def _ledger_contents(view: LedgerView, store: FileLedgerStore) -> CheckResult:
    name, ledger = "ledger", view.ledger
    if not ledger.lineage:
        return fine(name, f"none yet; the first apply makes {store.path}")
    owned = sum(map(len, ledger.objects.values()))
    text = f"lineage {ledger.lineage}, serial {ledger.serial}, {counted(owned, 'object')}"
    if view.open_intents:
        left = f"{counted(len(view.open_intents), 'request')} of an interrupted run left open; {text}"
        return warning(name, left, "`intime-sync apply` settles them before anything else")
    unknown = [f"{kind}/{key}" for kind, entries in ledger.objects.items() for key, e in entries.items() if e.unknown]
    if unknown:
        return warning(
            name,
            f"the outcome of {counted(len(unknown), 'request')} is unknown, first that of {unknown[0]}; {text}",
            f"look in the service, then `intime-sync ledger resolve {unknown[0]} --as sent` (or not-sent)",
        )
    return fine(name, text)


def _user(settings: Settings) -> str:
    try:
        return credentials_of(settings)[0]
    except CredentialsError:
        return ""


def check_privacy(path: Path) -> Iterator[CheckResult]:
    """Whether the ledger, which holds names and numbers, is kept from others."""
    name = "privacy"
    if not path.is_file():
        return
    readable = _readable_by_others(path)
    if readable:
        yield warning(name, f"{path} may be read by others ({readable})", _closing(path))
        return
    if _git(path, "ls-files", "--error-unmatch", "--", path.name):
        yield warning(
            name,
            f"{path} is under version control, and it holds names and numbers",
            f"`git rm --cached {path}`, and add it to .gitignore",
        )
    elif _git(path, "rev-parse", "--is-inside-work-tree") and not _git(path, "check-ignore", "--", path.name):
        yield warning(name, f"git does not ignore {path}", "add /.intime/ to .gitignore")
    else:
        yield fine(name, f"only you may read {path}")


def _git(path: Path, *arguments: str) -> bool:
    """Whether a git command succeeds in the folder of `path`; False without git."""
    git = shutil.which("git")
    if git is None:
        return False
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments and a file's name, no shell
            [git, "-c", "core.fsmonitor=false", *arguments],  # a repository's setting could run any program
            cwd=path.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _readable_by_others(path: Path) -> str:
    """The mode of a file that not only its owner may read; "" for all others."""
    try:
        mode = path.stat().st_mode & 0o777
    except OSError:
        return ""
    return f"mode {mode:04o}" if os.name == "posix" and mode & _OTHERS else ""


def _closing(path: Path | str) -> str:
    return f"`chmod 600 {path}`"


def check_lock(store: FileLedgerStore) -> CheckResult:
    """Whether the ledger is held. The lock is tried only where a holder has left its note."""
    name = "lock"
    if not note_path(store.lock_path).exists():
        return fine(name, "free")
    holder = describe_holder(store.lock_path)
    try:
        refuse_link(store.lock_path)
    except LedgerError as error:
        return broken(name, error)
    lock = FileLock(store.lock_path, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        return warning(name, f"held by {holder}", "wait for that run to end; apply waits with --lock-timeout SECONDS")
    except OSError as error:
        return failed(name, f"{store.lock_path} cannot be locked: {error.strerror}", "see that its folder is yours")
    lock.release()
    return fine(name, f"free; a run that is gone left its note: {holder}")


def check_receipts(settings: Settings) -> CheckResult:
    """Whether delivery receipts can be read, where there are any."""
    name = "receipts"
    try:
        path = receipts_path(settings)
    except InvalidInput as error:
        return broken(name, error)
    if not path.exists():
        return fine(name, "none; `intime-sync receive` takes delivery statuses")
    from intime_sync.receipts.store import ReceiptStore

    try:
        store = ReceiptStore.open_existing(path)
        if store is None:
            return fine(name, f"{path} is empty")
        with store:
            counts = store.counts()
    except IntimeSyncError as error:
        return broken(name, error)
    readable = _readable_by_others(path)
    if readable:
        return warning(name, f"{path} may be read by others ({readable})", _closing(path))
    total = f"{counts.delivered} delivered, {counts.not_delivered} not, {counts.unknown} unknown"
    return fine(name, f"{total}, in {path}")
