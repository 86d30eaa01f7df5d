"""The ledger: what this configuration owns in the account, as of the last apply. Values and deltas, no files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, assert_never

from intime_sync.model.resource import Attributes, KindName, RemoteId

NO_OPTIONS: Attributes = {}


@dataclass(frozen=True, slots=True)
class AccountRef:
    """Which account a plan or a ledger is about; `url` is `embedded` or the service's base address."""

    url: str
    user: str
    owner: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One owned object as it was last written or adopted.

    `carrier` is the group through which a contact can be removed; None for other kinds and for contacts that
    were only appended. `options` is what the configuration said about its removal.
    """

    attributes: Attributes
    remote_id: RemoteId | None = None
    protect: bool = False
    options: Attributes = field(default_factory=lambda: NO_OPTIONS)
    carrier: RemoteId | None = None


@dataclass(frozen=True, slots=True)
class Carrier:
    """A carrier whose every contact was confirmed by the service.

    `groups` are the user groups its contacts were put in, by name, with the ids of that time: a group with
    another id today has lost them. A carrier is `superseded` once its contacts live in a newer one and it waits
    to be removed, `with_contacts` unless the service merged new contacts into the old; `keys` are the contacts
    whose copies it still holds.
    """

    name: str
    groups: Mapping[str, RemoteId]
    superseded: bool = False
    with_contacts: bool = True
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PutEntry:
    """An object is owned from now on, or its entry has changed."""

    kind: KindName
    key: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class DropEntry:
    """An object is no longer owned."""

    kind: KindName
    key: str


@dataclass(frozen=True, slots=True)
class PutCarrier:
    """A carrier is complete, or superseded."""

    id: RemoteId
    carrier: Carrier


@dataclass(frozen=True, slots=True)
class DropCarrier:
    """A carrier is gone from the account."""

    id: RemoteId


Delta: TypeAlias = PutEntry | DropEntry | PutCarrier | DropCarrier


@dataclass(slots=True)
class Ledger:
    """Everything owned, by kind and key. `serial` grows by one with every apply that changed it.

    Planning only reads it; whoever applies keeps it and its file in step through `record`.
    """

    lineage: str
    serial: int = 0
    account: AccountRef | None = None
    objects: dict[KindName, dict[str, Entry]] = field(default_factory=dict)
    carriers: dict[RemoteId, Carrier] = field(default_factory=dict)

    def of(self, kind: KindName) -> Mapping[str, Entry]:
        """The kind's entries by key."""
        return self.objects.get(kind, {})

    def record(self, delta: Delta) -> None:
        """Carry one delta out; dropping what is not there is no error, so that a journal can be read twice."""
        match delta:
            case PutEntry(kind, key, entry):
                self.objects.setdefault(kind, {})[key] = entry
            case DropEntry(kind, key):
                self.objects.get(kind, {}).pop(key, None)
            case PutCarrier(id, carrier):
                self.carriers[id] = carrier
            case DropCarrier(id):
                self.carriers.pop(id, None)
            case _:
                assert_never(delta)


def supersede(carrier: Carrier, keys: tuple[str, ...], *, with_contacts: bool) -> Carrier:
    """The carrier, waiting to be removed; `keys` are the contacts whose old copies it holds."""
    return replace(carrier, superseded=True, with_contacts=with_contacts, keys=keys)
