"""Guards: pure functions, each of which checks a plan against one rule before anything is sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import assert_never

from intime_sync.kinds.base import AnyKind, CarriedKind, ListedKind, ScheduledKind
from intime_sync.kinds.registry import BY_NAME, KINDS, LISTED_BY_NAME
from intime_sync.model.change import (
    Adopt,
    Change,
    Create,
    Delete,
    Forget,
    Manual,
    Replace,
    Update,
    after_of,
    before_of,
)
from intime_sync.model.ledger import Ledger
from intime_sync.model.plan import Guard, GuardRule
from intime_sync.model.resource import Address, KindName, Snapshot
from intime_sync.planning.account_groups import groups_in
from intime_sync.planning.carriers import is_carrier, owner_of
from intime_sync.planning.context import Clock, PlanningContext
from intime_sync.planning.index import is_active


def judge(
    changes: Collection[Change], actual: Snapshot, ledger: Ledger, context: PlanningContext
) -> tuple[Guard, ...]:
    """The guards of all rules except `lost_ledger`, tripped or not, for `changes`."""
    by_kind: dict[KindName, list[Change]] = {}
    for change in changes:
        by_kind.setdefault(change.address.kind, []).append(change)
    guards: list[Guard] = []
    for kind in KINDS:
        guards += _max_delete(kind, by_kind.get(kind.name, []), ledger, context)
        guards += _protect(kind, by_kind.get(kind.name, []))
        guards += _foreign_carriers(kind, by_kind.get(kind.name, []))
    guards += _members_stay(by_kind, ledger)
    guards += _empty_account(actual, ledger, context.clock)
    guards += _clocks_differ(changes, context)
    return tuple(guards)


def _removes(change: Change) -> bool:
    """Whether a change deletes an object, or switches it off for good."""
    if isinstance(change, Update):
        kind = BY_NAME[change.address.kind]
        return isinstance(kind, ListedKind) and kind.inert(change.after) and not kind.inert(change.before)
    return isinstance(change, Delete)


def _count_active(kind: AnyKind, ledger: Ledger, clock: Clock) -> int:
    """The number of owned objects that still have an effect, without those whose time has passed."""
    entries = [entry.attributes for entry in ledger.of(kind.name).values()]
    match kind:
        case CarriedKind():
            return len(entries)
        case ListedKind():
            return sum(is_active(kind, attributes, clock) for attributes in entries)
        case ScheduledKind():
            return sum(not kind.is_past(attributes, clock.now, clock.zone) for attributes in entries)


def _max_delete(
    kind: AnyKind, changes: Iterable[Change], ledger: Ledger, context: PlanningContext
) -> Iterator[Guard]:
    """Stop removals of more than a few objects and more than a share of the owned ones, or of all of two or more."""
    removals = [change for change in changes if _removes(change)]
    if not removals:
        return
    policy = context.policy
    count, owned = len(removals), _count_active(kind, ledger, context.clock)
    owned_deletes = sum(not isinstance(change, Delete) or change.owned for change in removals)
    too_many = count > policy.max_delete_always_allow and count * 100 > policy.max_delete_percent * owned
    everything = owned >= 2 and owned_deletes >= owned
    share = f"{count} of {owned} owned" if owned else f"{count}, none of them owned"
    yield Guard(
        GuardRule.MAX_DELETE,
        kind.name,
        too_many or everything,
        f"{share} {kind.name} objects would be deleted"
        + (", which is all of them" if everything else f" (limit {policy.max_delete_percent} %)" if too_many else ""),
        count=count,
    )


def _protect(kind: AnyKind, changes: Iterable[Change]) -> Iterator[Guard]:
    """Stop removals and replacements of protected objects, except those made again with the same values."""
    for change in changes:
        if change.protected and ((isinstance(change, Replace) and not change.restores) or _removes(change)):
            verb = {Delete: "deleted", Replace: "replaced"}.get(type(change), "switched off")
            yield Guard(
                GuardRule.PROTECT,
                kind.name,
                True,
                f"{change.address} is protected and would be {verb}",
                remedy=f"protect: false on {change.address}",
            )


def _foreign_carriers(kind: AnyKind, changes: Iterable[Change]) -> Iterator[Guard]:
    """Stop changes of carriers as groups: carriers are never configured, so such a plan is wrong."""
    for change in changes:
        if kind.has_members and is_carrier(change.address.key):
            yield Guard(
                GuardRule.FOREIGN_CARRIER,
                kind.name,
                True,
                f"{change.address} carries contacts of the owner {owner_of(change.address.key)}",
                remedy=f"the removal of {change.address} in the service by hand",
            )


def _members_stay(by_kind: Mapping[KindName, Iterable[Change]], ledger: Ledger) -> Iterator[Guard]:
    """Stop the removal of a group together with its contacts if contacts in it are to stay."""
    taking = [
        change
        for kind in KINDS
        for change in by_kind.get(kind.name, ())
        if isinstance(change, Delete) and kind.takes_contacts(change.options)
    ]
    if not taking:
        return
    groups: dict[Address, Sequence[str]] = {}
    for kind in (kind for kind in KINDS if isinstance(kind, CarriedKind)):
        for key, entry in ledger.of(kind.name).items():
            groups[Address(kind.name, key)] = kind.group_names(entry.attributes)
        for change in by_kind.get(kind.name, ()):
            after = None if isinstance(change, Manual) else after_of(change)
            if isinstance(change, Delete | Forget):
                groups.pop(change.address, None)
            elif after is not None:
                groups[change.address] = kind.group_names(after)
    for change in taking:
        members = [address for address, names in groups.items() if change.address.key in names]
        if members:
            yield Guard(
                GuardRule.MEMBERS_STAY,
                change.address.kind,
                True,
                f"{change.address} would be deleted with {len(members)} contacts in it that are to stay, "
                f"among them {min(members)}",
                remedy=f"on_delete: keep_contacts on {change.address}, and apply it before the group goes",
            )


def _empty_account(actual: Snapshot, ledger: Ledger, clock: Clock) -> Iterator[Guard]:
    """Stop if a list is empty and the ledger owns objects in it: that is more likely a fault of the service."""
    for name, kind in LISTED_BY_NAME.items():
        if name not in actual or actual.of(name):
            continue
        owned = _count_active(kind, ledger, clock) + (len(ledger.carriers) if kind.has_members else 0)
        # Objects that were never listed do not show that this list lost any.
        owned -= sum(entry.awaited is not None for entry in ledger.of(name).values())
        if owned >= 2:
            yield Guard(
                GuardRule.EMPTY_ACCOUNT,
                name,
                True,
                f"the account lists no {name} at all, but the ledger owns {owned}",
            )


def lost_ledger(changes: Iterable[Change], actual: Snapshot, ledger: Ledger, owner: str) -> Iterator[Guard]:
    """Stop new messages if the account has carriers and there is no ledger.

    Then the ledger was lost, or `owner` changed, and messages that are scheduled already would be sent twice.
    """
    creates = [
        change
        for change in changes
        if isinstance(change, Create) and isinstance(BY_NAME[change.address.kind], ScheduledKind)
    ]
    owners = sorted({owner_of(group.key) for group in groups_in(actual) if is_carrier(group.key)})
    if creates and not ledger.lineage and owners:
        if owner in owners:
            why = f"there is no ledger, but carriers of {owner} are in the account, so it seems to be lost"
        else:
            others = ", ".join(owners)
            why = f"there is no ledger, and the account has carriers of {others}, so perhaps `owner` was changed"
        yield Guard(
            GuardRule.LOST_LEDGER,
            creates[0].address.kind,
            True,
            f"{why}: {creates[0].address} may be scheduled already, and would be sent twice; "
            "look in the service first",
        )


def _clocks_differ(changes: Iterable[Change], context: PlanningContext) -> Iterator[Guard]:
    """Stop changes of a message that are in time by the machine's clock and not by the service's, or vice versa."""
    clock, lead = context.clock, context.policy.message_lead_time
    if clock.served_at is None:
        return
    earlier, later = sorted((clock.now, clock.served_at))
    for change in changes:
        kind = BY_NAME[change.address.kind]
        if not isinstance(kind, ScheduledKind) or isinstance(change, Adopt | Manual):
            continue
        states = (state for state in (before_of(change), after_of(change)) if state is not None)
        times = [kind.due(state, clock.zone) for state in states]
        if any(earlier < due and later + lead > due for due in times):
            minutes = (later - earlier).total_seconds() / 60
            side = "behind" if clock.now < clock.served_at else "ahead of"
            yield Guard(
                GuardRule.CLOCK,
                kind.name,
                True,
                f"this machine's clock is {minutes:.0f} minutes {side} the service's: {change.address} may be sent "
                "by now, or be too close to its time to be changed",
                remedy="the right time into this machine's clock (NTP)",
            )
            return


def still_tripped(
    guards: Iterable[Guard],
    allow_delete: Mapping[KindName, int],
    allow_empty: Collection[KindName],
    *,
    allow_resend: bool = False,
) -> tuple[Guard, ...]:
    """The tripped guards that no option lifts; an allowance for 29 removals does not lift a guard of 30."""

    def lifted(guard: Guard) -> bool:
        match guard.rule:
            case GuardRule.MAX_DELETE:
                return guard.count <= allow_delete.get(guard.kind, 0)
            case GuardRule.EMPTY_ACCOUNT:
                return guard.kind in allow_empty
            case GuardRule.LOST_LEDGER:
                return allow_resend
            case GuardRule.PROTECT | GuardRule.FOREIGN_CARRIER | GuardRule.MEMBERS_STAY | GuardRule.CLOCK:
                return False
        assert_never(guard.rule)

    return tuple(guard for guard in guards if guard.tripped and not lifted(guard))
