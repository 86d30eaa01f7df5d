"""What the ledger must no longer assume when groups are made again, or carriers with unconfirmed contacts removed.

The service may have merged new contacts into existing ones with the same number or address. Removing the new carrier
with its contacts then removes the existing ones too, so they are recorded as lost before that request is sent.
Everything here is pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from intime_sync.bulk.ledger_table import LedgerTable
from intime_sync.kinds.registry import CONTACTS, GROUPS, MESSAGES
from intime_sync.model.ledger import NO_GROUP, NOWHERE, Carrier, Delta, Ledger, PutCarrier, PutEntry
from intime_sync.model.resource import Attributes, Json, RemoteId


def ways_to_reach(contacts: Iterable[Attributes]) -> list[str]:
    """The numbers and addresses of contacts, by which the service could merge them."""
    return sorted({way for contact in contacts for way in _ways(contact)})


def mark_lost(ledger: Ledger, keys: Collection[str], reach: Collection[str]) -> list[Delta]:
    """Deltas that record as lost every contact that may have been merged into a carrier that is about to be removed.

    `keys` are the contacts that were sent to that carrier, `reach` their numbers and addresses. A lost contact stays
    recorded as a copy in its old carrier, so that it is removed with it if it is still there.
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
    """Deltas that record groups with these names as empty, and messages as not addressed to them.

    Used before such groups are made: what the ledger knows about members concerns earlier groups with these names
    that were removed. The service may reuse their ids, so the ids do not tell the groups apart.
    """
    deltas: list[Delta] = []
    for id, carrier in ledger.carriers.items():
        if not carrier.groups.keys().isdisjoint(names):
            deltas.append(PutCarrier(id, replace(carrier, groups=_without(carrier.groups, names))))
    # For a contact without a carrier no ids of groups are recorded, so these groups are taken out of its fields.
    contacts = LedgerTable.of(ledger.of(CONTACTS.name))
    for key in contacts.appended():
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


def forget_listed_names(ledger: Ledger, names: Collection[str]) -> list[Delta]:
    """Deltas that clear the changed names (`listed_as`) of groups that are about to be made.

    A new group may get the id and the changed name of a removed one. It must be recognized as new, so that its
    changed name is recorded.
    """
    entries = ledger.of(GROUPS.name)
    known = ((name, entries[name]) for name in sorted(names) if name in entries)
    return [PutEntry(GROUPS.name, name, replace(entry, listed_as="")) for name, entry in known if entry.listed_as]


def _without(groups: Mapping[str, RemoteId], names: Collection[str]) -> dict[str, RemoteId]:
    return {name: NO_GROUP if name in names else id for name, id in groups.items()}


def _ways(attributes: Mapping[str, object]) -> list[str]:
    return [str(value) for name in ("mobile", "email") if (value := attributes.get(name))]
