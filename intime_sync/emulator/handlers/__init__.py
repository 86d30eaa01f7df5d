"""Every endpoint of the service by its name. Knows nothing of HTTP, credentials or faults."""

from __future__ import annotations

from typing import Any, Final

from intime_sync.emulator.handlers import blocklist, contacts, groups, messages, reminders
from intime_sync.emulator.handlers.base import Context, Listing, Refusal, Write

__all__ = ["ENDPOINTS", "Context", "Listing", "Refusal", "Write"]

ENDPOINTS: Final[dict[str, Write[Any] | Listing]] = {
    "message/create": messages.CREATE,
    "message/delete": messages.DELETE,
    "contacts/add": contacts.ADD,
    "contacts/listgroups": groups.LIST,
    "contacts/addgroup": groups.ADD,
    "contacts/deletegroup": groups.DELETE,
    "nix/list": blocklist.LIST,
    "nix/addnix": blocklist.ADD,
    "nix/deletenix": blocklist.DELETE,
    "reminder/list": reminders.LIST,
    "reminder/add": reminders.ADD,
    "reminder/edit": reminders.EDIT,
}
