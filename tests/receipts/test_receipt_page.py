"""The page of receipts: what it shows, that no text in it can act, and how it is divided."""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from receipt_world import MOMENT, Caller, calling

from intime_sync.errors import LedgerError
from intime_sync.receipts import (
    Delivery,
    DeliveryCounts,
    MessageRecipient,
    Receipt,
    ReceiptStore,
    ReceiveOptions,
    run_in_thread,
)
from intime_sync.receipts.page import PageView, render_page

HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>"
VOID = {"meta"}


class Document(HTMLParser):
    """Tags and attributes as a browser sees them; fails on what is not closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.names: set[str] = set()
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def words(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.text))


def view(
    *deliveries: Delivery, names: dict[str, MessageRecipient] | None = None, number: int = 1, pages: int = 1
) -> PageView:
    counts = DeliveryCounts(1234, 5, 6)
    return PageView(deliveries, counts, number, pages, names or {}, MOMENT, ZoneInfo("Europe/Stockholm"))


def delivery(message_id: int, *statuses: int, transid: str = "t1") -> Delivery:
    receipts = (Receipt(message_id, transid, status, MOMENT + timedelta(n)) for n, status in enumerate(statuses))
    return Delivery(message_id, tuple(receipts))


def get(caller: Caller, path: str = "/") -> str:
    code, text, headers = caller.request("GET", path)
    assert (code, headers["content-type"]) == (200, "text/html; charset=utf-8")
    return text


def test_the_page_shows_recipient_status_and_time():
    named = {"t1": MessageRecipient("julhalsning", "+46•••••••05")}
    words = Document(render_page(view(delivery(4711, 21, 20), delivery(4712, 7, transid="t2"), names=named))).words
    assert "julhalsning to +46•••••••05 ✓ Delivered acknowledged by the phone 2026-12-25 08:00:05" in words
    assert "Message 4712 recipient not known ? Unknown status 7 2026-12-24 08:00:05" in words
    assert "2 statuses of message 4711 2026-12-24 08:00:05 unknown: no receipt has come (21)" in words
    assert "2026-12-25 08:00:05 delivered: acknowledged by the phone (20)" in words
    assert "message id 4711 , transid t1" in words
    assert "✓ Delivered 1\u202f234" in words.replace("1 234", "1\u202f234")
    assert "times in Europe/Stockholm" in words


def test_hostile_names_and_transids_are_text(tmp_path: Path):
    data = tmp_path / "r.sqlite3"
    names = {HOSTILE: MessageRecipient(HOSTILE, HOSTILE)}
    with run_in_thread(ReceiveOptions(data, names=lambda: names)) as receiver, calling(receiver.url) as caller:
        caller.visit(receiver.page)
        for number, transid in enumerate((HOSTILE, "</code><script>", "plain"), 1):
            assert caller.post({"messageid": number, "status": 20, "transid": transid})[0] == 200
        document = Document(get(caller))
    assert not {"script", "img"} & set(document.tags)
    assert not [name for name in document.names if name.startswith("on")]
    assert document.words.count(HOSTILE) == 3


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_text_escapes_its_element(key: str, recipient: str, transid: str):
    plain = Document(render_page(view(delivery(1, 20), names={"t1": MessageRecipient("x", "y")})))
    odd = Document(
        render_page(view(delivery(1, 20, transid=transid), names={transid: MessageRecipient(key, recipient)}))
    )
    assert (odd.tags, odd.names) == (plain.tags, plain.names) or not transid


def test_numbers_and_addresses_are_masked_wherever_they_come_from():
    careless = {"t1": MessageRecipient("for 070-174 06 05", "+46701740606")}
    html = render_page(view(delivery(1, 20), delivery(2, 20, transid="0701740607"), names=careless))
    assert not re.search("174 ?06|70174", html)
    assert "+46•••••••06" in html


def test_nothing_on_the_page_can_act(caller: Caller):
    caller.post({"messageid": 1, "status": 20, "transid": "t"})
    _, html, headers = caller.request("GET", "/")
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    document = Document(html)
    assert not {"script", "link", "img", "iframe", "form", "input", "object"} & set(document.tags)
    assert not {"style", "src", "onclick"} & document.names
    assert "http" not in html, "it loads nothing and points nowhere"
    assert caller.path.removeprefix("/status/") not in html


def test_an_empty_page_says_what_to_do(caller: Caller):
    words = Document(get(caller)).words
    assert "Nothing has been received yet" in words
    assert "status_url" in words
    assert "docs/receipts.md" in words


def test_pages_of_a_hundred_newest_first_and_any_page_number_is_survived(caller: Caller, data: Path):
    with ReceiptStore(data) as store:
        store.record_all(Receipt(number, f"t{number}", 20, MOMENT) for number in range(1, 251))
    first, third = get(caller), get(caller, "/?page=3")
    assert re.findall(r"<h3>Message (\d+)", first) == [str(number) for number in range(250, 150, -1)]
    assert re.findall(r"<h3>Message (\d+)", third) == [str(number) for number in range(50, 0, -1)]
    assert ("?page=2" in first, "Newer" in first, "Page 1 of 3" in first) == (True, False, True)
    assert ("?page=2" in third, "Older" in third, "page 3</title>" in third) == (True, False, True)
    for odd in ("4", "9999999", "9" * 5000):
        assert "Page 3 of 3" in get(caller, f"/?page={odd}") or len(odd) > 7
    for odd in ("0", "-1", "x", "", "%00", "1e3", "%D9%A2"):
        assert "Page 1 of 3" in get(caller, f"/?page={odd}")
    code, text, _ = caller.request("HEAD", "/")
    assert (code, text) == (200, "")


def test_an_unreadable_ledger_only_leaves_the_names_out(tmp_path: Path, caplog):
    def broken() -> dict[str, MessageRecipient]:
        raise LedgerError("ledger.json is damaged")

    options = ReceiveOptions(tmp_path / "r.sqlite3", names=broken)
    with run_in_thread(options) as receiver, calling(receiver.url) as caller:
        caller.visit(receiver.page)
        caller.post({"messageid": 1, "status": 20, "transid": "t"})
        words = Document(get(caller)).words
    assert "The ledger could not be read" in words
    assert "Message 1" in words
    assert "the page is shown without names: ledger.json is damaged" in caplog.text


def test_unreadable_data_is_reported_on_the_page_and_statuses_are_accepted(caller: Caller, data: Path, caplog):
    caller.post({"messageid": 1, "status": 20, "transid": "t"})
    away = data.rename(data.with_name("away"))
    data.write_bytes(b"something else entirely" * 100)
    assert caller.request("GET", "/")[:2] == (503, "the receipts cannot be read at the moment")
    assert "the page cannot be shown" in caplog.text
    data.unlink()
    away.rename(data)
    assert "Message 1" in get(caller)


@pytest.mark.parametrize("zone", [UTC, ZoneInfo("America/New_York")])
def test_times_are_in_the_zone_that_is_named(zone):
    page = PageView([delivery(1, 20)], DeliveryCounts(1), 1, 1, {}, MOMENT, zone)
    html = render_page(page)
    assert f'<time datetime="2026-12-24T07:00:05Z">{MOMENT.astimezone(zone):%Y-%m-%d %H:%M:%S}</time>' in html
    assert str(zone) in html
