"""Every damage to a ledger or a journal is one clear refusal; a link to a ledger stays one."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from ledger_files import earlier_ledger, file_of, header_of, lines_of, sealed, unsealed

from intime_sync.errors import LedgerError, LedgerLocked
from intime_sync.ledgers.file import FileLedgerStore, _is_mounted
from intime_sync.ledgers.format_one import ledger_from_json
from intime_sync.ledgers.journal import JournalWriter, read_journal
from intime_sync.ledgers.lines import ledger_from_lines, ledger_to_dict, ledger_to_lines
from intime_sync.model.ledger import AccountRef, Carrier, Entry, Intent, Ledger, PutEntry
from intime_sync.model.resource import KindName, RemoteId

REF = AccountRef("embedded", "demo", "clinic-a")
GROUP, CONTACT, REMINDER = KindName("group"), KindName("contact"), KindName("reminder")
ANNA: dict[str, Any] = {"type": "sms", "firstname": "Anna", "mobile": "+46701740605", "groups": ["Jour"]}
LEDGER = Ledger(
    "line",
    7,
    REF,
    {
        GROUP: {"Jour": Entry({"name": "Jour"}, RemoteId(3))},
        CONTACT: {"anna": Entry(ANNA, RemoteId(4), carrier=RemoteId(5))},
    },
    {RemoteId(5): Carrier("~clinic-a/all-0123456789ab", {"Jour": RemoteId(3)})},
)
WHOLE = ledger_to_lines(LEDGER)
EARLIER = earlier_ledger(LEDGER)
READERS = {WHOLE: ledger_from_lines, EARLIER: ledger_from_json}
both = pytest.mark.parametrize("whole", READERS, ids=["lines", "earlier"])


def flipped(data: bytes, position: int, mask: int) -> bytes:
    return data[:position] + bytes([data[position] ^ mask]) + data[position + 1 :]


@both
def test_what_was_written_is_read(whole: bytes) -> None:
    assert READERS[whole](whole) == LEDGER


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 2**64, -(2**63) - 1, 10**25, -(10**25)])
def test_numbers_of_any_size_are_read_as_they_were_written(number: int) -> None:
    ledger = Ledger("line", 7, REF, {GROUP: {"Jour": Entry({"name": "Jour"}, options={"x": number})}})
    assert ledger_from_lines(ledger_to_lines(ledger)) == ledger


@both
def test_no_flipped_byte_passes_unnoticed(whole: bytes) -> None:
    for position in range(len(whole)):
        for mask in (1, 2, 32, 128):
            with pytest.raises(LedgerError) as raised:
                READERS[whole](flipped(whole, position, mask))
            assert raised.value.hint


@both
def test_no_ledger_that_was_cut_off_is_read(whole: bytes) -> None:
    for length in range(len(whole) - 1):
        with pytest.raises(LedgerError):
            READERS[whole](whole[:length])


DOCUMENT = ledger_to_dict(LEDGER)
HEADER, *BODY = WHOLE.splitlines(keepends=True)


@pytest.mark.parametrize(
    ("damaged", "place"),
    [
        (WHOLE.replace(b"0605", b"0606"), "here.json:2: the ledger is not as it was written: the line is not"),
        (WHOLE.replace(b'"id":3', b'"id":4'), "here.json:3: the ledger is not as it was written: the line is not"),
        (HEADER + b"".join([BODY[0], BODY[1], *BODY[1:]]), "here.json:4: .* the line is doubled"),
        (HEADER + b"".join([BODY[1], BODY[0], BODY[2]]), "here.json:3: .* in another's place"),
        (HEADER + b"".join(BODY[1:]), "here.json:1: .* lines were removed"),
        (WHOLE.replace(b'"serial":7', b'"serial":8'), "here.json:1: .* the header was changed"),
        (WHOLE[:-10], "here.json:4: the ledger is cut off"),
        (HEADER[:-5], "here.json:1: the ledger is cut off"),
        (WHOLE.replace(b"\n", b"\r\n"), "here.json:"),
    ],
)
def test_the_damaged_line_is_named(damaged: bytes, place: str) -> None:
    with pytest.raises(LedgerError, match=place):
        ledger_from_lines(damaged, "here.json")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'["put","group","Natt",{"attributes":{"name":"Natt"}}\n', "here.json:5: the ledger is not readable"),
        (b'["put","group","Natt",{"attributes":{"name":7}}]\n', "here.json:5: the ledger is not readable"),
        (b'["put","group","Natt",{"attributes":{"nbme":"Natt"}}]\n', "here.json:5: the ledger is not readable"),
        (b'["put","group","Jour",{"attributes":{"name":"Jour"}}]\n', "here.json:5: .* is in the ledger twice"),
        (b'["put-carrier",5,{"name":"x","groups":{}}]\n', "here.json:5: .* is in the ledger twice"),
        (b'["drop","group","Jour"]\n', "here.json:5: the ledger is not readable"),
        (b"\n", "here.json:5: the ledger is not readable"),
    ],
)
def test_a_line_that_was_written_by_hand_and_is_wrong_is_named(line: bytes, said: str) -> None:
    with pytest.raises(LedgerError, match=said):
        ledger_from_lines(file_of(header_of(DOCUMENT), [*BODY, line], checksum=False), "here.json")


@pytest.mark.parametrize(
    "lines",
    [
        [BODY[0], BODY[0], *BODY[1:]],
        [BODY[1], BODY[0], BODY[1]],
        [*BODY, BODY[2]],
        [BODY[0].replace(b"\n", b",\n"), *BODY[1:]],
        [BODY[0].replace(b"\n", b""), *BODY[1:]],
        [sealed(["put", "contact", "anna", []])],
        [sealed(["put", "contact", 7, {}])],
        [sealed(["put", "group", [], {}])],
        [sealed(["put", "group"])],
        [sealed(["put-carrier", "5", {}])],
        [sealed(["put-carrier", 5, []])],
        [sealed(["drop", "group", "Jour"])],
        [b"\n"],
        [b'{"put":1}\n'],
        [b'["put","contact",\n'],
    ],
)
def test_a_checksum_makes_no_ledger_of_what_is_none(lines: list[bytes]) -> None:
    with pytest.raises(LedgerError):
        ledger_from_lines(file_of(header_of(DOCUMENT), lines))


def test_changed_digits_are_said_to_be_a_changed_ledger() -> None:
    for whole, reader in READERS.items():
        with pytest.raises(LedgerError, match="not as it was written") as raised:
            reader(whole.replace(b"0605", b"0606"))
        assert "by hand" in (raised.value.hint or "")


def test_who_edits_by_hand_removes_the_checksum() -> None:
    edited = re.sub(rb',"checksum":"[^"]*"', b"", WHOLE).replace(b"0605", b"0606")
    earlier = EARLIER[: EARLIER.rindex(b',\n  "checksum"')].replace(b"0605", b"0606") + b"\n}\n"
    for ledger in (ledger_from_lines(edited), ledger_from_json(earlier)):
        assert ledger.of(CONTACT)["anna"].attributes["mobile"] == "+46701740606"


@pytest.mark.parametrize("time", ["2026-03-02T09:00:00", "yesterday", 7])
def test_a_time_that_is_none_or_has_no_offset_is_refused(time: object) -> None:
    waiting = Entry({"name": "Jour"}, RemoteId(3), awaited="2026-03-02T09:00:00+00:00")
    ledger = Ledger("line", 7, REF, {GROUP: {"Jour": waiting}})
    document = ledger_to_dict(ledger)
    (items,) = lines_of(document)
    for line, checksum in ((sealed(items), True), (unsealed(items), False)):
        assert ledger_from_lines(file_of(header_of(document), [line], checksum=checksum)) == ledger
        wrong = line.replace(b'"2026-03-02T09:00:00+00:00"', json.dumps(time).encode())
        with pytest.raises(LedgerError):
            ledger_from_lines(file_of(header_of(document), [wrong], checksum=checksum))


@pytest.mark.parametrize("data", [b"[" * 200_000, b'{"a":' * 200_000, b'{"objects": ' + b"[" * 200_000])
def test_deep_nesting_is_refused(tmp_path: Path, data: bytes) -> None:
    for reader in (ledger_from_json, ledger_from_lines):
        for text in (data, HEADER + data + b"\n", b'{"format_version":"2",' + data):
            with pytest.raises(LedgerError):
                reader(text)
    (tmp_path / "journal").write_bytes(data + b"\n")
    with pytest.raises(LedgerError):
        read_journal(tmp_path / "journal")


# The journal


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    writer = JournalWriter(tmp_path_factory.mktemp("journal") / "journal")
    writer.start("line", 7, REF)
    writer.intent(Intent(1, "create", GROUP, ("Natt",), {"objects": [{"name": "Natt"}]}))
    writer.result(1, [PutEntry(GROUP, "Natt", Entry({"name": "Natt"}, RemoteId(9)))])
    writer.intent(Intent(2, "create", GROUP, ("Dag",), {"objects": [{"name": "Dag"}]}))
    writer.close()
    return writer.path.read_bytes()


def test_no_flipped_byte_of_a_journal_passes_unnoticed(journal: bytes, tmp_path: Path) -> None:
    path = tmp_path / "journal"
    for position in range(len(journal)):
        for mask in (1, 2, 32):
            path.write_bytes(flipped(journal, position, mask))
            with pytest.raises(LedgerError) as raised:
                read_journal(path)
            assert raised.value.hint


def test_a_journal_that_was_cut_off_keeps_its_whole_lines(journal: bytes, tmp_path: Path) -> None:
    path = tmp_path / "journal"
    ends = [at for at, byte in enumerate(journal) if byte == ord("\n")]
    for length in range(len(journal)):
        path.write_bytes(journal[:length])
        content = read_journal(path)
        lines = sum(end < length for end in ends)
        assert (content is None) == (lines == 0)
        if content is not None:
            assert (len(content.deltas), sorted(content.open)) == {
                1: (0, []),
                2: (0, [1]),
                3: (1, []),
            }[lines]


# Links


def add(store: FileLedgerStore, name: str) -> None:
    with store.hold("apply", 0) as session:
        session.record([PutEntry(GROUP, name, Entry({"name": name}))])


def test_a_link_stays_a_link_and_everything_lies_beside_its_target(tmp_path: Path) -> None:
    shared, here = tmp_path / "shared" / "ledger.json", tmp_path / "here" / "ledger.json"
    shared.parent.mkdir()
    here.parent.mkdir()
    here.symlink_to(shared)
    add(FileLedgerStore(here, REF), "Jour")
    assert here.is_symlink()
    assert sorted(FileLedgerStore(shared).read().ledger.of(GROUP)) == ["Jour"]
    assert list(here.parent.iterdir()) == [here]


def test_two_who_share_a_target_exclude_each_other(tmp_path: Path) -> None:
    target = tmp_path / "ledger.json"
    for name in ("one", "two"):
        (tmp_path / name).symlink_to(target)
    one, two = FileLedgerStore(tmp_path / "one", REF), FileLedgerStore(tmp_path / "two", REF)
    with one.hold("apply", 0), pytest.raises(LedgerLocked), two.hold("apply", 0):
        raise AssertionError("both held it")


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(LedgerError):
        FileLedgerStore(tmp_path / "a").read()


def test_a_second_hard_link_is_refused_since_replacing_would_part_them(tmp_path: Path) -> None:
    store = FileLedgerStore(tmp_path / "ledger.json", REF)
    add(store, "Jour")
    os.link(store.path, tmp_path / "other.json")
    with pytest.raises(LedgerError, match="another hard link"):
        add(store, "Natt")
    assert store.path.read_bytes() == (tmp_path / "other.json").read_bytes()


def test_a_file_that_is_a_mount_point_is_told_from_others(tmp_path: Path) -> None:
    path = tmp_path / "the ledger.json"
    mounts = tmp_path / "mountinfo"
    escaped = str(path).replace(" ", "\\040")
    mounts.write_text(f"22 1 0:21 / / rw - ext4 /dev/sda rw\n36 22 0:21 /x {escaped} rw - ext4 /dev/sda rw\n")
    assert _is_mounted(path, mounts)
    assert not _is_mounted(tmp_path, mounts)
    assert not _is_mounted(path, tmp_path / "missing")
