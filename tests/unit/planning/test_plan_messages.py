"""Messages: future ones are made, changed and cancelled; sent ones are never sent again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from message_plans import AHEAD, GROUPED, IDS, SENT, codes, known, made, refused
from plan_makers import (
    CLOCK,
    GROUP,
    MESSAGE,
    ZONE,
    actions,
    attributes,
    desired,
    entry,
    group_row,
    ledger,
    only,
    plan,
    pruning,
)

from intime_sync.errors import InvalidConfiguration
from intime_sync.model.change import Create, Delete, Forget, Manual, Replace
from intime_sync.model.ledger import AccountRef, Dispatch, Entry
from intime_sync.model.policy import Policy, Prune
from intime_sync.model.resource import Address, RemoteId, Snapshot
from intime_sync.planning.context import Clock, PlanningContext
from intime_sync.planning.planner import make_plan
from intime_sync.planning.selection import Selection
from intime_sync.planning.staleness import stale_reasons

# Not scheduled yet


def test_a_future_message_is_made_with_its_number_of_texts() -> None:
    change = only(made([{**AHEAD, "body": "x" * 161, "multisms": True, "recipients": ["0701740605", "0701740606"]}]))
    assert isinstance(change, Create)
    assert change.reason == "2 SMS to 2 recipients"


def test_members_of_groups_and_direct_recipients_are_counted_once_each() -> None:
    people = [
        {"key": "a", "mobile": "0701740605", "groups": ["Personal"]},
        {"key": "b", "mobile": "0701740606", "groups": ["Personal"]},
        {"key": "c", "email": "c@example.se", "groups": ["Personal"]},
        {"key": "d", "mobile": "0701740607"},
    ]
    item = {**AHEAD, "groups": ["Personal"]}
    found = made([item], groups=[group_row("Personal", 1)], contacts=people)
    assert [change.reason for change in found.changes if change.address.kind == MESSAGE] == ["1 SMS to 2 recipients"]


def test_a_group_whose_members_are_not_declared_is_named() -> None:
    change = only(made([{**AHEAD, "groups": ["Personal"]}], groups=[group_row("Personal", 1)]))
    assert change.reason == "1 SMS to 1 recipient and the members of Personal"


def test_a_message_whose_time_has_passed_is_an_error_and_not_sent_late() -> None:
    assert refused([SENT]) == ["too-late"]


@pytest.mark.parametrize(("minutes", "warned"), [(5, []), (4, ["close-to-due"])])
def test_a_message_close_to_its_time_is_warned_about(minutes: int, warned: list[str]) -> None:
    clock = Clock(datetime(2026, 12, 24, 7, tzinfo=UTC) - timedelta(minutes=minutes), ZONE)
    assert codes(made([AHEAD], clock=clock)) == warned


def test_a_group_that_the_account_lacks_is_an_error_where_groups_are_not_managed() -> None:
    assert refused([GROUPED]) == ["unknown-group"]


# Scheduled


def test_a_scheduled_message_that_is_as_wanted_needs_nothing() -> None:
    found = made([AHEAD], {"jul": known(AHEAD)})
    assert (found.is_empty, found.unchanged) == (True, 1)


def test_a_change_before_the_time_cancels_the_scheduled_message() -> None:
    change = only(made([{**AHEAD, "body": "Gott nytt år!"}], {"jul": known(AHEAD)}))
    assert isinstance(change, Replace)
    assert [(field.path, field.after) for field in change.fields] == [("body", "Gott nytt år!")]


def test_moving_a_message_into_the_past_is_an_error() -> None:
    assert refused([SENT], {"jul": known(AHEAD)}) == ["too-late"]


@pytest.mark.parametrize("now", [{1: "Personal"}, {7: "Personal"}])
def test_a_group_that_was_made_again_replaces_the_messages_to_it(now: dict[int, str]) -> None:
    rows = [group_row(name, id) for id, name in now.items()]
    found = made([GROUPED], {"jul": known(GROUPED, groups={"Personal": RemoteId(1)})}, rows)
    assert actions(found) == ([] if 1 in now else [("replace", "message/jul")])


def test_a_group_that_this_plan_makes_replaces_the_messages_to_it() -> None:
    found = plan(
        {"groups": [{"name": "Personal"}], "messages": [GROUPED]},
        {GROUP: []},
        ledger({MESSAGE: {"jul": known(GROUPED, groups={"Personal": RemoteId(1)})}}),
    )
    assert actions(found) == [("create", "group/Personal"), ("replace", "message/jul")]


def test_a_cancellation_that_was_begun_is_finished_even_if_the_edit_was_undone() -> None:
    change = only(made([AHEAD], {"jul": known(AHEAD, cancelling=True)}))
    assert isinstance(change, Replace)
    assert "taking it back was begun" in (change.reason or "")


def test_a_change_of_a_message_without_known_ids_is_held() -> None:
    lost = entry("messages", AHEAD, dispatch=None)
    edited = only(made([{**AHEAD, "body": "Hej"}], {"jul": lost}))
    dropped = only(made([], {"jul": lost}))
    assert isinstance(edited, Manual)
    assert isinstance(dropped, Manual)
    assert "`ledger rm message/jul --cancelled`" in (dropped.reason or "")


def test_replace_schedules_a_message_again() -> None:
    wish = desired({"messages": [AHEAD]})
    found = make_plan(
        wish,
        Snapshot({GROUP: ()}),
        ledger({MESSAGE: {"jul": known(AHEAD)}}),
        PlanningContext(AccountRef("embedded", "demo", "clinic-a"), CLOCK, Policy()),
        Selection(replacements=frozenset({Address(MESSAGE, "jul")})),
    )
    assert actions(found) == [("replace", "message/jul")]


def test_a_target_includes_the_group_that_its_message_needs() -> None:
    found = make_plan(
        desired({"groups": [{"name": "Personal"}, {"name": "Jour"}], "messages": [GROUPED]}),
        Snapshot({GROUP: ()}),
        ledger(),
        PlanningContext(AccountRef("embedded", "demo", "clinic-a"), CLOCK, Policy()),
        Selection(targets=frozenset({Address(MESSAGE, "jul")})),
    )
    assert actions(found) == [("create", "group/Personal"), ("create", "message/jul")]


# Sent


def test_a_sent_message_is_never_planned_again() -> None:
    found = made([SENT], {"jul": known(SENT)})
    assert (found.is_empty, found.unchanged) == (True, 1)


@pytest.mark.parametrize("edit", [{"body": "Hej"}, {"send_at": "2026-12-24T08:00"}, {"recipients": ["0701740606"]}])
def test_an_edit_of_a_sent_message_is_an_error(edit: dict[str, Any]) -> None:
    assert refused([{**SENT, **edit}], {"jul": known(SENT)}) == ["already-sent"]


def test_a_contact_that_changed_numbers_is_no_edit_of_a_sent_message() -> None:
    before = {**attributes("messages", SENT), "recipients": [{"contact": "john", "mobile": "+46701740605"}]}
    (resource,) = desired({"messages": [{**SENT, "recipients": [{"contact": "john"}]}]}).of(MESSAGE)
    recipient = replace(resource.value.recipients[0], mobile="+46701740699")
    wish = Snapshot({MESSAGE: (replace(resource, value=replace(resource.value, recipients=(recipient,))),)})
    there = ledger({MESSAGE: {"jul": Entry(before, RemoteId(11), dispatch=Dispatch(IDS))}})
    context = PlanningContext(AccountRef("embedded", "demo", "clinic-a"), CLOCK, Policy())
    assert make_plan(wish, Snapshot({GROUP: ()}), there, context).is_empty


def test_a_sent_message_that_is_left_out_is_forgotten() -> None:
    for item in ([], [{**SENT, "ensure": "absent"}]):
        assert isinstance(only(made(item, {"jul": known(SENT)})), Forget)


# Left out and absent


def test_a_scheduled_message_that_is_left_out_is_cancelled() -> None:
    for item in ([], [{**AHEAD, "ensure": "absent"}]):
        assert isinstance(only(made(item, {"jul": known(AHEAD)})), Delete)


def test_prune_never_cancels_only_absent_messages() -> None:
    policy = pruning(Prune.NEVER)
    assert made([], {"jul": known(AHEAD)}, policy=policy).is_empty
    assert actions(made([{**AHEAD, "ensure": "absent"}], {"jul": known(AHEAD)}, policy=policy)) == [
        ("delete", "message/jul")
    ]


def test_an_absent_message_outside_the_ledger_needs_nothing() -> None:
    assert made([{**AHEAD, "ensure": "absent"}]).is_empty


def test_the_delete_guard_counts_only_scheduled_messages() -> None:
    entries = {"a": known(AHEAD), "b": known(AHEAD), "old": known(SENT)}
    found = made([{**SENT, "key": "old"}], entries)
    (guard,) = found.tripped()
    assert (guard.rule, guard.override) == ("max_delete", "--allow-delete message=2")


@pytest.mark.parametrize("items", [[], [{**AHEAD, "body": "Hej"}]])
def test_a_protected_message_is_neither_cancelled_nor_replaced(items: list[dict[str, Any]]) -> None:
    found = made(items, {"jul": replace(known(AHEAD), protect=True)})
    assert [guard.rule for guard in found.tripped()] == ["protect"]


def test_a_changed_protect_of_a_message_is_an_adoption() -> None:
    for item in (AHEAD, SENT):
        found = made([{**item, "protect": True}], {"jul": known(item)})
        assert actions(found) == [("adopt", "message/jul")]


# Unknown outcomes


@pytest.mark.parametrize("item", [AHEAD, SENT])
@pytest.mark.parametrize("items", ["as it was", "edited", "absent", "left out"])
def test_a_message_of_unknown_outcome_is_held_and_no_other(item: dict[str, Any], items: str) -> None:
    wanted = {"as it was": [item], "edited": [{**item, "body": "Hej"}], "absent": [{**item, "ensure": "absent"}]}
    lost = entry("messages", item, unknown=True, dispatch=Dispatch(since="2026-01-01T00:00:00+00:00"))
    other = {**AHEAD, "key": "other"}
    found = made([*wanted.get(items, []), other], {"jul": lost})
    assert actions(found) == [("held", "message/jul"), ("create", "message/other")]
    (held, _) = found.changes
    assert "`ledger resolve message/jul --as sent|not-sent`" in (held.reason or "")


# After trouble


def test_a_warning_names_a_message_that_was_cancelled_in_part() -> None:
    found = made([SENT], {"jul": known(SENT, cancelling=True)})
    assert codes(found) == ["sent-in-part"]


def test_replace_of_a_sent_message_is_an_error() -> None:
    context = PlanningContext(AccountRef("embedded", "demo", "clinic-a"), CLOCK, Policy())
    selection = Selection(replacements=frozenset({Address(MESSAGE, "jul")}))
    there = ledger({MESSAGE: {"jul": known(SENT)}})
    with pytest.raises(InvalidConfiguration):
        make_plan(desired({"messages": [SENT]}), Snapshot({GROUP: ()}), there, context, selection)


def test_an_unknown_outcome_is_held_even_where_nothing_is_pruned() -> None:
    lost = entry("messages", AHEAD, unknown=True, dispatch=Dispatch(since="2026-01-01T00:00:00+00:00"))
    assert isinstance(only(made([], {"jul": lost}, policy=pruning(Prune.NEVER))), Manual)


# Staleness


def test_a_plan_is_stale_once_the_time_of_a_message_has_come() -> None:
    found = made([AHEAD])
    late = Clock(datetime(2026, 12, 24, 7, 0, tzinfo=UTC), ZONE)
    reasons = stale_reasons(found, found.account, Snapshot({GROUP: ()}), ledger(), late)
    assert reasons == ["the time of message/jul has passed"]


def test_a_plan_is_stale_once_the_group_of_a_message_is_ambiguous() -> None:
    found = made([GROUPED], groups=[group_row("Personal", 1)])
    twins = Snapshot({GROUP: (group_row("Personal", 1), group_row("Personal", 2))})
    (reason,) = stale_reasons(found, found.account, twins, ledger(), CLOCK)
    assert "2 groups called `Personal`" in reason
