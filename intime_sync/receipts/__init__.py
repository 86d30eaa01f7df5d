"""Delivery receipts: receiving the statuses that the service posts for messages, storing and showing them.

Which message and recipient a status belongs to is passed in by the caller (`ReceiveOptions.names`). The names below
load on first use; only `create_app`, `run_in_thread` and `serve_receipts` need the `receive` extra.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from intime_sync.receipts.deliveries import Delivery, DeliveryCounts, Receipt
    from intime_sync.receipts.options import MessageRecipient, ReceiveOptions
    from intime_sync.receipts.protocol import Limits
    from intime_sync.receipts.server import Addresses, RunningReceipts, create_app, run_in_thread, serve_receipts
    from intime_sync.receipts.store import ReceiptStore

__all__ = [
    "Addresses",
    "Delivery",
    "DeliveryCounts",
    "Limits",
    "MessageRecipient",
    "Receipt",
    "ReceiptStore",
    "ReceiveOptions",
    "RunningReceipts",
    "create_app",
    "run_in_thread",
    "serve_receipts",
]

_HOME = {
    "Addresses": "server",
    "Delivery": "deliveries",
    "DeliveryCounts": "deliveries",
    "Limits": "protocol",
    "MessageRecipient": "options",
    "Receipt": "deliveries",
    "ReceiptStore": "store",
    "ReceiveOptions": "options",
    "RunningReceipts": "server",
    "create_app": "server",
    "run_in_thread": "server",
    "serve_receipts": "server",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
