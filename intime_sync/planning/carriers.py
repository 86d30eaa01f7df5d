"""Carriers: groups that this program makes, each with a few contacts, which are removed by removing the group.

A contact's place is a leaf of a binary prefix tree over a hash of its key: a leaf holds at most `carrier_size`
contacts, and is split only where it would hold more. The tree follows from the keys alone, so a changed contact
changes one leaf, and the order of the configuration changes none. See docs/carriers.md.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.change import Change, Create, Delete, Forget, Replace
from intime_sync.model.ledger import Entry, Ledger
from intime_sync.model.resource import Attributes, RemoteId, Resource

_BITS = 64
WHOLE = "all"
"""The prefix of a tree that is a single leaf."""


@dataclass(frozen=True, slots=True)
class CarrierBuild:
    """A carrier to be made: its group's name, and the attributes of its contacts by key, in the order of keys."""

    name: str
    members: Mapping[str, Attributes]


@dataclass(frozen=True, slots=True)
class CarrierPlan:
    """The carriers to remove and to make.

    First, `purge` are removed with their contacts: carriers in the account that the ledger does not know as complete.
    Then `build` are made. Then `retire` are removed: their contacts are in other carriers by then, or are to be
    removed.
    """

    build: tuple[CarrierBuild, ...]
    retire: tuple[RemoteId, ...]
    purge: tuple[RemoteId, ...]


def carrier_prefix(owner: str) -> str:
    """The start of the names of this owner's carriers: `~OWNER/`."""
    return f"~{owner}/"


def is_carrier(name: str) -> bool:
    """Whether a group's name has the form of a carrier, of any owner."""
    return name.startswith("~") and "/" in name


def owner_of(carrier: str) -> str:
    """The owner in a carrier's name."""
    return carrier[1:].partition("/")[0]


def own_carriers(groups: Iterable[Resource[Any]], owner: str, ledger: Ledger) -> dict[RemoteId, str]:
    """The names of this owner's carriers among the account's groups, by id.

    They include carriers with an earlier name of the owner, which the ledger knows by id and name.
    """
    return {
        group.remote_id: group.key
        for group in groups
        if group.remote_id is not None
        and (has_name_of(group.key, owner) or _was_own(group.remote_id, group.key, ledger))
    }


def unknown_carriers(groups: Iterable[Resource[Any]], owner: str, ledger: Ledger) -> set[RemoteId]:
    """The carriers in the account that have an owner's name and that the ledger does not know by id and name."""
    return {
        group.remote_id
        for group in groups
        if group.remote_id is not None
        and has_name_of(group.key, owner)
        and not _was_own(group.remote_id, group.key, ledger)
    }


def _was_own(id: RemoteId, name: str, ledger: Ledger) -> bool:
    known = ledger.carriers.get(id)
    return known is not None and known.name == name and is_carrier(name)


def has_name_of(name: str, owner: str) -> bool:
    """Whether a group's name is that of one of this owner's carriers, or that name in capitals.

    A service may change names to capitals. After the slash, names of carriers begin with a small letter (a digit in
    earlier versions), so a capital there shows such a change, and not an owner that is spelled in capitals.
    """
    prefix = carrier_prefix(owner)
    if name.startswith(prefix):
        return True
    return name.startswith(prefix.upper()) and name.isupper() and name[len(prefix) :][:1] in ("A", "P")


def present_carriers(ledger: Ledger, in_account: Mapping[RemoteId, str]) -> set[RemoteId]:
    """The ids of the ledger's carriers that the account still has.

    Both id and name must match: a service may give the id of a removed group to another one.
    """
    return {id for id, carrier in ledger.carriers.items() if in_account.get(id) == carrier.name}


def current_carriers(ledger: Ledger, in_account: Mapping[RemoteId, str]) -> set[RemoteId]:
    """The ids of the carriers that are complete: they are in the account, and their removal was not begun."""
    return {id for id in present_carriers(ledger, in_account) if not ledger.carriers[id].going}


def leftover_carriers(ledger: Ledger, in_account: Mapping[RemoteId, str]) -> tuple[RemoteId, ...]:
    """Own carriers in the account that the ledger does not know as complete, or that hold earlier copies, sorted."""
    current = current_carriers(ledger, in_account)
    return tuple(sorted(id for id in in_account if id not in current or ledger.carriers[id].copies))


def wanted_contacts(ledger: Ledger, changes: Iterable[Change]) -> tuple[dict[str, Attributes], set[str]]:
    """Every contact that must be in a carrier once `changes` are done, and the keys of those to be made (again)."""
    wanted: dict[str, Attributes] = {
        key: entry.attributes for key, entry in ledger.of(CONTACTS.name).items() if entry.carrier is not None
    }
    dirty: set[str] = set()
    for change in changes:
        key = change.address.key
        match change:
            case Create() | Replace():
                wanted[key] = change.after
                dirty.add(key)
            case Delete() | Forget():
                wanted.pop(key, None)
            case _:
                pass  # other changes leave contacts where they are
    return wanted, dirty


def plan_carriers(
    owner: str,
    ledger: Ledger,
    changes: Iterable[Change],
    in_account: Mapping[RemoteId, str],
    size: int,
    kept: Collection[RemoteId] = (),
    without: Collection[str] = (),
) -> CarrierPlan:
    """The carriers to make and remove to carry out the contacts' `changes`.

    `in_account` are this owner's carriers in the account, by id. The carriers `kept` stay with their contacts as they
    are, and contacts `without` are not made. A contact that the service refused before gets a carrier of its own.
    """
    known = current_carriers(ledger, in_account)
    purge = tuple(sorted(set(in_account) - known))
    wanted, dirty = wanted_contacts(ledger, changes)
    entries = ledger.of(CONTACTS.name)
    members = _members(entries, known)
    carrier_of = {key: id for id, keys in members.items() for key in keys}
    fixed = {*without}.union(*(members.get(id, ()) for id in kept))
    dirty -= fixed
    # Contacts whose carrier is gone and that are not to be made again are left out.
    wanted = {key: attributes for key, attributes in wanted.items() if key in dirty or key in carrier_of}
    retire = {id for id in known if ledger.carriers[id].copies or id not in members}
    retire |= {id for id, keys in members.items() if any(key in dirty or key not in wanted for key in keys)}
    retire -= {*kept}
    waiting = [key for key in wanted if (key in dirty or carrier_of[key] in retire) and key not in fixed]
    if not waiting:
        return CarrierPlan((), tuple(sorted(retire)), purge)
    alone = {key for key, entry in entries.items() if entry.refused}
    tree = PrefixTree(wanted.keys() - alone, size)
    # By the prefix of the leaf, and the key of the contact if it gets a carrier of its own (else "").
    leaves: dict[tuple[str, str], list[str]] = {}
    placed: set[str] = set()
    while waiting:
        key = waiting.pop()
        if key in placed:
            continue
        prefix, keys = tree.leaf(key)
        keys = [key] if key in alone else [member for member in keys if member not in fixed]
        leaves[prefix, key if key in alone else ""] = keys
        placed.update(keys)
        for member in keys:
            old = carrier_of.get(member)
            if old is not None and old not in retire:
                retire.add(old)
                waiting += members[old]
    builds = (_build(owner, ledger, leaf[0], sorted(leaves[leaf]), wanted) for leaf in sorted(leaves))
    return CarrierPlan(tuple(builds), tuple(sorted(retire)), purge)


def _members(entries: Mapping[str, Entry], known: set[RemoteId]) -> dict[RemoteId, list[str]]:
    members: dict[RemoteId, list[str]] = {}
    for key, entry in entries.items():
        if entry.carrier in known:
            members.setdefault(entry.carrier, []).append(key)
    return members


def _build(
    owner: str, ledger: Ledger, prefix: str, keys: list[str], wanted: Mapping[str, Attributes]
) -> CarrierBuild:
    members = {key: wanted[key] for key in keys}
    return CarrierBuild(_name(owner, ledger, prefix, members), members)


def probe_carrier(owner: str, ledger: Ledger, members: Mapping[str, Attributes]) -> str:
    """The name of a temporary carrier, which is removed once the service has answered for each of `members`."""
    return _name(owner, ledger, "probe", members)


def _name(owner: str, ledger: Ledger, prefix: str, members: Mapping[str, Attributes]) -> str:
    # The serial keeps a rebuilt carrier's name apart from the one that it replaces. The lineage keeps it apart from
    # that of another ledger with the same owner: where ids are given out again, one would be taken for the other.
    content = json.dumps([ledger.lineage, ledger.serial, members], ensure_ascii=False, sort_keys=True)
    digest = hashlib.sha256(content.encode()).hexdigest()[:12]
    return f"{carrier_prefix(owner)}{prefix}-{digest}"


class PrefixTree:
    """The tree over a set of keys; a leaf is a run of the keys in the order of their hashes."""

    def __init__(self, keys: Iterable[str], size: int) -> None:
        pairs = sorted((_hash(key), key) for key in keys)
        self._hashes = [hash for hash, _ in pairs]
        self._keys = [key for _, key in pairs]
        self._size = size

    def leaf(self, key: str) -> tuple[str, list[str]]:
        """The prefix (`p` and binary digits, or `all`) of the key's leaf, and all keys in it."""
        hash = _hash(key)
        low, high, depth = 0, len(self._keys), 0
        while high - low > self._size and depth < _BITS:
            bit = _BITS - 1 - depth
            split = ((hash >> (bit + 1)) << (bit + 1)) | (1 << bit)
            middle = bisect_left(self._hashes, split, low, high)
            if hash >= split:
                low = middle
            else:
                high = middle
            depth += 1
        prefix = f"p{hash >> (_BITS - depth):0{depth}b}" if depth else WHOLE
        return prefix, self._keys[low:high]


def _hash(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[: _BITS // 8])
