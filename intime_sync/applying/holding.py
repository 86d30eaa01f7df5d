"""Contacts that the service refuses to add again while their old copies must not be lost.

A copy can only be removed together with its whole carrier. So that carrier stays, with everybody in it, until the
contact is accepted again, is changed, or shall be gone. See docs/carriers.md.
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


def home_of(run: Run, key: str) -> RemoteId | None:
    """The complete carrier that holds a contact, or its newest copy; None where the account has none."""
    ledger = run.session.ledger
    entry = ledger.of(CONTACTS.name).get(key)
    if entry is None:
        return None
    there = current_carriers(ledger, run.carriers())
    if entry.carrier in there:
        return entry.carrier
    return max((id for id in there if key in ledger.carriers[id].copies), default=None)


def keep_home(run: Run, key: str, why: str) -> None:
    """Keep the carrier that holds the contact's old copy for the rest of the run.

    `why` is what keeps the contact from being moved.
    """
    home = home_of(run, key)
    if home is not None:
        run.kept.setdefault(home, (key, why))


def mark_refused(run: Run, key: str, why: str) -> None:
    """Remember that the service refuses to move a contact, which lives in its old carrier until it can."""
    keep_home(run, key, why)
    ledger, home = run.session.ledger, home_of(run, key)
    if home is None:
        return
    entry = ledger.of(CONTACTS.name)[key]
    if entry.carrier != home or not entry.refused:
        run.session.record(back_home(ledger, {key: home}, mark=True))


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What is known of contacts whose old copies an undone request may have taken along, by key.

    `home` are back in their old carriers for certain. The service merged `movable`: they may be added again, and then
    tell by their ids whether they still were in the old one. `refused` cannot be added.
    """

    home: frozenset[str]
    movable: frozenset[str]
    refused: Mapping[str, Refused]


def unsure_neighbours(run: Run) -> dict[str, RemoteId]:
    """Contacts that no carrier holds for certain, and a kept one perhaps: the kept carriers by key."""
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
    """Find out which of `unsure` are still in the old carriers that are given with them; None if that fails.

    Each is added to a carrier that is removed afterwards. Where the answer is an id that it had, or the same id
    twice, the service merges contacts, and the old copy may have gone with what was undone. Two new ids are two new
    contacts: then nothing that happened elsewhere has touched the old copy.
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
    found = _ask(run, probe)
    deltas: list[Delta] = []
    if found is not None:
        deltas = back_home(run.session.ledger, {key: unsure[key] for key in sorted(found.home)})
    run.session.settle(intent, deltas)
    return None if remove_carrier_groups(run, {probe.id: True}) else found


def _ask(run: Run, probe: LoadedCarrier) -> Neighbours | None:
    wire = run.wire()
    home: set[str] = set()
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
        (movable if second.ids == first.ids else home).add(key)
    return Neighbours(frozenset(home), frozenset(movable), refused)


def add_alone(run: Run, carrier: LoadedCarrier, key: str, attributes: Attributes, wire: WireContext) -> Outcome:
    """Add one contact to a carrier; the caller has written it down as an intent."""
    return run.send(add_request([replace(carrier, members={key: attributes})], wire))


def _known_ids(ledger: Ledger, key: str) -> set[RemoteId | None]:
    copies = {carrier.copies.get(key) for carrier in ledger.carriers.values()}
    return (copies | {ledger.of(CONTACTS.name)[key].remote_id}) - {None}


def back_home(ledger: Ledger, homes: Mapping[str, RemoteId], *, mark: bool = False) -> list[Delta]:
    """What the ledger learns of contacts that live where their old copies are: in the carriers `homes`, by key.

    With `mark`, they are remembered as refused.
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
    """The carriers no longer hold copies of the contacts `keys`."""
    deltas: list[Delta] = []
    for id in sorted(ledger.carriers.keys() & set(carriers)):
        carrier = ledger.carriers[id]
        left = {key: copy for key, copy in carrier.copies.items() if key not in keys}
        if len(left) < len(carrier.copies):
            deltas.append(PutCarrier(id, replace(carrier, copies=left)))
    return deltas
