"""The prefix tree and the packing of carriers, which decide how many contacts one change moves."""

from __future__ import annotations

from itertools import combinations, pairwise
from math import ceil

from counting import calls_of
from hypothesis import example, given
from hypothesis import strategies as st

from intime_sync.applying.packs import pack
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.change import Change, Create, Delete, Replace
from intime_sync.model.ledger import Carrier, Entry, Ledger
from intime_sync.model.resource import Address, RemoteId
from intime_sync.planning.carriers import WHOLE, CarrierBuild, PrefixTree, plan_carriers

KEYS = st.sets(st.text(min_size=1, max_size=8), max_size=60)
SIZES = st.integers(1, 8)


def leaves(tree: PrefixTree, keys: set[str]) -> dict[str, list[str]]:
    return dict(map(tree.leaf, keys))


@given(KEYS, SIZES)
def test_every_key_is_in_exactly_one_leaf_of_at_most_the_size(keys: set[str], size: int) -> None:
    found = leaves(PrefixTree(keys, size), keys)
    assert sorted(key for members in found.values() for key in members) == sorted(keys)
    assert all(len(members) <= size for members in found.values())


@given(KEYS, SIZES)
def test_a_key_is_in_the_leaf_that_is_looked_up_for_it(keys: set[str], size: int) -> None:
    tree = PrefixTree(keys, size)
    assert all(key in tree.leaf(key)[1] for key in keys)


@given(KEYS, SIZES)
def test_a_set_that_fits_is_one_leaf_and_no_leaf_could_join_its_sibling(keys: set[str], size: int) -> None:
    found = leaves(PrefixTree(keys, size), keys)
    if 0 < len(keys) <= size:
        assert list(found) == [WHOLE]
    for prefix, members in found.items():
        if prefix != WHOLE:
            family = [key for other, them in found.items() if other.startswith(prefix[:-1]) for key in them]
            assert len(family) > size, (prefix, members)


@given(KEYS, SIZES, st.randoms(use_true_random=False))
def test_the_tree_does_not_depend_on_order(keys: set[str], size: int, random: object) -> None:
    shuffled = sorted(keys)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert leaves(PrefixTree(shuffled, size), keys) == leaves(PrefixTree(sorted(keys), size), keys)


@given(KEYS, SIZES, st.text(min_size=9, max_size=9))
def test_a_new_key_changes_only_its_own_leaf(keys: set[str], size: int, new: str) -> None:
    before = leaves(PrefixTree(keys, size), keys)
    after = leaves(PrefixTree(keys | {new}, size), keys | {new})
    untouched = {prefix: members for prefix, members in before.items() if after.get(prefix) == members}
    moved = [members for prefix, members in before.items() if prefix not in untouched]
    assert len(moved) <= 1


COUNTS = st.lists(st.integers(1, 12), max_size=40)


def builds(counts: list[int]) -> list[CarrierBuild]:
    return [
        CarrierBuild(f"~clinic-a/{index:02d}", {f"{index}-{member}": {} for member in range(count)})
        for index, count in enumerate(counts)
    ]


@given(COUNTS, st.integers(1, 20))
def test_every_carrier_is_packed_whole_and_exactly_once(counts: list[int], size: int) -> None:
    carriers = builds(counts)
    packs = list(pack(carriers, size))
    assert sorted((carrier for packed in packs for carrier in packed), key=lambda it: it.name) == carriers
    for packed in packs:
        assert packed
        assert sum(len(carrier.members) for carrier in packed) <= size or len(packed) == 1


@given(COUNTS, st.integers(12, 40))
def test_packs_are_nearly_full(counts: list[int], size: int) -> None:
    packs = list(pack(builds(counts), size))
    loads = [sum(len(carrier.members) for carrier in packed) for packed in packs]
    # Whatever is left when a pack is closed did not fit into it, so two packs together are never half empty.
    assert all(one + other > size for one, other in pairwise(loads))
    assert len(packs) <= 2 * ceil(sum(counts) / size)


@given(st.lists(st.integers(1, 5), min_size=200, max_size=300))
def test_many_small_carriers_fill_requests(counts: list[int]) -> None:
    loads = [sum(len(carrier.members) for carrier in packed) for packed in pack(builds(counts), 100)]
    assert len(loads) <= ceil(sum(counts) / 100) + 1


def test_a_large_account_needs_few_more_requests_than_full_ones() -> None:
    keys = [f"key-{number}" for number in range(20_000)]
    tree = PrefixTree(keys, 50)
    counts = [len(leaf) for leaf in leaves(tree, set(keys)).values()]
    assert len(list(pack(builds(counts), 200))) <= 103


def test_the_work_for_a_contact_does_not_grow_with_their_number() -> None:
    """Looking the leaf up for each contact, not once for all in it, would take about ten calls more for each."""
    for count in (1_000, 4_000):
        changes = [Create(address=Address(CONTACTS.name, f"key-{number}"), after={}) for number in range(count)]
        calls = calls_of(lambda changes=changes: plan_carriers("clinic-a", Ledger(lineage="one"), changes, {}, 50))
        assert calls < 15 * count


def fullest(counts: list[int], size: int) -> int:
    """The most that fits, by trying everything."""
    some = (sum(chosen) for number in range(len(counts) + 1) for chosen in combinations(counts, number))
    return max(total for total in some if total <= size)


@given(st.lists(st.integers(1, 12), max_size=8), st.integers(1, 20))
@example([4, 4, 3], 8)
@example([8, 3, 1], 8)
@example([9, 1], 8)
@example([3, 3, 2], 8)
def test_each_carrier_is_sent_once_in_requests_that_are_as_full_as_possible(counts: list[int], size: int) -> None:
    carriers = builds(counts)
    left = sorted(counts)
    seen = []
    for packed in pack(carriers, size):
        sizes = [len(build.members) for build in packed]
        if max(left) > size:
            assert sizes == [max(left)], "one that is too large travels alone, and first"
        else:
            assert sum(sizes) == fullest(left, size)
        for count in sizes:
            left.remove(count)
        seen += [build.name for build in packed]
    assert left == []
    assert sorted(seen) == sorted(build.name for build in carriers)


@given(KEYS, KEYS, KEYS, KEYS, SIZES)
@example({"a", "b", "c", "d"}, {"e", "f", "g", "h"}, set(), set(), 3)
def test_a_contact_that_is_made_again_leaves_no_copy_and_no_contact_in_its_old_carrier_is_lost(
    old: set[str], new: set[str], changed: set[str], removed: set[str], size: int
) -> None:
    homes: dict[str, RemoteId] = {}
    carriers: dict[RemoteId, Carrier] = {}
    for number, (prefix, members) in enumerate(sorted(leaves(PrefixTree(old, size), old).items()), start=1):
        carriers[RemoteId(number)] = Carrier(f"~o/{prefix}", {})
        homes |= dict.fromkeys(members, RemoteId(number))
    entries: dict[str, Entry] = {key: Entry({"n": 0}, RemoteId(1), carrier=home) for key, home in homes.items()}
    ledger = Ledger("one", objects={CONTACTS.name: entries}, carriers=carriers)
    gone = old & removed
    changes: list[Change] = [Create(address=Address(CONTACTS.name, key), after={"n": 0}) for key in new - old]
    changes += [Delete(address=Address(CONTACTS.name, key), remote_id=None, before={"n": 0}) for key in gone]
    changes += [
        Replace(address=Address(CONTACTS.name, key), remote_id=None, before={"n": 0}, after={"n": 1}, fields=())
        for key in (old & changed) - gone
    ]
    in_account = {id: carrier.name for id, carrier in carriers.items()} | {RemoteId(999): "~o/half-made"}
    plan = plan_carriers("o", ledger, changes, in_account, size)
    made = [key for build in plan.build for key in build.members]
    assert len(made) == len({*made})
    assert {change.address.key for change in changes if not isinstance(change, Delete)} <= {*made}
    retired = {*plan.retire}
    assert {homes[key] for key in made if key in homes} <= retired, "a copy would live on in the old one"
    assert {homes[key] for key in gone} <= retired
    assert {key for key, home in homes.items() if home in retired} - gone <= {*made}, "it would be gone"
    assert plan.purge == (RemoteId(999),)
    assert all(build.name.startswith("~o/") and len(build.members) <= size for build in plan.build)
    if not changes:
        assert (plan.build, plan.retire) == ((), ())
