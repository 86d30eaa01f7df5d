"""The inputs of a plan besides configuration, account and ledger: clock, policy and the account's address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from intime_sync.model.ledger import AccountRef
from intime_sync.model.policy import Policy


@dataclass(frozen=True, slots=True)
class Clock:
    """The moment of planning (aware, UTC) and the zone in which the service speaks of time.

    `served_at` is the same moment by the service's clock, where that differs by more than a minute.
    """

    now: datetime
    zone: ZoneInfo
    served_at: datetime | None = None

    @property
    def latest(self) -> datetime:
        """The moment by this machine's clock or the service's, whichever is later (aware, UTC)."""
        return self.now if self.served_at is None else max(self.now, self.served_at)


@dataclass(frozen=True, slots=True)
class PlanningContext:
    """The account that a plan is made for, the moment and zone of planning, and what the configuration allows."""

    account: AccountRef
    clock: Clock
    policy: Policy
