"""Many contacts through the real command: unchanged ones need nothing, and a changed one is one change."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cli_world import assert_no_trace
from harness import Ran, Workspace, workspace

COUNT = 600
SECTIONS = "groups: [Jour, Personal]\ninclude: [people.yaml]\n"


def people(*changes: tuple[str, str]) -> str:
    """A file, and once applied a ledger, that are read as columns."""
    items = (
        f"  - key: person.{at:05}\n    mobile: 0701{740600 + at}\n    email: person.{at:05}@example.se\n"
        f"    firstname: Förnamn {at}\n    lastname: Efternamn {at}\n    groups: [Jour, Personal]\n"
        for at in range(COUNT)
    )
    text = "contacts:\n" + "".join(items)
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A folder whose contacts are all in the account."""
    path = tmp_path_factory.mktemp("many")
    with workspace(path / "configuration") as space:
        space.path.mkdir()
        space.configure(SECTIONS)
        space.write("people.yaml", people())
        space.apply()
        yield space


@pytest.fixture
def space(applied: Workspace) -> Workspace:
    """The same, with the file as it was applied."""
    applied.write("people.yaml", people())
    return applied


def plan(space: Workspace) -> Ran:
    ran = space.run("plan", "--reveal", "--detailed-exitcode")
    assert_no_trace(ran)
    return ran


def test_a_second_plan_needs_nothing(space: Workspace) -> None:
    ran = plan(space)
    assert ran.code == 0, ran.out + ran.err


CHANGES = {
    "a number": ("0701740907", "0701749907"),
    "a name": ("Efternamn 599\n", "Efternamn 599b\n"),
    "a group less": ("Efternamn 0\n    groups: [Jour, Personal]", "Efternamn 0\n    groups: [Personal]"),
    "ensure": ("  - key: person.00300\n", "  - key: person.00300\n    ensure: absent\n"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_one_contact_that_changed_is_one_change(space: Workspace, change: str) -> None:
    space.write("people.yaml", people(CHANGES[change]))
    assert plan(space).code == 2
    assert len(space.changes()) == 1
