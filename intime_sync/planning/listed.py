"""Plans a kind that the service can list: matches desired, ledger and account, then decides for each object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from intime_sync.kinds.base import ListedKind
from intime_sync.model.change import Adopt, Change, Create, Delete, Forget, Manual, Replace, Update
from intime_sync.model.ledger import Entry
from intime_sync.model.policy import Prune
from intime_sync.model.problem import Problem, Severity
from intime_sync.model.resource import Address, Attributes, Resource
from intime_sync.planning.awaiting import is_awaited, never_listed, why_waiting
from intime_sync.planning.context import Clock
from intime_sync.planning.diff import field_changes
from intime_sync.planning.index import is_active
from intime_sync.planning.matching import Index, KindPlan, match
from intime_sync.planning.ownership import is_protected, reason_to_adopt
from intime_sync.planning.pruning import twins, undesired, unowned


def plan_listed(
    kind: ListedKind,
    desired: Sequence[Resource[Any]],
    actual: Sequence[Resource[Any]],
    entries: Mapping[str, Entry],
    prune: Prune,
    clock: Clock,
    replacements: frozenset[str] = frozenset(),
) -> KindPlan:
    """The kind's changes in the order of keys, and its problems; errors among these forbid a plan.

    `replacements` are keys of objects that must be made again.
    """
    plan = KindPlan()
    index = Index(kind, actual)
    ordered = sorted(desired, key=lambda resource: resource.key)
    match(kind, ordered, entries, index, clock, plan)
    differ = _Differ(kind, entries, clock, plan, replacements)
    for resource in ordered:
        differ.decide(resource, plan.matched.get(resource.key))
    wanted = {resource.key for resource in ordered}
    plan.changes += undesired(kind, entries, wanted, index, prune, clock, plan)
    plan.changes += twins(kind, ordered, entries, index, clock, plan)
    if prune is Prune.ALL:
        plan.changes += unowned(kind, entries, index, clock)
    plan.changes.sort(key=lambda change: change.address.key)
    return plan


class _Differ:
    """Decides for each desired object, and adds changes and problems to `plan`."""

    def __init__(
        self,
        kind: ListedKind,
        entries: Mapping[str, Entry],
        clock: Clock,
        plan: KindPlan,
        replacements: frozenset[str],
    ) -> None:
        self.replacements = replacements
        self.kind = kind
        self.entries = entries
        self.clock = clock
        self.plan = plan

    def decide(self, wanted: Resource[Any], found: Resource[Any] | None) -> None:
        """Add the change that makes `found` (None: nothing in the account) as wanted."""
        entry = self.entries.get(wanted.key)
        after = self.kind.attributes(wanted.value)
        if found is None and entry is not None and is_awaited(entry, self.clock.now) and not self._is_past(after):
            self.plan.changes.append(self._awaited(wanted, entry, after))
            return
        before = None if found is None else self.kind.attributes(found.value)
        past = self._is_past(after) and (before is None or self._is_past(before) or not wanted.lifecycle.absent)
        if wanted.lifecycle.absent:
            change = self._absent(wanted, found, before, entry, past)
            if change is not None:
                self.plan.changes.append(change)
            return
        decide = self._past if past else self._present
        self.plan.add(decide(wanted, found, before, entry))

    def _is_past(self, attributes: Attributes) -> bool:
        return self.kind.is_past(attributes, self.clock.now, self.clock.zone)

    def _address(self, wanted: Resource[Any]) -> Address:
        return Address(self.kind.name, wanted.key)

    def _common(self, wanted: Resource[Any], entry: Entry | None) -> dict[str, Any]:
        """The arguments that all changes of a wanted object have in common."""
        return {
            "address": self._address(wanted),
            "origin": wanted.origin,
            "protected": is_protected(wanted.lifecycle, entry),
            "options": wanted.lifecycle.options,
        }

    def _awaited(self, wanted: Resource[Any], entry: Entry, after: Attributes) -> Manual:
        """The change of an object that was made and may be listed soon: nothing is done until then."""
        absent = wanted.lifecycle.absent
        return Manual(
            remote_id=entry.remote_id,
            before=entry.attributes,
            after=None if absent else after,
            fields=() if absent else field_changes(entry.attributes, after),
            reason=why_waiting(self._address(wanted), entry, self.clock, wanted=not absent),
            **self._common(wanted, entry),
        )

    def _absent(
        self,
        wanted: Resource[Any],
        found: Resource[Any] | None,
        before: Attributes | None,
        entry: Entry | None,
        past: bool,
    ) -> Change | None:
        if found is not None and before is not None and not past and not self.kind.inert(before):
            return Delete(
                address=self._address(wanted),
                remote_id=found.remote_id,
                before=before,
                owned=entry is not None,
                reason="ensure: absent",
                origin=wanted.origin,
                protected=is_protected(wanted.lifecycle, entry),
                options=_options_of_removal(wanted, entry),
            )
        if entry is not None:
            self._note_never_listed(wanted, found, entry)
            return Forget(
                address=self._address(wanted),
                remote_id=entry.remote_id,
                before=entry.attributes,
                reason="already gone from the account",
                origin=wanted.origin,
            )
        return None

    def _past(
        self, wanted: Resource[Any], found: Resource[Any] | None, before: Attributes | None, entry: Entry | None
    ) -> Change | None:
        """The change of an object whose wanted time has passed: none, unless the account's time is ahead.

        Adds a warning if the account does not have the object.
        """
        if found is not None and before is not None:
            if not is_active(self.kind, before, self.clock):
                return None
            after = self.kind.attributes(wanted.value)
            return Manual(
                address=self._address(wanted),
                remote_id=found.remote_id,
                before=before,
                after=after,
                fields=field_changes(before, after),
                reason="the time wanted has passed, but the one in the account lies ahead: "
                "correct the time, or remove the item to switch it off",
                origin=wanted.origin,
            )
        if entry is None and not self.kind.inert(self.kind.attributes(wanted.value)):
            message = (
                f"`{self.kind.name}/{wanted.key}` is not in the account and its time has passed: it is not created"
            )
            self.plan.problems.append(Problem("time-passed", message, wanted.origin, Severity.WARNING))
        return None

    def _note_never_listed(self, wanted: Resource[Any], found: Resource[Any] | None, entry: Entry | None) -> None:
        if found is None and entry is not None and entry.awaited is not None:
            problem = never_listed(
                self._address(wanted), entry, self.clock, wanted.origin, wanted=not wanted.lifecycle.absent
            )
            self.plan.problems.append(problem)

    def _present(
        self, wanted: Resource[Any], found: Resource[Any] | None, before: Attributes | None, entry: Entry | None
    ) -> Change | None:
        after, common = self.kind.attributes(wanted.value), self._common(wanted, entry)
        if found is None or before is None:
            self._note_never_listed(wanted, found, entry)
            if self.kind.inert(after):
                return None
            return Create(after=after, reason="no longer in the account" if entry else None, **common)
        if self.kind.inert(after) and self.kind.inert(before):
            return None
        if wanted.key in self.replacements:
            return Replace(
                remote_id=found.remote_id,
                before=before,
                after=after,
                fields=field_changes(before, after),
                reason="asked for with --replace",
                **common,
            )
        if before == after:
            reason = reason_to_adopt(entry, wanted.lifecycle, found.remote_id, after)
            return Adopt(remote_id=found.remote_id, after=after, reason=reason, **common) if reason else None
        if found.remote_id is None:
            raise AssertionError(f"{self._address(wanted)} differs but has no id")
        return Update(
            remote_id=found.remote_id,
            before=before,
            after=after,
            fields=field_changes(before, after),
            reason=None if entry else "already in the account",
            **common,
        )


def _options_of_removal(wanted: Resource[Any], entry: Entry | None) -> Attributes | None:
    """The options of a removal: those of the item, else those in the ledger."""
    if wanted.lifecycle.options is not None:
        return wanted.lifecycle.options
    return entry.options if entry is not None else None
