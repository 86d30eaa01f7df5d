"""Making new carriers and adding contacts to them. Only fully confirmed requests count.

A request that was refused, or whose outcome is unknown, is undone by removing its carriers with their contacts. Then
it is tried again; after a refusal in halves, until the contact at fault is alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from intime_sync.applying.adding import intend_add
from intime_sync.applying.carrier_groups import make_carrier_groups, remove_carrier_groups
from intime_sync.applying.holding import (
    add_alone,
    carrier_holding,
    find_neighbours,
    keep_old_carrier,
    mark_refused,
    unsure_neighbours,
)
from intime_sync.applying.packs import LoadedCarrier, pack
from intime_sync.applying.retiring import create_again
from intime_sync.applying.run import TRIES, Run
from intime_sync.applying.sending import Merged, PackOutcome, Sender
from intime_sync.bulk.ledger_table import LedgerTable
from intime_sync.errors import ServiceError
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.change import Change, Replace
from intime_sync.model.ledger import NOWHERE, DropCarrier, PutEntry
from intime_sync.model.report import Status
from intime_sync.model.resource import Attributes, RemoteId
from intime_sync.planning.carriers import CarrierBuild, current_carriers, plan_carriers, present_carriers
from intime_sync.service.client import Unknown
from intime_sync.service.reply import Ids, Refused
from intime_sync.service.transport import NotSent


class Filler:
    """Fills the carriers of one round."""

    def __init__(self, run: Run, changes: Sequence[Change]) -> None:
        self.run = run
        # Includes changes that failed in an earlier round: the contact is then made again as it was before.
        self.changes: dict[str, Change] = {change.address.key: change for change in changes}
        self.sender = Sender(run, self.changes)
        # Whether a contact was newly found to be refused: its old carrier then stays, and the rest is planned again.
        self.must_replan = False

    def purge(self) -> None:
        """Remove carriers that are not complete, with their contacts. Raises ServiceError if one cannot be removed.

        Before, contacts and carriers that are no longer in the account are recorded as such.
        """
        run, ledger = self.run, self.run.session.ledger
        # A new group may get the id of a removed carrier, and must not be taken for that carrier.
        dead = ledger.carriers.keys() - present_carriers(ledger, run.carriers())
        run.session.record([DropCarrier(id) for id in sorted(dead)])
        # Nor may the removed carrier's contacts be taken for those of the new group.
        entries = LedgerTable.of(ledger.of(CONTACTS.name))
        lost = entries.without_carrier_in(ledger.carriers.keys())
        run.session.record([PutEntry(CONTACTS.name, key, replace(entries[key], carrier=NOWHERE)) for key in lost])
        current = current_carriers(ledger, run.carriers())
        purge = sorted(id for id in run.carriers() if id not in current and id in run.purgeable)
        if purge and remove_carrier_groups(run, dict.fromkeys(purge, True)):
            raise ServiceError(
                "carriers that are not known as complete cannot be removed, so contacts could end up twice",
                hint="remove the groups whose names start with ~ and this owner in the service, with their contacts",
            )

    def fill(self) -> None:
        """Remove carriers that are not complete, make the new carriers and fill them."""
        self.purge()
        while not self._fill_planned():
            pass

    def _fill_planned(self) -> bool:
        """Make and fill the planned carriers. Returns False if a contact was refused that was not refused before.

        Its old carrier then has to stay, and the rest is planned again without the contacts in that carrier.
        """
        run, ledger = self.run, self.run.session.ledger
        self.must_replan = False
        if not self._find_neighbours():
            return False
        if not ledger.lineage:
            run.session.begin()  # creates the lineage, which is part of the names of carriers
        size = min(run.policy.carrier_size, run.policy.batch_size)
        plan = plan_carriers(
            run.owner, ledger, self._wanted(), run.carriers(), size, run.kept.keys(), run.refused.keys()
        )
        if not plan.build:
            return True
        self.sender.note_earlier(plan.build)
        entries = ledger.of(CONTACTS.name)
        alone = [
            build for build in plan.build if all(key in entries and entries[key].refused for key in build.members)
        ]
        unconfirmed = self._send_alone(alone)
        if self.must_replan:
            return False
        by_name = {build.name: build for build in plan.build if build not in alone}
        ids, why = make_carrier_groups(run, list(by_name)) if by_name else ({}, None)
        missing = [by_name.pop(name) for name in by_name.keys() - ids.keys()]
        self._fail_all(missing, f"no carrier could be made: {why}")
        loaded = (
            [LoadedCarrier(ids[build.name], build.name, build.members) for build in builds]
            for builds in pack(by_name.values(), run.policy.batch_size)
        )
        unconfirmed += self.sender.send_all(loaded)
        # Merged packs are repaired last: an old carrier is removed only when all contacts in it have been accepted.
        for carriers, outcome in sorted(unconfirmed, key=lambda found: _repair_rank(found[1])):
            self._repair(carriers, outcome, tries=1)
        return not self.must_replan

    def _wanted(self) -> list[Change]:
        """The changes, and creates for contacts that an undone request may have removed."""
        ledger = self.run.session.ledger
        entries, there = ledger.of(CONTACTS.name), current_carriers(ledger, self.run.carriers())
        again = [
            create_again(ledger, key)
            for key in sorted(self.sender.marked_lost - self.changes.keys())
            if key in entries and entries[key].carrier not in there
        ]
        return [*self.changes.values(), *again]

    def _find_neighbours(self) -> bool:
        """Find out whether neighbours of refused contacts are still there. False if more contacts were refused."""
        run = self.run
        unsure = unsure_neighbours(run)
        if not unsure:
            return True
        found = find_neighbours(run, unsure)
        if found is None:
            self._give_up([*unsure], "whether its old copy is there could not be found out; apply again")
            return True
        self.sender.marked_lost |= found.movable
        for key, outcome in found.refused.items():
            self._report_refused(key, outcome)
            mark_refused(run, key, run.refused[key])
        return not found.refused

    def _send_alone(self, builds: Sequence[CarrierBuild]) -> list[tuple[list[LoadedCarrier], PackOutcome]]:
        """Try contacts that were refused before, each alone, before anything else in their old carriers is moved.

        Returns those that the service merged. The old carriers of those that it refuses again are kept.
        """
        merged: list[tuple[list[LoadedCarrier], PackOutcome]] = []
        for build in builds:
            (key,) = build.members
            carriers, outcome = self._send_single(build, key)
            match outcome:
                case Ids():
                    continue
                case Merged():
                    merged.append((carriers, outcome))
                    continue
                case Refused():
                    mark_refused(self.run, key, self.run.refused[key])
                case Unknown() | NotSent():
                    self._give_up([key], f"the service does not confirm it: {outcome.why}")
                    keep_old_carrier(self.run, key, self.run.refused[key])
            self._undo(carriers)
            self.must_replan = True
        if self.must_replan:
            for carriers, _ in merged:
                self._undo(carriers)
        return merged

    def _send_single(self, build: CarrierBuild, key: str) -> tuple[list[LoadedCarrier], PackOutcome]:
        """Send the only contact of a carrier as it is wanted; if that is refused, as it was before."""
        carriers = self._remake([build])
        outcome: PackOutcome = NotSent("no carrier could be made for it")
        for attributes in self._attributes_to_try(key, build.members[key]) if carriers else ():
            carriers = [replace(carrier, members={key: attributes}) for carrier in carriers]
            outcome = self.sender.send(carriers)
            if not isinstance(outcome, Refused):
                self._mark_accepted(key)
                break
            self._report_refused(key, outcome)
        return carriers, outcome

    def _attributes_to_try(self, key: str, wanted: Attributes) -> list[Attributes]:
        """The fields to add a contact with, in this order: as wanted, then as they were before."""
        change = self.changes.get(key)
        return [wanted, change.before] if isinstance(change, Replace) and change.before != wanted else [wanted]

    def _repair(self, carriers: list[LoadedCarrier], outcome: PackOutcome, tries: int) -> None:
        """Undo a pack that was not fully confirmed, and try again what may still succeed."""
        if self.must_replan:
            self._undo(carriers)
            return
        builds = [CarrierBuild(carrier.name, carrier.members) for carrier in carriers]
        to_remove = {carrier.id for carrier in carriers} | (outcome.old if isinstance(outcome, Merged) else set())
        if not self._undo(carriers, to_remove):
            return
        match outcome:
            case Merged(old):
                self.sender.forget_earlier(old)
                self._reload(builds, tries)
            case NotSent():
                self._fail_all(builds, str(outcome))
            case Unknown(why):
                if tries >= TRIES:
                    self._fail_all(builds, f"the service does not confirm it: {why}")
                else:
                    self.run.pause(tries - 1)
                    self._reload(builds, tries + 1)
            case Refused():
                together = self._group_by_old_carrier(builds)
                if len(together) > 1:
                    middle = len(together) // 2
                    self._reload([build for group in together[:middle] for build in group], tries)
                    self._reload([build for group in together[middle:] for build in group], tries)
                else:
                    self._isolate(builds, tries)
            case Ids():
                raise AssertionError("a confirmed pack needs no repair")

    def _reload(self, builds: list[CarrierBuild], tries: int) -> None:
        """Make the carriers again and add their contacts in one request."""
        carriers = [] if self.must_replan else self._remake(builds)
        if not carriers:
            return
        outcome = self.sender.send(carriers)
        if not isinstance(outcome, Ids):
            self._repair(carriers, outcome, tries)

    def _remake(self, builds: list[CarrierBuild]) -> list[LoadedCarrier]:
        """Make the carriers again, empty; contacts of those that cannot be made are reported as failed."""
        ids, why = make_carrier_groups(self.run, [build.name for build in builds])
        self._fail_all([build for build in builds if build.name not in ids], f"no carrier could be made: {why}")
        return [LoadedCarrier(ids[build.name], build.name, build.members) for build in builds if build.name in ids]

    def _isolate(self, builds: list[CarrierBuild], tries: int) -> None:
        """Add contacts one by one to find those that the service refuses; the others stay.

        If a refused contact has an old copy, its carrier must stay, so nothing in that carrier may be moved.
        """
        carriers, run = self._remake(builds), self.run
        if not carriers:
            return
        wire = run.wire_context()
        accepted: dict[str, RemoteId] = {}
        whole: list[LoadedCarrier] = []
        refused: dict[str, Refused] = {}
        intent = intend_add(run, carriers)
        for carrier in carriers:
            members: dict[str, Attributes] = {}
            for key, wanted in carrier.members.items():
                for attributes in self._attributes_to_try(key, wanted):
                    outcome = add_alone(run, carrier, key, attributes, wire)
                    if isinstance(outcome, Ids):
                        accepted[key], members[key] = outcome.ids[0], attributes
                        refused.pop(key, None)
                        self._mark_accepted(key)
                        break
                    if not isinstance(outcome, Refused):
                        self.sender.record_outcome(carriers, intent, outcome, wire)
                        self._repair(carriers, outcome, tries)
                        return
                    self._report_refused(key, outcome)
                    refused[key] = outcome
            whole.append(LoadedCarrier(carrier.id, carrier.name, members))
        if any(carrier_holding(run, key) is not None for key in refused):
            self.must_replan = True
            run.session.settle(intent, self.sender.lost_deltas(carriers))
            for key in refused:
                mark_refused(run, key, run.refused[key])
            self._undo(carriers)
            return
        settled = self.sender.record_outcome(whole, intent, Ids(tuple(accepted.values())), wire)
        if isinstance(settled, Merged):
            self._repair(whole, settled, tries)

    def _group_by_old_carrier(self, builds: Iterable[CarrierBuild]) -> list[list[CarrierBuild]]:
        """The builds, grouped so that those with old copies in a common carrier are together."""
        found: list[tuple[list[CarrierBuild], set[RemoteId]]] = []
        for build in builds:
            homes = {home for key in build.members if (home := carrier_holding(self.run, key)) is not None}
            group = [build]
            for other in [known for known in found if known[1] & homes]:
                found.remove(other)
                group = [*other[0], *group]
                homes |= other[1]
            found.append((group, homes))
        return [group for group, _ in found]

    def _report_refused(self, key: str, outcome: Refused) -> None:
        """Report that a contact is refused; it is not tried again in this run unless with other fields."""
        why = f"the service refuses it: {outcome}"
        is_first = key not in self.run.refused
        self.run.refused[key] = why
        change = self.changes.get(key)
        if change is not None:
            self.run.finish(change, Status.FAILED, why)
        elif is_first:
            self.run.shortfalls.append(f"contact/{key}: the service refuses what it accepted before: {outcome}")

    def _mark_accepted(self, key: str) -> None:
        """Note that a contact was accepted; if only with its earlier fields, those replace the change from now on."""
        if self.run.refused.pop(key, None) is not None:
            self.changes[key] = create_again(self.run.session.ledger, key)

    def _undo(self, carriers: Sequence[LoadedCarrier], to_remove: Collection[RemoteId] = ()) -> bool:
        """Remove carriers, or all of `to_remove`, with their contacts. Returns whether that succeeded."""
        ids = to_remove or [carrier.id for carrier in carriers]
        if not remove_carrier_groups(self.run, dict.fromkeys(sorted(ids), True)):
            return True
        keys = [key for carrier in carriers for key in carrier.members]
        self._give_up(keys, "it could not be undone after it failed; apply again")
        return False

    def _give_up(self, keys: Sequence[str], why: str) -> None:
        """Report contacts as failed and do not try them again in this run."""
        for key in keys:
            self.run.refused.setdefault(key, why)
        self._fail(keys, why)

    def _fail_all(self, builds: Iterable[CarrierBuild], why: str) -> None:
        for build in builds:
            self._fail(build.members, why)

    def _fail(self, keys: Iterable[str], why: str) -> None:
        for key in keys:
            change = self.changes.get(key)
            if change is not None:
                self.run.finish(change, Status.FAILED, why)


def _repair_rank(outcome: PackOutcome) -> int:
    """The rank of a pack in the order of repairs: refused first, merged last."""
    return 0 if isinstance(outcome, Refused) else 2 if isinstance(outcome, Merged) else 1
