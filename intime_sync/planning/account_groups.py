"""Sorts the account's groups into user groups, this owner's carriers and carriers of other owners. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from intime_sync.kinds.registry import GROUPS
from intime_sync.model.ledger import Ledger
from intime_sync.model.resource import Address, RemoteId, Resource, Snapshot
from intime_sync.planning.carriers import is_carrier, own_carriers


class SortedGroups(NamedTuple):
    """The user groups (no carriers), this owner's carriers (names by id), and the carriers of other owners."""

    users: list[Resource[Any]]
    own: dict[RemoteId, str]
    foreign: list[Resource[Any]]


def group_address(name: str) -> Address:
    """The address of the group with a name."""
    return Address(GROUPS.name, name)


def groups_in(snapshot: Snapshot) -> Sequence[Resource[Any]]:
    """All groups of an account, carriers among them."""
    return snapshot.of(GROUPS.name)


def sort_groups(groups: Iterable[Resource[Any]], owner: str, ledger: Ledger) -> SortedGroups:
    """The account's groups, sorted; the ledger tells which carriers were made under a former name of the owner."""
    groups = list(groups)
    own = own_carriers(groups, owner, ledger)
    users = [group for group in groups if not is_carrier(group.key)]
    foreign = [group for group in groups if is_carrier(group.key) and group.remote_id not in own]
    return SortedGroups(users, own, foreign)


def user_group_ids(groups: Iterable[Resource[Any]]) -> dict[str, list[RemoteId]]:
    """The ids of the user groups by name; several where the account has a name more than once."""
    names = {group.remote_id: group.key for group in groups if group.remote_id is not None}
    ids: dict[str, list[RemoteId]] = {}
    for id, name in names.items():
        if not is_carrier(name):
            ids.setdefault(name, []).append(id)
    return ids
