"""What a plan depends on besides configuration, account and ledger."""

from __future__ import annotations

from dataclasses import dataclass

from intime_sync.model.ledger import AccountRef
from intime_sync.model.policy import Policy
from intime_sync.planning.matching import Clock


@dataclass(frozen=True, slots=True)
class PlanningContext:
    """The account that a plan is made for, the moment and zone of planning, and what the configuration allows."""

    account: AccountRef
    clock: Clock
    policy: Policy
