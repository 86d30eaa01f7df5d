"""The contacts of a ledger as columns are the dict of entries that they stand for, and answer as that dict would."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from itertools import product
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from intime_sync.bulk.ledger_table import LedgerTable
from intime_sync.bulk.lines import Contact, to_attributes, to_line
from intime_sync.bulk.tables import ContactTable, DesiredTable
from intime_sync.model.ledger import NOWHERE, Entry
from intime_sync.model.resource import PRESENT, Lifecycle, RemoteId, Resource
from intime_sync.service.phone import E164

ANNA = Contact("sms", "Anna", "", E164("+46701740605"), None, "", ("Jour",))
BO = Contact("sms", "Bo", "", E164("+46701740606"), None, "", ())
CARRIERS = st.sampled_from([*map(RemoteId, (7, 8, NOWHERE))])
KEYS = st.sampled_from(["a", "b", "k0", "k1", "odd"])
USUAL = st.builds(
    lambda contact, id, carrier: Entry(to_attributes(contact), id, carrier=carrier),
    st.sampled_from([ANNA, BO]),
    st.integers(1, 9).map(RemoteId),
    CARRIERS,
)
ODD = st.sampled_from(
    [
        Entry({"type": "email", "groups": ["Z"]}, RemoteId(5)),
        Entry(to_attributes(ANNA), RemoteId(6), carrier=RemoteId(7), protect=True),
        Entry(to_attributes(ANNA), None, carrier=RemoteId(8), unknown=True),
        Entry(to_attributes(ANNA), RemoteId(6), carrier=NOWHERE, refused=True),
    ]
)
ENTRIES = st.dictionaries(KEYS, USUAL | ODD, max_size=5)
DESIRED = st.lists(st.tuples(KEYS, st.sampled_from([ANNA, BO])), max_size=5)


def in_columns(entries: dict[str, Entry]) -> LedgerTable:
    """The same entries, all that can be as columns."""
    usual, ids, carriers = ContactTable(), array("q"), array("q")
    others = {}
    for key, entry in entries.items():
        contact = next((contact for contact in (ANNA, BO) if to_attributes(contact) == entry.attributes), None)
        plain = Entry(entry.attributes, entry.remote_id, carrier=entry.carrier)
        if contact is None or entry != plain or entry.remote_id is None or entry.carrier is None:
            others[key] = entry
            continue
        usual.keys.append(key)
        usual.lines.append(to_line(contact))
        ids.append(entry.remote_id)
        carriers.append(entry.carrier)
    return LedgerTable(usual, ids, carriers, others)


def set_while_iterating(entries: Any, entry: Entry) -> list[str]:
    seen = []
    for name in entries:
        entries[name] = entry
        seen.append(name)
    return sorted(seen)


STEPS: dict[str, Callable[[Any, str, Entry], object]] = {
    "get": lambda entries, key, _: (entries.get(key), entries[key]),
    "set": lambda entries, key, entry: entries.__setitem__(key, entry),
    "del": lambda entries, key, _: entries.__delitem__(key),
    "pop": lambda entries, key, _: entries.pop(key, None),
    "in": lambda entries, key, entry: (key in entries, (key, entry) in entries.items()),
    "update": lambda entries, key, entry: entries.update({key: entry, "k0": entry}),
    "setdefault": lambda entries, key, entry: entries.setdefault(key, entry),
    "list": lambda entries, _key, _: (sorted(entries), sorted(dict(entries).items(), key=itemgetter(0))),
    "items": lambda entries, _key, _: [*entries.items()] == [(key, entries[key]) for key in entries],
    "values": lambda entries, _key, _: [*entries.values()] == [entries[key] for key in entries],
    "keys": lambda entries, key, _: ([*entries] == [*entries.keys()], sorted(entries), key in entries.keys()),  # noqa: SIM118
    "len": lambda entries, _key, _: (len(entries), bool(entries)),
    "set while iterating": lambda entries, _key, entry: set_while_iterating(entries, entry),
}


def step(entries: Any, what: str, key: str, entry: Entry) -> object:
    """The result of one step, as far as it can be seen from outside."""
    try:
        return STEPS[what](entries, key, entry)
    except KeyError as error:
        return repr(error)


@settings(max_examples=300)
@given(ENTRIES, st.lists(st.tuples(st.sampled_from([*STEPS]), KEYS, USUAL | ODD), max_size=12))
@example(
    {"k0": Entry(to_attributes(ANNA), RemoteId(1), carrier=RemoteId(7))}, [("set while iterating", "a", Entry({}))]
)
def test_a_table_behaves_like_the_dict_that_it_stands_for(entries: dict[str, Entry], steps: list[Any]) -> None:
    table: Any = in_columns(entries)
    model = dict(entries)
    for what, key, entry in steps:
        assert step(table, what, key, entry) == step(model, what, key, entry)
    assert table == model
    assert model == table


@pytest.mark.parametrize("asked", [False, True], ids=["columns", "after somebody asked for all"])
@settings(max_examples=200)
@given(entries=ENTRIES, carriers=st.sets(CARRIERS))
def test_it_answers_as_its_entries_would(asked: bool, entries: dict[str, Entry], carriers: set[RemoteId]) -> None:
    table = in_columns(entries)
    if asked:
        table.items()
    assert LedgerTable.of(table) is table
    assert LedgerTable.of(entries) == table
    for one in (table, LedgerTable.of(entries)):
        assert sorted(one.appended()) == sorted(key for key, entry in entries.items() if entry.carrier is None)
        assert sorted(one.without_carrier_in(carriers)) == sorted(
            key
            for key, entry in entries.items()
            if entry.carrier is not None and entry.carrier != NOWHERE and entry.carrier not in carriers
        )


@settings(max_examples=300)
@given(ENTRIES, DESIRED, st.sets(CARRIERS))
@example({"a": Entry(to_attributes(ANNA), RemoteId(1), carrier=RemoteId(7))}, [("a", ANNA)], {RemoteId(7)})
@example({"a": Entry(to_attributes(ANNA), RemoteId(1), carrier=RemoteId(7))}, [("a", BO)], {RemoteId(7)})
@example({"a": Entry(to_attributes(ANNA), RemoteId(1), carrier=RemoteId(7))}, [("a", ANNA)], {RemoteId(8)})
def test_the_positions_that_differ_are_those_of_a_comparison_one_by_one(
    entries: dict[str, Entry], wanted: list[tuple[str, Contact]], carriers: set[RemoteId]
) -> None:
    table = in_columns(entries)
    desired = DesiredTable(Resource(key, contact) for key, contact in wanted)
    settled = {
        (key, to_line(contact))
        for key, contact in product(table.usual.keys, (ANNA, BO))
        if entries[key].attributes == to_attributes(contact) and entries[key].carrier in carriers
    }
    differing = [at for at, (key, contact) in enumerate(wanted) if (key, to_line(contact)) not in settled]
    assert table.differing(desired, carriers) == differing
    # A table that none of whose entries are columns says that all may differ.
    assert LedgerTable.of(entries).differing(desired, carriers) == [*range(len(wanted))]


@settings(max_examples=300)
@given(ENTRIES, st.dictionaries(KEYS, st.sampled_from([ANNA, BO]), max_size=5), st.sets(CARRIERS), st.sets(KEYS))
def test_undesired_are_the_entries_that_no_desired_contact_has(
    entries: dict[str, Entry], wanted: dict[str, Contact], carriers: set[RemoteId], special: set[str]
) -> None:
    lifecycles = {key: Lifecycle(protect=True) if key in special else PRESENT for key in wanted}
    desired = DesiredTable(Resource(key, contact, lifecycle=lifecycles[key]) for key, contact in wanted.items())
    for table in (in_columns(entries), LedgerTable.of(entries)):
        differing = sorted({*desired.lifecycles, *table.differing(desired, carriers)})
        assert sorted(table.undesired(desired, differing)) == sorted(entries.keys() - wanted.keys())
