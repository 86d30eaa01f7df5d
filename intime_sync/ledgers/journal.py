"""The journal beside a ledger file: the intents and results of a run, one JSON object per line.

It is only appended to, so a batch costs the same whatever the size of the ledger. Its first line has the lineage and
serial of the ledger that it belongs to; if the ledger's serial is larger, the ledger has the results already. Results
have lists of deltas, as `parts.delta_to_list` writes them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from intime_sync.errors import LedgerError
from intime_sync.files import create_file, read_own_file, sync_directory
from intime_sync.ledgers.checked_json import UNREADABLE, parse, with_crc, without_crc
from intime_sync.ledgers.format_one import journal_line_of_today
from intime_sync.ledgers.lines import FORMAT_VERSION
from intime_sync.ledgers.lock import refuse_link
from intime_sync.ledgers.parts import (
    account_from_dict,
    account_to_dict,
    delta_from_list,
    delta_to_list,
    intent_from_dict,
    intent_to_dict,
)
from intime_sync.ledgers.shapes import check_delta, check_intent, check_names, of_type
from intime_sync.model.ledger import AccountRef, Delta, Intent

_COMPLETE = re.compile(rb'.*,"crc":"[0-9a-f]{8}"\}')


@dataclass(slots=True)
class JournalContent:
    """The content of a journal: the ledger it belongs to, all deltas in order, and the `open` intents by number."""

    lineage: str
    serial: int
    account: AccountRef | None
    deltas: list[Delta] = field(default_factory=list)
    open: dict[int, Intent] = field(default_factory=dict)
    last_number: int = 0


def read_journal(path: Path) -> JournalContent | None:
    """The journal at `path`; None if there is none. Raises LedgerError if more than its last line is incomplete."""
    try:
        refuse_link(path)
        data = read_own_file(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LedgerError(f"{path} cannot be read: {error.strerror}") from None
    whole, _, torn = data.rpartition(b"\n")
    complete = _COMPLETE.match(torn)
    if complete is not None and complete.end() < len(torn):
        # A complete line is followed by something else than a line feed, so this is damage and no interrupted write.
        raise _damaged(path, data.count(b"\n") + 1)
    if not whole:
        return None  # its first line was never finished, so nothing was begun
    reader: _Reader | None = None
    for number, line in enumerate(whole.split(b"\n"), 1):
        try:
            if reader is None:
                reader = _Reader(line)
            else:
                reader.add(line)
        except UNREADABLE:
            raise _damaged(path, number) from None
    return reader.content if reader is not None else None


def _damaged(path: Path, number: int) -> LedgerError:
    return LedgerError(
        f"{path}:{number}: the journal is damaged, and it says what an interrupted run did",
        hint="restore it from a copy. Without one, what that run did is not known: look in the service for messages "
        "that were scheduled, note them with `ledger resolve`, and only then remove the journal",
    )


class _Reader:
    """Reads a journal line by line. The methods raise one of `checked_json.UNREADABLE`.

    Earlier versions wrote no checksums; a journal has one in every line or in none.
    """

    def __init__(self, first: bytes) -> None:
        body = without_crc(first)
        self._checked = body is not None
        head = parse(first if body is None else body)
        self._is_old = "format_version" not in head
        if not self._is_old and head.pop("format_version") != FORMAT_VERSION:
            raise ValueError(head)
        if head.keys() != {"journal", "lineage", "account"}:
            raise ValueError(head)
        account = account_from_dict(head["account"])
        self.content = JournalContent(of_type(str, head["lineage"]), of_type(int, head["journal"]), account)
        if not self._checked and (self.content.serial < 0 or not self.content.lineage):
            raise ValueError(head)
        self._begun: set[int] = set()

    def add(self, data: bytes) -> None:
        """Read the next line."""
        body = without_crc(data)
        if (body is not None) is not self._checked:
            raise ValueError(data)
        line = of_type(dict, parse(data if body is None else body))
        if self._is_old:
            line = journal_line_of_today(line)
        if "intent" in line:
            self._begin(intent_from_dict(line))
        else:
            self._settle(line)

    def _begin(self, intent: Intent) -> None:
        if not self._checked:
            check_intent(intent)
            if intent.number in self._begun:
                raise ValueError(intent)
        self._begun.add(intent.number)
        self.content.open[intent.number] = intent
        self.content.last_number = max(self.content.last_number, intent.number)

    def _settle(self, line: dict[str, Any]) -> None:
        check_names(line, "result", "deltas")
        result = line["result"]
        if result is not None:
            if of_type(int, result) not in self._begun:
                raise ValueError(line)
            self.content.open.pop(result, None)
        deltas = [delta_from_list(raw) for raw in of_type(list, line["deltas"])]
        if not self._checked:
            for delta in deltas:
                check_delta(delta)
        self.content.deltas += deltas


class JournalWriter:
    """Appends to a journal; a line is on the disk when its method returns. The methods raise LedgerError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def start(self, lineage: str, serial: int, account: AccountRef | None) -> None:
        """Begin an empty journal for the ledger of this lineage and serial."""
        self._create(self.path, lineage, serial, account)
        with _writing(self.path):
            sync_directory(self.path.parent)

    def _create(self, path: Path, lineage: str, serial: int, account: AccountRef | None) -> None:
        self.close()
        with _writing(path):
            # Nothing counts that an interrupted run left here.
            path.unlink(missing_ok=True)
            self._file = create_file(path)
        raw = account_to_dict(account) if account else None
        self._append({"journal": serial, "lineage": lineage, "account": raw, "format_version": FORMAT_VERSION})

    def prepare(self, lineage: str, serial: int, account: AccountRef | None, open_intents: Iterable[Intent]) -> None:
        """Write a new journal with the open intents beside the existing one; `take_effect` must follow."""
        self._create(self._next_path, lineage, serial, account)
        for intent in open_intents:
            self.intent(intent)

    def take_effect(self) -> None:
        """Replace the journal by the prepared one."""
        with _writing(self.path):
            self._next_path.replace(self.path)
            sync_directory(self.path.parent)

    @property
    def _next_path(self) -> Path:
        return self.path.with_name(self.path.name + ".next")

    @property
    def started(self) -> bool:
        """Whether there is a journal to append to."""
        return self._file is not None

    def intent(self, intent: Intent) -> None:
        """Append an intent."""
        self._append(intent_to_dict(intent))

    def result(self, intent: int | None, deltas: Sequence[Delta]) -> None:
        """Append the deltas that follow from the outcome of an intent, or from none."""
        self._append({"result": intent, "deltas": [delta_to_list(delta) for delta in deltas]})

    def remove(self) -> None:
        """Remove the journal, whose results are in the ledger."""
        self.close()
        with _writing(self.path):
            self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file, if it is open."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _append(self, line: dict[str, Any]) -> None:
        file = self._file
        if file is None:
            raise LedgerError("the journal was not begun")
        data = with_crc(line)
        start = os.lseek(file, 0, os.SEEK_CUR)
        try:
            written = 0
            while written < len(data):
                written += os.write(file, data[written:])
            os.fsync(file)
        except OSError as error:
            # An incomplete line must not be followed by a later one.
            os.ftruncate(file, start)
            os.lseek(file, start, os.SEEK_SET)
            raise _cannot_write(self.path, error) from None


def _cannot_write(path: Path, error: OSError) -> LedgerError:
    return LedgerError(
        f"{path} cannot be written: {error.strerror}",
        hint="nothing more was sent to the service; make room or rights, then run the same command again",
    )


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Raises LedgerError for an OSError."""
    try:
        yield
    except OSError as error:
        raise _cannot_write(path, error) from None
