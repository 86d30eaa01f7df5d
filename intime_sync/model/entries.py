"""Very many ledger entries as columns: each becomes a value of its own only when somebody asks for it."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import (
    Callable,
    ItemsView,
    Iterable,
    Iterator,
    Mapping,
    MutableMapping,
    Sequence,
    Set,
    ValuesView,
)
from dataclasses import fields
from itertools import chain, compress, count, repeat
from operator import ne
from typing import Any

from intime_sync.model.ledger import NO_OPTIONS, NOWHERE, Entry
from intime_sync.model.resource import Attributes, RemoteId


class LedgerTable(MutableMapping[str, Entry]):
    """LedgerTable by key. Usual ones (an id, a carrier, nothing special) are columns; `others` are made already.

    `lines` are the usual ones' attributes as text, and `show` makes attributes of it again. When somebody wants all
    entries, or changes one, they are made at once.
    """

    def __init__(
        self,
        keys: Sequence[str],
        lines: list[str],
        ids: array[int],
        carriers: array[int],
        show: Callable[[str], Attributes],
        others: dict[str, Entry],
    ) -> None:
        self.others = others
        self._at = dict(zip(keys, range(len(keys)), strict=True))
        self._lines = lines
        self._ids = ids
        self._carriers = carriers
        self._show = show

    def columns(self) -> tuple[list[str], list[str], array[int], array[int]]:
        """Keys, lines, ids and carriers of the usual entries."""
        return list(self._at), self._lines, self._ids, self._carriers

    def differing(self, keys: Sequence[str], lines: Sequence[str], carriers: set[RemoteId]) -> list[int]:
        """The positions of keys that have no usual entry with just this line in one of `carriers`."""
        # Who is not there stands behind all lines and is no line. No step of this is Python's own.
        nowhere = len(self._lines)
        at = [*map(self._at.get, keys, repeat(nowhere))]
        mine = [*self._lines, ""]
        differ = [*compress(count(), map(ne, map(mine.__getitem__, at), lines))]
        if carriers.issuperset({*self._carriers}):
            return differ
        elsewhere = (
            position
            for position, where in enumerate(at)
            if where != nowhere and self._carriers[where] not in carriers
        )
        return sorted({*differ, *elsewhere})

    def astray(self, carriers: Set[RemoteId]) -> list[str]:
        """The keys of entries that have a carrier, which is none of `carriers`."""
        lost = [key for key, entry in self.others.items() if _is_astray(entry, carriers)]
        unknown = {*self._carriers} - carriers - {NOWHERE}
        if unknown:
            lost += [key for key, at in self._at.items() if self._carriers[at] in unknown]
        return lost

    def appended(self) -> list[str]:
        """The keys of entries that have no carrier."""
        return [key for key, entry in self.others.items() if entry.carrier is None]

    def __getitem__(self, key: str) -> Entry:
        at = self._at.get(key)
        if at is None:
            return self.others[key]
        attributes = self._show(self._lines[at])
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
            number = len(self._at)
            no, none = repeat(False), repeat(None)
            shown = map(self._show, self._lines)
            usual = (no, none, repeat(""), no, none, no, none)
            columns = (shown, self._ids, no, repeat(NO_OPTIONS), self._carriers, *usual)
            made = _make_all(number, columns)
            self.others = {**dict(zip(self._at, made, strict=True)), **self.others}
            self._at, self._lines = {}, []
            self._ids, self._carriers = array("q"), array("q")
        return self.others


def astray(entries: Mapping[str, Entry], carriers: Set[RemoteId]) -> list[str]:
    """The keys of entries that have a carrier, which is none of `carriers`; NOWHERE is none."""
    if isinstance(entries, LedgerTable):
        return entries.astray(carriers)
    return [key for key, entry in entries.items() if _is_astray(entry, carriers)]


def appended(entries: Mapping[str, Entry]) -> list[str]:
    """The keys of entries that have no carrier."""
    if isinstance(entries, LedgerTable):
        return entries.appended()
    return [key for key, entry in entries.items() if entry.carrier is None]


def _is_astray(entry: Entry, carriers: Set[RemoteId]) -> bool:
    return entry.carrier is not None and entry.carrier != NOWHERE and entry.carrier not in carriers


def _make_all(number: int, columns: Iterable[Iterable[Any]]) -> list[Entry]:
    """As many entries, from one column for each field, in the order of fields.

    A frozen dataclass sets each field through a function call; very many entries take twice as long that way.
    """
    made = [*map(Entry.__new__, repeat(Entry, number))]
    for field, column in zip(fields(Entry), columns, strict=True):
        setter = getattr(Entry, field.name).__set__
        deque(map(setter, made, column), maxlen=0)
    return made
