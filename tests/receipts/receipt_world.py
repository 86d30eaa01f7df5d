"""What tests of receipts share: a receiver to speak to, the real command as a process, a store read from outside."""

from __future__ import annotations

import http.client
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from harness import Workspace, serving

from intime_sync.receipts import Receipt, ReceiptStore

MOMENT = datetime(2026, 12, 24, 7, 0, 5, tzinfo=UTC)
PATH_SECRET = "a-secret-of-the-path-0123456789"


class Caller:
    """One keep-alive connection to the address that a receiver gave."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.path = parts.path
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        self.cookie = ""

    def visit(self, page: str) -> None:
        """Open the page by its address with the token, and keep the cookie as a browser does."""
        code, _, headers = self.request("GET", page[page.index("/?") :])
        assert (code, headers["location"]) == (303, "/")
        self.cookie = headers["set-cookie"].partition(";")[0]

    def post(
        self, body: bytes | str | Mapping[str, object], path: str | None = None, **headers: str
    ) -> tuple[int, str]:
        """Post a body, or a form of these fields; code and text."""
        form = isinstance(body, Mapping)
        if form:
            headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        data = urlencode(body) if isinstance(body, Mapping) else body
        return self.request("POST", path or self.path, data, **headers)[:2]

    def request(
        self, method: str, path: str, body: bytes | str | None = None, **headers: str
    ) -> tuple[int, str, Mapping[str, str]]:
        """Any request; code, text and headers."""
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        self.connection.request(method, path, body, sent | ({"Cookie": self.cookie} if self.cookie else {}))
        reply = self.connection.getresponse()
        text = reply.read().decode()
        return reply.status, text, {name.lower(): value for name, value in reply.getheaders()}

    def close(self) -> None:
        """Hang up."""
        self.connection.close()


@contextmanager
def calling(url: str) -> Iterator[Caller]:
    """A caller, hung up at the end."""
    caller = Caller(url)
    try:
        yield caller
    finally:
        caller.close()


def stored(path: Path) -> list[Receipt]:
    """Every receipt in a file, in order of arrival, read as other programs would."""
    store = ReceiptStore.open_existing(path)
    if store is None:
        return []
    with store:
        found = store.latest(1_000_000)
        return store.of_messages(delivery.message_id for delivery in found)


@contextmanager
def receiving(
    space: Workspace, *arguments: str, env: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The real command on a free port, and the address that it printed; killed at the end if it is still there."""
    with serving(space, "receive", *arguments, env=env) as served:
        yield served


def page_of(process: subprocess.Popen[str]) -> str:
    """The page's address, which the command says when it is started first."""
    assert process.stderr is not None
    line = process.stderr.readline()
    assert line.startswith("The page is at http://"), line
    return line.split()[-1]


def data_of(space: Workspace) -> Path:
    """Where the command keeps what it receives unless told otherwise."""
    return space.path / ".intime" / "receipts.sqlite3"


def is_root() -> bool:
    """Whom the system refuses nothing."""
    return os.geteuid() == 0
