"""Packing carriers into requests that are as full as possible; a carrier is never split over requests. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from intime_sync.model.resource import Attributes, RemoteId
from intime_sync.planning.carriers import CarrierBuild


@dataclass(frozen=True, slots=True)
class LoadedCarrier:
    """A carrier whose group exists in the account, and the contacts to be added to it."""

    id: RemoteId
    name: str
    members: Mapping[str, Attributes]


def pack(carriers: Iterable[CarrierBuild], size: int) -> Iterator[list[CarrierBuild]]:
    """Lists of carriers with at most `size` contacts in all; a larger carrier gets a list of its own.

    Every list is as full as it can be with what is left, so that all but the last few requests are full: N contacts
    take about N / size requests.
    """
    by_count: dict[int, list[CarrierBuild]] = {}
    for carrier in carriers:
        by_count.setdefault(len(carrier.members), []).append(carrier)
    while by_count:
        largest = max(by_count)
        stock = {count: len(same) for count, same in by_count.items()}
        yield [by_count[count].pop() for count in (_fullest(stock, size) if largest <= size else [largest])]
        by_count = {count: same for count, same in by_count.items() if same}


def _fullest(stock: Mapping[int, int], room: int) -> list[int]:
    """The counts that together fill `room` best; `stock` has the number of carriers with each count.

    Of several solutions it is the one with the largest counts: small ones fill gaps better and are kept for later.
    """
    counts = sorted(stock)
    # Bit n of `sums[i]` says whether some of the first i counts add up to n.
    sums = [1]
    for count in counts:
        reached = sums[-1]
        for _ in range(min(stock[count], room // count)):
            reached |= reached << count
        sums.append(reached & ((1 << (room + 1)) - 1))
    rest = sums.pop().bit_length() - 1
    chosen: list[int] = []
    while counts:
        count, others = counts.pop(), sums.pop()
        most = min(stock[count], rest // count)
        taken = next(number for number in range(most, -1, -1) if others >> (rest - number * count) & 1)
        chosen += [count] * taken
        rest -= taken * count
    return chosen
