"""Very many ledger entries as columns: each becomes a value of its own only when somebody asks for it."""

from __future__ import annotations

from array import array
from collections.abc import Callable, ItemsView, Iterator, MutableMapping, Sequence, ValuesView
from itertools import chain, repeat
from typing import Generic, TypeVar

from intime_sync.model.bulk import make_all
from intime_sync.model.ledger import NO_OPTIONS, Entry
from intime_sync.model.resource import Attributes, RemoteId

ValueT = TypeVar("ValueT")


class Entries(MutableMapping[str, Entry], Generic[ValueT]):
    """Entries by key. Usual ones (an id, a carrier, nothing special) are columns; `others` are made already.

    `show` makes the attributes of a kind's value, exactly as the entry has them. When somebody wants all entries, or
    changes one, they are made at once.
    """

    def __init__(
        self,
        keys: Sequence[str],
        values: list[ValueT],
        ids: array[int],
        carriers: array[int],
        show: Callable[[ValueT], Attributes],
        others: dict[str, Entry],
    ) -> None:
        self.others = others
        self._at = dict(zip(keys, range(len(keys)), strict=True))
        self._values = values
        self._ids = ids
        self._carriers = carriers
        self._show = show

    def columns(self) -> tuple[list[str], list[ValueT], array[int], array[int]]:
        """Keys, values, ids and carriers of the usual entries."""
        return list(self._at), self._values, self._ids, self._carriers

    def differing(self, keys: Sequence[str], values: Sequence[ValueT], carriers: set[RemoteId]) -> list[int]:
        """The positions of keys that have no usual entry with just this value in one of `carriers`."""
        found = map(self._at.get, keys)
        mine, homes = self._values, self._carriers
        if carriers.issuperset(homes):
            return [
                position
                for position, (at, value) in enumerate(zip(found, values, strict=True))
                if at is None or mine[at] != value
            ]
        return [
            position
            for position, (at, value) in enumerate(zip(found, values, strict=True))
            if at is None or mine[at] != value or homes[at] not in carriers
        ]

    def __getitem__(self, key: str) -> Entry:
        at = self._at.get(key)
        if at is None:
            return self.others[key]
        attributes = self._show(self._values[at])
        return Entry(attributes, RemoteId(self._ids[at]), carrier=RemoteId(self._carriers[at]))

    def __setitem__(self, key: str, entry: Entry) -> None:
        self._made()[key] = entry

    def __delitem__(self, key: str) -> None:
        del self._made()[key]

    def __iter__(self) -> Iterator[str]:
        # Over these very dictionaries, whatever is set meanwhile.
        return chain(self._at, self.others)

    def __contains__(self, key: object) -> bool:
        return key in self._at or key in self.others

    def __len__(self) -> int:
        return len(self._at) + len(self.others)

    def items(self) -> ItemsView[str, Entry]:
        """All of them, made."""
        return self._made().items()

    def values(self) -> ValuesView[Entry]:
        """All of them, made."""
        return self._made().values()

    def _made(self) -> dict[str, Entry]:
        if self._at:
            count = len(self._at)
            no, none = repeat(False), repeat(None)
            shown = map(self._show, self._values)
            made = make_all(Entry, count, (shown, self._ids, no, repeat(NO_OPTIONS), self._carriers, no, none))
            self.others = {**dict(zip(self._at, made, strict=True)), **self.others}
            self._at, self._values = {}, []
            self._ids, self._carriers = array("q"), array("q")
        return self.others
