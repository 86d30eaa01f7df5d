"""Statuses that the emulator posts to a `statusurl`."""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from harness import wait_for
from message_samples import TO, cancel, message, to_groups, to_numbers
from status_receiver import DEADLINE, Answer, receiving

from intime_sync.emulator.outbox import Report
from intime_sync.emulator.posting import is_accepted
from intime_sync.emulator.records import Message

if TYPE_CHECKING:
    from conftest import Api, Starter

LATER = "2026-03-02T09:10:00"
SOON = {"retry_seconds": 0.01}


def reported(api: Api, wanted: int = 1) -> list[Message]:
    """The messages once `wanted` reports are accepted, which the emulator writes down after the receiver's answer."""
    wait_for(lambda: sum(it.report == "accepted" for it in api.store.messages()) >= wanted, "a report to be accepted")
    return api.store.messages()


def test_a_status_is_posted_as_a_form_once_the_message_is_sent(api: Api) -> None:
    with receiving() as receiver:
        assert api.say("message/create", message(to_numbers("0701740605"), statusurl=receiver.url)) == "1"
        posted = receiver.next()
        assert posted.form == {"messageid": "1", "status": "20", "transid": "t1"}
        assert (posted.path, posted.kind) == ("/status?from=emulator", "application/x-www-form-urlencoded")
        (stored,) = reported(api)
        assert (stored.delivery_status, stored.attempts) == (20, 1)
        assert receiver.posted.empty()


def test_a_transid_arrives_as_it_was_given(api: Api) -> None:
    to = '<recipients><recipient transid="å &amp;+%=">0701740605</recipient></recipients>'
    with receiving() as receiver:
        api.say("message/create", message(to, statusurl=receiver.url))
        assert receiver.form()["transid"] == "å &+%="


def test_nothing_is_posted_before_the_time_has_come_or_for_a_cancelled_message(api: Api) -> None:
    with receiving() as receiver:
        to = to_numbers("0701740605", "0701740606")
        api.say("message/create", message(to, statusurl=receiver.url, senddate=LATER))
        api.say("message/delete", cancel(1))
        api.clock.advance(timedelta(minutes=9))
        api.say("message/create", message(to_numbers("0701740607"), statusurl=receiver.url))
        assert receiver.form()["messageid"] == "3"
        api.clock.advance(timedelta(minutes=1))
        assert receiver.form()["messageid"] == "2"
        assert [m.report for m in reported(api, 2)] == ["none", "accepted", "accepted"]


def test_statuses_are_only_for_recipients_with_a_transid_and_messages_with_an_address(api: Api) -> None:
    group = api.store.add_group("a")
    api.store.add_contact("1", mobile="0701740607", groups=[group])
    with receiving() as receiver:
        api.say("message/create", message(to_numbers("0701740608")))
        api.say("message/create", message(TO + to_groups(group), statusurl=receiver.url))
        assert receiver.form() == {"messageid": "2", "status": "20", "transid": "12"}
        messages = reported(api)
        assert [m.report for m in messages] == ["none", "accepted", "none", "none"]
        assert {m.delivery_status for m in messages} == {20}
        assert receiver.posted.empty()


@pytest.mark.parametrize(("last", "status"), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 21), (6, 20)])
def test_certain_numbers_get_the_other_statuses(api: Api, last: int, status: int) -> None:
    with receiving() as receiver:
        api.say("message/create", message(to_numbers(f"070174069{last}"), statusurl=receiver.url))
        assert receiver.form()["status"] == str(status)


REFUSALS = [
    Answer(body=""),
    Answer(body="OK"),
    Answer(body="11"),
    Answer(body="1,2"),
    Answer(body="1" * 5000),
    Answer(status=201),
    Answer(status=404),
    Answer(status=500),
    Answer(status=302, headers=(("Location", "/elsewhere"),)),
    Answer(status=307, headers=(("Location", "/elsewhere"),)),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_every_answer_but_200_with_the_id_is_tried_again(start: Starter, refusal: Answer) -> None:
    with receiving(refusal, refusal, Answer(body=" 1\r\n")) as receiver, start(**SOON) as api:
        api.say("message/create", message(to_numbers("0701740605"), statusurl=receiver.url))
        posts = [receiver.next() for _ in range(3)]
        assert {post.path for post in posts} == {"/status?from=emulator"}, "redirects are not followed"
        (stored,) = reported(api)
        assert stored.attempts == 3
        assert receiver.posted.empty()


def test_the_pauses_between_attempts_grow(start: Starter) -> None:
    with receiving(Answer(status=500)) as receiver, start(retry_seconds=0.05) as api:
        api.say("message/create", message(to_numbers("0701740605"), statusurl=receiver.url))
        times = [receiver.next().at for _ in range(4)]
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert [pause >= least for pause, least in zip(pauses, (0.045, 0.09, 0.18), strict=True)] == [True] * 3, pauses


def test_a_receiver_that_is_slow_is_given_up_and_tried_again(start: Starter) -> None:
    hold = threading.Event()
    with (
        receiving(Answer(hold=hold), Answer()) as receiver,
        start(**SOON, timeout_seconds=0.1) as api,
    ):
        api.say("message/create", message(to_numbers("0701740605"), statusurl=receiver.url))
        (stored,) = reported(api)
        # On a loaded machine a later attempt may take longer than 0.1 s, too.
        assert stored.attempts == receiver.posted.qsize() >= 2
        hold.set()


def test_a_slow_receiver_does_not_delay_another(api: Api) -> None:
    hold = threading.Event()
    with receiving(Answer(hold=hold)) as slow, receiving() as quick:
        api.say("message/create", message(to_numbers("0701740605"), statusurl=slow.url))
        slow.next()
        api.say("message/create", message(to_numbers("0701740606"), statusurl=quick.url))
        assert quick.form()["messageid"] == "2"
        hold.set()


def test_all_of_many_recipients_are_reported_once(api: Api) -> None:
    with receiving() as receiver:
        api.say("message/create", message(to_numbers(*["0701740605"] * 100), statusurl=receiver.url))
        forms = [receiver.form() for _ in range(100)]
        assert sorted(int(form["messageid"]) for form in forms) == list(range(1, 101))
        assert all(form["transid"] == f"t{form['messageid']}" for form in forms)
        reported(api, 100)
        assert receiver.posted.empty()


def test_stopping_waits_for_no_receiver_and_the_next_run_goes_on_at_once(tmp_path: Path, start: Starter) -> None:
    data = tmp_path / "emulator.sqlite3"
    hold, before = threading.Event(), set(threading.enumerate())
    with receiving(Answer(hold=hold), Answer()) as receiver:
        with start(data=data, timeout_seconds=DEADLINE) as api:  # longer than the answer is held
            api.say("message/create", message(to_numbers("0701740605"), statusurl=receiver.url))
            receiver.next()
        assert receiver.answered == 0
        assert {thread.name for thread in set(threading.enumerate()) - before} & {"emulator", "statusurl"} == set()
        with start(data=data) as api:
            assert receiver.form()["messageid"] == "1"
            assert reported(api)[0].attempts == 2
        hold.set()


def test_a_status_for_an_unreachable_address_is_kept_for_the_next_run(tmp_path: Path, start: Starter) -> None:
    data = tmp_path / "emulator.sqlite3"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        with start(data=data, **SOON) as api:
            api.say("message/create", message(to_numbers("0701740605"), statusurl=url))
            wait_for(lambda: api.store.messages()[0].attempts >= 3, "a third attempt")
    with start(data=data) as api:
        (stored,) = api.store.messages()
        assert stored.attempts >= 3
        assert (stored.status, stored.report) == ("sent", "due")


def test_a_message_that_fell_due_while_it_was_down_is_sent_by_the_next_run(tmp_path: Path, start: Starter) -> None:
    data = tmp_path / "emulator.sqlite3"
    with receiving() as receiver:
        with start(data=data) as api:
            api.say("message/create", message(to_numbers("0701740605"), statusurl=receiver.url, senddate=LATER))
        at = api.clock.now() + timedelta(hours=1)
        with start(data=data, now=lambda: at):
            assert receiver.form() == {"messageid": "1", "status": "20", "transid": "t1"}


def test_a_message_is_sent_when_the_running_clock_reaches_its_time(start: Starter) -> None:
    with receiving() as receiver, start(now=None) as api:
        api.clock.set(datetime.fromisoformat(LATER) - timedelta(seconds=30))
        api.say("message/create", message(to_numbers("0701740605"), statusurl=receiver.url, senddate=LATER))
        assert [m.status for m in api.store.messages()] == ["scheduled"]
        api.clock.advance(timedelta(seconds=29.7))
        assert receiver.form()["messageid"] == "1"


def test_a_lost_reply_does_not_stop_the_status(api: Api) -> None:
    with receiving() as receiver:
        api.fault("message/create", "empty")
        api.say("message/create", message(to_numbers("0701740605"), statusurl=receiver.url))
        assert receiver.form()["messageid"] == "1"


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://", "http://127.0.0.1:x/", "http://å.example:1/", "x"])
def test_an_address_from_an_older_file_that_cannot_be_posted_to_is_a_failure(url: str) -> None:
    assert asyncio.run(is_accepted(Report(1, 20, "t", url, 1), 0.5)) is False


def test_a_proxy_of_the_environment_is_not_asked(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    api.session.trust_env = False
    with receiving() as receiver:
        api.say("message/create", message(to_numbers("0701740605"), statusurl=receiver.url))
        assert receiver.form()["messageid"] == "1"


def test_a_host_that_is_a_name_is_looked_up(api: Api) -> None:
    with receiving() as receiver:
        url = receiver.url.replace("127.0.0.1", "localhost")
        api.say("message/create", message(to_numbers("0701740605"), statusurl=url))
        assert receiver.form()["messageid"] == "1"


@pytest.mark.parametrize("answer", [b"", b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1"])
def test_an_answer_that_is_cut_off_or_no_http_is_a_failure(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        assert asyncio.run(is_accepted(Report(1, 20, "t", url, 1), DEADLINE)) is False
        thread.join(DEADLINE)


def test_with_loopback_only_no_other_host_is_posted_to_or_looked_up(
    start: Starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    look_up = socket.getaddrinfo

    def spy(host: str, *rest: Any, **named: Any) -> Any:
        asked.append(host)
        return look_up("127.0.0.1" if host.endswith(".example") else host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", spy)
    with receiving() as stranger, receiving() as ours, start(loopback_only=True) as api:
        asked.clear()
        for host in ("stranger.example", "localhost.example", "0.0.0.0", "[::ffff:10.1.2.3]"):
            url = stranger.url.replace("127.0.0.1", host)
            api.say("message/create", message(to_numbers("0701740605"), statusurl=url))
        for host in ("127.0.0.1", "localhost", "LOCALHOST"):
            url = ours.url.replace("127.0.0.1", host)
            number = api.say("message/create", message(to_numbers("0701740605"), statusurl=url))
            assert ours.form()["messageid"] == number
        assert stranger.posted.empty()
        assert {host.lower() for host in asked} == {"127.0.0.1", "localhost"}
        assert [stored.report for stored in api.store.messages()][:4] == ["due"] * 4
