"""Desired contacts as columns are the list of resources that they stand for, and answer as that list would."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from intime_sync.bulk.columns import ContactColumns
from intime_sync.bulk.items import ItemPlaces
from intime_sync.bulk.lines import Contact, to_line
from intime_sync.bulk.tables import DesiredTable
from intime_sync.model.problem import Origin
from intime_sync.model.resource import PRESENT, Lifecycle, RemoteId, Resource
from intime_sync.service.phone import E164

LIFECYCLES = st.just(PRESENT) | st.builds(Lifecycle, st.booleans(), st.none() | st.booleans())
FILES = st.sampled_from(["a.yaml", "b.yaml", "c.csv"])
ORIGINS = st.none() | st.builds(Origin, FILES, st.integers(1, 9), st.integers(1, 9))
KEYS = st.sampled_from("abcd")
VALUES = st.builds(
    lambda mobile, groups: Contact("sms", "", "Ek", mobile, None, "", groups),
    st.sampled_from([None, E164("+46701740605"), E164("+46701740606"), E164("+358401234567")]),
    st.sampled_from([(), ("Jour",), ("Jour", "Personal")]),
)
RESOURCES = st.lists(
    st.builds(
        lambda key, value, origin, lifecycle: Resource(key, value, origin=origin, lifecycle=lifecycle),
        KEYS,
        VALUES,
        ORIGINS,
        LIFECYCLES,
    ),
    max_size=4,
)
ROWS = st.lists(st.tuples(KEYS, VALUES, st.integers(1, 9), LIFECYCLES), max_size=4)
PARTS = st.lists(RESOURCES | st.tuples(FILES, ROWS), max_size=4)
INDICES = st.integers(-18, 18)
SLICES = st.slices(6) | st.builds(slice, st.none() | INDICES, st.none() | INDICES, st.sampled_from([None, 1, 2, -1]))

EK = Contact("sms", "", "Ek", E164("+46701740605"), None, "", ())
NOBODY = Contact("sms", "no", "body", None, None, "", ())


def both(parts: list[Any]) -> tuple[DesiredTable, list[Resource[Contact]]]:
    """A table that was filled part by part, by the resource or by the column, and the list of the same."""
    table = DesiredTable()
    listed: list[Resource[Contact]] = []
    for part in parts:
        if isinstance(part, list):
            table.extend(iter(part))
            listed += part
            continue
        file, rows = part
        lifecycles = {at: lifecycle for at, (*_, lifecycle) in enumerate(rows) if lifecycle is not PRESENT}
        places = ItemPlaces(array("l", [line for *_, line, _ in rows]), array("l", [3] * len(rows)))
        keys, lines = [key for key, *_ in rows], [to_line(value) for _, value, *_ in rows]
        groups = {name for _, value, *_ in rows for name in value.groups}
        table.add_columns(ContactColumns(keys, lines, lifecycles, groups), file, places)
        listed += [
            Resource(key, value, origin=Origin(file, line, 3), lifecycle=lifecycle)
            for key, value, line, lifecycle in rows
        ]
    return table, listed


def at(found: Any, index: Any) -> object:
    try:
        return found[index]
    except IndexError:
        return "no such index"


@settings(max_examples=300)
@given(PARTS, INDICES, SLICES)
@example([("a.yaml", []), ("b.yaml", [("a", EK, 2, PRESENT)])], -1, slice(None))
@example([[Resource("a", EK)], ("b.yaml", [("a", EK, 2, Lifecycle(absent=True))])], 1, slice(None, None, -1))
def test_a_table_is_the_list_of_its_resources(parts: list[Any], index: int, piece: slice) -> None:
    table, listed = both(parts)
    assert (len(table), bool(table)) == (len(listed), bool(listed))
    assert [*table] == [table[position] for position in range(len(table))] == listed
    assert [*reversed(table)] == listed[::-1]
    assert at(table, index) == at(listed, index)
    assert table[piece] == listed[piece]
    assert table == listed
    assert listed == table
    again = DesiredTable(listed)
    assert (table == tuple(listed), table == again, table == "x") == (True, True, False)
    assert DesiredTable.of(table) is table
    assert DesiredTable.of(listed) == table
    assert all(resource in table for resource in listed)
    assert Resource("e", EK) not in table
    assert table != [*listed, Resource("e", EK)]
    for at_fault, resource in enumerate(listed):
        for other in (replace(resource, value=NOBODY), replace(resource, lifecycle=Lifecycle(pinned=RemoteId(1)))):
            assert table != [*listed[:at_fault], other, *listed[at_fault + 1 :]]
    assert [table.origin(position) for position in range(len(table))] == [resource.origin for resource in listed]


@given(PARTS, st.frozensets(KEYS))
@example([[Resource("a", EK), Resource("b", EK)]], frozenset())
def test_it_answers_as_its_resources_would(parts: list[Any], keys: frozenset[str]) -> None:
    table, listed = both(parts)
    assert table.keys == [resource.key for resource in listed]
    assert table.lines == [to_line(resource.value) for resource in listed]
    assert {
        position: resource.lifecycle for position, resource in enumerate(listed) if resource.lifecycle is not PRESENT
    } == (table.lifecycles)
    for position, resource in enumerate(listed):
        assert (table[position].lifecycle is PRESENT) == (resource.lifecycle is PRESENT)
    assert table.groups == {name for resource in listed for name in resource.value.groups}
    assert table.absent_keys() == {resource.key for resource in listed if resource.lifecycle.absent}
    assert [*table.positions(keys)] == [at for at, resource in enumerate(listed) if resource.key in keys]
    mobiles = Counter(resource.value.mobile for resource in listed)
    assert table.sharing_mobiles() == [
        at for at, resource in enumerate(listed) if resource.value.mobile and mobiles[resource.value.mobile] > 1
    ]
