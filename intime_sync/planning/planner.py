"""Makes a plan from desired, actual and ledger. Pure; the same inputs give the same plan."""

from __future__ import annotations

from typing import assert_never

from intime_sync.errors import InvalidConfiguration
from intime_sync.kinds.base import CarriedKind, ListedKind, ScheduledKind
from intime_sync.kinds.registry import KINDS
from intime_sync.model.ledger import Ledger
from intime_sync.model.plan import Plan
from intime_sync.model.problem import Problem, Severity
from intime_sync.model.resource import KindName, RemoteId, Snapshot
from intime_sync.planning.account_groups import SortedGroups, groups_in, sort_groups
from intime_sync.planning.carriers import leftover_carriers
from intime_sync.planning.contacts import AccountGroups, plan_contacts
from intime_sync.planning.context import PlanningContext
from intime_sync.planning.guards import judge, lost_ledger
from intime_sync.planning.listed import plan_listed
from intime_sync.planning.matching import KindPlan
from intime_sync.planning.messages import check_scheduled, plan_messages
from intime_sync.planning.planned_groups import (
    check_foreign,
    check_groups,
    group_ids,
    leftover_warning,
    named_groups,
)
from intime_sync.planning.selection import EVERYTHING, Selection, check_selection, narrowed


def make_plan(
    desired: Snapshot,
    actual: Snapshot,
    ledger: Ledger,
    context: PlanningContext,
    selection: Selection = EVERYTHING,
) -> Plan:
    """The plan that makes `actual` as `desired`, for the objects in `selection`.

    `actual` holds every listed kind that `desired` names, and the groups when it names contacts or messages. Raises
    InvalidConfiguration when account and configuration contradict each other, and InvalidInput for a selection of
    unknown objects.
    """
    owner, clock = context.account.owner, context.clock
    check_selection(selection, desired, ledger)
    groups = sort_groups(groups_in(actual), owner, ledger)
    plans = _plan_kinds(desired, actual, ledger, context, selection, groups)
    problems = [problem for plan in plans.values() for problem in plan.problems]
    problems += check_groups(desired, groups.users)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        raise InvalidConfiguration(sorted(errors, key=Problem.sort_key))
    everything = [change for plan in plans.values() for change in plan.changes]
    changes = narrowed(everything, selection, ledger)
    problems += check_scheduled(desired, actual, ledger, changes, clock)
    leftovers: tuple[RemoteId, ...] = ()
    carried = (kind.name for kind in KINDS if isinstance(kind, CarriedKind))
    if any(name in desired and selection.touches(name) for name in carried):
        leftovers = leftover_carriers(ledger, groups.own)
    problems += check_foreign(groups.foreign, desired, context.policy)
    if leftovers:
        problems.append(leftover_warning(len(leftovers), owner, lost=not ledger.lineage))
    return Plan(
        account=context.account,
        lineage=ledger.lineage,
        serial=ledger.serial,
        changes=changes,
        unchanged=sum(plan.unchanged for plan in plans.values()),
        guards=(
            *judge(changes, actual, ledger, context),
            # Judged by all changes: applying targets alone would make a ledger that does not know the other messages.
            *lost_ledger(everything, actual, ledger, owner),
        ),
        diagnostics=tuple(sorted(problems, key=Problem.sort_key)),
        leftovers=leftovers,
        terms={"groups": named_groups(changes, groups.users, plans)},
        digest_key=ledger.digest_key,
    )


def _plan_kinds(
    desired: Snapshot,
    actual: Snapshot,
    ledger: Ledger,
    context: PlanningContext,
    selection: Selection,
    groups: SortedGroups,
) -> dict[KindName, KindPlan]:
    """The plan of each managed kind; that of groups comes first, since contacts and messages depend on it."""
    plans: dict[KindName, KindPlan] = {}
    for kind in KINDS:
        if kind.name not in desired:
            continue
        wanted, again = desired.of(kind.name), selection.replaces(kind.name)
        ids = group_ids(groups.users, plans)
        match kind:
            case ListedKind():
                rows = groups.users if kind.has_members else actual.of(kind.name)
                prune, entries = context.policy.prune_of(kind.name), ledger.of(kind.name)
                plan = plan_listed(kind, wanted, rows, entries, prune, context.clock, again)
            case CarriedKind():
                view = AccountGroups(*ids, groups.own, context.account.owner)
                plan = plan_contacts(wanted, ledger, view, context.policy, again)
            case ScheduledKind():
                plan = plan_messages(desired, ledger, ids, context, again)
            case _:
                assert_never(kind)
        plans[kind.name] = plan
    return plans
