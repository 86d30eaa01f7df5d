"""The service: bytes and values of its HTTP API, and a client. docs/library.md shows how to use it on its own.

Everything that a program needs is imported from here. The modules below are imported when a name is first used, so
that what only needs, say, telephone numbers does not wait for an HTTP library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from intime_sync.service.client import Client, Outcome, Unknown
    from intime_sync.service.phone import E164
    from intime_sync.service.reply import Ids, Refused
    from intime_sync.service.requests import (
        ContactItem,
        MessageItem,
        Recipient,
        ReminderEdit,
        ReminderItem,
        WireFormat,
    )
    from intime_sync.service.secrets import Credentials, Secret
    from intime_sync.service.times import WallTime
    from intime_sync.service.transport import NotSent, Transport

__all__ = [
    "E164",
    "Client",
    "ContactItem",
    "Credentials",
    "Ids",
    "MessageItem",
    "NotSent",
    "Outcome",
    "Recipient",
    "Refused",
    "ReminderEdit",
    "ReminderItem",
    "Secret",
    "Transport",
    "Unknown",
    "WallTime",
    "WireFormat",
]

_MODULES = {
    "client": ("Client", "Outcome", "Unknown"),
    "phone": ("E164",),
    "reply": ("Ids", "Refused"),
    "requests": ("ContactItem", "MessageItem", "Recipient", "ReminderEdit", "ReminderItem", "WireFormat"),
    "secrets": ("Credentials", "Secret"),
    "times": ("WallTime",),
    "transport": ("NotSent", "Transport"),
}


def __getattr__(name: str) -> object:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
