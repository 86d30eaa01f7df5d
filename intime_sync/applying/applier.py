"""Applies a plan: takes its steps in the order in which they must happen, and reports the result of each change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple, TypeAlias, assert_never

from intime_sync.applying.cancelling import cancel_messages
from intime_sync.applying.contacts import apply_contacts
from intime_sync.applying.goals import CreateGoal, RemoveGoal, UpdateGoal, changes_of
from intime_sync.applying.listed import apply_until_observed
from intime_sync.applying.messages import maybe_scheduled, send_messages
from intime_sync.applying.run import Run, Stopped
from intime_sync.errors import AppliedInPart, IntimeSyncError
from intime_sync.kinds.base import AnyKind, CarriedKind, ListedKind, ScheduledKind
from intime_sync.kinds.registry import BY_NAME, KINDS, LISTED_BY_NAME
from intime_sync.model.change import Adopt, Change, Create, Delete, Forget, Manual, Replace, Update, before_of
from intime_sync.model.ledger import Delta, DropEntry, Entry, PutEntry
from intime_sync.model.plan import Plan
from intime_sync.model.report import Report, Status
from intime_sync.model.resource import Address

_Step: TypeAlias = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Applied:
    """What an apply did. `failure` is the error that ended it early or left it incomplete, or None."""

    report: Report
    failure: IntimeSyncError | None = None


def apply_plan(plan: Plan, run: Run) -> Applied:
    """Apply `plan` as far as possible. Errors that a user or the service can cause are returned, not raised."""
    failure: IntimeSyncError | None = None
    run.purgeable |= set(plan.leftovers)
    stopped: str | None = None
    try:
        _record_without_requests(plan, run)
        for step in _steps(plan, run):
            run.check_stop()
            step()
        run.session.save()
        if run.shortfalls:
            failure = AppliedInPart("; ".join(run.shortfalls), hint="apply again")
    except Stopped as why:
        stopped = str(why)
    except IntimeSyncError as error:
        failure = error
        stopped = str(error)
    for change in plan.changes:
        if not run.is_finished(change):
            run.finish(change, Status.SKIPPED, f"not reached: {stopped}" if stopped else "not reached")
    results = tuple(run.results[change.address] for change in plan.changes)
    return Applied(Report(results, run.client.calls, tuple(run.notes), stopped), failure)


class _Phases(NamedTuple):
    """One kind's steps, by phase. Every kind finishes a phase before the next one begins."""

    cancel: Sequence[_Step] = ()
    make: Sequence[_Step] = ()
    send: Sequence[_Step] = ()
    remove: Sequence[_Step] = ()


def _steps(plan: Plan, run: Run) -> Iterator[_Step]:
    """The steps of all kinds in order.

    Unwanted messages are cancelled first, since the time to send them may come meanwhile. Groups are made before the
    contacts in them; messages are sent when everything that they depend on is done; groups are removed last.
    """
    phases = [_phases(kind, plan, run) for kind in KINDS]
    return (step for phase in zip(*phases, strict=True) for steps in phase for step in steps)


def _phases(kind: AnyKind, plan: Plan, run: Run) -> _Phases:
    changes = [change for change in plan.changes if change.address.kind == kind.name]
    match kind:
        case ListedKind():
            made, removed = list(_make(run, kind, changes)), list(_remove(run, kind, changes, plan))
            return _Phases(make=made, remove=removed) if kind.has_members else _Phases(make=[*made, *removed])
        case CarriedKind():
            step = partial(apply_contacts, run, changes)
            return _Phases(make=[step] if changes or plan.leftovers else [])
        case ScheduledKind():
            unwanted = changes_of(changes, Delete)
            wanted = [change for change in changes if isinstance(change, Create | Replace)]
            return _Phases(
                cancel=[partial(cancel_messages, run, unwanted, plan.changes)] if unwanted else [],
                send=[partial(send_messages, run, wanted, plan.changes)] if wanted else [],
            )
    assert_never(kind)


def _make(run: Run, kind: ListedKind, changes: list[Change]) -> Iterator[_Step]:
    creates, updates = changes_of(changes, Create), changes_of(changes, Update)
    replaces = changes_of(changes, Replace)
    if replaces:
        yield lambda: apply_until_observed(run, kind, RemoveGoal(kind), replaces, report_success=False)
    if creates or replaces:
        yield lambda: apply_until_observed(
            run,
            kind,
            CreateGoal(kind, run.actual.get(kind.name, ())),
            [change for change in (*creates, *replaces) if not run.is_finished(change)],
        )
    if updates:
        yield lambda: apply_until_observed(run, kind, UpdateGoal(kind), updates)


def _remove(run: Run, kind: ListedKind, changes: list[Change], plan: Plan) -> Iterator[_Step]:
    deletes = changes_of(changes, Delete)
    if deletes:
        yield lambda: apply_until_observed(
            run, kind, RemoveGoal(kind), [change for change in deletes if _check_removable(run, change, plan)]
        )


def _check_removable(run: Run, change: Delete, plan: Plan) -> bool:
    """Whether an object can be removed without harm; if not, reports the change as failed.

    A group cannot be removed while a message that should be cancelled may still be sent to it, or if a contact that
    should have left it would be removed with it.
    """
    kind = BY_NAME[change.address.kind]
    if not kind.has_members:
        return True
    name = change.address.key
    for message in maybe_scheduled(run, plan.changes):
        if name in BY_NAME[message.address.kind].group_names(before_of(message) or {}):
            run.finish(change, Status.FAILED, f"{message.address} may still be sent to it; apply again")
            return False
    if not kind.takes_contacts(change.options):
        return True
    staying = [
        Address(member.name, key)
        for member in KINDS
        if isinstance(member, CarriedKind)
        for key, entry in run.session.ledger.of(member.name).items()
        if name in member.group_names(entry.attributes)
    ]
    if staying:
        why = f"{min(staying)} is still in it, and would be removed with it; apply again"
        run.finish(change, Status.FAILED, why)
    return not staying


def _record_without_requests(plan: Plan, run: Run) -> None:
    """Record the changes that need no request, in one line of the journal, and report those left to the user."""
    deltas: list[Delta] = list(_transferred(plan))
    for change in plan.changes:
        match change:
            case Adopt():
                deltas.append(PutEntry(change.address.kind, change.address.key, _adopted_entry(change, run)))
            case Forget():
                deltas.append(DropEntry(change.address.kind, change.address.key))
            case Manual():
                run.finish(change, Status.UNKNOWN if _is_unknown(change, run) else Status.SKIPPED, change.reason)
            case _:
                pass
    run.session.record(deltas)
    for change in plan.changes:
        if isinstance(change, Adopt | Forget):
            run.finish(change, Status.DONE)


def _is_unknown(change: Manual, run: Run) -> bool:
    """Whether the outcome of an earlier request for the object is unknown, so that a person must settle it."""
    entry = run.session.ledger.of(change.address.kind).get(change.address.key)
    return entry is not None and entry.unknown


def _transferred(plan: Plan) -> Iterator[Delta]:
    """Entries for objects that one key gives up and another key takes over, even if the change of that key fails."""
    given_up = {(change.address.kind, change.remote_id) for change in plan.changes if isinstance(change, Forget)}
    for change in plan.changes:
        if not isinstance(change, Update | Replace | Manual) or change.remote_id is None or change.before is None:
            continue
        kind = change.address.kind
        if kind in LISTED_BY_NAME and (kind, change.remote_id) in given_up:
            entry = Entry(change.before, change.remote_id, change.protected, change.options or {})
            yield PutEntry(kind, change.address.key, entry)


def _adopted_entry(change: Adopt, run: Run) -> Entry:
    known = run.session.ledger.of(change.address.kind).get(change.address.key)
    if known is not None and change.address.kind not in LISTED_BY_NAME:
        return replace(known, protect=change.protected)
    same = known is not None and known.remote_id == change.remote_id
    listed_as = known.listed_as if known is not None and same else ""
    return Entry(change.after, change.remote_id, change.protected, change.options or {}, listed_as=listed_as)
