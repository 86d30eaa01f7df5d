"""What a ledger or a journal says survives being written, read, cut off and read again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ledger_files import earlier_ledger, lines_of, read_ledger
from made_up_ledgers import DELTAS, INTENTS, JSON, KINDS, LEDGERS

from intime_sync.errors import LedgerError
from intime_sync.ledgers.file import FileLedgerStore
from intime_sync.ledgers.format_one import ledger_from_json
from intime_sync.ledgers.journal import JournalWriter, read_journal
from intime_sync.ledgers.lines import is_json_lines, ledger_from_lines, ledger_to_dict, ledger_to_lines
from intime_sync.ledgers.parts import delta_from_list, delta_to_list, intent_from_dict, intent_to_dict
from intime_sync.model.ledger import (
    AccountRef,
    Delta,
    Entry,
    Intent,
    Ledger,
    PutEntry,
)
from intime_sync.model.resource import KindName


@given(LEDGERS)
def test_a_ledger_is_read_back_as_it_was(ledger: Ledger) -> None:
    data = ledger_to_lines(ledger)
    assert ledger_from_lines(data) == ledger
    assert ledger_to_lines(ledger_from_lines(data)) == data


@given(LEDGERS)
def test_its_lines_say_what_is_shown_and_are_sorted(folder: Path, ledger: Ledger) -> None:
    path = folder / "written.json"
    path.write_bytes(ledger_to_lines(ledger))
    document = read_ledger(path)
    del document["checksum"]
    assert document == json.loads(json.dumps(ledger_to_dict(ledger)))
    lines = lines_of(document)
    assert lines == sorted(lines, key=lambda items: (items[0], *items[1 : len(items) - 1]))
    assert path.read_bytes().count(b"\n") == 1 + len(lines)


@given(LEDGERS)
def test_a_ledger_of_an_earlier_version_is_the_same_ledger(ledger: Ledger) -> None:
    data = earlier_ledger(ledger)
    assert not is_json_lines(data)
    assert ledger_from_json(data) == ledger
    assert ledger_from_lines(ledger_to_lines(ledger_from_json(data))) == ledger


@given(LEDGERS, KINDS)
def test_one_kind_is_read_without_the_others(ledger: Ledger, kind: KindName) -> None:
    read = ledger_from_lines(ledger_to_lines(ledger), only=kind)
    assert read.of(kind) == ledger.of(kind)
    assert read.objects.keys() <= {kind}
    assert replace(read, objects={}) == replace(ledger, objects={})


@given(LEDGERS, st.data())
def test_a_ledger_that_was_cut_off_is_refused(ledger: Ledger, data: st.DataObject) -> None:
    whole = ledger_to_lines(ledger)
    with pytest.raises(LedgerError):
        read(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(LEDGERS, st.data())
def test_any_damage_to_any_bytes_is_noticed(ledger: Ledger, data: st.DataObject) -> None:
    whole = ledger_to_lines(ledger)
    at = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, 4))
    damaged = whole[:at] + data.draw(st.binary(max_size=4)) + whole[at + length :]
    assume(damaged != whole)
    with pytest.raises(LedgerError) as raised:
        read(damaged)
    assert raised.value.hint


@given(LEDGERS, st.data())
def test_a_line_that_was_doubled_moved_or_removed_is_noticed(ledger: Ledger, data: st.DataObject) -> None:
    header, *lines = ledger_to_lines(ledger).splitlines(keepends=True)
    picked = data.draw(st.lists(st.sampled_from(lines), max_size=len(lines) + 1) if lines else st.just([]))
    assume(picked != lines)
    with pytest.raises(LedgerError, match=r"^ledger:\d+: the ledger is not as it was written"):
        read(header + b"".join(picked))


def read(data: bytes) -> Ledger:
    """As the file is read."""
    return ledger_from_lines(data) if is_json_lines(data) else ledger_from_json(data)


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_what_is_no_ledger_is_refused(data: bytes) -> None:
    for reader in (ledger_from_lines, ledger_from_json):
        with pytest.raises(LedgerError):
            reader(data)


@given(DELTAS)
def test_a_delta_is_read_back_as_it_was(delta: Delta) -> None:
    assert delta_from_list(json.loads(json.dumps(delta_to_list(delta)))) == delta


@given(INTENTS)
def test_an_intent_is_read_back_as_it_was(intent: Intent) -> None:
    assert intent_from_dict(json.loads(json.dumps(intent_to_dict(intent)))) == intent


@given(LEDGERS, st.lists(DELTAS, max_size=8))
def test_deltas_may_be_recorded_twice(ledger: Ledger, deltas: list[Delta]) -> None:
    def fresh() -> Ledger:
        return ledger_from_lines(ledger_to_lines(ledger))

    once, twice = fresh(), fresh()
    for delta in deltas:
        once.record(delta)
    for delta in deltas * 2:
        twice.record(delta)
    assert once == twice


BATCHES = st.lists(st.tuples(st.booleans(), st.booleans(), st.lists(DELTAS, max_size=2)), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("journal")


@settings(max_examples=15)
@given(BATCHES, st.none() | st.just(AccountRef("embedded", "demo", "clinic-å")))
def test_a_journal_cut_at_any_byte_says_a_prefix_of_what_was_settled(
    folder: Path, written: list[tuple[bool, bool, list[Delta]]], account: AccountRef | None
) -> None:
    path = folder / "ledger.json.journal"
    path.unlink(missing_ok=True)
    writer = JournalWriter(path)
    writer.start("line", 7, account)
    ends: list[tuple[int, list[Delta], set[int]]] = [(path.stat().st_size, [], set())]
    deltas: list[Delta] = []
    begun: set[int] = set()
    for number, (with_intent, settled, found) in enumerate(written, 1):
        if with_intent:
            writer.intent(Intent(number, "create", KindName("group"), ("Ö",)))
            begun = begun | {number}
            ends.append((path.stat().st_size, list(deltas), begun))
        if settled or not with_intent:
            writer.result(number if with_intent else None, found)
            deltas += found
            begun = begun - {number}
            ends.append((path.stat().st_size, list(deltas), begun))
    writer.close()
    whole = path.read_bytes()
    assert ends[-1][0] == len(whole)
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        content = read_journal(path)
        done = [(said, still) for end, said, still in ends if end <= cut]
        if not done:
            assert content is None
            continue
        assert content is not None
        assert (content.lineage, content.serial, content.account) == ("line", 7, account)
        assert (content.deltas, set(content.open)) == done[-1]


@settings(max_examples=15)
@given(st.lists(st.lists(DELTAS, min_size=1, max_size=2), min_size=1, max_size=3), st.data())
def test_a_run_that_died_while_writing_is_gone_on_with(
    folder: Path, written: list[list[Delta]], data: st.DataObject
) -> None:
    store = FileLedgerStore(folder / "resumed.json")
    for path in (store.path, store.journal_path):
        path.unlink(missing_ok=True)
    writer = JournalWriter(store.journal_path)
    writer.start("line", 0, None)
    first = store.journal_path.stat().st_size
    ends = []
    for deltas in written:
        writer.result(None, deltas)
        ends.append(store.journal_path.stat().st_size)
    writer.close()
    cut = data.draw(st.integers(first, ends[-1]))
    with store.journal_path.open("r+b") as file:
        file.truncate(cut)
    expected = Ledger("line")
    kept = [deltas for deltas, end in zip(written, ends, strict=True) if end <= cut]
    last: Delta = PutEntry(KindName("group"), "sist", Entry({"name": "sist"}))
    for delta in [*(delta for deltas in kept for delta in deltas), last]:
        expected.record(delta)
    with store.hold("apply", 0) as session:
        session.record([last])
    assert not store.journal_path.exists()
    ledger = store.read().ledger
    assert (ledger.objects, ledger.carriers) == (expected.objects, expected.carriers)
    # What the dead run settled is a serial of its own.
    assert (ledger.lineage, ledger.serial) == ("line", 1 + bool(kept))
