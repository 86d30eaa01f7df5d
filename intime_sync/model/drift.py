"""Changes in an account that intime-sync did not make: a closed union of findings. Does not read any lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, assert_never

from intime_sync.model.change import FieldChange
from intime_sync.model.resource import Address, Attributes, KindName, RemoteId

CARRIER = KindName("carrier")
"""The kind in the address of a carrier, which is no kind of the configuration."""


class DriftChange(StrEnum):
    """A finding's name in JSON, in the order of a summary line."""

    GONE = "gone"
    RENAMED = "renamed"
    MADE_AGAIN = "made_again"
    CHANGED = "changed"
    SWITCHED_OFF = "switched_off"
    DOUBLED = "doubled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """What every finding has. `remote_id` is the ledger's, where it has one.

    `contacts` are the keys of the contacts that were in it, `messages` those of scheduled messages to it. `owned` is
    False for a group that is not managed, but that managed contacts or messages refer to.
    """

    address: Address
    remote_id: RemoteId | None
    contacts: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    owned: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone(_Finding):
    """The account no longer has it."""

    before: Attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed(_Finding):
    """A group has another name under the same id. `now` is the id of a group that has the old name today, or None."""

    before: Attributes
    after: Attributes
    now: RemoteId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeAgain(_Finding):
    """It is gone, and there is another object like it, with the id `now`."""

    before: Attributes
    now: RemoteId


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed(_Finding):
    """Its fields differ from those that were last written."""

    before: Attributes
    after: Attributes
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchedOff(_Finding):
    """It is still listed, but switched off; `fields` are all that differ, not only the switch."""

    before: Attributes
    after: Attributes
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubled(_Finding):
    """It is there, and so are objects like it that the ledger does not have, with the ids `twins`."""

    before: Attributes
    twins: tuple[RemoteId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownCarrier(_Finding):
    """A carrier of this owner that the ledger does not know."""

    after: Attributes


Finding: TypeAlias = Gone | Renamed | MadeAgain | Changed | SwitchedOff | Doubled | UnknownCarrier


class Blind(StrEnum):
    """Why an owned object, or a part of it, cannot be observed."""

    FIELDS = "fields"
    """A contact in a carrier: there as long as the carrier is, but no list has its fields."""
    APPENDED = "appended"
    """A contact without a carrier."""
    ADRIFT = "adrift"
    """A contact that may or may not be there, since an apply was interrupted."""
    SCHEDULED = "scheduled"
    """A message whose time is ahead."""
    UNKNOWN = "unknown"
    """A message that may or may not have been sent."""
    AWAITED = "awaited"
    """An object whose creation was confirmed, and that no list has shown yet."""


@dataclass(frozen=True, slots=True)
class Unobservable:
    """How many owned objects of a kind cannot be observed, or not in full, and why."""

    kind: KindName
    count: int
    cause: Blind


@dataclass(frozen=True, slots=True)
class Unowned:
    """An object of a managed kind that the ledger does not own; this is not drift."""

    address: Address
    remote_id: RemoteId | None
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Drift:
    """Everything that differs between a ledger and the account.

    `compared` counts the objects that were looked for, by kind, without those that are past or switched off.
    `carriers` is the number of carriers that hold contacts, `carriers_there` how many of them are unchanged.
    """

    lineage: str
    serial: int
    findings: tuple[Finding, ...]
    compared: Mapping[KindName, int]
    carriers: int
    carriers_there: int
    unobservable: tuple[Unobservable, ...]
    unowned: tuple[Unowned, ...]

    def summary(self) -> dict[str, int]:
        """Counts by DriftChange, all of them present."""
        counts = Counter(change_of(finding) for finding in self.findings)
        return {str(change): counts[change] for change in DriftChange}


def change_of(finding: Finding) -> DriftChange:
    """The finding's name in JSON."""
    match finding:
        case Gone():
            return DriftChange.GONE
        case Renamed():
            return DriftChange.RENAMED
        case MadeAgain():
            return DriftChange.MADE_AGAIN
        case Changed():
            return DriftChange.CHANGED
        case SwitchedOff():
            return DriftChange.SWITCHED_OFF
        case Doubled():
            return DriftChange.DOUBLED
        case UnknownCarrier():
            return DriftChange.UNKNOWN
    assert_never(finding)


def drift_before(finding: Finding) -> Attributes | None:
    """The object as the ledger has it, or None for one that it does not know."""
    return None if isinstance(finding, UnknownCarrier) else finding.before


def drift_after(finding: Finding) -> Attributes | None:
    """The object as the account has it, or None where it is gone."""
    match finding:
        case Gone():
            return None
        case Renamed() | Changed() | SwitchedOff() | UnknownCarrier():
            return finding.after
        case MadeAgain() | Doubled():
            return finding.before
    assert_never(finding)


def drift_fields(finding: Finding) -> tuple[FieldChange, ...]:
    """The fields that differ; empty where a whole object was added or removed."""
    return finding.fields if isinstance(finding, Changed | SwitchedOff) else ()
