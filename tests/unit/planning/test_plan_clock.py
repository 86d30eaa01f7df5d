"""Two clocks that differ: a message that is sent, or nearly due, by either of them is not changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from plan_makers import CLOCK, MESSAGE, ZONE, entry, ledger, plan

from intime_sync.model.ledger import Dispatch
from intime_sync.model.plan import Plan
from intime_sync.model.resource import RemoteId
from intime_sync.planning.context import Clock


def message(minutes: int, **more: Any) -> dict[str, Any]:
    """A message that is due so many minutes after CLOCK."""
    due: datetime = (CLOCK.now + timedelta(minutes=minutes)).astimezone(ZONE)
    return {
        "key": "jul",
        "send_at": f"{due:%Y-%m-%dT%H:%M}",
        "sender": "Kliniken",
        "body": "God jul!",
        "recipients": ["0701740605"],
        **more,
    }


def planned(items: list[dict[str, Any]], served: timedelta | None, *scheduled: dict[str, Any]) -> Plan:
    known = {item["key"]: entry("messages", item, 1, dispatch=Dispatch((RemoteId(1),))) for item in scheduled}
    clock = Clock(CLOCK.now, ZONE, None if served is None else CLOCK.now + served)
    return plan({"messages": items}, None, ledger({MESSAGE: known}), None, clock)


BEHIND, AHEAD = timedelta(minutes=10), timedelta(minutes=-10)


def guards(made: Plan) -> list[str]:
    return [guard.rule for guard in made.tripped()]


def test_a_message_that_the_service_calls_sent_is_not_cancelled() -> None:
    assert guards(planned([], BEHIND, message(8))) == ["clock"]
    assert guards(planned([message(60)], BEHIND, message(8))) == ["clock"]


@pytest.mark.parametrize("served", [BEHIND, AHEAD])
def test_a_message_is_not_scheduled_where_the_difference_uses_up_its_lead_time(served: timedelta) -> None:
    made = planned([message(12 if served is BEHIND else 6)], served)
    assert guards(made) == (["clock"] if served is BEHIND else [])


def test_a_message_that_is_sent_by_one_clock_only_is_not_forgotten() -> None:
    assert guards(planned([], AHEAD, message(-5))) == ["clock"]


def test_a_message_that_is_early_by_both_clocks_may_change() -> None:
    assert guards(planned([message(120)], BEHIND, message(60))) == []


def test_a_message_that_is_sent_by_both_clocks_may_be_forgotten() -> None:
    assert guards(planned([], BEHIND, message(-5))) == []


def test_clocks_that_agree_stop_nothing() -> None:
    assert guards(planned([message(12)], None)) == []


def test_the_guard_says_which_clock_is_behind() -> None:
    (guard,) = planned([], BEHIND, message(8)).tripped()
    assert "this machine's clock is 10 minutes behind the service's" in guard.message
