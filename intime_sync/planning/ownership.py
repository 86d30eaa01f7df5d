"""Rules of ownership: what is protected, what may be removed, and what an adoption must record in the ledger.

in YAML   in ledger   in account        outcome
yes       any         no                create
yes       no          as wanted         adopt
yes       yes         as wanted         – (adopt, when the ledger differs)
yes       any         otherwise         update or replace
no        yes         yes               delete (prune: owned, all), kept (prune: never)
no        yes         no                forget
no        no          yes               delete (prune: all), else not ours
absent    any         yes               delete
absent    yes         no                forget
"""

from __future__ import annotations

from typing import Any

from intime_sync.model.change import Adopt
from intime_sync.model.ledger import Entry
from intime_sync.model.policy import Prune
from intime_sync.model.resource import Address, Attributes, KindName, Lifecycle, RemoteId, Resource


def is_protected(lifecycle: Lifecycle, entry: Entry | None) -> bool:
    """Whether an object is protected, by the configuration or else by the ledger."""
    if lifecycle.protect is not None:
        return lifecycle.protect
    return entry is not None and entry.protect


def removes_owned(prune: Prune) -> bool:
    """Whether owned objects that the configuration no longer names are removed."""
    match prune:
        case Prune.OWNED | Prune.ALL:
            return True
        case Prune.NEVER:
            return False


def protection_change(kind: KindName, wanted: Resource[Any], entry: Entry, after: Attributes) -> Adopt | None:
    """The adoption that records a changed `protect` of an unlisted object that is as wanted; None if unchanged."""
    protect = wanted.lifecycle.protect
    if protect is None or protect == entry.protect:
        return None
    return Adopt(
        address=Address(kind, wanted.key),
        remote_id=entry.remote_id,
        after=after,
        reason="protected from now on" if protect else "no longer protected",
        origin=wanted.origin,
        protected=protect,
    )


def reason_to_adopt(
    entry: Entry | None, lifecycle: Lifecycle, remote_id: RemoteId | None, attributes: Attributes
) -> str | None:
    """Why the ledger must be updated about a listed object that is as wanted; None if it is up to date."""
    if entry is None:
        return "already in the account"
    if entry.remote_id != remote_id:
        return f"has id {remote_id} in the account now, not {entry.remote_id}"
    if entry.protect != is_protected(lifecycle, entry):
        return "protected from now on" if lifecycle.protect else "no longer protected"
    if entry.surplus or dict(entry.options) != dict(lifecycle.options or {}):
        return "how it is removed has changed"
    if entry.attributes != attributes:
        return "already changed in the account"
    return None
