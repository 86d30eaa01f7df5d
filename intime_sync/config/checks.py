"""Checks of items against each other: duplicate identities, shared numbers, and groups that are not declared."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from intime_sync.bulk.lines import Contact
from intime_sync.bulk.tables import DesiredTable
from intime_sync.config.document import Document, locate_in_item
from intime_sync.config.explain import MOST_EXPLAINED, too_many
from intime_sync.config.wording import did_you_mean
from intime_sync.kinds.base import ListedKind
from intime_sync.kinds.registry import BY_NAME, CONTACTS, GROUPS, MESSAGES
from intime_sync.model.problem import NO_PLACE, Origin, Problem, Severity
from intime_sync.model.resource import KindName, Resource

_MOST_HINTS = 100
_MOST_COMPARED = 1000

Resources = Mapping[KindName, Sequence[Resource[Any]]]


def check_resources(resources: Resources, contacts: DesiredTable, documents: Mapping[str, Document]) -> list[Problem]:
    """The problems of items with each other, across files; `contacts` are those of `resources`."""
    problems: list[Problem] = []
    for name, items in resources.items():
        keys = contacts.keys if name == CONTACTS.name else [item.key for item in items]
        problems += _first(_duplicates(name, items, keys))
    problems += _shared_numbers(contacts)
    if GROUPS.name in resources:
        problems += _first(_unknown_groups(resources, documents, contacts.groups))
    return problems


def _first(problems: Iterator[Problem]) -> list[Problem]:
    """The first MOST_EXPLAINED problems, and one that says so if there are more."""
    found = list(islice(problems, MOST_EXPLAINED + 1))
    if len(found) > MOST_EXPLAINED:
        found[-1] = too_many(found[-1].origin)
    return found


def _origin(item: Resource[Any]) -> Origin:
    return item.origin or NO_PLACE


def _duplicates(kind_name: KindName, items: Sequence[Resource[Any]], keys: Sequence[str]) -> Iterator[Problem]:
    if len({*keys}) < len(keys):
        first: dict[str, Resource[Any]] = {}
        for item in sorted(items, key=_origin):
            before = first.setdefault(item.key, item)
            if before is not item:
                message = f"`{kind_name}/{item.key}` is already at {before.origin}"
                yield Problem("duplicate-identity", message, item.origin)
    kind = BY_NAME[kind_name]
    if isinstance(kind, ListedKind) and kind.matches_by_id:
        yield from _indistinguishable(kind, items)


def _indistinguishable(kind: ListedKind, items: Sequence[Resource[Any]]) -> Iterator[Problem]:
    """Problems of items with different keys that the service could not tell apart."""
    first: dict[Hashable, Resource[Any]] = {}
    for item in sorted(items, key=_origin):
        before = first.setdefault(kind.identity(item.value), item)
        if before.key != item.key:
            message = f"`{kind.name}/{item.key}` is the same {kind.name} as `{before.key}` at {before.origin}"
            yield Problem("duplicate-identity", message, item.origin)


def _shared_numbers(contacts: DesiredTable) -> Iterator[Problem]:
    """Warnings about contacts with one number: people may share a phone, but the service may merge the contacts."""
    first: dict[str | None, Resource[Contact]] = {}
    for position in contacts.sharing_mobiles():
        item = contacts[position]
        if item.lifecycle.absent:
            continue
        before = first.setdefault(item.value.mobile, item)
        if before.key != item.key:
            one, other = sorted((before, item), key=_origin)
            message = f"`contact/{other.key}` has the same mobile as `contact/{one.key}` at {one.origin}"
            yield Problem("shared-mobile", message, other.origin, Severity.WARNING)


def _unknown_groups(
    resources: Resources, documents: Mapping[str, Document], of_contacts: set[str]
) -> Iterator[Problem]:
    groups = {item.key: item.lifecycle.absent for item in resources[GROUPS.name]}
    present = {name for name, absent in groups.items() if not absent}
    # Each suggestion compares a name with every group, which is slow.
    hints = iter(range(_MOST_HINTS if len(present) <= _MOST_COMPARED else 0))
    for kind in (CONTACTS, MESSAGES):
        items = resources.get(kind.name, ())
        if kind is CONTACTS and present.issuperset(of_contacts):
            continue
        for item in items:
            for name in item.value.groups:
                if name in present or item.lifecycle.absent:
                    continue
                if name in groups:
                    message = f"the group `{name}` is declared with `ensure: absent`"
                else:
                    hint = did_you_mean(name, present) if next(hints, None) is not None else ""
                    message = f"the group `{name}` is not declared in `groups`{hint}"
                yield Problem("unknown-group", message, locate_in_item(item, kind.spec.name, documents, "groups"))
