"""Contacts of a file as plain columns for the cache, and back: the same resources, warnings and places.

Only files that hold nothing but contacts, without an error, are kept: those are the large ones, and what a contact
means depends on nothing but its own file and the region.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import cached_property
from itertools import repeat
from typing import Any

from intime_sync.config.cache import FileCache
from intime_sync.config.document import Document, ItemPlaces, Locator, Path, Place
from intime_sync.config.files import IncludedFile
from intime_sync.config.reading import read_file
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.bulk import make_all
from intime_sync.model.problem import Origin, Problem, Severity
from intime_sync.model.resource import PRESENT, Resource, Wish

SECTION = CONTACTS.spec.name


def keep(
    cache: FileCache, name: str, places: ItemPlaces, resources: Sequence[Resource[Any]], problems: Sequence[Problem]
) -> None:
    """Keep what a file's items are, unless there is more to it than an entry can hold."""
    wishes = {
        index: (resource.wish.absent, resource.wish.protect)
        for index, resource in enumerate(resources)
        if resource.wish is not PRESENT
    }
    whole = (
        len(places) == len(resources)
        and all(problem.severity is Severity.WARNING and problem.origin is not None for problem in problems)
        and all(resources[index].wish == Wish(*wish) for index, wish in wishes.items())
    )
    if whole:
        said = [(problem.code, problem.message, problem.origin) for problem in problems]
        written = [(code, message, *place) for code, message, place in said if place is not None]
        keys = [resource.key for resource in resources]
        columns = CONTACTS.to_columns([resource.value for resource in resources])
        cache.put(name, (places.lines.tobytes(), places.columns.tobytes(), keys, columns, wishes, written))


def recall(
    cache: FileCache, name: str, file: IncludedFile, data: bytes
) -> tuple[Document, list[Resource[Any]], list[Problem]] | None:
    """What was kept of a file: a document without values, the resources of its items, its warnings."""
    kept = cache.get(name)
    if kept is None:
        return None
    lines, columns, keys, values, wishes, written = kept
    places = ItemPlaces(array("l", lines), array("l", columns))
    count = len(keys)
    wanted = [PRESENT] * count
    for index, wish in wishes.items():
        wanted[index] = Wish(*wish)
    origins = map(Origin._make, zip(repeat(file.name), places.lines, places.columns, strict=False))
    contacts = CONTACTS.from_columns(count, values)
    resources: list[Resource[Any]] = make_all(Resource, count, (keys, contacts, repeat(None), origins, wanted))
    problems = [Problem(code, message, Origin(*place), Severity.WARNING) for code, message, *place in written]
    return Document(file.name, {}, {SECTION: places}, _LocatorOnDemand(file, data)), resources, problems


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
