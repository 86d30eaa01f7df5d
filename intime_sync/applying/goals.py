"""How each change of a listed kind is requested, and how its success is seen: in the list, never in a reply."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from intime_sync.applying.run import FEW_REREADS
from intime_sync.kinds.base import ListedKind, Removal, WireContext
from intime_sync.model.change import Change, Create, Delete, Replace, Update
from intime_sync.model.ledger import Delta, DropEntry, Entry, PutEntry
from intime_sync.model.resource import Address, RemoteId, Resource
from intime_sync.planning.index import by_id, by_identity, live
from intime_sync.planning.lookalikes import looks_alike
from intime_sync.service.requests import Request


class ListView:
    """The objects of a list by id and by identity, without those that are switched off."""

    def __init__(self, kind: ListedKind, rows: Iterable[Resource[Any]]) -> None:
        rows = live(kind, rows)
        self.by_id = by_id(rows)
        self.by_identity = by_identity(kind, rows)


class Goal(Protocol):
    """One way to change a listed kind, and how to see that it happened."""

    operation: str

    def request(self, changes: Sequence[Any], wire: WireContext) -> Request:
        """The request for all of `changes`."""
        ...

    def met(self, change: Any, view: ListView) -> Resource[Any] | bool:
        """The object that shows that the change happened, True where its absence shows it, or False."""
        ...

    def delta(self, change: Any, id: RemoteId | None) -> Delta:
        """The delta that records a change that was seen to have happened; `id` is the object's, if it has one."""
        ...

    def is_shown(self, changes: Sequence[Any], ids: Sequence[RemoteId], view: ListView, attempt: int) -> bool:
        """Whether a list shows what the service confirmed with `ids`; `attempt` says how often it was read again.

        In replies to edits and removals, a negative id means that the service refused to change that object.
        """
        ...


class CreateGoal:
    """A live object of the wanted identity that was not there before."""

    operation = "create"

    def __init__(self, kind: ListedKind, before: Iterable[Resource[Any]]) -> None:
        self.kind = kind
        self.before = {row.remote_id for row in before if row.remote_id is not None}
        # Names that the service gave to new objects instead of the wanted ones, by the address of the change.
        self.renamed: dict[Address, str] = {}

    def request(self, changes: Sequence[Create], wire: WireContext) -> Request:
        """An add."""
        return self.kind.create_request([change.after for change in changes], wire)

    def detail(self, changes: Sequence[Any], rows: Iterable[Resource[Any]]) -> dict[str, Any]:
        """What recovery needs to find the new objects: wanted `objects`, and ids of similar ones listed `before`."""
        wanted = {self.kind.identity_of(change.after) for change in changes}
        is_alike = looks_alike(change.address.key for change in changes if self.kind.may_be_renamed)
        before = [row.remote_id for row in rows if self.kind.identity(row.value) in wanted or is_alike(row.key)]
        return {
            "objects": [dict(change.after) for change in changes],
            "before": [id for id in before if id is not None],
        }

    def made(self, change: Create, view: ListView) -> list[Resource[Any]]:
        """New objects of the wanted identity, oldest first; several if the service carried a request out twice."""
        rows = view.by_identity.get(self.kind.identity_of(change.after), [])
        return sorted(
            (row for row in rows if row.remote_id is None or row.remote_id not in self.before),
            key=lambda row: row.remote_id or 0,
        )

    def twins(self, changes: Iterable[Any], view: ListView) -> list[tuple[str, Resource[Any]]]:
        """New objects besides the wanted ones, each with the key of the one that it duplicates."""
        return [(change.address.key, row) for change in changes for row in self.made(change, view)[1:]]

    def met(self, change: Create, view: ListView) -> Resource[Any] | bool:
        """The oldest new object of the wanted identity, or False."""
        made = self.made(change, view)
        return made[0] if made else False

    def is_shown(self, changes: Sequence[Create], ids: Sequence[RemoteId], view: ListView, attempt: int) -> bool:
        """Whether every id of the reply is listed.

        An object of the wanted identity is not enough at first, since an earlier request may have made it. After
        FEW_REREADS it is enough, since the ids of replies may differ from those of the list.
        """
        if view.by_id.keys() >= set(ids):
            return True
        made = [self.made(change, view) for change in changes]
        return all(made) and (attempt >= FEW_REREADS or all(rows[0].remote_id is None for rows in made))

    def awaited_deltas(self, changes: Sequence[Any], ids: Sequence[RemoteId], now: datetime) -> list[Delta]:
        """Deltas to record after the reply, so that no object is made again before the list had time to show it."""
        has_ids = self.kind.lists_ids
        since = now.astimezone(UTC).isoformat()
        return [
            PutEntry(
                change.address.kind,
                change.address.key,
                replace(entry_of(change, id if has_ids else None), awaited=since),
            )
            for change, id in zip(changes, ids, strict=False)
        ]

    def delta(self, change: Create, id: RemoteId | None) -> Delta:
        """The object is owned."""
        entry = replace(entry_of(change, id), listed_as=self.renamed.get(change.address, ""))
        return PutEntry(change.address.kind, change.address.key, entry)


class UpdateGoal:
    """The object's fields are as wanted, or it was to be switched off and is no longer listed."""

    operation = "update"

    def __init__(self, kind: ListedKind) -> None:
        self.kind = kind

    def request(self, changes: Sequence[Update], wire: WireContext) -> Request:
        """An edit of what differs."""
        return self.kind.update_request(changes, wire)

    def met(self, change: Update, view: ListView) -> Resource[Any] | bool:
        """The object if it is as wanted; True if it was to be switched off and is gone; otherwise False."""
        row = view.by_id.get(change.remote_id)
        if self.kind.inert(change.after):
            return row is None
        return row if row is not None and self.kind.attributes(row.value) == change.after else False

    def is_shown(self, changes: Sequence[Update], ids: Sequence[RemoteId], view: ListView, attempt: int) -> bool:
        """Whether every edit that was not refused shows."""
        refused = {-id for id in ids}
        return all(change.remote_id in refused or self.met(change, view) is not False for change in changes)

    def delta(self, change: Update, id: RemoteId | None) -> Delta:
        """The object's new fields."""
        return PutEntry(change.address.kind, change.address.key, entry_of(change, change.remote_id))


class RemoveGoal:
    """The object is not listed, or is switched off.

    `seen` has, for objects that are removed by value, how the list spells them. The methods update what they know:
    `request` what was requested, `met` what was seen, `is_shown` what was confirmed.
    """

    operation = "remove"

    def __init__(self, kind: ListedKind) -> None:
        self.kind = kind
        self.seen: dict[Address, Resource[Any]] = {}
        self._wire = WireContext()
        self._requested: dict[Address, Request] = {}
        self._confirmed: set[Address] = set()

    def request(self, changes: Sequence[Delete | Replace], wire: WireContext) -> Request:
        """A removal; it uses the list's spelling of objects that were seen."""
        self._wire = wire
        self._requested |= {
            change.address: self._single_request(change) for change in changes if change.remote_id is None
        }
        return self.kind.remove_request([self._removal(change) for change in changes], wire)

    def was_confirmed(self, changes: Iterable[Change]) -> bool:
        """Whether an earlier request for all of `changes` was confirmed: a refusal may mean that they are gone."""
        return all(change.address in self._confirmed for change in changes)

    def _removal(self, change: Delete | Replace) -> Removal:
        options = (change.options or {}) if isinstance(change, Delete) else {}
        return Removal(change.remote_id, change.before, options, self.seen.get(change.address))

    def _single_request(self, change: Delete | Replace) -> Request:
        return self.kind.remove_request([self._removal(change)], self._wire)

    def _is_spelled_differently(self, change: Delete | Replace) -> bool:
        """Whether the list spells an object that is removed by value differently from the last request for it."""
        return change.remote_id is None and self._single_request(change) != self._requested.get(change.address)

    def met(self, change: Delete | Replace, view: ListView) -> Resource[Any] | bool:
        """Whether the object is gone."""
        if change.remote_id is not None:
            return change.remote_id not in view.by_id
        still = view.by_identity.get(self.kind.identity_of(change.before))
        if still:
            self.seen[change.address] = still[0]
        return not still

    def is_shown(
        self, changes: Sequence[Delete | Replace], ids: Sequence[RemoteId], view: ListView, attempt: int
    ) -> bool:
        """Whether every object is gone whose removal was not refused.

        After FEW_REREADS, objects that the list spells differently are not waited for: their removal is requested
        again in that spelling.
        """
        self._confirmed |= {change.address for change in changes}
        refused = {-id for id in ids}
        left = [change for change in changes if change.remote_id not in refused and not self.met(change, view)]
        return not left or (attempt >= FEW_REREADS and all(map(self._is_spelled_differently, left)))

    def delta(self, change: Delete | Replace, id: RemoteId | None) -> Delta:
        """The object is no longer owned."""
        return DropEntry(change.address.kind, change.address.key)


def entry_of(change: Any, id: RemoteId | None) -> Entry:
    """The ledger's entry for an object that is as `change` wanted it."""
    return Entry(change.after, id, change.protected, change.options or {})


def changes_of(changes: Iterable[Change], kind: type[Any]) -> list[Any]:
    """The changes of one type."""
    return [change for change in changes if isinstance(change, kind)]
