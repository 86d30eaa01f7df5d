"""Every kind, in the order in which plans show them. Adding a kind: its own file, and one line here."""

from __future__ import annotations

from intime_sync.kinds.base import Kind, ListedKind
from intime_sync.kinds.blocklist import BlocklistKind
from intime_sync.kinds.contact import ContactKind
from intime_sync.kinds.group import GroupKind
from intime_sync.kinds.message import MessageKind
from intime_sync.kinds.reminder import ReminderKind
from intime_sync.model.resource import KindName

# Contacts, the groups that carry them, and messages have ways of their own through planning and applying.
GROUPS = GroupKind()
CONTACTS = ContactKind()
BLOCKLIST = BlocklistKind()
MESSAGES = MessageKind()

KINDS: tuple[Kind, ...] = (GROUPS, CONTACTS, BLOCKLIST, ReminderKind(), MESSAGES)

BY_NAME: dict[KindName, Kind] = {kind.name: kind for kind in KINDS}
BY_SECTION: dict[str, Kind] = {kind.spec.name: kind for kind in KINDS}
LISTED: tuple[ListedKind, ...] = tuple(kind for kind in KINDS if isinstance(kind, ListedKind))
ORDER: dict[KindName, int] = {kind.name: index for index, kind in enumerate(KINDS)}
