"""For tests that break applies: what stands beside ours in the account, what is true there, what a report claims."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from properties.account_lab import (
    OWNER,
    Lab,
    Sections,
    actions,
    desired_from,
    found_contacts,
    lab_at,
    wanted_contacts,
)

from intime_sync.applying.applier import Applied
from intime_sync.emulator import FaultPlan
from intime_sync.emulator.records import Contact, NewReminder
from intime_sync.kinds.registry import BY_SECTION
from intime_sync.model.policy import Policy
from intime_sync.model.report import Result, Status

__all__ = [
    "CARRIERS",
    "Bystanders",
    "Lab",
    "Orphans",
    "Sections",
    "assert_as_wanted",
    "assert_honest",
    "assert_nothing_missing",
    "faults",
    "module_lab",
    "settle",
    "start",
]

CARRIERS = f"~{OWNER}/"


def faults(*rules: Mapping[str, Any]) -> FaultPlan:
    """A plan of faults."""
    return FaultPlan.from_data(list(rules))


@contextmanager
def module_lab(path: Path, **options: Any) -> Iterator[Lab]:
    """One emulator for many tests; each begins with `reset`."""
    with lab_at(path, **options) as lab:
        yield lab


_REMINDER = NewReminder(
    at=datetime(2026, 9, 1, 9, 0),  # noqa: DTZ001 (the service's clock is naive wall time)
    organizer_firstname="Hans",
    organizer_lastname="Evertsson",
    organizer_title="Dr",
    attendant_firstname="Anna",
    attendant_lastname="Lindqvist",
    attendant_mobile="0701740699",
    number="+46701740699",
)


class Bystanders:
    """What is not ours: other people's groups, contacts, a number, a reminder, and another owner's carrier.

    More may be added while a test runs; `untouched` compares with what was last written down.
    """

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        store = lab.emulator.store
        self.groups: dict[int, str] = {}
        for name in ("Främmande", "~clinic-b/all-0123456789ab"):
            self.groups[store.add_group(name)] = name
        self.contacts: dict[int, Contact] = {}
        self.add_contact("Sven", mobile="0701740698", groups=list(self.groups))
        self.add_contact("Utan", email="utan@example.se")
        self.numbers = {"+46701740699": store.block("0701740699")}
        self.reminder = store.add_reminder(_REMINDER)
        self._reminders = store.reminders()

    def add_contact(self, firstname: str, **given: Any) -> int:
        """Somebody makes a contact by hand."""
        id = self.lab.emulator.store.add_contact(firstname, **given)
        self.contacts |= {contact.id: contact for contact in self.lab.emulator.store.contacts() if contact.id == id}
        return id

    def add_group(self, name: str) -> int:
        """Somebody makes a group by hand."""
        id = self.lab.emulator.store.add_group(name)
        self.groups[id] = name
        return id

    def copy(self) -> Self:
        """The same, to be changed by itself."""
        other = copy(self)
        other.groups, other.contacts, other.numbers = dict(self.groups), dict(self.contacts), dict(self.numbers)
        return other

    def note_groups(self) -> None:
        """One of our groups has gone, and with it membership in it; write down who is in which groups now."""
        there = {contact.id: contact for contact in self.lab.emulator.store.contacts()}
        self.contacts = {id: there[id] for id in self.contacts}

    def note_group_gone(self) -> None:
        """Somebody removed a group, perhaps with the contacts in it."""
        there = {contact.id for contact in self.lab.emulator.store.contacts()}
        self.contacts = {id: contact for id, contact in self.contacts.items() if id in there}

    def assert_untouched(self, *, groups_may_go: bool = False) -> None:
        """Every one of them is as it was; `groups_may_go`: our own groups, that they were in, may have gone."""
        store = self.lab.emulator.store
        names = dict(store.groups())
        assert {id: names.get(id) for id in self.groups} == self.groups
        there = {contact.id: contact for contact in store.contacts()}
        for id, before in self.contacts.items():
            now = there.get(id)
            assert now is not None, before
            if groups_may_go:
                assert set(now.groups) <= set(before.groups)
                assert set(before.groups) - set(now.groups) <= set(before.groups) - set(self.groups)
                now = replace(now, groups=before.groups)
            assert now == before
        blocked = {entry.number: entry.id for entry in store.blocklist()}
        assert {number: blocked.get(number) for number in self.numbers} == self.numbers
        assert [row for row in store.reminders() if row.id == self.reminder] == self._reminders


def start(lab: Lab, config: Sections, policy: Policy) -> Bystanders:
    """An account with bystanders to which `config` was applied: made once for each laboratory, then copied."""
    key = (json.dumps(config), repr(policy))
    if key not in lab.started:
        lab.reset(policy)
        bystanders = Bystanders(lab)
        lab.apply(config)
        lab.started[key] = (lab.state(), bystanders)
    state, bystanders = lab.started[key]
    lab.put_back(state)
    return bystanders.copy()


def settle(lab: Lab, config: Sections, runs: int = 2) -> None:
    """Apply until there is nothing to do: at most `runs` times, and then nothing is left undone."""
    lab.emulator.set_faults(None)
    for _ in range(runs):
        lab.outwait()
        lab.apply(config)
        plan = lab.plan(config)
        if plan.is_empty:
            break
    assert actions(plan) == []
    assert plan.is_empty
    assert not lab.ledgers.journal_path.exists(), "the journal is folded in"


def assert_as_wanted(
    lab: Lab,
    config: Sections,
    bystanders: Bystanders,
    *,
    may_stay: Orphans | None = None,
    groups_may_go: bool = False,
) -> None:
    """The account holds what is wanted and what was there, each once, and nothing else.

    `may_stay` is what nobody can know to be ours any more, by id.
    """
    store = lab.emulator.store
    bystanders.assert_untouched(groups_may_go=groups_may_go)
    stay = may_stay or Orphans()
    there = {contact.id: contact for contact in store.contacts()}
    assert found_contacts(lab, [there[id] for id in bystanders.contacts]) == wanted_contacts(config)
    members = lab.members()
    assert all(members[id] for id in lab.carriers()), "a carrier without contacts was left behind"
    assert set(lab.carriers()) <= set(lab.ledger().carriers), "a carrier was left behind that nobody knows"

    wanted_groups = Counter(resource.key for resource in desired_from(config).of(BY_SECTION["groups"].name))
    groups = [(id, name) for id, name in lab.groups() if id not in bystanders.groups and not name.startswith("~")]
    _assert_each_once(groups, wanted_groups, stay.groups)

    wanted_numbers = Counter(resource.key for resource in desired_from(config).of(BY_SECTION["blocklist"].name))
    numbers = [(entry.id, entry.number) for entry in store.blocklist() if entry.number not in bystanders.numbers]
    _assert_each_once(numbers, wanted_numbers, stay.numbers)

    values = [resource.value for resource in desired_from(config).of(BY_SECTION["reminders"].name)]
    wanted = Counter(_reminder_key(value) for value in values if value.active)
    rows = [(row.id, _row_key(row)) for row in store.reminders() if row.active and row.id != bystanders.reminder]
    _assert_each_once(rows, wanted, stay.reminders)


class Orphans:
    """Ids of what was ours until the ledger was lost; it may be adopted again, or stay for ever."""

    def __bool__(self) -> bool:
        return bool(self.groups or self.numbers or self.reminders)

    def __init__(self) -> None:
        self.groups: set[int] = set()
        self.numbers: set[int] = set()
        self.reminders: set[int] = set()

    def add_all(self, lab: Lab, bystanders: Bystanders) -> None:
        """Everything that is there now."""
        store = lab.emulator.store
        self.groups |= {id for id, name in lab.groups() if id not in bystanders.groups and not name.startswith("~")}
        self.numbers |= {entry.id for entry in store.blocklist() if entry.number not in bystanders.numbers}
        self.reminders |= {row.id for row in store.reminders() if row.active and row.id != bystanders.reminder}


def _assert_each_once(found: Sequence[tuple[int, Any]], wanted: Counter[Any], may_stay: set[int]) -> None:
    there = Counter(what for _, what in found)
    assert wanted - there == Counter(), "something is missing"
    too_much = there - wanted
    excused = Counter(what for id, what in found if id in may_stay)
    assert too_much - excused == Counter(), "something is there that nobody wants, or twice"


def _reminder_key(value: Any) -> tuple[Any, ...]:
    return (value.at, value.mobile, value.attendant_firstname, value.title, value.organizer_lastname)


def _row_key(row: Any) -> tuple[Any, ...]:
    at = f"{row.at:%Y-%m-%dT%H:%M}"
    return (at, row.number, row.attendant_firstname, row.organizer_title, row.organizer_lastname)


def assert_honest(lab: Lab, config: Sections, applied: Applied, *, orphans: bool = False) -> None:
    """Every change has a result, whoever is not done has a reason, and what is called done is so in the account.

    With `orphans`, something equal may stand there besides that nobody can know to be ours any more.
    """
    truth = _Truth(lab, config, orphans=orphans)
    for result in applied.report.results:
        if result.status is Status.DONE:
            assert truth.is_so(result), f"{result.action} {result.address} is called done, and is not"
        else:
            assert result.status in (Status.FAILED, Status.SKIPPED), result
            assert result.error, result


def assert_nothing_missing(lab: Lab, before: Sections, after: Sections) -> None:
    """What was there and shall stay is there at every moment, old or new, perhaps twice, but never gone."""
    store = lab.emulator.store
    stay = {section: {item.get("key") for item in after[section]} for section in ("contacts", "reminders")}
    reached = {contact.number or contact.email for contact in store.contacts()}
    was = desired_from(before)
    for kind, section in ((BY_SECTION[name].name, name) for name in stay):
        for resource in was.of(kind):
            if resource.key not in stay[section]:
                continue
            if section == "contacts":
                assert (resource.value.mobile or resource.value.email) in reached, f"contact/{resource.key} is lost"
            else:
                numbers = {row.number for row in store.reminders() if row.active}
                assert resource.value.mobile in numbers, f"reminder/{resource.key} is lost"
    now = desired_from(after)
    for section, there in (
        ("groups", {name for _, name in lab.groups()}),
        ("blocklist", {entry.number for entry in store.blocklist()}),
    ):
        kind = BY_SECTION[section].name
        both = {resource.key for resource in was.of(kind)} & {resource.key for resource in now.of(kind)}
        assert both <= there


class _Truth:
    """What the account really holds."""

    def __init__(self, lab: Lab, config: Sections, *, orphans: bool) -> None:
        store = lab.emulator.store
        self.orphans = orphans
        self.groups = dict(lab.groups())
        self.numbers = Counter(entry.number for entry in store.blocklist())
        self.reminders = {row.id: _row_key(row) for row in store.reminders() if row.active}
        self.contacts = {
            contact.id: (
                contact.number or contact.email,
                contact.firstname,
                contact.extrafield,
                tuple(sorted(name for id in contact.groups if not (name := self.groups[id]).startswith("~"))),
            )
            for contact in store.contacts()
        }
        self.wanted = desired_from(config)

    def is_so(self, result: Result) -> bool:
        kind, key, id = result.address.kind, result.address.key, result.remote_id
        if result.action in ("delete", "forget"):
            rows: Mapping[Any, Any] = {
                "group": self.groups,
                "contact": self.contacts,
                "reminder": self.reminders,
                "blocklist": self.numbers,
            }[kind]
            # Forgetting takes away nothing: another key may own the object by now.
            return result.action == "forget" or (key if kind == "blocklist" else id) not in rows
        assert kind == "blocklist" or id is not None, result
        (value,) = (resource.value for resource in self.wanted.of(kind) if resource.key == key)
        match kind:
            case "group":
                there, same = self.groups.get(id or 0) == key, Counter(self.groups.values())[key]
            case "blocklist":
                there, same = True, self.numbers[key]
            case "reminder":
                if not value.active:
                    return id not in self.reminders
                there = self.reminders.get(id or 0) == _reminder_key(value)
                same = Counter(self.reminders.values())[_reminder_key(value)]
            case _:
                number = value.mobile or value.email
                there = self.contacts.get(id or 0) == (number, value.firstname, value.extrafield, value.groups)
                same = sum(contact[0] == number for contact in self.contacts.values())
        return there and (same == 1 or (self.orphans and same > 1 and kind != "contact"))
