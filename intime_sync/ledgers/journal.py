"""The journal beside a ledger file: what a run began and what came of it, one JSON line each.

Append-only: a batch costs what the batch weighs, whatever the ledger weighs. Its first line names the ledger's
lineage and serial, so that a journal that was folded in already is told from one that was not.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

from intime_sync.errors import LedgerError
from intime_sync.files import create_file, read_own_file, sync_directory
from intime_sync.ledgers.codec import UNREADABLE
from intime_sync.ledgers.lock import refuse_link
from intime_sync.ledgers.parts import (
    account_from_dict,
    delta_from_list,
    delta_to_list,
    intent_from_dict,
    intent_to_dict,
)
from intime_sync.ledgers.shapes import check_delta, check_intent, known, of_type
from intime_sync.model.ledger import AccountRef, Delta, Intent

_CHECKED = re.compile(rb'(.*),"crc":"([0-9a-f]{8})"\}')


@dataclass(slots=True)
class JournalContent:
    """What a journal says: the ledger it belongs to, all deltas in order, and the intents without a result."""

    lineage: str
    serial: int
    account: AccountRef | None
    deltas: list[Delta] = field(default_factory=list)
    open: dict[int, Intent] = field(default_factory=dict)
    last_number: int = 0


def read_journal(path: Path) -> JournalContent | None:
    """The journal at `path`, or None where there is none. Raises LedgerError when more than its last line is torn."""
    try:
        refuse_link(path)
        data = read_own_file(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LedgerError(f"{path} cannot be read: {error.strerror}") from None
    whole, _, torn = data.rpartition(b"\n")
    complete = _CHECKED.match(torn)
    if complete is not None and complete.end() < len(torn):
        raise _damaged(path)  # not the beginning of a line: its end was something else than a line feed
    if not whole:
        return None  # its first line was never finished, so nothing was begun
    try:
        return _replay([_line(line) for line in whole.split(b"\n")])
    except UNREADABLE:
        raise _damaged(path) from None


def _damaged(path: Path) -> LedgerError:
    return LedgerError(
        f"{path} is damaged, and it says what an interrupted run did",
        hint="restore it from a copy. Without one, what that run did is not known: look in the service for messages "
        "that were scheduled, note them with `ledger resolve`, and only then remove the journal",
    )


def _line(data: bytes) -> tuple[bool, dict[str, Any]]:
    """Whether a line has a checksum, and what it says. Raises what UNREADABLE names."""
    found = _CHECKED.fullmatch(data)
    if found is None:
        return False, json.loads(data)
    body = found[1] + b"}"
    if crc32(body) != int(found[2], 16):
        raise ValueError(data)
    return True, json.loads(body)


def _replay(lines: list[tuple[bool, dict[str, Any]]]) -> JournalContent:
    checked, head = lines[0]
    # Earlier versions wrote no checksums; a journal has one in every line or in none.
    if head.keys() != {"journal", "lineage", "account"} or any(has is not checked for has, _ in lines):
        raise ValueError(head)
    if type(head["journal"]) is not int or type(head["lineage"]) is not str:
        raise TypeError(head)
    content = JournalContent(head["lineage"], head["journal"], account_from_dict(head["account"]))
    if not checked and (content.serial < 0 or not content.lineage):
        raise ValueError(head)
    begun: set[int] = set()
    for _, line in lines[1:]:
        if "intent" in line:
            intent = intent_from_dict(line)
            if not checked:
                check_intent(intent)
                if intent.number in begun:
                    raise ValueError(line)
            begun.add(intent.number)
            content.open[intent.number] = intent
            content.last_number = max(content.last_number, intent.number)
            continue
        known(line, "result", "deltas")
        result = line["result"]
        if result is not None:
            if of_type(int, result) not in begun:
                raise ValueError(line)
            content.open.pop(result, None)
        deltas = [delta_from_list(raw) for raw in of_type(list, line["deltas"])]
        if not checked:
            for delta in deltas:
                check_delta(delta)
        content.deltas += deltas
    return content


class JournalWriter:
    """Appends to a journal; every line is on the disk when its method returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def start(self, lineage: str, serial: int, account: AccountRef | None) -> None:
        """Begin an empty journal for the ledger of this lineage and serial."""
        self._create(self.path, lineage, serial, account)
        sync_directory(self.path.parent)

    def _create(self, path: Path, lineage: str, serial: int, account: AccountRef | None) -> None:
        self.close()
        self._file = _guarded(path, lambda: _opened_anew(path))
        who = {"url": account.url, "user": account.user, "owner": account.owner} if account else None
        self._append({"journal": serial, "lineage": lineage, "account": who})

    def prepare(self, lineage: str, serial: int, account: AccountRef | None, open_intents: Iterable[Intent]) -> None:
        """Write a journal beside the one that is there, with the intents that are still open; see `take_effect`."""
        self._create(self._next_path, lineage, serial, account)
        for intent in open_intents:
            self.intent(intent)

    def take_effect(self) -> None:
        """Put the prepared journal in the place of the one that is there."""
        _guarded(self.path, lambda: self._next_path.replace(self.path))
        sync_directory(self.path.parent)

    @property
    def _next_path(self) -> Path:
        return self.path.with_name(self.path.name + ".next")

    @property
    def started(self) -> bool:
        """Whether there is a journal to append to."""
        return self._file is not None

    def intent(self, intent: Intent) -> None:
        """Write an intent down."""
        self._append(intent_to_dict(intent))

    def result(self, intent: int | None, deltas: Sequence[Delta]) -> None:
        """Write down what came of an intent, or what needed none."""
        self._append({"result": intent, "deltas": [delta_to_list(delta) for delta in deltas]})

    def remove(self) -> None:
        """The journal is folded in: away with it."""
        self.close()
        _guarded(self.path, lambda: self.path.unlink(missing_ok=True))

    def close(self) -> None:
        """Let the file go."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _append(self, line: dict[str, Any]) -> None:
        file = self._file
        if file is None:
            raise LedgerError("the journal was not begun")
        body = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode()
        data = b'%s,"crc":"%08x"}\n' % (body[:-1], crc32(body))
        start = os.lseek(file, 0, os.SEEK_CUR)
        try:
            written = 0
            while written < len(data):
                written += os.write(file, data[written:])
            os.fsync(file)
        except OSError as error:
            # Half a line must not stand before a later whole one.
            os.ftruncate(file, start)
            os.lseek(file, start, os.SEEK_SET)
            raise _cannot_write(self.path, error) from None


def _opened_anew(path: Path) -> int:
    """An empty file in the place of what an interrupted run has left there, of which nothing counts."""
    path.unlink(missing_ok=True)
    return create_file(path)


def _cannot_write(path: Path, error: OSError) -> LedgerError:
    return LedgerError(
        f"{path} cannot be written: {error.strerror}",
        hint="nothing more was sent to the service; make room or rights, then run the same command again",
    )


def _guarded(path: Path, action: Any) -> Any:
    try:
        return action()
    except OSError as error:
        raise _cannot_write(path, error) from None
