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
"""How many bytes are enough to recognize the format of a ledger."""


class FileLedgerStore:
    """See `base.LedgerStore`.

    If `path` is a link, it is resolved here: journal and lock lie beside its target, so that all runs that share the
    target exclude each other, and the link itself is kept. Journal and lock must not be links, since this program
    makes none. `account` is written into a ledger that has none yet.
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
                "contacts are made again, and messages that are scheduled would be scheduled a second time",
            )
        if content.serial < ledger.serial:
            # The ledger has the journal's results already, but its open intents still need to be settled.
            content.deltas.clear()
        ledger.account = ledger.account or content.account
        if content.deltas:
            ledger.serial = content.serial + 1
        for delta in content.deltas:
            ledger.record(delta)
        return ledger, content

    @contextmanager
    def hold(self, verb: str, timeout: float) -> Iterator[FileLedgerSession]:
        """See `base.LedgerStore`. At the end the ledger is saved, unless the run failed to write."""
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
                # If there is a file, its first line was never finished, so no request was begun.
                with suppress(OSError):
                    self.journal_path.unlink()
            session = FileLedgerSession(self, ledger, content)
            try:
                yield session
            finally:
                session.close()

    def _check_replaceable(self) -> None:
        """Raises LedgerError if replacing the file in one step fails, or leaves the old file under another name."""
        with suppress(OSError):
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
        """Replace the file in one step, so that readers see the old ledger or the new one. Raises LedgerError.

        Gives the ledger its digest key if it has none.
        """
        ledger.digest_key = ledger.digest_key or secrets.token_hex(16)
        # Only the holder of the lock writes this file, so a fixed name is safe; it replaces what a killed run left.
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
        """Back up a ledger in the earlier format before it is replaced; an existing backup is never overwritten."""
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
    """Whether the file itself is a mount point; False on systems that do not tell."""
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
        """Intents that were begun and not settled."""
        return tuple(self._open.values())

    def begin(self) -> None:
        """Start the journal, and give the ledger a lineage if it has none."""
        with self._writing():
            self._start_journal()

    def intend(self, operation: str, kind: str, keys: Sequence[str], detail: dict[str, object] | None = None) -> int:
        """Record that a request is about to be sent. Returns the number of the intent."""
        self._number += 1
        intent = Intent(self._number, operation, KindName(kind), tuple(keys), detail or {})  # type: ignore[arg-type]
        with self._writing():
            self._start_journal()
            self._journal.intent(intent)
        self._open[intent.number] = intent
        return intent.number

    def settle(self, intent: int, deltas: Sequence[Delta]) -> None:
        """Close an intent, and record the deltas that follow from its outcome."""
        with self._writing():
            self._journal.result(intent, deltas)
        self._open.pop(intent, None)
        self._apply(deltas)

    def record(self, deltas: Sequence[Delta]) -> None:
        """Record deltas that follow from no request."""
        if deltas:
            with self._writing():
                self._start_journal()
                self._journal.result(None, deltas)
            self._apply(deltas)

    def rename_owner(self, owner: str) -> None:
        """Record in one step that the ledger belongs to `owner` from now on."""
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
                # The open intents now belong to the ledger with its new serial.
                self._renew_journal(has_results=False)

    def save(self) -> None:
        """Write the ledger and remove the journal, unless intents are open."""
        if self._open or not self._journal.started:
            return
        with self._writing():
            if self._changed:
                self._store.replace(self._ledger)
                self._changed = False
            self._journal.remove()

    def _renew_journal(self, *, has_results: bool) -> None:
        """Replace the journal by one for the ledger's current serial that has only the open intents.

        With `has_results`, the ledger has changes that only the old journal holds, so it is written first.
        """
        self._journal.prepare(self._ledger.lineage, self._ledger.serial, self._ledger.account, self._open.values())
        if has_results:
            self._store.replace(self._ledger)
        self._journal.take_effect()

    def close(self) -> None:
        """Save what can be saved, and close the journal. After a failed write the journal stays for the next run."""
        try:
            if not self._broken:
                self.save()
                if self._open and self._changed:
                    # Open intents stay in the journal; the rest is written to the ledger, so that even a user who
                    # keeps only the ledger loses as little as possible.
                    self._renew_journal(has_results=True)
        finally:
            self._journal.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Note a failed write, after which nothing is saved at the end."""
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
