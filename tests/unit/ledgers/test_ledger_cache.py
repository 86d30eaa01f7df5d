"""A large ledger is recalled from the cache: always as its file says, and its journal on top of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from intime_sync import cache as cache_module
from intime_sync.cache import CACHE_DIRECTORY, FileCache, open_cache
from intime_sync.errors import LedgerError
from intime_sync.ledgers import file as file_module
from intime_sync.ledgers.codec import ledger_from_json, ledger_to_json
from intime_sync.ledgers.file import FileLedgerStore
from intime_sync.ledgers.journal import JournalWriter
from intime_sync.model.entries import Entries
from intime_sync.model.ledger import AccountRef, Carrier, Delta, DropEntry, Entry, Ledger, PutCarrier, PutEntry
from intime_sync.model.resource import KindName, RemoteId

CONTACT, GROUP = KindName("contact"), KindName("group")
REF = AccountRef("embedded", "demo", "clinic-a")


def contact(id: int, name: str = "Åsa") -> Entry:
    attributes = {"type": "sms", "firstname": name, "mobile": "+46701740605", "groups": ["Jour"]}
    return Entry(attributes, RemoteId(id), carrier=RemoteId(1))


def made() -> Ledger:
    contacts = {f"k{id}": contact(id) for id in range(5)}
    contacts["odd"] = Entry({"type": "sms", "mobile": "+46701740606", "groups": []}, protect=True)
    objects = {GROUP: {"Jour": Entry({"name": "Jour"}, RemoteId(3))}, CONTACT: contacts}
    return Ledger("line", 4, REF, objects, {RemoteId(1): Carrier("~clinic-a/1", {"Jour": RemoteId(3)})})


class World:
    """A ledger in a file that counts as large, and how often it was understood anew."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.environ = {"XDG_CACHE_HOME": str(directory / "home")}
        self.understood = 0
        self.store = FileLedgerStore(directory / "ledger.json", REF, self.open)
        self.write("".join(ledger_to_json(made())).encode())

    def open(self) -> FileCache | None:
        return open_cache(self.directory, self.environ, "ledger", ())

    def write(self, data: bytes) -> None:
        self.store.path.write_bytes(data)

    def read(self) -> Ledger:
        return self.store.read().ledger

    @property
    def entries(self) -> list[Path]:
        return sorted((self.directory / CACHE_DIRECTORY / "ledger").glob("*"))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path)

    def counted(data: bytes) -> Ledger:
        world.understood += 1
        return ledger_from_json(data)

    monkeypatch.setattr(file_module, "ledger_from_json", counted)
    monkeypatch.setattr(file_module, "LEAST_BYTES", 1)
    return world


def test_it_is_understood_once_and_recalled_as_it_is(world: World) -> None:
    assert world.read() == made()
    again = world.read()
    assert isinstance(again.objects[CONTACT], Entries)
    assert again == made()
    assert list(again.objects) == list(ledger_from_json(world.store.path.read_bytes()).objects)
    assert "".join(ledger_to_json(again)) == "".join(ledger_to_json(made()))
    assert world.understood == 1


@pytest.mark.parametrize("old", [b'"Jour": 3', b'"id": 4', b'"serial": 4', b"k3", b"06051", b'"lineage": "line'])
def test_a_ledger_that_changed_by_one_byte_is_read_anew(world: World, old: bytes) -> None:
    whole = "".join(ledger_to_json(made())).encode()
    data = whole[: whole.rindex(b',\n  "checksum"')].replace(b"0605", b"06051") + b"\n}\n"
    world.write(data)
    before = world.read()
    at = data.index(old) + len(old) - 1
    world.write(data[:at] + b"8" + data[at + 1 :])
    after = world.read()
    assert world.understood == 2
    assert after == ledger_from_json(world.store.path.read_bytes()) != before


@pytest.mark.parametrize(
    "damage",
    [
        lambda _data: b"",
        lambda data: data[:31],
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: data[:60] + bytes([data[60] ^ 1]) + data[61:],
        lambda data: bytes([data[0] ^ 1]) + data[1:],
    ],
)
def test_a_damaged_entry_is_not_believed(world: World, damage: Callable[[bytes], bytes]) -> None:
    world.read()
    (entry,) = world.entries
    entry.write_bytes(damage(entry.read_bytes()))
    assert world.read() == made()
    assert world.understood == 2
    world.read()
    assert world.understood == 2


def test_an_entry_of_another_ledger_or_another_user_is_not_believed(world: World, tmp_path: Path) -> None:
    world.read()
    (entry,) = world.entries
    other = made()
    other.serial = 5
    world.write("".join(ledger_to_json(other)).encode())
    world.read()
    (newer,) = set(world.entries) - {entry}
    newer.write_bytes(entry.read_bytes())
    assert world.read().serial == 5
    world.environ["XDG_CACHE_HOME"] = str(tmp_path / "elsewhere")
    assert world.read().serial == 5
    assert world.understood == 4


@pytest.mark.parametrize(
    "break_it",
    [
        lambda world: (world.directory / ".intime").write_text("not a directory"),
        lambda world: (world.directory / "home").write_text("no place for a key"),
        lambda world: (world.directory / ".intime").symlink_to(world.directory),
    ],
)
def test_where_nothing_can_be_kept_it_is_read_every_time(world: World, break_it: Callable[[World], object]) -> None:
    break_it(world)
    assert world.read() == world.read() == made()
    assert (world.understood, world.entries) == (2, [])


def test_what_a_run_settled_is_folded_in_and_stays_out_of_the_cache(world: World) -> None:
    deltas: list[Delta] = [
        PutEntry(CONTACT, "k1", contact(9, "Bo")),
        PutEntry(CONTACT, "new", contact(10)),
        DropEntry(CONTACT, "k2"),
        DropEntry(CONTACT, "odd"),
        PutCarrier(RemoteId(2), Carrier("~clinic-a/2", {})),
    ]
    expected = made()
    for delta in deltas:
        expected.record(delta)
    expected.serial += 1
    for _ in range(2):
        writer = JournalWriter(world.store.journal_path)
        writer.start("line", 4, REF)
        writer.result(None, deltas)
        writer.close()
        assert world.read() == expected
        world.store.journal_path.unlink()
        assert world.read() == made()
    assert world.understood == 1
    with world.store.hold("apply", 0) as session:
        session.record(deltas)
    expected.digest_key = world.read().digest_key
    assert expected.digest_key
    assert world.read() == expected
    assert ledger_from_json(world.store.path.read_bytes()) == expected


def test_a_recalled_ledger_that_somebody_changes_does_not_change_the_next(world: World) -> None:
    world.read()
    world.read().record(DropEntry(CONTACT, "k1"))
    world.read().objects.clear()
    assert world.read() == made()


def test_a_large_file_that_is_no_ledger_is_refused_every_time(world: World) -> None:
    for data in (b"[]" * 9, b'{"format_version": "1"}', b'{"format_version": "2", "objects": []}'):
        world.write(data)
        for _ in range(2):
            with pytest.raises(LedgerError):
                world.read()
    assert not world.entries


def test_another_version_of_the_reader_reads_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.read()
    with monkeypatch.context() as patch:
        patch.setattr(cache_module, "_libraries", lambda: ["orjson-999.dist-info"])
        cache_module._surroundings.cache_clear()
        assert world.read() == made()
    cache_module._surroundings.cache_clear()
    assert world.understood == 2
    assert world.read() == made()
    assert world.understood == 2
