"""A service that begins to refuse what it accepted before."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from lxml import etree

from intime_sync.emulator.service import Call, Reply, Service, Share, plain


class Refusal:
    """Answers calls as a service does that refuses what holds `poison`, with all that came with it.

    With `keep_others` it does what came with it nonetheless. `calls` grows by (endpoint, number of items) of each
    call that changes something.
    """

    def __init__(self, endpoint: str, poison: str, code: str, *, keep_others: bool) -> None:
        self.endpoint, self.poison, self.code = endpoint, poison.encode(), code
        self.keep_others = keep_others
        self.calls: list[tuple[str, int]] = []

    def answer(self, do: Callable[[Call, Share], Reply], call: Call, share: Share) -> Reply:
        """The reply to a call, where `do` does what is not refused."""
        if call.method != "POST":
            return do(call, share)
        root = etree.fromstring(call.body)
        parent = root[0] if root[0].tag in ("groups", "nixentries") else root
        self.calls.append((call.endpoint, len(parent)))
        if call.endpoint != self.endpoint or self.poison not in call.body:
            return do(call, share)
        for item in list(parent):
            if self.poison in etree.tostring(item):
                parent.remove(item)
        if self.keep_others and len(parent):
            do(Call(call.method, call.endpoint, call.query, etree.tostring(root)), share)
        return plain(self.code)


def refuse(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, poison: str, code: str, *, keep_others: bool
) -> list[tuple[str, int]]:
    """Let every service of this process refuse so from now on; returns its calls."""
    normal = Service.answer
    refusal = Refusal(endpoint, poison, code, keep_others=keep_others)

    def answer(service: Service, call: Call, share: Share = "all") -> Reply:
        return refusal.answer(partial(normal, service), call, share)

    monkeypatch.setattr(Service, "answer", answer)
    return refusal.calls
