"""Confirmed objects that no list shows yet are held for an hour, then planned as usual."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from plan_makers import BLOCKLIST, CLOCK, GROUP, REMINDER, actions, entry, ledger, only, plan, pruning, row

from intime_sync.applying.recovery import deltas_of_awaited
from intime_sync.model.change import Manual
from intime_sync.model.ledger import Ledger
from intime_sync.model.policy import Prune
from intime_sync.model.resource import Snapshot
from intime_sync.planning.awaiting import LONGEST_WAIT

JOUR = {"name": "Jour"}
VISIT = {"key": "r0", "at": "2026-12-01T08:30", "attendant": {"firstname": "Anna", "mobile": "0701740608"}}
BLOCKED = {"mobile": "0701740606"}
KINDS: list[tuple[str, Any, dict[str, Any], str]] = [
    ("groups", GROUP, JOUR, "Jour"),
    ("reminders", REMINDER, VISIT, "r0"),
    ("blocklist", BLOCKLIST, BLOCKED, "+46701740606"),
]
SINCE = (CLOCK.now - timedelta(minutes=20)).isoformat()
PAST = replace(CLOCK, now=datetime.fromisoformat(SINCE) + LONGEST_WAIT)
of_each = pytest.mark.parametrize(("section", "kind", "item", "key"), KINDS)


def known(section: str, kind: Any, item: dict[str, Any], key: str, **more: Any) -> Ledger:
    return ledger({kind: {key: entry(section, item, 17, awaited=SINCE, **more)}})


@of_each
def test_an_awaited_object_is_held_and_the_reason_says_until_when(
    section: str, kind: Any, item: dict[str, Any], key: str
) -> None:
    made = plan({section: [item]}, known=known(section, kind, item, key))
    change = only(made)
    assert isinstance(change, Manual)
    assert "waited for until 2026-03-02 09:40" in (change.reason or "")
    assert ("with id 17" in (change.reason or "")) is (section != "blocklist")
    assert made.unchanged == 0, "it is not called as wanted"


@of_each
def test_an_awaited_object_is_held_where_it_is_to_be_removed(
    section: str, kind: Any, item: dict[str, Any], key: str
) -> None:
    book = known(section, kind, item, key)
    for wish in ([], [{**item, "ensure": "absent"}]):
        change = only(plan({section: wish}, known=book))
        assert (type(change), change.address.key) == (Manual, key)
    assert actions(plan({section: []}, known=book, policy=pruning(Prune.NEVER))) == []


@of_each
def test_after_the_wait_an_object_is_made_again_or_forgotten_with_a_warning(
    section: str, kind: Any, item: dict[str, Any], key: str
) -> None:
    book = known(section, kind, item, key)
    wishes: dict[str, list[dict[str, Any]]] = {"create": [item], "forget": []}
    for action, wish in wishes.items():
        made = plan({section: wish}, known=book, clock=PAST)
        assert actions(made) == [(action, f"{kind}/{key}")]
        assert [problem.code for problem in made.diagnostics] == ["never-listed"]


@of_each
def test_an_awaited_object_that_is_listed_is_planned_as_usual(
    section: str, kind: Any, item: dict[str, Any], key: str
) -> None:
    book = known(section, kind, item, key)
    account = {kind: [row(section, item, 17)]}
    for delta in deltas_of_awaited(book, Snapshot({kind: tuple(account[kind])})):
        book.record(delta)
    assert book.of(kind)[key].awaited is None
    assert actions(plan({section: [item]}, account, book)) == []
    assert actions(plan({section: []}, account, book)) == [("delete", f"{kind}/{key}")]
    assert actions(plan({section: [item]}, {}, book)) == [("create", f"{kind}/{key}")], "it was removed by hand"


def test_an_awaited_object_whose_id_another_one_has_is_still_awaited() -> None:
    stranger = {**VISIT, "attendant": {"firstname": "Bo", "mobile": "0701740699"}}
    book = known("reminders", REMINDER, VISIT, "r0")
    account = {REMINDER: [row("reminders", stranger, 17)]}
    assert deltas_of_awaited(book, Snapshot({REMINDER: tuple(account[REMINDER])})) == []
    assert isinstance(only(plan({"reminders": [VISIT]}, account, book)), Manual)
    assert actions(plan({"reminders": [VISIT]}, account, book, clock=PAST)) == [("create", "reminder/r0")]


def test_an_equal_object_is_adopted_and_the_awaited_one_removed_once_listed() -> None:
    book = known("reminders", REMINDER, VISIT, "r0")
    there = [row("reminders", VISIT, 16)]
    for delta in deltas_of_awaited(book, Snapshot({REMINDER: tuple(there)})):
        book.record(delta)
    assert ("adopt", "reminder/r0") in actions(plan({"reminders": [VISIT]}, {REMINDER: there}, book))
    both = [*there, row("reminders", VISIT, 17)]
    for delta in deltas_of_awaited(book, Snapshot({REMINDER: tuple(both)})):
        book.record(delta)
    made = plan({"reminders": [VISIT]}, {REMINDER: both}, book)
    assert actions(made) == [("adopt", "reminder/r0"), ("delete", "reminder/r0#17")]


def test_an_equal_object_that_another_key_owns_is_not_the_awaited_one() -> None:
    book = known("reminders", REMINDER, VISIT, "r0")
    book.objects[REMINDER]["r9"] = entry("reminders", VISIT, 3)  # type: ignore[index]
    assert deltas_of_awaited(book, Snapshot({REMINDER: (row("reminders", VISIT, 3),)})) == []


def test_a_list_without_awaited_objects_does_not_count_as_emptied() -> None:
    items = [{"name": f"Grupp {number}"} for number in range(3)]
    entries = {item["name"]: entry("groups", item, at, awaited=SINCE) for at, item in enumerate(items, 1)}
    assert plan({"groups": items}, known=ledger({GROUP: entries})).tripped() == ()
    seen = {name: replace(known, awaited=None) for name, known in entries.items()}
    assert [guard.rule for guard in plan({"groups": items}, known=ledger({GROUP: seen})).tripped()] == [
        "empty_account"
    ]
