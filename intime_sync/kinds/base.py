"""The interface of a kind, and the values that its methods take.

A kind is pure: it reads checked items, compares values, builds requests and describes its objects. It sends nothing.
A new kind is a subclass of `ListedKind`, `CarriedKind` or `ScheduledKind`, which says how it is planned and applied.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, TypeAlias
from zoneinfo import ZoneInfo

from intime_sync.kinds.exports import ExportContext, ExportedSection
from intime_sync.kinds.fields import SectionSpec
from intime_sync.kinds.reading import Item, ItemContext
from intime_sync.kinds.words import Words
from intime_sync.model.change import Update
from intime_sync.model.problem import Origin
from intime_sync.model.resource import Attributes, RemoteId, Resource
from intime_sync.service.endpoints import Endpoint
from intime_sync.service.reply import Unexpected
from intime_sync.service.requests import Request, WireFormat
from intime_sync.service.xml import Element


@dataclass(frozen=True, slots=True)
class WireContext:
    """What a kind needs to write requests: the service's spellings, and the ids of groups by name."""

    format: WireFormat = field(default_factory=WireFormat)
    group_ids: Mapping[str, RemoteId] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Removal:
    """One object to be removed: its id (None where the service removes by value), fields and options.

    `seen` is the object as a list showed it after a first try that did not remove it, else None.
    """

    remote_id: RemoteId | None
    attributes: Attributes
    options: Attributes
    seen: Resource[Any] | None = None


class Kind(Words, ABC):
    """What all kinds have in common. `spec` is the kind's section in the configuration."""

    spec: ClassVar[SectionSpec]

    has_members: ClassVar[bool] = False
    """Whether it can contain objects of other kinds: it is made before them and removed after them."""
    may_be_renamed: ClassVar[bool] = False
    """Whether the service may list an object under another name than it was made with; its value has a `name`."""
    stops_messages: ClassVar[bool] = False
    """Whether an object stops messages to people, so that it must be made before messages are sent."""

    @property
    def title(self) -> str:
        """The heading over the kind's objects: the title of its section."""
        return self.spec.title

    @abstractmethod
    def read(self, item: Item, origin: Origin, context: ItemContext) -> Resource[Any] | None:
        """The desired resource that a checked item describes, or None after noting an error in `context`."""

    @abstractmethod
    def attributes(self, value: Any) -> dict[str, Any]:
        """The comparable fields of a value, in the order people read them; fields that are not given are left out."""

    def is_past(self, attributes: Attributes, now: datetime, zone: ZoneInfo) -> bool:
        """Whether its time has passed, so that it is no longer created, edited or counted."""
        return False

    def group_names(self, attributes: Attributes) -> Sequence[str]:
        """The names of the groups that an object of these fields is in, or is sent to."""
        return ()


class ListedKind(Kind):
    """A kind that the service can list, and so is compared with what is really there.

    The defaults are for objects that have no time, cannot be switched off and have nothing to edit.
    """

    endpoint: ClassVar[Endpoint]
    """The list to read."""
    lists_ids: ClassVar[bool] = True
    """Whether the list shows the ids that the service gives its objects."""
    matches_by_id: ClassVar[bool] = False
    """Whether an object is looked up by the ledger's id first, and then by identity."""
    export_comment: ClassVar[str] = ""
    """The comment at the start of an exported file, each line with its `#`."""

    @abstractmethod
    def rows(self, root: Element | None) -> Sequence[Any] | Unexpected:
        """The rows of the list's reply, or why they cannot be read."""

    @abstractmethod
    def observed(self, rows: Sequence[Any], context: ItemContext) -> tuple[Resource[Any], ...]:
        """The list's rows as actual resources, keyed by their natural identity in text."""

    @abstractmethod
    def identity(self, value: Any) -> Hashable:
        """The key by which values are matched where ids are not: equal for values that are the same object."""

    @abstractmethod
    def identity_of(self, attributes: Attributes) -> Hashable:
        """As `identity`, from the attributes in a plan or ledger."""

    def ambiguous(self, key: str, found: Sequence[Resource[Any]]) -> str | None:
        """Why the user must choose between several objects of one identity, or None if any of them will do."""
        return None

    def inert(self, attributes: Attributes) -> bool:
        """Whether an object with these fields counts as absent, since it has no effect and cannot be edited."""
        return False

    @abstractmethod
    def create_request(self, objects: Sequence[Attributes], context: WireContext) -> Request:
        """The request that makes all of `objects`."""

    def update_request(self, updates: Sequence[Update], context: WireContext) -> Request:
        """The request that edits exactly what differs. Only for kinds that have fields besides their identity."""
        raise AssertionError(f"a {self.name} has nothing to edit")

    @abstractmethod
    def remove_request(self, removals: Sequence[Removal], context: WireContext) -> Request:
        """The request that removes all of `removals`."""

    def export(self, rows: Sequence[Resource[Any]], context: ExportContext) -> ExportedSection:
        """The account's objects as items of the configuration, and messages about those that it cannot hold."""
        section = ExportedSection(self.spec.name)
        seen: set[Hashable] = set()
        for row in sorted(rows, key=lambda row: (row.key, row.remote_id or 0)):
            item, identity = self.attributes(row.value), self.identity(row.value)
            fault = context.fault(self.read, item, row.value)
            if fault is None and identity in seen:
                fault = "the configuration cannot tell it from another one"
            if fault is None:
                seen.add(identity)
                section.items.append(item)
            else:
                section.left_out.append(f"{self.noun} `{row.key}`: {fault}")
        return section


class CarriedKind(Kind):
    """A kind that the service can only add; carriers make it possible to remove: see `planning/carriers.py`."""


class ScheduledKind(Kind):
    """A kind that is sent at a time ahead and never listed: its objects are known from the ledger only."""

    settled_by_hand = True

    @abstractmethod
    def due(self, attributes: Attributes, zone: ZoneInfo) -> datetime:
        """When it may be sent at the earliest (aware, UTC)."""


AnyKind: TypeAlias = ListedKind | CarriedKind | ScheduledKind
"""The three ways of planning and applying; planning and applying each dispatch on them in one place."""
