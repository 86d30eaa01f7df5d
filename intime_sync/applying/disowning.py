"""What a carrier of unknown contents takes along when it is removed with its contacts. Pure.

The service may have merged new contacts into old ones of the same number or address. Undoing the new carrier then
removes the old ones too, so they count as gone from the moment before the carrier is removed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.ledger import NOWHERE, Carrier, Delta, Ledger, PutCarrier, PutEntry
from intime_sync.model.resource import Attributes, RemoteId


def ways_to_reach(contacts: Iterable[Attributes]) -> list[str]:
    """The numbers and addresses of contacts: what a service could merge them by."""
    found = {str(value) for contact in contacts for name in ("mobile", "email") if (value := contact.get(name))}
    return sorted(found)


def disown(ledger: Ledger, keys: Collection[str], reach: Collection[str]) -> list[Delta]:
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


def _ways(attributes: Mapping[str, object]) -> tuple[str, str]:
    return str(attributes.get("mobile", "")) or "-", str(attributes.get("email", "")) or "-"
