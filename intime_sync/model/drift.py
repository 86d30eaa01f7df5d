"""What an account shows of changes that did not come from here: a closed union of findings. Knows no lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, assert_never

from intime_sync.model.change import FieldChange
from intime_sync.model.resource import Address, Attributes, KindName, RemoteId

CARRIER = KindName("carrier")
"""The kind in the address of a carrier: carriers are plumbing, and no kind of the configuration."""


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

    `contacts` are the keys of contacts that lost something with it, `messages` those of scheduled messages that
    were for it. `owned` is False for a group that contacts or messages were put in without its being managed.
    """

    address: Address
    remote_id: RemoteId | None
    contacts: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    owned: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone(_Finding):
    """The account has it no more."""

    before: Attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed(_Finding):
    """A group of this id has another name. `now` is a group that has its old name today, or None."""

    before: Attributes
    after: Attributes
    now: RemoteId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeAgain(_Finding):
    """What was there is gone, and `now` is another one like it."""

    before: Attributes
    now: RemoteId


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed(_Finding):
    """Its fields are not as they were last written."""

    before: Attributes
    after: Attributes
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchedOff(_Finding):
    """It is listed and does nothing any more; `fields` is everything that differs."""

    before: Attributes
    after: Attributes
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubled(_Finding):
    """It is there, and so are `twins`, which nobody here made."""

    before: Attributes
    twins: tuple[RemoteId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownCarrier(_Finding):
    """A carrier of this owner that the ledger does not know."""

    after: Attributes


Finding: TypeAlias = Gone | Renamed | MadeAgain | Changed | SwitchedOff | Doubled | UnknownCarrier


class Blind(StrEnum):
    """Why something of an owned object cannot be seen."""

    FIELDS = "fields"
    """A contact in a carrier: there as long as the carrier is, but no list has its fields."""
    APPENDED = "appended"
    """A contact without a carrier."""
    ADRIFT = "adrift"
    """A contact of which an interrupted apply left open whether it is there."""
    SCHEDULED = "scheduled"
    """A message to come."""
    UNKNOWN = "unknown"
    """A message that may have been sent or not."""
    AWAITED = "awaited"
    """An object whose creation was confirmed, and that no list has shown yet."""


@dataclass(frozen=True, slots=True)
class Unobservable:
    """How many objects of a kind are owned that nothing, or not all, can be seen of, and why."""

    kind: KindName
    count: int
    cause: Blind


@dataclass(frozen=True, slots=True)
class Unowned:
    """An object of a managed kind that is not ours; no drift."""

    address: Address
    remote_id: RemoteId | None
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Drift:
    """Everything that differs between a ledger and the account.

    `compared` counts the objects that were looked for, by kind; what is past or switched off is not. `carriers` are
    those that contacts live in, `carriers_there` how many of them are as they were.
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
        """Counts by what happened, all names present."""
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
    """The fields that differ; empty where a whole object comes or goes."""
    return finding.fields if isinstance(finding, Changed | SwitchedOff) else ()
