"""Applying changes of messages: taken back id by id, sent off one by one, and never sent twice.

No list shows a message. So a create of which nothing certain is heard stays unknown until a person or a delivery
receipt settles it, and a new version is only made when every id of the old one was taken back for certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from intime_sync.applying.run import TRIES, Run, batches
from intime_sync.errors import CredentialsError
from intime_sync.kinds.registry import BLOCKLIST, CONTACTS, GROUPS, MESSAGES
from intime_sync.model.change import Change, Create, Delete, Held, Replace, after_of, before_of
from intime_sync.model.ledger import Delta, Dispatch, DropEntry, Entry, PutEntry
from intime_sync.model.report import Status
from intime_sync.model.resource import Attributes, RemoteId
from intime_sync.remote.client import Unknown
from intime_sync.remote.transport import NotSent
from intime_sync.wire.endpoints import NOT_REMOVED
from intime_sync.wire.reply import Ids, Refused

MESSAGE = MESSAGES.name
SEND = "send-message"
CANCEL = "cancel-message"


def cancel_messages(run: Run, changes: Sequence[Delete]) -> None:
    """Take messages back that shall not be sent. An id that is gone or sent already is reported, and no failure."""
    for change in changes:
        why = _cancel(run, change.address.key, lenient=True)
        run.finish(change, Status.DONE if why is None else Status.FAILED, why)


def send_messages(run: Run, changes: Sequence[Create | Replace], plan: Iterable[Change]) -> None:
    """Send off new messages, each once what it depends on is done; what replaces another one takes it back first."""
    obstacles = Obstacles(run, plan)
    for change in changes:
        run.check_stop()
        why = obstacles.of(change)
        if why is not None:
            run.finish(change, Status.SKIPPED, why)
        elif (why := _too_close(run, change)) is not None:
            run.finish(change, Status.FAILED, why)
        else:
            _send_anew(run, change)


def _send_anew(run: Run, change: Create | Replace) -> None:
    key, wire = change.address.key, run.wire()
    missing = [name for name in MESSAGES.group_names(change.after) if name not in wire.group_ids]
    if missing:
        run.finish(change, Status.FAILED, f"the group `{missing[0]}` is not in the account")
        return
    earlier: tuple[RemoteId, ...] = ()
    if isinstance(change, Replace):
        known = run.session.ledger.of(MESSAGE).get(key)
        earlier = known.dispatch.ids if known is not None and known.dispatch is not None else ()
        why = _cancel(run, key, lenient=False)
        if why is None and _is_close(run, change.after):
            why = "the scheduled one was taken back, and it is too late to send the new one"
        if why is not None:
            run.finish(change, Status.FAILED, why)
            return
    groups = {name: wire.group_ids[name] for name in MESSAGES.group_names(change.after)}
    entry = Entry(
        change.after,
        protect=change.protected,
        unknown=True,
        dispatch=Dispatch(groups=groups, since=run.now().isoformat(), earlier=earlier),
    )
    intent = run.session.intend(SEND, MESSAGE, [key], send_detail(entry))
    try:
        outcome = run.send(MESSAGES.create_request(key, change.after, wire))
    except CredentialsError:
        run.session.settle(intent, [])
        raise
    match outcome:
        case Ids(ids):
            sent = replace(entry, remote_id=ids[0], unknown=False, dispatch=Dispatch(ids, groups))
            run.session.settle(intent, [PutEntry(MESSAGE, key, sent)])
            run.finish(change, Status.DONE, id=ids[0])
        case Refused():
            run.session.settle(intent, [])
            run.finish(change, Status.FAILED, f"the service refuses it: {outcome}{_taken_back(change)}")
        case NotSent(why):
            run.session.settle(intent, [])
            run.finish(change, Status.FAILED, f"the service could not be reached: {why}{_taken_back(change)}")
        case Unknown(why):
            run.session.settle(intent, [PutEntry(MESSAGE, key, entry)])
            hint = f"look in the service, then `ledger resolve message/{key} --as sent|not-sent`"
            run.finish(change, Status.UNKNOWN, f"{why}; {hint}")


def _taken_back(change: Create | Replace) -> str:
    return "; the one that was scheduled is taken back: apply again" if isinstance(change, Replace) else ""


def send_detail(entry: Entry) -> dict[str, object]:
    """What recovery needs of a message that is about to be sent off."""
    dispatch = entry.dispatch or Dispatch()
    return {
        "object": dict(entry.attributes),
        "protect": entry.protect,
        "groups": dict(dispatch.groups),
        "since": dispatch.since,
        "earlier": list(dispatch.earlier),
    }


def _is_close(run: Run, attributes: Attributes) -> bool:
    now, due = run.now(), MESSAGES.due(attributes, run.context.zone)
    return due <= now or due - now < run.policy.message_lead_time


def _too_close(run: Run, change: Create | Replace) -> str | None:
    """The second look at the clock: a plan may have been waiting for hours."""
    minutes = run.policy.message_lead_time.total_seconds() / 60
    rule = f"`policy.messages.lead_time` wants {minutes:g} minutes"
    if isinstance(change, Replace) and _is_close(run, change.before):
        return f"the one that is scheduled goes out at {change.before['send_at']}, too close to take it back: {rule}"
    if _is_close(run, change.after):
        return f"it is to be sent at {change.after['send_at']}, which is past or too close: {rule}"
    return None


class Obstacles:
    """What went wrong in this run that a message depends on: its groups, the people in them, and the blocklist."""

    def __init__(self, run: Run, plan: Iterable[Change]) -> None:
        self._groups: dict[str, str] = {}
        self._blocklist: str | None = None
        for change in plan:
            result = run.results.get(change.address)
            if result is None or result.status is Status.DONE or isinstance(change, Held):
                continue
            what = f"{change.address} is {result.status}"
            match change.address.kind:
                case GROUPS.name:
                    self._groups.setdefault(change.address.key, what)
                case CONTACTS.name:
                    for attributes in (before_of(change), after_of(change)):
                        for name in CONTACTS.group_names(attributes or {}):
                            self._groups.setdefault(name, what)
                case BLOCKLIST.name if isinstance(change, Create):
                    self._blocklist = self._blocklist or what

    def of(self, change: Create | Replace) -> str | None:
        """Why a message has to wait, or None."""
        names = MESSAGES.group_names(change.after)
        what = self._blocklist or next((self._groups[name] for name in names if name in self._groups), None)
        return f"it depends on what was not done ({what}): apply again" if what else None


@dataclass(slots=True)
class _Heard:
    """Why ids that were asked back are not back: no certain answer, or a refusal."""

    lost: dict[RemoteId, str] = field(default_factory=dict)
    refused: dict[RemoteId, str] = field(default_factory=dict)


def _cancel(run: Run, key: str, *, lenient: bool) -> str | None:
    """Take every id of a message back; why that failed, or None when none is left and the entry is dropped.

    With `lenient`, an id that the service does not remove counts as gone or sent already. Without it, it only does
    after a request for it whose answer was lost: a new version must not be sent besides the old one.
    """
    heard = _Heard()
    for attempt in range(TRIES):
        entry = run.session.ledger.of(MESSAGE).get(key)
        dispatch = entry.dispatch if entry is not None else None
        if entry is None or dispatch is None:
            return None
        if attempt and dispatch.asked:
            run.pause(attempt)
        heard = _Heard()
        for chunk in batches(dispatch.ids, run.policy.batch_size):
            run.check_stop()
            _cancel_some(run, key, chunk, heard, lenient=lenient)
        if not heard.lost and not heard.refused:
            run.session.record([DropEntry(MESSAGE, key)])
            return None
        if heard.refused:
            id, why = next(iter(heard.refused.items()))
            return (
                f"the service did not take back id {id}: {why}. It may be gone, or still be sent, so nothing new is: "
                f"see that it is gone in the service, then `ledger rm message/{key} --cancelled`, and apply again"
            )
    id, why = next(iter(heard.lost.items()))
    return f"id {id} could not be taken back: {why}; apply again"


def _cancel_some(run: Run, key: str, ids: Sequence[RemoteId], heard: _Heard, *, lenient: bool) -> None:
    entry = run.session.ledger.of(MESSAGE)[key]
    dispatch = entry.dispatch or Dispatch()
    intent = run.session.intend(CANCEL, MESSAGE, [key], {"ids": list(ids)})
    with ThreadPoolExecutor(max_workers=run.parallelism) as pool:
        outcomes = list(pool.map(lambda id: run.send(MESSAGES.cancel_request(id)), ids))
    gone: set[RemoteId] = set()
    asked = set(dispatch.asked)
    for id, outcome in zip(ids, outcomes, strict=True):
        match outcome:
            case Ids((answered,)) if answered == id:
                gone.add(id)
            case Refused(code) if code == NOT_REMOVED and (lenient or id in dispatch.asked):
                gone.add(id)
                if id not in dispatch.asked:
                    run.notes.append(f"message/{key}: id {id} was already gone or sent")
            case Refused():
                heard.refused[id] = str(outcome)
            case NotSent(why):
                heard.lost[id] = f"the service could not be reached: {why}"
            case _:
                asked.add(id)
                heard.lost[id] = outcome.why if isinstance(outcome, Unknown) else "it answered with another id"
    left = tuple(id for id in dispatch.ids if id not in gone)
    state = replace(dispatch, ids=left, cancelling=True, asked=frozenset(asked - gone))
    run.session.settle(intent, [_put(key, entry, state)])


def _put(key: str, entry: Entry, dispatch: Dispatch) -> Delta:
    return PutEntry(MESSAGE, key, replace(entry, dispatch=dispatch))
