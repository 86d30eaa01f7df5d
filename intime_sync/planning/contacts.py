"""Plans contacts by the ledger and the carriers in the account, since the service cannot list contacts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from intime_sync.bulk.ledger_table import LedgerTable
from intime_sync.bulk.tables import DesiredTable
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.change import Create, Delete, Forget, Manual, Replace
from intime_sync.model.ledger import Entry, Ledger
from intime_sync.model.policy import ContactStrategy, Policy
from intime_sync.model.problem import Origin, Problem, Severity
from intime_sync.model.resource import Address, Attributes, RemoteId, Resource
from intime_sync.planning.carriers import current_carriers, has_name_of, owner_of, present_carriers
from intime_sync.planning.diff import field_changes
from intime_sync.planning.matching import KindPlan
from intime_sync.planning.ownership import is_protected, protection_change, removes_owned

CONTACT = CONTACTS.name

_UNKNOWN = "it may or may not have been added: look in the service, then settle it with `ledger resolve`"
_GONE = "its carrier is gone from the account"
_LEAVING = "removing its carrier was begun and not finished"
_REFUSED = "the service refused to move it to a new carrier, so it is tried alone"

_Person: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class AccountGroups:
    """The account's groups, as far as contacts depend on them.

    `ids` are those of the user groups by name; `remade` are the names of groups that this plan makes (again), so that
    they have no members. `carriers` are the names of this owner's carriers by id; some may have an earlier name of
    `owner`.
    """

    ids: Mapping[str, RemoteId]
    remade: frozenset[str]
    carriers: Mapping[RemoteId, str]
    owner: str


def plan_contacts(
    desired: Sequence[Resource[Any]],
    ledger: Ledger,
    groups: AccountGroups,
    policy: Policy,
    replacements: frozenset[str] = frozenset(),
) -> KindPlan:
    """The contacts' changes, in the order of keys; `replacements` are keys of contacts to make again."""
    plan = KindPlan()
    contacts = DesiredTable.of(desired)
    differ = _ContactDiffer(ledger, groups, policy, plan, replacements)
    unsettled = differ.unsettled(contacts)
    differ.undesired_keys = differ.entries.undesired(contacts, unsettled)
    differ.absent_keys = contacts.absent_keys()
    plan.unchanged = len(contacts) - len(unsettled)
    for position in unsettled:
        resource = contacts[position]
        if resource.lifecycle.absent:
            differ.absent(resource)
        else:
            differ.present(resource)
    for key in differ.undesired_keys:
        differ.undesired(key, differ.entries[key])
    plan.changes.sort(key=lambda change: change.address.key)
    return plan


class _ContactDiffer:
    """Decides for each contact, and adds changes and problems to `plan`.

    `lost_groups` are, by carrier, the groups that its contacts are no longer in. `misnamed` are former owners by
    carrier, `leaving` are carriers whose removal was begun, `copied` are keys of contacts with earlier copies.
    """

    def __init__(
        self, ledger: Ledger, groups: AccountGroups, policy: Policy, plan: KindPlan, replacements: frozenset[str]
    ) -> None:
        self.entries = LedgerTable.of(ledger.of(CONTACT))
        self.replacements = replacements
        self.plan = plan
        self.groups = groups
        self.append = policy.contact_strategy is ContactStrategy.APPEND
        self.prunes = removes_owned(policy.prune_of(CONTACT))
        current = current_carriers(ledger, groups.carriers)
        self.copied = {key for id in current for key in ledger.carriers[id].copies}
        self.lost_groups = {id: self._lost_groups_of(ledger, id) for id in current}
        # With `append`, contacts are not moved to other carriers.
        self.misnamed = {
            id: owner_of(ledger.carriers[id].name)
            for id in current
            if not self.append and not has_name_of(ledger.carriers[id].name, groups.owner)
        }
        self.leaving = present_carriers(ledger, groups.carriers) - current
        self._shared: frozenset[RemoteId] | None = None
        self.undesired_keys: Sequence[str] = ()
        self.absent_keys: Collection[str] = ()
        self._staying: Mapping[_Person, str] | None = None

    def unsettled(self, desired: DesiredTable) -> Sequence[int]:
        """The positions of contacts that need a decision; the others, which are nearly all, are unchanged."""
        sound = {id for id, lost in self.lost_groups.items() if not lost and id not in self.misnamed}
        special = {*desired.lifecycles, *desired.positions(self.replacements)}
        return sorted(special.union(self.entries.differing(desired, sound)))

    def _lost_groups_of(self, ledger: Ledger, id: RemoteId) -> frozenset[str]:
        """The names of groups that a carrier's contacts were put in and are no longer in."""
        then = ledger.carriers[id].groups
        return frozenset(
            name
            for name, group_id in then.items()
            if name in self.groups.remade or self.groups.ids.get(name) != group_id
        )

    def present(self, resource: Resource[Any]) -> None:
        """Plan a contact of the configuration: create, replace, adopt, or leave it to a person."""
        entry = self.entries.get(resource.key)
        after = CONTACTS.attributes(resource.value)
        if entry is None:
            self._new(resource, after)
            return
        if entry.unknown:
            self._manual(resource.key, entry, after, _UNKNOWN, resource.origin)
            return
        reason = self._reason(entry, after)
        if reason is None and resource.key in self.replacements:
            reason = "asked for with --replace"
        if entry.attributes == after and reason is None:
            self.plan.add(protection_change(CONTACT, resource, entry, after))
        elif reason in (_GONE, _LEAVING):
            self._create(resource, after, reason)
        else:
            self._replace(resource, entry, after, reason)

    def _reason(self, entry: Entry, after: Attributes) -> str | None:
        """Why a contact must be made again even if the ledger has it as wanted; None if it need not."""
        if entry.carrier is None:
            return self._remade(self.groups.remade.intersection(CONTACTS.group_names(entry.attributes)), after)
        lost = self.lost_groups.get(entry.carrier)
        if lost is None:
            return _LEAVING if entry.carrier in self.leaving else _GONE
        if (reason := self._remade(lost, after)) is not None:
            return reason
        if entry.refused and not self.append and entry.carrier in self._shared_carriers():
            return _REFUSED
        return self._misnamed(entry)

    def _remade(self, lost: Collection[str], after: Attributes) -> str | None:
        """The reason if a contact is wanted in one of the groups that were `lost`; None if it is not."""
        name = next((name for name in CONTACTS.group_names(after) if name in lost), None)
        return None if name is None else f"the group {name} was made again"

    def _misnamed(self, entry: Entry) -> str | None:
        """The reason if a contact's carrier has the name of a former owner; None if it has not."""
        former = None if entry.carrier is None else self.misnamed.get(entry.carrier)
        return None if former is None else f"its carrier has the name of the former owner {former}"

    def _shared_carriers(self) -> frozenset[RemoteId]:
        """The carriers that hold more than one contact."""
        if self._shared is None:
            counts = Counter(entry.carrier for entry in self.entries.values() if entry.carrier is not None)
            self._shared = frozenset(id for id, count in counts.items() if count > 1)
        return self._shared

    def _manual(
        self, key: str, entry: Entry | None, after: Attributes | None, reason: str, origin: Origin | None
    ) -> None:
        self.plan.changes.append(
            Manual(
                address=Address(CONTACT, key),
                remote_id=entry.remote_id if entry else None,
                before=entry.attributes if entry else None,
                after=after,
                reason=reason,
                origin=origin,
            )
        )

    def _new(self, resource: Resource[Any], after: Attributes) -> None:
        """Create a contact that the ledger does not know, unless the same person stays under another key."""
        other = self._staying_people().get(_person(after))
        if other is None:
            self._create(resource, after, None)
            return
        entry = self.entries[other]
        why = "may have been added" if entry.unknown else "stays in the account"
        step = "settle that with `ledger resolve`" if entry.unknown else "see that it goes"
        reason = (
            f"contact/{other} is the same person and {why}, so adding this one would make two: give it "
            f"the key {other} again, or {step} first"
        )
        self._manual(resource.key, None, after, reason, resource.origin)

    def _staying_people(self) -> Mapping[_Person, str]:
        """The keys, by person, of contacts that are not wanted under their key and that this plan does not remove."""
        if self._staying is None:
            staying: dict[_Person, str] = {}
            for key in (*self.undesired_keys, *self.absent_keys):
                entry = self.entries.get(key)
                if entry is None or self._is_gone(key, entry):
                    continue
                removable = self.prunes or key in self.absent_keys
                if self.append or entry.carrier is None or not removable:
                    person = _person(entry.attributes)
                    staying[person] = min(key, staying.get(person, key))
            self._staying = staying
        return self._staying

    def _create(self, resource: Resource[Any], after: Attributes, reason: str | None) -> None:
        self.plan.changes.append(
            Create(
                address=Address(CONTACT, resource.key),
                after=after,
                reason=reason,
                origin=resource.origin,
                protected=is_protected(resource.lifecycle, self.entries.get(resource.key)),
            )
        )

    def _replace(self, resource: Resource[Any], entry: Entry, after: Attributes, reason: str | None) -> None:
        address = Address(CONTACT, resource.key)
        fields = field_changes(entry.attributes, after)
        protected = is_protected(resource.lifecycle, entry)
        if self.append or entry.carrier is None:
            self.plan.changes.append(
                Manual(
                    address=address,
                    remote_id=entry.remote_id,
                    before=entry.attributes,
                    after=after,
                    fields=fields,
                    reason="; ".join(filter(None, (reason, self._by_hand(entry, "changes")))),
                    origin=resource.origin,
                    protected=protected,
                )
            )
            return
        self.plan.changes.append(
            Replace(
                address=address,
                remote_id=entry.remote_id,
                before=entry.attributes,
                after=after,
                fields=fields,
                reason=reason,
                origin=resource.origin,
                protected=protected,
                restores=not fields and resource.key not in self.replacements,
            )
        )

    def absent(self, resource: Resource[Any]) -> None:
        """Plan the removal of a contact; adds a warning if the ledger does not know it."""
        entry = self.entries.get(resource.key)
        if entry is not None:
            self._remove(resource.key, entry, resource, "ensure: absent")
            return
        message = (
            f"`contact/{resource.key}` is not in the ledger; the service cannot list contacts, "
            "so a copy that was added by hand can be neither seen nor removed"
        )
        self.plan.problems.append(Problem("unseen-contact", message, resource.origin, Severity.WARNING))

    def undesired(self, key: str, entry: Entry) -> None:
        """Plan a contact that the configuration no longer names: remove or keep it, as the policy says."""
        if self.prunes:
            self._remove(key, entry, None, None)
        elif (reason := self._misnamed(entry)) is not None and self._has_its_groups(entry):
            self.plan.changes.append(
                Replace(
                    address=Address(CONTACT, key),
                    remote_id=entry.remote_id,
                    before=entry.attributes,
                    after=entry.attributes,
                    fields=(),
                    reason=reason,
                    protected=entry.protect,
                    restores=True,
                )
            )

    def _has_its_groups(self, entry: Entry) -> bool:
        """Whether every group that a contact is in is in the account or made by this plan."""
        return self.groups.remade.union(self.groups.ids).issuperset(CONTACTS.group_names(entry.attributes))

    def _remove(self, key: str, entry: Entry, resource: Resource[Any] | None, reason: str | None) -> None:
        address = Address(CONTACT, key)
        origin = resource.origin if resource else None
        if self._is_gone(key, entry):
            self.plan.changes.append(
                Forget(
                    address=address, remote_id=entry.remote_id, before=entry.attributes, reason=_GONE, origin=origin
                )
            )
        elif self.append or entry.carrier is None:
            why = _UNKNOWN if entry.unknown else self._by_hand(entry, "removes")
            self._manual(key, entry, None, why, origin)
        else:
            self.plan.changes.append(
                Delete(
                    address=address,
                    remote_id=entry.remote_id,
                    before=entry.attributes,
                    reason=reason,
                    origin=origin,
                    protected=entry.protect if resource is None else is_protected(resource.lifecycle, entry),
                )
            )

    def _is_gone(self, key: str, entry: Entry) -> bool:
        """Whether no carrier in the account can hold a contact."""
        present = self.lost_groups.keys() | self.leaving
        return entry.carrier is not None and entry.carrier not in present and key not in self.copied

    def _by_hand(self, entry: Entry, verb: str) -> str:
        """What a person can do about a contact that this plan cannot change: remove it in the service.

        That is right for a change too: once the ledger has dropped the contact, the next apply adds it as wanted.
        """
        if self.append and entry.carrier is not None:
            return f"the strategy `append` never {verb} contacts; this one has a carrier, so `carrier` could"
        if self.append:
            why = f"the strategy `append` never {verb} contacts"
        else:
            why = f"it was added without a carrier, so the service offers no way to {verb.removesuffix('s')} it"
        then = "; the next apply adds it as it is wanted" if verb == "changes" else ""
        return f"{why}: remove it in the service, then drop it from the ledger with `ledger rm`{then}"


def _person(attributes: Attributes) -> _Person:
    """The values that two contacts of the same person share: names, number and address."""
    return tuple(attributes.get(name) or "" for name in ("firstname", "lastname", "mobile", "email"))
