"""Aliases and `<<` in YAML: merging, and limits for what they would amount to if they were written out.

Owns sizes, depths and merging of plain values; knows nothing about events or places.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

MERGE = cast(str, object())
"""Stands for a plain `<<` among a mapping's keys until `merge`; no text in a file can equal it."""

_ALLOWANCE = 100_000


class AliasRefused(Exception):
    """Raised for an alias or merge that is not possible; `code` and `message` are those of the problem."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Sharing:
    """Counts the values that aliases and merges would add if each were written out. Raises AliasRefused beyond."""

    def __init__(self, max_depth: int, characters: int) -> None:
        self._max_depth = max_depth
        self._left = _ALLOWANCE + characters
        # By id. The values are kept as well, since an id may be used again once its object is freed.
        self._measured: dict[int, tuple[object, int, int]] = {}

    def use(self, target: object, depth: int) -> None:
        """Count one more use of `target` inside `depth` containers."""
        size, height = self._measure(target)
        self.spend(size)
        if depth + height > self._max_depth:
            raise AliasRefused("yaml-depth", f"nested deeper than {self._max_depth} with what the alias stands for")

    def spend(self, size: int) -> None:
        """Count `size` values that were not written out."""
        self._left -= size
        if self._left < 0:
            raise AliasRefused("yaml-bomb", "the aliases up to here stand for too many values; write them out")

    def _measure(self, value: object) -> tuple[int, int]:
        """The number of values in `value`, and its depth. Each value is measured once, so it must be complete."""
        if not isinstance(value, dict | list):
            return 1, 0
        known = self._measured.get(id(value))
        if known is not None:
            return known[1], known[2]
        size, height = 1, 0
        for child in value.values() if isinstance(value, dict) else value:
            child_size, child_height = self._measure(child)
            size += child_size
            height = max(height, child_height)
        self._measured[id(value)] = (value, size, height + 1)
        return size, height + 1


def merge(mapping: dict[str, object], sharing: Sharing) -> None:
    """Replace the `<<` of a mapping, if any, by the merged keys.

    The mapping's own keys override merged ones, and earlier sources later ones. Raises AliasRefused.
    """
    if MERGE not in mapping:
        return
    value = mapping.pop(MERGE)
    merged: dict[str, object] = {}
    for source in reversed(list(_sources(value))):
        merge(source, sharing)
        sharing.spend(len(source))
        merged.update(source)
    merged.update(mapping)
    mapping.clear()
    mapping.update(merged)


def _sources(value: object) -> Iterator[dict[str, object]]:
    for source in value if isinstance(value, list) else [value]:
        if not isinstance(source, dict):
            raise AliasRefused("yaml-merge", "`<<` takes a mapping, an alias of one, or a list of these")
        yield source
