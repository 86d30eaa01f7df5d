"""Drift of groups and carriers: who needs which, and whether they are there under their ids and names. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from intime_sync.kinds.base import CarriedKind, ListedKind
from intime_sync.kinds.registry import GROUPS, KINDS
from intime_sync.model.drift import CARRIER, Doubled, Finding, Gone, MadeAgain, Renamed, UnknownCarrier, Unowned
from intime_sync.model.ledger import Ledger
from intime_sync.model.resource import Address, RemoteId, Resource, Snapshot
from intime_sync.planning.account_groups import user_group_ids
from intime_sync.planning.awaiting import is_awaited
from intime_sync.planning.carriers import leftover_carriers, own_carriers
from intime_sync.planning.matching import Clock
from intime_sync.planning.ownership import is_surplus

Reference: TypeAlias = tuple[str, RemoteId | None]
"""A group by name and the id that it had; None where nobody wrote an id down."""


class GroupRows:
    """The account's groups: all by id, those that people see by name, this owner's carriers by id."""

    def __init__(self, rows: Sequence[Resource[Any]], owner: str, ledger: Ledger) -> None:
        self.by_id = {row.remote_id: row.key for row in rows if row.remote_id is not None}
        self.by_name = user_group_ids(rows)
        self.own_carriers = own_carriers(rows, owner, ledger)


class GroupDrift:
    """What became of groups and carriers, and the numbers that a report of drift has about them.

    `pinned` are names of groups that may have twins, since the configuration tells them apart by id.
    """

    kind = GROUPS.name

    def __init__(self, ledger: Ledger, actual: Snapshot, clock: Clock, owner: str, pinned: Collection[str]) -> None:
        self._ledger = ledger
        self._rows = GroupRows(actual.of(GROUPS.name), owner, ledger)
        self._listed = actual.of(GROUPS.name)
        needed = references(ledger, clock)
        self._ours = {id for _, id in needed if id is not None}
        self._ours |= {entry.remote_id for entry in ledger.of(GROUPS.name).values() if entry.remote_id is not None}
        self.members = carrier_members(ledger)
        self.carriers = list(carrier_drift(ledger, self._rows, self.members))
        self.findings = list(group_drift(needed, self._rows, self._ours, pinned))
        self.compared = len({name for name, _ in needed})

    @property
    def carriers_there(self) -> int:
        """How many of the carriers with contacts in them are as they were."""
        astray = {finding.remote_id for finding in self.carriers}
        return sum(id not in astray for id in self.members)

    def unowned(self) -> list[Unowned]:
        """Groups that people see and the ledger does not know; none where groups are not managed."""
        if not self._ledger.of(GROUPS.name):
            return []
        known = self._ours | self._ledger.carriers.keys()
        for finding in self.findings:
            if isinstance(finding, Doubled):
                known |= set(finding.twins)
            elif isinstance(finding, MadeAgain):
                known.add(finding.now)
        return [
            Unowned(Address(GROUPS.name, row.key), row.remote_id, GROUPS.attributes(row.value))
            for row in self._listed
            if row.remote_id not in known and row.key in self._rows.by_name
        ]


@dataclass(slots=True)
class Users:
    """Who needs a group: keys of contacts that are in it, keys of messages that are scheduled to it."""

    contacts: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    owned: bool = False


def references(ledger: Ledger, clock: Clock) -> dict[Reference, Users]:
    """Every group that the ledger owns, or that its contacts and coming messages were put in."""
    found: dict[Reference, Users] = {}
    for name, entry in ledger.of(GROUPS.name).items():
        if not is_surplus(entry) and not is_awaited(entry, clock.now):
            found[name, entry.remote_id] = Users(owned=True)
    known = {name: reference for reference in found for name in reference[:1]}

    def users(name: str, id: RemoteId | None) -> Users:
        reference = (name, id) if id is not None else known.get(name, (name, None))
        return found.setdefault(reference, Users(owned=name in known))

    for kind in KINDS:
        for key, entry in sorted(ledger.of(kind.name).items()) if not isinstance(kind, ListedKind) else ():
            if isinstance(kind, CarriedKind):
                carrier = None if entry.carrier is None else ledger.carriers.get(entry.carrier)
                for name in kind.group_names(entry.attributes):
                    users(name, carrier.groups.get(name) if carrier else None).contacts.append(key)
            elif entry.dispatch is not None and not kind.is_past(entry.attributes, clock.now, clock.zone):
                for name, id in entry.dispatch.groups.items():
                    users(name, id).messages.append(key)
    return found


def group_drift(
    needed: Mapping[Reference, Users], rows: GroupRows, ours: Collection[RemoteId], pinned: Collection[str]
) -> Iterator[Finding]:
    """What became of each group. `ours` are ids that are no twins; `pinned` names may have twins."""
    for (name, id), users in needed.items():
        found = _group_finding(name, id, users, rows)
        if found is not None:
            yield found
        elif id is not None and name not in pinned:
            twins = tuple(other for other in rows.by_name.get(name, ()) if other not in ours)
            if twins:
                address = Address(GROUPS.name, name)
                yield Doubled(address=address, remote_id=id, before={"name": name}, twins=twins, owned=users.owned)


def _group_finding(name: str, id: RemoteId | None, users: Users, rows: GroupRows) -> Finding | None:
    """How a group is lost; None when it is there under its id, or, where no id is known, under its name."""
    common: dict[str, Any] = {
        "address": Address(GROUPS.name, name),
        "remote_id": id,
        "before": {"name": name},
        "contacts": tuple(users.contacts),
        "messages": tuple(users.messages),
        "owned": users.owned,
    }
    same = [other for other in rows.by_name.get(name, ()) if other != id]
    called = None if id is None else rows.by_id.get(id)
    if called == name or (id is None and same):
        return None
    if called is not None:
        return Renamed(after={"name": called}, now=same[0] if same else None, **common)
    return MadeAgain(now=same[0], **common) if same else Gone(**common)


def carrier_members(ledger: Ledger) -> dict[RemoteId, list[str]]:
    """The keys of the contacts that live in each carrier that was complete."""
    members: dict[RemoteId, list[str]] = {}
    for kind in KINDS:
        for key, entry in sorted(ledger.of(kind.name).items()) if isinstance(kind, CarriedKind) else ():
            if entry.carrier in ledger.carriers:
                members.setdefault(entry.carrier, []).append(key)
    return members


def carrier_drift(ledger: Ledger, rows: GroupRows, members: Mapping[RemoteId, Sequence[str]]) -> Iterator[Finding]:
    """Carriers that are gone, renamed, or that the next apply removes.

    One that nobody lives in any more only waits to be removed: whoever removed it did no harm.
    """
    for id, known in sorted(ledger.carriers.items(), key=lambda pair: pair[0]):
        address, before = Address(CARRIER, known.name), {"name": known.name}
        called, contacts = rows.by_id.get(id), tuple(members.get(id, ()))
        if called is None and contacts:
            yield Gone(address=address, remote_id=id, before=before, contacts=contacts)
        elif called is not None and called != known.name:
            yield Renamed(address=address, remote_id=id, before=before, after={"name": called}, contacts=contacts)
    for id in leftover_carriers(ledger, rows.own_carriers):
        name = rows.own_carriers[id]
        if id not in ledger.carriers or ledger.carriers[id].name == name:
            yield UnknownCarrier(address=Address(CARRIER, name), remote_id=id, after={"name": name})
