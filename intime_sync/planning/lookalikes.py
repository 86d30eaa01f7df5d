"""Recognizes names that a service changed: by another character set, to capitals, or by cutting them. Pure.

After a lost reply, only the name tells which new group this program made. The emulator's `--names` has the known
changes.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import Any

from intime_sync.model.resource import RemoteId, Resource

SHORTEST_CUT = 20
"""No service cuts names that are shorter than this."""


def may_be_called(name: str, listed: str) -> bool:
    """Whether a group that was made as `name` may be listed as `listed`, which is another name."""
    if name == listed:
        return False
    return _may_be_spelled(name, listed) or _may_be_spelled(name.upper(), listed)


def _may_be_spelled(name: str, listed: str) -> bool:
    if len(listed) != len(name) and not SHORTEST_CUT <= len(listed) < len(name):
        return False
    return all(
        letter == other or letter.casefold() == other.casefold() or (other == "?" and not letter.isascii())
        for letter, other in zip(name, listed, strict=False)
    )


def looks_alike(names: Iterable[str]) -> Callable[[str], bool]:
    """A quick test whether a listed name may be, or be made from, one of `names`; it has false positives."""
    forms = {
        form[:length]
        for form in map(_plain, names)
        for length in {len(form), *range(min(SHORTEST_CUT, len(form)), len(form))}
    }
    return lambda listed: _plain(listed) in forms


def _plain(name: str) -> str:
    return name.upper().encode("ascii", "replace").decode()


def lookalikes(name: str, rows: Iterable[Resource[Any]], known: Container[RemoteId | None]) -> list[Resource[Any]]:
    """The rows of groups without `known` ids that may have been made as `name`, sorted by id."""
    found = [
        (row.remote_id, row)
        for row in rows
        if row.remote_id is not None and row.remote_id not in known and may_be_called(name, row.key)
    ]
    return [row for _, row in sorted(found, key=lambda each: each[0])]
