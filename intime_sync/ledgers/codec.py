"""Ledgers and deltas as JSON, and back. One object a line, so that a diff of two ledgers can be read."""

from __future__ import annotations

import json
import os
import re
from array import array
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import suppress
from hashlib import sha256
from operator import itemgetter
from typing import Any

from intime_sync.bulk.gc_tuning import collector_paused
from intime_sync.bulk.ledger_table import LedgerTable
from intime_sync.bulk.lines import lines_of_attributes
from intime_sync.bulk.tables import ContactTable
from intime_sync.errors import LedgerError
from intime_sync.kinds.registry import CONTACTS
from intime_sync.ledgers.parts import (
    account_from_dict,
    account_to_dict,
    carrier_from_dict,
    carrier_to_dict,
    entry_from_dict,
    entry_to_dict,
)
from intime_sync.ledgers.shapes import UnknownName, as_id, check_ledger, known, of_type
from intime_sync.model.ledger import (
    Entry,
    Ledger,
)
from intime_sync.model.resource import KindName, RemoteId

FORMAT_VERSION = "1"

# How `ledger_to_json` writes the contacts, and about how many bytes of them are read at once.
_CONTACTS_BEGIN = b'\n    "contact": {\n'
_CONTACTS_END = b"\n    }"
_INSTEAD = b'\n    "contact": "%s"'
_PART = 1 << 20

# As many digits as numbers beyond 64 bits have, above and below zero: the quick reader makes floats of them.
_DIGITS_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_HUGE = (b"0" * 20, b"-" + b"0" * 19)

_CHECKSUM = b'\n  "checksum": "sha256:'
_CHECKSUM_LINE = re.compile(rb'  "checksum": "sha256:([0-9a-f]{64})"\n\}\n')
_TAIL = 120

# What hostile or damaged JSON makes the code below raise.
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)


def ledger_to_json(ledger: Ledger) -> Iterator[str]:
    """The ledger's text in pieces; the last one holds a checksum of all before it."""
    digest = sha256()
    for piece in _body(ledger):
        digest.update(piece.encode())
        yield piece
    yield f'  "checksum": "sha256:{digest.hexdigest()}"\n}}\n'


def _body(ledger: Ledger) -> Iterator[str]:
    account = ledger.account
    yield "{\n"
    yield f'  "format_version": "{FORMAT_VERSION}",\n'
    yield f'  "lineage": {_dump(ledger.lineage)},\n'
    yield f'  "serial": {ledger.serial},\n'
    if ledger.digest_key:
        yield f'  "digest_key": {_dump(ledger.digest_key)},\n'
    yield f'  "account": {_dump(None if account is None else account_to_dict(account))},\n'
    yield '  "objects": {'
    for position, kind in enumerate(sorted(ledger.objects)):
        yield ",\n" if position else "\n"
        yield f"    {_dump(kind)}: {{"
        entries = dict(ledger.objects[kind].items())
        yield from _lines({key: entry_to_dict(entries[key]) for key in sorted(entries)}, "      ")
        yield "\n    }" if entries else "}"
    yield "\n  },\n" if ledger.objects else "},\n"
    yield '  "carriers": {'
    yield from _lines({str(id): carrier_to_dict(ledger.carriers[id]) for id in sorted(ledger.carriers)}, "    ")
    yield "\n  },\n" if ledger.carriers else "},\n"


def _lines(values: Mapping[str, object], indent: str) -> Iterator[str]:
    for position, (key, value) in enumerate(values.items()):
        yield ",\n" if position else "\n"
        yield f"{indent}{_dump(key)}: {_dump(value)}"


_dump = json.JSONEncoder(ensure_ascii=False).encode


def ledger_from_json(data: bytes) -> Ledger:
    """The ledger that `data` spells. Raises LedgerError when it is not one, or not as it was written.

    Earlier versions wrote no checksum, and who edits a ledger by hand removes it: such a one must be what this
    program could have written.
    """
    has_checksum = _has_checksum(data)
    try:
        with collector_paused():
            ledger = _read(data)
            if not has_checksum:
                check_ledger(ledger)
            return ledger
    except UnknownName as error:
        if not has_checksum:
            raise _unreadable(f": it holds `{error}`, which is no part of one") from None
        raise LedgerError(
            f"the ledger holds `{error}`, which this version of intime-sync does not know",
            hint="use the version that wrote it, or a newer one",
        ) from None
    except UNREADABLE:
        raise _unreadable() from None


def _unreadable(why: str = "") -> LedgerError:
    return LedgerError(
        f"the ledger is not readable as one{why}",
        hint="restore it from a copy; without one, remove it: objects are adopted and contacts made again, but "
        "messages that are scheduled would be scheduled a second time",
    )


def _has_checksum(data: bytes) -> bool:
    """Whether `data` has a checksum, which is right. Raises LedgerError where it is not, or is damaged itself."""
    end = data[-_TAIL:]
    if b"checksum" not in end and b"sha256:" not in end:
        return False
    start = data.rfind(_CHECKSUM)
    found = _CHECKSUM_LINE.fullmatch(data, start + 1) if start >= 0 else None
    if found is not None and found[1].decode() == sha256(memoryview(data)[: start + 1]).hexdigest():
        return True
    raise LedgerError(
        "the ledger is not as it was written: its checksum does not match",
        hint="restore it from a copy. If somebody edited it by hand, and it is right, remove the line "
        '"checksum" and the comma before it',
    )


def _read(data: bytes) -> Ledger:
    """The contacts of a long ledger are taken in parts: all of it at once as JSON is much larger than they are."""
    start, end = data.find(_CONTACTS_BEGIN), -1
    if start >= 0:
        end = data.find(_CONTACTS_END, start)
    if end - start > _PART:
        contacts = _Contacts()
        # Nobody can have foreseen this, so where it is found again, it is the contacts that were taken out.
        mark = os.urandom(16).hex()
        try:
            raw = _parse(data[:start] + _INSTEAD % mark.encode() + data[end + len(_CONTACTS_END) :])
            for part in _parts(data, start + len(_CONTACTS_BEGIN), end):
                contacts.add(_parse(b"{" + part + b"}"))
            # Written otherwise than by this program, the parts may not be what they seem.
            whole = raw["objects"][CONTACTS.name] == mark and contacts.are_distinct()
        except UNREADABLE:
            raw, whole = {}, False
        if whole:
            raw["objects"][CONTACTS.name] = {}
            ledger = _ledger_from_dict(raw)
            ledger.objects[CONTACTS.name] = contacts.entries()
            return ledger
    return _ledger_from_dict(_parse(data))


def _parts(data: bytes, position: int, end: int) -> Iterator[bytes]:
    """The lines from `position` to `end` in parts of about the same size, without the comma between two parts.

    Raises ValueError where a comma is one too many.
    """
    while position < end:
        cut = data.find(b",\n", min(position + _PART, end), end)
        cut = end if cut < 0 else cut
        part = data[position:cut]
        if not part.strip():
            raise ValueError(part)
        yield part
        position = cut + 1


def _parse(data: bytes) -> dict[str, Any]:
    """JSON; the standard library reads what the quick one declines, such as UTF-16, or would round."""
    import orjson

    parsed: dict[str, Any]
    zeros = data.translate(_DIGITS_AS_ZEROS)
    if not any(huge in zeros for huge in _HUGE):
        with suppress(orjson.JSONDecodeError):
            parsed = orjson.loads(data)
            return parsed
    parsed = json.loads(data)
    return parsed


def _ledger_from_dict(raw: dict[str, Any]) -> Ledger:
    version = raw["format_version"]
    if version != FORMAT_VERSION:
        raise LedgerError(
            f"the ledger has format version {version!r}, and this program reads {FORMAT_VERSION!r}",
            hint="use the version of intime-sync that wrote it, or a newer one",
        )
    known(raw, "format_version", "lineage", "serial", "digest_key", "account", "objects", "carriers", "checksum")
    return Ledger(
        lineage=of_type(str, raw["lineage"]),
        serial=of_type(int, raw["serial"]),
        account=account_from_dict(raw["account"]),
        objects={KindName(kind): _entries(kind, entries) for kind, entries in raw["objects"].items()},
        carriers={RemoteId(as_id(id)): carrier_from_dict(carrier) for id, carrier in raw["carriers"].items()},
        digest_key=bytes.fromhex(raw.get("digest_key", "")).hex(),
    )


def _entries(kind: str, raw: dict[str, dict[str, Any]]) -> MutableMapping[str, Entry]:
    """All entries of a kind."""
    if kind != CONTACTS.name:
        return {key: entry_from_dict(entry) for key, entry in raw.items()}
    contacts = _Contacts()
    contacts.add(raw)
    return contacts.entries()


class _Contacts:
    """Collects the entries of contacts; they may be very many, and nearly all are kept as columns."""

    def __init__(self) -> None:
        self._keys: list[str] = []
        self._lines: list[str] = []
        self._ids, self._carriers = array("q"), array("q")
        self._others: dict[str, Entry] = {}

    def add(self, raw: dict[str, dict[str, Any]]) -> None:
        """Take some more entries."""
        odd = {key for key, entry in raw.items() if len(entry) != 3 or "carrier" not in entry or "id" not in entry}
        usual = {key: entry for key, entry in raw.items() if key not in odd} if odd else raw
        attributes, ids, carriers = (
            [*map(itemgetter(name), usual.values())] for name in ("attributes", "id", "carrier")
        )
        lines = lines_of_attributes(attributes)
        if lines is None or {*map(type, ids), *map(type, carriers)} != {int}:
            odd |= usual.keys()
        else:
            self._keys += usual
            self._lines += lines
            self._ids.extend(ids)
            self._carriers.extend(carriers)
        self._others.update((key, entry_from_dict(raw[key])) for key in raw if key in odd)

    def are_distinct(self) -> bool:
        """Whether no key came twice."""
        return len({*self._keys, *self._others}) == len(self._keys) + len(self._others)

    def entries(self) -> LedgerTable:
        """All that were taken."""
        return LedgerTable(ContactTable(self._keys, self._lines), self._ids, self._carriers, self._others)
