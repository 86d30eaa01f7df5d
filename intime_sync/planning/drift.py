"""Drift: how the account differs from what the ledger says was last written or adopted. Pure.

The configuration does not matter here, since a plan shows what it would change. Objects that the service does not
list are never reported as unchanged; see `Drift.unobservable`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, assert_never

from intime_sync.kinds.base import AnyKind, CarriedKind, ListedKind, ScheduledKind
from intime_sync.kinds.registry import KINDS, LISTED, ORDER
from intime_sync.model.drift import (
    CARRIER,
    Blind,
    Changed,
    Doubled,
    Drift,
    Finding,
    Gone,
    MadeAgain,
    SwitchedOff,
    Unobservable,
    Unowned,
)
from intime_sync.model.ledger import Entry, Ledger
from intime_sync.model.resource import Address, Attributes, KindName, RemoteId, Resource, Snapshot
from intime_sync.planning.awaiting import all_awaited, is_awaited
from intime_sync.planning.context import Clock
from intime_sync.planning.diff import field_changes
from intime_sync.planning.drift_groups import GroupDrift
from intime_sync.planning.index import is_active
from intime_sync.planning.matching import Index


def watched_kinds(ledger: Ledger) -> list[KindName]:
    """The kinds whose lists drift is found in: those with owned objects, and groups, since carriers are groups."""
    return [kind.name for kind in LISTED if kind.has_members or ledger.of(kind.name)]


def find_drift(
    ledger: Ledger, actual: Snapshot, clock: Clock, owner: str, pinned: frozenset[str] = frozenset()
) -> Drift:
    """The differences between the ledger and `actual`, which holds the `watched_kinds`.

    `pinned` are names of groups that the configuration pins by id, so that other groups of these names are no drift.
    """
    groups = GroupDrift(ledger, actual, clock, owner, pinned)
    findings, unowned = [*groups.groups, *groups.carriers], groups.unowned()
    compared = {groups.kind: groups.compared}
    carriers, carriers_there = groups.known_carriers
    for kind in LISTED:
        if not kind.has_members and ledger.of(kind.name):
            differ = _ListDiffer(kind, ledger.of(kind.name), actual.of(kind.name), clock)
            findings += differ.findings()
            compared[kind.name] = differ.compared
            unowned += differ.unowned()
    return Drift(
        lineage=ledger.lineage,
        serial=ledger.serial,
        findings=tuple(sorted(findings, key=_sort_key)),
        compared=compared,
        carriers=carriers,
        carriers_there=carriers_there,
        unobservable=tuple(_unobservable(ledger, clock)),
        unowned=tuple(sorted(unowned, key=lambda found: (ORDER[found.address.kind], found.address.key))),
    )


def _sort_key(finding: Finding) -> tuple[float, str, RemoteId]:
    kind = finding.address.kind
    # Carriers are groups, and are sorted after the user groups.
    order = max(ORDER[kind.name] for kind in LISTED if kind.has_members) + 0.5 if kind == CARRIER else ORDER[kind]
    return order, finding.address.key, finding.remote_id or RemoteId(0)


class _ListDiffer:
    """Compares the entries of one listed kind with its list; `compared` counts the active ones."""

    def __init__(
        self, kind: ListedKind, entries: Mapping[str, Entry], rows: Sequence[Resource[Any]], clock: Clock
    ) -> None:
        self.kind = kind
        self.entries = entries
        self.clock = clock
        self.compared = 0
        self.index = Index(kind, rows)
        for key, entry in entries.items():
            row = self.index.owned(entry)
            if row is not None:
                self.index.claim(row, key)

    def findings(self) -> Iterator[Finding]:
        """The differences of each entry. Surplus objects, which are to be removed, may be missing without drift."""
        for key, entry in sorted(self.entries.items()):
            if entry.surplus:
                continue
            before = entry.attributes
            row = self.index.owned(entry)
            if row is None and is_awaited(entry, self.clock.now):
                continue
            if self._is_active(before):
                self.compared += 1
                yield from self._missing(key, entry) if row is None else self._present(key, entry, row)
            elif row is not None and self._is_active(after := self.kind.attributes(row.value)):
                # The object was past or switched off, and is active again.
                yield self._changed(key, entry, after)

    def _is_active(self, attributes: Attributes) -> bool:
        return is_active(self.kind, attributes, self.clock)

    def _missing(self, key: str, entry: Entry) -> Iterator[Finding]:
        address = Address(self.kind.name, key)
        for row in self.index.free(self.kind.identity_of(entry.attributes)):
            if row.remote_id is not None and self._is_active(self.kind.attributes(row.value)):
                self.index.claim(row, key)
                yield MadeAgain(
                    address=address, remote_id=entry.remote_id, before=entry.attributes, now=row.remote_id
                )
                return
        yield Gone(address=address, remote_id=entry.remote_id, before=entry.attributes)

    def _present(self, key: str, entry: Entry, row: Resource[Any]) -> Iterator[Finding]:
        after = self.kind.attributes(row.value)
        if after != entry.attributes:
            yield self._changed(key, entry, after)
        if not self._is_active(after):
            return
        twins = []
        for twin in self.index.free(self.kind.identity(row.value)):
            if twin.remote_id is not None and self._is_active(self.kind.attributes(twin.value)):
                self.index.claim(twin, key)
                twins.append(twin.remote_id)
        if twins:
            yield Doubled(
                address=Address(self.kind.name, key),
                remote_id=entry.remote_id,
                before=entry.attributes,
                twins=tuple(sorted(twins)),
            )

    def _changed(self, key: str, entry: Entry, after: Attributes) -> Finding:
        before, fields = entry.attributes, field_changes(entry.attributes, after)
        found = SwitchedOff if self.kind.inert(after) and not self.kind.inert(before) else Changed
        address = Address(self.kind.name, key)
        return found(address=address, remote_id=entry.remote_id, before=before, after=after, fields=fields)

    def unowned(self) -> Iterator[Unowned]:
        """The listed objects that belong to no entry; call after `findings`, which claims twins."""
        for row in self.index.all():
            attributes = self.kind.attributes(row.value)
            if self.index.claimant(row) is None and self._is_active(attributes):
                yield Unowned(Address(self.kind.name, row.key), row.remote_id, attributes)


def _unobservable(ledger: Ledger, clock: Clock) -> Iterator[Unobservable]:
    for kind in KINDS:
        for cause, count in _blind_spots(kind, ledger.of(kind.name).values(), ledger, clock):
            if count:
                yield Unobservable(kind.name, count, cause)
    awaited = Counter(kind for kind, _, entry in all_awaited(ledger) if is_awaited(entry, clock.now))
    for name, count in awaited.items():
        yield Unobservable(name, count, Blind.AWAITED)


def _blind_spots(
    kind: AnyKind, entries: Collection[Entry], ledger: Ledger, clock: Clock
) -> Iterator[tuple[Blind, int]]:
    match kind:
        case ListedKind():
            pass
        case CarriedKind():
            carriers = [entry.carrier for entry in entries]
            carried, appended = sum(id in ledger.carriers for id in carriers), carriers.count(None)
            yield Blind.FIELDS, carried
            yield Blind.APPENDED, appended
            yield Blind.ADRIFT, len(carriers) - carried - appended
        case ScheduledKind():
            unknown = sum(entry.unknown for entry in entries)
            past = (kind.is_past(entry.attributes, clock.now, clock.zone) for entry in entries if not entry.unknown)
            yield Blind.SCHEDULED, sum(not is_past for is_past in past)
            yield Blind.UNKNOWN, unknown
        case _:
            assert_never(kind)
