"""Packing carriers into requests: as full as can be, a carrier never torn apart. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from intime_sync.model.resource import Attributes, RemoteId
from intime_sync.planning.carriers import CarrierBuild


@dataclass(frozen=True, slots=True)
class LoadedCarrier:
    """A carrier whose group exists in the account, and the contacts that shall go into it."""

    id: RemoteId
    name: str
    members: Mapping[str, Attributes]


def pack(carriers: Iterable[CarrierBuild], size: int) -> Iterator[list[CarrierBuild]]:
    """Lists of carriers with at most `size` contacts in all; a larger carrier gets a list of its own.

    The largest that still fits goes first, so that all but the last few requests are full: N contacts take about
    N / size requests.
    """
    by_count: dict[int, list[CarrierBuild]] = {}
    for carrier in carriers:
        by_count.setdefault(len(carrier.members), []).append(carrier)
    counts = sorted(by_count, reverse=True)
    while counts:
        room = size
        packed: list[CarrierBuild] = []
        for count in list(counts):
            while by_count[count] and (count <= room or not packed):
                packed.append(by_count[count].pop())
                room -= count
            if not by_count[count]:
                counts.remove(count)
        yield packed
