"""Every answer of the receiver, over real HTTP: codes, bodies, headers, limits, and what goes on when it breaks."""

from __future__ import annotations

import gc
import logging
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from callers import connected
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from receipt_world import PATH_SECRET, Caller, calling, stored

from intime_sync.receipts import ReceiveOptions, RunningReceipts, run_in_thread, serve_receipts
from intime_sync.receipts.app import LARGEST_BODY

FULL = "database or disk is full"
FORM = {"messageid": 4711, "status": 20, "transid": "a-1"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningReceipts]:
    """One receiver for tests that leave nothing behind."""
    data = tmp_path_factory.mktemp("shared") / "r.sqlite3"
    with run_in_thread(ReceiveOptions(data, PATH_SECRET)) as receiver:
        yield receiver


def test_a_status_is_stored_and_answered_with_the_message_id_alone(caller: Caller, data: Path):
    before = datetime.now(UTC)
    code, text, headers = caller.request(
        "POST",
        caller.path,
        "messageid=4711&status=20&transid=a-1",
        Content_Type="application/x-www-form-urlencoded; charset=iso-8859-1",
    )
    assert (code, text, headers["content-type"]) == (200, "4711", "text/plain")
    (kept,) = stored(data)
    assert (kept.message_id, kept.status, kept.transid) == (4711, 20, "a-1")
    assert before <= kept.received_at <= datetime.now(UTC)


def test_a_repeat_is_answered_alike_and_adds_nothing(caller: Caller, data: Path):
    assert [caller.post(FORM) for _ in range(3)] == [(200, "4711")] * 3
    assert caller.post({**FORM, "status": 21}) == (200, "4711")
    assert [kept.status for kept in stored(data)] == [20, 21]


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded;charset=nonsense", "x"]
)
def test_the_content_type_does_not_matter(caller: Caller, data: Path, content_type: str | None):
    headers = {} if content_type is None else {"Content_Type": content_type}
    assert caller.post("messageid=1&status=20&transid=t", **headers) == (200, "1")
    assert caller.post("", f"{caller.path}?MessageID=2&Status=21&TransId=t") == (200, "2")
    assert caller.post("messageid=3", f"{caller.path}?messageid=4&status=0") == (200, "3")
    assert [(kept.message_id, kept.status, kept.transid) for kept in stored(data)] == [
        *((1, 20, "t"), (2, 21, "t"), (3, 0, "")),
    ]


def test_bad_forms_are_refused_with_a_reason_that_repeats_nothing(caller: Caller, data: Path):
    for body in (b"", b"messageid=<b>&status=20", b"messageid=1&status=<b>", b"messageid=1&status=2&transid=<b>%00"):
        code, text = caller.post(body)
        assert code == 400
        assert "<b>" not in text
        assert text.isascii()
    assert stored(data) == []


def test_a_wrong_secret_and_any_unknown_path_are_answered_alike(caller: Caller, data: Path):
    wrong = f"/status/{PATH_SECRET[:-1]}x"
    paths = (
        wrong,
        f"{caller.path}/",
        f"{caller.path}x",
        "/status/",
        "/status",
        "/x",
        "/status/%ff%00å".encode().decode("latin-1"),
    )
    replies = [
        caller.request(method, path, b"messageid=1&status=20") for path in paths[:-1] for method in ("POST", "GET")
    ]
    replies.append(caller.request("POST", "/status/%ff%00%C3%A5", b"messageid=1&status=20"))
    assert {(code, text) for code, text, _ in replies} == {(404, "not found")}
    assert len({tuple(headers.items()) for _, _, headers in replies}) == 1
    assert stored(data) == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_only_post_is_taken_for_statuses(caller: Caller, data: Path, method: str):
    code, _, headers = caller.request(method, f"{caller.path}?messageid=1&status=20&transid=t")
    assert (code, headers["allow"]) == (405, "POST")
    assert stored(data) == []
    assert [caller.request("POST", path)[0] for path in ("/", "/health")] == [405, 405]


def test_no_answer_may_be_cached(caller: Caller):
    for method, path in [
        ("POST", caller.path),
        ("GET", "/"),
        ("GET", "/health"),
        ("GET", "/x"),
        ("GET", caller.path),
    ]:
        headers = caller.request(method, path)[2]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers


@pytest.mark.parametrize("excess", [1, 500_000])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_answered_with_a_refusal(shared, excess: int, chunked: bool):
    body = b"messageid=1&status=20&transid=".ljust(LARGEST_BODY + excess, b"x")
    with calling(shared.url) as caller:
        sent = (body[start : start + 4096] for start in range(0, len(body), 4096)) if chunked else body
        caller.connection.request("POST", caller.path, sent, encode_chunked=chunked, headers=_chunked(chunked))
        reply = caller.connection.getresponse()
        assert (reply.status, reply.read(), reply.getheader("connection")) == (413, b"the body is too large", "close")


def _chunked(chunked: bool) -> dict[str, str]:
    return {"Transfer-Encoding": "chunked"} if chunked else {}


def test_a_declared_size_is_refused_before_the_body_comes(shared):
    with connected(shared.url) as connection:
        path = urlsplit(shared.url).path
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_the_largest_body_is_taken(caller: Caller):
    form = b"messageid=1&status=20&transid=t"
    assert caller.post(form + b"&x=" + b"y" * (LARGEST_BODY - len(form) - 3)) == (200, "1")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.binary(max_size=40))
def test_no_body_causes_an_internal_error(shared, body: bytes, query: bytes):
    with calling(shared.url) as caller:
        asked = caller.path + "?" + "".join(f"%{byte:02x}" if byte % 3 else chr(33 + byte % 90) for byte in query)
        assert caller.post(body, asked.replace("#", ""))[0] in (200, 400)
        assert caller.post(b"messageid=1&status=20&transid=" + body)[0] in (200, 400)


def test_bad_http_and_unfinished_requests_cause_no_output(shared, capfd):
    path = urlsplit(shared.url).path
    for raw in (
        b"nonsense\r\n\r\n",
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nm".encode(),
        b"POST",
    ):
        with connected(shared.url) as connection:
            connection.sendall(raw)
    with calling(shared.url) as caller:
        assert caller.post(FORM) == (200, "4711")
    gc.collect()
    assert capfd.readouterr() == ("", "")


def test_many_at_once_are_each_answered_with_their_own_id(caller: Caller, data: Path):
    url = f"http://127.0.0.1:{caller.connection.port}{caller.path}"

    def post(number: int) -> bool:
        with calling(url) as mine:
            return mine.post({"messageid": number, "status": 20, "transid": f"t{number}"}) == (200, str(number))

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(post, range(1, 301)))
    assert {(kept.message_id, kept.transid) for kept in stored(data)} == {(n, f"t{n}") for n in range(1, 301)}


def test_health_is_a_write_to_the_disk(caller: Caller, data: Path):
    assert caller.request("GET", "/health")[:2] == (200, '{"status":"ok"}')
    away = data.rename(data.with_name("away"))
    assert caller.request("GET", "/health")[:2] == (503, '{"status":"unavailable"}')
    away.rename(data)
    assert caller.request("GET", "/health")[0] == 200


def test_a_full_disk_is_answered_with_500_and_logged_once(caller: Caller, data: Path, caplog):
    other = sqlite3.connect(data, isolation_level=None)
    other.execute(f"CREATE TRIGGER full BEFORE INSERT ON receipt BEGIN SELECT raise(FAIL, '{FULL}'); END")
    with caplog.at_level(logging.INFO):
        assert [caller.post(FORM) for _ in range(3)] == [(500, "the status could not be stored")] * 3
        assert stored(data) == []
        other.execute("DROP TRIGGER full")
        assert caller.post(FORM) == (200, "4711")
    other.close()
    said = [record.getMessage() for record in caplog.records if record.name.startswith("intime_sync")]
    assert said == [
        f"statuses are refused until they can be stored: {data} cannot be used for receipts: {FULL}",
        "statuses are stored again",
    ]
    assert PATH_SECRET not in caplog.text


def test_no_answer_is_sent_before_the_commit(caller: Caller, data: Path):
    """Another program holds the file: the answer comes after it lets go, and the status is there by then."""
    other = sqlite3.connect(data, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answered = threading.Event()
    replies: list[tuple[int, str]] = []

    def post() -> None:
        replies.append(caller.post(FORM))
        answered.set()

    thread = threading.Thread(target=post)
    thread.start()
    assert not answered.wait(0.3)
    other.execute("COMMIT")
    other.close()
    assert answered.wait(20)
    thread.join()
    assert replies == [(200, "4711")]
    assert len(stored(data)) == 1


def test_a_request_that_has_arrived_is_answered_before_the_receiver_stops(data: Path):
    replies: list[tuple[int, str]] = []
    other: sqlite3.Connection | None = None
    with run_in_thread(ReceiveOptions(data, PATH_SECRET)) as receiver, calling(receiver.url) as caller:
        assert caller.post({**FORM, "messageid": 1}) == (200, "1")
        other = sqlite3.connect(data, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        caller.connection.request("POST", caller.path, "messageid=2&status=20")
        with calling(receiver.url) as second:  # answered after the one before it has been read
            assert second.request("GET", "/x")[0] == 404
        threading.Timer(0.3, lambda: other.execute("COMMIT")).start()
        reading = threading.Thread(target=lambda: replies.append(_reply(caller)))
        reading.start()
    reading.join(20)
    other.close()
    assert replies == [(200, "2")]
    assert [kept.message_id for kept in stored(data)] == [1, 2]


def _reply(caller: Caller) -> tuple[int, str]:
    reply = caller.connection.getresponse()
    return reply.status, reply.read().decode()


def test_data_lasts_from_one_run_to_the_next_and_the_made_secret_too(tmp_path: Path):
    options = ReceiveOptions(tmp_path / "r.sqlite3")
    paths = []
    for number in (1, 2):
        with run_in_thread(options) as receiver, calling(receiver.url) as caller:
            paths.append(caller.path)
            assert caller.post({**FORM, "messageid": number}) == (200, str(number))
    assert paths[0] == paths[1]
    assert len(paths[0]) == len("/status/") + 32
    assert len(stored(options.data)) == 2


def test_a_port_that_is_taken_is_an_oserror(tmp_path: Path):
    options = ReceiveOptions(tmp_path / "r.sqlite3")
    with run_in_thread(options) as receiver, pytest.raises(OSError, match="in use"):
        serve_receipts(options, port=urlsplit(receiver.url).port or 0)


def test_it_stops_while_a_connection_is_open_and_says_nothing(tmp_path: Path, capfd):
    with ExitStack() as stack:
        with run_in_thread(ReceiveOptions(tmp_path / "r.sqlite3")) as receiver:
            caller = stack.enter_context(calling(receiver.url))
            assert caller.request("GET", "/health")[0] == 200
        assert capfd.readouterr() == ("", "")
