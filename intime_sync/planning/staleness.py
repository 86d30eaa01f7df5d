"""Checks whether an earlier plan still fits the account and the ledger. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from intime_sync.kinds.base import CarriedKind, ListedKind, ScheduledKind
from intime_sync.kinds.registry import BY_NAME, LISTED_BY_NAME
from intime_sync.model.change import Adopt, Change, Create, Delete, Forget, Manual, Replace, Update, before_of
from intime_sync.model.ledger import AccountRef, Ledger
from intime_sync.model.plan import Plan
from intime_sync.model.resource import KindName, Snapshot
from intime_sync.planning.account_groups import group_address, groups_in
from intime_sync.planning.carriers import leftover_carriers, own_carriers
from intime_sync.planning.context import Clock
from intime_sync.planning.index import by_id, by_identity, live


def stale_reasons(plan: Plan, account: AccountRef, actual: Snapshot, ledger: Ledger, clock: Clock) -> list[str]:
    """Everything that has changed since the plan was made, as clauses; empty when the plan may be applied."""
    reasons = []
    if plan.account != account:
        reasons.append(f"it was made for {_named(plan.account)}, and this is {_named(account)}")
    if plan.lineage != ledger.lineage:
        reasons.append(
            f"it was made from another ledger (lineage {plan.lineage or 'none'}, now {ledger.lineage or 'none'})"
        )
    elif plan.serial != ledger.serial:
        reasons.append(f"the ledger has changed since: serial {plan.serial} then, {ledger.serial} now")
    if reasons:
        return reasons
    if touches_contacts(plan) and plan.leftovers != leftover_carriers(
        ledger, own_carriers(groups_in(actual), account.owner, ledger)
    ):
        reasons.append("the carriers in the account have changed since")
    reasons += _other_groups(plan, actual)
    lists = {name: _Rows(kind, actual) for name, kind in LISTED_BY_NAME.items()}
    for change in plan.changes:
        reasons += _differences(change, lists, ledger, actual)
        reasons += _too_late(change, clock)
    return reasons


def _other_groups(plan: Plan, actual: Snapshot) -> Iterator[str]:
    """Reasons about groups that contacts or messages of the plan name, and that have another id by now."""
    named = plan.terms.get("groups")
    there = {(group.key, group.remote_id) for group in groups_in(actual)}
    for name, id in named.items() if isinstance(named, dict) else ():
        if (name, id) not in there:
            yield f"the group `{name}` had id {id}, and the account has none of that id and name any more"


def _named(account: AccountRef) -> str:
    return f"{account.owner} as {account.user} at {account.url}"


class _Rows:
    """A list's rows by id and by identity; those that were switched off are not found by identity."""

    def __init__(self, kind: ListedKind, actual: Snapshot) -> None:
        self.kind = kind
        rows = actual.of(kind.name)
        self.by_id = by_id(rows)
        self.by_identity = by_identity(kind, live(kind, rows))


def _differences(change: Change, lists: dict[KindName, _Rows], ledger: Ledger, actual: Snapshot) -> Iterator[str]:
    kind = BY_NAME[change.address.kind]
    match kind:
        case ListedKind():
            yield from _row_differences(change, lists[kind.name], ledger)
        case CarriedKind():
            yield from _carrier_differences(change, ledger, actual)
        case ScheduledKind():
            yield from _group_differences(change, ledger, actual)
        case _:
            assert_never(kind)


def _row_differences(change: Change, rows: _Rows, ledger: Ledger) -> Iterator[str]:
    kind = rows.kind
    match change:
        case Create():
            if kind.identity_of(change.after) in rows.by_identity:
                yield f"{change.address} is in the account by now"
        case Update() | Replace() | Delete() | Manual() | Adopt():
            before = change.after if isinstance(change, Adopt) else before_of(change)
            row = None
            if change.remote_id is not None:
                row = rows.by_id.get(change.remote_id)
            elif before is not None:
                row = next(iter(rows.by_identity.get(kind.identity_of(before), ())), None)
            entry = ledger.of(kind.name).get(change.address.key)
            if row is None and isinstance(change, Manual) and entry is not None and entry.awaited is not None:
                return  # the change is manual because no list shows the object yet
            if row is None:
                yield f"{change.address} is no longer in the account"
            elif before is not None and kind.attributes(row.value) != before:
                yield f"{change.address} has changed in the account"
        case Forget():
            pass


def _group_differences(change: Change, ledger: Ledger, actual: Snapshot) -> Iterator[str]:
    """Reasons about groups of a message whose name the account has more than once by now.

    Nothing else can have changed: the ledger is the same, and the service does not list messages.
    """
    if not isinstance(change, Create | Replace):
        return
    for name in BY_NAME[change.address.kind].group_names(change.after):
        address = group_address(name)
        entry = ledger.of(address.kind).get(name)
        ids = [group.remote_id for group in groups_in(actual) if group.key == name]
        if len(ids) > 1 and (entry is None or entry.remote_id not in ids):
            yield f"the account has {len(ids)} groups called `{name}` by now, and {change.address} is for one"


def touches_contacts(plan: Plan) -> bool:
    """Whether applying the plan makes or removes carriers."""
    return bool(plan.leftovers) or any(
        isinstance(BY_NAME[change.address.kind], CarriedKind) for change in plan.changes
    )


def _too_late(change: Change, clock: Clock) -> Iterator[str]:
    """A reason about an object to be made or edited whose time has passed: by either clock if it is listed.

    A message whose time has passed by one clock alone is stopped by a guard.
    """
    if not isinstance(change, Create | Update | Replace):
        return
    kind = BY_NAME[change.address.kind]
    moment = clock.latest if isinstance(kind, ListedKind) else clock.now
    if kind.is_past(change.after, moment, clock.zone):
        yield f"the time of {change.address} has passed"


def _carrier_differences(change: Change, ledger: Ledger, actual: Snapshot) -> Iterator[str]:
    """A reason about a contact whose carrier is gone; as the ledger is the same, nothing else can have changed."""
    entry = ledger.of(change.address.kind).get(change.address.key)
    if entry is None or entry.carrier is None or not isinstance(change, Replace | Delete):
        return
    if all(group.remote_id != entry.carrier for group in groups_in(actual)):
        yield f"the carrier of {change.address} is no longer in the account"
