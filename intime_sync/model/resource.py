"""Addresses, resources and snapshots: the same type for what is desired and what is actual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NewType, TypeVar

from intime_sync.model.problem import Origin

KindName = NewType("KindName", str)
"""`group`, `contact`, `blocklist`, `reminder` or `message`, as in an address."""

RemoteId = NewType("RemoteId", int)
"""An id that the service gave to an object."""

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]
"""What a plan file and the ledger can hold."""

Attributes = Mapping[str, Json]
"""One object's comparable fields, as plan and ledger show them; made by its kind, in the kind's field order."""

ValueT = TypeVar("ValueT")
ValueT_co = TypeVar("ValueT_co", covariant=True)


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """`kind/key`, e.g. `group/Personal`; the key is everything after the first slash."""

    kind: KindName
    key: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.key}"

    @classmethod
    def parse(cls, text: str) -> Address | None:
        """The address that `text` spells, or None when it has no slash or an empty part."""
        kind, slash, key = text.partition("/")
        return cls(KindName(kind), key) if slash and kind and key else None


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What the configuration says about an object besides its fields.

    `absent` makes sure that it is gone, `protect` that it stays (None where not set: the ledger's value applies).
    `pinned` picks one of several objects of the same name. `options` is recorded with the object in the ledger (a
    group's `on_delete`); None where not set.
    """

    absent: bool = False
    protect: bool | None = None
    pinned: RemoteId | None = None
    options: Attributes | None = None


PRESENT = Lifecycle()
"""The lifecycle of an item that sets none of these, shared by nearly all."""


@dataclass(frozen=True, slots=True)
class Resource(Generic[ValueT_co]):
    """One object: `value` is its kind's own frozen dataclass.

    A desired resource has an `origin` and a `lifecycle`; an actual one has a `remote_id` where the service gives one.
    """

    key: str
    value: ValueT_co
    remote_id: RemoteId | None = None
    origin: Origin | None = None
    lifecycle: Lifecycle = PRESENT


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Resources by kind. A kind that is missing here is not managed (desired) or was not read (actual)."""

    resources: Mapping[KindName, Sequence[Resource[Any]]]

    def of(self, kind: KindName) -> Sequence[Resource[Any]]:
        """The kind's resources, none when it is missing."""
        return self.resources.get(kind, ())

    def __contains__(self, kind: KindName) -> bool:
        return kind in self.resources
