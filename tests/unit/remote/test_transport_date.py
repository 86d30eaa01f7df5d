"""The service's own clock, from the Date header of an answer, where there is one that can be read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from scripted_server import ScriptedServer, answer

from intime_sync.errors import CredentialsError
from intime_sync.remote import Client, Credentials

NOON = datetime(2036, 12, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Date": "Mon, 01 Dec 2036 12:00:00 GMT"}, NOON),
        ({"Date": "Mon, 01 Dec 2036 13:00:00 +0100"}, NOON),
        ({"Date": "Mon, 01 Dec 2036 12:00:00 -0000"}, NOON),
        ({"Date": "soon"}, None),
        ({"Date": "Mon, 99 Dec 2036 12:00:00 GMT"}, None),
        ({}, None),
    ],
)
def test_the_date_of_an_answer(credentials: Credentials, headers: dict[str, str], expected: datetime | None) -> None:
    with ScriptedServer(answer(b"<groups/>", **headers)) as server, Client(server.url, credentials) as client:
        assert client.served_at is None
        client.list_groups()
        assert client.served_at == expected


def test_a_refusal_has_a_date_too(credentials: Credentials) -> None:
    refusal = answer(b"", 401, Date="Mon, 01 Dec 2036 12:00:00 GMT")
    with ScriptedServer(refusal) as server, Client(server.url, credentials) as client:
        with pytest.raises(CredentialsError):
            client.list_groups()
        assert client.served_at == NOON
