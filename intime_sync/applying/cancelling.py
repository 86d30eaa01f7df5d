"""Cancelling messages, id by id. Only a certain answer counts; a repeated request for an id does no harm.

The service gives the same answer when an id is gone, was sent or cannot be removed. So that answer proves that the id
is gone only after an earlier request for it whose answer was lost, and only before the time to send it.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from intime_sync.applying.run import TRIES, Run, Stopped, batches
from intime_sync.errors import IntimeSyncError
from intime_sync.kinds.registry import MESSAGES
from intime_sync.model.change import Change, Create, Delete, Replace
from intime_sync.model.ledger import Dispatch, DropEntry, Entry, PutEntry
from intime_sync.model.report import Status
from intime_sync.model.resource import RemoteId
from intime_sync.planning.resending import repeats_entry
from intime_sync.service.client import Unknown
from intime_sync.service.endpoints import NOT_REMOVED
from intime_sync.service.reply import Ids, Refused
from intime_sync.service.transport import NotSent

MESSAGE = MESSAGES.name
CANCEL = "cancel-message"


def cancel_messages(run: Run, changes: Sequence[Delete], plan: Sequence[Change]) -> None:
    """Cancel messages that are not wanted. An id that is gone or was sent is reported, but is no failure.

    If `plan` sends the same message under another key, however, the ledger keeps the old one until it is certain that
    it is gone; otherwise the next run would send it again.
    """
    coming = [new for new in plan if isinstance(new, Create | Replace) and new.address.kind == MESSAGE]
    ledger = run.session.ledger
    for change in changes:
        entry = ledger.of(MESSAGE).get(change.address.key) or Entry(change.before)
        again = any(repeats_entry(ledger, entry, new) for new in coming)
        why = cancel(run, change, lenient=not again)
        run.finish(change, Status.DONE if why is None else Status.FAILED, why)


def cancel(run: Run, change: Change, *, lenient: bool) -> str | None:
    """Cancel every id of a message. Returns why that failed, or None when none is left and the entry was dropped.

    With `lenient`, an id that the service does not remove counts as gone or sent; the message's key is then added to
    `run.maybe_sent`. If the run stops on the way, the report says how many ids were cancelled.
    """
    key = change.address.key
    before = len(scheduled_ids(run, key))
    try:
        return _cancel(run, key, lenient=lenient)
    except (Stopped, IntimeSyncError):
        gone = before - len(scheduled_ids(run, key))
        if gone:
            run.finish(change, Status.FAILED, f"{gone} of its {before} ids are taken back, the rest not: apply again")
        raise


def scheduled_ids(run: Run, key: str) -> tuple[RemoteId, ...]:
    """The ids of a message that were not cancelled, according to the ledger."""
    entry = run.session.ledger.of(MESSAGE).get(key)
    return entry.dispatch.ids if entry is not None and entry.dispatch is not None else ()


@dataclass(slots=True)
class _NotCancelled:
    """Why ids were not cancelled: `lost` got no certain answer, `refused` a refusal."""

    lost: dict[RemoteId, str] = field(default_factory=dict)
    refused: dict[RemoteId, str] = field(default_factory=dict)


def _cancel(run: Run, key: str, *, lenient: bool) -> str | None:
    """As `cancel`, without its report. Ids without a certain answer are tried again, TRIES times in all."""
    failed = _NotCancelled()
    for attempt in range(TRIES):
        entry = run.session.ledger.of(MESSAGE).get(key)
        dispatch = entry.dispatch if entry is not None else None
        if entry is None or dispatch is None:
            return None
        if attempt and dispatch.asked:
            run.pause(attempt)
        failed = _NotCancelled()
        for chunk in batches(dispatch.ids, run.policy.batch_size):
            run.check_stop()
            _cancel_some(run, key, chunk, failed, lenient=lenient)
        if not failed.lost and not failed.refused:
            run.session.record([DropEntry(MESSAGE, key)])
            return None
        if failed.refused:
            id, why = next(iter(failed.refused.items()))
            return (
                f"the service did not take back id {id}: {why}. It may be gone, or still be sent, so nothing new is: "
                "once the service shows that it is cancelled and was not sent, "
                f"`ledger rm message/{key} --cancelled`, and apply again"
            )
    id, why = next(iter(failed.lost.items()))
    return f"id {id} could not be taken back: {why}; apply again"


def _cancel_some(run: Run, key: str, ids: Sequence[RemoteId], failed: _NotCancelled, *, lenient: bool) -> None:
    """Cancel `ids` of a message, record the outcome in the ledger, and add those that failed to `failed`."""
    entry = run.session.ledger.of(MESSAGE)[key]
    dispatch = entry.dispatch or Dispatch()
    intent = run.session.intend(CANCEL, MESSAGE, [key], {"ids": list(ids)})
    with ThreadPoolExecutor(max_workers=run.parallelism) as pool:
        outcomes = list(pool.map(lambda id: run.send(MESSAGES.cancel_request(id)), ids))
    ahead = _is_in_future(run, entry)
    gone: set[RemoteId] = set()
    asked = set(dispatch.asked)
    for id, outcome in zip(ids, outcomes, strict=True):
        match outcome:
            case Ids((answered,)) if answered == id:
                gone.add(id)
            case Refused(code) if code == NOT_REMOVED and ahead and id in dispatch.asked:
                gone.add(id)
            case Refused(code) if code == NOT_REMOVED and lenient:
                gone.add(id)
                run.maybe_sent.add(key)
                run.notes.append(f"message/{key}: id {id} was already gone or sent")
            case Refused():
                failed.refused[id] = str(outcome)
            case NotSent():
                failed.lost[id] = str(outcome)
            case _:
                asked.add(id)
                failed.lost[id] = outcome.why if isinstance(outcome, Unknown) else "it answered with another id"
    left = tuple(id for id in dispatch.ids if id not in gone)
    begun = dispatch.cancelling or bool(gone) or bool(asked)
    state = replace(dispatch, ids=left, cancelling=begun, asked=frozenset(asked - gone))
    run.session.settle(intent, [PutEntry(MESSAGE, key, replace(entry, dispatch=state))])


def _is_in_future(run: Run, entry: Entry) -> bool:
    """Whether the time to send the message has not come yet."""
    return run.latest_time() < MESSAGES.due(entry.attributes, run.context.zone)
