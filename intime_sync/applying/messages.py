"""Creating messages, one by one and never twice; a replaced message is cancelled first.

Messages cannot be listed. So a create without a certain answer stays unknown until a person or a delivery receipt
settles it, and a new version is created only after every id of the old one was cancelled for certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace

from intime_sync.applying.cancelling import cancel, scheduled_ids
from intime_sync.applying.run import Run
from intime_sync.errors import CredentialsError
from intime_sync.kinds.registry import BLOCKLIST, CONTACTS, GROUPS, MESSAGES
from intime_sync.model.change import Adopt, Change, Create, Forget, Manual, Replace, after_of, before_of
from intime_sync.model.ledger import Dispatch, Entry, PutEntry, audience_in
from intime_sync.model.report import Status
from intime_sync.model.resource import Attributes, RemoteId
from intime_sync.planning.resending import is_in_doubt, repeats_entry
from intime_sync.service.client import Unknown
from intime_sync.service.reply import Ids, Refused
from intime_sync.service.transport import NotSent

MESSAGE = MESSAGES.name
SEND = "send-message"


def send_messages(run: Run, changes: Sequence[Create | Replace], plan: Sequence[Change]) -> None:
    """Create new messages, each only if every change of `plan` that it depends on is done.

    All replaced messages are cancelled before any is created, so that messages can swap texts or recipients.
    """
    obstacles = _Obstacles(run, plan)
    ready = [change for change in changes if _check_ready(run, change, obstacles)]
    earlier: dict[str, tuple[RemoteId, ...]] = {}
    for change in ready:
        if isinstance(change, Replace):
            run.check_stop()
            key = change.address.key
            earlier[key] = scheduled_ids(run, key)
            why = cancel(run, change, lenient=False)
            if why is not None:
                run.finish(change, Status.FAILED, why)
    for change in ready:
        if not run.is_finished(change):
            _send_one(run, change, plan, earlier.get(change.address.key, ()))


def _check_ready(run: Run, change: Create | Replace, obstacles: _Obstacles) -> bool:
    """Whether a message can be created; if not, reports the change as skipped or failed."""
    why = obstacles.of(change)
    if why is not None:
        run.finish(change, Status.SKIPPED, why)
        return False
    ids = run.group_ids()
    missing = [name for name in MESSAGES.group_names(change.after) if name not in ids]
    why = f"the account has no group `{missing[0]}`, or several" if missing else _why_too_late(run, change)
    if why is not None:
        run.finish(change, Status.FAILED, why)
    return why is None


def _send_one(run: Run, change: Create | Replace, plan: Iterable[Change], earlier: tuple[RemoteId, ...]) -> None:
    """Create a message and report the outcome; `earlier` are the ids of the version that it replaces."""
    key = change.address.key
    why = run.stop() or _why_repeated(run, change, plan)
    if why is None and _is_too_late(run, change.after):
        why = "it is too late to send it"
    if why is not None:
        if isinstance(change, Replace) or run.stop() is None:
            run.finish(change, Status.FAILED, f"{why}{_cancelled_note(change)}")
        run.check_stop()
        return
    wire = run.wire_context()
    groups = {name: wire.group_ids[name] for name in MESSAGES.group_names(change.after)}
    entry = Entry(
        change.after,
        protect=change.protected,
        audience=audience_in(change.options),
        unknown=True,
        dispatch=Dispatch(groups=groups, since=run.now().isoformat(), earlier=earlier),
    )
    intent = run.session.intend(SEND, MESSAGE, [key], send_detail(entry))
    try:
        outcome = run.send(MESSAGES.create_request(key, change.after, wire))
    except CredentialsError as error:
        run.session.settle(intent, [])
        run.finish(change, Status.FAILED, f"{error}{_cancelled_note(change)}")
        raise
    if isinstance(outcome, Ids) and len(outcome.ids) < len(MESSAGES.mobiles(change.after)):
        outcome = Unknown(f"the reply has {len(outcome.ids)} ids, fewer than recipients")
    match outcome:
        case Ids(ids):
            sent = replace(entry, remote_id=ids[0], unknown=False, dispatch=Dispatch(ids, groups))
            run.session.settle(intent, [PutEntry(MESSAGE, key, sent)])
            run.finish(change, Status.DONE, id=ids[0])
        case Refused():
            run.session.settle(intent, [])
            run.finish(change, Status.FAILED, f"the service refuses it: {outcome}{_cancelled_note(change)}")
        case NotSent():
            run.session.settle(intent, [])
            run.finish(change, Status.FAILED, f"{outcome}{_cancelled_note(change)}")
        case Unknown(why):
            run.session.settle(intent, [PutEntry(MESSAGE, key, entry)])
            hint = f"look in the service, then `ledger resolve message/{key} --as sent|not-sent`"
            run.finish(change, Status.UNKNOWN, f"{why}; {hint}")


def _cancelled_note(change: Create | Replace) -> str:
    return "; the one that was scheduled is taken back: apply again" if isinstance(change, Replace) else ""


def send_detail(entry: Entry) -> dict[str, object]:
    """What the journal must hold of a message about to be created, so that recovery can record it."""
    dispatch = entry.dispatch or Dispatch()
    return {
        "object": dict(entry.attributes),
        "protect": entry.protect,
        "audience": None if entry.audience is None else asdict(entry.audience),
        "groups": dict(dispatch.groups),
        "since": dispatch.since,
        "earlier": list(dispatch.earlier),
    }


def _is_too_late(run: Run, attributes: Attributes) -> bool:
    """Whether a message's time is past, or closer than `policy.messages.lead_time`."""
    now, due = run.latest_time(), MESSAGES.due(attributes, run.context.zone)
    return due <= now or due - now < run.policy.message_lead_time


def _why_too_late(run: Run, change: Create | Replace) -> str | None:
    """Why it is too late for the change, or None. The plan may be hours old, so the clock is checked again."""
    minutes = run.policy.message_lead_time.total_seconds() / 60
    rule = f"`policy.messages.lead_time` wants {minutes:g} minutes"
    if isinstance(change, Replace) and _is_too_late(run, change.before):
        return f"the one that is scheduled goes out at {change.before['send_at']}, too close to take it back: {rule}"
    if _is_too_late(run, change.after):
        return f"it is to be sent at {change.after['send_at']}, which is past or too close: {rule}"
    return None


class _Obstacles:
    """Failures of this run that a message depends on: its groups, the people in them, and the blocklist."""

    def __init__(self, run: Run, plan: Iterable[Change]) -> None:
        self._groups: dict[str, str] = {}
        self._blocklist: str | None = None
        for change in plan:
            result = run.results.get(change.address)
            if result is None or result.status is Status.DONE or isinstance(change, Manual):
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
        """Why a message cannot be created yet, or None."""
        names = MESSAGES.group_names(change.after)
        what = self._blocklist or next((self._groups[name] for name in names if name in self._groups), None)
        return f"it depends on what was not done ({what}): apply again" if what else None


def _why_repeated(run: Run, change: Create | Replace, plan: Iterable[Change]) -> str | None:
    """Why another message may still bring the same text from the same sender to one of the same people, or None.

    This is the case when the key of a scheduled message was changed and the old one could not be cancelled.
    """
    ledger = run.session.ledger
    for other in maybe_scheduled(run, plan):
        if other.address == change.address:
            continue
        before = ledger.of(MESSAGE).get(other.address.key) or Entry(before_of(other) or {})
        if repeats_entry(ledger, before, change):
            return _repeated_reason(other.address.key)
    # The plan may have been narrowed by options, or written by hand, so the ledger is asked as well.
    for key, entry in ledger.of(MESSAGE).items():
        if is_in_doubt(entry) and key != change.address.key and repeats_entry(ledger, entry, change):
            return _repeated_reason(key)
    return None


def _repeated_reason(key: str) -> str:
    return (
        f"message/{key} says the same to the same people and may still be sent, or was: settle that first, "
        "so that nobody gets it twice"
    )


def maybe_scheduled(run: Run, plan: Iterable[Change]) -> Iterator[Change]:
    """Changes of messages whose earlier version should be cancelled, but may still be sent."""
    for change in plan:
        if change.address.kind != MESSAGE or isinstance(change, Create | Adopt | Forget):
            continue
        result = run.results.get(change.address)
        unsure = change.address.key in run.maybe_sent
        if unsure or (result is not None and result.status is not Status.DONE):
            yield change
