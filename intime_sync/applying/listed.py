"""Applying changes of a listed kind: send, read the list, record what it shows, repeat only what did not happen."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, assert_never

from intime_sync.applying.goals import CreateGoal, Goal, ListView, RemoveGoal
from intime_sync.applying.lost import forget_listed_names, forget_members
from intime_sync.applying.run import FEW_REREADS, TRIES, Run, Stopped, batches
from intime_sync.errors import IntimeSyncError
from intime_sync.kinds.base import ListedKind, Removal
from intime_sync.model.change import Change, Create, Delete, Replace, Update, remote_id_of
from intime_sync.model.ledger import Delta, Entry, PutEntry
from intime_sync.model.report import Status
from intime_sync.model.resource import Address, RemoteId, Resource
from intime_sync.planning.awaiting import why_waiting
from intime_sync.planning.context import Clock
from intime_sync.planning.lookalikes import lookalikes
from intime_sync.service.client import Outcome, Unknown
from intime_sync.service.reply import Ids, Refused
from intime_sync.service.transport import NotSent


@dataclass(frozen=True, slots=True)
class _SentBatch:
    """One batch: the number of its intent in the journal, its changes, and the outcome of its request."""

    intent: int
    changes: Sequence[Change]
    outcome: Outcome

    @property
    def is_mixed_refusal(self) -> bool:
        """Whether it was refused because of a change that cannot be told from the others in the batch."""
        return isinstance(self.outcome, Refused) and len(self.changes) > 1

    def may_come_late(self, met: Container[Address]) -> bool:
        """Whether the service may still carry it out, so that the list does not prove that it failed."""
        return isinstance(self.outcome, Unknown) and any(change.address not in met for change in self.changes)


def apply_until_observed(
    run: Run, kind: ListedKind, goal: Goal, changes: Sequence[Change], *, report_success: bool = True
) -> None:
    """Apply `changes` and report the result of each; without `report_success`, only of those that failed.

    A refused batch is halved until the item at fault is alone. Of a batch of unknown outcome, only those changes are
    sent again that did not happen according to the list.
    """
    pending = list(changes)
    size = run.policy.batch_size
    tries = 0
    while pending:
        sent, halt = _send_all(run, goal, kind, pending, size)
        error = run.reread_until(kind, partial(_is_late, run, kind, goal, sent))
        if error is not None:
            _fail_unread(run, sent, str(error))
            if halt is not None:
                raise halt
            return
        view = ListView(kind, run.actual[kind.name])
        met = {change.address: found for change in pending if (found := goal.met(change, view)) is not False}
        if isinstance(goal, CreateGoal):
            twins = goal.twins(pending, view)
            if kind.may_be_renamed:
                renamed, more = _find_renamed(run, goal, sent, view, met)
                met |= renamed
                twins += more
            remove_duplicates(run, kind, twins)
        _settle(run, goal, sent, met, report_success=report_success)
        run.restore_own_names(kind)
        if halt is not None:
            raise halt
        batch_of = {change.address: batch for batch in sent for change in batch.changes}
        pending = [change for change in pending if change.address not in met and not run.is_finished(change)]
        refused = any(batch_of[change.address].is_mixed_refusal for change in pending)
        if not refused:
            tries += 1
        pending = [change for change in pending if _retry_or_fail(run, goal, change, batch_of[change.address], tries)]
        if refused:
            size = max(1, min(size, len(pending)) // 2)
        elif pending:
            run.pause(tries - 1)


def _send_all(
    run: Run, goal: Goal, kind: ListedKind, pending: Sequence[Change], size: int
) -> tuple[list[_SentBatch], Stopped | IntimeSyncError | None]:
    """Send `pending` in batches. Returns the batches that were sent, and the exception that ended this early, if any.

    Before groups are made, what the ledger knows about the members of earlier groups with their names is cleared.
    """
    sent: list[_SentBatch] = []
    try:
        for batch in batches(pending, size):
            run.check_stop()
            batch = [change for change in batch if not _fail_if_past(run, kind, change)]
            if not batch:
                continue
            request = goal.request(batch, run.wire_context())
            if isinstance(goal, CreateGoal) and kind.has_members:
                # This holds whatever the outcome of the request will be, since a new group has no members.
                names = {change.address.key for change in batch}
                ledger = run.session.ledger
                run.session.record([*forget_members(ledger, names), *forget_listed_names(ledger, names)])
            detail = goal.detail(batch, run.actual.get(kind.name, ())) if isinstance(goal, CreateGoal) else {}
            intent = run.session.intend(goal.operation, kind.name, [change.address.key for change in batch], detail)
            outcome = run.send(request)
            sent.append(_SentBatch(intent, batch, outcome))
            if isinstance(goal, CreateGoal) and isinstance(outcome, Ids):
                run.session.record(goal.awaited_deltas(batch, outcome.ids, run.now()))
    except (Stopped, IntimeSyncError) as why:
        return sent, why
    return sent, None


def _is_late(run: Run, kind: ListedKind, goal: Goal, sent: Sequence[_SentBatch], attempt: int) -> bool:
    """Whether to wait for the list to show what was done.

    Confirmed changes are waited for as long as possible. Changes of unknown outcome are waited for a short time.
    A removal may be refused because the object was removed before: it is waited for a short time, or as long as
    possible if an earlier request for it was confirmed.
    """
    view = ListView(kind, run.actual[kind.name])
    for batch in sent:
        match batch.outcome:
            case Ids(ids):
                late = not goal.is_shown(batch.changes, ids, view, attempt)
            case Unknown():
                late = attempt < FEW_REREADS and not all(
                    goal.met(change, view) is not False for change in batch.changes
                )
            case Refused():
                late = (
                    isinstance(goal, RemoveGoal)
                    and (attempt < FEW_REREADS or goal.was_confirmed(batch.changes))
                    and not all(
                        goal.met(change, view) for change in batch.changes if isinstance(change, Delete | Replace)
                    )
                )
            case NotSent():
                late = False
            case _:
                assert_never(batch.outcome)
        if late:
            return True
    return False


def _find_renamed(
    run: Run,
    goal: CreateGoal,
    sent: Sequence[_SentBatch],
    view: ListView,
    met: Mapping[Address, Resource[Any] | bool],
) -> tuple[dict[Address, Resource[Any]], list[tuple[str, Resource[Any]]]]:
    """New groups that the service gave another name, by address, and duplicates of them with their keys.

    They are recognized by the id of the reply or, if the reply was lost, by a similar name. Notes in the report tell
    the user which name to write instead.
    """
    found: dict[Address, Resource[Any]] = {}
    twins: list[tuple[str, Resource[Any]]] = []
    taken: set[RemoteId | None] = {row.remote_id for row in met.values() if isinstance(row, Resource)} | goal.before
    for batch in sent:
        ids = batch.outcome.ids if isinstance(batch.outcome, Ids) else (None,) * len(batch.changes)
        taken |= {*ids}
        may_be_done = isinstance(batch.outcome, Ids | Unknown)
        for change, id in zip(batch.changes, ids, strict=False) if may_be_done else ():
            if change.address in met:
                continue
            named = view.by_id.get(id) if id is not None and id not in goal.before else None
            alike = lookalikes(change.address.key, view.by_id.values(), taken)
            rows = [*([named] if named is not None else []), *alike]
            if not rows:
                continue
            row, *others = rows
            taken |= {each.remote_id for each in rows}
            twins += [(change.address.key, other) for other in others]
            goal.renamed[change.address] = row.key
            found[change.address] = row
            run.notes.append(
                f"{change.address}: the service calls it `{row.key}`, and it is known by that name from now on; "
                f"write `{row.key}` instead, so that the configuration shows what the account has"
            )
    return found, twins


def _fail_if_past(run: Run, kind: ListedKind, change: Change) -> bool:
    """Whether the object's time has passed since it was planned; if so, reports the change as failed."""
    if not isinstance(change, Create | Update):
        return False
    states = [change.after] if isinstance(change, Create) else [change.before, change.after]
    if not any(kind.is_past(state, run.latest_time(), run.context.zone) for state in states):
        return False
    verb = "made" if isinstance(change, Create) else "edited"
    run.finish(change, Status.FAILED, f"its time has passed meanwhile, so it is not {verb}; plan again")
    return True


def _settle(
    run: Run,
    goal: Goal,
    sent: Sequence[_SentBatch],
    met: Mapping[Address, Resource[Any] | bool],
    *,
    report_success: bool,
) -> None:
    """Record in the ledger, batch by batch, the changes that the list shows; `met` has the objects by address."""
    for batch in sent:
        deltas = []
        for change in batch.changes:
            if change.address in met:
                found = met[change.address]
                id = found.remote_id if isinstance(found, Resource) else None
                deltas.append(goal.delta(change, id))
                if report_success:
                    run.finish(change, Status.DONE, id=id)
        if isinstance(goal, CreateGoal) and batch.may_come_late(met):
            # The intent stays open, so that the next run looks for objects that were made late.
            run.session.record(deltas)
        else:
            run.session.settle(batch.intent, deltas)


def _fail_unread(run: Run, sent: Sequence[_SentBatch], why: str) -> None:
    """Report all changes as failed because the list cannot be read. Intents stay open; the next run settles them."""
    for batch in sent:
        what = _describe(batch.outcome)
        for change in batch.changes:
            message = f"{what}, and the list could not be read to make sure: {why}; apply again"
            run.finish(change, Status.FAILED, message)


def _describe(outcome: Outcome) -> str:
    match outcome:
        case Ids():
            return "it was confirmed"
        case Refused():
            return "it was refused"
        case NotSent():
            return "it was never sent"
        case Unknown():
            return "its outcome is not known"
    assert_never(outcome)


def _retry_or_fail(run: Run, goal: Goal, change: Change, batch: _SentBatch, tries: int) -> bool:
    """Whether to send a change that did not happen again; if not, reports it as failed."""
    outcome = batch.outcome
    match outcome:
        case Refused():
            again = batch.is_mixed_refusal
        case Ids():
            # A removal by value may need the spelling that the list showed.
            again = goal.operation == "remove" and tries == 1
        case NotSent():
            again = False
        case Unknown():
            again = tries < TRIES
        case _:
            assert_never(outcome)
    if not again:
        awaited = _why_waiting(run, change) if isinstance(outcome, Ids) else None
        run.finish(change, Status.FAILED, awaited or _failure_reason(change, outcome))
    return again


def _why_waiting(run: Run, change: Change) -> str | None:
    """The reason to report for an object that was confirmed and is not listed; None for other objects."""
    entry = run.session.ledger.of(change.address.kind).get(change.address.key)
    if not isinstance(change, Create | Replace) or entry is None or entry.awaited is None:
        return None
    return why_waiting(change.address, entry, Clock(run.now(), run.context.zone), wanted=True)


def _failure_reason(change: Change, outcome: Outcome) -> str:
    match outcome:
        case Refused():
            return f"the service refuses it: {outcome}"
        case Ids(ids):
            id = remote_id_of(change)
            if id is not None and -id in ids:
                return "the service did not change it: it is switched off there, or belongs to somebody else"
            return "the service said that it was done, but its list shows that it was not"
        case NotSent():
            return str(outcome)
        case Unknown(why):
            return f"the list shows that it did not happen: {why}"
    assert_never(outcome)


def remove_duplicates(run: Run, kind: ListedKind, twins: Sequence[tuple[str, Resource[Any]]]) -> None:
    """Remove duplicates that the service made of one request; what cannot be removed is left to the next run.

    `twins` are the duplicates, each with the key of the object that is kept.
    """
    numbered = {row.remote_id: (key, row) for key, row in twins if row.remote_id is not None}
    if not numbered:
        return
    confirmed = True
    for batch in batches(list(numbered), run.policy.batch_size):
        removals = [Removal(id, kind.attributes(numbered[id][1].value), {}) for id in batch]
        intent = run.session.intend("remove-duplicates", kind.name, [str(id) for id in batch])
        confirmed &= isinstance(run.send(kind.remove_request(removals, run.wire_context())), Ids)
        run.session.settle(intent, [])
    run.reread_until(
        kind,
        lambda attempt: (
            (confirmed or attempt < FEW_REREADS)
            and not ListView(kind, run.actual[kind.name]).by_id.keys().isdisjoint(numbered)
        ),
    )
    there = ListView(kind, run.actual[kind.name]).by_id
    left = [twin for id, twin in numbered.items() if id in there]
    run.session.record([delta for key, row in left for delta in surplus_entry(kind, key, row)])
    what = f"{kind.name} duplicates, made by the service of one request,"
    if len(left) < len(numbered):
        run.notes.append(f"{len(numbered) - len(left)} {what} were removed")
    if left:
        run.shortfalls.append(f"{len(left)} {what} could not be removed")


def surplus_entry(kind: ListedKind, key: str, row: Resource[Any]) -> Iterator[Delta]:
    """The delta that records a duplicate of `key`, so that the next plan removes it; nothing if it has no id."""
    if row.remote_id is not None:
        entry = Entry(kind.attributes(row.value), row.remote_id, surplus=True)
        yield PutEntry(kind.name, f"{key}#{row.remote_id}", entry)
