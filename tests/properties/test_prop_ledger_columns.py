"""A ledger that is read in parts or kept as columns is the ledger that its JSON spells."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_ledgers import CONTACT, LEDGERS, MANY

from intime_sync.bulk.ledger_table import LedgerTable
from intime_sync.errors import LedgerError
from intime_sync.ledgers import codec
from intime_sync.ledgers.codec import ledger_from_json, ledger_to_json
from intime_sync.ledgers.parts import entry_from_dict
from intime_sync.model.ledger import Ledger
from intime_sync.model.resource import KindName

NEVER = 1 << 60
PARTS = st.sampled_from([1, 30, 100, 400, NEVER])
"""About how many bytes of contacts are read at once."""

HEAD = '{"format_version": "1", "lineage": "x", "serial": 1, "account": null, "carriers": {}, '


def in_parts(data: bytes, part: int) -> Ledger:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "_PART", part)
        # What may stand in a ledger without a checksum is another matter: see test_ledger_shapes.
        patch.setattr(codec, "check_ledger", lambda _ledger: None)
        return ledger_from_json(data)


def text_of(ledger: Ledger) -> str:
    return "".join(ledger_to_json(ledger))


def exactly(ledger: Ledger) -> str:
    """What it says with the types of its values (to Python, true is 1), but for the order of fields."""
    return json.dumps(by_hand(ledger), sort_keys=True)


def by_hand(ledger: Ledger) -> Any:
    """Its JSON as somebody leaves it who edited it: without the checksum."""
    raw = json.loads(text_of(ledger))
    del raw["checksum"]
    return raw


def assert_the_same(read: Ledger, expected: Ledger) -> None:
    assert read == expected
    assert list(read.objects) == sorted(expected.objects)
    assert exactly(read) == exactly(expected)


@settings(max_examples=250)
@given(MANY | LEDGERS, PARTS)
def test_in_parts_or_whole_it_is_the_ledger_that_was_written(ledger: Ledger, part: int) -> None:
    assert_the_same(in_parts(text_of(ledger).encode(), part), ledger)


@settings(max_examples=150)
@given(MANY, PARTS, st.sampled_from([None, 1, 2, 3, 4, 8, "\t"]), st.booleans())
def test_indented_otherwise_it_is_the_same(ledger: Ledger, part: int, indent: int | str | None, order: bool) -> None:
    ledger.objects = {kind: entries for kind, entries in ledger.objects.items() if kind == CONTACT}
    text = json.dumps(by_hand(ledger), indent=indent, sort_keys=order)
    assert in_parts(text.encode(), part) == ledger


def usual(id: int, name: str = "Anna") -> dict[str, Any]:
    return {"id": id, "carrier": 7, "attributes": {"type": "sms", "firstname": name, "groups": []}}


def test_usual_contacts_are_columns() -> None:
    """Or else everything above would hold for entries that are no columns alone."""
    raw = {str(id): usual(id) for id in range(9)} | {"odd": {"attributes": {"type": "sms"}}}
    data = f'{HEAD} "objects": {json.dumps({"contact": raw})}}}'.encode()
    written = text_of(in_parts(data, NEVER)).encode()
    for text, part in ((data, NEVER), (written, 200)):
        contacts = in_parts(text, part).objects[CONTACT]
        assert isinstance(contacts, LedgerTable)
        assert len(contacts.usual.keys) == 9
        assert len(contacts.others) == 1


def lines(*members: tuple[str, object]) -> str:
    """Contacts as the program writes them, a line each; a key may come twice."""
    return ",\n".join(f"      {json.dumps(key)}: {json.dumps(value)}" for key, value in members)


SOME = lines(*((f"k{at}", usual(at)) for at in range(6)))
AGAIN = lines(("k0", usual(1)), ("k1", usual(2)), ("k2", usual(3)), ("k0", usual(4, "Bo")))


def objects(text: str) -> str:
    return f'{HEAD}"objects": {{{text}}}}}'


def section(text: str) -> str:
    """Contacts where the program writes them."""
    return f'\n    "contact": {{\n{text}\n    }}'


SECTION = section(SOME)
CRAFTED = {
    "somewhere else": f'{HEAD}"note": {{{SECTION}\n}}, "objects": {{"contact": {{}}}}}}',
    "somewhere else, and none here": f'{HEAD}"note": {{{SECTION}\n}}, "objects": {{}}}}',
    "behind it all": f'{HEAD}"objects": {{"contact": {{}}}}, "more": {{{SECTION}}}}}',
    "twice, the last empty": objects(f'{SECTION},\n    "contact": {{}}'),
    "twice, the first empty": objects(f'"contact": {{}},{SECTION}\n  '),
    "twice, both full": objects(f"{SECTION},{section(AGAIN)}"),
    "objects twice": f'{HEAD}"objects": {{{SECTION}\n  }}, "objects": {{"contact": {{}}}}}}',
    "objects twice, the last full": f'{HEAD}"objects": {{"contact": {{}}}}, "objects": {{{SECTION}\n  }}}}',
    "a key twice": objects(section(AGAIN)),
    "a comma too many": objects(section(f"{SOME},\n    ")),
    "a comma too many and a line": objects(section(f"{SOME},\n")),
    "a comma too early": objects(section(f",\n{SOME}")),
    "two commas": objects(section(f"{SOME},\n,\n{SOME}")),
    "closed earlier": objects(section(f'{SOME} }},\n "group": {{"g": {{"attributes": {{"name": "g"}}') + "}"),
    "the end inside a contact": objects(section(f'{SOME},\n "z": {{"attributes": {{"a": 1\n    }}}}')),
    "a wrong entry behind": objects(section(f'{SOME},\n      "z": []')),
    "text for an entry": objects(section(f'{SOME},\n      "z": "abc"')),
    "an entry without attributes": objects(section(f'{SOME},\n      "z": {{"id": 1}}')),
    "UTF-16": objects(SECTION),
}


def entries_of(data: bytes, part: int) -> object:
    try:
        return {kind: dict(entries.items()) for kind, entries in in_parts(data, part).objects.items()}
    except LedgerError:
        return None


def spelled(data: bytes) -> object:
    """What the standard library makes of it; nothing, where it has names that no ledger has."""
    try:
        top = json.loads(data)
        raw = top["objects"]
        if top.keys() & {"note", "more"}:
            return None
        return {kind: {key: entry_from_dict(one) for key, one in entries.items()} for kind, entries in raw.items()}
    except (ValueError, AttributeError, TypeError, KeyError):
        return None


@pytest.mark.parametrize("name", CRAFTED)
@pytest.mark.parametrize("part", [1, 60, 90, 150, 250, NEVER])
def test_json_that_only_looks_as_if_written_by_the_program_is_read_for_what_it_says(name: str, part: int) -> None:
    data = CRAFTED[name].encode("utf-16" if name == "UTF-16" else "utf-8")
    assert entries_of(data, part) == spelled(data)


ODD_NUMBERS = ["true", "null", '"5"', "1.5", "NaN", "-1", str(2**63), str(2**64), str(2**70), "1e400", "[]"]


@pytest.mark.parametrize("number", ODD_NUMBERS)
@pytest.mark.parametrize("field", ["id", "carrier"])
def test_a_number_is_never_another_one(number: str, field: str) -> None:
    entry = json.dumps(usual(1) | {field: "HERE"}).replace('"HERE"', number)
    data = f'{HEAD}"objects": {{"contact": {{"a": {entry}, "b": {json.dumps(usual(2))}}}}}}}'.encode()
    try:
        read = in_parts(data, NEVER).objects[CONTACT]["a"]
    except LedgerError:
        return
    expected = json.loads(number)
    found = read.remote_id if field == "id" else read.carrier
    assert repr(found) == repr(expected)


HOSTILE = [
    "[]",
    "null",
    '"x"',
    '{"contact": []}',
    '{"contact": null}',
    '{"contact": {"a": null}}',
    '{"contact": {"a": ["id", "carrier", "attributes"]}}',
    '{"contact": {"a": {"id": 1, "carrier": 2, "attributes": "abc"}}}',
    '{"contact": {"a": {"id": 1, "carrier": 2, "attributes": []}}}',
    '{"contact": {"a": {"id": 1, "carrier": 2, "attributes": null}}}',
    '{"contact": {"a": {"id": 1, "carrier": 2, "other": {}}}}',
]


@pytest.mark.parametrize("objects", HOSTILE)
def test_a_ledger_that_is_none_is_refused_and_nothing_worse(objects: str) -> None:
    with pytest.raises(LedgerError):
        ledger_from_json(f'{HEAD}"objects": {objects}}}'.encode())


NAMED = '"attributes": {"name": "g"}'
UNWRITABLE = [
    '{"attributes": "abc"}',
    '{"attributes": {"nbme": "g"}}',
    f'{{{NAMED}, "options": "abc"}}',
    f'{{{NAMED}, "protect": "yes"}}',
    f'{{{NAMED}, "id": "5"}}',
    f'{{{NAMED}, "dispatch": {{"ids": 5}}}}',
]


@pytest.mark.parametrize("entry", UNWRITABLE)
def test_what_no_ledger_of_this_program_holds_is_refused(entry: str) -> None:
    contacts = json.dumps({str(id): usual(id) for id in range(9)})
    data = f'{HEAD}"objects": {{"group": {{"g": {entry}}}, "contact": {contacts}}}}}'.encode()
    assert ledger_from_json(data.replace(entry.encode(), f"{{{NAMED}}}".encode())).of(KindName("group"))
    with pytest.raises(LedgerError):
        ledger_from_json(data)
