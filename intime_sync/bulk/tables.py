"""Tables of contacts: a `Resource` is made only for those that are asked for.

A hundred thousand contacts are compared and counted as lines of text; only the few that differ become resources.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, overload

from intime_sync.bulk.columns import ContactColumns
from intime_sync.bulk.items import ItemPlaces
from intime_sync.bulk.lines import Contact, from_line, mobile_of, to_line
from intime_sync.model.problem import Origin
from intime_sync.model.resource import PRESENT, Lifecycle, Resource

_NO_FILE = ""


class ContactTable:
    """Contacts in order, as two columns: their `keys`, and `lines` that are equal exactly when all fields are."""

    __slots__ = ("keys", "lines")

    def __init__(self, keys: list[str] | None = None, lines: list[str] | None = None) -> None:
        self.keys: list[str] = [] if keys is None else keys
        self.lines: list[str] = [] if lines is None else lines


class DesiredTable(ContactTable, Sequence[Resource[Contact]]):
    """The contacts of a configuration, with the place of each, and `lifecycles` by position where not PRESENT.

    `groups` are the names of all groups that any of them is in.
    """

    __slots__ = ("_files", "_places", "_starts", "groups", "lifecycles")

    def __init__(self, resources: Iterable[Resource[Contact]] = ()) -> None:
        super().__init__()
        self.lifecycles: dict[int, Lifecycle] = {}
        self.groups: set[str] = set()
        self._places = ItemPlaces()
        # The files, and the position at which each one's contacts start.
        self._files: list[str] = []
        self._starts: list[int] = []
        self.extend(resources)

    @classmethod
    def of(cls, contacts: Sequence[Resource[Any]]) -> DesiredTable:
        """`contacts` itself if it is a table, else a new table of them."""
        return contacts if isinstance(contacts, cls) else cls(contacts)

    def extend(self, resources: Iterable[Resource[Contact]]) -> None:
        """Add contacts one by one."""
        for resource in resources:
            if resource.lifecycle is not PRESENT:
                self.lifecycles[len(self.keys)] = resource.lifecycle
            file, line, column = resource.origin or (_NO_FILE, 0, 0)
            self._begin(file)
            self._places.add(line, column)
            self.keys.append(resource.key)
            self.lines.append(to_line(resource.value))
            self.groups.update(resource.value.groups)

    def add_columns(self, columns: ContactColumns, file: str, places: ItemPlaces) -> None:
        """Add many contacts of one file; there are as many places as contacts."""
        before = len(self.keys)
        self._begin(file)
        self._places.extend(places)
        self.keys.extend(columns.keys)
        self.lines.extend(columns.lines)
        self.groups.update(columns.groups)
        self.lifecycles.update((before + at, lifecycle) for at, lifecycle in columns.lifecycles.items())

    def origin(self, position: int) -> Origin | None:
        """The place of the contact at `position` in the configuration; None for one that is in no file."""
        file = self._files[bisect_right(self._starts, position) - 1]
        return Origin(file, *self._places[position]) if file else None

    def absent_keys(self) -> set[str]:
        """The keys of contacts with `ensure: absent`."""
        return {self.keys[at] for at, lifecycle in self.lifecycles.items() if lifecycle.absent}

    def positions(self, keys: Collection[str]) -> Iterator[int]:
        """The positions of the contacts with these keys."""
        return (at for at, key in enumerate(self.keys) if key in keys) if keys else iter(())

    def sharing_mobiles(self) -> list[int]:
        """The positions of the contacts whose mobile another contact has, too."""
        mobiles = [*map(mobile_of, self.lines)]
        if len({*mobiles}) == len(mobiles):
            return []
        counts = Counter(mobiles)
        return [at for at, mobile in enumerate(mobiles) if mobile and counts[mobile] > 1]

    @overload
    def __getitem__(self, index: int) -> Resource[Contact]: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Resource[Contact]]: ...

    def __getitem__(self, index: int | slice) -> Resource[Contact] | Sequence[Resource[Contact]]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        position = range(len(self.keys))[index]
        value, lifecycle = from_line(self.lines[position]), self.lifecycles.get(position, PRESENT)
        return Resource(self.keys[position], value, origin=self.origin(position), lifecycle=lifecycle)

    def __iter__(self) -> Iterator[Resource[Contact]]:
        return map(self.__getitem__, range(len(self.keys)))

    def __len__(self) -> int:
        return len(self.keys)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, DesiredTable | list | tuple) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"DesiredTable({list(self)!r})"

    def _begin(self, file: str) -> None:
        if not self._files or self._files[-1] != file:
            self._files.append(file)
            self._starts.append(len(self.keys))
