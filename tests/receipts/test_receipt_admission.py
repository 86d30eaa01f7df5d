"""The page needs its token; statuses and the health check do not."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from receipt_world import PATH_SECRET, Caller, calling

from intime_sync.receipts import ReceiveOptions, run_in_thread

FORM = {"messageid": 4711, "status": 20, "transid": "a-1"}


def token_of(page: str) -> str:
    return page.partition("?token=")[2]


def test_without_the_token_only_the_page_is_refused(tmp_path: Path):
    with run_in_thread(ReceiveOptions(tmp_path / "r.sqlite3", PATH_SECRET)) as receiver:
        token = token_of(receiver.page)
        assert len(token) == 32
        with calling(receiver.url) as caller:
            assert caller.post(FORM) == (200, "4711")
            assert caller.request("GET", "/health")[0] == 200
            for path, cookie in _wrong_ways(token):
                caller.cookie = cookie
                for method in ("GET", "HEAD"):
                    code, text, headers = caller.request(method, path)
                    assert (code, headers["content-type"]) == (403, "text/plain")
                    assert "4711" not in text
                    assert "a-1" not in text
                    assert token not in text
                    assert "set-cookie" not in headers
                    assert method == "HEAD" or "intime-sync receive" in text


def _wrong_ways(token: str) -> list[tuple[str, str]]:
    name = "intime-receipts-00000000"
    return [
        ("/", ""),
        ("/?page=2", ""),
        ("/?token=", ""),
        (f"/?token={token[:-1]}", ""),
        (f"/?token={token.swapcase()}", ""),
        (f"/?token={PATH_SECRET}", ""),
        ("/?token=%ff%00", ""),
        (f"/?page={token}", ""),
        ("/", f"{name}={token}"),
        ("/", "nonsense; =; =="),
        ("/", f"intime-receipts={token}x"),
    ]


def test_the_token_sets_a_cookie_that_opens_the_page(tmp_path: Path):
    data = tmp_path / "r.sqlite3"
    with run_in_thread(ReceiveOptions(data, PATH_SECRET)) as receiver, calling(receiver.url) as caller:
        caller.post(FORM)
        code, text, headers = caller.request("GET", f"/?token={token_of(receiver.page)}")
        assert (code, text, headers["location"], headers["cache-control"]) == (303, "", "/", "no-store")
        attributes = headers["set-cookie"].lower().split("; ")[1:]
        assert {"httponly", "samesite=strict", "path=/"} <= set(attributes)
        caller.visit(receiver.page)
        code, text, _ = caller.request("GET", "/")
        assert (code, "Message 4711" in text) == (200, True)
        assert token_of(receiver.page) not in text
        caller.cookie = re.sub("=.*", "=x", caller.cookie)
        assert caller.request("GET", "/")[0] == 403
    assert stat.S_IMODE(data.stat().st_mode) == 0o600
    assert token_of(receiver.page).encode() in data.read_bytes(), "kept with the data"


def test_two_receivers_on_one_machine_do_not_take_each_other_s_cookies(tmp_path: Path):
    names = []
    for name in ("one", "two"):
        with run_in_thread(ReceiveOptions(tmp_path / name)) as receiver, calling(receiver.url) as caller:
            caller.visit(receiver.page)
            names.append(caller.cookie.partition("=")[0])
    assert names[0] != names[1]


@pytest.fixture
def open_caller(tmp_path: Path):
    with run_in_thread(ReceiveOptions(tmp_path / "r.sqlite3", open_page=True)) as receiver:
        assert receiver.page == f"{receiver.root}/"
        with calling(receiver.url) as caller:
            yield caller


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("127.0.0.1:8047", 200),
        ("localhost", 200),
        ("[::1]:8047", 200),
        ("sms.example.se", 403),
        ("127.0.0.1.example.se", 403),
        ("localhost.example.se:8047", 403),
        ("192.0.2.7", 403),
        ("", 403),
    ],
)
def test_an_open_page_is_not_shown_to_other_sites_that_point_at_this_machine(
    open_caller: Caller, host: str, code: int
):
    assert open_caller.request("GET", "/", Host=host)[0] == code
    assert open_caller.post(FORM, Host=host) == (200, "4711")
