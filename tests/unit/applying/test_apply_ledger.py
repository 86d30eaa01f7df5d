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
def test_protect_and_the_way_of_removal_are_remembered_once_applied(lab: Lab, section: str, adopted: bool) -> None:
    item = ITEMS[section][0]
    if adopted:
        lab.apply({section: [item]})
        lab.lose_ledger()
    more = {"on_delete": "delete_contacts"} if section == "groups" else {}
    lab.apply({section: [{**item, "protect": True, **more}]})
    (entry,) = lab.ledger().of(kind_of(section).name).values()
    assert entry.protect
    assert dict(entry.options) == more
    assert [guard.guard for guard in lab.plan({section: []}).tripped()] == ["protect"]


def test_a_contacts_protect_is_remembered_and_nothing_else_changes(lab: Lab) -> None:
    anna = {"key": "anna", "mobile": "0701740605", "groups": []}
    lab.apply({"contacts": [anna]})
    before = lab.ledger().of(CONTACTS.name)["anna"]
    lab.emulator.calls.clear()
    lab.apply({"contacts": [{**anna, "protect": True}]})
    after = lab.ledger().of(CONTACTS.name)["anna"]
    assert lab.writes() == []
    assert (after.protect, after.carrier, after.remote_id) == (True, before.carrier, before.remote_id)
    assert lab.plan({"contacts": [anna]}).is_empty
    assert [guard.guard for guard in lab.plan({"contacts": []}).tripped()] == ["protect"]


def test_what_is_gone_and_no_longer_wanted_is_forgotten(lab: Lab) -> None:
    lab.apply({"groups": ITEMS["groups"]})
    for id in lab.group_names():
        lab.emulator.store.delete_group(id)
    lab.apply({"groups": []})
    assert lab.ledger().of(GROUP) == {}


@pytest.mark.parametrize(
    "others", [[], [{"key": "a", "at": "2026-12-03T08:30", "attendant": {"mobile": "0701740799"}}]]
)
def test_what_another_key_takes_over_is_its_own_though_its_change_fails(
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


def test_what_somebody_else_made_is_not_ours_where_its_change_fails(lab: Lab) -> None:
    first = ITEMS["reminders"][0]
    lab.apply({"reminders": [first]})
    lab.lose_ledger()
    renamed: Config = {"reminders": [{**first, "attendant": {**first["attendant"], "firstname": "Anna"}}]}
    assert actions(lab.plan(renamed)) == [("update", "reminder/r0")]
    trouble(lab, rule("reminder/edit", "error_before", 99))
    assert statuses(lab, renamed) == {"r0": "failed"}
    assert lab.ledger().of(REMINDER) == {}
