"""Removing carriers whose contacts were moved to other carriers or must be deleted. Contacts are deleted only here.

A carrier that is removed with its contacts is marked as `going` before the request, so that after an interruption no
contact is wrongly taken to be there. Carrier and contacts are dropped from the ledger once the carrier is not listed.
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
"""The keys of the contacts in each carrier."""


def retire_carriers(run: Run, deleted: Collection[str]) -> list[Create]:
    """Remove carriers that are no longer needed. Returns creates for contacts that must be made again.

    `deleted` are the keys of contacts to be deleted. If the service merged a new contact into an existing one (it
    answered with a known id), the old carrier is removed without its contacts. If that carrier also holds contacts
    that must be deleted, all are removed with it, and the merged ones are made again.
    """
    ledger = run.session.ledger
    members = _members(ledger.of(CONTACTS.name))
    in_account = run.carriers()
    # True means that the contacts are removed with the carrier.
    removals = {
        id: True
        for id in ledger.carriers
        if id not in in_account
        or (all(key in deleted for key in members.get(id, ())) and not _holds_last_copy(ledger, id, deleted))
    }
    extra = _extra_removals(ledger, removals, members)
    again = [create_again(ledger, key) for id in sorted(extra) for key in members.get(id, ())]
    removals |= dict.fromkeys(extra, True)
    again += _lost_with_removed(run, removals, members, deleted)
    _remove(run, removals, members, in_account)
    _drop_lost(run, deleted)
    return again


def _lost_with_removed(
    run: Run, removals: Mapping[RemoteId, bool], members: Members, deleted: Collection[str]
) -> list[Create]:
    """Creates for contacts without a carrier that the service merged into a contact of a removed carrier.

    They are recorded as lost in the ledger.
    """
    ledger = run.session.ledger
    removed = [carrier for carrier, with_contacts in removals.items() if with_contacts]
    gone = {id for carrier in removed for id in _contacts_in(ledger, carrier, members)}
    lost = {
        key: entry
        for key, entry in ledger.of(CONTACTS.name).items()
        if entry.carrier is None and entry.remote_id in gone and key not in deleted
    }
    run.session.record([PutEntry(CONTACTS.name, key, replace(entry, carrier=NOWHERE)) for key, entry in lost.items()])
    return [create_again(ledger, key) for key in sorted(lost)]


def _holds_last_copy(ledger: Ledger, id: RemoteId, deleted: Collection[str]) -> bool:
    """Whether a carrier holds the only copy of a wanted contact, since its new copy was not confirmed."""
    entries = ledger.of(CONTACTS.name)
    return any(
        key in entries and key not in deleted and entries[key].carrier not in ledger.carriers
        for key in ledger.carriers[id].copies
    )


def _drop_lost(run: Run, deleted: Collection[str]) -> None:
    """Drop the entries of contacts to be deleted whose carrier was removed earlier."""
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


def _extra_removals(ledger: Ledger, removals: dict[RemoteId, bool], members: Members) -> set[RemoteId]:
    """Carriers that must be removed besides `removals`; sets those of `removals` to False that keep their contacts.

    A carrier that would lose merged contacts must be removed too. That may in turn affect other carriers, so this is
    repeated until nothing more is lost.
    """
    entries = ledger.of(CONTACTS.name)
    homes: dict[RemoteId, set[RemoteId]] = {}
    staying = {id for id, carrier in ledger.carriers.items() if not carrier.going and id not in removals}
    for entry in entries.values():
        if entry.remote_id is not None and entry.carrier is not None and entry.carrier in staying:
            homes.setdefault(entry.remote_id, set()).add(entry.carrier)
    extra: set[RemoteId] = set()
    waiting = list(removals)
    while waiting:
        id = waiting.pop()
        contacts = _contacts_in(ledger, id, members)
        merged = {contact for contact in contacts if homes.get(contact, set()) - extra}
        if merged and contacts <= merged and id not in extra:
            removals[id] = False
            continue
        for contact in merged:
            lost = homes[contact] - extra
            extra |= lost
            waiting += lost
    return extra


def _contacts_in(ledger: Ledger, id: RemoteId, members: Members) -> set[RemoteId]:
    """The ids of all contacts that a carrier holds: copies of those that moved, and those that are still its own."""
    entries = ledger.of(CONTACTS.name)
    carrier = ledger.carriers.get(id)
    ids = {copy for copy in carrier.copies.values() if copy is not None} if carrier else set()
    ids |= {found for key in members.get(id, ()) if (found := entries[key].remote_id) is not None}
    return ids


def create_again(ledger: Ledger, key: str) -> Create:
    """The create that makes a contact again as the ledger has it."""
    entry = ledger.of(CONTACTS.name)[key]
    return Create(address=Address(CONTACTS.name, key), after=entry.attributes, protected=entry.protect)


def _remove(
    run: Run, removals: Mapping[RemoteId, bool], members: Members, in_account: Mapping[RemoteId, str]
) -> None:
    """Remove carriers and update the ledger; carriers that cannot be removed are reported in `run.shortfalls`."""
    with_contacts = [id for id, contacts_go in removals.items() if contacts_go]
    ledger = run.session.ledger
    held = {id: {*members.get(id, ()), *ledger.carriers[id].copies} for id in removals}
    # Until the carrier is seen to be gone, every contact in it may be there twice.
    run.stuck.update(key for keys in held.values() for key in keys)
    begun = (id for id in with_contacts if id in in_account)
    run.session.record([PutCarrier(id, replace(ledger.carriers[id], going=True)) for id in begun])
    run.purgeable.update(with_contacts)
    left = set(remove_carrier_groups(run, {id: removals[id] for id in removals if id in in_account}))
    run.session.record(_drop_deltas([id for id in removals if id not in left], members))
    run.stuck.clear()
    if left:
        run.stuck.update(key for id in left for key in held[id])
        run.shortfalls.append(f"{len(left)} carriers could not be removed and hold contacts that should be gone")


def _drop_deltas(ids: Iterable[RemoteId], members: Members) -> list[Delta]:
    deltas: list[Delta] = []
    for id in ids:
        deltas += (DropEntry(CONTACTS.name, key) for key in members.get(id, ()))
        deltas.append(DropCarrier(id))
    return deltas
