"""The secret is in nothing that is written, however it is spelled there."""

from __future__ import annotations

import io
import logging
import pickle
import traceback
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import pytest
from scripted_server import SECRET, Act, ScriptedServer, answer, close, cut_off, reset

from intime_sync.errors import CredentialsError, IntimeSyncError
from intime_sync.service import Client, Credentials, Secret
from intime_sync.service.secrets import Redactor

SPELLINGS = (SECRET, quote(SECRET), quote(SECRET, safe=""), quote_plus(SECRET), repr(SECRET)[1:-1], "s3cr")


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that any logger says at DEBUG."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.setLevel(level)
    root.removeHandler(handler)


def assert_hidden(text: str) -> None:
    for spelling in SPELLINGS:
        assert spelling not in text


@pytest.mark.parametrize(
    "act",
    [
        answer(b"<groups/>"),
        answer(b"no", 302, Location="/?hash=" + quote(SECRET)),
        answer(b"<groups>" + SECRET.encode()),
        answer(f"<html>{'x' * 74} {SECRET}".encode()),
        answer(f"/?user=demo&amp;hash={quote(SECRET).lower()}".encode(), 404),
        reset,
        close,
        cut_off(),
        lambda connection: connection.sendall(b"garbage\r\n\r\n"),
    ],
)
def test_no_log_and_no_error_holds_the_secret(act: Act, credentials: Credentials, logged: io.StringIO) -> None:
    error: IntimeSyncError | None = None
    with (
        ScriptedServer(*[act] * 5) as server,
        Client(server.url, credentials, sleep=lambda _: None) as client,
    ):
        try:
            client.list_groups()
        except IntimeSyncError as raised:
            error = raised
        written = repr(client.add_groups(["a"])) + repr(client.transport) + repr(credentials)
        assert server.received
    if error:
        assert (error.__cause__, error.__context__) == (None, None)
        written += "".join(traceback.format_exception(error)) + repr(error) + str(error.hint)
    assert "contacts/listgroups" in logged.getvalue()
    assert_hidden(written + logged.getvalue())


def test_a_refused_connection_does_not_show_the_secret(credentials: Credentials, logged: io.StringIO) -> None:
    with ScriptedServer() as server:
        url = server.url
    with Client(url, credentials, sleep=lambda _: None) as client:
        with pytest.raises(IntimeSyncError) as raised:
            client.list_groups()
        shown = repr(client.add_groups(["a"]))
    assert_hidden("".join(traceback.format_exception(raised.value)) + shown + logged.getvalue())


def test_our_own_log_lines_have_no_query(credentials: Credentials, logged: io.StringIO) -> None:
    with ScriptedServer(answer(b"1,2")) as server, Client(server.url, credentials) as client:
        client.add_groups(["a", "b"])
    assert "POST contacts/addgroup 2 items -> 200, 3 bytes, " in logged.getvalue()


def test_what_urllib3_logs_is_redacted_with_its_exceptions(credentials: Credentials, logged: io.StringIO) -> None:
    client = Client("https://sms.example", credentials)
    logger = logging.getLogger("urllib3.connectionpool")
    logger.warning("Retrying %s", f"/api?hash={quote_plus(SECRET)}")
    logger.warning("failed", exc_info=ValueError(SECRET))
    client.close()
    assert "Retrying /api?hash=***" in logged.getvalue()
    assert "ValueError" in logged.getvalue()
    assert_hidden(logged.getvalue())


@pytest.mark.parametrize("spelling", SPELLINGS[:-1])
def test_every_spelling_is_redacted(spelling: str) -> None:
    assert_hidden(Redactor(Secret(SECRET))(f"a {spelling} b"))


@pytest.mark.parametrize("secret", ["0123456789abcdef", "Word", "wörd", "a-b"])
def test_a_secret_is_redacted_however_plain_it_is(secret: str) -> None:
    redact = Redactor(Secret(secret))
    for spelling in (secret, quote(secret), repr(secret)[1:-1], ascii(secret)[1:-1]):
        assert redact(f"a {spelling} b") == "a *** b"


def test_the_value_of_a_hash_parameter_is_redacted_whatever_it_is() -> None:
    redact = Redactor(Secret("x"))
    assert redact("GET /?user=u&hash=other&id=1") == "GET /?user=u&hash=***&id=1"


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret("word")
    assert (str(secret), repr(secret), f"{secret}", secret.reveal()) == ("***", "***", "***", "word")
    assert secret == Secret("word")
    with pytest.raises(TypeError):
        pickle.dumps(secret)


@pytest.mark.parametrize(
    ("user", "word"), [("", "x"), ("x", ""), ("x", " "), ("x", "a\n"), ("x", "\udce5"), ("\0", "x")]
)
def test_impossible_credentials_are_refused(user: str, word: str) -> None:
    with pytest.raises(CredentialsError) as refused:
        Credentials(user, Secret(word))
    assert refused.value.exit_code == 9
    assert refused.value.hint
