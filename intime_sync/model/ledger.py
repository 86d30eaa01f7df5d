"""The ledger: what this configuration owns in the account, as of the last apply. Values and deltas, no files."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

from intime_sync.model.resource import Attributes, KindName, RemoteId

NO_OPTIONS: Attributes = {}
NOWHERE = RemoteId(0)
"""The carrier of contacts whose carrier is gone: no group has this id, and another one may get the old id."""
NO_GROUP = RemoteId(0)
"""The id recorded for a group that did not exist when a carrier or message needed it; the next plan sees that."""


@dataclass(frozen=True, slots=True)
class AccountRef:
    """Which account a plan or a ledger is about; `url` is `embedded` or the service's base address."""

    url: str
    user: str
    owner: str


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What the service holds of a message.

    `ids` are the service's, without those cancelled since. `groups` are the ids that its groups had when it was
    scheduled, by name. `cancelling` is true once its cancellation has begun; `asked` are the ids whose cancellation
    was requested and has an unknown outcome. `since` is when a message of unknown outcome was sent (aware ISO time,
    UTC), `earlier` the ids of the version that it was to replace.
    """

    ids: tuple[RemoteId, ...] = ()
    groups: Mapping[str, RemoteId] = field(default_factory=dict)
    cancelling: bool = False
    asked: frozenset[RemoteId] = frozenset()
    since: str | None = None
    earlier: tuple[RemoteId, ...] = ()


@dataclass(frozen=True, slots=True)
class AudienceDigests:
    """Digests of the numbers that were in a message's groups when it was scheduled, and of those not blocked then."""

    members: str
    readers: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One owned object as it was last written or adopted.

    - `unknown`: it was sent and may or may not be there; only the user can find out.
    - `carrier`: the group through which a contact can be removed; None for other kinds and for appended contacts.
    - `listed_as`: the name that the account lists it by, where the service changed the name; "" elsewhere.
    - `refused`: the service refused the contact when its carrier was replaced. Its copy stays in `carrier`, and it is
      tried in a carrier of its own before any other contact of that carrier is moved.
    - `options`: what the configuration says about its removal.
    - `dispatch`: a message's; None for other kinds, and for a message whose ids are not known.
    - `awaited`: when the creation of an object that no list has shown yet was confirmed (aware ISO time, UTC).
    - `surplus`: the service made it besides the wanted object, and it is to be removed.
    - `audience`: that of a message to groups whose members the configuration knows; None elsewhere.
    """

    attributes: Attributes
    remote_id: RemoteId | None = None
    protect: bool = False
    options: Attributes = field(default_factory=lambda: NO_OPTIONS)
    carrier: RemoteId | None = None
    unknown: bool = False
    dispatch: Dispatch | None = None
    listed_as: str = ""
    refused: bool = False
    awaited: str | None = None
    surplus: bool = False
    audience: AudienceDigests | None = None


def audience_in(options: Attributes | None) -> AudienceDigests | None:
    """The digests in the options of a message's change; None where there are none."""
    if not options or "members" not in options:
        return None
    return AudienceDigests(str(options["members"]), str(options["readers"]))


@dataclass(frozen=True, slots=True)
class Carrier:
    """A carrier whose every contact was confirmed by the service.

    `groups` are the user groups its contacts were put in, by name, with the ids of that time: a group with
    another id today has lost them. `copies` are contacts that are in a newer carrier by now, with the ids of their
    copies here: a carrier that has any is to be removed. `going` is true once its removal has begun: it may be gone
    with its contacts, so it no longer counts as complete. It stays in the ledger until the account no longer has it.
    """

    name: str
    groups: Mapping[str, RemoteId]
    copies: Mapping[str, RemoteId | None] = field(default_factory=dict)
    going: bool = False


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

    `digest_key` (hexadecimal, "" until the ledger was saved once) keeps the digests of plans from being searched.

    Planning only reads it. Applying changes it through `record`, and writes the same delta to the ledger's file.
    """

    lineage: str
    serial: int = 0
    account: AccountRef | None = None
    objects: dict[KindName, MutableMapping[str, Entry]] = field(default_factory=dict)
    carriers: dict[RemoteId, Carrier] = field(default_factory=dict)
    digest_key: str = field(default="", repr=False)

    def of(self, kind: KindName) -> Mapping[str, Entry]:
        """The kind's entries by key."""
        return self.objects.get(kind, {})

    def record(self, delta: Delta) -> None:
        """Apply one delta. Dropping what is not there is no error, so that a journal can be read twice."""
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


@dataclass(frozen=True, slots=True)
class Intent:
    """A request that is about to be sent, recorded before it is sent.

    `operation` is create, update or remove, or one of a contact's steps; `detail` is what recovery needs besides
    the keys, such as the ids of carriers.
    """

    number: int
    operation: str
    kind: KindName
    keys: tuple[str, ...]
    detail: Attributes = field(default_factory=lambda: NO_OPTIONS)
