"""What an endpoint is: a write (XML to a batch, a batch to ids) or a listing (rows to XML)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar

from intime_sync.emulator.behaviour import Behaviour
from intime_sync.emulator.xmlio import Element

Item = TypeVar("Item")


class Refusal(Exception):
    """The service says no: `code` is the documented one, such as `2:ERROR1`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler needs: the transaction, the options, and the wall time in whole seconds."""

    db: sqlite3.Connection
    options: Behaviour
    now: datetime


@dataclass(frozen=True, slots=True)
class Write(Generic[Item]):
    """An endpoint that takes XML and replies with ids.

    `parse` checks what needs neither data nor clock; `act` does the batch, or raises Refusal with nothing kept.
    They are two functions so that a fault can let only a part of a batch be done. `nothing` is the answer to an empty
    batch, `unreadable` the one to what is not XML; None answers with the text of an exception, as the service does.
    """

    root: str
    parse: Callable[[Element], list[Item]]
    act: Callable[[Sequence[Item], Context], list[int]]
    nothing: str = "2:ERROR1"
    unreadable: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """An endpoint that replies with XML; None is the documented `2:ERROR1`, nothing to list."""

    read: Callable[[Mapping[str, str], Context], Element | None]


Endpoints: TypeAlias = dict[str, Write[Any] | Listing]
"""Endpoints by name, such as `contacts/add`."""
