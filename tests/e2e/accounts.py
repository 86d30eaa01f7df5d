"""Wanted accounts for tests that break things: made at random, written down, held against the emulator."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from intime_sync.emulator import RunningEmulator

GROUPS = ("Personal", "Jour", "Mottagning", "Läkare", "Chefer")


@dataclass(frozen=True)
class Wanted:
    """An account as a configuration wants it. Contacts are key → (first name, e-mail, groups)."""

    groups: tuple[str, ...]
    contacts: dict[str, tuple[str, str, tuple[str, ...]]] = field(default_factory=dict)
    blocklist: frozenset[str] = frozenset()
    reminders: dict[str, tuple[str, str]] = field(default_factory=dict)

    def sections(self) -> str:
        """The sections of intime.yaml."""
        contacts = [
            {"key": key, "firstname": name, "email": email, "groups": list(groups)}
            for key, (name, email, groups) in self.contacts.items()
        ]
        reminders = [
            {"key": key, "at": at, "attendant": {"firstname": "Anna", "mobile": mobile}}
            for key, (at, mobile) in self.reminders.items()
        ]
        parts: dict[str, Any] = {
            "groups": list(self.groups),
            "contacts": contacts,
            "blocklist": sorted(self.blocklist),
            "reminders": reminders,
        }
        # JSON is YAML, one section a line.
        return "".join(f"{name}: {json.dumps(items, ensure_ascii=False)}\n" for name, items in parts.items())


def random_wanted(chance: random.Random, contacts: int) -> Wanted:
    """A whole account."""
    groups = tuple(chance.sample(GROUPS, chance.randint(2, len(GROUPS))))
    return Wanted(
        groups,
        {f"person-{number}": _person(chance, number, groups) for number in range(contacts)},
        frozenset(f"+467017406{number:02}" for number in chance.sample(range(5, 100), 12)),
        {f"visit-{number}": _visit(chance, number) for number in range(8)},
    )


def edited(wanted: Wanted, chance: random.Random) -> Wanted:
    """The account after a morning's changes: some of everything comes, goes and changes."""
    contacts = dict(wanted.contacts)
    for key in chance.sample(sorted(contacts), len(contacts) // 12):
        del contacts[key]
    for key in chance.sample(sorted(contacts), len(contacts) // 8):
        contacts[key] = _person(chance, int(key.partition("-")[2]), wanted.groups)
    start = max((int(key.partition("-")[2]) for key in contacts), default=0) + 1
    for number in range(start, start + chance.randint(1, 25)):
        contacts[f"person-{number}"] = _person(chance, number, wanted.groups)
    reminders = dict(wanted.reminders)
    for key in chance.sample(sorted(reminders), min(2, len(reminders))):
        del reminders[key]
    serial = chance.randint(100, 10_000)
    for number in range(serial, serial + 3):
        reminders[f"visit-{number}"] = _visit(chance, number)
    numbers = chance.sample(range(5, 100), 3)
    blocklist = set(wanted.blocklist) ^ {f"+467017406{number:02}" for number in numbers}
    return replace(wanted, contacts=contacts, reminders=reminders, blocklist=frozenset(blocklist))


def _person(chance: random.Random, number: int, groups: tuple[str, ...]) -> tuple[str, str, tuple[str, ...]]:
    chosen = tuple(sorted(chance.sample(groups, chance.randint(0, min(2, len(groups))))))
    return (f"Förnamn{chance.randint(1, 10_000)}", f"person{number}@kliniken.example", chosen)


def _visit(chance: random.Random, number: int) -> tuple[str, str]:
    at = f"2031-{1 + number % 12:02}-{1 + number % 27:02}T{8 + number % 9:02}:{chance.choice(('00', '30'))}"
    return (at, f"+467017406{5 + number % 95:02}")


@dataclass(frozen=True)
class Manual:
    """What the account holds: counters, so that a duplicate shows."""

    groups: Counter[str]
    contacts: Counter[tuple[str, str, tuple[str, ...]]]
    blocklist: Counter[str]
    reminders: Counter[tuple[str, str]]


def wanted_state(wanted: Wanted) -> Manual:
    """The account that a configuration describes."""
    return Manual(
        Counter(wanted.groups),
        Counter(wanted.contacts.values()),
        Counter(wanted.blocklist),
        Counter(wanted.reminders.values()),
    )


def held_state(emulator: RunningEmulator, owner: str = "clinic-a") -> Manual:
    """The account as the emulator has it: carriers aside, and reminders that are switched off."""
    store = emulator.store
    # A service that changes names makes capitals of them.
    usual = {name.upper(): name for name in GROUPS}
    names = {id: usual.get(name, name) for id, name in store.groups()}
    prefix = f"~{owner}/"
    return Manual(
        Counter(name for name in names.values() if not name.lower().startswith(prefix)),
        Counter(
            (
                contact.firstname,
                contact.email,
                tuple(sorted(names[id] for id in contact.groups if not names[id].lower().startswith(prefix))),
            )
            for contact in store.contacts()
        ),
        Counter(str(entry.number) for entry in store.blocklist()),
        Counter(
            (reminder.at.isoformat()[:16], str(reminder.number)) for reminder in store.reminders() if reminder.active
        ),
    )
