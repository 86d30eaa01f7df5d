"""The service's own clock, from the Date header of an answer, where there is one that can be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from scripted_server import ScriptedServer, answer

from intime_sync.errors import CredentialsError
from intime_sync.service import Client, Credentials, requests
from intime_sync.service.client import Unknown
from intime_sync.service.transport import LONGEST_WAIT

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


@pytest.mark.parametrize(("minutes", "counts"), [(10, True), (-10, True), (0.5, False), (-0.5, False), (None, False)])
def test_a_clock_difference_above_a_minute_is_reported(
    credentials: Credentials, minutes: float | None, counts: bool
) -> None:
    shift = timedelta(minutes=minutes or 0)
    headers = {} if minutes is None else {"Date": format_datetime(datetime.now(UTC) + shift, usegmt=True)}
    with ScriptedServer(answer(b"<groups/>", **headers)) as server, Client(server.url, credentials) as client:
        client.list_groups()
        assert abs(client.ahead - (shift if counts else timedelta(0))) < timedelta(seconds=20)


@pytest.mark.parametrize(("asked", "pause"), [("7", 7.0), ("86400", LONGEST_WAIT), ("soon", 0.0), (None, 0.0)])
@pytest.mark.parametrize("status", [429, 503])
def test_a_refused_post_says_how_long_to_wait(
    credentials: Credentials, status: int, asked: str | None, pause: float
) -> None:
    headers = {} if asked is None else {"Retry_After": asked}
    with ScriptedServer(answer(b"", status, **headers)) as server, Client(server.url, credentials) as client:
        outcome = client.send(requests.add_groups(["Jour"]))
    assert isinstance(outcome, Unknown)
    assert outcome.retry_after == pause
