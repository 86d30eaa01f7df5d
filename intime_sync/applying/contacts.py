"""Applying changes of contacts in rounds: fill new carriers, remove old ones, and finally report the outcomes.

One round is enough unless the service merged new contacts into existing ones that had to be removed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from intime_sync.applying.appending import append_contacts
from intime_sync.applying.filling import Filler
from intime_sync.applying.retiring import retire_carriers
from intime_sync.applying.run import TRIES, Run, Stopped
from intime_sync.errors import IntimeSyncError
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.change import Change, Create, Delete, Replace
from intime_sync.model.ledger import Entry
from intime_sync.model.policy import ContactStrategy
from intime_sync.model.report import Status
from intime_sync.model.resource import RemoteId
from intime_sync.planning.carriers import leftover_carriers


def apply_contacts(run: Run, changes: Sequence[Change]) -> None:
    """Apply changes of contacts and report the outcome of each."""
    ids = run.group_ids()
    ready = [change for change in changes if _check_groups(run, change, ids)]
    if run.policy.contact_strategy is ContactStrategy.APPEND:
        # Carriers of an interrupted run must be finished even if the strategy was changed since.
        Filler(run, ()).purge()
        again = retire_carriers(run, frozenset())
        append_contacts(run, [*again, *(change for change in ready if isinstance(change, Create))])
        return
    deleted = frozenset(change.address.key for change in ready if isinstance(change, Delete))
    batch: Sequence[Change] = ready
    try:
        for _ in range(TRIES):
            Filler(run, batch).fill()
            batch = retire_carriers(run, deleted)
            if not batch:
                break
    except (IntimeSyncError, Stopped):
        _report(run, ready, only_done=True)
        raise
    _report(run, ready)
    left = leftover_carriers(run.session.ledger, run.carriers())
    if left and not run.shortfalls:
        run.shortfalls.append(f"contacts that should be gone are left in carriers: {len(left)}")


def _check_groups(run: Run, change: Change, ids: Mapping[str, RemoteId]) -> bool:
    """Whether a change can be applied: its groups are in the account. If not, reports it as failed."""
    if not isinstance(change, Create | Replace):
        return isinstance(change, Delete)
    missing = [name for name in CONTACTS.group_names(change.after) if name not in ids]
    if missing:
        run.finish(change, Status.FAILED, f"the group `{missing[0]}` is not in the account")
    return not missing


def _report(run: Run, changes: Sequence[Change], *, only_done: bool = False) -> None:
    """Report the outcome of each change that has none yet; with `only_done`, only of those that succeeded."""
    entries = run.session.ledger.of(CONTACTS.name)
    copied = {key for carrier in run.session.ledger.carriers.values() for key in carrier.copies}
    for change in changes:
        if run.is_finished(change):
            continue
        entry = entries.get(change.address.key)
        why = _failure_reason(run, change, entry, copied)
        if why is None or not only_done:
            status = Status.DONE if why is None else Status.FAILED
            run.finish(change, status, why, id=entry.remote_id if entry else None)


def _failure_reason(run: Run, change: Change, entry: Entry | None, copied: Collection[str]) -> str | None:
    """Why a change has not succeeded, judged by the ledger's `entry`; None if it has."""
    key = change.address.key
    if key in run.stuck:
        return "its carrier could not be removed; apply again"
    held = _why_kept(run, key, entry)
    if isinstance(change, Delete):
        return None if entry is None else held or "it could not be removed; apply again"
    if entry is None or entry.carrier not in run.session.ledger.carriers:
        return "it could not be added; apply again"
    if isinstance(change, Create | Replace) and entry.attributes != change.after:
        return held or "it could not be changed; apply again"
    if key in copied:
        return "it was added, but an earlier copy could not be removed; apply again"
    return None


def _why_kept(run: Run, key: str, entry: Entry | None) -> str | None:
    """Why the carrier of an unchanged contact had to stay; None if it did not have to."""
    if entry is None or entry.carrier not in run.kept:
        return None
    other, why = run.kept[entry.carrier]
    if other == key:
        return why
    return (
        f"it shares a carrier with contact/{other}, which would be lost if the carrier went ({why}): "
        f"correct contact/{other}, or remove it from the configuration, and apply again"
    )
