"""Reads and writes files of ledgers by the documented format, without the code that it tests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any
from zlib import crc32

from intime_sync.ledgers.lines import ledger_to_dict
from intime_sync.model.ledger import Ledger


def read_ledger(path: Path) -> dict[str, Any]:
    """The header's items, and `objects` (entries by kind and key) and `carriers` (by id as text)."""
    header, *lines = map(json.loads, path.read_bytes().splitlines())
    document: dict[str, Any] = {**header, "objects": {}, "carriers": {}}
    for verb, *rest in lines:
        if verb == "put":
            kind, key, entry, _ = rest
            document["objects"].setdefault(kind, {})[key] = entry
        else:
            assert verb == "put-carrier"
            document["carriers"][str(rest[0])] = rest[1]
    return document


def lines_of(document: dict[str, Any]) -> list[list[Any]]:
    """The items of a ledger's lines after the header, without their CRCs."""
    puts = [["put", kind, key, entry] for kind, of in document["objects"].items() for key, entry in of.items()]
    return [*puts, *(["put-carrier", int(id), carrier] for id, carrier in document["carriers"].items())]


def header_of(document: dict[str, Any]) -> dict[str, Any]:
    """What a ledger says of itself, without the checksum."""
    return {name: value for name, value in document.items() if name not in ("objects", "carriers", "checksum")}


def file_of(header: dict[str, Any], lines: Iterable[bytes], *, checksum: bool = True) -> bytes:
    """The bytes of a ledger with these lines, which end in a line feed."""
    first, body = _dump(header), b"".join(lines)
    if checksum:
        total = sha256(first + b"\n" + body).hexdigest()
        first = first[:-1] + f',"checksum":"sha256:{total}"}}'.encode()
    return first + b"\n" + body


def sealed(items: Any) -> bytes:
    """A line of a ledger or a journal with its CRC."""
    body = _dump(items)
    return b'%s,%s"%08x"%s\n' % (body[:-1], b'"crc":' if isinstance(items, dict) else b"", crc32(body), body[-1:])


def unsealed(items: Any) -> bytes:
    """A line as somebody writes it by hand, without a CRC."""
    return _dump(items) + b"\n"


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def earlier_ledger(ledger: Ledger, *, checksum: bool = True) -> bytes:
    """The ledger as earlier versions wrote it: one JSON object in many lines, the last of which has the checksum."""
    document = {**ledger_to_dict(ledger), "format_version": "1"}
    for of in document["objects"].values():
        of.update({key: earlier_entry(entry) for key, entry in of.items()})
    parts = [f'  "{name}": {json.dumps(value, ensure_ascii=False)},\n' for name, value in header_of(document).items()]
    parts += [_earlier_members("objects", {kind: _earlier_object(of) for kind, of in document["objects"].items()})]
    carriers = {key: json.dumps(carrier, ensure_ascii=False) for key, carrier in document["carriers"].items()}
    body = "{\n" + "".join(parts) + _earlier_members("carriers", carriers)
    if not checksum:
        return f"{body[:-2]}\n}}\n".encode()
    return f'{body}  "checksum": "sha256:{sha256(body.encode()).hexdigest()}"\n}}\n'.encode()


def _earlier_members(name: str, members: dict[str, str]) -> str:
    lines = ",\n".join(f"    {json.dumps(key, ensure_ascii=False)}: {text}" for key, text in members.items())
    return f'  "{name}": {{\n{lines}\n  }},\n' if members else f'  "{name}": {{}},\n'


def _earlier_object(entries: dict[str, Any]) -> str:
    lines = ",\n".join(
        f"      {json.dumps(key, ensure_ascii=False)}: {json.dumps(entry, ensure_ascii=False)}"
        for key, entry in entries.items()
    )
    return f"{{\n{lines}\n    }}" if lines else "{}"


def earlier_entry(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry as earlier versions wrote it: what is surplus, and a message's audience, were options."""
    earlier = {name: value for name, value in entry.items() if name not in ("surplus", "audience")}
    moved = {**({"surplus": True} if "surplus" in entry else {}), **entry.get("audience", {})}
    return {**earlier, "options": {**entry.get("options", {}), **moved}} if moved else earlier
