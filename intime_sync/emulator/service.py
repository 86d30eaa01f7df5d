"""Answers one call: checks credentials and body, runs the endpoint in a transaction, returns the reply as bytes.

Knows nothing of sockets; of faults, only that one may let half of a batch be done.
"""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from intime_sync.emulator.handlers import ENDPOINTS, Context, Listing, Refusal, Write
from intime_sync.emulator.options import EmulatorOptions
from intime_sync.emulator.store import Store
from intime_sync.emulator.xmlio import MalformedError, UnreadableError, document, parse

_PREFIX: Final = "/api/1.0/"
_SUFFIX: Final = ".ashx"
Share = Literal["all", "half"]


@dataclass(frozen=True, slots=True)
class Call:
    """A request: `endpoint` as in `contacts/add`, `query` with lower-case names."""

    method: str
    endpoint: str
    query: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """A response. `ids` are set on the reply to a successful write; `batch` is how many items it asked for."""

    body: bytes
    status: int = 200
    content_type: str = "text/plain; charset=iso-8859-1"
    headers: Mapping[str, str] = field(default_factory=dict)
    ids: tuple[int, ...] | None = None
    batch: int = 0


def endpoint_of(path: str) -> str | None:
    """The endpoint that a URL path names, with or without `/api/1.0`, in any case; None if it names none."""
    name = path.lower()
    name = name.removeprefix(_PREFIX) if name.startswith(_PREFIX) else name.removeprefix("/")
    if not name.endswith(_SUFFIX):
        return None
    name = name.removesuffix(_SUFFIX)
    return name if name in ENDPOINTS else None


def plain(text: str) -> Reply:
    return Reply(text.encode("iso-8859-1", "replace"))


def id_reply(ids: tuple[int, ...], batch: int = 0) -> Reply:
    return Reply(",".join(map(str, ids)).encode("ascii"), ids=ids, batch=batch or len(ids))


class Service:
    """The documented service over one store.

    `lists` are the last replies to each list, the oldest first, as many as `list_lag` needs: a list is answered with
    the oldest of them. Reminders listed by an `id` are a separate list for each `id`.
    """

    def __init__(self, options: EmulatorOptions, store: Store) -> None:
        self.options = options
        self.store = store
        self.lists: dict[tuple[str, str], deque[Reply]] = {}

    def answer(self, call: Call, share: Share = "all") -> Reply:
        """Do a call and reply. With `half`, only the first half of a batch (rounded down) is done."""
        endpoint = ENDPOINTS[call.endpoint]
        try:
            self._check_credentials(call)
            if isinstance(endpoint, Listing):
                return self._lagging(endpoint, call)
            if not call.body.strip():
                raise Refusal("0:ERROR2")
            return self._write(endpoint, call, share)
        except Refusal as refusal:
            return plain(refusal.code)
        except MalformedError:
            return plain("1:ERROR1")
        except UnreadableError as error:
            return plain(str(error))

    def _check_credentials(self, call: Call) -> None:
        user, secret = call.query.get("user", ""), call.query.get("hash", "")
        if not user or not secret:
            raise Refusal("0:ERROR1")
        known = f"{self.options.user}\0{self.options.secret}".encode()
        if not hmac.compare_digest(f"{user}\0{secret}".encode(), known):
            raise Refusal("0:ERROR3")

    def _lagging(self, listing: Listing, call: Call) -> Reply:
        try:
            present = self._list(listing, call)
        except Refusal as nothing:
            present = plain(nothing.code)
        if not self.options.list_lag:
            return present
        known = self.lists.setdefault((call.endpoint, call.query.get("id", "").strip()), deque())
        known.append(present)
        while len(known) > self.options.list_lag + 1:
            known.popleft()
        return known[0]

    def _list(self, listing: Listing, call: Call) -> Reply:
        with self.store.transaction() as db:
            root = listing.read(call.query, Context(db, self.options, self.store.clock.now()))
        if root is None:
            raise Refusal("2:ERROR1")
        return Reply(document(root, self.options.declare), content_type="text/xml")

    def _write(self, write: Write[Any], call: Call, share: Share) -> Reply:
        try:
            root = parse(call.body)
        except UnreadableError as error:
            if write.unreadable is None:
                raise
            raise Refusal(write.unreadable) from error
        if root.tag != write.root:
            raise MalformedError(f"root {root.tag}")
        batch = write.parse(root)
        if not batch:
            raise Refusal(write.nothing)
        wanted = batch if share == "all" else batch[: len(batch) // 2]
        with self.store.transaction() as db:
            now = self.store.clock.now().replace(microsecond=0)
            ids = write.act(wanted, Context(db, self.options, now)) if wanted else []
        return id_reply(tuple(ids), len(batch))
