"""Very many desired resources as columns: each becomes a value of its own only when somebody asks for it.

A hundred thousand contacts that need nothing are compared and counted as lines of text; a plan makes resources of the
few that differ.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar, overload

from intime_sync.model.problem import Origin
from intime_sync.model.resource import PRESENT, Lifecycle, Resource

ValueT = TypeVar("ValueT")

_NO_FILE = ""


class Table(Sequence[Resource[ValueT]], Generic[ValueT]):
    """Desired resources in order: `keys`, `lines` (values as text), and `lifecycles` by position where not PRESENT.

    `write` makes the line of a value, `read` the value of a line; two values are equal when their lines are.
    """

    __slots__ = ("_columns", "_files", "_line_numbers", "_read", "_starts", "_write", "keys", "lifecycles", "lines")

    def __init__(self, write: Callable[[ValueT], str], read: Callable[[str], ValueT]) -> None:
        self._write = write
        self._read = read
        self.keys: list[str] = []
        self.lines: list[str] = []
        self.lifecycles: dict[int, Lifecycle] = {}
        # Places: two numbers for each, and where in the order each file starts.
        self._line_numbers: array[int] = array("l")
        self._columns: array[int] = array("l")
        self._files: list[str] = []
        self._starts: list[int] = []

    def extend(self, resources: Iterable[Resource[ValueT]]) -> None:
        """Add resources one by one."""
        for resource in resources:
            if resource.lifecycle is not PRESENT:
                self.lifecycles[len(self.keys)] = resource.lifecycle
            file, line, column = resource.origin or (_NO_FILE, 0, 0)
            self._begin(file)
            self._line_numbers.append(line)
            self._columns.append(column)
            self.keys.append(resource.key)
            self.lines.append(self._write(resource.value))

    def add_columns(
        self,
        keys: Sequence[str],
        lines: Sequence[str],
        lifecycles: Mapping[int, Lifecycle],
        file: str,
        line_numbers: array[int],
        columns: array[int],
    ) -> None:
        """Add as many resources of one file as there are keys; `lifecycles` count from 0 among these."""
        before = len(self.keys)
        self._begin(file)
        self._line_numbers.extend(line_numbers)
        self._columns.extend(columns)
        self.keys.extend(keys)
        self.lines.extend(lines)
        self.lifecycles.update((before + position, lifecycle) for position, lifecycle in lifecycles.items())

    def origin(self, position: int) -> Origin | None:
        """Where the resource at `position` stands in the configuration."""
        file = self._files[bisect_right(self._starts, position) - 1]
        return Origin(file, self._line_numbers[position], self._columns[position]) if file else None

    @overload
    def __getitem__(self, index: int) -> Resource[ValueT]: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Resource[ValueT]]: ...

    def __getitem__(self, index: int | slice) -> Resource[ValueT] | Sequence[Resource[ValueT]]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        position = range(len(self.keys))[index]
        value, lifecycle = self._read(self.lines[position]), self.lifecycles.get(position, PRESENT)
        return Resource(self.keys[position], value, origin=self.origin(position), lifecycle=lifecycle)

    def __iter__(self) -> Iterator[Resource[ValueT]]:
        return map(self.__getitem__, range(len(self.keys)))

    def __len__(self) -> int:
        return len(self.keys)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Table | list | tuple) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Table({list(self)!r})"

    def _begin(self, file: str) -> None:
        if not self._files or self._files[-1] != file:
            self._files.append(file)
            self._starts.append(len(self.keys))
