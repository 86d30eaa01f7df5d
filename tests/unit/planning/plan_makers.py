"""Plans without a service: items as YAML has them, rows as lists have them, entries as the ledger has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from intime_sync.kinds.reading import ItemContext
from intime_sync.kinds.registry import BY_NAME, BY_SECTION
from intime_sync.model.change import Change, action_of
from intime_sync.model.ledger import AccountRef, Carrier, Entry, Ledger
from intime_sync.model.plan import Plan
from intime_sync.model.policy import Policy, Prune
from intime_sync.model.problem import Origin
from intime_sync.model.resource import KindName, RemoteId, Resource, Snapshot
from intime_sync.planning.context import Clock, PlanningContext
from intime_sync.planning.planner import make_plan
from intime_sync.planning.selection import Selection

ZONE = ZoneInfo("Europe/Stockholm")
CLOCK = Clock(datetime(2026, 3, 2, 8, 0, tzinfo=UTC), ZONE)
"""Monday the second of March 2026, nine in the morning in Stockholm."""
REF = AccountRef("embedded", "demo", "clinic-a")
HERE = Origin("intime.yaml", 1, 1)

GROUP, CONTACT = KindName("group"), KindName("contact")
BLOCKLIST, REMINDER, MESSAGE = KindName("blocklist"), KindName("reminder"), KindName("message")

Sections = Mapping[str, Iterable[Mapping[str, Any]]]


def context() -> ItemContext:
    return ItemContext("SE", ZONE, [], lambda *_: HERE)


def desired(sections: Sections) -> Snapshot:
    """What items in long form wish for."""
    found: dict[KindName, tuple[Resource[Any], ...]] = {}
    for section, items in sections.items():
        kind = BY_SECTION[section]
        read = (kind.read(item, HERE, context()) for item in items)
        found[kind.name] = tuple(resource for resource in read if resource is not None)
    return Snapshot(found)


def one(section: str, item: Mapping[str, Any]) -> Resource[Any]:
    """The resource of one item."""
    return desired({section: [item]}).of(BY_SECTION[section].name)[0]


def attributes(section: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of one item."""
    return BY_SECTION[section].attributes(one(section, item).value)


def row(section: str, item: Mapping[str, Any], id: int | None = None) -> Resource[Any]:
    """An object in the account that looks like `item`; the blocklist's have no id."""
    resource = one(section, item)
    key = f"#{id}" if section == "reminders" else resource.key
    return Resource(key, resource.value, None if section == "blocklist" or id is None else RemoteId(id))


def group_row(name: str, id: int) -> Resource[Any]:
    """A group in the account, a carrier perhaps."""
    from intime_sync.service.listings import GroupRow

    kind: Any = BY_NAME[GROUP]
    (found,) = kind.observed([GroupRow(id, name)], context())
    return found  # type: ignore[no-any-return]


def entry(section: str, item: Mapping[str, Any], id: int | None = None, **more: Any) -> Entry:
    """A ledger entry for an object that looks like `item`."""
    return Entry(attributes(section, item), None if section == "blocklist" or id is None else RemoteId(id), **more)


def ledger(
    objects: Mapping[KindName, Mapping[str, Entry]] | None = None,
    carriers: Mapping[int, Carrier] | None = None,
    serial: int = 3,
) -> Ledger:
    """A ledger that owns `objects`."""
    owned = {kind: dict(entries) for kind, entries in (objects or {}).items()}
    return Ledger("line", serial, REF, owned, {RemoteId(id): it for id, it in (carriers or {}).items()})


def plan(
    sections: Sections,
    account: Mapping[KindName, Iterable[Resource[Any]]] | None = None,
    known: Ledger | None = None,
    policy: Policy | None = None,
    clock: Clock = CLOCK,
    selection: Selection | None = None,
) -> Plan:
    """The plan; every managed list is read, and empty unless `account` says otherwise."""
    wish = desired(sections)
    names = {GROUP if name in (CONTACT, MESSAGE) else name for name in wish.resources}
    lists = {name: tuple((account or {}).get(name, ())) for name in {*names, *(account or {})}}
    context = PlanningContext(REF, clock, policy or Policy())
    return make_plan(wish, Snapshot(lists), known or ledger(), context, selection or Selection())


def pruning(prune: Prune, *kinds: KindName) -> Policy:
    """A policy that prunes `kinds` so."""
    return Policy(prune=dict.fromkeys(kinds or tuple(BY_NAME), prune))


def actions(made: Plan) -> list[tuple[str, str]]:
    """(action, address) of each change."""
    return [(str(action_of(change)), str(change.address)) for change in made.changes]


def only(made: Plan) -> Change:
    """The plan's one change."""
    (change,) = made.changes
    return change


ITEMS: dict[str, dict[str, Any]] = {
    "groups": {"name": "Jour"},
    "blocklist": {"mobile": "0701740606"},
    "reminders": {
        "key": "anna",
        "at": "2026-12-01T08:30",
        "attendant": {"firstname": "Anna", "lastname": "Lindqvist", "mobile": "0701740608"},
    },
}
KINDS = {section: BY_SECTION[section].name for section in ITEMS}
of_every_list = pytest.mark.parametrize("section", ITEMS)
JOUR = {"name": "Jour"}
ANNA = {"key": "anna", "firstname": "Anna", "mobile": "0701740605", "groups": ["Jour"]}
CARRIER = "~clinic-a/all-0123456789ab"


def tripped(made: Plan) -> list[tuple[str, str]]:
    """(guard, override) of each guard that stops the plan."""
    return [(guard.rule, guard.override) for guard in made.tripped()]


def reminders(count: int, **more: Any) -> list[dict[str, Any]]:
    """So many reminders, r0, r1 and so on, with `more` in each."""
    return [
        {"key": f"r{index}", "at": "2026-12-01T08:30", "attendant": {"mobile": f"07017406{10 + index}"}, **more}
        for index in range(count)
    ]


def of_reminders(items: list[dict[str, Any]], there: list[dict[str, Any]], **entry_fields: Any) -> Plan:
    """A plan for reminders; those that are `there` are in the account and in the ledger."""
    rows = [row("reminders", item, 1 + index) for index, item in enumerate(there)]
    known = {it["key"]: entry("reminders", it, 1 + index, **entry_fields) for index, it in enumerate(there)}
    return plan({"reminders": items}, {REMINDER: rows}, ledger({REMINDER: known}))


def of_contacts(
    items: list[dict[str, Any]],
    *,
    groups: list[dict[str, Any]] | None = None,
    rows: list[Resource[Any]] | None = None,
    carriers: dict[int, Carrier] | None = None,
    policy: Policy | None = None,
    selection: Selection | None = None,
    **entry_fields: Any,
) -> Plan:
    """A plan for contacts; the ledger knows `anna` in carrier 40, and the group 7."""
    anna = entry("contacts", ANNA, 90, **{"carrier": 40, **entry_fields})
    book = ledger(
        {GROUP: {"Jour": entry("groups", JOUR, 7)}, CONTACT: {"anna": anna}},
        {40: Carrier(CARRIER, {"Jour": RemoteId(7)})} if carriers is None else carriers,
    )
    sections = {"groups": [JOUR] if groups is None else groups, "contacts": items}
    there = [group_row("Jour", 7), group_row(CARRIER, 40)] if rows is None else rows
    return plan(sections, {GROUP: there}, book, policy, selection=selection)
