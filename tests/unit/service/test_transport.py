"""What is known after a call: an answer, that nothing was sent, or that the outcome is unknown."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import requests
from scripted_server import Act, ScriptedServer, answer, close, cut_off, reset

from intime_sync.errors import InvalidInput
from intime_sync.service import Credentials, transport
from intime_sync.service.transport import LONGEST_WAIT, Answer, NoAnswer, NotSent, Transport

Starter = Callable[..., tuple[ScriptedServer, Transport]]
PATH = "contacts/addgroup.ashx"


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def start(credentials: Credentials, pauses: list[float]) -> Iterator[Starter]:
    with ExitStack() as stack:

        def starting(*acts: Act, read_timeout: float = 60) -> tuple[ScriptedServer, Transport]:
            server = stack.enter_context(ScriptedServer(*acts))
            made = Transport(server.url, credentials, read_timeout=read_timeout, sleep=pauses.append)
            return server, stack.enter_context(made)

        yield starting


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that refuses connections; it stays taken, so that no other program gets it meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_a_post_carries_the_credentials_and_the_body(start: Starter) -> None:
    server, made = start(answer(b"1"))
    assert made.post(PATH, b"<x/>") == Answer(200, b"1")
    request = server.received[0]
    assert request.line == (
        "POST /api/1.0/contacts/addgroup.ashx?user=demo&hash=s3cr%26t%2F%C3%A5%3C%27%22%5C+x HTTP/1.1"
    )
    assert request.body == b"<x/>"
    assert request.headers["content-type"] == "text/xml"
    assert request.headers["user-agent"].startswith("intime-sync/")
    assert "authorization" not in request.headers


def test_connections_are_kept(start: Starter) -> None:
    server, made = start(answer(b"1"), answer(b"2", Set_Cookie="ASP.NET_SessionId=x; path=/"), answer(b"3"))
    assert [made.post(PATH, b"<x/>"), made.get(PATH), made.get(PATH)] == [
        Answer(200, b"1"),
        Answer(200, b"2"),
        Answer(200, b"3"),
    ]
    assert server.connections == 1
    assert "cookie" not in server.received[2].headers


def test_a_refused_connection_sends_nothing(credentials: Credentials, closed_port: int) -> None:
    with Transport(f"http://127.0.0.1:{closed_port}", credentials) as made:
        assert made.post(PATH, b"<x/>") == NotSent("the connection was refused")


def test_a_name_that_is_not_resolved_sends_nothing(credentials: Credentials, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with Transport("https://sms.example", credentials) as made:
        assert made.post(PATH, b"<x/>") == NotSent("its name could not be resolved")


def test_a_connection_that_takes_too_long_sends_nothing(
    credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("urllib3.util.connection.create_connection", slow)
    with Transport("https://sms.example", credentials, connect_timeout=3) as made:
        assert made.post(PATH, b"<x/>") == NotSent("no connection within 3 s")


def test_a_failed_tls_handshake_sends_nothing(credentials: Credentials) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def speak_something_else() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"not TLS\r\n")
                connection.recv(65536)

        thread = threading.Thread(target=speak_something_else)
        thread.start()
        with Transport(f"https://127.0.0.1:{listener.getsockname()[1]}", credentials) as made:
            result = made.post(PATH, b"<x/>")
        thread.join(60)
    assert isinstance(result, NotSent)
    assert result.why.startswith("TLS failed")


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (reset, "the connection was reset"),
        (close, "the connection was closed without an answer"),
        (cut_off(b"1,2", missing=1), "the reply was cut off"),
        (lambda connection: connection.sendall(b"garbage\r\n\r\n"), "the connection failed (BadStatusLine)"),
    ],
    ids=["reset", "closed", "cut off", "garbage"],
)
def test_a_post_without_a_whole_answer_is_unknown_and_sent_once(start: Starter, act: Act, why: str) -> None:
    server, made = start(act, answer(b"1"))
    assert made.post(PATH, b"<x/>") == NoAnswer(why)
    assert len(server.received) == 1


def test_a_post_without_an_answer_in_time_is_unknown(start: Starter) -> None:
    _, made = start(read_timeout=0.05)
    assert made.post(PATH, b"<x/>") == NoAnswer("no answer within 0.05 s")


def test_a_kept_connection_that_dies_is_unknown_and_not_sent_again(start: Starter) -> None:
    server, made = start(answer(b"1"), reset, answer(b"2"))
    assert made.post(PATH, b"<x/>") == Answer(200, b"1")
    assert isinstance(made.post(PATH, b"<x/>"), NoAnswer)
    assert len(server.received) == 2


@pytest.mark.parametrize("status", [301, 302, 307, 308, 429, 500, 503])
def test_a_post_is_neither_redirected_nor_retried(start: Starter, status: int) -> None:
    server, made = start(answer(b"no", status, Location="/elsewhere", Retry_After="0"), answer(b"1"))
    assert made.post(PATH, b"<x/>") == Answer(status, b"no")
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        answer(b"", 429),
        answer(b"", 500),
        answer(b"", 502),
        answer(b"", 503),
        answer(b"", 504),
        reset,
        close,
        cut_off(),
    ],
    ids=["429", "500", "502", "503", "504", "reset", "closed", "cut off"],
)
def test_a_read_is_tried_again_after_a_temporary_failure(start: Starter, pauses: list[float], trouble: Act) -> None:
    _, made = start(trouble, answer(b"<groups/>"))
    assert made.get(PATH) == Answer(200, b"<groups/>")
    assert len(pauses) == 1


def test_a_read_is_given_up_after_three_retries(start: Starter, pauses: list[float]) -> None:
    server, made = start(*[answer(b"busy", 503)] * 5)
    assert made.get(PATH) == Answer(503, b"busy")
    assert len(server.received) == 4
    assert len(pauses) == 3
    assert 0 < pauses[0] < 1
    assert pauses[2] >= 1


@pytest.mark.parametrize("status", [302, 400, 401, 404])
def test_a_read_is_not_tried_again_where_it_cannot_help(start: Starter, status: int) -> None:
    server, made = start(answer(b"no", status, Location="/elsewhere"))
    assert made.get(PATH) == Answer(status, b"no")
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("said", "pause"),
    [
        ("7", 7),
        ("3600", LONGEST_WAIT),
        (format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True), LONGEST_WAIT),
    ],
    ids=["seconds", "an hour", "a date"],
)
def test_retry_after_is_respected_up_to_a_cap(start: Starter, pauses: list[float], said: str, pause: float) -> None:
    _, made = start(answer(b"", 503, Retry_After=said), answer(b"1"))
    made.get(PATH)
    assert pauses == [pause]


def test_an_invalid_retry_after_is_ignored(start: Starter, pauses: list[float]) -> None:
    _, made = start(answer(b"", 503, Retry_After="soon"), answer(b"1"))
    assert made.get(PATH) == Answer(200, b"1")
    assert pauses[0] < 1


def test_a_reply_over_the_cap_is_dropped(start: Starter) -> None:
    server, made = start(*[answer(b"x" * (transport.MAX_BODY + 1))] * 2)
    assert isinstance(made.post(PATH, b"<x/>"), NoAnswer)
    assert isinstance(made.get(PATH), NoAnswer)
    assert len(server.received) == 2


@pytest.mark.parametrize(
    "url",
    [
        "http://sms.example/api",
        "http://127.0.0.1.example/",
        "http://localhost.example/",
        "http://128.0.0.1/",
        "http://0.0.0.0/",
        "http://127.1/",
        "ftp://sms.example/",
        "sms.example/api/1.0",
        "https://",
        "https://sms.example:port/",
        "https://user:word@sms.example/",
        "http://localhost@sms.example/",
        "http://localhost\\@sms.example/",
        "https://sms.example/?hash=word",
        "https://sms.example/#hash=word",
        "https://sms.example/\n",
        "",
    ],
)
def test_an_address_that_is_wrong_or_in_the_clear_is_refused(url: str, credentials: Credentials) -> None:
    with pytest.raises(InvalidInput) as refused:
        Transport(url, credentials)
    assert refused.value.hint
    assert "word" not in str(refused.value)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_http_is_accepted_for_this_machine_only(host: str, credentials: Credentials) -> None:
    Transport(f"http://{host}:1234/api", credentials).close()


def test_no_proxy_touches_loopback(start: Starter, monkeypatch: pytest.MonkeyPatch, closed_port: int) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port}")
    _, made = start(answer(b"1"))
    assert made.get(PATH) == Answer(200, b"1")


def test_netrc_is_never_read(credentials: Credentials, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine sms.example login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    # The sent header is encrypted; the session shows what it would send.
    with transport._session(1, trust_env=True) as session:
        prepared = session.prepare_request(requests.Request("GET", "https://sms.example/"))
    assert "Authorization" not in prepared.headers


def test_a_proxy_that_refuses_the_tunnel_leaves_the_request_unsent(
    start: Starter, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, _ = start(answer(b"", 407))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
    with Transport("https://sms.example/api/1.0", credentials) as made:
        assert made.post(PATH, b"<x/>") == NotSent("the proxy refused the connection")
    assert [request.line.split()[:2] for request in server.received] == [["CONNECT", "sms.example:443"]]
