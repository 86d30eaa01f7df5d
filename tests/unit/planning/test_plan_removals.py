"""What `prune` and `ensure: absent` remove, of objects that are owned, adopted, surplus or repeated."""

from __future__ import annotations

from plan_makers import (
    BLOCKLIST,
    GROUP,
    ITEMS,
    REMINDER,
    actions,
    entry,
    group_row,
    ledger,
    one,
    plan,
    pruning,
    row,
)

from intime_sync.model.change import Delete
from intime_sync.model.policy import Prune


def test_a_surplus_object_is_removed_and_never_adopted() -> None:
    item = ITEMS["reminders"]
    known = ledger({REMINDER: {"anna#7": entry("reminders", item, 7, surplus=True)}})
    rows = [row("reminders", item, 7), row("reminders", item, 8)]
    made = plan({"reminders": [item]}, {REMINDER: rows}, known)
    assert actions(made) == [("adopt", "reminder/anna"), ("delete", "reminder/anna#7")]
    assert [change.remote_id for change in made.changes] == [8, 7]  # type: ignore[union-attr]


def test_absent_removes_every_object_of_that_identity() -> None:
    item = ITEMS["reminders"]
    other = {**item, "key": "bo", "attendant": {"mobile": "0701740609"}}
    ids = ((item, 7), (item, 8), (other, 9), (other, 10), (item, 11), (other, 12))
    rows = [row("reminders", it, id) for it, id in ids]
    items = [{**item, "ensure": "absent"}, {**other, "key": "kvar"}, {**other, "key": "zz", "ensure": "absent"}]
    known = ledger({REMINDER: {"anna": entry("reminders", item, 7), "kvar": entry("reminders", other, 9)}})
    made = plan({"reminders": items}, {REMINDER: rows}, known)
    assert sorted(change.remote_id for change in made.changes if isinstance(change, Delete)) == [7, 8, 10, 11, 12]
    assert plan({"reminders": items[1:2]}, {REMINDER: rows[2:4]}, known).changes[0].address.key == "anna"


def test_absent_spares_an_equal_object_that_another_key_owns() -> None:
    item = ITEMS["reminders"]
    rows = [row("reminders", item, 7), row("reminders", item, 8)]
    known = ledger({REMINDER: {"anna": entry("reminders", item, 7), "min": entry("reminders", item, 8)}})
    made = plan({"reminders": [{**item, "ensure": "absent"}]}, {REMINDER: rows}, known, pruning(Prune.NEVER))
    assert [change.remote_id for change in made.changes if isinstance(change, Delete)] == [7]


def test_prune_never_still_forgets_what_is_gone() -> None:
    known = ledger({GROUP: {name: entry("groups", {"name": name}, id) for name, id in (("A", 7), ("B", 8))}})
    made = plan({"groups": []}, {GROUP: [group_row("A", 7)]}, known, pruning(Prune.NEVER))
    assert actions(made) == [("forget", "group/B")]


def test_a_number_that_is_listed_twice_does_not_affect_other_numbers() -> None:
    items = [{"mobile": f"07017406{index}"} for index in (10, 11, 12)]
    known = ledger({BLOCKLIST: {one("blocklist", it).key: entry("blocklist", it) for it in items}})
    rows = [row("blocklist", items[index]) for index in (0, 0, 1, 2)]
    made = plan({"blocklist": items}, {BLOCKLIST: rows}, known)
    assert (made.is_empty, made.unchanged) == (True, 3)
