"""The outcome of each change: the result of an apply."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from intime_sync.model.change import Action
from intime_sync.model.problem import Origin
from intime_sync.model.resource import Address, RemoteId


class Status(StrEnum):
    """How a change ended. `unknown` means that only the user can find out whether it happened."""

    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one change; `error` says why it is not done."""

    address: Address
    action: Action
    status: Status
    remote_id: RemoteId | None = None
    error: str | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that an apply did, in the order of the plan.

    `calls` counts requests to the service; `notes` are remarks that belong to no single change; `stopped` says why
    the run ended early, or is None.
    """

    results: tuple[Result, ...]
    calls: int = 0
    notes: tuple[str, ...] = ()
    stopped: str | None = None

    def summary(self) -> dict[str, int]:
        """Counts by status, all four present."""
        counts = Counter(result.status for result in self.results)
        return {str(status): counts[status] for status in Status}
