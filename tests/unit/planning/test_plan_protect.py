"""`protect`: when a plan records it, keeps it and lifts it."""

from __future__ import annotations

from plan_makers import (
    ANNA,
    ITEMS,
    KINDS,
    entry,
    group_row,
    ledger,
    of_contacts,
    of_every_list,
    of_reminders,
    one,
    only,
    plan,
    reminders,
    row,
    tripped,
)

from intime_sync.model.change import Adopt, Create, Update


@of_every_list
def test_protect_is_recorded_when_an_object_is_made_or_adopted(section: str) -> None:
    item, kind = ITEMS[section], KINDS[section]
    for rows in ([], [row(section, item, 7)]):
        change = only(plan({section: [{**item, "protect": True}]}, {kind: rows}))
        assert isinstance(change, Create | Adopt)
        assert change.protected


@of_every_list
def test_an_object_that_is_made_again_stays_protected(section: str) -> None:
    item, kind = ITEMS[section], KINDS[section]
    known = ledger({kind: {one(section, item).key: entry(section, item, 7, protect=True)}})
    change = only(plan({section: [item]}, {}, known))
    assert isinstance(change, Create)
    assert change.protected


def test_an_updated_object_stays_protected() -> None:
    (before,) = reminders(1)
    change = only(of_reminders([{**before, "at": "2026-12-02T08:30"}], [before], protect=True))
    assert isinstance(change, Update)
    assert change.protected


@of_every_list
def test_protect_that_is_only_in_the_ledger_is_no_change(section: str) -> None:
    item, kind = ITEMS[section], KINDS[section]
    known = ledger({kind: {one(section, item).key: entry(section, item, 7, protect=True)}})
    assert plan({section: [item]}, {kind: [row(section, item, 7)]}, known).is_empty


def test_a_changed_protect_of_a_contact_is_an_adoption() -> None:
    change = only(of_contacts([{**ANNA, "protect": True}]))
    assert isinstance(change, Adopt)
    assert (change.protected, change.after) == (True, entry("contacts", ANNA).attributes)
    lifted = only(of_contacts([{**ANNA, "protect": False}], protect=True))
    assert isinstance(lifted, Adopt)
    assert not lifted.protected
    assert of_contacts([{**ANNA, "protect": True}], protect=True).is_empty
    assert of_contacts([ANNA], protect=True).is_empty


def test_a_contact_is_protected_when_it_is_made_and_made_again() -> None:
    bo = {"key": "bo", "mobile": "0701740606", "protect": True}
    change = only(of_contacts([ANNA, bo]))
    assert isinstance(change, Create)
    assert change.protected
    assert change.after == entry("contacts", bo).attributes
    again = of_contacts([ANNA], rows=[group_row("Jour", 7)], carriers={}, protect=True)
    (made,) = again.changes
    assert isinstance(made, Create)
    assert made.protected


def test_protect_false_lets_a_contact_be_removed() -> None:
    absent = {**ANNA, "ensure": "absent"}
    assert tripped(of_contacts([absent], protect=True)) == [("protect", "protect: false on contact/anna")]
    assert tripped(of_contacts([{**absent, "protect": False}], protect=True)) == []
