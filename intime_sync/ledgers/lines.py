"""The ledger as JSON Lines: a header, then one `put` per line, sorted, so that a diff of two ledgers can be read.

    {"format_version":"2","lineage":"…","serial":3,"account":{…},"digest_key":"…","checksum":"sha256:…"}
    ["put","contact","anna",{"id":4,"carrier":7,"attributes":{…}},"9f2c11aa"]
    ["put-carrier",7,{"name":"~clinic/all-d639a0f44b11","groups":{…}},"0b1e77d0"]

Objects come first, by kind and key, then the carriers by id, so all of one kind are found without parsing the rest.
The header's checksum covers all other bytes of the file. Each line ends with the CRC-32 of the line without it, in
hexadecimal: if the checksum is wrong, the CRCs show which line was changed.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, MutableMapping, Sequence
from hashlib import sha256
from itertools import compress
from operator import itemgetter, not_
from typing import Any, Final, TypeAlias

from intime_sync.bulk.gc_tuning import collector_paused
from intime_sync.bulk.ledger_table import LedgerTable
from intime_sync.bulk.lines import lines_of_attributes
from intime_sync.bulk.tables import ContactTable
from intime_sync.errors import LedgerError
from intime_sync.kinds.registry import CONTACTS
from intime_sync.ledgers.checked_json import UNREADABLE, dump, ignoring_crc, parse, with_crc, without_crc
from intime_sync.ledgers.parts import (
    account_from_dict,
    account_to_dict,
    carrier_from_dict,
    carrier_to_dict,
    delta_from_list,
    delta_to_list,
    entry_from_dict,
    entry_to_dict,
)
from intime_sync.ledgers.shapes import UnknownName, check_delta, check_header, check_names, of_type
from intime_sync.model.ledger import Carrier, DropCarrier, DropEntry, Entry, Ledger, PutCarrier, PutEntry
from intime_sync.model.resource import KindName, RemoteId

FORMAT_VERSION: Final = "2"

# About how many bytes are parsed at once, since a long ledger takes much more memory as JSON values than as columns.
_PART = 1 << 17

_BEGINNING = re.compile(rb'\{\s*"format_version"\s*:\s*"(?!1")([^"]*)"')
_CHECKSUM = re.compile(rb'(.*),"checksum":"sha256:([0-9a-f]{64})"\}')
_SECTION = re.compile(rb'\["put","([^"\\]*)",|\["put-carrier",')

LOST_WITHOUT: Final = (
    "restore it from a copy; without one, remove it: objects are adopted and contacts made again, but messages that "
    "are scheduled would be scheduled a second time"
)


def is_json_lines(data: bytes) -> bool:
    """Whether `data` begins like a ledger in JSON Lines, of this version or a later one."""
    return _BEGINNING.match(data) is not None


def header_of(ledger: Ledger) -> dict[str, Any]:
    """The header line of a ledger, without its checksum."""
    header: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "lineage": ledger.lineage,
        "serial": ledger.serial,
        "account": None if ledger.account is None else account_to_dict(ledger.account),
    }
    if ledger.digest_key:
        header["digest_key"] = ledger.digest_key
    return header


def ledger_to_lines(ledger: Ledger) -> bytes:
    """The ledger as the bytes of its file."""
    header, body = dump(header_of(ledger)), b"".join(_lines(ledger))
    checksum = sha256(header + b"\n")
    checksum.update(body)
    return b'%s,"checksum":"sha256:%s"}\n%s' % (header[:-1], checksum.hexdigest().encode(), body)


def _lines(ledger: Ledger) -> Iterator[bytes]:
    for kind in sorted(ledger.objects):
        entries = dict(ledger.objects[kind].items())
        for key in sorted(entries):
            yield with_crc(["put", kind, key, entry_to_dict(entries[key])])
    for id in sorted(ledger.carriers):
        yield with_crc(delta_to_list(PutCarrier(id, ledger.carriers[id])))


def ledger_to_dict(ledger: Ledger) -> dict[str, Any]:
    """The whole ledger as one JSON object for display: the header, `objects` by kind and key, `carriers` by id."""
    return {
        **header_of(ledger),
        "objects": {
            kind: {key: entry_to_dict(entry) for key, entry in sorted(ledger.objects[kind].items())}
            for kind in sorted(ledger.objects)
        },
        "carriers": {str(id): carrier_to_dict(ledger.carriers[id]) for id in sorted(ledger.carriers)},
    }


def ledger_from_lines(data: bytes, name: str = "ledger", only: KindName | None = None) -> Ledger:
    """The ledger in `data`, the bytes of its file; with `only`, at least the objects of that kind.

    Raises LedgerError if it is damaged; `name` is the file's, for the message. Users who edit a ledger by hand remove
    its checksum; then every line must be one that this program could have written.
    """
    beginning = _BEGINNING.match(data)
    if beginning is not None and beginning[1] != FORMAT_VERSION.encode():
        version = beginning[1].decode(errors="replace")
        raise LedgerError(
            f"{name}:1: the ledger has format version {version!r}, and this program reads {FORMAT_VERSION!r}",
            hint="use the version of intime-sync that wrote it, or a newer one",
        )
    end = data.find(b"\n")
    if end < 0 or not data.endswith(b"\n"):
        number = data.count(b"\n") + 1
        raise LedgerError(f"{name}:{number}: the ledger is cut off in the middle of this line", hint=LOST_WITHOUT)
    first = data[:end]
    found = _CHECKSUM.fullmatch(first)
    if found is not None:
        first = found[1] + b"}"
        checksum = sha256(first)
        checksum.update(memoryview(data)[end:])
        if checksum.hexdigest().encode() != found[2]:
            raise _changed_error(data, name)
    elif b'"checksum":' in first:
        # A name only: within a string, JSON writes its quotes with backslashes. A damaged name is an unknown one.
        raise _changed_error(data, name)
    with collector_paused():
        ledger = _read_header(first, name, has_checksum=found is not None)
        if found is None:
            _read_lines(data, end + 1, name, ledger)
        else:
            _read_sections(data, end + 1, name, ledger, only)
        return ledger


def _read_header(first: bytes, name: str, *, has_checksum: bool) -> Ledger:
    try:
        header = of_type(dict, parse(first))
        if header["format_version"] != FORMAT_VERSION:
            raise ValueError(header)
        check_names(header, "format_version", "lineage", "serial", "account", "digest_key")
        ledger = Ledger(
            lineage=of_type(str, header["lineage"]),
            serial=of_type(int, header["serial"]),
            account=account_from_dict(header["account"]),
            digest_key=bytes.fromhex(header.get("digest_key", "")).hex(),
        )
        if not has_checksum:
            check_header(ledger)
    except UNREADABLE as error:
        raise unreadable_error(f"{name}:1", error, has_checksum=has_checksum) from None
    return ledger


def unreadable_error(place: str, error: Exception, *, has_checksum: bool) -> LedgerError:
    """The error for a ledger that cannot be read at `place`, because of `error`."""
    if isinstance(error, UnknownName) and has_checksum:
        return LedgerError(
            f"{place}: the ledger holds `{error}`, which this version of intime-sync does not know",
            hint="use the version that wrote it, or a newer one",
        )
    why = f": it holds `{error}`, which is no part of one" if isinstance(error, UnknownName) else ""
    return LedgerError(f"{place}: the ledger is not readable as one{why}", hint=LOST_WITHOUT)


def _changed_error(data: bytes, name: str) -> LedgerError:
    """The error for a ledger whose checksum is wrong; it names the first line that was changed, if one is found."""
    number, what = 1, "the checksum does not match: the header was changed, or lines were removed"
    last: tuple[Any, ...] = ()
    for at, line in enumerate(data.split(b"\n")[1:-1], 2):
        try:
            place = _sort_key(without_crc(line))
        except UNREADABLE:
            place = None
        if place is None or place <= last:
            number = at
            what = (
                "the line is not as it was written" if place is None else "the line is doubled or in another's place"
            )
            break
        last = place
    return LedgerError(
        f"{name}:{number}: the ledger is not as it was written: {what}",
        hint="restore it from a copy. If somebody edited it by hand, and it is right, remove "
        "`checksum` from its first line, and the comma before it",
    )


def _sort_key(body: bytes | None) -> tuple[Any, ...] | None:
    """The position of a line in the order of lines; None if it is not a line of a ledger."""
    match None if body is None else parse(body):
        case ["put", str() as kind, str() as key, _]:
            return (0, kind, key)
        case ["put-carrier", int() as id, _]:
            return (1, id)
    return None


def _read_lines(data: bytes, start: int, name: str, ledger: Ledger) -> None:
    """Read and check each line of a ledger without a checksum. CRCs are ignored, since lines may have been edited."""
    for number, line in enumerate(data[start:].split(b"\n")[:-1], 2):
        try:
            delta = delta_from_list(parse(ignoring_crc(line)))
            check_delta(delta)
            if isinstance(delta, DropEntry | DropCarrier):
                raise ValueError(line)
        except UNREADABLE as error:
            raise unreadable_error(f"{name}:{number}", error, has_checksum=False) from None
        if delta.key in ledger.of(delta.kind) if isinstance(delta, PutEntry) else delta.id in ledger.carriers:
            raise LedgerError(f"{name}:{number}: the object of this line is in the ledger twice", hint=LOST_WITHOUT)
        ledger.record(delta)


def _read_sections(data: bytes, position: int, name: str, ledger: Ledger, only: KindName | None) -> None:
    """Read the lines of each kind together. The checksum was right, so the lines are sorted."""
    while position < len(data):
        start = position
        section = _SECTION.match(data, start)
        try:
            if section is None:
                raise UnknownName(data[start : start + 20].decode(errors="replace"))
            # A line feed is never part of JSON text here, so what follows it is the beginning of a line.
            last = data.rfind(b"\n" + section[0], start - 1)
            position = data.find(b"\n", last + 1) + 1
            kind = None if section[1] is None else KindName(section[1].decode())
            if kind is not None and only not in (None, kind):
                continue
            columns = _columns(data, start, position, section[0])
            if kind is None:
                ledger.carriers = _carriers(columns)
            else:
                ledger.objects[kind] = _entries(kind, columns)
        except UNREADABLE as error:
            number = data.count(b"\n", 0, start) + 1
            raise unreadable_error(f"{name}:{number}", error, has_checksum=True) from None


_Columns: TypeAlias = Iterator[tuple[list[Any], list[Any]]]


def _columns(data: bytes, position: int, end: int, prefix: bytes) -> _Columns:
    """The keys and values in the lines from `position` to `end`, in parts; the lines begin with `prefix`."""
    while position < end:
        cut = data.find(b"\n", min(position + _PART, end - 1))
        if not data.startswith(prefix, position):
            raise ValueError(prefix)
        # All keys, values and CRCs are parsed as one flat array, which is faster than an array for each line.
        flat = parse(b"[" + data[position + len(prefix) : cut].replace(b"]\n" + prefix, b","))
        if len(flat) % 3:
            raise ValueError(prefix)
        yield flat[::3], flat[1::3]
        position = cut + 1


def _carriers(columns: _Columns) -> dict[RemoteId, Carrier]:
    pairs = [pair for part in columns for pair in zip(*part, strict=True)]
    carriers = {RemoteId(of_type(int, id)): carrier_from_dict(raw) for id, raw in pairs}
    if len(carriers) != len(pairs):
        raise ValueError("a carrier is there twice")
    return carriers


def _entries(kind: KindName, columns: _Columns) -> MutableMapping[str, Entry]:
    contacts = _ContactColumns()
    others: dict[str, Entry] = {}
    count = 0
    for keys, raw in columns:
        count += len(keys)
        if {*map(type, keys)} != {str} or {*map(type, raw)} != {dict}:
            raise TypeError(kind)
        if kind == CONTACTS.name:
            contacts.add(keys, raw)
        else:
            others.update(zip(keys, map(entry_from_dict, raw), strict=True))
    entries = contacts.entries() if kind == CONTACTS.name else others
    if len(entries) != count:
        raise ValueError("a key is there twice")
    return entries


class _ContactColumns:
    """Collects the entries of contacts, nearly all of them in columns, since there may be very many."""

    def __init__(self) -> None:
        self._keys: list[str] = []
        self._lines: list[str] = []
        self._ids, self._carriers = array("q"), array("q")
        self._others: dict[str, Entry] = {}

    def add(self, keys: Sequence[str], raw: Sequence[dict[str, Any]]) -> None:
        """Add entries, given as JSON; `keys` has their keys in the same order."""
        usual = [len(entry) == 3 and "carrier" in entry and "id" in entry for entry in raw]
        entries = raw if all(usual) else [*compress(raw, usual)]
        attributes, ids, carriers = ([*map(itemgetter(name), entries)] for name in ("attributes", "id", "carrier"))
        lines = lines_of_attributes(attributes)
        if lines is None or {*map(type, ids), *map(type, carriers)} != {int}:
            usual = [False] * len(raw)
        else:
            self._keys += compress(keys, usual)
            self._lines += lines
            self._ids.extend(ids)
            self._carriers.extend(carriers)
        if not all(usual):
            odd = [*map(not_, usual)]
            self._others.update(zip(compress(keys, odd), map(entry_from_dict, compress(raw, odd)), strict=True))

    def entries(self) -> LedgerTable:
        """All entries that were added."""
        return LedgerTable(ContactTable(self._keys, self._lines), self._ids, self._carriers, self._others)
