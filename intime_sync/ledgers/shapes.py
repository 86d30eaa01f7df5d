"""Checks of ledgers and journals without a checksum: this program could have written every part of them.

Earlier versions wrote no checksums, and users who edit a ledger by hand remove it. Damage is refused here, so that it
cannot cause an error in the middle of a run. Changed digits and letters inside a value cannot be noticed this way.

All functions raise one of `checked_json.UNREADABLE` for what does not fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from intime_sync.bulk.lines import TYPES, from_line, lines_of_attributes
from intime_sync.kinds.base import ListedKind, WireContext
from intime_sync.kinds.fields import Field, FieldType
from intime_sync.kinds.registry import BY_NAME, CONTACTS, GROUPS, LISTED, MESSAGES
from intime_sync.model.ledger import Carrier, Delta, Dispatch, DropEntry, Entry, Intent, Ledger, PutCarrier, PutEntry
from intime_sync.model.resource import Attributes, KindName
from intime_sync.service.text import forbidden_character

T = TypeVar("T")

LARGEST_ID: Final = 2**63 - 1
"""The largest absolute value of an id that every part of this program can keep."""

_UTC: Final = ZoneInfo("UTC")
_LISTED: Final = frozenset(kind.name for kind in LISTED)

# The operations of intents, each with the kinds that it can be about.
OPERATIONS: Final[Mapping[str, frozenset[KindName]]] = {
    "create": _LISTED,
    "update": _LISTED,
    "remove": _LISTED,
    "remove-duplicates": _LISTED,
    "make-carriers": frozenset({GROUPS.name}),
    "remove-carriers": frozenset({GROUPS.name}),
    "add": frozenset({CONTACTS.name}),
    "append": frozenset({CONTACTS.name}),
    "send-message": frozenset({MESSAGES.name}),
    "cancel-message": frozenset({MESSAGES.name}),
}
_BY_ID: Final = frozenset({"remove-carriers", "remove-duplicates"})
_DETAILS: Final[Mapping[str, frozenset[str]]] = {
    "create": frozenset({"objects", "before"}),
    "add": frozenset({"carriers", "reach"}),
    "append": frozenset({"objects"}),
    "send-message": frozenset({"object", "protect", "audience", "groups", "since", "earlier"}),
    "cancel-message": frozenset({"ids"}),
}


def of_type(kind: type[T], value: Any) -> T:
    """`value`, if its type is exactly `kind`; otherwise raises TypeError."""
    if type(value) is not kind:
        raise TypeError(value)
    return value


def check_names(raw: Mapping[str, Any], *names: str) -> None:
    """Raises TypeError if `raw` is not a dict, and UnknownName if it has another key than `names`."""
    for name in of_type(dict, raw):
        if name not in names:
            raise UnknownName(name)


class UnknownName(ValueError):
    """A part of a ledger that this version of the program does not know."""


def check_header(ledger: Ledger) -> None:
    """Check the ledger's lineage, serial and account."""
    if not ledger.lineage or ledger.serial < 0:
        raise ValueError(ledger.lineage)
    account = ledger.account
    _check_texts([ledger.lineage, *([account.url, account.user, account.owner] if account else [])])


def check_delta(delta: Delta) -> None:
    """Check a delta."""
    match delta:
        case PutEntry(kind, key, entry):
            check_entry(kind, key, entry)
        case DropEntry(kind, _):
            BY_NAME[kind]
        case PutCarrier(_, carrier):
            _check_carrier(carrier)


def check_intent(intent: Intent) -> None:
    """Check an intent and its detail."""
    operation, detail = intent.operation, intent.detail
    if intent.kind not in OPERATIONS[operation] or intent.number < 1:
        raise ValueError(intent)
    _check_texts(intent.keys)
    for key in intent.keys if operation in _BY_ID else ():
        as_id(key)
    wanted = _DETAILS.get(operation, frozenset())
    # Recovery needs the whole detail of a message; for other kinds, earlier versions wrote less.
    if not detail.keys() <= wanted or (operation == "send-message" and detail.keys() != wanted):
        raise ValueError(detail)
    for name, value in detail.items():
        _DETAIL_CHECKS[name](value)
    objects = detail.get("objects")
    if isinstance(objects, list):
        if len(objects) != len(intent.keys):
            raise ValueError(objects)
        for key, attributes in zip(intent.keys, objects, strict=True):
            check_entry(intent.kind, key, Entry(of_type(dict, attributes)))
    if "object" in detail:
        for key in intent.keys:
            check_entry(intent.kind, key, Entry(of_type(dict, detail["object"])))


def check_entry(kind: KindName, key: str, entry: Entry) -> None:
    """Check an entry: its kind can make requests of it, compare it and show it."""
    of = BY_NAME[kind]
    _check_texts([key, entry.listed_as])
    attributes = entry.attributes
    _check_fields(attributes, of.spec.fields)
    if of is CONTACTS:
        lines = lines_of_attributes([attributes])
        if lines is None:
            raise ValueError(attributes)
        _check_lines(lines)
    elif of is MESSAGES:
        _check_time(attributes["send_at"])
        _ = attributes["body"], attributes["sender"]
        MESSAGES.parts(attributes)
    elif isinstance(of, ListedKind):
        if "at" in attributes:
            _check_time(attributes["at"])
        hash(of.identity_of(attributes))
        of.is_past(attributes, datetime.now(_UTC), _UTC)
        of.create_request([attributes], WireContext())
    _check_options(entry.options)
    if entry.audience is not None:
        _check_texts([entry.audience.members, entry.audience.readers])
    if entry.dispatch is not None:
        _check_dispatch(entry.dispatch)


def as_id(text: str) -> int:
    """The id in `text`, which must be spelled as this program spells it."""
    number = int(text)
    if str(number) != text or abs(number) > LARGEST_ID:
        raise ValueError(text)
    return number


def check_since(text: str) -> None:
    """Check an ISO time; it needs an offset to UTC, so that it can be compared with the time of a receipt."""
    if datetime.fromisoformat(of_type(str, text)).tzinfo is None:
        raise ValueError(text)


def _check_lines(lines: Iterable[str]) -> None:
    """Check contacts that are given as lines; see `bulk.lines`."""
    for line in lines:
        contact = from_line(line)
        if contact.type not in TYPES:
            raise ValueError(line)
        _check_texts([*filter(None, contact[1:6]), *contact.groups])


def _check_options(options: Any) -> None:
    """Check what the configuration says about a removal."""
    check_names(options, "on_delete")
    _check_texts(options.values())


def _check_audience(audience: Any) -> None:
    """Check the digests of the people in a message's groups."""
    if audience is not None:
        check_names(audience, "members", "readers")
        _check_texts([audience["members"], audience["readers"]])


def _check_carrier(carrier: Carrier) -> None:
    _check_texts([carrier.name, *carrier.groups, *carrier.copies])


def _check_dispatch(dispatch: Dispatch) -> None:
    _check_texts(dispatch.groups)
    if dispatch.since is not None:
        check_since(dispatch.since)


def _check_time(wall: Any) -> None:
    """Check a wall time: ISO format, to the minute."""
    if datetime.fromisoformat(of_type(str, wall)).isoformat(timespec="minutes") != wall:
        raise ValueError(wall)


def _check_texts(texts: Iterable[Any]) -> None:
    """Check that a request can carry the texts."""
    for text in texts:
        if forbidden_character(of_type(str, text), newlines=True) is not None:
            raise ValueError(text)


def _check_fields(attributes: Attributes, fields: Iterable[Field]) -> None:
    by_name = {field.name: field for field in fields}
    for name, value in of_type(dict, attributes).items():
        if name == "mobile" and name not in by_name:
            _check_texts([value])  # looked up for a recipient that is a contact, so it is no field
        else:
            _check_field(by_name[name], value)


def _check_field(field: Field, value: Any) -> None:
    match field.type:
        case FieldType.BOOLEAN:
            of_type(bool, value)
        case FieldType.INTEGER:
            of_type(int, value)
        case FieldType.LIST:
            if field.items is None:
                raise AssertionError(field)
            for item in of_type(list, value):
                _check_field(field.items, item)
        case FieldType.OBJECT:
            _check_fields(value, field.fields)
        case FieldType.ONE_OF:
            is_object = type(value) is dict
            _check_field(next(form for form in field.forms if (form.type is FieldType.OBJECT) is is_object), value)
        case _:
            _check_texts([value])


def _check_each(kind: type, values: Any) -> None:
    for value in of_type(list, values):
        of_type(kind, value)


def _check_ids_by_name(groups: Any) -> None:
    for name, id in of_type(dict, groups).items():
        _check_texts([name])
        of_type(int, id)


_DETAIL_CHECKS: Final[Mapping[str, Callable[[Any], object]]] = {
    "objects": partial(_check_each, dict),
    "before": partial(_check_each, int),
    "carriers": partial(_check_each, int),
    "reach": partial(_check_each, str),
    "object": partial(of_type, dict),
    "protect": partial(of_type, bool),
    "audience": _check_audience,
    "groups": _check_ids_by_name,
    "since": check_since,
    "earlier": partial(_check_each, int),
    "ids": partial(_check_each, int),
}
