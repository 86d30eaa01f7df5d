"""What the ledger has learned after a run: protection, ways of removal, owners."""

from __future__ import annotations

from typing import Any

import pytest
from account_lab import Lab, actions, desired_from
from troubles import (
    GROUP,
    ITEMS,
    REMINDER,
    Config,
    assert_converges,
    kind_of,
    of_every_list,
    rule,
    statuses,
    trouble,
)

from intime_sync.kinds.registry import BY_NAME, CONTACTS


@of_every_list
@pytest.mark.parametrize("adopted", [True, False])
def test_the_ledger_records_protect_and_on_delete(lab: Lab, section: str, adopted: bool) -> None:
    item = ITEMS[section][0]
    if adopted:
        lab.apply({section: [item]})
        lab.lose_ledger()
    more = {"on_delete": "delete_contacts"} if section == "groups" else {}
    lab.apply({section: [{**item, "protect": True, **more}]})
    (entry,) = lab.ledger().of(kind_of(section).name).values()
    assert entry.protect
    assert dict(entry.options) == more
    assert [guard.rule for guard in lab.plan({section: []}).tripped()] == ["protect"]


def test_protecting_a_contact_changes_the_ledger_and_sends_nothing(lab: Lab) -> None:
    anna = {"key": "anna", "mobile": "0701740605", "groups": []}
    lab.apply({"contacts": [anna]})
    before = lab.ledger().of(CONTACTS.name)["anna"]
    lab.emulator.calls.clear()
    lab.apply({"contacts": [{**anna, "protect": True}]})
    after = lab.ledger().of(CONTACTS.name)["anna"]
    assert lab.writes() == []
    assert (after.protect, after.carrier, after.remote_id) == (True, before.carrier, before.remote_id)
    assert lab.plan({"contacts": [anna]}).is_empty
    assert [guard.rule for guard in lab.plan({"contacts": []}).tripped()] == ["protect"]


def test_an_object_that_is_gone_and_no_longer_wanted_leaves_the_ledger(lab: Lab) -> None:
    lab.apply({"groups": ITEMS["groups"]})
    for id in lab.group_names():
        lab.emulator.store.delete_group(id)
    lab.apply({"groups": []})
    assert lab.ledger().of(GROUP) == {}


@pytest.mark.parametrize(
    "others", [[], [{"key": "a", "at": "2026-12-03T08:30", "attendant": {"mobile": "0701740799"}}]]
)
def test_a_key_that_takes_an_object_over_owns_it_even_if_its_change_fails(
    lab: Lab, others: list[dict[str, Any]]
) -> None:
    first = ITEMS["reminders"][0]
    lab.apply({"reminders": [first, *others]})
    (row,) = (row for row in lab.emulator.store.reminders() if f"{row.at:%d}" == "01")
    attendant = {**first["attendant"], "firstname": "Anna"}
    moved = [{**it, "at": "2026-12-04T08:30"} for it in others]
    taken: Config = {"reminders": [*moved, {**first, "key": "z", "attendant": attendant}]}
    trouble(lab, rule("reminder/edit", "error_before", 99))
    assert statuses(lab, taken)["z"] == "failed"
    known = lab.ledger().of(REMINDER)
    assert set(known) == {"z", *(it["key"] for it in others)}
    assert known["z"].remote_id == row.id
    assert known["z"].attributes != BY_NAME[REMINDER].attributes(desired_from(taken).of(REMINDER)[-1].value)
    assert_converges(lab, taken)


def test_an_object_of_somebody_else_is_not_owned_where_its_change_fails(lab: Lab) -> None:
    first = ITEMS["reminders"][0]
    lab.apply({"reminders": [first]})
    lab.lose_ledger()
    renamed: Config = {"reminders": [{**first, "attendant": {**first["attendant"], "firstname": "Anna"}}]}
    assert actions(lab.plan(renamed)) == [("update", "reminder/r0")]
    trouble(lab, rule("reminder/edit", "error_before", 99))
    assert statuses(lab, renamed) == {"r0": "failed"}
    assert lab.ledger().of(REMINDER) == {}
