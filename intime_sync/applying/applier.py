"""The applier: a plan's steps in the order in which they must happen, and a report of what became of each change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from intime_sync.applying.cancelling import cancel_messages
from intime_sync.applying.contacts import apply_contacts
from intime_sync.applying.goals import CreateGoal, RemoveGoal, UpdateGoal, changes_of
from intime_sync.applying.listed import apply_until_observed
from intime_sync.applying.messages import send_messages, still_there
from intime_sync.applying.run import Run, Stopped
from intime_sync.errors import AppliedInPart, IntimeSyncError
from intime_sync.kinds.base import ListedKind
from intime_sync.kinds.registry import BY_NAME, CONTACTS, GROUPS, MESSAGES
from intime_sync.model.change import Adopt, Change, Create, Delete, Forget, Manual, Replace, Update, before_of
from intime_sync.model.ledger import Delta, DropEntry, Entry, PutEntry
from intime_sync.model.plan import Plan
from intime_sync.model.report import Report, Status


@dataclass(frozen=True, slots=True)
class Applied:
    """What an apply did, and what ended it early, if anything did."""

    report: Report
    failure: IntimeSyncError | None = None


def apply_plan(plan: Plan, run: Run) -> Applied:
    """Carry `plan` out, as far as it goes. Raises nothing that a user or the service can cause."""
    failure: IntimeSyncError | None = None
    run.purgeable |= set(plan.leftovers)
    stopped: str | None = None
    try:
        _keep_books(plan, run)
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


def _steps(plan: Plan, run: Run) -> Iterator[Callable[[], None]]:
    """Groups before the contacts in them, messages when all that they depend on is done; removed groups last.

    What shall not be sent is taken back first of all, since its time may come meanwhile.
    """
    by_kind = {name: [change for change in plan.changes if change.address.kind == name] for name in BY_NAME}
    messages = by_kind[MESSAGES.name]
    if unwanted := changes_of(messages, Delete):
        yield lambda: cancel_messages(run, unwanted, plan.changes)
    for name, kind in BY_NAME.items():
        changes = by_kind[name]
        if isinstance(kind, ListedKind):
            yield from _make(run, kind, changes)
            if name != GROUPS.name:
                yield from _remove(run, kind, changes, plan)
        elif name == CONTACTS.name and (changes or plan.leftovers):
            yield lambda changes=changes: apply_contacts(run, changes)  # type: ignore[misc]
    if wanted := [change for change in messages if isinstance(change, Create | Replace)]:
        yield lambda: send_messages(run, wanted, plan.changes)
    yield from _remove(run, GROUPS, by_kind[GROUPS.name], plan)


def _make(run: Run, kind: ListedKind, changes: list[Change]) -> Iterator[Callable[[], None]]:
    creates, updates = changes_of(changes, Create), changes_of(changes, Update)
    replaces = changes_of(changes, Replace)
    if replaces:
        yield lambda: apply_until_observed(run, kind, RemoveGoal(kind), replaces, last=False)
    if creates or replaces:
        yield lambda: apply_until_observed(
            run,
            kind,
            CreateGoal(kind, run.actual.get(kind.name, ())),
            [change for change in (*creates, *replaces) if not run.is_finished(change)],
        )
    if updates:
        yield lambda: apply_until_observed(run, kind, UpdateGoal(kind), updates)


def _remove(run: Run, kind: ListedKind, changes: list[Change], plan: Plan) -> Iterator[Callable[[], None]]:
    deletes = changes_of(changes, Delete)
    if deletes:
        yield lambda: apply_until_observed(
            run, kind, RemoveGoal(kind), [change for change in deletes if _may_go(run, change, plan)]
        )


def _may_go(run: Run, change: Delete, plan: Plan) -> bool:
    """Whether a group takes nothing along that should have left it and did not: a message, or a contact."""
    if change.address.kind != GROUPS.name:
        return True
    name = change.address.key
    for message in still_there(run, plan.changes):
        if name in MESSAGES.group_names(before_of(message) or {}):
            run.finish(change, Status.FAILED, f"{message.address} may still be sent to it; apply again")
            return False
    if not GROUPS.takes_contacts(change.options):
        return True
    entries = run.session.ledger.of(CONTACTS.name)
    staying = [key for key, entry in entries.items() if name in CONTACTS.group_names(entry.attributes)]
    if staying:
        why = f"contact/{min(staying)} is still in it, and would be removed with it; apply again"
        run.finish(change, Status.FAILED, why)
    return not staying


def _keep_books(plan: Plan, run: Run) -> None:
    """What only the ledger has to learn, in one entry of the journal; and what is held is left alone."""
    deltas: list[Delta] = list(_inherited(plan))
    for change in plan.changes:
        match change:
            case Adopt():
                deltas.append(PutEntry(change.address.kind, change.address.key, _adopted(change, run)))
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
    """Whether it waits for a person to say what became of an earlier request."""
    entry = run.session.ledger.of(change.address.kind).get(change.address.key)
    return entry is not None and entry.unknown


def _inherited(plan: Plan) -> Iterator[Delta]:
    """What one key gives up and another takes over is that one's from now on, whatever comes of its own change."""
    given_up = {(change.address.kind, change.remote_id) for change in plan.changes if isinstance(change, Forget)}
    for change in plan.changes:
        if not isinstance(change, Update | Replace | Manual) or change.remote_id is None or change.before is None:
            continue
        kind = change.address.kind
        if kind not in (CONTACTS.name, MESSAGES.name) and (kind, change.remote_id) in given_up:
            entry = Entry(change.before, change.remote_id, change.protected, change.options or {})
            yield PutEntry(kind, change.address.key, entry)


def _adopted(change: Adopt, run: Run) -> Entry:
    known = run.session.ledger.of(change.address.kind).get(change.address.key)
    if known is not None and change.address.kind in (CONTACTS.name, MESSAGES.name):
        return replace(known, protect=change.protected)
    same = known is not None and known.remote_id == change.remote_id
    listed_as = known.listed_as if known is not None and same else ""
    return Entry(change.after, change.remote_id, change.protected, change.options or {}, listed_as=listed_as)
