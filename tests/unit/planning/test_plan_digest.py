"""The digest: the same for the same changes, another for any other; and when a plan that was kept is stale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from plan_makers import (
    BLOCKLIST,
    CLOCK,
    CONTACT,
    GROUP,
    REF,
    REMINDER,
    entry,
    group_row,
    ledger,
    plan,
    row,
)

from intime_sync.model.change import Create, Delete
from intime_sync.model.ledger import Carrier, Ledger
from intime_sync.model.plan import Plan
from intime_sync.model.problem import Origin
from intime_sync.model.resource import Address, RemoteId, Resource, Snapshot
from intime_sync.planning.staleness import stale_reasons

ANNA = {"key": "anna", "mobile": "0701740605", "groups": ["Jour"]}
CARRIER = "~clinic-a/all-1"
ATTENDANT = {"mobile": "0701740608"}
REMIND = {"key": "r", "at": "2026-12-01T08:30", "attendant": ATTENDANT}
NUMBER = {"mobile": "0701740606"}


def book() -> Ledger:
    return ledger(
        {
            GROUP: {"Jour": entry("groups", {"name": "Jour"}, 7), "Gammal": entry("groups", {"name": "Gammal"}, 8)},
            CONTACT: {"anna": entry("contacts", ANNA, 90, carrier=40)},
            REMINDER: {"r": entry("reminders", REMIND, 5)},
        },
        {40: Carrier(CARRIER, {"Jour": RemoteId(7)})},
    )


def account() -> dict[Any, list[Resource[Any]]]:
    return {
        GROUP: [group_row("Jour", 7), group_row("Gammal", 8), group_row(CARRIER, 40), group_row("Fanns", 9)],
        REMINDER: [row("reminders", REMIND, 5)],
        BLOCKLIST: [row("blocklist", {"mobile": "0701740699"})],
    }


WANTED: dict[str, list[dict[str, Any]]] = {
    "groups": [{"name": "Jour"}, {"name": "Ny"}, {"name": "Fanns"}],
    "contacts": [{**ANNA, "lastname": "Ny"}, {"key": "bo", "email": "bo@example.se"}],
    "blocklist": [NUMBER],
    "reminders": [{**REMIND, "at": "2026-12-02T08:30"}],
}


def made(**sections: list[dict[str, Any]]) -> Plan:
    return plan({**WANTED, **sections}, account(), book())


def test_it_has_a_form() -> None:
    digest = made().digest()
    assert digest.startswith("sha256:")
    assert len(digest) == len("sha256:") + 64


def test_order_does_not_matter() -> None:
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
def test_another_change_is_another_digest(change: dict[str, list[dict[str, Any]]]) -> None:
    assert made(**change).digest() != made().digest()


def test_places_reasons_and_diagnostics_do_not_matter() -> None:
    first = made()
    moved = tuple(replace(change, origin=Origin("annan.yaml", 9, 9), reason="annat") for change in first.changes)
    other = replace(first, changes=moved, diagnostics=(), guards=(), serial=99, unchanged=0)
    assert other.digest() == first.digest()


@pytest.mark.parametrize("field", ["url", "user", "owner"])
def test_the_account_matters(field: str) -> None:
    first = made()
    other = replace(first, account=replace(first.account, **{field: "annan"}))
    assert other.digest() != first.digest()


def test_the_object_that_would_be_touched_matters() -> None:
    first = made()
    index, change = next((i, it) for i, it in enumerate(first.changes) if isinstance(it, Delete))
    changes = list(first.changes)
    changes[index] = replace(change, remote_id=RemoteId(99))
    assert replace(first, changes=tuple(changes)).digest() != first.digest()
    changes[index] = replace(change, options={"on_delete": "delete_contacts"})
    assert replace(first, changes=tuple(changes)).digest() != first.digest()


def test_carriers_that_go_matter() -> None:
    assert replace(made(), leftovers=(RemoteId(7),)).digest() != made().digest()


def test_no_two_changes_can_be_told_as_one() -> None:
    """The pieces are set apart: what one name ends with is not what the next begins with."""
    first = replace(made(), changes=(_create("a", "b"), _create("c", "d")))
    second = replace(made(), changes=(_create("a", "bc"), _create("", "d")))
    assert first.digest() != second.digest()


def _create(key: str, name: str) -> Create:
    return Create(address=Address(GROUP, key), after={"name": name})


# Staleness

Twist = Callable[[dict[Any, list[Resource[Any]]]], None]


def stale(twist: Twist = lambda _: None, **changes: Any) -> list[str]:
    rows = account()
    twist(rows)
    known = book()
    for name, value in changes.items():
        setattr(known, name, value)
    return stale_reasons(made(), REF, Snapshot({kind: tuple(found) for kind, found in rows.items()}), known, CLOCK)


def test_a_plan_of_an_account_that_did_not_move_may_be_applied() -> None:
    assert stale() == []


def test_what_the_plan_does_not_touch_may_move() -> None:
    def twist(rows: dict[Any, list[Resource[Any]]]) -> None:
        rows[GROUP].append(group_row("Främmande", 99))
        rows[BLOCKLIST].append(row("blocklist", {"mobile": "0701740698"}))

    assert stale(twist) == []


@pytest.mark.parametrize(
    ("changes", "word"), [({"serial": 4}, "serial"), ({"serial": 2}, "serial"), ({"lineage": "annan"}, "lineage")]
)
def test_another_ledger_makes_a_plan_stale(changes: dict[str, Any], word: str) -> None:
    (reason,) = stale(**changes)
    assert word in reason


@pytest.mark.parametrize("field", ["url", "user", "owner"])
def test_another_account_makes_a_plan_stale(field: str) -> None:
    actual = Snapshot({kind: tuple(found) for kind, found in account().items()})
    (reason,) = stale_reasons(made(), replace(REF, **{field: "annan"}), actual, book(), CLOCK)
    assert "annan" in reason


@pytest.mark.parametrize(
    ("kind", "gone", "come", "address"),
    [
        (GROUP, None, group_row("Ny", 50), "group/Ny"),  # to be created
        (GROUP, 8, None, "group/Gammal"),  # to be deleted
        (GROUP, 8, group_row("Annan", 8), "group/Gammal"),
        (GROUP, 9, None, "group/Fanns"),  # to be adopted
        (GROUP, 40, None, "contact/anna"),  # to be replaced, through its carrier
        (BLOCKLIST, None, row("blocklist", NUMBER), "blocklist/+46701740606"),
        (REMINDER, 5, None, "reminder/r"),  # to be updated
        (REMINDER, 5, row("reminders", {**REMIND, "organizer": {"title": "Dr"}}, 5), "reminder/r"),
    ],
)
def test_what_the_plan_would_change_must_not_have_moved(
    kind: Any, gone: int | None, come: Resource[Any] | None, address: str
) -> None:
    def twist(rows: dict[Any, list[Resource[Any]]]) -> None:
        rows[kind] = [found for found in rows[kind] if found.remote_id is None or found.remote_id != gone]
        if come is not None:
            rows[kind].append(come)

    (reason,) = stale(twist)
    assert address in reason


def test_every_difference_is_told_at_once() -> None:
    def twist(rows: dict[Any, list[Resource[Any]]]) -> None:
        rows[GROUP] = [group_row("Jour", 7)]

    assert len(stale(twist)) == 3


def test_carriers_that_moved_make_a_plan_stale_that_would_purge_or_keep_them() -> None:
    def twist(rows: dict[Any, list[Resource[Any]]]) -> None:
        rows[GROUP].append(group_row("~clinic-a/all-2", 41))

    (reason,) = stale(twist)
    assert "carriers" in reason


def test_a_plan_that_waited_until_a_time_had_passed_is_stale() -> None:
    later = replace(CLOCK, now=datetime(2027, 1, 1, tzinfo=UTC))
    actual = Snapshot({kind: tuple(found) for kind, found in account().items()})
    (reason,) = stale_reasons(made(), REF, actual, book(), later)
    assert "reminder/r" in reason


def test_what_the_ledger_will_remember_is_part_of_what_is_approved() -> None:
    """Whoever approves a plan approves what is protected from now on, and what will go with a group."""
    digests = {
        plan({"groups": [{"name": "Jour", **more}]}, {GROUP: [group_row("Jour", 7)]}).digest()
        for more in ({}, {"protect": True}, {"on_delete": "delete_contacts"})
    }
    assert len(digests) == 3
