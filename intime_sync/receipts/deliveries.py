"""Receipts and deliveries of messages as values. Knows neither storage nor HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from intime_sync.service.statuses import status_level


@dataclass(frozen=True, slots=True)
class Receipt:
    """One status of one message, as the service reported it.

    `message_id` is the service's id of the message to one recipient, 1 to 18 digits. `transid` is the text that
    was sent with the recipient, "" if none came back. `status` is the level, see `service.statuses`. `received_at` is
    when it came for the first time, in UTC.
    """

    message_id: int
    transid: str
    status: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """Everything received for one message: at least one receipt, in order of arrival."""

    message_id: int
    receipts: tuple[Receipt, ...]

    @property
    def current(self) -> Receipt:
        """The last receipt with a final status, else the last of all.

        A report that could not be handed over is tried again later, so "unknown" can come after "delivered".
        """
        final = [receipt for receipt in self.receipts if status_level(receipt.status).is_final]
        return (final or self.receipts)[-1]


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """How many messages are in which state, by their current receipt."""

    delivered: int = 0
    not_delivered: int = 0
    unknown: int = 0

    @property
    def total(self) -> int:
        """All messages that anything was received for."""
        return self.delivered + self.not_delivered + self.unknown


def deliveries_of(receipts: Iterable[Receipt]) -> dict[int, Delivery]:
    """Receipts in order of arrival, put together by message id; messages in the order of their first receipt."""
    grouped: dict[int, list[Receipt]] = {}
    for receipt in receipts:
        grouped.setdefault(receipt.message_id, []).append(receipt)
    return {message: Delivery(message, tuple(parts)) for message, parts in grouped.items()}
