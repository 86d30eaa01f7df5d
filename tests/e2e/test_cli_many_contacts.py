"""Many contacts through the real command: the second plan, which recalls the first, says the same byte by byte."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_world import assert_no_trace
from harness import Ran, Workspace, workspace

COUNT = 600
SECTIONS = "groups: [Jour, Personal]\ninclude: [people.yaml]\n"


def people(*changes: tuple[str, str]) -> str:
    """A file and, once applied, a ledger that are both large enough to be kept."""
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
        space.environ["XDG_CACHE_HOME"] = str(path / "home")
        space.configure(SECTIONS)
        space.write("people.yaml", people())
        space.apply()
        yield space


@pytest.fixture
def space(applied: Workspace) -> Iterator[Workspace]:
    """The same, with the file as it was applied and nothing kept."""
    applied.write("people.yaml", people())
    for entry in entries(applied):
        entry.unlink()
    yield applied
    for directory in directories(applied):
        if directory.is_dir():
            directory.chmod(0o700)
        else:
            directory.unlink(missing_ok=True)
    key(applied).chmod(0o600)


def directories(space: Workspace) -> list[Path]:
    cache = space.path / ".intime" / "cache"
    return [cache, cache / "files", cache / "ledger"]


def entries(space: Workspace) -> list[Path]:
    return sorted(path for path in (space.path / ".intime" / "cache").glob("*/*") if path.is_file())


def key(space: Workspace) -> Path:
    return Path(space.environ["XDG_CACHE_HOME"]) / "intime-sync" / "cache-key"


def plan(space: Workspace, **env: str) -> Ran:
    ran = space.run("plan", "--reveal", "--detailed-exitcode", env=env)
    assert_no_trace(ran)
    return ran


def test_the_second_plan_says_what_the_first_said(space: Workspace) -> None:
    without = plan(space, INTIME_CACHE="off")
    assert without.code == 0, without.out + without.err
    assert not entries(space)
    cold = plan(space)
    kept = {entry: entry.stat().st_mtime_ns for entry in entries(space)}
    assert [entry.parent.name for entry in kept] == ["files", "ledger"]
    warm = plan(space)
    assert cold == warm == without
    assert {entry: entry.stat().st_mtime_ns for entry in entries(space)} == kept


CHANGES = {
    "a number": ("0701740907", "0701749907"),
    "a name": ("Efternamn 599\n", "Efternamn 599b\n"),
    "a group less": ("Efternamn 0\n    groups: [Jour, Personal]", "Efternamn 0\n    groups: [Personal]"),
    "ensure": ("  - key: person.00300\n", "  - key: person.00300\n    ensure: absent\n"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_one_contact_that_changed_is_one_change(space: Workspace, change: str) -> None:
    plan(space)
    space.write("people.yaml", people(CHANGES[change]))
    cold, warm = plan(space), plan(space)
    assert cold == warm
    assert cold.code == 2
    assert len(space.changes()) == 1
    assert cold == plan(space, INTIME_CACHE="off")


def unreadable_key(space: Workspace) -> None:
    key(space).chmod(0o644)


def read_only(space: Workspace) -> None:
    for directory in directories(space):
        directory.chmod(0o500)


def in_the_way(space: Workspace) -> None:
    """A file where the entries should be."""
    for directory in directories(space)[1:]:
        for entry in directory.iterdir():
            entry.unlink()
        directory.rmdir()
        directory.write_text("")


def damaged(space: Workspace) -> None:
    for entry in entries(space):
        entry.write_bytes(entry.read_bytes()[:-9] + b"123456789")


def swapped(space: Workspace) -> None:
    one, other = entries(space)
    data = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(data)


@pytest.mark.parametrize("trouble", [unreadable_key, read_only, in_the_way, damaged, swapped])
@pytest.mark.parametrize("warm", [True, False])
def test_whatever_becomes_of_the_cache_the_plan_is_the_same(
    space: Workspace, trouble: Callable[[Workspace], None], warm: bool
) -> None:
    if trouble is read_only and os.geteuid() == 0:
        pytest.skip("nothing is read-only to the superuser")
    before = plan(space)
    assert before.code == 0
    assert len(entries(space)) == 2
    if not warm and trouble in (unreadable_key, read_only):
        for entry in entries(space):
            entry.unlink()
    trouble(space)
    assert plan(space) == before
    space.write("people.yaml", people(("0701740907", "0701749907")))
    assert plan(space).code == 2
