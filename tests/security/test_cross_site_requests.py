"""A website has a browser on this machine post to the emulator: nothing is done or sent on."""

from __future__ import annotations

import requests
from message_samples import message, to_numbers
from status_receiver import receiving

from intime_sync.emulator import EmulatorOptions, run_in_thread

QUERY = {"user": "demo", "hash": "demo"}
GROUP = '<addgroups><groups><group groupname="Personal"/></groups></addgroups>'


def test_a_page_posts_to_the_emulator() -> None:
    """A form or a `fetch` may post text anywhere; the browser says from where it comes, or `null`."""
    with receiving() as receiver, run_in_thread(EmulatorOptions()) as emulator:
        body = message(to_numbers("+46701740605"), statusurl=receiver.url)
        for origin in ("https://mallory.example", "null", emulator.url):
            headers = {"Origin": origin, "Content-Type": "text/plain"}
            for path, text in (("message/create", body), ("contacts/addgroup", GROUP)):
                done = requests.post(f"{emulator.url}/{path}.ashx", text, params=QUERY, headers=headers, timeout=20)
                assert done.status_code == 403
        listed = requests.get(f"{emulator.url}/contacts/listgroups.ashx", params=QUERY, timeout=20)
        assert "Personal" not in listed.text
        assert emulator.store.messages() == []
        assert emulator.calls == [("GET", "contacts/listgroups")]
    assert receiver.posted.empty()


def test_a_request_without_end_does_not_fill_the_memory() -> None:
    def endless():  # type: ignore[no-untyped-def]
        for _ in range(65):
            yield b" " * 1024 * 1024

    with run_in_thread(EmulatorOptions()) as emulator:
        url = f"{emulator.url}/contacts/addgroup.ashx"
        done = requests.post(url, endless(), params=QUERY, timeout=60)
        assert done.status_code == 413
        assert emulator.calls == []
