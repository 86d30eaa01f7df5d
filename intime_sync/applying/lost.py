"""What a carrier of unknown contents takes along when it is removed with its contacts, and a group that went. Pure.

The service may have merged new contacts into old ones of the same number or address. Undoing the new carrier then
removes the old ones too, so they count as gone from the moment before the carrier is removed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from intime_sync.kinds.registry import CONTACTS, MESSAGES
from intime_sync.model.entries import appended
from intime_sync.model.ledger import NO_GROUP, NOWHERE, Carrier, Delta, Ledger, PutCarrier, PutEntry
from intime_sync.model.resource import Attributes, Json, RemoteId


def ways_to_reach(contacts: Iterable[Attributes]) -> list[str]:
    """The numbers and addresses of contacts: what a service could merge them by."""
    found = {str(value) for contact in contacts for name in ("mobile", "email") if (value := contact.get(name))}
    return sorted(found)


def mark_lost(ledger: Ledger, keys: Collection[str], reach: Collection[str]) -> list[Delta]:
    """Deltas after which every contact that could have been merged into a carrier to be undone counts as gone.

    `keys` are those that were sent into it, `reach` their numbers and addresses.

    Its old carrier keeps it as a copy, so that it goes too if it is there after all.
    """
    entries: list[Delta] = []
    carriers: dict[RemoteId, Carrier] = {}
    named, reached = set(keys), set(reach)
    for key, entry in ledger.of(CONTACTS.name).items():
        if entry.carrier is None or entry.carrier == NOWHERE:
            continue
        if key in named or not reached.isdisjoint(_ways(entry.attributes)):
            home = carriers.get(entry.carrier) or ledger.carriers.get(entry.carrier)
            if home is not None:
                carriers[entry.carrier] = replace(home, copies={**home.copies, key: entry.remote_id})
            entries.append(PutEntry(CONTACTS.name, key, replace(entry, carrier=NOWHERE)))
    return [*(PutCarrier(id, carrier) for id, carrier in carriers.items()), *entries]


def forget_members(ledger: Ledger, names: Collection[str]) -> list[Delta]:
    """Deltas after which nobody counts as in the groups of these names, nor any message as sent to them.

    For groups about to be made: what the ledger knows of their members is about groups of these names that went. The
    service may give the new ones the same ids, so the ids alone would not tell.
    """
    deltas: list[Delta] = []
    for id, carrier in ledger.carriers.items():
        if not carrier.groups.keys().isdisjoint(names):
            deltas.append(PutCarrier(id, replace(carrier, groups=_without(carrier.groups, names))))
    # A contact without a carrier has no ids of its groups to look at: the ledger has it without them from now on.
    contacts = ledger.of(CONTACTS.name)
    for key in appended(contacts):
        entry = contacts[key]
        left: list[Json] = [name for name in CONTACTS.group_names(entry.attributes) if name not in names]
        if len(left) < len(CONTACTS.group_names(entry.attributes)):
            attributes = {**entry.attributes, "groups": left}
            deltas.append(PutEntry(CONTACTS.name, key, replace(entry, attributes=attributes)))
    for key, entry in ledger.of(MESSAGES.name).items():
        if entry.dispatch is not None and not entry.dispatch.groups.keys().isdisjoint(names):
            dispatch = replace(entry.dispatch, groups=_without(entry.dispatch.groups, names))
            deltas.append(PutEntry(MESSAGES.name, key, replace(entry, dispatch=dispatch)))
    return deltas


def _without(groups: Mapping[str, RemoteId], names: Collection[str]) -> dict[str, RemoteId]:
    return {name: NO_GROUP if name in names else id for name, id in groups.items()}


def _ways(attributes: Mapping[str, object]) -> tuple[str, str]:
    return str(attributes.get("mobile", "")) or "-", str(attributes.get("email", "")) or "-"
