"""Ledgers and journals that no checksum vouches for: whatever is damaged is refused, and nothing breaks later."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ledger_files import earlier_ledger, file_of, header_of, lines_of, sealed, unsealed

import intime_sync.applying
from intime_sync.applying.recovery import deltas_of_intent, deltas_of_receipts
from intime_sync.config.desired import load_desired
from intime_sync.errors import InvalidConfiguration, LedgerError
from intime_sync.kinds.registry import BY_NAME
from intime_sync.ledgers.file import FileLedgerStore
from intime_sync.ledgers.lines import ledger_from_lines, ledger_to_dict, ledger_to_lines
from intime_sync.ledgers.parts import delta_to_list, intent_to_dict
from intime_sync.ledgers.shapes import OPERATIONS
from intime_sync.model.ledger import (
    AccountRef,
    AudienceDigests,
    Carrier,
    Delta,
    Dispatch,
    DropCarrier,
    DropEntry,
    Entry,
    Intent,
    Ledger,
    PutCarrier,
    PutEntry,
)
from intime_sync.model.plan import Plan
from intime_sync.model.policy import Policy
from intime_sync.model.resource import KindName, RemoteId, Snapshot
from intime_sync.planning.context import Clock, PlanningContext
from intime_sync.planning.planner import make_plan
from intime_sync.render.json import plan_to_json
from intime_sync.render.text import plan_to_text

REF = AccountRef("embedded", "demo", "clinic-a")
GROUP, CONTACT, BLOCKED, REMINDER, MESSAGE = map(KindName, ("group", "contact", "blocklist", "reminder", "message"))
NOW = datetime(2036, 1, 1, tzinfo=UTC)
SINCE = "2036-01-01T00:00:00+00:00"
WANTED = """\
version: 1
owner: clinic-a
account: {url: embedded}
groups: [Jour, Natt]
contacts:
  - {key: anna, firstname: Anna, mobile: 0701740605, groups: [Jour]}
  - {key: per, email: per.ek@example.se}
blocklist: [0701740607]
reminders:
  - {key: tand, at: 2036-12-01T08:30, attendant: {firstname: Maja, mobile: 0701740608}}
messages:
  - {key: jul, send_at: 2036-12-24T08:00, sender: Klinik, body: God jul!, recipients: [{contact: anna}]}
"""
ANNA: dict[str, Any] = {"type": "sms", "firstname": "Anna", "mobile": "+46701740605", "groups": ["Jour"]}
REMINDED: dict[str, Any] = {
    "at": "2036-12-01T08:30",
    "organizer": {},
    "attendant": {"firstname": "Maja", "mobile": "+46701740608"},
    "active": True,
}
JUL: dict[str, Any] = {
    "send_at": "2036-12-24T08:00",
    "sender": "Kliniken",
    "body": "God jul!",
    "multisms": False,
    "flash": False,
    "check_blocklist": True,
    "anonymize": False,
    "recipients": ["+46701740609", {"contact": "anna", "mobile": "+46701740605"}],
    "groups": ["Jour"],
}
AUDIENCE = AudienceDigests("0a1b", "0a1b")
LEDGER = Ledger(
    "line",
    7,
    REF,
    {
        GROUP: {
            "Jour": Entry({"name": "Jour"}, RemoteId(3), True, {"on_delete": "delete_contacts"}, listed_as="JOUR")
        },
        CONTACT: {
            "anna": Entry(ANNA, RemoteId(4), carrier=RemoteId(5)),
            "bo": Entry({"type": "email", "email": "bo@example.se", "groups": []}, RemoteId(6), unknown=True),
        },
        BLOCKED: {"+46701740607": Entry({"mobile": "+46701740607"}, RemoteId(7), surplus=True)},
        REMINDER: {"tand": Entry(REMINDED, RemoteId(8))},
        MESSAGE: {
            "jul": Entry(
                JUL,
                RemoteId(9),
                audience=AUDIENCE,
                dispatch=Dispatch((RemoteId(9), RemoteId(10)), {"Jour": RemoteId(3)}),
            ),
            "nyår": Entry(JUL, unknown=True, dispatch=Dispatch(since=SINCE, earlier=(RemoteId(2),), cancelling=True)),
        },
    },
    {
        RemoteId(5): Carrier(
            "~clinic-a/all-0123456789ab", {"Jour": RemoteId(3)}, {"bo": RemoteId(6), "cia": None}, True
        )
    },
)
INTENTS = (
    Intent(1, "create", GROUP, ("Natt",), {"objects": [{"name": "Natt"}], "before": [3]}),
    Intent(2, "create", REMINDER, ("tand",), {"objects": [REMINDED], "before": []}),
    Intent(3, "update", REMINDER, ("tand",)),
    Intent(4, "remove", BLOCKED, ("+46701740607",)),
    Intent(5, "remove-duplicates", BLOCKED, ("12",)),
    Intent(6, "make-carriers", GROUP, ("~clinic-a/all-0123456789ab",)),
    Intent(7, "remove-carriers", GROUP, ("5",)),
    Intent(8, "add", CONTACT, ("anna",), {"carriers": [5], "reach": ["+46701740605"]}),
    Intent(9, "append", CONTACT, ("anna",), {"objects": [ANNA]}),
    Intent(
        10,
        "send-message",
        MESSAGE,
        ("jul",),
        {
            "object": JUL,
            "protect": False,
            "audience": asdict(AUDIENCE),
            "groups": {"Jour": 3},
            "since": SINCE,
            "earlier": [2],
        },
    ),
    Intent(11, "cancel-message", MESSAGE, ("jul",), {"ids": [9, 10]}),
)
DELTAS: tuple[Delta, ...] = (
    PutEntry(GROUP, "Natt", Entry({"name": "Natt"}, RemoteId(11))),
    DropEntry(CONTACT, "bo"),
    PutCarrier(RemoteId(12), Carrier("~clinic-a/all-ba9876543210", {})),
    DropCarrier(RemoteId(5)),
)


def in_lines(raw: Any) -> bytes:
    """A ledger as somebody leaves it who edited it: without the checksum and the CRCs."""
    return file_of(raw[0], map(unsealed, raw[1:]), checksum=False) if isinstance(raw, list) and raw else unsealed(raw)


def spelled(lines: Any) -> bytes:
    """A journal as earlier versions wrote it, without CRCs."""
    return b"".join(map(unsealed, lines if isinstance(lines, list) else [lines]))


def earlier_line(line: dict[str, Any]) -> dict[str, Any]:
    """A line of a journal as earlier versions wrote it."""
    detail = dict(line.get("detail", {}))
    if "audience" in detail:
        detail["options"] = detail.pop("audience")
    return {**line, "detail": detail} if detail else line


DOCUMENT = ledger_to_dict(LEDGER)
LINES: list[Any] = [header_of(DOCUMENT), *lines_of(DOCUMENT)]
OLD_TEXT = earlier_ledger(LEDGER, checksum=False)
OLD: dict[str, Any] = json.loads(OLD_TEXT)
JOURNAL: list[dict[str, Any]] = [
    {
        "journal": 7,
        "lineage": "line",
        "account": {"url": "embedded", "user": "demo", "owner": "clinic-a"},
        "format_version": "2",
    },
    *map(intent_to_dict, INTENTS),
    {"result": 1, "deltas": [delta_to_list(delta) for delta in DELTAS]},
]
OLD_LINES = [{name: value for name, value in JOURNAL[0].items() if name != "format_version"}, *JOURNAL[1:]]
OLD_LINES = [earlier_line(line) for line in json.loads(json.dumps(OLD_LINES))]
OLD_JOURNAL = spelled(OLD_LINES)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FileLedgerStore:
    return FileLedgerStore(tmp_path_factory.mktemp("ledger") / "ledger.json", REF)


@pytest.fixture(scope="module")
def desired(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("wanted")
    (folder / "intime.yaml").write_text(WANTED)
    return load_desired(folder, {}).desired


def go_on(store: FileLedgerStore, desired: Snapshot) -> Plan:
    """What the next run does with what it read, up to the first request."""
    view = store.read()
    nothing = Snapshot(dict.fromkeys(desired.resources, ()))
    for intent in view.open_intents:
        for delta in deltas_of_intent(intent, view.ledger, nothing):
            view.ledger.record(delta)
    for delta in deltas_of_receipts(
        view.ledger, {BY_NAME[MESSAGE].transid("jul", "+46701740605"): [(RemoteId(1), NOW)]}
    ):  # type: ignore[attr-defined]
        view.ledger.record(delta)
    context = PlanningContext(REF, Clock(NOW, ZoneInfo("Europe/Stockholm"), None), Policy())
    plan = make_plan(desired, nothing, view.ledger, context)
    plan_to_text(plan, color=False, width=80, mask=True)
    plan_to_json(plan, tool_version="0", created_at=NOW, mask=True)
    ledger_to_lines(view.ledger)
    return plan


def put(store: FileLedgerStore, ledger: bytes, journal: bytes | None) -> None:
    store.path.write_bytes(ledger)
    store.journal_path.unlink(missing_ok=True)
    if journal is not None:
        store.journal_path.write_bytes(journal)


def refused_or_used(store: FileLedgerStore, desired: Snapshot, what: object = "") -> None:
    """Never anything but one of the two; `what` was damaged."""
    refusal: LedgerError | None = None
    try:
        go_on(store, desired)
    except LedgerError as error:
        refusal = error
    except InvalidConfiguration:
        pass  # a changed digit may make a message one whose time has passed, which cannot be changed any more
    except Exception as error:
        error.add_note(f"damaged: {what!r}")
        raise
    assert refusal is None or refusal.hint


@pytest.mark.parametrize("earlier", [False, True])
def test_a_ledger_and_a_journal_without_checksums_are_used(
    store: FileLedgerStore, desired: Snapshot, earlier: bool
) -> None:
    ledger, journal = (OLD_TEXT, OLD_JOURNAL) if earlier else (in_lines(LINES), spelled(JOURNAL))
    put(store, ledger, None)
    assert store.read().ledger == LEDGER
    go_on(store, desired)
    put(store, ledger, journal)
    view = store.read()
    assert view.open_intents == INTENTS[1:]
    assert view.ledger.of(GROUP)["Natt"].remote_id == 11
    go_on(store, desired)


def test_every_operation_that_runs_write_down_is_known() -> None:
    """A new one belongs into `shapes.OPERATIONS`, or an old journal that has it would be refused."""
    written = set()
    for path in Path(intime_sync.applying.__file__).parent.glob("*.py"):
        module = importlib.import_module(f"intime_sync.applying.{path.stem}") if path.stem != "__init__" else None
        text = path.read_text()
        for word in re.findall(r"\.intend\(\s*([\w.\"-]+)", text):
            written.add(word.strip('"') if word.startswith('"') else getattr(module, word, word))
        written |= set(re.findall(r'^    operation = "([\w-]+)"', text, re.MULTILINE))
    assert written - {"goal.operation"} == OPERATIONS.keys()


# Every part of the shape, damaged one by one

FEW: list[Any] = [None, -1, "x", "\ud800", [], {}, [[]]]
OTHERS: list[Any] = [None, True, -1, 2**70, 1.5, "", "x", "\ud800", "\u0001", [], [None], ["x"], {}, {"x": {}}, [[]]]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all values in JSON."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in inner:
        yield from places(part, (*path, step))


def damaged(value: Any, path: tuple[Any, ...], others: list[Any]) -> Iterator[Any]:
    """The value with another one at `path`, without it, and, where it has a name, under another name."""
    if not path:
        yield from others
        return
    for other in others:
        copy, parent = _parent(value, path)
        if json.dumps(parent[path[-1]]) != json.dumps(other):
            parent[path[-1]] = other
            yield copy
    copy, parent = _parent(value, path)
    part = parent.pop(path[-1])
    yield deepcopy(copy)
    if isinstance(parent, dict):
        parent[f"{path[-1]}x"] = part
        yield copy


def _parent(value: Any, path: tuple[Any, ...]) -> tuple[Any, Any]:
    copy = deepcopy(value)
    parent = copy
    for step in path[:-1]:
        parent = parent[step]
    return copy, parent


def test_no_damage_to_the_shape_of_a_ledger_breaks_a_run(store: FileLedgerStore, desired: Snapshot) -> None:
    for path in places(LINES):
        for raw in damaged(LINES, path, FEW):
            put(store, in_lines(raw), None)
            refused_or_used(store, desired, path)


def test_no_damage_to_the_shape_of_an_earlier_ledger_breaks_a_run(store: FileLedgerStore, desired: Snapshot) -> None:
    for path in places(OLD):
        for raw in damaged(OLD, path, OTHERS):
            put(store, json.dumps(raw).encode(), None)
            refused_or_used(store, desired, path)


def test_no_damage_to_the_shape_of_a_journal_breaks_a_run(store: FileLedgerStore, desired: Snapshot) -> None:
    for path in places(OLD_LINES):
        for raw in damaged(OLD_LINES, path, FEW):
            put(store, OLD_TEXT, spelled(raw))
            refused_or_used(store, desired, path)


OPTIONAL = {
    *(
        "carrier",
        "id",
        "protect",
        "unknown",
        "dispatch",
        "surplus",
        "audience",
        "options",
        "listed_as",
        "going",
        "copies",
        "since",
        "earlier",
    ),
    *("cancelling", "mobile", "active", "firstname", "digest_key"),
}


def test_a_name_that_is_damaged_is_not_a_part_that_is_missing(store: FileLedgerStore) -> None:
    """Otherwise a contact would have lost its carrier, or a message its ids, and nobody would notice."""
    paths = [path for path in places(LINES) if path and path[-1] in OPTIONAL and path[-2] != "recipients"]
    paths = [path for path in paths if len(path) < 2 or path[-3:-2] != ("recipients",)]
    assert {path[-1] for path in paths} > {"carrier", "protect", "dispatch", "going", "active"}
    for path in paths:
        raw, parent = _parent(LINES, path)
        parent[f"{path[-1]}x"] = parent.pop(path[-1])
        put(store, in_lines(raw), None)
        with pytest.raises(LedgerError, match="not readable as one"):
            store.read()


# Bytes, one by one


def flipped(data: bytes, position: int, mask: int) -> bytes:
    return data[:position] + bytes([data[position] ^ mask]) + data[position + 1 :]


IN_LINES = in_lines(LINES)


@example(position=IN_LINES.index(b"2036-12-24") + 2, mask=1)
@settings(max_examples=300)
@given(st.integers(0, len(IN_LINES) - 1), st.integers(1, 255))
def test_a_flipped_byte_of_a_ledger_without_checksum_breaks_no_run(
    store: FileLedgerStore, desired: Snapshot, position: int, mask: int
) -> None:
    put(store, flipped(IN_LINES, position, mask), None)
    refused_or_used(store, desired)


@settings(max_examples=300)
@given(st.integers(0, len(OLD_TEXT) - 1), st.integers(1, 255))
def test_a_flipped_byte_of_an_old_ledger_breaks_no_run(
    store: FileLedgerStore, desired: Snapshot, position: int, mask: int
) -> None:
    put(store, flipped(OLD_TEXT, position, mask), None)
    refused_or_used(store, desired)


@settings(max_examples=300)
@given(st.integers(0, len(OLD_JOURNAL) - 1), st.integers(1, 255))
def test_a_flipped_byte_of_an_old_journal_breaks_no_run(
    store: FileLedgerStore, desired: Snapshot, position: int, mask: int
) -> None:
    put(store, OLD_TEXT, flipped(OLD_JOURNAL, position, mask))
    refused_or_used(store, desired)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 10**6), st.binary(max_size=4)), min_size=1, max_size=4))
@example([(0, 0, b"[" * 4)])
def test_bytes_that_are_lost_or_come_between_break_no_run(
    store: FileLedgerStore, desired: Snapshot, edits: list[tuple[int, int, bytes]]
) -> None:
    texts = [IN_LINES, OLD_JOURNAL]
    for which, position, new in edits:
        at = position % (len(texts[which]) + 1)
        texts[which] = texts[which][:at] + new + texts[which][at + 2 :]
    put(store, *texts)
    refused_or_used(store, desired)


def test_nesting_that_is_deep_but_readable_breaks_no_run(store: FileLedgerStore, desired: Snapshot) -> None:
    for depth in (50, 200, 900, 5000):
        deep = "[" * depth + "]" * depth
        for part in (
            '"options":{"on_delete":"delete_contacts"}',
            '"active":true',
            '"copies":{"bo":6,"cia":null}',
        ):
            text = IN_LINES.decode()
            assert part in text
            put(store, text.replace(part, f"{part.partition(':')[0]}: {deep}").encode(), None)
            refused_or_used(store, desired)


def test_a_ledger_of_a_newer_version_is_said_to_be_one() -> None:
    lines = [sealed(line) for line in LINES[1:]]
    newer = [line.replace(b'"listed_as"', b'"looks_like"') for line in map(unsealed, LINES[1:])]
    for header, content, said in (
        (LINES[0], [sealed(json.loads(line)) for line in newer], "holds `looks_like`, which this version"),
        ({**LINES[0], "moved_to": "s3://x"}, lines, "holds `moved_to`, which this version"),
        ({**LINES[0], "format_version": "3"}, lines, "format version '3'"),
    ):
        with pytest.raises(LedgerError, match=said) as raised:
            ledger_from_lines(file_of(header, content))
        assert "newer" in (raised.value.hint or "")
