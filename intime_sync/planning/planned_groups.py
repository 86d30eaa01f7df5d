"""The groups that contacts and messages of a plan name: their ids, and problems of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from intime_sync.bulk.tables import DesiredTable
from intime_sync.kinds.registry import BY_NAME, CONTACTS, GROUPS, MESSAGES
from intime_sync.model.change import Change, Create, Replace
from intime_sync.model.policy import Policy, Prune
from intime_sync.model.problem import Problem, Severity
from intime_sync.model.resource import Json, KindName, RemoteId, Resource, Snapshot
from intime_sync.planning.carriers import owner_of
from intime_sync.planning.matching import KindPlan


class GroupIds(NamedTuple):
    """The ids of the account's user groups by name, and the names of groups that the plan makes (again)."""

    ids: Mapping[str, RemoteId]
    remade: frozenset[str]


def group_ids(user_groups: Iterable[Resource[Any]], plans: Mapping[KindName, KindPlan]) -> GroupIds:
    """The ids of groups as a plan leaves them: of the matched groups, else of those in the account."""
    groups = plans.get(GROUPS.name)
    ids = {group.key: group.remote_id for group in user_groups if group.remote_id is not None}
    if groups is not None:
        ids |= {name: found.remote_id for name, found in groups.matched.items() if found.remote_id is not None}
    made = groups.changes if groups is not None else []
    remade = frozenset(change.address.key for change in made if isinstance(change, Create | Replace))
    return GroupIds(ids, remade)


def named_groups(
    changes: Iterable[Change], user_groups: Iterable[Resource[Any]], plans: Mapping[KindName, KindPlan]
) -> dict[str, Json]:
    """The ids, by name, of groups in the account that new objects are put in or sent to."""
    names: set[str] = set()
    for change in changes:
        if isinstance(change, Create | Replace):
            names.update(BY_NAME[change.address.kind].group_names(change.after))
    ids = group_ids(user_groups, plans).ids
    return {name: ids[name] for name in sorted(names & ids.keys())}


def check_groups(desired: Snapshot, user_groups: Iterable[Resource[Any]]) -> list[Problem]:
    """Problems of groups that contacts or messages name and that the account does not have exactly once.

    None where groups are managed, since these are then checked with the configuration.
    """
    if GROUPS.name in desired:
        return []
    by_name: dict[str, list[Resource[Any]]] = {}
    for group in user_groups:
        by_name.setdefault(group.key, []).append(group)
    problems = []
    seen: set[str] = set()
    right = {name for name, found in by_name.items() if len(found) == 1}
    contacts = DesiredTable.of(desired.of(CONTACTS.name))
    for member in (*(() if contacts.groups <= right else contacts), *desired.of(MESSAGES.name)):
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


def leftover_warning(count: int, owner: str, *, lost: bool) -> Problem:
    """The warning that `count` carriers will be removed as leftovers; `lost` means that there is no ledger."""
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


def check_foreign(foreign: Sequence[Resource[Any]], desired: Snapshot, policy: Policy) -> list[Problem]:
    """A warning that `prune: all` does not remove the carriers of other owners, if there are any."""
    if not foreign or policy.prune_of(GROUPS.name) is not Prune.ALL or GROUPS.name not in desired:
        return []
    owners = sorted({owner_of(group.key) for group in foreign})
    message = f"`prune: all` leaves the carriers of other owners alone: {', '.join(owners)}"
    return [Problem("foreign-carrier", message, None, Severity.WARNING)]
