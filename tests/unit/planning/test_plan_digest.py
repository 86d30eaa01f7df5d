"""The digest: the same for the same changes, another for any other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from approved_plan import ANNA, REMIND, WANTED, account, book, made
from plan_makers import (
    GROUP,
    group_row,
    plan,
)

from intime_sync.model.change import Create, Delete
from intime_sync.model.problem import Origin
from intime_sync.model.resource import Address, RemoteId


def test_a_digest_is_sha256_in_hexadecimal() -> None:
    digest = made().digest()
    assert digest.startswith("sha256:")
    assert len(digest) == len("sha256:") + 64


def test_the_order_of_items_and_rows_does_not_change_the_digest() -> None:
    turned = {name: list(reversed(items)) for name, items in reversed(WANTED.items())}
    rows = {kind: list(reversed(found)) for kind, found in account().items()}
    assert plan(turned, rows, book()).digest() == made().digest()


@pytest.mark.parametrize(
    "change",
    [
        {"groups": [*WANTED["groups"], {"name": "Till"}]},
        {"groups": WANTED["groups"][1:]},
        {"groups": [{"name": "Jour"}, {"name": "Ny2"}, {"name": "Fanns"}]},
        {"contacts": [{**ANNA, "lastname": "Nyare"}, WANTED["contacts"][1]]},
        {"blocklist": []},
        {"reminders": [{**REMIND, "at": "2026-12-02T08:31"}]},
    ],
)
def test_a_different_change_gives_a_different_digest(change: dict[str, list[dict[str, Any]]]) -> None:
    assert made(**change).digest() != made().digest()


def test_places_reasons_and_diagnostics_do_not_change_the_digest() -> None:
    first = made()
    moved = tuple(replace(change, origin=Origin("annan.yaml", 9, 9), reason="annat") for change in first.changes)
    other = replace(first, changes=moved, diagnostics=(), guards=(), serial=99, unchanged=0)
    assert other.digest() == first.digest()


@pytest.mark.parametrize("field", ["url", "user", "owner"])
def test_another_account_gives_a_different_digest(field: str) -> None:
    first = made()
    other = replace(first, account=replace(first.account, **{field: "annan"}))
    assert other.digest() != first.digest()


def test_another_object_to_change_gives_a_different_digest() -> None:
    first = made()
    index, change = next((i, it) for i, it in enumerate(first.changes) if isinstance(it, Delete))
    changes = list(first.changes)
    changes[index] = replace(change, remote_id=RemoteId(99))
    assert replace(first, changes=tuple(changes)).digest() != first.digest()
    changes[index] = replace(change, options={"on_delete": "delete_contacts"})
    assert replace(first, changes=tuple(changes)).digest() != first.digest()


def test_carriers_to_remove_are_part_of_the_digest() -> None:
    assert replace(made(), leftovers=(RemoteId(7),)).digest() != made().digest()


def test_two_changes_have_another_digest_than_one_with_the_same_text() -> None:
    """Moving a character from one part of a change to the next gives a different digest."""
    first = replace(made(), changes=(_create("a", "b"), _create("c", "d")))
    second = replace(made(), changes=(_create("a", "bc"), _create("", "d")))
    assert first.digest() != second.digest()


def _create(key: str, name: str) -> Create:
    return Create(address=Address(GROUP, key), after={"name": name})


def test_protect_and_on_delete_are_part_of_the_digest() -> None:
    digests = {
        plan({"groups": [{"name": "Jour", **more}]}, {GROUP: [group_row("Jour", 7)]}).digest()
        for more in ({}, {"protect": True}, {"on_delete": "delete_contacts"})
    }
    assert len(digests) == 3
