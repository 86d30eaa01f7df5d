"""Every reply to a POST is one of four outcomes; a list is whole, or an error that says what to do."""

from __future__ import annotations

import threading

import pytest
from scripted_server import Act, ScriptedServer, answer, close, cut_off

from intime_sync.errors import CredentialsError, IntimeSyncError, ReadFailed, ServiceUnreachable
from intime_sync.model.resource import RemoteId
from intime_sync.service import Client, Credentials, Ids, NotSent, Outcome, Refused, Unknown
from intime_sync.service.listings import GroupRow

OUTCOMES: list[tuple[Act, Outcome]] = [
    (answer(b"1,2"), Ids((RemoteId(1), RemoteId(2)))),
    (answer(b"2:ERROR1"), Refused("2:ERROR1", "no group could be created")),
    (answer(b"1"), Unknown("the reply has 1 ids for 2 items (1)")),
    (answer(b""), Unknown("the reply is empty")),
    (answer(b"9:ERROR9"), Unknown("the reply is an error code that is not documented here: 9:ERROR9")),
    (answer(b"<html>Oops</html>"), Unknown("the reply is a web page: <html>Oops</html>")),
    (answer(b"1,2", 500), Unknown("it answered HTTP 500: 1,2")),
    (answer(b"", 404), Unknown("it answered HTTP 404")),
    (answer(b"moved", 302), Unknown("it answered HTTP 302, a redirect, which is never followed")),
    (cut_off(b"1,2", missing=1), Unknown("the reply was cut off")),
    (close, Unknown("the connection was closed without an answer")),
]


@pytest.mark.parametrize(("act", "outcome"), OUTCOMES, ids=lambda part: getattr(part, "why", ""))
def test_a_post_ends_in_one_of_four_outcomes(act: Act, outcome: Outcome, credentials: Credentials) -> None:
    with ScriptedServer(act) as server, Client(server.url, credentials) as client:
        assert client.add_groups(["a", "b"]) == outcome
        assert client.calls == 1


def test_a_request_that_was_not_sent_is_an_outcome(credentials: Credentials) -> None:
    with ScriptedServer() as server:
        url = server.url
    with Client(url, credentials) as client:
        assert client.add_groups(["a"]) == NotSent("the connection was refused")


REFUSED_LOGINS = [answer(b"0:ERROR1"), answer(b"0:ERROR3"), answer(b"", 401), answer(b"", 403)]


@pytest.mark.parametrize("act", REFUSED_LOGINS)
def test_refused_credentials_are_an_error_that_names_the_settings(act: Act, credentials: Credentials) -> None:
    with ScriptedServer(act, act) as server, Client(server.url, credentials) as client:
        for call in (lambda: client.add_groups(["a"]), client.list_groups):
            with pytest.raises(CredentialsError) as refused:
                call()
            assert "INTIME_USER" in str(refused.value.hint)
            assert "INTIME_HASH" in str(refused.value.hint)


def test_lists_are_rows(credentials: Credentials) -> None:
    body = b'<groups><group groupid="1">A</group></groups>'
    with ScriptedServer(answer(body), answer(b"2:ERROR1")) as server, Client(server.url, credentials) as client:
        assert client.list_groups() == [GroupRow(RemoteId(1), "A")]
        assert client.list_blocklist() == []
        assert client.calls == 2


def test_one_reminder_can_be_asked_for(credentials: Credentials) -> None:
    with ScriptedServer(answer(b"2:ERROR1")) as server, Client(server.url, credentials) as client:
        assert client.list_reminders(RemoteId(7)) == []
        assert "/reminder/list.ashx?id=7&user=demo&" in server.received[0].line


@pytest.mark.parametrize(
    "act",
    [
        answer(b""),
        answer(b"<groups>"),
        answer(b"<groups><group>A</group></groups>"),
        answer(b"<nixentries/>"),
        answer(b"<html/>"),
        answer(b"<groups/>", 404),
        answer(b"<groups/>", 503),
        answer(b"", 302, Location="/login"),
        answer(b"1,2"),
    ],
)
def test_a_malformed_list_is_an_error(act: Act, credentials: Credentials) -> None:
    with (
        ScriptedServer(*[act] * 4) as server,
        Client(server.url, credentials, sleep=lambda _: None) as client,
        pytest.raises(ReadFailed) as failed,
    ):
        client.list_groups()
    assert "contacts/listgroups" in str(failed.value)
    assert "127.0.0.1" in str(failed.value)
    assert failed.value.hint


def test_a_service_that_cuts_every_reply_off_is_unreachable(credentials: Credentials) -> None:
    with (
        ScriptedServer(*[cut_off()] * 4) as server,
        Client(server.url, credentials, sleep=lambda _: None) as client,
        pytest.raises(ServiceUnreachable, match="cut off"),
    ):
        client.list_groups()


def test_threads_get_the_replies_to_their_own_requests(credentials: Credentials) -> None:
    outcomes: list[Outcome | IntimeSyncError] = []

    def work(client: Client) -> None:
        outcomes.extend(client.add_groups(["a"]) for _ in range(10))

    with ScriptedServer(*[answer(b"1")] * 40) as server, Client(server.url, credentials) as client:
        threads = [threading.Thread(target=work, args=(client,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert client.calls == 40
    assert outcomes == [Ids((RemoteId(1),))] * 40
