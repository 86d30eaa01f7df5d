"""Removing carriers whose contacts live elsewhere by now, or shall be gone: the only place where contacts go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from intime_sync.applying.carrier_groups import remove_carrier_groups
from intime_sync.applying.run import Run
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.change import Change, Create, Delete
from intime_sync.model.ledger import Delta, DropCarrier, DropEntry, Entry
from intime_sync.model.resource import Address, RemoteId


def retire_carriers(run: Run, changes: Sequence[Change]) -> list[Create]:
    """Remove what can go. Returns contacts that must be made once more.

    Where the service merged a new contact into an old one (it answered with an id that we knew), the old carrier
    goes without its contacts; and where it still holds others that must go, all of them go, and the merged ones
    are made again.
    """
    ledger = run.session.ledger
    entries = ledger.of(CONTACTS.name)
    deleted = {change.address.key for change in changes if isinstance(change, Delete)}
    in_account = run.carriers()
    members = _members(entries)
    going: dict[RemoteId, bool] = {}
    for id, carrier in ledger.carriers.items():
        keys = members.get(id, [])
        if carrier.loose:
            going[id] = False
        elif id not in in_account or all(key in deleted for key in keys):
            going[id] = True
    living = {
        entry.remote_id: key
        for key, entry in entries.items()
        if entry.remote_id is not None and entry.carrier not in going
    }
    remade: dict[str, Create] = {}
    for id in [id for id, with_contacts in going.items() if with_contacts]:
        ids = _contacts_in(run, id, members)
        merged = ids & living.keys()
        if not merged:
            continue
        if ids <= living.keys():
            going[id] = False
            continue
        for key in (living[contact] for contact in merged):
            _break_up(run, key, members, going, remade)
    _remove(run, going, members, in_account)
    return list(remade.values())


def _members(entries: Mapping[str, Entry]) -> dict[RemoteId, list[str]]:
    members: dict[RemoteId, list[str]] = {}
    for key, entry in entries.items():
        if entry.carrier is not None:
            members.setdefault(entry.carrier, []).append(key)
    return members


def _contacts_in(run: Run, id: RemoteId, members: Mapping[RemoteId, Iterable[str]]) -> set[RemoteId]:
    """The ids of all contacts that a carrier holds: copies of those that moved, and those that are still its own."""
    ledger = run.session.ledger
    entries = ledger.of(CONTACTS.name)
    ids = {copy for copy in ledger.carriers[id].copies.values() if copy is not None}
    ids |= {found for key in members.get(id, ()) if (found := entries[key].remote_id) is not None}
    return ids


def _break_up(
    run: Run,
    key: str,
    members: Mapping[RemoteId, Sequence[str]],
    going: dict[RemoteId, bool],
    remade: dict[str, Create],
) -> None:
    """The contact will go with an old carrier, so its new carrier is no longer complete: all in it is made again."""
    entries = run.session.ledger.of(CONTACTS.name)
    carrier = entries[key].carrier
    keys = members.get(carrier, [key]) if carrier is not None else [key]
    for mate in keys:
        entry = entries[mate]
        address = Address(CONTACTS.name, mate)
        remade[mate] = Create(address=address, after=entry.attributes, protected=entry.protect)
    if carrier is not None:
        going[carrier] = True


def _remove(
    run: Run,
    going: Mapping[RemoteId, bool],
    members: Mapping[RemoteId, Iterable[str]],
    in_account: Mapping[RemoteId, str],
) -> None:
    there = {id: with_contacts for id, with_contacts in going.items() if id in in_account}
    left = set(remove_carrier_groups(run, there)) if there else set()
    deltas: list[Delta] = []
    for id in going:
        if id not in left:
            deltas += (DropEntry(CONTACTS.name, key) for key in members.get(id, ()))
            deltas.append(DropCarrier(id))
    run.session.record(deltas)
    if left:
        run.notes.append(
            f"{len(left)} carriers could not be removed and hold contacts that should be gone; apply again"
        )
