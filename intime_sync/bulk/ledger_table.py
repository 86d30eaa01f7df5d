"""The contacts of a ledger as a table: an `Entry` is made only for those that are asked for."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import ItemsView, Iterator, Mapping, MutableMapping, Sequence, Set, ValuesView
from dataclasses import fields
from itertools import chain, compress, count, repeat
from operator import ne

from intime_sync.bulk.lines import attributes_of
from intime_sync.bulk.tables import ContactTable
from intime_sync.model.ledger import NOWHERE, Entry
from intime_sync.model.resource import RemoteId


class LedgerTable(MutableMapping[str, Entry]):
    """Entries by key. Those that have an id, a carrier and nothing else are kept as columns, all others in `others`.

    `usual` are the keys and lines of the entries that are columns, `ids` and `carriers` their other columns. `items`,
    `values` and every change move all columns to `others`, as entries: that takes time and memory once.
    """

    def __init__(
        self,
        usual: ContactTable,
        ids: array[int],
        carriers: array[int],
        others: dict[str, Entry],
    ) -> None:
        self.usual = usual
        self.others = others
        self._ids = ids
        self._carriers = carriers
        self._at = dict(zip(usual.keys, range(len(usual.keys)), strict=True))

    @classmethod
    def of(cls, entries: Mapping[str, Entry]) -> LedgerTable:
        """`entries` itself if it is a table, else a table without columns."""
        if isinstance(entries, cls):
            return entries
        return cls(ContactTable(), array("q"), array("q"), dict(entries))

    def differing(self, desired: ContactTable, carriers: Set[RemoteId]) -> list[int]:
        """The positions of desired contacts that have no usual entry with the same fields in one of `carriers`."""
        # Missing keys map to a sentinel index past the last line, whose text is no contact's line. Each step is one
        # call for all contacts.
        missing = len(self.usual.lines)
        at = [*map(self._at.get, desired.keys, repeat(missing))]
        owned = [*self.usual.lines, ""]
        differ = [*compress(count(), map(ne, map(owned.__getitem__, at), desired.lines))]
        if {*self._carriers} <= carriers:
            return differ
        elsewhere = (
            position
            for position, where in enumerate(at)
            if where != missing and self._carriers[where] not in carriers
        )
        return sorted({*differ, *elsewhere})

    def undesired(self, desired: ContactTable, differing: Sequence[int]) -> Sequence[str]:
        """The keys of entries that no desired contact has; `differing` are positions as `differing` returns them.

        `differing` may have more positions than that, as long as all others are of contacts that have an entry.
        """
        named = len(desired.keys) - len(differing)
        named += len({desired.keys[at] for at in differing}.intersection(self))
        if named == len(self):
            return ()
        keys = {*desired.keys}
        return [key for key in self if key not in keys]

    def without_carrier_in(self, carriers: Set[RemoteId]) -> list[str]:
        """The keys of entries that have a carrier which is none of `carriers`; NOWHERE is no carrier."""
        lost = [
            key
            for key, entry in self.others.items()
            if entry.carrier is not None and entry.carrier != NOWHERE and entry.carrier not in carriers
        ]
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
        attributes = attributes_of(self.usual.lines[at])
        return Entry(attributes, RemoteId(self._ids[at]), carrier=RemoteId(self._carriers[at]))

    def __setitem__(self, key: str, entry: Entry) -> None:
        self._all_entries()[key] = entry

    def __delitem__(self, key: str) -> None:
        del self._all_entries()[key]

    def __iter__(self) -> Iterator[str]:
        # Iterates over these two dictionaries even when an assignment replaces them meanwhile.
        return chain(self._at, self.others)

    def __contains__(self, key: object) -> bool:
        return key in self._at or key in self.others

    def __len__(self) -> int:
        return len(self._at) + len(self.others)

    def items(self) -> ItemsView[str, Entry]:
        """All entries; moves the columns to `others`."""
        return self._all_entries().items()

    def values(self) -> ValuesView[Entry]:
        """All entries; moves the columns to `others`."""
        return self._all_entries().values()

    def _all_entries(self) -> dict[str, Entry]:
        """`others`, after the columns were moved there."""
        if self._at:
            self.others = {**dict(zip(self._at, self._entries_of_columns(), strict=True)), **self.others}
            self._at, self.usual = {}, ContactTable()
            self._ids, self._carriers = array("q"), array("q")
        return self.others

    def _entries_of_columns(self) -> list[Entry]:
        """The entries of the columns, in their order.

        Sets the slots directly: the constructor of a frozen dataclass takes twice as long.
        """
        number = len(self._at)
        plain = Entry({})
        columns = {
            "attributes": map(attributes_of, self.usual.lines),
            "remote_id": self._ids,
            "carrier": self._carriers,
        }
        made = [*map(Entry.__new__, repeat(Entry, number))]
        for field in fields(Entry):
            column = columns.get(field.name, repeat(getattr(plain, field.name)))
            deque(map(getattr(Entry, field.name).__set__, made, column), maxlen=0)
        return made
