"""A ledger that is read in parts or kept as columns is the ledger that its lines spell."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ledger_files import file_of, header_of, lines_of, sealed, unsealed
from made_up_ledgers import CONTACT, LEDGERS, MANY

from intime_sync.bulk.ledger_table import LedgerTable
from intime_sync.errors import LedgerError
from intime_sync.ledgers import lines
from intime_sync.ledgers.lines import ledger_from_lines, ledger_to_dict, ledger_to_lines
from intime_sync.model.ledger import AccountRef, Ledger
from intime_sync.model.resource import KindName

NEVER = 1 << 60
PARTS = st.sampled_from([1, 30, 100, 400, NEVER])
"""About how many bytes of contacts are read at once."""

HEADER: dict[str, Any] = {"format_version": "2", "lineage": "x", "serial": 1, "account": None}


def in_parts(data: bytes, part: int) -> Ledger:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_PART", part)
        # What may stand in a ledger without a checksum is another matter: see test_ledger_shapes.
        patch.setattr(lines, "check_header", lambda _ledger: None)
        patch.setattr(lines, "check_delta", lambda _delta: None)
        return ledger_from_lines(data)


def contacts_of(raw: dict[str, Any], part: int = NEVER) -> Any:
    """The contacts of a ledger that has these lines."""
    written = (sealed(["put", "contact", key, entry]) for key, entry in raw.items())
    return in_parts(file_of(HEADER, written), part).of(CONTACT)


def exactly(ledger: Ledger) -> str:
    """What it says with the types of its values (to Python, true is 1), but for the order of fields."""
    return json.dumps(ledger_to_dict(ledger), sort_keys=True)


def assert_the_same(read: Ledger, expected: Ledger) -> None:
    assert read == expected
    assert list(read.objects) == sorted(expected.objects)
    assert exactly(read) == exactly(expected)


@settings(max_examples=250)
@given(MANY | LEDGERS, PARTS)
def test_in_parts_or_whole_it_is_the_ledger_that_was_written(ledger: Ledger, part: int) -> None:
    assert_the_same(in_parts(ledger_to_lines(ledger), part), ledger)


@settings(max_examples=150)
@given(MANY, st.booleans())
@example(Ledger("checksum", 1, AccountRef("https://x.example", '"checksum":', "sha256:")), True)
def test_read_line_by_line_it_is_the_same(ledger: Ledger, keep: bool) -> None:
    document = ledger_to_dict(ledger)
    written = map(sealed if keep else unsealed, lines_of(document))
    by_line = in_parts(file_of(header_of(document), written, checksum=False), NEVER)
    assert_the_same(by_line, ledger)


def usual(id: int, name: str = "Anna") -> dict[str, Any]:
    return {"id": id, "carrier": 7, "attributes": {"type": "sms", "firstname": name, "groups": []}}


def test_usual_contacts_are_columns() -> None:
    """Otherwise everything above would be true of the long way alone."""
    raw = {str(id): usual(id) for id in range(9)} | {"odd": {"attributes": {"type": "sms"}}}
    for part in (NEVER, 200):
        contacts = contacts_of(raw, part)
        assert isinstance(contacts, LedgerTable)
        assert len(contacts.usual.keys) == 9
        assert len(contacts.others) == 1


ODD_NUMBERS = ["true", "null", '"5"', "1.5", "NaN", "-1", str(2**63), str(2**64), str(2**70), "1e400", "[]"]


@pytest.mark.parametrize("number", ODD_NUMBERS)
@pytest.mark.parametrize("field", ["id", "carrier"])
def test_a_number_is_never_another_one(number: str, field: str) -> None:
    line = sealed(["put", "contact", "a", usual(1) | {field: "HERE"}]).replace(b'"HERE"', number.encode())
    data = file_of(HEADER, [line, sealed(["put", "contact", "b", usual(2)])])
    try:
        read = in_parts(data, NEVER).of(CONTACT)["a"]
    except LedgerError:
        return
    expected = json.loads(number)
    found = read.remote_id if field == "id" else read.carrier
    assert repr(found) == repr(expected)


HOSTILE = [
    None,
    [],
    ["id", "carrier", "attributes"],
    {"id": 1, "carrier": 2, "attributes": "abc"},
    {"id": 1, "carrier": 2, "attributes": []},
    {"id": 1, "carrier": 2, "attributes": None},
    {"id": 1, "carrier": 2, "other": {}},
]


@pytest.mark.parametrize("entry", HOSTILE)
@pytest.mark.parametrize("more", [False, True])
def test_a_contact_that_is_none_is_refused_and_nothing_worse(entry: Any, more: bool) -> None:
    others = {str(id): usual(id) for id in range(9)} if more else {}
    with pytest.raises(LedgerError):
        contacts_of({**others, "a": entry})


UNWRITABLE: list[dict[str, Any]] = [
    {"attributes": "abc"},
    {"attributes": {"nbme": "g"}},
    {"options": "abc"},
    {"protect": "yes"},
    {"id": "5"},
    {"dispatch": {"ids": 5}},
    {"surplus": 1},
    {"audience": {"members": "a"}},
    {"options": {"surplus": True}},
]


@pytest.mark.parametrize("part", UNWRITABLE)
def test_what_no_ledger_of_this_program_holds_is_refused(part: dict[str, Any]) -> None:
    def data(entry: dict[str, Any]) -> bytes:
        return file_of(HEADER, [unsealed(["put", "group", "g", entry])], checksum=False)

    good = {"attributes": {"name": "g"}}
    assert ledger_from_lines(data(good)).of(KindName("group"))
    with pytest.raises(LedgerError):
        ledger_from_lines(data({**good, **part}))
