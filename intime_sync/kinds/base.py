"""What the pipeline asks of a kind: two protocols and the small values that go with them.

A kind is pure. It reads checked items, compares, and says what to ask of the service; it never asks itself.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, Self, runtime_checkable
from zoneinfo import ZoneInfo

from intime_sync.kinds.fields import SectionSpec
from intime_sync.model.change import Update
from intime_sync.model.problem import NO_PLACE, Origin, Problem, Severity
from intime_sync.model.resource import PRESENT, Attributes, KindName, Lifecycle, RemoteId, Resource
from intime_sync.service.endpoints import Endpoint
from intime_sync.service.reply import Unexpected
from intime_sync.service.requests import Request, WireFormat
from intime_sync.service.text import LONGEST_RUN, clean, forbidden_character, nfc, too_many_marks
from intime_sync.service.xml import Element

Item = Mapping[str, Any]
"""One item of a section: it matches the kind's schema, and everything but booleans and integers is text."""


@dataclass(slots=True)
class ItemContext:
    """What a kind needs to read the items of one file; collects what is wrong with them.

    `locate` gives the place of a field (or of the item itself, without fields) of the item at hand; a number in its
    path is a position in a list, from 0. With `possible_numbers`, doubtful
    numbers are only warned about.
    """

    region: str
    zone: ZoneInfo
    problems: list[Problem]
    locate: Callable[..., Origin] = field(repr=False)
    possible_numbers: bool = False

    @classmethod
    def without_places(cls, region: str, zone: ZoneInfo, *, possible_numbers: bool = False) -> Self:
        """A context for items that stand in no file: their problems are collected with NO_PLACE."""
        return cls(region, zone, [], lambda *_: NO_PLACE, possible_numbers)

    def error(self, code: str, message: str, *path: str | int) -> None:
        """Note a problem that stops."""
        self.problems.append(Problem(code, message, self.locate(*path)))

    def warn(self, code: str, message: str, *path: str | int) -> None:
        """Note a problem that does not stop."""
        self.problems.append(Problem(code, message, self.locate(*path), Severity.WARNING))

    def text(self, item: Item, name: str, *parents: str | int) -> str:
        """The field's text in NFC with single spaces, "" when it is not given.

        A character that XML 1.0 forbids, or a line break in a one-line field, is noted as an error.
        """
        raw: str | None = item.get(name)
        if not raw:
            return ""
        if raw.isprintable():
            if " " not in raw and raw.isascii():
                return raw  # clean as it is, like most
        elif self._forbidden(raw, (*parents, name)):
            return ""
        return "" if self._overloaded(raw, (*parents, name)) else clean(raw)

    def lines(self, item: Item, name: str) -> str:
        """The field's text of several lines in NFC, each line ended by LF, without white space around the whole.

        A character that XML 1.0 forbids is noted as an error, and makes it "".
        """
        raw: str = item.get(name) or ""
        if self._forbidden(raw, (name,), newlines=True) or self._overloaded(raw, (name,)):
            return ""
        return nfc(raw.replace("\r\n", "\n").replace("\r", "\n")).strip()

    def _forbidden(self, text: str, path: Sequence[str | int], *, newlines: bool = False) -> bool:
        found = forbidden_character(text, newlines=newlines)
        if found is None:
            return False
        position, name_of_character = found
        where = ".".join(step for step in path if isinstance(step, str))
        self.error(
            "forbidden-character",
            f"`{where}` holds {name_of_character} at position {position + 1}, "
            "which the service's XML cannot carry; remove it",
            *path,
        )
        return True

    def _overloaded(self, text: str, path: Sequence[str | int]) -> bool:
        position = too_many_marks(text)
        if position is None:
            return False
        where = ".".join(step for step in path if isinstance(step, str))
        self.error(
            "too-many-marks",
            f"`{where}` holds more than {LONGEST_RUN} combining marks in a row, up to position {position + 1}; no "
            "language writes so many on a letter, so remove them",
            *path,
        )
        return True


@dataclass(frozen=True, slots=True)
class WireContext:
    """What a kind needs to write requests: the service's spellings, and the ids of groups by name."""

    format: WireFormat = field(default_factory=WireFormat)
    group_ids: Mapping[str, RemoteId] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Removal:
    """One object to be removed: its id (None where the service removes by value), fields and options.

    `seen` is the object as a list showed it after a first try that did not remove it, else None.
    """

    remote_id: RemoteId | None
    attributes: Attributes
    options: Attributes
    seen: Resource[Any] | None = None


class Kind(Protocol):
    """A kind of object, as every part of the pipeline sees it."""

    @property
    def name(self) -> KindName:
        """`group`, `contact`, …: the first part of an address."""
        ...

    @property
    def spec(self) -> SectionSpec:
        """Its section in the configuration."""
        ...

    def read(self, item: Item, origin: Origin, context: ItemContext) -> Resource[Any] | None:
        """The desired resource that a checked item describes, or None after noting an error."""
        ...

    def attributes(self, value: Any) -> dict[str, Any]:
        """The comparable fields of a value, in the order people read them; fields that are not given are left out."""
        ...


@runtime_checkable
class ListedKind(Kind, Protocol):
    """A kind that the service can list, and so is compared with what is really there."""

    @property
    def endpoint(self) -> Endpoint:
        """The list to read."""
        ...

    def rows(self, root: Element | None) -> Sequence[Any] | Unexpected:
        """The rows of the list's reply, or why they cannot be read."""
        ...

    def observed(self, rows: Sequence[Any], context: ItemContext) -> tuple[Resource[Any], ...]:
        """The list's rows as actual resources, keyed by their natural identity in text."""
        ...

    def identity(self, value: Any) -> Hashable:
        """What makes two values the same object where no id tells."""
        ...

    def identity_of(self, attributes: Attributes) -> Hashable:
        """The same, from a plan's or ledger's attributes."""
        ...

    def matches_by_id(self) -> bool:
        """Whether the ledger's id finds the object again, before identity is tried."""
        ...

    def lists_ids(self) -> bool:
        """Whether the list shows the ids that the service gives its objects."""
        ...

    def ambiguous(self, key: str, found: Sequence[Resource[Any]]) -> str | None:
        """Why several objects of one identity cannot be told apart, or None when any of them serves."""
        ...

    def is_past(self, attributes: Attributes, now: datetime, zone: ZoneInfo) -> bool:
        """Whether its time has passed, so that it is never created, edited or counted again."""
        ...

    def inert(self, attributes: Attributes) -> bool:
        """Whether an object of these fields counts as not there: it does nothing and nothing can be done with it."""
        ...

    def create_request(self, objects: Sequence[Attributes], context: WireContext) -> Request:
        """The request that makes all of `objects`."""
        ...

    def update_request(self, updates: Sequence[Update], context: WireContext) -> Request:
        """The request that edits exactly what differs."""
        ...

    def remove_request(self, removals: Sequence[Removal], context: WireContext) -> Request:
        """The request that removes all of `removals`."""
        ...


def read_lifecycle(item: Item, context: ItemContext, options: Attributes | None = None) -> Lifecycle:
    """The `ensure` and `protect` of an item; the shared PRESENT when it says neither."""
    absent = item.get("ensure") == "absent"
    protect = item.get("protect")
    if not absent and protect is None and options is None:
        return PRESENT
    if absent and protect:
        context.error("contradiction", "`ensure: absent` and `protect: true` contradict each other", "protect")
    return Lifecycle(absent=absent, protect=protect, options=options)


class Plain:
    """The answers of a listed kind whose objects have no time, no off switch and nothing to edit."""

    def matches_by_id(self) -> bool:
        """Only what is equal is the same object."""
        return False

    def lists_ids(self) -> bool:
        """As a rule."""
        return True

    def ambiguous(self, key: str, found: Sequence[Resource[Any]]) -> str | None:
        """Equal objects serve equally well."""
        return None

    def is_past(self, attributes: Attributes, now: datetime, zone: ZoneInfo) -> bool:
        """It has no time."""
        return False

    def inert(self, attributes: Attributes) -> bool:
        """What is listed is there."""
        return False

    def update_request(self, updates: Sequence[Update], context: WireContext) -> Request:
        """Never planned, since identity is all there is to compare."""
        raise AssertionError("nothing to edit")
