"""The parts of a ledger to and from JSON: accounts, entries, carriers, deltas and intents.

Default values are left out. The functions that read raise one of `checked_json.UNREADABLE`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, assert_never

from intime_sync.ledgers.shapes import LARGEST_ID, check_names, of_type
from intime_sync.model.ledger import (
    AccountRef,
    AudienceDigests,
    Carrier,
    Delta,
    Dispatch,
    DropCarrier,
    DropEntry,
    Entry,
    Intent,
    PutCarrier,
    PutEntry,
)
from intime_sync.model.resource import KindName, RemoteId


def _id_or_none(value: Any) -> RemoteId | None:
    return None if value is None else _id(value)


def _id(value: Any) -> RemoteId:
    if abs(of_type(int, value)) > LARGEST_ID:
        raise ValueError(value)
    return RemoteId(value)


def account_from_dict(raw: Any) -> AccountRef | None:
    """The account that a ledger or a journal is about."""
    if raw is None:
        return None
    check_names(raw, "url", "user", "owner")
    return AccountRef(*(of_type(str, raw[name]) for name in ("url", "user", "owner")))


def account_to_dict(account: AccountRef) -> dict[str, str]:
    return {"url": account.url, "user": account.user, "owner": account.owner}


def entry_to_dict(entry: Entry) -> dict[str, Any]:
    """An entry as JSON."""
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
    if entry.listed_as:
        raw["listed_as"] = entry.listed_as
    if entry.refused:
        raw["refused"] = True
    if entry.awaited is not None:
        raw["awaited"] = entry.awaited
    if entry.surplus:
        raw["surplus"] = True
    if entry.audience is not None:
        raw["audience"] = {"members": entry.audience.members, "readers": entry.audience.readers}
    raw["attributes"] = dict(entry.attributes)
    return raw


def entry_from_dict(raw: dict[str, Any]) -> Entry:
    """The reverse of `entry_to_dict`."""
    check_names(
        raw,
        "attributes",
        "id",
        "protect",
        "options",
        "carrier",
        "unknown",
        "dispatch",
        "listed_as",
        "refused",
        "awaited",
        "surplus",
        "audience",
    )
    return Entry(
        of_type(dict, raw["attributes"]),
        _id_or_none(raw.get("id")),
        of_type(bool, raw.get("protect", False)),
        of_type(dict, raw.get("options", {})),
        _id_or_none(raw.get("carrier")),
        of_type(bool, raw.get("unknown", False)),
        dispatch_from_dict(raw["dispatch"]) if "dispatch" in raw else None,
        of_type(str, raw.get("listed_as", "")),
        of_type(bool, raw.get("refused", False)),
        None if "awaited" not in raw else _aware(raw["awaited"]),
        of_type(bool, raw.get("surplus", False)),
        _audience(raw["audience"]) if "audience" in raw else None,
    )


def _audience(raw: Any) -> AudienceDigests:
    check_names(raw, "members", "readers")
    return AudienceDigests(of_type(str, raw["members"]), of_type(str, raw["readers"]))


def _aware(raw: Any) -> str:
    """The ISO time in `raw`. Raises ValueError or TypeError if it is none, or has no offset to UTC."""
    time = datetime.fromisoformat(raw)
    if time.tzinfo is None:
        raise ValueError(raw)
    return time.isoformat()


def dispatch_to_dict(dispatch: Dispatch) -> dict[str, Any]:
    """A dispatch as JSON."""
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
    check_names(raw, "ids", "groups", "cancelling", "asked", "since", "earlier")
    return Dispatch(
        _ids(raw["ids"]),
        _group_ids(raw.get("groups", {})),
        of_type(bool, raw.get("cancelling", False)),
        frozenset(_ids(raw.get("asked", []))),
        None if "since" not in raw else datetime.fromisoformat(raw["since"]).isoformat(),
        _ids(raw.get("earlier", [])),
    )


def _ids(raw: list[Any]) -> tuple[RemoteId, ...]:
    return tuple(_id(id) for id in of_type(list, raw))


def _group_ids(raw: Any) -> dict[str, RemoteId]:
    return {name: _id(id) for name, id in of_type(dict, raw).items()}


def carrier_to_dict(carrier: Carrier) -> dict[str, Any]:
    """A carrier as JSON."""
    raw: dict[str, Any] = {"name": carrier.name, "groups": dict(carrier.groups)}
    if carrier.copies:
        raw["copies"] = dict(carrier.copies)
    if carrier.going:
        raw["going"] = True
    return raw


def carrier_from_dict(raw: dict[str, Any]) -> Carrier:
    """The reverse of `carrier_to_dict`."""
    check_names(raw, "name", "groups", "copies", "going")
    copies = {key: _id_or_none(id) for key, id in of_type(dict, raw.get("copies", {})).items()}
    going = of_type(bool, raw.get("going", False))
    return Carrier(of_type(str, raw["name"]), _group_ids(raw["groups"]), copies, going)


def delta_to_list(delta: Delta) -> list[Any]:
    """A delta as a JSON array that starts with its verb."""
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
    """The reverse of `delta_to_list`."""
    match raw:
        case ["put", str() as kind, str() as key, dict() as entry]:
            return PutEntry(KindName(kind), key, entry_from_dict(entry))
        case ["drop", str() as kind, str() as key]:
            return DropEntry(KindName(kind), key)
        case ["put-carrier", int() as id, dict() as carrier]:
            return PutCarrier(_id(id), carrier_from_dict(carrier))
        case ["drop-carrier", int() as id]:
            return DropCarrier(_id(id))
        case _:
            raise ValueError(raw)


def intent_to_dict(intent: Intent) -> dict[str, Any]:
    """An intent as JSON."""
    return {
        "intent": intent.number,
        "operation": intent.operation,
        "kind": intent.kind,
        "keys": list(intent.keys),
        "detail": dict(intent.detail),
    }


def intent_from_dict(raw: dict[str, Any]) -> Intent:
    """The reverse of `intent_to_dict`."""
    check_names(raw, "intent", "operation", "kind", "keys", "detail")
    return Intent(
        of_type(int, raw["intent"]),
        of_type(str, raw["operation"]),
        KindName(of_type(str, raw["kind"])),
        tuple(of_type(str, key) for key in of_type(list, raw["keys"])),
        of_type(dict, raw["detail"]),
    )
