"""A ledger in a file: JSON Lines, mode 0600, replaced in one step, with a journal and a lock beside it."""

from __future__ import annotations

import dataclasses
import os
import secrets
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from intime_sync.errors import LedgerError
from intime_sync.files import PRIVATE, replace_file
from intime_sync.ledgers.base import LedgerView
from intime_sync.ledgers.format_one import ledger_from_json
from intime_sync.ledgers.journal import JournalContent, JournalWriter, read_journal
from intime_sync.ledgers.lines import is_json_lines, ledger_from_lines, ledger_to_lines
from intime_sync.ledgers.lock import hold_lock, refuse_link
from intime_sync.links import real_path
from intime_sync.model.ledger import AccountRef, Delta, Intent, Ledger
from intime_sync.model.resource import KindName

_FIRST_BYTES = 100


class FileLedgerStore:
    """See `base.LedgerStore`.

    A link is followed once: the ledger, its journal and its lock lie beside its target, so that all who share the
    target exclude each other, and the link stays one. Beside it, links are refused: this program makes none there.
    `account` is written into a ledger that has none yet.
    """

    def __init__(self, path: Path, account: AccountRef | None = None) -> None:
        self.path = real_path(path) if path.is_symlink() else path
        self.account = account

    @property
    def journal_path(self) -> Path:
        """The journal beside the ledger."""
        return self.path.with_name(self.path.name + ".journal")

    @property
    def lock_path(self) -> Path:
        """The lock beside the ledger."""
        return self.path.with_name(self.path.name + ".lock")

    def read(self, only: KindName | None = None) -> LedgerView:
        """The ledger with an interrupted run's journal folded in; with `only`, at least the objects of that kind."""
        ledger, content = self._load(only)
        return LedgerView(ledger, tuple(content.open.values()) if content else ())

    def _load(self, only: KindName | None = None) -> tuple[Ledger, JournalContent | None]:
        try:
            data = self.path.read_bytes()
            name = str(self.path)
            ledger = ledger_from_lines(data, name, only) if is_json_lines(data) else ledger_from_json(data, name)
        except FileNotFoundError:
            ledger = Ledger(lineage="")
        except OSError as error:
            raise LedgerError(f"{self.path} cannot be read: {error.strerror}") from None
        content = read_journal(self.journal_path)
        if content is None:
            return ledger, None
        if not ledger.lineage and content.serial == 0:
            ledger.lineage = content.lineage
        if content.lineage != ledger.lineage or content.serial > ledger.serial:
            raise LedgerError(
                f"{self.journal_path} was left by an interrupted run on another state of the ledger (serial "
                f"{content.serial}, and the ledger has {ledger.serial})",
                hint="put the ledger back that lay beside it; without one, remove both: objects are adopted again, "
                "contacts are made anew, and messages that are scheduled would be scheduled a second time",
            )
        if content.serial < ledger.serial:
            # Its results are in the ledger already, and only its end was interrupted; what it left open still is.
            content.deltas.clear()
        ledger.account = ledger.account or content.account
        if content.deltas:
            ledger.serial = content.serial + 1
        for delta in content.deltas:
            ledger.record(delta)
        return ledger, content

    @contextmanager
    def hold(self, verb: str, timeout: float) -> Iterator[FileLedgerSession]:
        """Hold the lock; save on the way out unless the run failed to write."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(f"{self.path.parent} cannot be made: {error.strerror}") from None
        self._check_replaceable()
        refuse_link(self.journal_path)
        with hold_lock(self.lock_path, verb, timeout):
            ledger, content = self._load()
            ledger.account = ledger.account or self.account
            if content is None:
                # A journal whose first line was never finished: nothing was begun.
                with suppress(OSError):
                    self.journal_path.unlink()
            session = FileLedgerSession(self, ledger, content)
            try:
                yield session
            finally:
                session.close()

    def _check_replaceable(self) -> None:
        """Refuse a file that others reach by a name that replacing it in one step would leave behind."""
        with suppress(FileNotFoundError, OSError):
            if self.path.stat().st_nlink > 1:
                raise LedgerError(
                    f"{self.path} has another hard link, which would keep the ledger as it is now",
                    hint="leave one name for it; where it has to be shared, use INTIME_LEDGER or a symbolic link",
                )
        if _is_mounted(self.path):
            raise LedgerError(
                f"{self.path} is mounted as a single file, which cannot be replaced in one step",
                hint="mount its directory instead, with the journal and the lock beside it",
            )

    def replace(self, ledger: Ledger) -> None:
        """Put `ledger` in the file's place in one step; whoever reads sees the old one or the new one."""
        ledger.digest_key = ledger.digest_key or secrets.token_hex(16)
        # Only the holder of the lock writes it, so one name is enough, and what a killed run left is removed.
        temporary = self.path.with_name(f"{self.path.name}.tmp")
        try:
            refuse_link(self.path)
            self._back_up_format_one(temporary)
            replace_file(self.path, [ledger_to_lines(ledger)], PRIVATE, temporary=temporary)
        except OSError as error:
            raise LedgerError(
                f"{self.path} cannot be written: {error.strerror}",
                hint="nothing is lost: the journal beside it is folded in by the next run",
            ) from None

    def _back_up_format_one(self, temporary: Path) -> None:
        """Copy a ledger in the earlier format aside before it is replaced; no copy is ever overwritten."""
        with suppress(FileNotFoundError):
            with self.path.open("rb") as file:
                if is_json_lines(file.read(_FIRST_BYTES)):
                    return
            data = self.path.read_bytes()
            copy, number = self.path.with_name(f"{self.path.name}.v1.bak"), 1
            refuse_link(copy)
            while copy.exists() and copy.read_bytes() != data:
                number += 1
                copy = copy.with_name(f"{self.path.name}.v1.bak{number}")
                refuse_link(copy)
            if not copy.exists():
                replace_file(copy, [data], PRIVATE, temporary=temporary)


def _is_mounted(path: Path, mounts: Path = Path("/proc/self/mountinfo")) -> bool:
    """Whether a file is a mount point of its own, as far as the system tells."""
    with suppress(OSError):
        lines = mounts.read_bytes().splitlines()
        name = os.fsencode(path.absolute()).replace(b" ", rb"\040")
        return any(name in line.split()[4:5] for line in lines)
    return False


class FileLedgerSession:
    """See `base.LedgerSession`."""

    def __init__(self, store: FileLedgerStore, ledger: Ledger, content: JournalContent | None) -> None:
        self._store = store
        self._ledger = ledger
        self._journal = JournalWriter(store.journal_path)
        self._open: dict[int, Intent] = dict(content.open) if content else {}
        self._number = content.last_number if content else 0
        self._changed = False
        self._broken = False
        if content is not None:
            self._renew_journal(has_results=bool(content.deltas))

    @property
    def ledger(self) -> Ledger:
        """The ledger, up to date with everything settled."""
        return self._ledger

    @property
    def open_intents(self) -> tuple[Intent, ...]:
        """What was begun and not settled."""
        return tuple(self._open.values())

    def begin(self) -> None:
        """Start the journal, and give a ledger its lineage that has none yet."""
        with self._writing():
            self._start_journal()

    def intend(self, operation: str, kind: str, keys: Sequence[str], detail: dict[str, object] | None = None) -> int:
        """Write down what is about to be asked, and get its number."""
        self._number += 1
        intent = Intent(self._number, operation, KindName(kind), tuple(keys), detail or {})  # type: ignore[arg-type]
        with self._writing():
            self._start_journal()
            self._journal.intent(intent)
        self._open[intent.number] = intent
        return intent.number

    def settle(self, intent: int, deltas: Sequence[Delta]) -> None:
        """Write down what came of an intent."""
        with self._writing():
            self._journal.result(intent, deltas)
        self._open.pop(intent, None)
        self._apply(deltas)

    def record(self, deltas: Sequence[Delta]) -> None:
        """Write down what needs no request."""
        if deltas:
            with self._writing():
                self._start_journal()
                self._journal.result(None, deltas)
            self._apply(deltas)

    def rename_owner(self, owner: str) -> None:
        """Say in one step that all of it belongs to `owner` from now on."""
        account = self._ledger.account
        if account is None:
            raise AssertionError("a ledger without an account has no owner to rename")
        with self._writing():
            self.save()
            self._ledger.account = dataclasses.replace(account, owner=owner)
            self._ledger.serial += 1
            self._store.replace(self._ledger)
            self._changed = False
            if self._journal.started:
                # What is still open belongs to the ledger as it is now.
                self._renew_journal(has_results=False)

    def save(self) -> None:
        """Fold everything that is settled into the ledger; open intents keep the journal alive."""
        if self._open or not self._journal.started:
            return
        with self._writing():
            if self._changed:
                self._store.replace(self._ledger)
                self._changed = False
            self._journal.remove()

    def _renew_journal(self, *, has_results: bool) -> None:
        """Fold an interrupted run's results in, so that this run has a serial of its own; keep what it left open."""
        self._journal.prepare(self._ledger.lineage, self._ledger.serial, self._ledger.account, self._open.values())
        if has_results:
            self._store.replace(self._ledger)
        self._journal.take_effect()

    def close(self) -> None:
        """Save what can be saved, and let the files go. After a failed write the journal stays for the next run."""
        try:
            if not self._broken:
                self.save()
                if self._open and self._changed:
                    # What may still come late keeps the journal; all else is in the ledger, for who keeps only that.
                    self._renew_journal(has_results=True)
        finally:
            self._journal.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except LedgerError:
            self._broken = True
            raise

    def _start_journal(self) -> None:
        if self._journal.started:
            return
        if not self._ledger.lineage:
            self._ledger.lineage = str(uuid.uuid4())
        self._journal.start(self._ledger.lineage, self._ledger.serial, self._ledger.account)

    def _apply(self, deltas: Sequence[Delta]) -> None:
        if deltas and not self._changed:
            self._ledger.serial += 1
            self._changed = True
        for delta in deltas:
            self._ledger.record(delta)
