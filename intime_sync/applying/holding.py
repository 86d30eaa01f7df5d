"""Contacts that the service refuses to add again, although their old copies must not be lost.

A copy can only be removed together with its whole carrier, so that carrier stays, with all contacts in it, until the
contact is accepted again, is changed, or is to be deleted. The other contacts in the carrier are its neighbours. See
docs/carriers.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from intime_sync.applying.adding import add_request, intend_add
from intime_sync.applying.carrier_groups import make_carrier_groups, remove_carrier_groups
from intime_sync.applying.packs import LoadedCarrier
from intime_sync.applying.run import Run
from intime_sync.kinds.base import WireContext
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.ledger import Delta, Ledger, PutCarrier, PutEntry
from intime_sync.model.resource import Attributes, RemoteId
from intime_sync.planning.carriers import current_carriers, probe_carrier
from intime_sync.service.client import Outcome
from intime_sync.service.reply import Ids, Refused


def carrier_holding(run: Run, key: str) -> RemoteId | None:
    """The complete carrier that holds a contact or its newest copy; None if the account has no such carrier."""
    ledger = run.session.ledger
    entry = ledger.of(CONTACTS.name).get(key)
    if entry is None:
        return None
    there = current_carriers(ledger, run.carriers())
    if entry.carrier in there:
        return entry.carrier
    return max((id for id in there if key in ledger.carriers[id].copies), default=None)


def keep_old_carrier(run: Run, key: str, why: str) -> None:
    """Keep the carrier that holds the contact's old copy for the rest of the run; `why` says why it has to stay."""
    home = carrier_holding(run, key)
    if home is not None:
        run.kept.setdefault(home, (key, why))


def mark_refused(run: Run, key: str, why: str) -> None:
    """Record that the service refuses to add a contact again, so that it stays in its old carrier."""
    keep_old_carrier(run, key, why)
    ledger, home = run.session.ledger, carrier_holding(run, key)
    if home is None:
        return
    entry = ledger.of(CONTACTS.name)[key]
    if entry.carrier != home or not entry.refused:
        run.session.record(in_old_carriers(ledger, {key: home}, mark=True))


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Contacts whose old copies may have been removed when a request was undone, by what the service does with them.

    All are keys. Contacts in `in_place` are in their old carriers for certain. The service merges those in `movable`:
    they may be added again, and the ids of the reply then show whether they still were in the old carriers. Those in
    `refused` cannot be added.
    """

    in_place: frozenset[str]
    movable: frozenset[str]
    refused: Mapping[str, Refused]


def unsure_neighbours(run: Run) -> dict[str, RemoteId]:
    """Contacts that may have no copy except in a kept carrier: that carrier, by key."""
    ledger = run.session.ledger
    entries = ledger.of(CONTACTS.name)
    there = current_carriers(ledger, run.carriers())
    return {
        key: id
        for id in sorted(ledger.carriers.keys() & run.kept.keys())
        for key in sorted(ledger.carriers[id].copies)
        if key in entries and entries[key].carrier not in there and key not in run.refused
    }


def find_neighbours(run: Run, unsure: Mapping[str, RemoteId]) -> Neighbours | None:
    """Find out which contacts of `unsure` are still in the old carriers given with them; None if that fails.

    Each is added to a carrier that is removed afterwards. If the answer is an id that it had before, or the same id
    twice, the service merges contacts, and the old copy may have been removed with an undone request. Two new ids
    mean two new contacts: the service does not merge, so the old copy was not touched.
    """
    entries = run.session.ledger.of(CONTACTS.name)
    run.check_stop()
    members: dict[str, Attributes] = {key: entries[key].attributes for key in unsure}
    name = probe_carrier(run.owner, run.session.ledger, members)
    made, _ = make_carrier_groups(run, [name])
    if name not in made:
        return None
    probe = LoadedCarrier(made[name], name, members)
    intent = intend_add(run, [probe])
    found = _probe(run, probe)
    deltas: list[Delta] = []
    if found is not None:
        deltas = in_old_carriers(run.session.ledger, {key: unsure[key] for key in sorted(found.in_place)})
    run.session.settle(intent, deltas)
    return None if remove_carrier_groups(run, {probe.id: True}) else found


def _probe(run: Run, probe: LoadedCarrier) -> Neighbours | None:
    """Add the probe's contacts, one request each, as `find_neighbours` says; None if an outcome is not certain."""
    wire = run.wire_context()
    in_place: set[str] = set()
    movable: set[str] = set()
    refused: dict[str, Refused] = {}
    for key in probe.members:
        first = add_alone(run, probe, key, probe.members[key], wire)
        if isinstance(first, Refused):
            refused[key] = first
            continue
        if not isinstance(first, Ids):
            return None
        if first.ids[0] in _known_ids(run.session.ledger, key):
            movable.add(key)
            continue
        second = add_alone(run, probe, key, probe.members[key], wire)
        if not isinstance(second, Ids):
            return None
        (movable if second.ids == first.ids else in_place).add(key)
    return Neighbours(frozenset(in_place), frozenset(movable), refused)


def add_alone(run: Run, carrier: LoadedCarrier, key: str, attributes: Attributes, wire: WireContext) -> Outcome:
    """Add one contact to a carrier. The caller must have recorded the intent in the journal."""
    return run.send(add_request([replace(carrier, members={key: attributes})], wire))


def _known_ids(ledger: Ledger, key: str) -> set[RemoteId | None]:
    copies = {carrier.copies.get(key) for carrier in ledger.carriers.values()}
    return (copies | {ledger.of(CONTACTS.name)[key].remote_id}) - {None}


def in_old_carriers(ledger: Ledger, homes: Mapping[str, RemoteId], *, mark: bool = False) -> list[Delta]:
    """Deltas that record contacts as being where their old copies are: in the carriers `homes`, by key.

    With `mark`, they are also recorded as refused.
    """
    entries = ledger.of(CONTACTS.name)
    deltas = without_copies(ledger, homes.values(), homes.keys())
    for key, home in homes.items():
        entry = entries[key]
        id = ledger.carriers[home].copies.get(key, entry.remote_id)
        back = replace(entry, carrier=home, remote_id=id, refused=entry.refused or mark)
        deltas.append(PutEntry(CONTACTS.name, key, back))
    return deltas


def without_copies(ledger: Ledger, carriers: Iterable[RemoteId], keys: Collection[str]) -> list[Delta]:
    """Deltas that record that the carriers no longer hold copies of the contacts `keys`."""
    deltas: list[Delta] = []
    for id in sorted(ledger.carriers.keys() & set(carriers)):
        carrier = ledger.carriers[id]
        left = {key: copy for key, copy in carrier.copies.items() if key not in keys}
        if len(left) < len(carrier.copies):
            deltas.append(PutCarrier(id, replace(carrier, copies=left)))
    return deltas
