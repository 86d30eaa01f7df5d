"""The file of receipts: what is kept, how it is asked, and what is said when it cannot be used."""

from __future__ import annotations

import sqlite3
import stat
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from receipt_world import MOMENT, is_root, stored

from intime_sync.errors import IntimeSyncError
from intime_sync.receipts import Delivery, DeliveryCounts, Receipt, ReceiptStore
from intime_sync.receipts.deliveries import deliveries_of
from intime_sync.service.statuses import DeliveryOutcome, status_level


def test_every_status_is_kept_once_and_in_order(data):
    with ReceiptStore(data) as store:
        assert store.record_all([Receipt(7, "a", 21, MOMENT)])
        assert store.record_all([Receipt(7, "a", 20, MOMENT + timedelta(seconds=1))])
        assert not store.record_all([Receipt(7, "a", 21, MOMENT + timedelta(days=1))])
        assert store.record_all([Receipt(7, "b", 21, MOMENT)])
        assert store.of_messages([7, 8, 7]) == store.of_transids(["b", "a"]) == stored(data)
    assert [(kept.status, kept.transid) for kept in stored(data)] == [(21, "a"), (20, "a"), (21, "b")]


def test_times_come_back_as_the_same_moment_in_utc(data):
    here = timezone(timedelta(hours=2))
    with ReceiptStore(data) as store:
        store.record_all([Receipt(1, "", 20, datetime(2026, 7, 1, 9, 0, 0, 123456, tzinfo=here))])
    assert stored(data) == [Receipt(1, "", 20, datetime(2026, 7, 1, 7, 0, 0, 123456, tzinfo=UTC))]
    assert stored(data)[0].received_at.tzinfo is UTC


def test_thousands_of_ids_can_be_asked_for_at_once(data):
    with ReceiptStore(data) as store:
        store.record_all(Receipt(id, f"t{id}", 20, MOMENT) for id in range(1, 3001))
        assert len(store.of_transids(f"t{id}" for id in range(100_000))) == 2999 + 1
        assert len(store.of_messages(range(-5, 100_000))) == 3000
        assert store.of_messages([10**30, -(10**30), 0]) == []


def test_the_newest_messages_come_first_with_their_whole_history(data):
    with ReceiptStore(data) as store:
        for id, status in [(1, 21), (2, 20), (3, 0), (1, 20)]:
            store.record_all([Receipt(id, "t", status, MOMENT)])
        assert [delivery.message_id for delivery in store.latest(2)] == [1, 3]
        assert [delivery.message_id for delivery in store.latest(2, 2)] == [2]
        assert [receipt.status for receipt in store.latest(1)[0].receipts] == [21, 20]
        assert store.latest(5, 3) == []


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 6), st.sampled_from([0, 4, 7, 20, 21, 22])), max_size=25))
def test_counting_in_sql_is_counting_current_receipts(tmp_path_factory, reports):
    data = tmp_path_factory.mktemp("store") / "r.sqlite3"
    with ReceiptStore(data) as store:
        for id, status in reports:
            store.record_all([Receipt(id, "t", status, MOMENT)])
        found = [status_level(delivery.current.status).outcome for delivery in deliveries_of(stored(data)).values()]
        assert store.counts() == DeliveryCounts(*(found.count(outcome) for outcome in DeliveryOutcome))
        assert store.counts().total == len({id for id, _ in reports})
        assert all(isinstance(delivery, Delivery) for delivery in store.latest(10))


def test_only_the_owner_may_read_it_and_its_folder(data):
    with ReceiptStore(data) as store:
        store.record_all([Receipt(1, "t", 20, MOMENT)])
        assert {stat.S_IMODE(file.stat().st_mode) for file in data.parent.iterdir()} == {0o600}
        assert len(list(data.parent.iterdir())) == 3, "the log beside the database is private too"
        assert stat.S_IMODE(data.parent.stat().st_mode) == 0o700


def test_a_commit_waits_for_the_disk(data):
    with ReceiptStore(data) as store, closing(sqlite3.connect(data)) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        # What survives a loss of power cannot be seen from outside, and each connection has its own setting.
        assert store._db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_the_secret_is_made_once_and_is_long(data):
    with ReceiptStore(data) as store:
        made = store.secret()
        assert made == store.secret()
    with ReceiptStore(data) as store:
        assert store.secret() == made
    assert len(made) == 32


def test_a_batch_is_kept_whole_or_not_at_all(data):
    with ReceiptStore(data) as store:
        with pytest.raises(OverflowError):
            store.record_all([Receipt(1, "t", 20, MOMENT), Receipt(2**70, "t", 20, MOMENT)])
        assert stored(data) == []
        assert store.record_all([Receipt(1, "t", 20, MOMENT)])


def test_readers_never_make_the_file_and_see_what_is_committed_meanwhile(tmp_path):
    data = tmp_path / "r.sqlite3"
    assert ReceiptStore.open_existing(data) is None
    assert list(tmp_path.iterdir()) == []
    data.touch()
    assert ReceiptStore.open_existing(data) is None
    with ReceiptStore(data) as writer:
        reader = ReceiptStore.open_existing(data)
        assert reader is not None
        with reader:
            assert reader.of_messages([1]) == []
            writer.record_all([Receipt(1, "t", 20, MOMENT)])
            assert len(reader.of_messages([1])) == 1
            with pytest.raises(IntimeSyncError, match=r"cannot be used for receipts: .*readonly"):
                reader.record_all([Receipt(2, "t", 20, MOMENT)])
    assert len(stored(data)) == 1, "it can be read once no writer is left"


def test_a_reader_in_the_middle_of_things_hinders_no_writer(data):
    with ReceiptStore(data, patience=0.1) as writer:
        writer.record_all([Receipt(1, "t", 20, MOMENT)])
        with sqlite3.connect(data) as other:
            other.execute("BEGIN")
            other.execute("SELECT * FROM receipt").fetchone()
            assert writer.record_all([Receipt(2, "t", 20, MOMENT)])
        other.close()


@pytest.mark.parametrize("open_it", [ReceiptStore, ReceiptStore.open_existing])
@pytest.mark.parametrize(
    ("content", "said", "hint"),
    [
        (b"this is a text and not a database" * 50, "file is not a database", "another file with --data"),
        ("CREATE TABLE contact (id)", "a database of something else", "another file with --data"),
        ("PRAGMA application_id = 5", "a database of something else", "another file with --data"),
        ("PRAGMA application_id = 0x494E5452; PRAGMA user_version = 9", "a newer intime-sync", "that newer version"),
    ],
)
def test_what_is_not_a_file_of_receipts_is_refused_and_left_alone(tmp_path, open_it, content, said, hint):
    data = tmp_path / "other.sqlite3"
    if isinstance(content, bytes):
        data.write_bytes(content)
    else:
        db = sqlite3.connect(data)
        db.executescript(content)
        db.close()
    before = data.read_bytes()
    with pytest.raises(IntimeSyncError, match=said) as caught:
        open_it(data)
    assert str(data) in str(caught.value)
    assert hint in (caught.value.hint or "")
    assert data.read_bytes() == before


def test_a_folder_and_a_file_in_the_way_are_errors_with_a_hint(tmp_path):
    (tmp_path / "file").touch()
    for data in (tmp_path, tmp_path / "file" / "r.sqlite3"):
        with pytest.raises(IntimeSyncError, match="cannot be used for receipts") as caught:
            ReceiptStore(data)
        assert caught.value.hint


@pytest.mark.skipif(is_root(), reason="root may write everywhere")
def test_a_folder_without_rights_is_an_error_with_a_hint(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(IntimeSyncError, match="Permission denied"):
        ReceiptStore(tmp_path / "r.sqlite3")


def test_a_file_that_another_program_holds_is_an_error_and_later_works(data):
    with ReceiptStore(data, patience=0.05) as store:
        other = sqlite3.connect(data, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(IntimeSyncError, match="locked") as caught:
            store.record_all([Receipt(1, "t", 20, MOMENT)])
        assert "another program holds it" in (caught.value.hint or "")
        other.execute("ROLLBACK")
        other.close()
        assert store.record_all([Receipt(1, "t", 20, MOMENT)])


def test_no_status_is_confirmed_once_the_file_was_removed_or_replaced(data):
    with ReceiptStore(data) as store:
        store.record_all([Receipt(1, "t", 20, MOMENT)])
        away = data.rename(data.with_name("away"))
        with pytest.raises(IntimeSyncError, match="was removed or replaced while it was in use"):
            store.record_all([Receipt(2, "t", 20, MOMENT)])
        data.touch()
        with pytest.raises(IntimeSyncError, match="was removed or replaced"):
            store.check_writable()
        away.rename(data)
        assert store.record_all([Receipt(2, "t", 20, MOMENT)])


def test_many_threads_and_two_stores_lose_nothing(data):
    with ReceiptStore(data) as first, ReceiptStore(data) as second:

        def work(store: ReceiptStore, start: int) -> None:
            for id in range(start, start + 50):
                store.record_all([Receipt(id, "t", 20, MOMENT)])

        threads = [
            threading.Thread(target=work, args=(store, 1 + 50 * n)) for n, store in enumerate((first, second) * 2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(kept.message_id for kept in stored(data)) == list(range(1, 201))


def test_two_that_make_the_file_at_the_same_moment_share_it(tmp_path):
    for number in range(10):
        data = Path(tmp_path, f"{number}.sqlite3")
        gate = threading.Barrier(4)
        secrets: list[str] = []

        def make(data: Path = data, gate: threading.Barrier = gate, secrets: list[str] = secrets) -> None:
            gate.wait()
            with ReceiptStore(data) as store:
                secrets.append(store.secret())

        threads = [threading.Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(secrets) == 4
        assert len(set(secrets)) == 1
