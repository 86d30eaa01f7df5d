"""Contacts of a file as plain columns for the cache, and back: the same resources, warnings and places.

Only files that hold nothing but contacts, without an error, are kept: those are the large ones, and what a contact
means depends on nothing but its own file and the region.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from intime_sync.cache import FileCache
from intime_sync.config.document import Document, ItemPlaces, Locator, Path, Place
from intime_sync.config.files import IncludedFile
from intime_sync.config.reading import read_file
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.problem import Origin, Problem, Severity
from intime_sync.model.resource import Wish
from intime_sync.model.table import Table

SECTION = CONTACTS.spec.name


def keep(
    cache: FileCache, name: str, places: ItemPlaces, contacts: Table[Any], since: int, problems: Sequence[Problem]
) -> None:
    """Keep what a file's items are, unless there is more to it than an entry can hold.

    They are those of `contacts` from the position `since` on.
    """
    wishes = {
        position - since: (wish.absent, wish.protect)
        for position, wish in contacts.wishes.items()
        if position >= since
    }
    whole = (
        len(places) == len(contacts) - since > 0
        and all(problem.severity is Severity.WARNING and problem.origin is not None for problem in problems)
        and all(contacts.wishes[since + position] == Wish(*wish) for position, wish in wishes.items())
    )
    if whole:
        said = [(problem.code, problem.message, problem.origin) for problem in problems]
        written = [(code, message, *place) for code, message, place in said if place is not None]
        keys, lines = contacts.keys[since:], contacts.lines[since:]
        texts = ["\n".join(column) for column in (keys, lines, CONTACTS.mobiles_of(lines))]
        groups = [*CONTACTS.groups_of(lines)]
        cache.put(name, (places.lines.tobytes(), places.columns.tobytes(), texts, groups, wishes, written))


def recall(
    cache: FileCache, name: str, file: IncludedFile, data: bytes, contacts: Table[Any]
) -> tuple[Document, list[Problem], list[str], list[str]] | None:
    """What was kept of a file: a document without values, its warnings, its numbers and groups.

    Its items go to `contacts`.
    """
    kept = cache.get(name)
    if kept is None:
        return None
    numbers, columns, texts, groups, wishes, written = kept
    keys, lines, mobiles = (text.split("\n") for text in texts)
    places = ItemPlaces(array("l", numbers), array("l", columns))
    wanted = {position: Wish(*wish) for position, wish in wishes.items()}
    contacts.add_columns(keys, lines, wanted, file.name, places.lines, places.columns)
    problems = [Problem(code, message, Origin(*place), Severity.WARNING) for code, message, *place in written]
    document = Document(file.name, {}, {SECTION: places}, _LocatorOnDemand(file, data))
    return document, problems, mobiles, groups


class _LocatorOnDemand:
    """Reads the file after all when somebody asks where something in it stands."""

    def __init__(self, file: IncludedFile, data: bytes) -> None:
        self._file = file
        self._data = data

    @cached_property
    def _locator(self) -> Locator:
        document, _ = read_file(self._file, self._data)
        if document is None:
            raise AssertionError("it was read without an error before")
        return document.locator

    def place(self, path: Path, *, key: bool = False) -> Place:
        """See `document.Locator`."""
        return self._locator.place(path, key=key)
