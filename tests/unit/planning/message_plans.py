"""Plans for messages: one that is due in December, one that was sent in January, one to a group."""

from __future__ import annotations

from typing import Any

import pytest
from plan_makers import (
    CLOCK,
    GROUP,
    MESSAGE,
    entry,
    ledger,
    plan,
)

from intime_sync.errors import InvalidConfiguration
from intime_sync.model.ledger import Dispatch, Entry, Ledger
from intime_sync.model.plan import Plan
from intime_sync.model.policy import Policy
from intime_sync.model.resource import RemoteId, Resource
from intime_sync.planning.context import Clock

AHEAD = {
    "key": "jul",
    "send_at": "2026-12-24T08:00",
    "sender": "Kliniken",
    "body": "God jul!",
    "recipients": ["0701740605"],
}


SENT = {**AHEAD, "send_at": "2026-01-02T08:00"}


GROUPED = {**AHEAD, "recipients": [], "groups": ["Personal"]}


IDS = (RemoteId(11), RemoteId(12))


NO_LEDGER = Ledger("")


def known(item: dict[str, Any], **dispatch: Any) -> Entry:
    """The ledger's entry of a message that was scheduled and confirmed."""
    options = dispatch.pop("options", {})
    return entry("messages", item, 11, options=options, dispatch=Dispatch(**{"ids": IDS, **dispatch}))


def made(
    items: list[dict[str, Any]],
    entries: dict[str, Entry] | None = None,
    groups: list[Resource[Any]] | None = None,
    policy: Policy | None = None,
    clock: Clock = CLOCK,
    **others: list[dict[str, Any]],
) -> Plan:
    """A plan for messages, with other sections as `others`."""
    return plan({"messages": items, **others}, {GROUP: groups or []}, ledger({MESSAGE: entries or {}}), policy, clock)


def codes(found: Plan) -> list[str]:
    """The codes of the warnings of a plan."""
    return [problem.code for problem in found.diagnostics]


def refused(*arguments: Any, **more: Any) -> list[str]:
    """The codes of the errors that forbid a plan."""
    with pytest.raises(InvalidConfiguration) as stopped:
        made(*arguments, **more)
    return [problem.code for problem in stopped.value.problems]
