"""Every kind, in the order in which plans show them. Adding a kind: its own file, and one line here."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from intime_sync.kinds.base import AnyKind, ListedKind
from intime_sync.kinds.blocklist import BlocklistKind
from intime_sync.kinds.contact import ContactKind
from intime_sync.kinds.group import GroupKind
from intime_sync.kinds.message import MessageKind
from intime_sync.kinds.reminder import ReminderKind
from intime_sync.kinds.words import OtherWords, Words
from intime_sync.model.resource import KindName

# For modules that deal with one kind only.
GROUPS = GroupKind()
CONTACTS = ContactKind()
BLOCKLIST = BlocklistKind()
MESSAGES = MessageKind()

BY_NAME: Final[dict[KindName, AnyKind]] = {}
BY_SECTION: Final[dict[str, AnyKind]] = {}
LISTED_BY_NAME: Final[dict[KindName, ListedKind]] = {}
ORDER: Final[dict[KindName, int]] = {}

# Views, so that they include kinds that are registered later.
KINDS: Final[Collection[AnyKind]] = BY_NAME.values()
LISTED: Final[Collection[ListedKind]] = LISTED_BY_NAME.values()


def register(kind: AnyKind) -> None:
    """Add a kind, which plans show after all others."""
    ORDER[kind.name] = len(BY_NAME)
    BY_NAME[kind.name] = BY_SECTION[kind.spec.name] = kind
    if isinstance(kind, ListedKind):
        LISTED_BY_NAME[kind.name] = kind


def words_of(name: KindName) -> Words:
    """The words for a kind; for one that is not registered, such as one in a plan file, just its name."""
    return BY_NAME.get(name) or OtherWords(name)


for _kind in (
    GROUPS,
    CONTACTS,
    BLOCKLIST,
    ReminderKind(),
    MESSAGES,
):
    register(_kind)
