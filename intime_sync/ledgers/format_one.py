"""Reads what earlier versions wrote: ledgers that are one JSON object, and journals whose entries had other names.

Nothing here writes: the next save writes the ledger in the current format.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

from intime_sync.bulk.gc_tuning import collector_paused
from intime_sync.errors import LedgerError
from intime_sync.ledgers.checked_json import UNREADABLE, parse
from intime_sync.ledgers.lines import LOST_WITHOUT, unreadable_error
from intime_sync.ledgers.parts import account_from_dict, carrier_from_dict, entry_from_dict
from intime_sync.ledgers.shapes import as_id, check_delta, check_header, check_names, of_type
from intime_sync.model.ledger import Ledger, PutCarrier, PutEntry
from intime_sync.model.resource import KindName, RemoteId

_CHECKSUM = b'\n  "checksum": "sha256:'
_CHECKSUM_LINE = re.compile(rb'  "checksum": "sha256:([0-9a-f]{64})"\n\}\n')
_TAIL = 120


def ledger_from_json(data: bytes, name: str = "ledger") -> Ledger:
    """The ledger in `data`, which is one JSON object. Raises LedgerError if it is damaged; `name` is for the message.

    The earliest versions wrote no checksum, and users who edited a ledger by hand removed it. A ledger without
    checksum must be one that this program could have written.
    """
    has_checksum = _has_checksum(data, name)
    try:
        with collector_paused():
            ledger = _from_dict(of_type(dict, parse(data)), name)
            if not has_checksum:
                check_header(ledger)
                for kind, entries in ledger.objects.items():
                    for key, entry in entries.items():
                        check_delta(PutEntry(kind, key, entry))
                for id, carrier in ledger.carriers.items():
                    check_delta(PutCarrier(id, carrier))
            return ledger
    except UNREADABLE as error:
        raise unreadable_error(name, error, has_checksum=has_checksum) from None


def _has_checksum(data: bytes, name: str) -> bool:
    """Whether `data` has a checksum. Raises LedgerError if the checksum is wrong or damaged."""
    end = data[-_TAIL:]
    if b"checksum" not in end and b"sha256:" not in end:
        return False
    start = data.rfind(_CHECKSUM)
    found = _CHECKSUM_LINE.fullmatch(data, start + 1) if start >= 0 else None
    if found is not None and found[1].decode() == sha256(memoryview(data)[: start + 1]).hexdigest():
        return True
    raise LedgerError(
        f"{name}: the ledger is not as it was written: its checksum does not match",
        hint="restore it from a copy. If somebody edited it by hand, and it is right, remove the line "
        '"checksum" and the comma before it',
    )


def _from_dict(raw: dict[str, Any], name: str) -> Ledger:
    if raw["format_version"] != "1":
        raise LedgerError(f"{name}: the ledger is not readable as one", hint=LOST_WITHOUT)
    check_names(
        raw, "format_version", "lineage", "serial", "digest_key", "account", "objects", "carriers", "checksum"
    )
    return Ledger(
        lineage=of_type(str, raw["lineage"]),
        serial=of_type(int, raw["serial"]),
        account=account_from_dict(raw["account"]),
        objects={
            KindName(kind): {key: entry_from_dict(_entry_of_today(entry)) for key, entry in entries.items()}
            for kind, entries in raw["objects"].items()
        },
        carriers={RemoteId(as_id(id)): carrier_from_dict(carrier) for id, carrier in raw["carriers"].items()},
        digest_key=bytes.fromhex(raw.get("digest_key", "")).hex(),
    )


def _entry_of_today(raw: dict[str, Any]) -> dict[str, Any]:
    """An entry in the current format: `surplus` and `audience` were options before."""
    options = of_type(dict, raw.get("options", {}))
    if options.keys().isdisjoint({"surplus", "members", "readers"}):
        return raw
    if "surplus" in raw or "audience" in raw:
        raise ValueError(raw)
    left = {name: value for name, value in options.items() if name not in ("surplus", "members", "readers")}
    return {**raw, **_moved(options), "options": left}


def _moved(options: dict[str, Any]) -> dict[str, Any]:
    moved: dict[str, Any] = {"surplus": options["surplus"]} if "surplus" in options else {}
    if not options.keys().isdisjoint({"members", "readers"}):
        moved["audience"] = {name: options[name] for name in ("members", "readers")}
    return moved


def journal_line_of_today(line: dict[str, Any]) -> dict[str, Any]:
    """A line of a journal in the current format."""
    detail = line.get("detail")
    if isinstance(detail, dict) and "options" in detail:
        # Only the intents of messages had options: the digests of who was in their groups.
        check_names(detail["options"], "members", "readers")
        moved = {"audience": None, **_moved(detail["options"])}
        rest = {name: value for name, value in detail.items() if name != "options"}
        return {**line, "detail": {**rest, **moved}}
    if "deltas" in line:
        return {**line, "deltas": [_delta_of_today(raw) for raw in of_type(list, line["deltas"])]}
    return line


def _delta_of_today(raw: Any) -> Any:
    match raw:
        case ["put", kind, key, dict() as entry]:
            return ["put", kind, key, _entry_of_today(entry)]
    return raw
