"""A lost ledger stops messages, which may be scheduled already."""

from __future__ import annotations

from message_plans import AHEAD, NO_LEDGER
from plan_makers import (
    CLOCK,
    GROUP,
    desired,
    group_row,
    plan,
)

from intime_sync.model.ledger import AccountRef
from intime_sync.model.policy import Policy
from intime_sync.model.resource import Address, Snapshot
from intime_sync.planning.context import PlanningContext
from intime_sync.planning.guards import still_tripped
from intime_sync.planning.planner import make_plan
from intime_sync.planning.selection import Selection


def test_a_lost_ledger_stops_messages_that_may_be_scheduled_already() -> None:
    carrier = group_row("~clinic-a/all-0123456789ab", 7)
    found = plan({"messages": [AHEAD]}, {GROUP: [carrier]}, NO_LEDGER)
    (guard,) = found.tripped()
    assert (guard.rule, guard.override) == ("lost_ledger", "--allow-resend")
    assert still_tripped(found.guards, {}, (), allow_resend=True) == ()
    assert still_tripped(found.guards, {}, ()) == (guard,)


def test_without_a_ledger_carriers_of_another_owner_stop_messages() -> None:
    found = plan({"messages": [AHEAD]}, {GROUP: [group_row("~clinic-b/all-0123456789ab", 7)]}, NO_LEDGER)
    (guard,) = found.tripped()
    assert (guard.rule, guard.override) == ("lost_ledger", "--allow-resend")
    assert "clinic-b" in guard.message
    assert "`owner` was changed" in guard.message


def test_user_groups_do_not_count_as_a_lost_ledger() -> None:
    assert plan({"messages": [AHEAD]}, {GROUP: [group_row("Personal", 7)]}, NO_LEDGER).tripped() == ()


def test_a_target_does_not_lift_the_guard_of_a_lost_ledger() -> None:
    wish = desired({"groups": [{"name": "Jour"}], "messages": [AHEAD]})
    context = PlanningContext(AccountRef("embedded", "demo", "clinic-a"), CLOCK, Policy())
    selection = Selection(targets=frozenset({Address(GROUP, "Jour")}))
    carrier = group_row("~clinic-a/all-0123456789ab", 7)
    found = make_plan(wish, Snapshot({GROUP: (carrier,)}), NO_LEDGER, context, selection)
    assert [guard.rule for guard in found.tripped()] == ["lost_ledger"]
