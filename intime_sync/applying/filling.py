"""Making new carriers and filling them. Only what the service confirmed whole counts.

A request that was refused, or whose outcome is unknown, is undone by removing its carriers with their contacts; then
it is tried again, in halves where an item is at fault.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeAlias

from intime_sync.applying.carrier_groups import make_carrier_groups, remove_carrier_groups
from intime_sync.applying.disowning import disown, ways_to_reach
from intime_sync.applying.packs import LoadedCarrier, pack
from intime_sync.applying.run import TRIES, Run
from intime_sync.errors import IntimeSyncError, ServiceError
from intime_sync.kinds.base import WireContext
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.change import Change, Replace
from intime_sync.model.entries import astray
from intime_sync.model.ledger import NOWHERE, Carrier, Delta, DropCarrier, Entry, PutCarrier, PutEntry
from intime_sync.model.report import Status
from intime_sync.model.resource import Attributes, RemoteId
from intime_sync.planning.carriers import CarrierBuild, current_carriers, plan_carriers, present_carriers
from intime_sync.remote.client import Outcome, Unknown
from intime_sync.remote.transport import NotSent
from intime_sync.wire.reply import Ids, Refused
from intime_sync.wire.requests import Request

NO_GROUP = RemoteId(0)
"""Stands in a carrier for a group that was not there to be joined, so that the next plan sees it."""

ADD = "add"

Flight = tuple[list[LoadedCarrier], int, Future[Outcome]]


@dataclass(frozen=True, slots=True)
class Merged:
    """The service made no new contact of one that it knew, but answered with the known one's id.

    Whether the known one has the new fields and groups, and whether it left the old groups, cannot be seen. So the
    carriers that it was in, `old`, must go with their contacts before it is added again.
    """

    old: frozenset[RemoteId]


Settled: TypeAlias = Outcome | Merged


class Filler:
    """Fills the carriers of one round."""

    def __init__(self, run: Run, changes: Sequence[Change]) -> None:
        self.run = run
        # One that failed in an earlier round, and whose old form had to be made again, is still somebody's contact.
        self.changes = {change.address.key: change for change in changes}
        # The carriers in the account that hold an earlier copy of a contact, by its key and the copy's id.
        self.earlier: dict[tuple[str, RemoteId], set[RemoteId]] = {}

    def purge(self) -> None:
        """Remove carriers that are not complete, with their contacts."""
        run, ledger = self.run, self.run.session.ledger
        # A carrier that has left the account must not lend its entry to a new group that gets the same id.
        dead = ledger.carriers.keys() - present_carriers(ledger, run.carriers())
        run.session.record([DropCarrier(id) for id in sorted(dead)])
        # Nor must its contacts be taken for those of the new one.
        entries = ledger.of(CONTACTS.name)
        lost = astray(entries, ledger.carriers.keys())
        run.session.record([PutEntry(CONTACTS.name, key, replace(entries[key], carrier=NOWHERE)) for key in lost])
        current = current_carriers(ledger, run.carriers())
        purge = sorted(id for id in run.carriers() if id not in current and id in run.purgeable)
        if purge and remove_carrier_groups(run, dict.fromkeys(purge, True)):
            raise ServiceError(
                "carriers that are not known as complete cannot be removed, so contacts could end up twice",
                hint="remove the groups whose names start with ~ and this owner in the service, with their contacts",
            )

    def fill(self) -> None:
        """Purge what is not complete, make the new carriers, fill them."""
        self.purge()
        run, ledger = self.run, self.run.session.ledger
        size = min(run.policy.carrier_size, run.policy.batch_size)
        plan = plan_carriers(run.owner, ledger, self.changes.values(), run.carriers(), size)
        if not plan.build:
            return
        self._note_earlier(plan.build)
        by_name = {build.name: build for build in plan.build}
        ids, why = make_carrier_groups(run, list(by_name))
        missing = [by_name.pop(name) for name in by_name.keys() - ids.keys()]
        self._fail_all(missing, f"no carrier could be made: {why}")
        loaded = (
            [LoadedCarrier(ids[build.name], build.name, build.members) for build in builds]
            for builds in pack(by_name.values(), run.policy.batch_size)
        )
        for carriers, outcome in self._send_all(loaded):
            self._repair(carriers, outcome, tries=1)

    def _note_earlier(self, builds: Iterable[CarrierBuild]) -> None:
        ledger = self.run.session.ledger
        entries, there = ledger.of(CONTACTS.name), present_carriers(ledger, self.run.carriers())
        for id in there:
            for key, copy in ledger.carriers[id].copies.items():
                if copy is not None:
                    self.earlier.setdefault((key, copy), set()).add(id)
        for build in builds if entries else ():
            for key in build.members:
                entry = entries.get(key)
                if entry is not None and entry.remote_id is not None and entry.carrier in there:
                    self.earlier.setdefault((key, entry.remote_id), set()).add(entry.carrier)

    def _send_all(self, packs: Iterable[list[LoadedCarrier]]) -> list[tuple[list[LoadedCarrier], Settled]]:
        """Send packs, several at a time: carriers do not depend on each other. Returns those that went wrong.

        One thread writes the ledger. Whatever happens, what is in flight comes back and is written down.
        """
        run, wire = self.run, self.run.wire()
        troubled: list[tuple[list[LoadedCarrier], Settled]] = []
        flying: deque[Flight] = deque()
        with ThreadPoolExecutor(max_workers=run.parallelism) as pool:
            try:
                for carriers in packs:
                    run.check_stop()
                    intent = self._intend(carriers)
                    flying.append((carriers, intent, pool.submit(run.send, self._request(carriers, wire))))
                    if len(flying) >= run.parallelism:
                        self._land(flying.popleft(), wire, troubled)
            finally:
                self._land_rest(flying, wire, troubled)
        return troubled

    def _land_rest(
        self, flying: deque[Flight], wire: WireContext, troubled: list[tuple[list[LoadedCarrier], Settled]]
    ) -> None:
        failure: IntimeSyncError | None = None
        while flying:
            try:
                self._land(flying.popleft(), wire, troubled)
            except IntimeSyncError as error:
                failure = failure or error
        if failure is not None:
            raise failure

    def _land(self, flight: Flight, wire: WireContext, troubled: list[tuple[list[LoadedCarrier], Settled]]) -> None:
        carriers, intent, future = flight
        outcome = self._settle(carriers, intent, future.result(), wire)
        if not isinstance(outcome, Ids):
            troubled.append((carriers, outcome))

    def _send(self, carriers: list[LoadedCarrier]) -> Settled:
        """Send one pack and settle it."""
        self.run.check_stop()
        wire = self.run.wire()
        intent = self._intend(carriers)
        return self._settle(carriers, intent, self.run.send(self._request(carriers, wire)), wire)

    def _intend(self, carriers: Sequence[LoadedCarrier]) -> int:
        keys = [key for carrier in carriers for key in carrier.members]
        reach = ways_to_reach(attributes for carrier in carriers for attributes in carrier.members.values())
        return self.run.session.intend(
            ADD, CONTACTS.name, keys, {"carriers": [carrier.id for carrier in carriers], "reach": reach}
        )

    def _request(self, carriers: Sequence[LoadedCarrier], wire: WireContext) -> Request:
        known = _joinable(carriers, wire)
        contacts = [(known[key], carrier.id) for carrier in carriers for key in carrier.members]
        return CONTACTS.add_request(contacts, wire)

    def _settle(self, carriers: Sequence[LoadedCarrier], intent: int, outcome: Outcome, wire: WireContext) -> Settled:
        """Write down what came of a pack: all of one that was confirmed; any other will be undone."""
        settled = self._merged(carriers, outcome) if isinstance(outcome, Ids) else outcome
        deltas: list[Delta] = []
        if isinstance(settled, Ids):
            ids = iter(settled.ids)
            for carrier in carriers:
                deltas += self._complete(carrier, {key: RemoteId(next(ids)) for key in carrier.members}, wire)
        elif not isinstance(settled, NotSent):
            deltas = self._disown(carriers)
        self.run.session.settle(intent, _merge_copies(deltas))
        return settled

    def _merged(self, carriers: Iterable[LoadedCarrier], outcome: Ids) -> Ids | Merged:
        """The outcome, or what it means where an answer is the id that a contact's earlier copy has."""
        keys = (key for carrier in carriers for key in carrier.members)
        old: set[RemoteId] = set()
        for answered in zip(keys, outcome.ids, strict=True):
            old |= self.earlier.get(answered, set())
        return Merged(frozenset(old)) if old else outcome

    def _disown(self, carriers: Sequence[LoadedCarrier]) -> list[Delta]:
        members = {key: attributes for carrier in carriers for key, attributes in carrier.members.items()}
        deltas = disown(self.run.session.ledger, members, ways_to_reach(members.values()))
        others = [delta.key for delta in deltas if isinstance(delta, PutEntry) and delta.key not in members]
        if others:
            self.run.shortfalls.append(f"contact/{others[0]} may have gone with one of the same number or address")
        return deltas

    def _complete(self, carrier: LoadedCarrier, ids: Mapping[str, RemoteId], wire: WireContext) -> list[Delta]:
        """What the ledger learns: the carrier, its contacts, and whose earlier copies wait where."""
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

    def _repair(self, carriers: list[LoadedCarrier], outcome: Settled, tries: int) -> None:
        """Undo a pack that was not confirmed whole; try again what may still succeed."""
        builds = [CarrierBuild(carrier.name, carrier.members) for carrier in carriers]
        going = {carrier.id for carrier in carriers} | (outcome.old if isinstance(outcome, Merged) else set())
        if remove_carrier_groups(self.run, dict.fromkeys(sorted(going), True)):
            self._fail_all(builds, "it could not be undone after it failed; apply again")
            return
        match outcome:
            case Merged(old):
                for carriers_of_copy in self.earlier.values():
                    carriers_of_copy -= old
                self._reload(builds, tries)
            case NotSent(why):
                self._fail_all(builds, f"the service could not be reached: {why}")
            case Unknown(why):
                if tries >= TRIES:
                    self._fail_all(builds, f"the service does not confirm it: {why}")
                else:
                    self.run.pause(tries - 1)
                    self._reload(builds, tries + 1)
            case Refused():
                if len(builds) > 1:
                    middle = len(builds) // 2
                    self._reload(builds[:middle], tries)
                    self._reload(builds[middle:], tries)
                else:
                    self._isolate(builds[0], tries)
            case Ids():
                raise AssertionError("a confirmed pack needs no repair")

    def _reload(self, builds: list[CarrierBuild], tries: int) -> None:
        carriers = self._remake(builds)
        if not carriers:
            return
        outcome = self._send(carriers)
        if not isinstance(outcome, Ids):
            self._repair(carriers, outcome, tries)

    def _remake(self, builds: list[CarrierBuild]) -> list[LoadedCarrier]:
        ids, why = make_carrier_groups(self.run, [build.name for build in builds])
        self._fail_all([build for build in builds if build.name not in ids], f"no carrier could be made: {why}")
        return [LoadedCarrier(ids[build.name], build.name, build.members) for build in builds if build.name in ids]

    def _isolate(self, build: CarrierBuild, tries: int) -> None:
        """Find the contacts that the service refuses, one by one; the others stay."""
        carriers = self._remake([build])
        if not carriers:
            return
        carrier, run = carriers[0], self.run
        wire = run.wire()
        accepted: dict[str, RemoteId] = {}
        members: dict[str, Attributes] = {}
        intent = self._intend(carriers)
        for key, attributes in build.members.items():
            change = self.changes.get(key)
            outcome: Outcome | None = None
            for attempt in [attributes, change.before] if isinstance(change, Replace) else [attributes]:
                outcome = run.send(self._request([LoadedCarrier(carrier.id, carrier.name, {key: attempt})], wire))
                if isinstance(outcome, Ids):
                    accepted[key], members[key] = outcome.ids[0], attempt
                    break
                if not isinstance(outcome, Refused):
                    self._settle(carriers, intent, outcome, wire)
                    self._repair(carriers, outcome, tries)
                    return
                self._refused(key, outcome)
            if isinstance(outcome, Refused) and key in run.session.ledger.of(CONTACTS.name):
                # Its old copy must not go, so nothing around it may move either.
                self._settle(carriers, intent, outcome, wire)
                remove_carrier_groups(run, {carrier.id: True})
                self._fail(build.members, f"contact/{key}, which shares its carrier, is refused")
                return
        whole = LoadedCarrier(carrier.id, carrier.name, members)
        settled = self._settle([whole], intent, Ids(tuple(accepted.values())), wire)
        if isinstance(settled, Merged):
            self._repair([whole], settled, tries)

    def _refused(self, key: str, outcome: Refused) -> None:
        change = self.changes.get(key)
        if change is not None:
            self.run.finish(change, Status.FAILED, f"the service refuses it: {outcome}")
        else:
            self.run.shortfalls.append(f"contact/{key}: the service refuses what it accepted before: {outcome}")

    def _fail_all(self, builds: Iterable[CarrierBuild], why: str) -> None:
        for build in builds:
            self._fail(build.members, why)

    def _fail(self, keys: Iterable[str], why: str) -> None:
        for key in keys:
            change = self.changes.get(key)
            if change is not None:
                self.run.finish(change, Status.FAILED, why)


def _joinable(carriers: Iterable[LoadedCarrier], wire: WireContext) -> dict[str, Attributes]:
    """The contacts without the groups that are not there to be joined."""
    known: dict[str, Attributes] = {}
    for carrier in carriers:
        for key, attributes in carrier.members.items():
            names = CONTACTS.group_names(attributes)
            there = [name for name in names if name in wire.group_ids]
            known[key] = attributes if len(there) == len(names) else {**attributes, "groups": list(there)}
    return known


def _merge_copies(deltas: Sequence[Delta]) -> list[Delta]:
    """One word per carrier: what several contacts say of the same old carrier is put together."""
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
