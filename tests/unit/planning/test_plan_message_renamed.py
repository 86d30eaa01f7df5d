"""A message whose key was changed is one message: no option sends it a second time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from plan_makers import CLOCK, GROUP, MESSAGE, REF, actions, desired, entry, ledger, plan, pruning

from intime_sync.errors import InvalidConfiguration
from intime_sync.model.ledger import Dispatch, Entry
from intime_sync.model.plan import Plan
from intime_sync.model.policy import Policy, Prune
from intime_sync.model.resource import Address, RemoteId, Snapshot
from intime_sync.planning.context import PlanningContext
from intime_sync.planning.planner import make_plan
from intime_sync.planning.selection import Selection

FIRST: dict[str, Any] = {
    "key": "m1",
    "send_at": "2026-12-24T08:00",
    "sender": "Kliniken",
    "body": "God jul!",
    "recipients": ["0701740605", "0701740606"],
}
RENAMED = {**FIRST, "key": "m2"}
SCHEDULED = entry("messages", FIRST, 11, dispatch=Dispatch((RemoteId(11), RemoteId(12))))
UNKNOWN = replace(SCHEDULED, unknown=True, dispatch=Dispatch(since="2026-03-02T08:00:00+00:00"))


def targeted(known: Entry, item: dict[str, Any], policy: Policy | None = None) -> Plan:
    selection = Selection(frozenset({Address(MESSAGE, "m2")}))
    books = ledger({MESSAGE: {"m1": known}})
    wanted = desired({"messages": [item]})
    return make_plan(wanted, Snapshot({GROUP: ()}), books, PlanningContext(REF, CLOCK, policy or Policy()), selection)


def test_a_target_cancels_the_message_that_is_scheduled_under_the_old_key() -> None:
    assert actions(targeted(SCHEDULED, RENAMED)) == [("delete", "message/m1"), ("create", "message/m2")]


@pytest.mark.parametrize("prune", list(Prune))
def test_a_target_does_not_hide_an_unknown_outcome_under_the_old_key(prune: Prune) -> None:
    made = targeted(UNKNOWN, RENAMED, pruning(prune))
    assert actions(made) == [("held", "message/m1"), ("create", "message/m2")]


@pytest.mark.parametrize("other", [{"body": "Gott nytt!"}, {"sender": "Skolan"}, {"recipients": ["0701740607"]}])
def test_a_message_that_only_resembles_another_is_planned_by_itself(other: dict[str, Any]) -> None:
    assert actions(targeted(SCHEDULED, {**RENAMED, **other})) == [("create", "message/m2")]


def test_under_prune_never_a_renamed_message_is_refused_since_the_old_one_stays() -> None:
    with pytest.raises(InvalidConfiguration) as refused:
        plan({"messages": [RENAMED]}, None, ledger({MESSAGE: {"m1": SCHEDULED}}), pruning(Prune.NEVER))
    (problem,) = refused.value.problems
    assert problem.code == "scheduled-twice"
    assert "message/m1" in problem.message


def test_under_prune_never_the_old_one_may_be_made_absent() -> None:
    items = [RENAMED, {**FIRST, "ensure": "absent"}]
    made = plan({"messages": items}, None, ledger({MESSAGE: {"m1": SCHEDULED}}), pruning(Prune.NEVER))
    assert actions(made) == [("delete", "message/m1"), ("create", "message/m2")]
