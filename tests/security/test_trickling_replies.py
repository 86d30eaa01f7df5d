"""A reply that comes one byte at a time ends at the deadline, which covers the whole exchange."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from harness import SECRET, Ran, Workspace
from hostile_server import LONGEST, PACE, Attack, Talk, dripping, hostile_server

from intime_sync.emulator.outbox import Report
from intime_sync.emulator.posting import is_accepted
from intime_sync.service import Credentials, Secret
from intime_sync.service.transport import Answer, NoAnswer, NotSent, Transport

DEADLINE = 1.0
TLS_DEADLINE = 5.0
"""Seconds for a whole exchange; the second leaves time for a handshake on a loaded machine."""
PATH = "contacts/addgroup.ashx"
HEAD = b"HTTP/1.1 200 OK\r\n"


def slow_status(talk: Talk) -> None:
    talk.drip(b"HTTP/1.1 200 " + b"K" * LONGEST)


def slow_headers(talk: Talk) -> None:
    talk.send(HEAD + b"X-Padding: ")
    talk.drip(b"x" * LONGEST)


def many_slow_headers(talk: Talk) -> None:
    talk.send(HEAD)
    talk.drip(b"X: y\r\n" * LONGEST)


def body_with_a_length(talk: Talk) -> None:
    talk.send(HEAD + b"Content-Length: %d\r\n\r\n" % LONGEST)
    talk.drip(b"1" * LONGEST)


def body_until_the_end(talk: Talk) -> None:
    talk.send(HEAD + b"Connection: close\r\n\r\n")
    talk.drip(b"1" * LONGEST)


def chunks(talk: Talk) -> None:
    talk.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    talk.drip(b"1\r\n1\r\n" * LONGEST)


def one_slow_chunk(talk: Talk) -> None:
    talk.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2000\r\n")
    talk.drip(b"1" * LONGEST)


def size_of_a_chunk(talk: Talk) -> None:
    talk.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;")
    talk.drip(b"x" * LONGEST)


def trailers(talk: Talk) -> None:
    talk.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n")
    talk.drip(b"X: y\r\n" * LONGEST)


def interim_replies(talk: Talk) -> None:
    talk.drip(b"HTTP/1.1 100 Continue\r\n\r\n" * LONGEST)


def a_redirect_with_a_body(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: %d\r\n\r\n" % LONGEST)
    talk.drip(b"1" * LONGEST)


def trouble_with_a_body(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 503 Busy\r\nContent-Length: %d\r\n\r\n" % LONGEST)
    talk.drip(b"1" * LONGEST)


DRIPS: list[Attack] = [
    slow_status,
    slow_headers,
    many_slow_headers,
    body_with_a_length,
    body_until_the_end,
    chunks,
    one_slow_chunk,
    size_of_a_chunk,
    trailers,
    interim_replies,
    a_redirect_with_a_body,
    trouble_with_a_body,
]


def never_whole(deadline: float = DEADLINE) -> NoAnswer:
    return NoAnswer(f"no whole reply came within {deadline:g} s")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a certificate for 127.0.0.1 that signs itself, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    made = tmp_path_factory.mktemp("tls") / "loopback.pem"
    request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [openssl, *request, *names, "-keyout", str(made), "-out", f"{made}.crt"], check=True, capture_output=True
    )
    made.write_text(made.read_text() + Path(f"{made}.crt").read_text())
    return made


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def credentials() -> Credentials:
    return Credentials("demo", Secret(SECRET))


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.mark.parametrize("drip", DRIPS, ids=lambda attack: attack.__name__)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_dripping_reply_ends_at_the_deadline_and_is_not_asked_for_again(
    method: str, drip: Attack, credentials: Credentials, pauses: list[float]
) -> None:
    with (
        hostile_server(drip) as server,
        Transport(server.url, credentials, deadline=DEADLINE, sleep=pauses.append) as made,
    ):
        result = made.get(PATH) if method == "GET" else made.post(PATH, b"<x/>")
    assert result == never_whole()
    assert server.requests == 1
    assert pauses == []


def test_a_dripping_reply_over_tls_ends_at_the_deadline(certificate: Path, credentials: Credentials) -> None:
    with (
        hostile_server(body_with_a_length, server_context(certificate)) as server,
        Transport(server.url, credentials, deadline=TLS_DEADLINE) as made,
    ):
        made._session.verify = str(certificate)  # for loopback, no certificates are taken from the environment
        assert made.post(PATH, b"<x/>") == never_whole(TLS_DEADLINE)


def test_a_proxy_that_drips_its_answer_leaves_the_request_unsent(
    credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hostile_server(many_slow_headers) as server:
        monkeypatch.setenv("HTTPS_PROXY", server.url.removesuffix("/api/1.0"))
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with Transport("https://sms.example/api/1.0", credentials, deadline=DEADLINE) as made:
            assert made.post(PATH, b"<x/>") == NotSent(f"no connection within {DEADLINE:g} s")


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_server_that_reads_nothing_ends_at_the_deadline(
    encrypted: bool, certificate: Path, credentials: Credentials
) -> None:
    """More is sent than the buffers of two sockets hold."""

    def wait(talk: Talk) -> None:
        talk.ended.wait(60)

    tls = server_context(certificate) if encrypted else None
    deadline = TLS_DEADLINE if encrypted else DEADLINE
    with (
        hostile_server(wait, tls, deaf=True) as server,
        Transport(server.url, credentials, deadline=deadline) as made,
    ):
        made._session.verify = str(certificate)
        assert made.post(PATH, b"x" * 32 * 1024 * 1024) == never_whole(deadline)


def test_retries_of_a_read_share_one_deadline(credentials: Credentials) -> None:
    """Each answer alone is within the deadline, and says that it may be asked for again."""

    def nearly_too_slow(talk: Talk) -> None:
        length = int(0.6 * DEADLINE / PACE)
        talk.send(b"HTTP/1.1 503 Busy\r\nContent-Length: %d\r\n\r\n" % length)
        talk.drip(b"1" * length)

    with (
        hostile_server(nearly_too_slow) as server,
        Transport(server.url, credentials, deadline=DEADLINE, sleep=lambda _: None) as made,
    ):
        assert made.get(PATH) == never_whole()
    assert server.requests < 4


def test_an_interim_reply_is_not_taken_for_the_reply(credentials: Credentials) -> None:
    """Otherwise the next request on the connection would be answered with this one's ids."""

    def hints(talk: Talk) -> None:
        talk.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
        talk.send(HEAD + b"Content-Length: 3\r\n\r\n4,5")

    with hostile_server(hints) as server, Transport(server.url, credentials) as made:
        assert made.post(PATH, b"<x/>") == Answer(200, b"4,5")


@pytest.mark.parametrize("drip", DRIPS, ids=lambda attack: attack.__name__)
def test_a_status_with_a_dripping_answer_is_given_up(drip: Attack) -> None:
    """The emulator's own calls to the `statusurl` of a message."""
    with hostile_server(drip) as server:
        assert not asyncio.run(is_accepted(Report(1, 20, "a", server.url, 1), DEADLINE))


COMMAND = (
    "from intime_sync.service.client import Client; from intime_sync.cli.main import entry; "
    "Client.__init__.__kwdefaults__['deadline'] = 1.0; entry()"
)
"""The real command, with a deadline that a test can wait for."""


def run(space: Workspace, url: str, *arguments: str) -> Ran:
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments],
        cwd=space.path,
        env=space.environment({"INTIME_URL": url}),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def test_a_post_with_a_dripping_reply_is_settled_by_reading_the_list(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure("blocklist: [0701740606, 0701740607]\ngroups: [Jour]\n")
    with hostile_server(dripping(space.emulator.url, lambda call: call.startswith("POST"))) as server:
        ran = run(space, server.url, "apply", "--auto-approve")
    assert ran.code == 0, ran.out + ran.err
    assert len(space.emulator.store.blocklist()) == 2
    posts = [endpoint for method, endpoint in space.emulator.calls if method == "POST"]
    assert len(posts) == len(set(posts)) == 2, "nothing was sent a second time"
    assert space.changes() == []


def test_a_message_with_a_dripping_reply_is_of_unknown_outcome_and_not_sent_again(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure(
        "messages:\n  - {key: m1, send_at: 2036-12-24T08:00, sender: Kliniken, body: Hej, "
        'recipients: ["0701740605"]}\n'
    )
    with hostile_server(dripping(space.emulator.url, lambda call: call.startswith("POST"))) as server:
        ran = run(space, server.url, "apply", "--auto-approve")
        assert ran.code == 8, ran.out + ran.err
        again = run(space, server.url, "apply", "--auto-approve")
        assert again.code == 8, again.out + again.err
    assert len([method for method, _ in space.emulator.calls if method == "POST"]) == 1


def test_a_list_that_drips_ends_the_run_and_frees_its_lock(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure("blocklist: [0701740606]\n")
    with hostile_server(dripping(space.emulator.url, lambda call: call.startswith("GET"))) as server:
        ran = run(space, server.url, "apply", "--auto-approve")
    assert ran.code == 1, ran.out + ran.err
    assert "no whole reply came within 1 s" in ran.err
    space.apply()
