"""Resources as columns are the list of resources that they stand for."""

from __future__ import annotations

from array import array
from dataclasses import replace
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from intime_sync.model.problem import Origin
from intime_sync.model.resource import PRESENT, Lifecycle, RemoteId, Resource
from intime_sync.model.table import Table

WISHES = st.just(PRESENT) | st.builds(Lifecycle, st.booleans(), st.none() | st.booleans())
FILES = st.sampled_from(["a.yaml", "b.yaml", "c.csv"])
ORIGINS = st.none() | st.builds(Origin, FILES, st.integers(1, 9), st.integers(1, 9))
RESOURCES = st.lists(
    st.builds(
        lambda key, value, origin, wish: Resource(key, value, origin=origin, lifecycle=wish),
        st.sampled_from("abcd"),
        st.integers(),
        ORIGINS,
        WISHES,
    ),
    max_size=4,
)
ROWS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(), st.integers(1, 9), WISHES), max_size=4)
PARTS = st.lists(RESOURCES | st.tuples(FILES, ROWS), max_size=4)
INDICES = st.integers(-18, 18)
SLICES = st.slices(6) | st.builds(slice, st.none() | INDICES, st.none() | INDICES, st.sampled_from([None, 1, 2, -1]))


def empty() -> Table[int]:
    return Table(str, int)


def both(parts: list[Any]) -> tuple[Table[int], list[Resource[int]]]:
    """A table that was filled part by part, by the resource or by the column, and the list of the same."""
    table = empty()
    listed: list[Resource[int]] = []
    for part in parts:
        if isinstance(part, list):
            table.extend(iter(part))
            listed += part
            continue
        file, rows = part
        wishes = {at: wish for at, (*_, wish) in enumerate(rows) if wish is not PRESENT}
        lines, columns = array("l", [line for *_, line, _ in rows]), array("l", [3] * len(rows))
        keys, written = [key for key, *_ in rows], [str(value) for _, value, *_ in rows]
        table.add_columns(keys, written, wishes, file, lines, columns)
        listed += [
            Resource(key, value, origin=Origin(file, line, 3), lifecycle=wish) for key, value, line, wish in rows
        ]
    return table, listed


def at(found: Any, index: Any) -> object:
    try:
        return found[index]
    except IndexError:
        return "no such index"


@settings(max_examples=300)
@given(PARTS, INDICES, SLICES)
@example([("a.yaml", []), ("b.yaml", [("a", 1, 2, PRESENT)])], -1, slice(None))
@example([[Resource("a", 1)], ("b.yaml", [("a", 1, 2, Lifecycle(absent=True))])], 1, slice(None, None, -1))
def test_a_table_is_the_list_of_its_resources(parts: list[Any], index: int, piece: slice) -> None:
    table, listed = both(parts)
    assert (len(table), bool(table)) == (len(listed), bool(listed))
    assert [*table] == [table[position] for position in range(len(table))] == listed
    assert [*reversed(table)] == listed[::-1]
    assert at(table, index) == at(listed, index)
    assert table[piece] == listed[piece]
    assert table == listed
    assert listed == table
    again = empty()
    again.extend(listed)
    assert (table == tuple(listed), table == again, table == "x") == (True, True, False)
    assert all(resource in table for resource in listed)
    assert Resource("e", 1) not in table
    assert table != [*listed, Resource("e", 1)]
    for at_fault, resource in enumerate(listed):
        for other in (replace(resource, value=-1000), replace(resource, lifecycle=Lifecycle(pinned=RemoteId(1)))):
            assert table != [*listed[:at_fault], other, *listed[at_fault + 1 :]]
    assert [table.origin(position) for position in range(len(table))] == [resource.origin for resource in listed]


@given(PARTS)
def test_its_columns_say_the_same_and_what_says_nothing_special_is_told_by_identity(parts: list[Any]) -> None:
    table, listed = both(parts)
    assert table.keys == [resource.key for resource in listed]
    assert table.lines == [str(resource.value) for resource in listed]
    assert {
        position: resource.lifecycle for position, resource in enumerate(listed) if resource.lifecycle is not PRESENT
    } == (table.lifecycles)
    for position, resource in enumerate(listed):
        assert (table[position].lifecycle is PRESENT) == (resource.lifecycle is PRESENT)
