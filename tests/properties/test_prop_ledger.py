"""What a ledger or a journal says survives being written, read, cut off and read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_ledgers import DELTAS, INTENTS, JSON, LEDGERS

from intime_sync.errors import LedgerError
from intime_sync.ledgers.codec import ledger_from_json, ledger_to_json
from intime_sync.ledgers.file import FileLedgerStore
from intime_sync.ledgers.journal import JournalWriter, read_journal
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
    text = "".join(ledger_to_json(ledger))
    assert ledger_from_json(text.encode()) == ledger
    assert json.loads(text)["serial"] == ledger.serial
    assert "".join(ledger_to_json(ledger_from_json(text.encode()))) == text


@given(LEDGERS, st.data())
def test_a_ledger_that_was_cut_off_is_refused(ledger: Ledger, data: st.DataObject) -> None:
    whole = "".join(ledger_to_json(ledger)).encode()
    with pytest.raises(LedgerError):
        ledger_from_json(whole[: data.draw(st.integers(0, len(whole) - 2))])


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_what_is_no_ledger_is_refused(data: bytes) -> None:
    with pytest.raises(LedgerError):
        ledger_from_json(data)


@given(DELTAS)
def test_a_delta_is_read_back_as_it_was(delta: Delta) -> None:
    assert delta_from_list(json.loads(json.dumps(delta_to_list(delta)))) == delta


@given(INTENTS)
def test_an_intent_is_read_back_as_it_was(intent: Intent) -> None:
    assert intent_from_dict(json.loads(json.dumps(intent_to_dict(intent)))) == intent


@given(LEDGERS, st.lists(DELTAS, max_size=8))
def test_deltas_may_be_recorded_twice(ledger: Ledger, deltas: list[Delta]) -> None:
    def fresh() -> Ledger:
        return ledger_from_json("".join(ledger_to_json(ledger)).encode())

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
