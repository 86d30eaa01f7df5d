"""Adding contacts to their new carriers and recording the outcome. Only fully confirmed requests count."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeAlias

from intime_sync.applying.adding import add_request, intend_add
from intime_sync.applying.holding import (
    in_old_carriers,
    without_copies,
)
from intime_sync.applying.lost import mark_lost, ways_to_reach
from intime_sync.applying.packs import LoadedCarrier
from intime_sync.applying.run import Run
from intime_sync.errors import IntimeSyncError
from intime_sync.kinds.base import WireContext
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.change import Change
from intime_sync.model.ledger import NO_GROUP, Carrier, Delta, Entry, PutCarrier, PutEntry
from intime_sync.model.resource import RemoteId
from intime_sync.planning.carriers import CarrierBuild, present_carriers
from intime_sync.service.client import Outcome
from intime_sync.service.reply import Ids, Refused
from intime_sync.service.transport import NotSent

InFlight = tuple[list[LoadedCarrier], int, Future[Outcome]]


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome of a pack for which the service answered with the id of an existing contact and made no new one.

    It cannot be seen whether the existing contact got the new fields and groups, or left its old groups. So its
    carriers, `old`, must be removed with their contacts before it is added again.
    """

    old: frozenset[RemoteId]


PackOutcome: TypeAlias = Outcome | Merged


class Sender:
    """Adds the contacts of one round, in packs: the carriers that are filled by one request.

    `changes` are the changes of the round by key; `marked_lost` are the keys of contacts that may have been removed
    with a carrier whose contents were not confirmed.
    """

    def __init__(self, run: Run, changes: Mapping[str, Change]) -> None:
        self.run = run
        self.changes = changes
        self.marked_lost: set[str] = set()
        # The carriers in the account that hold an earlier copy of a contact, by its key and the copy's id.
        self._earlier: dict[tuple[str, RemoteId], set[RemoteId]] = {}

    def forget_earlier(self, gone: Collection[RemoteId]) -> None:
        """Note that the carriers `gone`, which held earlier copies, have been removed with their contacts."""
        for carriers_of_copy in self._earlier.values():
            carriers_of_copy.difference_update(gone)

    def note_earlier(self, builds: Iterable[CarrierBuild]) -> None:
        """Note which contacts have earlier copies, in which carriers of the account."""
        ledger = self.run.session.ledger
        entries, there = ledger.of(CONTACTS.name), present_carriers(ledger, self.run.carriers())
        for id in there:
            for key, copy in ledger.carriers[id].copies.items():
                if copy is not None:
                    self._earlier.setdefault((key, copy), set()).add(id)
        for build in builds if entries else ():
            for key in build.members:
                entry = entries.get(key)
                if entry is not None and entry.remote_id is not None and entry.carrier in there:
                    self._earlier.setdefault((key, entry.remote_id), set()).add(entry.carrier)

    def send_all(self, packs: Iterable[list[LoadedCarrier]]) -> list[tuple[list[LoadedCarrier], PackOutcome]]:
        """Send packs, several at a time. Returns those that were not confirmed, with their outcomes.

        Only this thread writes the ledger. Also after an error, every request that was sent is awaited and recorded.
        """
        run, wire = self.run, self.run.wire_context()
        unconfirmed: list[tuple[list[LoadedCarrier], PackOutcome]] = []
        in_flight: deque[InFlight] = deque()
        with ThreadPoolExecutor(max_workers=run.parallelism) as pool:
            try:
                for carriers in packs:
                    run.check_stop()
                    intent = intend_add(run, carriers)
                    in_flight.append((carriers, intent, pool.submit(run.send, add_request(carriers, wire))))
                    if len(in_flight) >= run.parallelism:
                        self._collect(in_flight.popleft(), wire, unconfirmed)
            finally:
                self._collect_rest(in_flight, wire, unconfirmed)
        return unconfirmed

    def _collect_rest(
        self,
        in_flight: deque[InFlight],
        wire: WireContext,
        unconfirmed: list[tuple[list[LoadedCarrier], PackOutcome]],
    ) -> None:
        failure: IntimeSyncError | None = None
        while in_flight:
            try:
                self._collect(in_flight.popleft(), wire, unconfirmed)
            except IntimeSyncError as error:
                failure = failure or error
        if failure is not None:
            raise failure

    def _collect(
        self, flight: InFlight, wire: WireContext, unconfirmed: list[tuple[list[LoadedCarrier], PackOutcome]]
    ) -> None:
        carriers, intent, future = flight
        outcome = self.record_outcome(carriers, intent, future.result(), wire)
        if not isinstance(outcome, Ids):
            unconfirmed.append((carriers, outcome))

    def send(self, carriers: list[LoadedCarrier]) -> PackOutcome:
        """Send one pack and record its outcome."""
        run = self.run
        run.check_stop()
        wire = run.wire_context()
        intent = intend_add(run, carriers)
        return self.record_outcome(carriers, intent, run.send(add_request(carriers, wire)), wire)

    def record_outcome(
        self, carriers: Sequence[LoadedCarrier], intent: int, outcome: Outcome, wire: WireContext
    ) -> PackOutcome:
        """Record the outcome of a pack: its contacts if it was confirmed, else that they may be lost.

        Returns the outcome, or Merged if the service answered with ids of earlier copies.
        """
        ledger, kept = self.run.session.ledger, self.run.kept.keys()
        settled = self._merged(carriers, outcome) if isinstance(outcome, Ids) else outcome
        deltas: list[Delta] = []
        if isinstance(settled, Ids):
            ids = iter(settled.ids)
            given = {key: RemoteId(next(ids)) for carrier in carriers for key in carrier.members}
            stayed = {
                key: home for key, id in given.items() for home in self._earlier.get((key, id), ()) if home in kept
            }
            for carrier in carriers:
                mine = {key: given[key] for key in carrier.members if key not in stayed}
                deltas += self._confirmed_deltas(carrier, mine, wire)
            # A contact with a new id has no copy in a kept carrier any more; one with the old copy's id still has.
            known = [*in_old_carriers(ledger, stayed), *without_copies(ledger, kept, given)]
            deltas = [*_merge_copies(deltas), *known]
        elif not _added_nothing(settled, carriers):
            deltas = self.lost_deltas(carriers)
        self.run.session.settle(intent, deltas)
        return settled

    def _merged(self, carriers: Iterable[LoadedCarrier], outcome: Ids) -> Ids | Merged:
        """The outcome, or Merged if an answered id is that of an earlier copy of the same contact."""
        keys = (key for carrier in carriers for key in carrier.members)
        old: set[RemoteId] = set()
        for answered in zip(keys, outcome.ids, strict=True):
            old |= self._earlier.get(answered, set()) - self.run.kept.keys()
        return Merged(frozenset(old)) if old else outcome

    def lost_deltas(self, carriers: Sequence[LoadedCarrier]) -> list[Delta]:
        """Deltas to record before carriers with unconfirmed contents are removed; updates `marked_lost`."""
        members = {key: attributes for carrier in carriers for key, attributes in carrier.members.items()}
        self.marked_lost |= members.keys()
        deltas = mark_lost(self.run.session.ledger, members, ways_to_reach(members.values()))
        others = [delta.key for delta in deltas if isinstance(delta, PutEntry) and delta.key not in members]
        if others:
            self.run.shortfalls.append(f"contact/{others[0]} may have gone with one of the same number or address")
        return deltas

    def _confirmed_deltas(
        self, carrier: LoadedCarrier, ids: Mapping[str, RemoteId], wire: WireContext
    ) -> list[Delta]:
        """Deltas for a confirmed carrier: itself, its contacts, and where earlier copies of them remain."""
        ledger = self.run.session.ledger
        entries = ledger.of(CONTACTS.name)
        names = {name for key in ids for name in CONTACTS.group_names(carrier.members[key])}
        groups = {name: wire.group_ids.get(name, NO_GROUP) for name in sorted(names)}
        listed = self.run.carriers().get(carrier.id, carrier.name)
        deltas: list[Delta] = [PutCarrier(carrier.id, Carrier(listed, groups))]
        for key, id in ids.items():
            old = entries.get(key)
            if old is not None and old.carrier is not None and old.carrier in ledger.carriers:
                before = ledger.carriers[old.carrier]
                deltas.append(PutCarrier(old.carrier, replace(before, copies={**before.copies, key: old.remote_id})))
            change = self.changes.get(key)
            protect = change.protected if change is not None else old is not None and old.protect
            entry = Entry(carrier.members[key], id, protect, carrier=carrier.id)
            deltas.append(PutEntry(CONTACTS.name, key, entry))
        return deltas


def _added_nothing(outcome: PackOutcome, carriers: Iterable[LoadedCarrier]) -> bool:
    """Whether a request certainly added no contact: it was not sent, or its only contact was refused."""
    if isinstance(outcome, Refused):
        return sum(len(carrier.members) for carrier in carriers) == 1
    return isinstance(outcome, NotSent)


def _merge_copies(deltas: Sequence[Delta]) -> list[Delta]:
    """The deltas with one PutCarrier per carrier, which has the copies of all."""
    carriers: dict[RemoteId, Carrier] = {}
    merged: list[Delta] = []
    for delta in deltas:
        if isinstance(delta, PutCarrier):
            known = carriers.get(delta.id)
            copies = {**(known.copies if known else {}), **delta.carrier.copies}
            carriers[delta.id] = replace(delta.carrier, copies=copies)
        else:
            merged.append(delta)
    return [*(PutCarrier(id, carrier) for id, carrier in carriers.items()), *merged]
