"""The recipients of a message by the configuration, compared with those in the ledger. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from intime_sync.kinds.registry import BLOCKLIST, CONTACTS, MESSAGES
from intime_sync.model.ledger import Entry
from intime_sync.model.resource import Attributes, Json, Snapshot

MESSAGE = MESSAGES.name


class Audience:
    """The recipients of messages by the configuration: direct ones and members of groups."""

    def __init__(self, desired: Snapshot) -> None:
        self._members: dict[str, set[str]] = {}
        wanted = {name for message in desired.of(MESSAGE) for name in message.value.groups}
        if wanted:
            for contact in desired.of(CONTACTS.name):
                value = contact.value
                if value.mobile and value.type != "email" and not contact.lifecycle.absent:
                    for name in wanted.intersection(value.groups):
                        self._members.setdefault(name, set()).add(value.mobile)
        self._complete = CONTACTS.name in desired
        self._blocked = (
            {number.key for number in desired.of(BLOCKLIST.name) if not number.lifecycle.absent} if wanted else set()
        )

    def members(self, attributes: Attributes) -> set[str]:
        """The numbers (E.164) in the message's groups."""
        return set().union(*(self._members.get(name, ()) for name in MESSAGES.group_names(attributes)))

    def cost(self, attributes: Attributes) -> str:
        """`2 SMS to 37 recipients`; a group whose members are not declared is named instead."""
        count, parts = len(self.members(attributes).union(MESSAGES.mobiles(attributes))), MESSAGES.parts(attributes)
        names = [] if self._complete else list(MESSAGES.group_names(attributes))
        to = [f"{count} recipient{'' if count == 1 else 's'}"] if count or not names else []
        return f"{parts} SMS to {' and '.join([*to, *(f'the members of {name}' for name in names)])}"

    def marks(self, attributes: Attributes) -> dict[str, Json] | None:
        """Hashes, for the ledger, of the members of the message's groups and of those who are not blocked.

        None without groups, or if contacts are not declared. The service gives out one id per recipient when it
        schedules a message, so it seems to fix the recipients at that time.
        """
        if not self._complete or not MESSAGES.group_names(attributes):
            return None
        members = self.members(attributes)
        readers = members - self._blocked if attributes.get("check_blocklist") is not False else members
        return {"members": _mark(members), "readers": _mark(readers)}

    def blocklist_changed(self, entry: Entry, attributes: Attributes) -> bool:
        """Whether other members are blocked than when the message was scheduled."""
        then, now = entry.audience, self.marks(attributes)
        if now is None or then is None or then.readers == now["readers"]:
            return False
        return then.members == now["members"] or now["members"] != now["readers"]

    def members_changed(self, entry: Entry, attributes: Attributes) -> bool:
        """Whether other numbers are in the message's groups than when it was scheduled."""
        then, now = entry.audience, self.marks(attributes)
        return now is not None and then is not None and then.members != now["members"]


def _mark(numbers: Iterable[str]) -> str:
    return sha256("\0".join(sorted(numbers)).encode()).hexdigest()[:16]
