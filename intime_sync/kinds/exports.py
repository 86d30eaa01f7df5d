"""The input and the result of exporting a kind: the account's objects as items of the configuration.

Each item is read back by its kind, to check that it means what the account holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from intime_sync.kinds.reading import Item, ItemContext
from intime_sync.model.problem import NO_PLACE, Origin, Severity
from intime_sync.model.resource import RemoteId, Resource

ExportedItem: TypeAlias = str | Mapping[str, Any]
"""An item as in the file: its short form, or a mapping of scalars and of mappings of scalars."""


@dataclass(frozen=True, slots=True)
class ExportContext:
    """What is needed to read the account's lists; `now` is aware.

    `keys` are those that a ledger has given to the kind's objects already, by id; `named_groups` are the groups that
    exported contacts are in.
    """

    region: str
    zone: ZoneInfo
    now: datetime
    keys: Mapping[RemoteId, str] = field(default_factory=dict)
    named_groups: Collection[str] = ()

    def fault(
        self, read: Callable[[Item, Origin, ItemContext], Resource[Any] | None], item: Item, wanted: Any
    ) -> str | None:
        """Why `read` does not return `wanted` (a key, or a whole value) for the item; None if it does."""
        context = ItemContext.without_places(self.region, self.zone)
        found = read(item, NO_PLACE, context)
        errors = [problem.message for problem in context.problems if problem.severity is Severity.ERROR]
        if errors:
            return errors[0]
        if found is None or wanted not in (found.key, found.value):
            return "the configuration would read it as something else"
        return None


@dataclass(slots=True)
class ExportedSection:
    """A section's items, and messages: `left_out` about rows that have no item, `notes` about everything else."""

    name: str
    items: list[ExportedItem] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
