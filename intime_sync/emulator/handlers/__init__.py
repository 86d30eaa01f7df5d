"""Every endpoint of the service by its name. Knows nothing of HTTP, credentials or faults."""

from __future__ import annotations

from typing import Final

from intime_sync.emulator.handlers import blocklist, contacts, groups, messages, reminders
from intime_sync.emulator.handlers.base import Context, Endpoints, Listing, Refusal, Write

__all__ = ["ENDPOINTS", "Context", "Listing", "Refusal", "Write"]

ENDPOINTS: Final[Endpoints] = {
    **messages.ENDPOINTS,
    **contacts.ENDPOINTS,
    **groups.ENDPOINTS,
    **blocklist.ENDPOINTS,
    **reminders.ENDPOINTS,
}
