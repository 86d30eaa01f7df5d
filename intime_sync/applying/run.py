"""State shared by the steps of one apply: client, ledger, the lists as last read, and the results so far."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from intime_sync.errors import CredentialsError, IntimeSyncError, ServiceError
from intime_sync.fetching import fetch_kind
from intime_sync.kinds.base import ListedKind, WireContext
from intime_sync.kinds.reading import ItemContext
from intime_sync.kinds.registry import GROUPS
from intime_sync.ledgers.base import LedgerSession
from intime_sync.model.change import Change, action_of, remote_id_of
from intime_sync.model.policy import Policy
from intime_sync.model.report import Result, Status
from intime_sync.model.resource import Address, KindName, RemoteId, Resource, Snapshot
from intime_sync.planning.account_groups import user_group_ids
from intime_sync.planning.carriers import own_carriers
from intime_sync.planning.matching import under_own_names
from intime_sync.service.client import Client, Outcome, Unknown
from intime_sync.service.requests import Request
from intime_sync.service.transport import NotSent

log = logging.getLogger("intime_sync.apply")

TRIES = 3
"""How often a request is sent where sending it again is safe."""
REREADS, FEW_REREADS = 10, 3
"""How often a list is read again: while it lacks what the service confirmed, and while it lacks what the service may
have done.

Each pause is twice the one before: 102 seconds in all, and 0.7.
"""
FIRST_PAUSE = 0.1
"""Seconds before a list is read again for the first time."""
_SLEEP_STEP = 0.5
"""Seconds between two checks whether the run was asked to stop."""


class Progress(Protocol):
    """Shows how far an apply has got."""

    def advance(self, count: int, what: str) -> None:
        """Count `count` more changes as finished; `what` is the kind that is being applied."""


class Stopped(Exception):
    """The run was asked to stop; raised between batches only."""


@dataclass(slots=True)
class Run:
    """See the module.

    `actual` are the lists by kind as last read. `stop` is called before every batch and returns why to stop, or None.
    `sleep` takes seconds; `now` returns an aware time.

    `purgeable` are carriers that may be removed although the ledger does not know them: those that the plan named,
    and those that this run made. `stuck` are keys of contacts whose carrier could not be removed; `shortfalls` say
    what was left undone besides failed changes. `maybe_sent` are keys of messages that should have been cancelled and
    may have been sent instead. `requested_pause` is how many seconds the service asked to wait before the next
    request. `refused` are the reasons, by key, why contacts are not tried again in this run. `kept` are carriers that
    must stay: by id, the key of the contact that needs it, and the reason.
    """

    client: Client
    session: LedgerSession
    owner: str
    policy: Policy
    context: ItemContext
    actual: dict[KindName, tuple[Resource[Any], ...]]
    progress: Progress
    stop: Callable[[], str | None] = lambda: None
    parallelism: int = 4
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    results: dict[Address, Result] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    purgeable: set[RemoteId] = field(default_factory=set)
    stuck: set[str] = field(default_factory=set)
    shortfalls: list[str] = field(default_factory=list)
    maybe_sent: set[str] = field(default_factory=set)
    requested_pause: float = 0.0
    refused: dict[str, str] = field(default_factory=dict)
    kept: dict[RemoteId, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def lists_of(cls, actual: Snapshot) -> dict[KindName, tuple[Resource[Any], ...]]:
        """The lists of a snapshot as a dict that a run can change; see `actual`."""
        return {kind: tuple(resources) for kind, resources in actual.resources.items()}

    def finish(self, change: Change, status: Status, error: str | None = None, id: RemoteId | None = None) -> None:
        """Record how a change ended; the first result of a change stays."""
        if change.address not in self.results:
            self.results[change.address] = Result(
                change.address, action_of(change), status, id or remote_id_of(change), error, change.origin
            )
            self.progress.advance(1, change.address.kind)

    def is_finished(self, change: Change) -> bool:
        """Whether a change has a result."""
        return change.address in self.results

    def check_stop(self) -> None:
        """Raise Stopped when the run was asked to stop."""
        why = self.stop()
        if why is not None:
            raise Stopped(why)

    def send(self, request: Request) -> Outcome:
        """Send a request, and again (TRIES times in all) only if it certainly was not sent. Raises CredentialsError.

        First waits as long as the service asked for in its last reply.
        """
        pause, self.requested_pause = self.requested_pause, 0.0
        if pause:
            self.sleep(pause)
        outcome = self.client.send(request)
        for attempt in range(TRIES - 1):
            if not isinstance(outcome, NotSent):
                break
            self.pause(attempt)
            outcome = self.client.send(request)
        if isinstance(outcome, Unknown):
            self.requested_pause = outcome.retry_after
        log.info("%s: %d items: %s", request.endpoint, request.count, type(outcome).__name__.lower())
        return outcome

    def latest_time(self) -> datetime:
        """The current time (aware) by this machine's clock or the service's, whichever is later."""
        return self.now() + max(self.client.ahead, timedelta(0))

    def pause(self, attempt: int) -> None:
        """Wait before a request is sent again: about 1 second after attempt 0, and twice as long after each other."""
        self.sleep((0.5 + random.random()) * 2**attempt)  # noqa: S311 - jitter, not a secret

    def reread(self, kind: ListedKind) -> IntimeSyncError | None:
        """Read a kind's list again; on failure, keep the old one and return the error."""
        try:
            self.actual[kind.name] = fetch_kind(self.client, kind, self.context)
        except (ServiceError, CredentialsError) as error:
            return error
        self.restore_own_names(kind)
        return None

    def reread_until(self, kind: ListedKind, is_late: Callable[[int], bool]) -> IntimeSyncError | None:
        """Read a kind's list again until `is_late` is false, REREADS times at most; on failure as `reread`.

        `is_late` says whether the list as last read may not be up to date yet; its argument is how often the list was
        read again. A request to stop ends the waiting.
        """
        error = self.reread(kind)
        for attempt in range(REREADS):
            if error is not None or not is_late(attempt) or self.stop() is not None:
                break
            if attempt == FEW_REREADS:
                log.info("%s: waiting for the list to show what was confirmed", kind.endpoint)
            self._sleep_unless_stopped(FIRST_PAUSE * 2**attempt)
            error = self.reread(kind)
        return error

    def _sleep_unless_stopped(self, seconds: float) -> None:
        """Pause in short steps, so that a request to stop ends the pause."""
        while seconds > 0 and self.stop() is None:
            self.sleep(min(seconds, _SLEEP_STEP))
            seconds -= _SLEEP_STEP

    def restore_own_names(self, kind: ListedKind) -> None:
        """Give a kind's listed objects the names that they were made with, where the service changed them."""
        rows = under_own_names(self.actual[kind.name], self.session.ledger.of(kind.name))
        self.actual[kind.name] = tuple(rows)

    def wire_context(self) -> WireContext:
        """What requests need: spellings, and the ids of groups by name; see `group_ids`."""
        return WireContext(self.client.wire, self.group_ids())

    def group_ids(self) -> Mapping[str, RemoteId]:
        """Ids of the user groups in the account by name; of several with one name, the one that the ledger has."""
        listed = user_group_ids(self.actual.get(GROUPS.name, ()))
        ids = {name: same[0] for name, same in listed.items() if len(same) == 1}
        for name, entry in self.session.ledger.of(GROUPS.name).items():
            # A group that was renamed by hand is no longer the one that contacts are meant to be in.
            if entry.remote_id is not None and entry.remote_id in listed.get(name, ()):
                ids[name] = entry.remote_id
        return ids

    def carriers(self) -> dict[RemoteId, str]:
        """This owner's carriers in the account, by id."""
        return own_carriers(self.actual.get(GROUPS.name, ()), self.owner, self.session.ledger)


def batches(items: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    """`items` in slices of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))
