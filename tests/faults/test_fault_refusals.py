"""One item that the service refuses: the others go through, it is named with its place and is all that is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from harness import Ran, Workspace
from refusing import refuse

from intime_sync.emulator import Store

ITEMS = 30
BAD = 17
"""Which of the items is refused."""


@dataclass(frozen=True)
class Case:
    """A kind: how its n-th item is written and found again, and what in a request the service dislikes."""

    section: str
    kind: str
    endpoint: str
    code: str
    item: Callable[[int], str]
    key: Callable[[int], str]
    poison: str
    held: Callable[[Workspace], Counter[str]]
    identity: Callable[[int], str]

    def configuration(self, count: int = ITEMS) -> str:
        """The section with an item a line."""
        return f"{self.section}:\n" + "".join(f"  - {self.item(index)}\n" for index in range(count))

    def place(self, index: int) -> str:
        """Where an item stands in intime.yaml: three lines of head, one of section."""
        return f"intime.yaml:{3 + 1 + 1 + index}:"


def _store(space: Workspace) -> Store:
    assert space.emulator is not None
    return space.emulator.store


CASES = [
    Case(
        "contacts",
        "contact",
        "contacts/add",
        "3:ERROR1",
        lambda n: f"{{key: p{n:02}, firstname: P, email: p{n:02}@example.se}}",
        lambda n: f"p{n:02}",
        f"p{BAD}@example.se",
        lambda space: Counter(contact.email for contact in _store(space).contacts()),
        lambda n: f"p{n:02}@example.se",
    ),
    Case(
        "groups",
        "group",
        "contacts/addgroup",
        "2:ERROR1",
        lambda n: f"Grupp {n:02}",
        lambda n: f"Grupp {n:02}",
        f"Grupp {BAD}",
        lambda space: Counter(name for _, name in _store(space).groups()),
        lambda n: f"Grupp {n:02}",
    ),
    Case(
        "blocklist",
        "blocklist",
        "nix/addnix",
        "2:ERROR1",
        lambda n: f"07017406{n + 10}",
        lambda n: f"+467017406{n + 10}",
        f"+467017406{BAD + 10}",
        lambda space: Counter(entry.number for entry in _store(space).blocklist()),
        lambda n: f"+467017406{n + 10}",
    ),
    Case(
        "reminders",
        "reminder",
        "reminder/add",
        "2:ERROR1",
        lambda n: f"{{key: r{n:02}, at: 2036-12-01T08:{n + 10}, attendant: {{mobile: 07017406{n + 10}}}}}",
        lambda n: f"r{n:02}",
        f"+467017406{BAD + 10}",
        lambda space: Counter(str(row.number) for row in _store(space).reminders() if row.active),
        lambda n: f"+467017406{n + 10}",
    ),
]


def assert_only_it_is_named(ran: Ran, case: Case) -> None:
    """Exit 7, and of all items only the bad one is complained of: with its code and its place."""
    assert ran.code == 7, ran.out + ran.err
    (line,) = [line for line in ran.out.splitlines() if line.lstrip().startswith("!")]
    assert f"{case.kind}/{case.key(BAD)}" in line
    assert case.code in line
    assert case.place(BAD) in line
    assert f"{ITEMS - 1} done, 1 failed" in ran.out


@pytest.mark.parametrize("keep_others", [False, True], ids=["all-or-nothing", "the-others-are-kept"])
@pytest.mark.parametrize("batch_size", [200, 7])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.section)
def test_one_bad_item_costs_nobody_else(
    space: Workspace, monkeypatch: pytest.MonkeyPatch, case: Case, batch_size: int, keep_others: bool
) -> None:
    head = f"policy: {{batch_size: {batch_size}, contacts: {{carrier_size: 8}}}}\n"
    space.configure(case.configuration() + head)
    with monkeypatch.context() as patched:
        calls = refuse(patched, case.endpoint, case.poison, case.code, keep_others=keep_others)
        assert_only_it_is_named(space.run("apply", "--auto-approve", "--reveal"), case)
        assert len(calls) < 3 * ITEMS
        wanted = Counter(case.identity(index) for index in range(ITEMS) if index != BAD)
        assert no_carriers(case.held(space)) == wanted

        assert space.changes() == [("create", f"{case.kind}/{case.key(BAD)}")]
        calls.clear()
        again = space.run("apply", "--auto-approve", "--reveal")
        assert again.code == 7
        assert "0 done" not in again.out
        assert "1 failed" in again.out
        if case.section != "contacts":
            assert calls == [(case.endpoint, 1)]
        assert no_carriers(case.held(space)) == wanted

    space.apply()
    assert no_carriers(case.held(space)) == Counter(case.identity(index) for index in range(ITEMS))
    assert space.changes() == []


def no_carriers(names: Counter[str]) -> Counter[str]:
    """Without the groups that carry contacts."""
    return Counter({name: count for name, count in names.items() if not name.startswith("~")})


@pytest.mark.parametrize("keep_others", [False, True], ids=["all-or-nothing", "the-others-are-kept"])
def test_a_contact_whose_change_is_refused_stays_as_it_was(
    space: Workspace, monkeypatch: pytest.MonkeyPatch, keep_others: bool
) -> None:
    case = CASES[0]
    people = case.configuration()
    space.configure(people)
    space.apply()
    changed = people.replace("{key: p17, firstname: P", "{key: p17, firstname: Fel")
    changed = changed.replace("{key: p03, firstname: P", "{key: p03, firstname: Tre")
    space.configure(changed)
    with monkeypatch.context() as patched:
        refuse(patched, "contacts/add", "<firstname>Fel<", "3:ERROR2", keep_others=keep_others)
        ran = space.run("apply", "--auto-approve")
        assert ran.code == 7
        assert "3:ERROR2" in ran.out
        assert "1 done, 1 failed" in ran.out
        named = {contact.email: contact.firstname for contact in _store(space).contacts()}
        assert named["p17@example.se"] == "P"
        assert named["p03@example.se"] == "Tre"
        assert case.held(space) == Counter(case.identity(index) for index in range(ITEMS))
        assert space.changes() == [("replace", "contact/p17")]
    space.apply()
    assert Counter(contact.firstname for contact in _store(space).contacts()) == {"P": ITEMS - 2, "Fel": 1, "Tre": 1}
    assert space.changes() == []


@pytest.mark.parametrize("keep_others", [False, True], ids=["all-or-nothing", "the-others-are-kept"])
def test_nobody_is_lost_when_what_was_accepted_before_is_refused(
    space: Workspace, monkeypatch: pytest.MonkeyPatch, keep_others: bool
) -> None:
    """A neighbour in the carrier would have to move along, and the service has become stricter about it."""
    case = CASES[0]
    people = case.configuration()
    space.configure(people)
    space.apply()
    space.configure(people.replace("{key: p03, firstname: P", "{key: p03, firstname: Tre"))
    with monkeypatch.context() as patched:
        refuse(patched, "contacts/add", case.poison, "3:ERROR1", keep_others=keep_others)
        ran = space.run("apply", "--auto-approve", "--reveal")
        assert ran.code == 7
        assert "contact/p17" in ran.out + ran.err
        assert "3:ERROR1" in ran.out + ran.err
        assert case.held(space) == Counter(case.identity(index) for index in range(ITEMS)), "nobody is lost or twice"
    space.apply()
    assert case.held(space) == Counter(case.identity(index) for index in range(ITEMS))
    assert space.changes() == []


@pytest.mark.parametrize("case", CASES[1:], ids=lambda case: case.section)
def test_several_bad_items_are_all_named(space: Workspace, monkeypatch: pytest.MonkeyPatch, case: Case) -> None:
    space.configure(case.configuration())
    poison = case.poison[:-1]  # everything from x10 to x19, or from x20 to x29
    with monkeypatch.context() as patched:
        refuse(patched, case.endpoint, poison, case.code, keep_others=False)
        ran = space.run("apply", "--auto-approve", "--reveal")
        assert ran.code == 7
        assert sum(line.lstrip().startswith("!") for line in ran.out.splitlines()) == 10
        assert f"{ITEMS - 10} done, 10 failed" in ran.out
        assert len(case.held(space)) == ITEMS - 10
    space.apply()
    assert case.held(space) == Counter(case.identity(index) for index in range(ITEMS))
