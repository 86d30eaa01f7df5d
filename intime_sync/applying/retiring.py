"""Removing carriers whose contacts live elsewhere by now, or shall be gone: the only place where contacts go.

A carrier that goes with its contacts is marked as going before the request, so that an interruption leaves no
contact that is only believed to be there. Both leave the ledger once the account does not list the carrier any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from intime_sync.applying.carrier_groups import remove_carrier_groups
from intime_sync.applying.run import Run
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.change import Create
from intime_sync.model.ledger import NOWHERE, Delta, DropCarrier, DropEntry, Entry, Ledger, PutCarrier, PutEntry
from intime_sync.model.resource import Address, RemoteId

Members = Mapping[RemoteId, list[str]]


def retire_carriers(run: Run, deleted: Collection[str]) -> list[Create]:
    """Remove what can go; `deleted` are the keys of contacts that shall be gone. Returns what must be made once more.

    Where the service merged a new contact into an old one (it answered with an id that we knew), the old carrier
    goes without its contacts; and where it still holds others that must go, all of them go, and the merged ones
    are made again.
    """
    ledger = run.session.ledger
    members = _members(ledger.of(CONTACTS.name))
    in_account = run.carriers()
    going = {
        id: True
        for id in ledger.carriers
        if id not in in_account
        or (all(key in deleted for key in members.get(id, ())) and not _is_last_home(ledger, id, deleted))
    }
    broken = _break_up(ledger, going, members)
    again = [made_again(ledger, key) for id in sorted(broken) for key in members.get(id, ())]
    going |= dict.fromkeys(broken, True)
    again += _taken_along(run, going, members, deleted)
    _remove(run, going, members, in_account)
    _drop_lost(run, deleted)
    return again


def _taken_along(
    run: Run, going: Mapping[RemoteId, bool], members: Members, deleted: Collection[str]
) -> list[Create]:
    """Contacts without a carrier that the service merged into one that goes: they are made again after it."""
    ledger = run.session.ledger
    removed = [carrier for carrier, with_contacts in going.items() if with_contacts]
    gone = {id for carrier in removed for id in _contacts_in(ledger, carrier, members)}
    lost = {
        key: entry
        for key, entry in ledger.of(CONTACTS.name).items()
        if entry.carrier is None and entry.remote_id in gone and key not in deleted
    }
    run.session.record([PutEntry(CONTACTS.name, key, replace(entry, carrier=NOWHERE)) for key, entry in lost.items()])
    return [made_again(ledger, key) for key in sorted(lost)]


def _is_last_home(ledger: Ledger, id: RemoteId, deleted: Collection[str]) -> bool:
    """Whether a carrier holds the only copy of a contact that shall stay: the new one could not be confirmed."""
    entries = ledger.of(CONTACTS.name)
    return any(
        key in entries and key not in deleted and entries[key].carrier not in ledger.carriers
        for key in ledger.carriers[id].copies
    )


def _drop_lost(run: Run, deleted: Collection[str]) -> None:
    """Contacts that shall be gone and whose carrier went before: nothing of them is left but their entry."""
    ledger = run.session.ledger
    entries = ledger.of(CONTACTS.name)
    there = run.carriers().keys() | ledger.carriers.keys()
    lost = [key for key in deleted if key in entries and entries[key].carrier not in there and key not in run.stuck]
    run.session.record([DropEntry(CONTACTS.name, key) for key in sorted(lost)])


def _members(entries: Mapping[str, Entry]) -> Members:
    members: dict[RemoteId, list[str]] = {}
    for key, entry in entries.items():
        if entry.carrier is not None:
            members.setdefault(entry.carrier, []).append(key)
    return members


def _break_up(ledger: Ledger, going: dict[RemoteId, bool], members: Members) -> set[RemoteId]:
    """Decide which of `going` leave their contacts, and which carriers that stay lose some of theirs and must go too.

    Losing one carrier may cost another one contacts in turn, so this goes on until nothing more is lost.
    """
    entries = ledger.of(CONTACTS.name)
    homes: dict[RemoteId, set[RemoteId]] = {}
    staying = {id for id, carrier in ledger.carriers.items() if not carrier.going and id not in going}
    for entry in entries.values():
        if entry.remote_id is not None and entry.carrier is not None and entry.carrier in staying:
            homes.setdefault(entry.remote_id, set()).add(entry.carrier)
    broken: set[RemoteId] = set()
    waiting = list(going)
    while waiting:
        id = waiting.pop()
        contacts = _contacts_in(ledger, id, members)
        merged = {contact for contact in contacts if homes.get(contact, set()) - broken}
        if merged and contacts <= merged and id not in broken:
            going[id] = False
            continue
        for contact in merged:
            lost = homes[contact] - broken
            broken |= lost
            waiting += lost
    return broken


def _contacts_in(ledger: Ledger, id: RemoteId, members: Members) -> set[RemoteId]:
    """The ids of all contacts that a carrier holds: copies of those that moved, and those that are still its own."""
    entries = ledger.of(CONTACTS.name)
    carrier = ledger.carriers.get(id)
    ids = {copy for copy in carrier.copies.values() if copy is not None} if carrier else set()
    ids |= {found for key in members.get(id, ()) if (found := entries[key].remote_id) is not None}
    return ids


def made_again(ledger: Ledger, key: str) -> Create:
    """The change that makes a contact once more, as the ledger has it."""
    entry = ledger.of(CONTACTS.name)[key]
    return Create(address=Address(CONTACTS.name, key), after=entry.attributes, protected=entry.protect)


def _remove(run: Run, going: Mapping[RemoteId, bool], members: Members, in_account: Mapping[RemoteId, str]) -> None:
    with_contacts = [id for id, contacts_go in going.items() if contacts_go]
    ledger = run.session.ledger
    held = {id: {*members.get(id, ()), *ledger.carriers[id].copies} for id in going}
    # Until it is seen to be gone, every contact in it may be there twice.
    run.stuck.update(key for keys in held.values() for key in keys)
    begun = (id for id in with_contacts if id in in_account)
    run.session.record([PutCarrier(id, replace(ledger.carriers[id], going=True)) for id in begun])
    run.purgeable.update(with_contacts)
    left = set(remove_carrier_groups(run, {id: going[id] for id in going if id in in_account}))
    run.session.record(_forgotten([id for id in going if id not in left], members))
    run.stuck.clear()
    if left:
        run.stuck.update(key for id in left for key in held[id])
        run.shortfalls.append(f"{len(left)} carriers could not be removed and hold contacts that should be gone")


def _forgotten(ids: Iterable[RemoteId], members: Members) -> list[Delta]:
    deltas: list[Delta] = []
    for id in ids:
        deltas += (DropEntry(CONTACTS.name, key) for key in members.get(id, ()))
        deltas.append(DropCarrier(id))
    return deltas
