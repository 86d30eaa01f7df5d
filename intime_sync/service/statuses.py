"""The delivery levels that the service reports for a message, and their meanings. No I/O, no storage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class DeliveryOutcome(StrEnum):
    """Whether the message was delivered, in the words that are shown."""

    DELIVERED = "delivered"
    NOT_DELIVERED = "not delivered"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StatusLevel:
    """One level: its number, its outcome, and a reason or remark ("" if none)."""

    level: int
    outcome: DeliveryOutcome
    remark: str = ""

    @property
    def meaning(self) -> str:
        """In words: `not delivered: stopped in the operator's network`, or `status 7` for an unknown level."""
        if self.level not in LEVELS:
            return f"status {self.level}"
        return f"{self.outcome}: {self.remark}" if self.remark else str(self.outcome)

    @property
    def delivered(self) -> bool:
        """Whether the phone has acknowledged the message."""
        return self.outcome is DeliveryOutcome.DELIVERED

    @property
    def is_final(self) -> bool:
        """Whether the outcome is known; a later level of unknown outcome does not change it."""
        return self.outcome is not DeliveryOutcome.UNKNOWN


LEVELS: Final[Mapping[int, StatusLevel]] = MappingProxyType(
    {
        0: StatusLevel(0, DeliveryOutcome.NOT_DELIVERED, "the message is faulty, or the number is wrong"),
        1: StatusLevel(1, DeliveryOutcome.NOT_DELIVERED, "refused by the message service provider"),
        2: StatusLevel(2, DeliveryOutcome.NOT_DELIVERED, "a wrong parameter in the request"),
        3: StatusLevel(3, DeliveryOutcome.NOT_DELIVERED, "stopped in the operator's network"),
        4: StatusLevel(4, DeliveryOutcome.NOT_DELIVERED, "the reason is not known"),
        20: StatusLevel(20, DeliveryOutcome.DELIVERED, "acknowledged by the phone"),
        21: StatusLevel(21, DeliveryOutcome.UNKNOWN, "no receipt has come"),
    }
)
"""Every documented level by its number (the table before "Ta emot status" in the service's documentation)."""

FINAL_LEVELS: Final = tuple(number for number, level in LEVELS.items() if level.is_final)


def status_level(number: int) -> StatusLevel:
    """The documented level; for any other number, a level of unknown outcome."""
    return LEVELS.get(number) or StatusLevel(number, DeliveryOutcome.UNKNOWN)
