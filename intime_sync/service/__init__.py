"""A client of the service's HTTP API. docs/library.md shows how to use it on its own.

A program imports everything from here, also the errors that a `Client` raises:

    IntimeSyncError
    ├── InvalidInput             an address that is not an https URL, or a text that XML cannot carry
    ├── CredentialsError         user name or hash is missing, or the service refuses them
    └── ServiceError
        ├── ReadFailed           the service answered a list with something that is not the whole list
        └── ServiceUnreachable   a list got no whole answer, also after three retries

A call that changes something returns an `Outcome`:

    Ids        it is done
    Refused    the service said no
    NotSent    nothing was sent
    Unknown    something was sent, and it cannot be known what the service did

A module is imported when one of its names is first used: a program that needs only phone numbers loads no HTTP
library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from intime_sync.errors import (
        CredentialsError,
        IntimeSyncError,
        InvalidInput,
        ReadFailed,
        ServiceError,
        ServiceUnreachable,
    )
    from intime_sync.model.resource import RemoteId
    from intime_sync.service.client import Client, Outcome, Unknown
    from intime_sync.service.listings import BlocklistRow, GroupRow, ReminderRow
    from intime_sync.service.phone import E164, ParsedMobile, parse_mobile
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
    from intime_sync.service.times import Moment, TimeFault, WallTime, parse_wall_time
    from intime_sync.service.transport import NotSent, Transport

__all__ = [
    "E164",
    "BlocklistRow",
    "Client",
    "ContactItem",
    "Credentials",
    "CredentialsError",
    "GroupRow",
    "Ids",
    "IntimeSyncError",
    "InvalidInput",
    "MessageItem",
    "Moment",
    "NotSent",
    "Outcome",
    "ParsedMobile",
    "ReadFailed",
    "Recipient",
    "Refused",
    "ReminderEdit",
    "ReminderItem",
    "ReminderRow",
    "RemoteId",
    "Secret",
    "ServiceError",
    "ServiceUnreachable",
    "TimeFault",
    "Transport",
    "Unknown",
    "WallTime",
    "WireFormat",
    "parse_mobile",
    "parse_wall_time",
]

_MODULES = {
    "intime_sync.errors": (
        "CredentialsError",
        "IntimeSyncError",
        "InvalidInput",
        "ReadFailed",
        "ServiceError",
        "ServiceUnreachable",
    ),
    "intime_sync.model.resource": ("RemoteId",),
    "intime_sync.service.client": ("Client", "Outcome", "Unknown"),
    "intime_sync.service.listings": ("BlocklistRow", "GroupRow", "ReminderRow"),
    "intime_sync.service.phone": ("E164", "ParsedMobile", "parse_mobile"),
    "intime_sync.service.reply": ("Ids", "Refused"),
    "intime_sync.service.requests": (
        "ContactItem",
        "MessageItem",
        "Recipient",
        "ReminderEdit",
        "ReminderItem",
        "WireFormat",
    ),
    "intime_sync.service.secrets": ("Credentials", "Secret"),
    "intime_sync.service.times": ("Moment", "TimeFault", "WallTime", "parse_wall_time"),
    "intime_sync.service.transport": ("NotSent", "Transport"),
}


def __getattr__(name: str) -> object:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
