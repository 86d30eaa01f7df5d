"""Drift of groups and carriers: who needs which, and whether they are there under their ids and names. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from intime_sync.kinds.registry import CONTACTS, GROUPS, MESSAGES
from intime_sync.model.drift import CARRIER, Doubled, Finding, Gone, MadeAgain, Renamed, UnknownCarrier
from intime_sync.model.ledger import Ledger
from intime_sync.model.resource import Address, RemoteId, Resource
from intime_sync.planning.awaiting import is_awaited
from intime_sync.planning.carriers import is_carrier, leftover_carriers, own_carriers
from intime_sync.planning.matching import Clock

Reference: TypeAlias = tuple[str, RemoteId | None]
"""A group by name and the id that it had; None where nobody wrote an id down."""


class GroupRows:
    """The account's groups: all by id, those that people see by name, this owner's carriers by id."""

    def __init__(self, rows: Sequence[Resource[Any]], owner: str, ledger: Ledger) -> None:
        self.by_id: dict[RemoteId, str] = {}
        self.by_name: dict[str, list[RemoteId]] = {}
        self.own_carriers = own_carriers(rows, owner, ledger)
        for row in rows:
            if row.remote_id is None:
                continue
            self.by_id[row.remote_id] = row.key
            if not is_carrier(row.key):
                self.by_name.setdefault(row.key, []).append(row.remote_id)


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
        if not entry.surplus and not is_awaited(entry, clock.now):
            found[name, entry.remote_id] = Users(owned=True)
    known = {name: reference for reference in found for name in reference[:1]}

    def users(name: str, id: RemoteId | None) -> Users:
        reference = (name, id) if id is not None else known.get(name, (name, None))
        return found.setdefault(reference, Users(owned=name in known))

    for key, entry in sorted(ledger.of(CONTACTS.name).items()):
        carrier = None if entry.carrier is None else ledger.carriers.get(entry.carrier)
        for name in CONTACTS.group_names(entry.attributes):
            users(name, carrier.groups.get(name) if carrier else None).contacts.append(key)
    for key, entry in sorted(ledger.of(MESSAGES.name).items()):
        if entry.dispatch is not None and not MESSAGES.is_past(entry.attributes, clock.now, clock.zone):
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
    address, before = Address(GROUPS.name, name), {"name": name}
    contacts, messages, owned = tuple(users.contacts), tuple(users.messages), users.owned
    same = [other for other in rows.by_name.get(name, ()) if other != id]
    called = None if id is None else rows.by_id.get(id)
    if called == name or (id is None and same):
        return None
    if called is not None:
        now = same[0] if same else None
        return Renamed(
            address=address,
            remote_id=id,
            before=before,
            after={"name": called},
            now=now,
            contacts=contacts,
            messages=messages,
            owned=owned,
        )
    if same:
        return MadeAgain(
            address=address,
            remote_id=id,
            before=before,
            now=same[0],
            contacts=contacts,
            messages=messages,
            owned=owned,
        )
    return Gone(address=address, remote_id=id, before=before, contacts=contacts, messages=messages, owned=owned)


def carrier_members(ledger: Ledger) -> dict[RemoteId, list[str]]:
    """The keys of the contacts that live in each carrier that was complete."""
    members: dict[RemoteId, list[str]] = {}
    for key, entry in sorted(ledger.of(CONTACTS.name).items()):
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
