"""Ledgers and deltas as JSON, and back. One object a line, so that a diff of two ledgers can be read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import repeat
from operator import itemgetter
from typing import Any, assert_never

from intime_sync.collector import collector_paused
from intime_sync.errors import LedgerError
from intime_sync.model.bulk import make_all
from intime_sync.model.ledger import (
    NO_OPTIONS,
    AccountRef,
    Carrier,
    Delta,
    Dispatch,
    DropCarrier,
    DropEntry,
    Entry,
    Intent,
    Ledger,
    PutCarrier,
    PutEntry,
)
from intime_sync.model.resource import KindName, RemoteId

FORMAT_VERSION = "1"


def ledger_to_json(ledger: Ledger) -> Iterator[str]:
    """The ledger's text, line by line."""
    account = ledger.account
    yield "{\n"
    yield f'  "format_version": "{FORMAT_VERSION}",\n'
    yield f'  "lineage": {_dump(ledger.lineage)},\n'
    yield f'  "serial": {ledger.serial},\n'
    yield f'  "account": {_dump(None if account is None else _account_to_dict(account))},\n'
    yield '  "objects": {'
    for position, kind in enumerate(sorted(ledger.objects)):
        yield ",\n" if position else "\n"
        yield f"    {_dump(kind)}: {{"
        entries = ledger.objects[kind]
        yield from _lines({key: entry_to_dict(entries[key]) for key in sorted(entries)}, "      ")
        yield "\n    }" if entries else "}"
    yield "\n  },\n" if ledger.objects else "},\n"
    yield '  "carriers": {'
    yield from _lines({str(id): carrier_to_dict(ledger.carriers[id]) for id in sorted(ledger.carriers)}, "    ")
    yield "\n  }\n}\n" if ledger.carriers else "}\n}\n"


def _lines(values: Mapping[str, object], indent: str) -> Iterator[str]:
    for position, (key, value) in enumerate(values.items()):
        yield ",\n" if position else "\n"
        yield f"{indent}{_dump(key)}: {_dump(value)}"


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def ledger_from_json(data: bytes) -> Ledger:
    """The ledger that `data` spells. Raises LedgerError when it is not one."""
    try:
        text = data.decode(json.detect_encoding(data), "surrogatepass")
        del data  # a large ledger should not be in memory three times
        with collector_paused():
            raw = json.loads(text)
            del text
            return _ledger_from_dict(raw)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise LedgerError(
            "the ledger is not readable as one",
            hint="restore it from a copy; without one, remove it: objects are adopted and contacts made again, but "
            "messages that are scheduled would be scheduled a second time",
        ) from None


def _ledger_from_dict(raw: dict[str, Any]) -> Ledger:
    version = raw["format_version"]
    if version != FORMAT_VERSION:
        raise LedgerError(
            f"the ledger has format version {version!r}, and this program reads {FORMAT_VERSION!r}",
            hint="use the version of intime-sync that wrote it, or a newer one",
        )
    account = raw["account"]
    return Ledger(
        lineage=str(raw["lineage"]),
        serial=int(raw["serial"]),
        account=None if account is None else AccountRef(account["url"], account["user"], account["owner"]),
        objects={KindName(kind): _entries(entries) for kind, entries in raw["objects"].items()},
        carriers={RemoteId(int(id)): carrier_from_dict(carrier) for id, carrier in raw["carriers"].items()},
    )


def _entries(raw: dict[str, dict[str, Any]]) -> dict[str, Entry]:
    """All entries of a kind; those of contacts are nearly always alike, and then made at once."""
    values = raw.values()
    if not all(len(entry) == 3 and "carrier" in entry and "id" in entry for entry in values):
        return {key: entry_from_dict(entry) for key, entry in raw.items()}
    attributes, ids, carriers = (map(itemgetter(name), values) for name in ("attributes", "id", "carrier"))
    no, none, options = repeat(False), repeat(None), repeat(NO_OPTIONS)
    columns = (attributes, ids, no, options, carriers, no, none)
    return dict(zip(raw, make_all(Entry, len(raw), columns), strict=True))


def _account_to_dict(account: AccountRef) -> dict[str, str]:
    return {"url": account.url, "user": account.user, "owner": account.owner}


def entry_to_dict(entry: Entry) -> dict[str, Any]:
    """An entry; what has its usual value is left out."""
    raw: dict[str, Any] = {}
    if entry.remote_id is not None:
        raw["id"] = entry.remote_id
    if entry.carrier is not None:
        raw["carrier"] = entry.carrier
    if entry.protect:
        raw["protect"] = True
    if entry.unknown:
        raw["unknown"] = True
    if entry.options:
        raw["options"] = dict(entry.options)
    if entry.dispatch is not None:
        raw["dispatch"] = dispatch_to_dict(entry.dispatch)
    raw["attributes"] = dict(entry.attributes)
    return raw


def entry_from_dict(raw: dict[str, Any]) -> Entry:
    """The reverse of `entry_to_dict`."""
    if len(raw) == 3 and "carrier" in raw and "id" in raw:
        return Entry(raw["attributes"], raw["id"], carrier=raw["carrier"])
    return Entry(
        raw["attributes"],
        raw.get("id"),
        raw.get("protect", False),
        raw.get("options", {}),
        raw.get("carrier"),
        raw.get("unknown", False),
        dispatch_from_dict(raw["dispatch"]) if "dispatch" in raw else None,
    )


def dispatch_to_dict(dispatch: Dispatch) -> dict[str, Any]:
    """What the service holds of a message; what has its usual value is left out."""
    raw: dict[str, Any] = {"ids": list(dispatch.ids)}
    if dispatch.groups:
        raw["groups"] = dict(dispatch.groups)
    if dispatch.cancelling:
        raw["cancelling"] = True
    if dispatch.asked:
        raw["asked"] = sorted(dispatch.asked)
    if dispatch.since is not None:
        raw["since"] = dispatch.since
    if dispatch.earlier:
        raw["earlier"] = list(dispatch.earlier)
    return raw


def dispatch_from_dict(raw: dict[str, Any]) -> Dispatch:
    """The reverse of `dispatch_to_dict`."""
    return Dispatch(
        _ids(raw["ids"]),
        raw.get("groups", {}),
        raw.get("cancelling", False),
        frozenset(_ids(raw.get("asked", ()))),
        raw.get("since"),
        _ids(raw.get("earlier", ())),
    )


def _ids(raw: list[Any]) -> tuple[RemoteId, ...]:
    return tuple(RemoteId(int(id)) for id in raw)


def carrier_to_dict(carrier: Carrier) -> dict[str, Any]:
    """A carrier; what has its usual value is left out."""
    raw: dict[str, Any] = {"name": carrier.name, "groups": dict(carrier.groups)}
    if carrier.copies:
        raw["copies"] = dict(carrier.copies)
    return raw


def carrier_from_dict(raw: dict[str, Any]) -> Carrier:
    """The reverse of `carrier_to_dict`."""
    return Carrier(raw["name"], raw["groups"], raw.get("copies", {}))


def delta_to_list(delta: Delta) -> list[Any]:
    """A delta as a short list that starts with its verb."""
    match delta:
        case PutEntry(kind, key, entry):
            return ["put", kind, key, entry_to_dict(entry)]
        case DropEntry(kind, key):
            return ["drop", kind, key]
        case PutCarrier(id, carrier):
            return ["put-carrier", id, carrier_to_dict(carrier)]
        case DropCarrier(id):
            return ["drop-carrier", id]
    assert_never(delta)


def delta_from_list(raw: list[Any]) -> Delta:
    """The reverse of `delta_to_list`. Raises ValueError, KeyError or TypeError."""
    match raw:
        case ["put", str() as kind, str() as key, dict() as entry]:
            return PutEntry(KindName(kind), key, entry_from_dict(entry))
        case ["drop", str() as kind, str() as key]:
            return DropEntry(KindName(kind), key)
        case ["put-carrier", int() as id, dict() as carrier]:
            return PutCarrier(RemoteId(id), carrier_from_dict(carrier))
        case ["drop-carrier", int() as id]:
            return DropCarrier(RemoteId(id))
        case _:
            raise ValueError(raw)


def intent_to_dict(intent: Intent) -> dict[str, Any]:
    """An intent, as a line of the journal."""
    return {
        "intent": intent.number,
        "operation": intent.operation,
        "kind": intent.kind,
        "keys": list(intent.keys),
        "detail": dict(intent.detail),
    }


def intent_from_dict(raw: dict[str, Any]) -> Intent:
    """The reverse of `intent_to_dict`. Raises KeyError or TypeError."""
    return Intent(raw["intent"], raw["operation"], KindName(raw["kind"]), tuple(raw["keys"]), raw["detail"])
