"""The cache: what it says is what the files say, and where that cannot be known, the files are read."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intime_sync import cache as cache_module
from intime_sync.cache import CACHE_DIRECTORY
from intime_sync.config import desired as desired_module
from intime_sync.config.desired import Configuration, load_desired
from intime_sync.config.files import IncludedFile
from intime_sync.errors import InvalidConfiguration
from intime_sync.model.table import Table

ROOT = (
    "version: 1\nowner: o\naccount: {{url: embedded, region: {region}}}\n"
    "include: [people/*.yaml, {{contacts: 't/*.csv'}}]\n"
)
ONE = (
    "contacts:\n- key: a\n  mobile: 0701740605\n  groups: [B, A]\n- key: b\n  email: b@example.se\n  protect: true\n"
)
TWO = "contacts:\n- mobile: 0701740606\n  ensure: absent\n- {key: d, mobile: '+46 701740605', groups: [A, A]}\n"
TABLE = "key;mobile;groups\nx;0701740609;A|B\ny;0701740600;\n"


class World:
    """A configuration whose every file is large enough, and how many of them were really read."""

    def __init__(self, directory: Path, environ: dict[str, str]) -> None:
        self.directory = directory
        self.environ = environ
        self.read: list[str] = []
        (directory / "people").mkdir(parents=True)
        (directory / "t").mkdir()
        self.write(ONE, TWO, TABLE)

    def write(self, one: str, two: str, table: str = TABLE, region: str = "SE") -> None:
        (self.directory / "intime.yaml").write_text(ROOT.format(region=region))
        (self.directory / "people" / "one.yaml").write_text(one)
        (self.directory / "people" / "two.yaml").write_text(two)
        (self.directory / "t" / "table.csv").write_text(table)

    def load(self, **environ: str) -> Configuration:
        self.read.clear()
        return load_desired(self.directory, {**self.environ, **environ})

    @property
    def entries(self) -> list[Path]:
        found = (self.directory / CACHE_DIRECTORY / "files").glob("*")
        return sorted(path for path in found if path.name != ".gitignore")


@pytest.fixture
def make_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], World]:
    worlds: list[World] = []

    def counted(file: IncludedFile, data: bytes) -> object:
        worlds[-1].read.append(file.name)
        return read_file(file, data)

    read_file = desired_module.read_file
    monkeypatch.setattr(desired_module, "read_file", counted)
    for module in (cache_module, desired_module):
        monkeypatch.setattr(module, "LEAST_BYTES", 1)

    def make() -> World:
        environ = {"XDG_CACHE_HOME": str(tmp_path / "home")}
        worlds.append(World(tmp_path / f"world-{len(worlds)}", environ))
        return worlds[-1]

    return make


@pytest.fixture
def world(make_world: Callable[[], World]) -> World:
    return make_world()


ALL = ["people/one.yaml", "people/two.yaml", "t/table.csv"]


def test_what_was_not_changed_is_not_read_again(world: World) -> None:
    first = world.load()
    assert world.read == ALL
    assert {warning.code for warning in first.warnings} == {"repeated-group", "shared-mobile"}
    assert world.load() == first
    assert world.read == []
    world.write(ONE, TWO.replace("key: d", "key: e"))
    changed = world.load()
    assert world.read == ["people/two.yaml"]
    assert changed == world.load(INTIME_CACHE="off") != first


def test_what_says_nothing_special_is_told_by_identity_as_when_read(world: World) -> None:
    world.load()
    again = world.load()
    (contacts,) = again.desired.resources.values()
    by_key = {contact.key: contact for contact in contacts}
    assert by_key["a"].wish is by_key["x"].wish
    assert by_key["b"].wish.protect is True


CONTACTS = st.fixed_dictionaries(
    {"key": st.sampled_from("abcdefg")},
    optional={
        "firstname": st.sampled_from(["Å", "'a b'", "a  b", '"\\x07"']),
        "mobile": st.sampled_from(["0701740605", "'+1 650 253 0000'", "1", "08-123 45", "0740000000"]),
        "email": st.sampled_from(["a@example.se", "B@Example.SE", "x"]),
        "type": st.sampled_from(["sms", "email"]),
        "groups": st.sampled_from(["[A]", "[A, A]", "[]", "\n  - B\n  - A"]),
        "ensure": st.just("absent"),
        "protect": st.sampled_from(["true", "false"]),
        "keyy": st.just("x"),
    },
)
FILES = st.lists(CONTACTS, max_size=3).map(
    lambda items: (
        "contacts:"
        + ("" if items else " []")
        + "".join(
            "\n- "
            + "\n  ".join(f"{name}:{value if value[0] == chr(10) else ' ' + value}" for name, value in item.items())
            for item in items
        )
        + "\n"
    )
)


def outcome(world: World, **environ: str) -> object:
    try:
        return world.load(**environ)
    except InvalidConfiguration as error:
        return error.problems


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES, FILES, st.sampled_from(["", "groups: [A]\n", "messages: []\n", "owner: x\n"]))
def test_a_hit_is_as_good_as_reading(make_world: Callable[[], World], one: str, two: str, more: str) -> None:
    world = make_world()
    world.write(one, more + two)
    read = outcome(world, INTIME_CACHE="off")
    assert not world.entries
    assert outcome(world) == read
    assert outcome(world) == read


def test_problems_between_files_have_their_exact_places_on_a_hit(world: World) -> None:
    world.write(ONE + "  groups: [Nowhere]\n", TWO)
    world.load()
    root = world.directory / "intime.yaml"
    root.write_text(root.read_text() + "groups: [A, B]\n")
    with pytest.raises(InvalidConfiguration) as hit:
        world.load()
    with pytest.raises(InvalidConfiguration) as read:
        world.load(INTIME_CACHE="off")
    assert hit.value.problems == read.value.problems
    assert any(str(problem).startswith("people/one.yaml:8:11:") for problem in hit.value.problems)


@pytest.mark.parametrize(
    "damage",
    [
        lambda _data: b"",
        lambda data: data[:-1],
        lambda data: data[:40],
        lambda data: data + b"\0",
        lambda data: data[:50] + bytes([data[50] ^ 1]) + data[51:],
        lambda data: bytes([data[0] ^ 1]) + data[1:],
        lambda _data: b"garbage" * 20,
    ],
)
def test_a_damaged_entry_is_made_anew(world: World, damage: Callable[[bytes], bytes]) -> None:
    first = world.load()
    for entry in world.entries:
        entry.write_bytes(damage(entry.read_bytes()))
    assert world.load() == first
    assert world.read == ALL
    world.load()
    assert world.read == []


def test_an_entry_is_not_believed_under_another_name(world: World) -> None:
    """Two files whose entries were swapped."""
    first = world.load()
    one, two, *_ = world.entries
    one_data, two_data = one.read_bytes(), two.read_bytes()
    one.write_bytes(two_data)
    two.write_bytes(one_data)
    assert world.load() == first
    assert len(world.read) == 2


def test_what_another_user_signed_is_not_believed(world: World, tmp_path: Path) -> None:
    world.load(XDG_CACHE_HOME=str(tmp_path / "other"))
    world.load()
    assert world.read == ALL


def test_another_region_or_version_reads_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.load()
    world.write(ONE, TWO, region="NO")
    with suppress(InvalidConfiguration):
        world.load()
    assert world.read == ALL
    world.write(ONE, TWO)
    world.load()
    assert world.read == []
    monkeypatch.setattr("intime_sync.__version__", "0")
    world.load()
    assert world.read == ALL
    found = cache_module._libraries()
    for name in ("phonenumberslite", "email_validator", "idna", "pyyaml", "jsonschema_rs", "tzdata", "openpyxl"):
        (installed,) = [each for each in found if each.lower().startswith(f"{name}-")]
        newer = [f"{name}-999.dist-info" if each == installed else each for each in found]
        with monkeypatch.context() as patch:
            patch.setattr(cache_module, "_libraries", lambda newer=newer: newer)
            cache_module._surroundings.cache_clear()
            world.load()
        assert world.read == ALL
    cache_module._surroundings.cache_clear()


def test_where_nobody_can_tell_what_is_installed_files_are_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(cache_module, "_libraries", list)
        cache_module._surroundings.cache_clear()
        world.load()
    cache_module._surroundings.cache_clear()
    assert not world.entries


def test_a_key_in_a_relative_place_would_be_in_the_repository(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(world.directory)
    monkeypatch.setenv("HOME", str(world.directory.parent / "somebody"))
    world.load(XDG_CACHE_HOME=".")
    assert not (world.directory / "intime-sync").exists()
    assert (world.directory.parent / "somebody" / ".cache" / "intime-sync" / "cache-key").exists()


def test_it_is_private_and_not_for_git(world: World) -> None:
    world.load()
    directory = world.directory / CACHE_DIRECTORY
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {entry.stat().st_mode & 0o777 for entry in world.entries} == {0o600}
    assert (directory / ".gitignore").read_text() == "*\n"


def test_without_a_place_to_write_files_are_read(world: World, tmp_path: Path) -> None:
    (world.directory / ".intime").write_text("not a directory")
    first = world.load()
    assert world.load() == first
    assert world.read == ALL
    (world.directory / ".intime").unlink()
    (tmp_path / "file").write_text("")
    assert world.load(XDG_CACHE_HOME=str(tmp_path / "file")) == first
    assert not world.entries


def test_a_key_that_others_can_read_is_not_used(world: World, tmp_path: Path) -> None:
    world.load()
    (tmp_path / "home" / "intime-sync" / "cache-key").chmod(0o644)
    world.load()
    assert world.read == ALL


def test_files_with_more_than_contacts_or_with_errors_are_not_kept(world: World) -> None:
    world.write(ONE + "blocklist: []\n", TWO + "- key: wrong\n")
    with pytest.raises(InvalidConfiguration):
        world.load()
    assert len(world.entries) == 1


def test_entries_that_no_run_needs_any_more_go(world: World) -> None:
    for number in range(12):
        world.write(ONE + f"# {number}\n", TWO)
        world.load()
    assert len(world.entries) == 6
    world.write(ONE + "# 10\n", TWO)
    world.load()
    assert world.read == []


def test_runs_at_the_same_time_do_not_disturb_each_other(world: World) -> None:
    first = world.load(INTIME_CACHE="off")

    def run(number: int) -> bool:
        if number % 3 == 0:
            for entry in world.entries:
                entry.unlink(missing_ok=True)
        return load_desired(world.directory, world.environ) == first

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(run, range(24)))
    assert not [entry for entry in world.entries if entry.suffix == ".tmp" or not entry.stat().st_size]
    assert (world.directory / CACHE_DIRECTORY).is_dir()


@pytest.mark.parametrize("part", [".intime", ".intime/cache", ".intime/cache/files"])
def test_a_link_that_a_repository_brings_along_leads_nowhere(world: World, tmp_path: Path, part: str) -> None:
    """Nothing is written, closed or removed where it points."""
    there = tmp_path / "somebody's"
    (there / "cache" / "files").mkdir(parents=True)
    (there / "files").mkdir()
    mine = [there / name / "mine.txt" for name in (".", "files", "cache", "cache/files")]
    for file in mine:
        file.write_text("precious")
        file.with_name(".gitignore").write_text("*.o")
        file.parent.chmod(0o755)
    (world.directory / part).parent.mkdir(parents=True, exist_ok=True)
    (world.directory / part).symlink_to(there)
    first = world.load()
    assert world.load() == first
    assert world.read == ALL
    assert [sorted(path.name for path in file.parent.iterdir() if path.is_file()) for file in mine] == [
        [".gitignore", "mine.txt"]
    ] * 4
    assert {file.with_name(".gitignore").read_text() for file in mine} == {"*.o"}
    assert {file.parent.stat().st_mode & 0o777 for file in mine} == {0o755}


def test_a_linked_gitignore_is_replaced_and_not_followed(world: World, tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("precious")
    (world.directory / CACHE_DIRECTORY).mkdir(parents=True)
    (world.directory / CACHE_DIRECTORY / ".gitignore").symlink_to(mine)
    world.load()
    assert mine.read_text() == "precious"
    assert (world.directory / CACHE_DIRECTORY / ".gitignore").read_text() == "*\n"


def test_only_entries_are_ever_swept_away(world: World) -> None:
    world.load()
    others = [world.directory / CACHE_DIRECTORY / "files" / name for name in ("notes.txt", "a" * 63, "b" * 65)]
    for other in others:
        other.write_text("mine")
    for number in range(5):
        world.write(ONE + f"# {number}\n", TWO + f"# {number}\n", TABLE + f"z{number};0701740611;\n")
        world.load()
    assert all(other.exists() for other in others)
    assert len(world.entries) == 6 + len(others)


def test_of_many_contacts_only_those_who_share_a_number_are_looked_at_one_by_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = "".join(f"- key: n{number}\n  email: n{number}@example.se\n" for number in range(300))
    family = "".join(f"- key: f{number}\n  mobile: 070174060{number}\n" for number in (5, 6, 5))
    world.write(
        f"contacts:\n{without}{family}".replace("f5", "f7", 1), "contacts: []\n", "key;mobile\nx;0701740605\n"
    )
    looked_at: list[int] = []
    get = Table.__getitem__

    def counted(table: Table[Any], index: Any) -> Any:
        looked_at.append(index)
        return get(table, index)

    monkeypatch.setattr(Table, "__getitem__", counted)
    for _ in ("cold", "warm"):
        looked_at.clear()
        warnings = world.load().warnings
        assert [(warning.code, str(warning.origin)) for warning in warnings] == [
            ("shared-mobile", "people/one.yaml:606:3"),
            ("shared-mobile", "t/table.csv:2:1"),
        ]
        assert looked_at == [300, 302, 303]
