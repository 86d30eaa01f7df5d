"""Awaited objects: those whose creation the service confirmed and that no list has shown yet. Pure.

A list may lag. If an object were made again while the list lags, the account would have it twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from intime_sync.kinds.registry import LISTED
from intime_sync.model.ledger import Entry, Ledger
from intime_sync.model.problem import Origin, Problem, Severity
from intime_sync.model.resource import Address, KindName
from intime_sync.planning.context import Clock

LONGEST_WAIT: Final = timedelta(hours=1)
"""The time after its confirmation in which an object that no list shows is neither made again nor forgotten."""


def is_awaited(entry: Entry | None, now: datetime) -> bool:
    """Whether an object that is not listed may still turn up; `now` is aware."""
    return entry is not None and entry.awaited is not None and now < _until(entry.awaited)


def why_waiting(address: Address, entry: Entry, clock: Clock, *, wanted: bool) -> str:
    """A change's reason: why nothing is done about an awaited object, until when, and what a person can do."""
    until = _until(entry.awaited or "").astimezone(clock.zone)
    what = "so it is not made again" if wanted else "so it cannot be removed yet"
    then = f"made again after that, or after `ledger rm {address}`" if wanted else "forgotten after that"
    return (
        f"{confirmed(entry, clock)}, and the account does not list it yet, {what}: "
        f"it is waited for until {until:%Y-%m-%d %H:%M}, and {then}"
    )


def confirmed(entry: Entry, clock: Clock) -> str:
    """A clause that says when the service confirmed the creation of an object, and with which id."""
    when = datetime.fromisoformat(entry.awaited or "").astimezone(clock.zone)
    id = "" if entry.remote_id is None else f" with id {entry.remote_id}"
    return f"the service confirmed it{id} at {when:%Y-%m-%d %H:%M}"


def never_listed(address: Address, entry: Entry, clock: Clock, origin: Origin | None, *, wanted: bool) -> Problem:
    """The warning about an object that was not listed within the longest wait."""
    what = "it is made again" if wanted else "it is forgotten"
    message = (
        f"`{address}`: {confirmed(entry, clock)}, and the account has not listed it since; {what}. "
        "If it turns up after all, remove it in the service"
    )
    return Problem("never-listed", message, origin, Severity.WARNING)


def all_awaited(ledger: Ledger) -> Iterator[tuple[KindName, str, Entry]]:
    """The entries of objects that no list has shown yet, by kind and key."""
    for kind in LISTED:
        entries: Mapping[str, Entry] = ledger.of(kind.name)
        for key, entry in entries.items():
            if entry.awaited is not None:
                yield kind.name, key, entry


def _until(awaited: str) -> datetime:
    return datetime.fromisoformat(awaited) + LONGEST_WAIT
