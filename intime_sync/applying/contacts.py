"""Applying changes of contacts: new carriers are filled first, old ones go when every contact lives in a new one.

Only what the service confirmed whole counts. A request that was refused, or whose outcome is unknown, is undone by
removing its carriers with their contacts; then it is tried again, in halves where an item is at fault.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from intime_sync.applying.carrier_groups import make_carrier_groups, remove_carrier_groups
from intime_sync.applying.packs import LoadedCarrier, pack
from intime_sync.applying.retiring import retire_carriers
from intime_sync.applying.run import TRIES, Run
from intime_sync.errors import ServiceError
from intime_sync.kinds.base import WireContext
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.change import Change, Create, Delete, Replace
from intime_sync.model.ledger import Carrier, Delta, Entry, PutCarrier, PutEntry
from intime_sync.model.policy import ContactStrategy
from intime_sync.model.report import Status
from intime_sync.model.resource import Attributes, RemoteId
from intime_sync.planning.carriers import CarrierBuild, CarrierPlan, plan_carriers, plan_loose_carriers
from intime_sync.remote.client import Outcome, Unknown
from intime_sync.remote.transport import NotSent
from intime_sync.wire.reply import Ids, Refused
from intime_sync.wire.requests import Request

NO_GROUP = RemoteId(0)
"""Stands in a carrier for a group that was not there to be joined, so that the next plan sees it."""


def apply_contacts(run: Run, changes: Sequence[Change]) -> None:
    """Make the contacts' changes come true and say of each how it ended."""
    ready = [change for change in changes if _has_its_groups(run, change)]
    for _ in range(TRIES):
        _Loader(run, ready).load_all()
        again = retire_carriers(run, ready)
        if not again:
            break
        # The service merged some of the new contacts into old ones that had to go: those are made once more.
        ready += again
    for change in ready:
        _conclude(run, change)


def _has_its_groups(run: Run, change: Change) -> bool:
    if not isinstance(change, Create | Replace):
        return isinstance(change, Delete)
    ids = run.group_ids()
    missing = [name for name in CONTACTS.group_names(change.after) if name not in ids]
    if missing:
        run.finish(change, Status.FAILED, f"the group `{missing[0]}` is not in the account")
    return not missing


def _conclude(run: Run, change: Change) -> None:
    """What the ledger shows by now is what happened."""
    if run.is_finished(change):
        return
    entry = run.session.ledger.of(CONTACTS.name).get(change.address.key)
    if isinstance(change, Delete):
        if entry is None:
            run.finish(change, Status.DONE)
        else:
            run.finish(change, Status.FAILED, "its carrier could not be removed; apply again")
    elif isinstance(change, Create | Replace):
        if entry is None or entry.attributes != change.after:
            run.finish(change, Status.FAILED, "it could not be added; apply again")
        elif any(change.address.key in carrier.copies for carrier in run.session.ledger.carriers.values()):
            run.finish(change, Status.FAILED, "it was added, but an earlier copy could not be removed; apply again")
        else:
            run.finish(change, Status.DONE, id=entry.remote_id)


class _Loader:
    """Fills the carriers of one round."""

    def __init__(self, run: Run, changes: Sequence[Change]) -> None:
        self.run = run
        self.changes = {change.address.key: change for change in changes}
        self.append = run.policy.contact_strategy is ContactStrategy.APPEND
        self.size = run.policy.batch_size

    def load_all(self) -> None:
        """Purge what nobody knows, make the new carriers, fill them."""
        plan = self._plan()
        if plan.purge and remove_carrier_groups(self.run, dict.fromkeys(plan.purge, True)):
            raise ServiceError(
                "carriers that are not known as complete cannot be removed, so contacts could end up twice",
                hint="remove the groups whose names start with ~ and this owner in the service, with their contacts",
            )
        if not plan.build:
            return
        by_name = {build.name: build for build in plan.build}
        ids, why = make_carrier_groups(self.run, list(by_name))
        for name in by_name.keys() - ids.keys():
            self._fail(by_name.pop(name).members, f"its carrier could not be made: {why}")
        troubled: list[tuple[list[LoadedCarrier], Outcome]] = []
        packs = pack(by_name.values(), self.size)
        loaded = ([LoadedCarrier(ids[build.name], build.name, build.members) for build in builds] for builds in packs)
        for carriers, outcome in self._send_all(loaded):
            if not isinstance(outcome, Ids):
                troubled.append((carriers, outcome))
        for carriers, outcome in troubled:
            self._repair(carriers, outcome, tries=1)

    def _plan(self) -> CarrierPlan:
        run, ledger = self.run, self.run.session.ledger
        open_changes = [change for change in self.changes.values() if not run.is_finished(change)]
        size = min(run.policy.carrier_size, self.size)
        if self.append:
            added = [change for change in open_changes if change.address.key not in ledger.of(CONTACTS.name)]
            purge = tuple(sorted(run.carriers().keys() - ledger.carriers.keys()))
            return CarrierPlan(plan_loose_carriers(run.owner, ledger, added, self.size), (), purge)
        return plan_carriers(run.owner, ledger, open_changes, run.carriers(), size)

    def _send_all(self, packs: Iterable[list[LoadedCarrier]]) -> Iterator[tuple[list[LoadedCarrier], Outcome]]:
        """Send packs, several at a time: carriers do not depend on each other. One thread writes the ledger."""
        run = self.run
        wire = run.wire()
        with ThreadPoolExecutor(max_workers=run.parallelism) as pool:
            flying: deque[tuple[list[LoadedCarrier], int, Future[Outcome]]] = deque()
            for carriers in packs:
                if run.stop() is not None:
                    break
                intent = self._intend(carriers)
                flying.append((carriers, intent, pool.submit(run.send, self._request(carriers, wire))))
                if len(flying) >= run.parallelism:
                    yield self._land(*flying.popleft(), wire)
            while flying:
                yield self._land(*flying.popleft(), wire)
        run.check_stop()

    def _land(
        self, carriers: list[LoadedCarrier], intent: int, future: Future[Outcome], wire: WireContext
    ) -> tuple[list[LoadedCarrier], Outcome]:
        outcome = future.result()
        self._settle(carriers, intent, outcome, wire)
        return carriers, outcome

    def _send(self, carriers: list[LoadedCarrier]) -> Outcome:
        """Send one pack and settle it."""
        self.run.check_stop()
        wire = self.run.wire()
        intent = self._intend(carriers)
        outcome = self.run.send(self._request(carriers, wire))
        self._settle(carriers, intent, outcome, wire)
        return outcome

    def _intend(self, carriers: Sequence[LoadedCarrier]) -> int:
        keys = [key for carrier in carriers for key in carrier.members]
        return self.run.session.intend("add", CONTACTS.name, keys, {"carriers": [carrier.id for carrier in carriers]})

    def _request(self, carriers: Sequence[LoadedCarrier], wire: WireContext) -> Request:
        known = _joinable(carriers, wire)
        contacts = [(known[key], carrier.id) for carrier in carriers for key in carrier.members]
        return CONTACTS.add_request(contacts, wire)

    def _settle(self, carriers: Sequence[LoadedCarrier], intent: int, outcome: Outcome, wire: WireContext) -> None:
        """A confirmed pack is written down whole; any other stays unknown to the ledger, and so will be undone."""
        deltas: list[Delta] = []
        if isinstance(outcome, Ids):
            ids = iter(outcome.ids)
            for carrier in carriers:
                deltas += self._complete(carrier, {key: RemoteId(next(ids)) for key in carrier.members}, wire)
        self.run.session.settle(intent, _merge_copies(deltas))

    def _complete(self, carrier: LoadedCarrier, ids: Mapping[str, RemoteId], wire: WireContext) -> list[Delta]:
        """What the ledger learns: the carrier, its contacts, and whose earlier copies wait where."""
        ledger = self.run.session.ledger
        names = {name for key in ids for name in CONTACTS.group_names(carrier.members[key])}
        groups = {name: wire.group_ids.get(name, NO_GROUP) for name in sorted(names)}
        deltas: list[Delta] = [PutCarrier(carrier.id, Carrier(carrier.name, groups, loose=self.append))]
        for key, id in ids.items():
            old = ledger.of(CONTACTS.name).get(key)
            if old is not None and old.carrier is not None and old.carrier in ledger.carriers:
                before = ledger.carriers[old.carrier]
                copies = {**before.copies, key: old.remote_id}
                deltas.append(PutCarrier(old.carrier, replace(before, copies=copies)))
            protect = self._protect(key, old)
            entry = Entry(carrier.members[key], id, protect, carrier=None if self.append else carrier.id)
            deltas.append(PutEntry(CONTACTS.name, key, entry))
        return deltas

    def _protect(self, key: str, old: Entry | None) -> bool:
        change = self.changes.get(key)
        return change.protected if change is not None else old is not None and old.protect

    def _repair(self, carriers: list[LoadedCarrier], outcome: Outcome, tries: int) -> None:
        """Undo a pack that was not confirmed whole; try again what may still succeed."""
        left = remove_carrier_groups(self.run, {carrier.id: True for carrier in carriers})
        builds = [CarrierBuild(carrier.name, carrier.members) for carrier in carriers]
        if left:
            self._fail_all(builds, "it could not be undone after it failed; apply again")
            return
        match outcome:
            case NotSent(why):
                self._fail_all(builds, f"the service could not be reached: {why}")
            case Unknown(why):
                if tries >= TRIES:
                    self._fail_all(builds, f"the service does not confirm it: {why}")
                else:
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
        self._fail_all([build for build in builds if build.name not in ids], f"its carrier could not be made: {why}")
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
            attempts = [attributes, change.before] if isinstance(change, Replace) else [attributes]
            for attempt in attempts:
                single = [LoadedCarrier(carrier.id, carrier.name, {key: attempt})]
                outcome = run.send(self._request(single, wire))
                if isinstance(outcome, Ids):
                    accepted[key], members[key] = RemoteId(outcome.ids[0]), attempt
                    break
                if not isinstance(outcome, Refused):
                    run.session.settle(intent, [])
                    self._repair(carriers, outcome, tries)
                    return
                self._refused(key, outcome)
        whole = LoadedCarrier(carrier.id, carrier.name, members)
        run.session.settle(intent, _merge_copies(self._complete(whole, accepted, wire)))

    def _refused(self, key: str, outcome: Refused) -> None:
        change = self.changes.get(key)
        if change is not None:
            self.run.finish(change, Status.FAILED, f"the service refuses it: {outcome}")
        else:
            self.run.notes.append(f"contact/{key}: the service refuses what it accepted before: {outcome}")

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
