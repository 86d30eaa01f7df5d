"""The ledger's file: who may read it, how it is replaced, and which journal is still to be believed."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ledger_files import earlier_ledger, read_ledger, sealed, unsealed

from intime_sync.errors import LedgerError, LedgerLocked
from intime_sync.ledgers.file import FileLedgerStore
from intime_sync.ledgers.journal import JournalWriter, read_journal
from intime_sync.ledgers.lines import ledger_from_lines, ledger_to_lines
from intime_sync.ledgers.lock import describe_holder, note_path
from intime_sync.model.ledger import AccountRef, DropEntry, Entry, Ledger, PutEntry
from intime_sync.model.resource import KindName, RemoteId

GROUP = KindName("group")
REF = AccountRef("embedded", "demo", "clinic-a")


def put(name: str) -> PutEntry:
    return PutEntry(GROUP, name, Entry({"name": name}))


@pytest.fixture
def store(tmp_path: Path) -> FileLedgerStore:
    return FileLedgerStore(tmp_path / "deep" / ".intime" / "ledger.json", REF)


def record(store: FileLedgerStore, *names: str) -> None:
    with store.hold("apply", 0) as session:
        session.record([put(name) for name in names])


def names(store: FileLedgerStore) -> list[str]:
    return sorted(store.read().ledger.of(GROUP))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_where_there_is_none_it_is_empty_and_nothing_is_made(store: FileLedgerStore) -> None:
    view = store.read()
    assert (view.ledger, view.open_intents) == (Ledger(lineage=""), ())
    assert not store.path.parent.exists()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_its_owner_can_read_any_of_its_files(store: FileLedgerStore, umask: int) -> None:
    before = os.umask(umask)
    try:
        with store.hold("apply", 0) as session:
            session.intend("create", GROUP, ["Jour"])
            assert mode(store.journal_path) == 0o600
            assert mode(note_path(store.lock_path)) & 0o077 == 0
            assert mode(store.lock_path) == 0o600
            session.settle(1, [put("Jour")])
    finally:
        os.umask(before)
    assert mode(store.path) == 0o600
    assert mode(store.path.parent) & 0o077 == 0


def test_a_ledger_that_everybody_could_read_is_closed_by_the_next_write(store: FileLedgerStore) -> None:
    record(store, "Jour")
    store.path.chmod(0o644)
    record(store, "Akut")
    assert mode(store.path) == 0o600


def test_it_is_replaced_in_one_step(store: FileLedgerStore) -> None:
    """Whoever has the old file open goes on reading the old ledger, whole."""
    record(store, "Jour")
    with store.path.open() as old:
        before = store.path.stat().st_ino
        record(store, "Akut")
        assert store.path.stat().st_ino != before
        assert "Akut" not in old.read()
    assert names(store) == ["Akut", "Jour"]
    left = {path.name for path in store.path.parent.iterdir()} - {store.lock_path.name}
    assert left == {"ledger.json"}


def test_a_ledger_that_cannot_be_replaced_stays_and_the_journal_with_it(
    store: FileLedgerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(store, "Jour")
    whole = store.path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    def run() -> None:
        with store.hold("apply", 0) as session:
            session.record([put("Akut")])
            monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(LedgerError, match="No space left"):
        run()
    monkeypatch.undo()
    assert store.path.read_bytes() == whole
    assert not list(store.path.parent.glob("*.tmp"))
    assert names(store) == ["Akut", "Jour"]
    record(store, "Kansli")
    assert names(store) == ["Akut", "Jour", "Kansli"]


def test_what_cannot_be_written_down_is_not_begun(store: FileLedgerStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.hold("apply", 0) as session:
        session.record([put("Jour")])
        size = store.journal_path.stat().st_size

        def full(_file: int, _data: bytes) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "write", full)
        with pytest.raises(LedgerError, match="No space left"):
            session.intend("create", GROUP, ["Akut"])
        with pytest.raises(LedgerError):
            session.record([put("Akut")])
        assert store.journal_path.stat().st_size == size
        assert session.open_intents == ()
        assert sorted(session.ledger.of(GROUP)) == ["Jour"]
        monkeypatch.undo()
    assert names(store) == ["Jour"]


# Lineage and serial


def test_a_new_ledger_gets_a_lineage_and_keeps_it(store: FileLedgerStore, tmp_path: Path) -> None:
    record(store, "Jour")
    first = store.read().ledger
    record(store, "Akut")
    second = store.read().ledger
    assert first.lineage
    assert (second.lineage, first.serial, second.serial) == (first.lineage, 1, 2)
    other = FileLedgerStore(tmp_path / "other.json")
    record(other, "Jour")
    assert other.read().ledger.lineage != first.lineage


def test_the_serial_grows_by_one_with_a_run_that_changed_something_and_not_else(store: FileLedgerStore) -> None:
    record(store, "Jour", "Akut")
    with store.hold("apply", 0) as session:
        for number in range(3):
            session.settle(session.intend("create", GROUP, ["x"]), [put(f"x{number}")])
            session.save()
    # A save in the middle of a run is a whole ledger of its own.
    assert store.read().ledger.serial > 1
    serial, whole = store.read().ledger.serial, store.path.read_bytes()
    with store.hold("apply", 0) as session:
        session.settle(session.intend("create", GROUP, ["y"]), [])
        session.record([])
    assert store.read().ledger.serial == serial
    assert store.path.read_bytes() == whole
    assert not store.journal_path.exists()


def test_a_run_that_changed_much_counts_once(store: FileLedgerStore) -> None:
    with store.hold("apply", 0) as session:
        for number in range(5):
            session.record([put(f"x{number}")])
    assert store.read().ledger.serial == 1


def test_a_reader_sees_the_serial_that_the_ledger_will_have(store: FileLedgerStore) -> None:
    """Else a plan made while a journal waits would be stale before anybody touched anything."""
    record(store, "Jour")
    _interrupted(store, "Akut")
    seen = store.read().ledger
    with store.hold("apply", 0) as session:
        assert (session.ledger.serial, session.ledger.lineage) == (seen.serial, seen.lineage)
    assert store.read().ledger == seen


def test_the_account_is_written_into_a_ledger_that_has_none_and_never_over_one(store: FileLedgerStore) -> None:
    record(store, "Jour")
    assert store.read().ledger.account == REF
    other = FileLedgerStore(store.path, AccountRef("https://example.se", "annan", "clinic-b"))
    record(other, "Akut")
    assert store.read().ledger.account == REF


# The journal


def _interrupted(store: FileLedgerStore, *names: str, intent: str | None = None) -> bytes:
    """What a run leaves that was killed after it settled `names`; the journal's bytes."""
    ledger = store.read().ledger
    writer = JournalWriter(store.journal_path)
    writer.start(ledger.lineage or "line", ledger.serial, REF)
    for name in names:
        writer.result(None, [put(name)])
    if intent is not None:
        from intime_sync.model.ledger import Intent

        writer.intent(Intent(1, "create", GROUP, (intent,)))
    writer.close()
    return store.journal_path.read_bytes()


def test_a_killed_runs_journal_is_read_and_then_folded_in(store: FileLedgerStore) -> None:
    record(store, "Jour")
    _interrupted(store, "Akut")
    assert names(store) == ["Akut", "Jour"]
    with store.hold("apply", 0):
        pass
    assert not store.journal_path.exists()
    assert names(store) == ["Akut", "Jour"]


def test_a_journal_without_a_ledger_is_enough(store: FileLedgerStore) -> None:
    store.path.parent.mkdir(parents=True)
    _interrupted(store, "Akut")
    assert (names(store), store.read().ledger.lineage, store.read().ledger.serial) == (["Akut"], "line", 1)


def test_a_journal_that_is_folded_in_twice_changes_nothing(store: FileLedgerStore) -> None:
    """The run died after it replaced the ledger and before it removed the journal."""
    record(store, "Jour")
    journal = _interrupted(store, "Akut")
    with store.hold("apply", 0):
        pass
    whole = store.path.read_bytes()
    store.journal_path.write_bytes(journal)
    assert names(store) == ["Akut", "Jour"]
    with store.hold("apply", 0) as session:
        assert session.open_intents == ()
    assert store.path.read_bytes() == whole


def test_a_stale_journal_brings_nothing_back(store: FileLedgerStore) -> None:
    record(store, "Jour")
    journal = _interrupted(store, "Akut", intent="Kansli")
    with store.hold("apply", 0) as session:
        session.settle(1, [])
    with store.hold("apply", 0) as session:
        session.record([DropEntry(GROUP, "Akut")])
    store.journal_path.write_bytes(journal)
    assert names(store) == ["Jour"]
    # Its results are old news, but what it began may still have to be looked for.
    assert [intent.keys for intent in store.read().open_intents] == [("Kansli",)]
    record(store, "Ny")
    assert names(store) == ["Jour", "Ny"]


@pytest.mark.parametrize(("lineage", "ahead"), [("annan", 0), ("annan", -1), (None, 1), (None, 98)])
def test_a_journal_that_does_not_belong_to_the_ledger_stops_and_both_are_kept(
    store: FileLedgerStore, lineage: str | None, ahead: int
) -> None:
    """Somebody put another ledger in its place: what the journal says is neither to be believed nor to be lost."""
    record(store, "Jour")
    ledger = store.read().ledger
    writer = JournalWriter(store.journal_path)
    writer.start(lineage or ledger.lineage, ledger.serial + ahead, REF)
    writer.result(None, [put("Främmande")])
    writer.close()
    before = (store.path.read_bytes(), store.journal_path.read_bytes())
    with pytest.raises(LedgerError) as raised:
        store.read()
    assert raised.value.hint
    with pytest.raises(LedgerError), store.hold("apply", 0):
        raise AssertionError("such a ledger must not be held")
    assert (store.path.read_bytes(), store.journal_path.read_bytes()) == before


def test_a_run_that_takes_over_has_a_serial_of_its_own(store: FileLedgerStore) -> None:
    """A plan made between the two runs must be told from one made after both."""
    record(store, "Jour")
    _interrupted(store, "Akut")
    seen = store.read().ledger.serial
    record(store, "Kansli")
    assert (seen, store.read().ledger.serial) == (2, 3)


def test_an_open_intent_keeps_its_journal_until_it_is_settled(store: FileLedgerStore) -> None:
    store.path.parent.mkdir(parents=True)
    _interrupted(store, "Jour", intent="Akut")
    assert [intent.keys for intent in store.read().open_intents] == [("Akut",)]
    with store.hold("plan", 0) as session:
        (intent,) = session.open_intents
    assert store.journal_path.exists()
    with store.hold("apply", 0) as session:
        assert session.open_intents == (intent,)
        assert session.intend("create", GROUP, ["Kansli"]) > intent.number
        session.settle(intent.number, [put("Akut")])
        session.settle(intent.number + 1, [])
    assert not store.journal_path.exists()
    assert names(store) == ["Akut", "Jour"]


def test_a_torn_last_line_is_cut_off_and_written_over(store: FileLedgerStore) -> None:
    store.path.parent.mkdir(parents=True)
    _interrupted(store, "Jour", "Akut")
    with store.journal_path.open("r+b") as file:
        file.truncate(store.journal_path.stat().st_size - 5)
    assert names(store) == ["Jour"]
    record(store, "Ö" * 50)
    assert names(store) == ["Jour", "Ö" * 50]


def test_a_journal_torn_before_its_first_line_was_whole_says_nothing(store: FileLedgerStore) -> None:
    store.path.parent.mkdir(parents=True)
    store.journal_path.write_bytes(b'{"journal": 0, "line')
    assert store.read().ledger.serial == 0
    record(store, "Jour")
    assert names(store) == ["Jour"]


@pytest.mark.parametrize(
    "damage",
    [
        b"[]\n",
        b"{}\n",
        b'{"journal": 0}\n',
        b"\xff\xfe\n",
        b"nonsense\n",
        b'{"journal":0,"lineage":"","account":null}\n7\n',
    ],
)
def test_a_damaged_journal_stops_and_is_kept(store: FileLedgerStore, damage: bytes) -> None:
    record(store, "Jour")
    store.journal_path.write_bytes(damage)
    with pytest.raises(LedgerError) as raised:
        store.read()
    assert raised.value.hint
    with pytest.raises(LedgerError), store.hold("apply", 0):
        raise AssertionError("a damaged journal must not be held")
    assert store.journal_path.read_bytes() == damage


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"format_version": "2"}',
        '{"format_version": "2"}\n',
        '{"format_version": "1"}\n',
        '{"format_version":"2","lineage":"x","serial":-1,"account":null}\n',
        '{"format_version":"2","lineage":"","serial":1,"account":null}\n',
        '{"format_version":"2","lineage":"x","serial":1,"account":null,"digest_key":"0"}\n',
        '{"format_version":"2","lineage":"x","serial":1,"account":null}\n[]\n',
        '{"format_version": "1", "lineage": "", "serial": "x", "account": null, "objects": {}, "carriers": {}}',
        '{"format_version": "1", "lineage": "", "serial": 1, "account": 3, "objects": {}, "carriers": {}}',
        '{"format_version": "1", "lineage": "", "serial": 1, "account": null, "objects": [], "carriers": {}}',
        '{"format_version": "1", "lineage": "", "serial": 1, "account": null, "objects": {}, "carriers": {"x": {}}}',
    ],
)
def test_a_damaged_ledger_stops_with_its_name_and_is_kept(store: FileLedgerStore, text: str) -> None:
    store.path.parent.mkdir(parents=True)
    store.path.write_text(text)
    with pytest.raises(LedgerError) as raised:
        store.read()
    assert str(store.path) in str(raised.value)
    assert raised.value.hint
    assert store.path.read_text() == text


# The lock


def test_the_lock_names_its_holder(store: FileLedgerStore) -> None:
    with store.hold("apply", 0), pytest.raises(LedgerLocked) as raised, store.hold("destroy", 0):
        raise AssertionError("two must not hold it")
    for word in ("apply", f"pid {os.getpid()}", "since 20"):
        assert word in str(raised.value)
    assert "--lock-timeout" in (raised.value.hint or "")
    assert raised.value.exit_code == 6


def test_the_lock_goes_with_its_holder_and_takes_its_note_along(store: FileLedgerStore) -> None:
    with pytest.raises(ZeroDivisionError), store.hold("apply", 0):
        raise ZeroDivisionError
    assert not note_path(store.lock_path).exists()
    with store.hold("apply", 0):
        pass


@pytest.mark.parametrize("note", [None, b"", b"{}", b"[]", b"\xff"])
def test_a_holder_that_has_not_said_who_it_is_is_no_error(tmp_path: Path, note: bytes | None) -> None:
    lock = tmp_path / "ledger.json.lock"
    if note is not None:
        note_path(lock).write_bytes(note)
    assert describe_holder(lock) == "it has not said who it is"


def test_reading_needs_no_lock(store: FileLedgerStore) -> None:
    with store.hold("apply", 0) as session:
        session.record([put("Jour")])
        assert names(store) == ["Jour"]


def test_what_failed_in_the_middle_is_saved_as_far_as_it_came(store: FileLedgerStore) -> None:
    def run() -> None:
        with store.hold("apply", 0) as session:
            session.record([put("Jour")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run()
    assert names(store) == ["Jour"]
    assert not store.journal_path.exists()


# The text


def test_the_text_is_one_object_a_line_in_the_order_of_keys() -> None:
    ledger = Ledger("line", 3, REF)
    for name in ("Ö", "B", "A"):
        ledger.record(put(name))
    _, *lines = ledger_to_lines(ledger).decode().splitlines()
    assert [line.partition(",{")[0] for line in lines] == [f'["put","group","{name}"' for name in "ABÖ"]


def test_a_folder_in_the_ledgers_place_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "ledger.json").mkdir()
    with pytest.raises(LedgerError, match="cannot be read"):
        FileLedgerStore(tmp_path / "ledger.json").read()
    (tmp_path / "x.journal").mkdir()
    with pytest.raises(LedgerError, match="cannot be read"):
        read_journal(tmp_path / "x.journal")


def test_what_is_settled_is_in_the_file_even_while_something_is_left_open(store: FileLedgerStore) -> None:
    with store.hold("apply", 0) as session:
        late = session.intend("create", "group", ["late"])
        session.settle(session.intend("create", "group", ["done"]), [put("done")])
    alone = ledger_from_lines(store.path.read_bytes())
    assert set(alone.of(GROUP)) == {"done"}
    view = store.read()
    assert [intent.number for intent in view.open_intents] == [late]
    assert (view.ledger.serial, view.ledger.lineage) == (alone.serial, alone.lineage)


# The format of earlier versions


def put_earlier(store: FileLedgerStore, *names: str) -> bytes:
    ledger = Ledger("line", 7, REF)
    for name in names:
        ledger.record(PutEntry(GROUP, name, Entry({"name": name}, RemoteId(3), surplus=name == "Jour#3")))
    store.path.parent.mkdir(parents=True, exist_ok=True)
    store.path.write_bytes(earlier_ledger(ledger))
    return store.path.read_bytes()


def copies(store: FileLedgerStore) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in store.path.parent.glob("*.bak*")}


def test_an_earlier_ledger_is_rewritten_by_the_next_save_and_kept(store: FileLedgerStore) -> None:
    earlier = put_earlier(store, "Jour", "Jour#3")
    store.path.chmod(0o644)
    before = store.read().ledger
    assert before.of(GROUP)["Jour#3"].surplus
    with store.hold("apply", 0):
        pass
    assert (store.path.read_bytes(), copies(store)) == (earlier, {}), "nothing was saved"
    record(store, "Akut")
    assert copies(store) == {"ledger.json.v1.bak": earlier}
    assert mode(store.path.with_name("ledger.json.v1.bak")) == 0o600
    assert read_ledger(store.path)["format_version"] == "2"
    after = store.read().ledger
    assert (after.lineage, after.serial, sorted(after.of(GROUP))) == ("line", 8, ["Akut", "Jour", "Jour#3"])
    assert {**after.of(GROUP), **before.of(GROUP)} == after.of(GROUP)
    record(store, "Kansli")
    assert copies(store) == {"ledger.json.v1.bak": earlier}


def test_a_copy_of_an_earlier_ledger_is_never_overwritten(store: FileLedgerStore) -> None:
    first = put_earlier(store, "Jour")
    record(store, "Akut")
    assert put_earlier(store, "Jour") == first, "it was put back"
    record(store, "Akut")
    assert copies(store) == {"ledger.json.v1.bak": first}
    second = put_earlier(store, "Natt")
    record(store, "Akut")
    assert copies(store) == {"ledger.json.v1.bak": first, "ledger.json.v1.bak2": second}


@pytest.mark.parametrize("checksums", [True, False])
def test_a_journal_beside_an_earlier_ledger_is_taken_up(store: FileLedgerStore, checksums: bool) -> None:
    earlier = put_earlier(store, "Jour")
    entry = {"id": 5, "options": {"surplus": True}, "attributes": {"name": "Natt"}}
    lines: list[dict[str, Any]] = [
        {"journal": 7, "lineage": "line", "account": None},
        {"intent": 1, "operation": "create", "kind": "group", "keys": ["Dag"], "detail": {}},
        {"result": None, "deltas": [["put", "group", "Natt", entry]]},
    ]
    store.journal_path.write_bytes(b"".join((sealed if checksums else unsealed)(line) for line in lines))
    assert store.read().ledger.of(GROUP)["Natt"] == Entry({"name": "Natt"}, RemoteId(5), surplus=True)
    with store.hold("apply", 0) as session:
        (intent,) = session.open_intents
        session.settle(intent.number, [put("Dag")])
    assert (names(store), copies(store)) == (["Dag", "Jour", "Natt"], {"ledger.json.v1.bak": earlier})
    assert not store.journal_path.exists()


def test_a_failure_while_it_is_rewritten_loses_nothing(
    store: FileLedgerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever of its steps fails, the next run goes on."""
    for failing in range(1, 10):
        for path in store.path.parent.glob("*"):
            path.unlink()
        earlier = put_earlier(store, "Jour")
        _interrupted(store, "Akut")
        steps = iter(range(1, 100))

        def step(_target: object, *_: object, real: Any, failing: int = failing, steps: Any = steps) -> Any:
            if next(steps) == failing:
                raise OSError(28, "No space left on device")
            return real(_target, *_)

        with monkeypatch.context() as patch:
            for name in ("fsync", "replace"):
                patch.setattr(os, name, partial(step, real=getattr(os, name)))
            with suppress(LedgerError), store.hold("apply", 0):
                pass
        record(store, "Kansli")
        assert names(store) == ["Akut", "Jour", "Kansli"]
        assert copies(store) == {"ledger.json.v1.bak": earlier}
        assert not list(store.path.parent.glob("*.tmp"))


# Another owner


def test_a_renamed_owner_is_one_step_with_a_serial_of_its_own(store: FileLedgerStore) -> None:
    record(store, "Jour")
    with store.hold("ledger rename-owner", 0) as session:
        session.rename_owner("clinic-b")
    ledger = store.read().ledger
    assert (ledger.account, ledger.serial, names(store)) == (AccountRef("embedded", "demo", "clinic-b"), 2, ["Jour"])
    assert not store.journal_path.exists()


@pytest.mark.parametrize("more", [False, True])
def test_what_is_open_stays_open_under_the_new_owner(store: FileLedgerStore, more: bool) -> None:
    record(store, "Jour")
    with store.hold("apply", 0) as session:
        session.intend("create", GROUP, ["Natt"])
        session.record([put("Dag")])
    with store.hold("ledger rename-owner", 0) as session:
        session.rename_owner("clinic-b")
        if more:
            session.record([put("Natt")])
    view = store.read()
    assert [intent.keys for intent in view.open_intents] == [("Natt",)]
    assert view.ledger.account == AccountRef("embedded", "demo", "clinic-b")
    assert names(store) == ["Dag", "Jour", *(["Natt"] if more else [])]
    with store.hold("apply", 0) as session:
        assert session.ledger.account == AccountRef("embedded", "demo", "clinic-b")
