"""Making a plan from desired, actual and ledger. Pure; the same inputs give the same plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from intime_sync.errors import InvalidConfiguration
from intime_sync.kinds.base import ListedKind
from intime_sync.kinds.registry import CONTACTS, GROUPS, KINDS, MESSAGES
from intime_sync.model.change import Change, Create, Replace
from intime_sync.model.ledger import Ledger
from intime_sync.model.plan import Plan
from intime_sync.model.policy import Prune
from intime_sync.model.problem import Problem, Severity
from intime_sync.model.resource import Json, KindName, RemoteId, Resource, Snapshot
from intime_sync.model.table import Table
from intime_sync.planning.account_groups import sort_groups
from intime_sync.planning.carriers import leftover_carriers, owner_of
from intime_sync.planning.contacts import AccountGroups, plan_contacts
from intime_sync.planning.context import PlanningContext
from intime_sync.planning.guards import judge, lost_ledger
from intime_sync.planning.listed import plan_listed
from intime_sync.planning.matching import KindPlan
from intime_sync.planning.messages import MessageGroups, check_scheduled, plan_messages
from intime_sync.planning.selection import EVERYTHING, Selection, check_selection, narrowed


def make_plan(
    desired: Snapshot,
    actual: Snapshot,
    ledger: Ledger,
    context: PlanningContext,
    selection: Selection = EVERYTHING,
) -> Plan:
    """What to do so that `actual` becomes `desired`, as far as `selection` asks for it.

    `actual` holds every listed kind that `desired` names, and the groups when it names contacts or messages. Raises
    InvalidConfiguration when account and configuration meet in a way that only a person can sort out.
    """
    owner, clock = context.account.owner, context.clock
    check_selection(selection, desired, ledger)
    user_groups, own, foreign = sort_groups(actual.of(GROUPS.name), owner, ledger)
    plans = _plan_kinds(desired, actual, ledger, context, selection, user_groups, own)
    problems = [problem for plan in plans.values() for problem in plan.problems]
    problems += _check_groups(desired, user_groups)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        raise InvalidConfiguration(sorted(errors, key=Problem.sort_key))
    everything = [change for plan in plans.values() for change in plan.changes]
    changes = narrowed(everything, selection, ledger)
    problems += check_scheduled(desired, actual, ledger.of(MESSAGES.name), changes, clock)
    leftovers: tuple[RemoteId, ...] = ()
    if CONTACTS.name in desired and selection.touches(CONTACTS.name):
        leftovers = leftover_carriers(ledger, own)
    if foreign and context.policy.prune_of(GROUPS.name) is Prune.ALL and GROUPS.name in desired:
        problems.append(_foreign_carriers(foreign))
    if leftovers:
        problems.append(_leftover_warning(len(leftovers), owner, lost=not ledger.lineage))
    return Plan(
        account=context.account,
        lineage=ledger.lineage,
        serial=ledger.serial,
        changes=changes,
        unchanged=sum(plan.unchanged for plan in plans.values()),
        guards=(
            *judge(changes, actual, ledger, context),
            # Targets do not count here: an apply of them would leave a ledger that knows nothing of the messages.
            *lost_ledger(everything, actual, ledger, owner),
        ),
        diagnostics=tuple(sorted(problems, key=Problem.sort_key)),
        leftovers=leftovers,
        terms={"groups": _named_groups(changes, user_groups, plans)},
        digest_key=ledger.digest_key,
    )


def _named_groups(
    changes: Iterable[Change], user_groups: Iterable[Resource[Any]], plans: Mapping[KindName, KindPlan]
) -> dict[str, Json]:
    """The ids of the groups that contacts and messages are put in or sent to, as far as they are there."""
    names: set[str] = set()
    for change in changes:
        if isinstance(change, Create | Replace) and change.address.kind in (CONTACTS.name, MESSAGES.name):
            kind = CONTACTS if change.address.kind == CONTACTS.name else MESSAGES
            names.update(kind.group_names(change.after))
    ids, _ = _groups_by_name(user_groups, plans)
    return {name: ids[name] for name in sorted(names & ids.keys())}


def _plan_kinds(
    desired: Snapshot,
    actual: Snapshot,
    ledger: Ledger,
    context: PlanningContext,
    selection: Selection,
    user_groups: list[Resource[Any]],
    own: Mapping[RemoteId, str],
) -> dict[KindName, KindPlan]:
    """The plan of each managed kind, groups first, since those of contacts and messages depend on it."""
    plans: dict[KindName, KindPlan] = {}
    for kind in KINDS:
        if kind.name not in desired:
            continue
        if isinstance(kind, ListedKind):
            listed = user_groups if kind.name == GROUPS.name else actual.of(kind.name)
            prune = context.policy.prune_of(kind.name)
            entries = ledger.of(kind.name)
            plans[kind.name] = plan_listed(
                kind, desired.of(kind.name), listed, entries, prune, context.clock, selection.replaces(kind.name)
            )
            continue
        ids, remade = _groups_by_name(user_groups, plans)
        again = selection.replaces(kind.name)
        if kind.name == CONTACTS.name:
            groups = AccountGroups(ids, remade, own, context.account.owner)
            plans[kind.name] = plan_contacts(desired.of(kind.name), ledger, groups, context.policy, again)
        else:
            plans[kind.name] = plan_messages(desired, ledger, MessageGroups(ids, remade), context, again)
    return plans


def _groups_by_name(
    user_groups: Iterable[Resource[Any]], plans: Mapping[KindName, KindPlan]
) -> tuple[dict[str, RemoteId], frozenset[str]]:
    """The ids of groups by name, and the names of those that are made (again).

    The id is that of the matched one where groups are managed, else of whatever the account has.
    """
    groups = plans.get(GROUPS.name)
    ids = {group.key: group.remote_id for group in user_groups if group.remote_id is not None}
    if groups is not None:
        ids |= {name: found.remote_id for name, found in groups.matched.items() if found.remote_id is not None}
    made = groups.changes if groups is not None else []
    remade = frozenset(change.address.key for change in made if isinstance(change, Create | Replace))
    return ids, remade


def _check_groups(desired: Snapshot, user_groups: Iterable[Resource[Any]]) -> list[Problem]:
    """Where groups are not managed, every group that a contact or message names must be in the account, once."""
    if GROUPS.name in desired:
        return []
    by_name: dict[str, list[Resource[Any]]] = {}
    for group in user_groups:
        by_name.setdefault(group.key, []).append(group)
    problems = []
    seen: set[str] = set()
    right = {name for name, found in by_name.items() if len(found) == 1}
    for member in (*_naming_others(desired.of(CONTACTS.name), right), *desired.of(MESSAGES.name)):
        if member.lifecycle.absent:
            continue
        for name in member.value.groups:
            if name in seen:
                continue
            seen.add(name)
            found = by_name.get(name, [])
            if not found:
                message = f"the account has no group `{name}`, and this configuration does not manage groups"
                problems.append(Problem("unknown-group", message, member.origin))
            elif len(found) > 1:
                ids = ", ".join(str(group.remote_id) for group in found)
                message = (
                    f"the account has {len(found)} groups called `{name}` (ids {ids}); "
                    "pin one in a `groups` section, or rename one in the service"
                )
                problems.append(Problem("ambiguous", message, member.origin))
    return problems


def _naming_others(contacts: Sequence[Resource[Any]], groups: set[str]) -> Sequence[Resource[Any]]:
    """The contacts; none when they name no other than these groups, as is usual."""
    if isinstance(contacts, Table) and groups.issuperset(CONTACTS.groups_of(contacts.lines)):
        return ()
    return contacts


def _leftover_warning(count: int, owner: str, *, lost: bool) -> Problem:
    one = count == 1
    message = (
        f"{count} {'carrier' if one else 'carriers'} of `{owner}` in the account {'is' if one else 'are'} not known "
        f"as complete, or {'holds' if one else 'hold'} earlier copies, and will be removed with the contacts in "
        f"{'it' if one else 'them'}"
    )
    if lost:
        message += (
            f". There is no ledger: either it was lost, and the contacts are made again from this configuration, or "
            f"another configuration has the owner `{owner}` too, and they are its contacts"
        )
    return Problem("unknown-carrier", message, None, Severity.WARNING)


def _foreign_carriers(foreign: Iterable[Resource[Any]]) -> Problem:
    owners = sorted({owner_of(group.key) for group in foreign})
    message = f"`prune: all` leaves the carriers of other owners alone: {', '.join(owners)}"
    return Problem("foreign-carrier", message, None, Severity.WARNING)
