"""Plans messages by the ledger and the clock, since the service cannot list them. Sent messages do not change.

in YAML   in ledger        its time    outcome
yes       no               ahead       create
yes       no               passed      error `too-late`
yes       as wanted        any         –
yes       differs          ahead       replace: cancel every id, then create
yes       differs          passed      error `already-sent`
no        yes              ahead       delete (prune: owned, all), kept (prune: never)
no        yes              passed      forget
any       outcome unknown  any         manual
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from intime_sync.kinds.registry import BLOCKLIST, MESSAGES
from intime_sync.model.change import Change, Create, Delete, Forget, Manual, Replace
from intime_sync.model.ledger import Entry, Ledger
from intime_sync.model.problem import Origin, Problem, Severity
from intime_sync.model.resource import Address, Attributes, Resource, Snapshot
from intime_sync.planning.audience import Audience
from intime_sync.planning.context import Clock, PlanningContext
from intime_sync.planning.diff import field_changes
from intime_sync.planning.matching import KindPlan
from intime_sync.planning.ownership import is_protected, protection_change, removes_owned
from intime_sync.planning.planned_groups import GroupIds
from intime_sync.planning.resending import repeats

MESSAGE = MESSAGES.name

_UNKNOWN = (
    "it may or may not have been sent: look in the service, then settle it with "
    "`ledger resolve message/{key} --as sent|not-sent`"
)
_NO_IDS = (
    "the service's ids of it are not known, so it cannot be taken back: cancel it in the service, "
    "then drop it from the ledger with `ledger rm message/{key} --cancelled`"
)


def plan_messages(
    desired: Snapshot,
    ledger: Ledger,
    groups: GroupIds,
    context: PlanningContext,
    replacements: frozenset[str] = frozenset(),
) -> KindPlan:
    """The messages' changes, in the order of keys; `replacements` are keys of messages to make again."""
    plan = KindPlan()
    entries = ledger.of(MESSAGE)
    differ = _MessageDiffer(ledger, groups, context, plan, Audience(desired))
    wanted = {resource.key for resource in desired.of(MESSAGE)}
    prunes = removes_owned(context.policy.prune_of(MESSAGE))
    for key, entry in entries.items():
        if key not in wanted and not (prunes or entry.unknown or differ.is_past(entry.attributes)):
            differ.kept[key] = entry
    for resource in desired.of(MESSAGE):
        if resource.lifecycle.absent:
            if resource.key in entries:
                differ.remove(resource.key, entries[resource.key], resource)
        else:
            differ.present(resource, again=resource.key in replacements)
    for key, entry in entries.items():
        if key not in wanted and key not in differ.kept:
            differ.remove(key, entry, None)
    plan.changes.sort(key=lambda change: change.address.key)
    return plan


class _MessageDiffer:
    """Decides for each message, and adds changes and problems to `plan`."""

    def __init__(
        self,
        ledger: Ledger,
        groups: GroupIds,
        context: PlanningContext,
        plan: KindPlan,
        audience: Audience,
    ) -> None:
        self.ledger = ledger
        self.entries = ledger.of(MESSAGE)
        self.groups = groups
        self.lead_time = context.policy.message_lead_time
        self.clock = context.clock
        self.plan = plan
        self.audience = audience
        self.kept: dict[str, Entry] = {}
        """Scheduled messages that the configuration does not name and that `prune: never` leaves as they are."""

    def is_past(self, attributes: Attributes) -> bool:
        """Whether the time of a message has passed."""
        return MESSAGES.is_past(attributes, self.clock.now, self.clock.zone)

    def present(self, resource: Resource[Any], *, again: bool) -> None:
        """Plan a message of the configuration: create or replace it while its time is ahead."""
        entry = self.entries.get(resource.key)
        after = MESSAGES.attributes(resource.value)
        if entry is None:
            self._create(resource, after)
        elif entry.unknown:
            self._manual(resource.key, entry, after, resource.origin, _UNKNOWN)
        elif self.is_past(entry.attributes):
            self._sent(resource, entry, after, again=again)
        elif (reason := self._reason_to_replace(entry, after, again=again)) is None and entry.attributes == after:
            self.plan.add(protection_change(MESSAGE, resource, entry, after))
        elif self._is_new(resource, after) and self._in_time(resource, after):
            self._replace(resource, entry, after, reason, again=again)

    def _create(self, resource: Resource[Any], after: Attributes) -> None:
        if self._is_new(resource, after) and self._in_time(resource, after):
            self.plan.changes.append(
                Create(
                    address=Address(MESSAGE, resource.key),
                    after=after,
                    reason=self.audience.cost(after),
                    origin=resource.origin,
                    protected=is_protected(resource.lifecycle, None),
                    options=self.audience.marks(after),
                )
            )

    def _is_new(self, resource: Resource[Any], after: Attributes) -> bool:
        """Whether no kept message has the same text for the same people; adds a problem if one has."""
        kept = self.kept.items()
        twin = next((key for key, entry in kept if repeats(self.ledger, entry.attributes, after)), None)
        if twin is None:
            return True
        message = (
            f"`message/{resource.key}` says the same to the same people as message/{twin}, which is scheduled and "
            f"stays so under `prune: never`: give it the key `{twin}` again, or add an item with that key and "
            "`ensure: absent`"
        )
        self.plan.problems.append(Problem("scheduled-twice", message, resource.origin))
        return False

    def _in_time(self, resource: Resource[Any], after: Attributes) -> bool:
        """Whether the time of a message is ahead; adds an error if not, and a warning if it is very close."""
        when = f"`message/{resource.key}` is to be sent at {after['send_at']}"
        if self.is_past(after):
            message = (
                f"{when}, which has passed, and the ledger knows none that was sent then: it is not sent late; "
                "correct `send_at`, or remove it"
            )
            self.plan.problems.append(Problem("too-late", message, resource.origin))
            return False
        if MESSAGES.due(after, self.clock.zone) - self.clock.now < self.lead_time:
            message = (
                f"{when}: too close for `policy.messages.lead_time`, so applying this will refuse it; "
                "choose a later time"
            )
            self.plan.problems.append(Problem("close-to-due", message, resource.origin, Severity.WARNING))
        return True

    def _sent(self, resource: Resource[Any], entry: Entry, after: Attributes, *, again: bool) -> None:
        """Plan a message that was sent: an edit is an error, except of values from elsewhere, such as numbers."""
        if entry.dispatch is not None and entry.dispatch.cancelling:
            left = len(entry.dispatch.ids)
            message = (
                f"`message/{resource.key}` was being taken back when its time came, and only {left} of its ids may "
                "have been sent; write a new message, with a key of its own, to those who missed it"
            )
            self.plan.problems.append(Problem("sent-in-part", message, resource.origin, Severity.WARNING))
        if again:
            message = f"`message/{resource.key}` was sent at {entry.attributes['send_at']}: it cannot be made again"
            self.plan.problems.append(Problem("already-sent", message, resource.origin))
            return
        before_written, after_written = MESSAGES.written(entry.attributes), MESSAGES.written(after)
        if before_written == after_written:
            self.plan.add(protection_change(MESSAGE, resource, entry, entry.attributes))
            return
        paths = ", ".join(f"`{change.path}`" for change in field_changes(before_written, after_written))
        message = (
            f"`message/{resource.key}` was sent at {entry.attributes['send_at']} and cannot be changed ({paths}): "
            "put it back as it was, or give the new message a key of its own"
        )
        self.plan.problems.append(Problem("already-sent", message, resource.origin))

    def _reason_to_replace(self, entry: Entry, after: Attributes, *, again: bool) -> str | None:
        """Why a message must be made again even if the ledger has it as wanted; None if it need not."""
        if again:
            return "asked for with --replace"
        if entry.dispatch is None:
            return None
        if entry.dispatch.cancelling:
            return "taking it back was begun"
        for name, id in entry.dispatch.groups.items():
            if name in self.groups.remade or self.groups.ids.get(name) != id:
                return f"the group {name} was made again"
        if self.audience.blocklist_changed(entry, after):
            return "the blocklist has changed for members of its groups"
        return None

    def _replace(
        self, resource: Resource[Any], entry: Entry, after: Attributes, reason: str | None, *, again: bool
    ) -> None:
        if entry.dispatch is None:
            self._manual(resource.key, entry, after, resource.origin, _NO_IDS)
            return
        self.plan.changes.append(
            Replace(
                address=Address(MESSAGE, resource.key),
                remote_id=entry.remote_id,
                before=entry.attributes,
                after=after,
                fields=field_changes(entry.attributes, after),
                reason="; ".join(part for part in (reason, self.audience.cost(after)) if part),
                origin=resource.origin,
                protected=is_protected(resource.lifecycle, entry),
                options=self.audience.marks(after),
                restores=entry.attributes == after and not again,
            )
        )

    def remove(self, key: str, entry: Entry, resource: Resource[Any] | None) -> None:
        """Plan the removal of a message: cancel it if its time is ahead, else forget it."""
        origin = resource.origin if resource else None
        if entry.unknown:
            self._manual(key, entry, None, origin, _UNKNOWN)
        elif self.is_past(entry.attributes):
            self.plan.changes.append(
                Forget(
                    address=Address(MESSAGE, key),
                    remote_id=entry.remote_id,
                    before=entry.attributes,
                    reason="its time has passed",
                    origin=origin,
                )
            )
        elif entry.dispatch is None:
            self._manual(key, entry, None, origin, _NO_IDS)
        else:
            self.plan.changes.append(
                Delete(
                    address=Address(MESSAGE, key),
                    remote_id=entry.remote_id,
                    before=entry.attributes,
                    reason="ensure: absent" if resource else None,
                    origin=origin,
                    protected=is_protected(resource.lifecycle, entry) if resource else entry.protect,
                )
            )

    def _manual(self, key: str, entry: Entry, after: Attributes | None, origin: Origin | None, why: str) -> None:
        self.plan.changes.append(
            Manual(
                address=Address(MESSAGE, key),
                remote_id=entry.remote_id,
                before=entry.attributes,
                after=after,
                fields=field_changes(entry.attributes, after) if after is not None else (),
                reason=why.format(key=key),
                origin=origin,
            )
        )


def check_scheduled(
    desired: Snapshot, actual: Snapshot, ledger: Ledger, changes: Iterable[Change], clock: Clock
) -> list[Problem]:
    """Warnings about messages that are, or will be, scheduled to people who have left their groups or opted out.

    Every plan has them until the message is sent or scheduled again.
    """
    rescheduled = {change.address.key for change in changes if change.address.kind == MESSAGE}
    audience = Audience(desired)
    # Numbers on the configuration's own blocklist are reported when it is read.
    blocked = {number.key for number in actual.of(BLOCKLIST.name)} - {
        number.key for number in desired.of(BLOCKLIST.name)
    }
    problems = []
    for message in desired.of(MESSAGE):
        entry = ledger.of(MESSAGE).get(message.key)
        attributes = MESSAGES.attributes(message.value)
        if message.lifecycle.absent or MESSAGES.is_past(attributes, clock.now, clock.zone):
            continue
        if entry is not None and message.key not in rescheduled and audience.members_changed(entry, attributes):
            text = (
                f"`message/{message.key}` was scheduled before other people came into its groups, or left them, and "
                f"the service may have fixed who gets it; --replace message/{message.key} schedules it again"
            )
            problems.append(Problem("members-change", text, message.origin, Severity.WARNING))
        opted_out = sorted(blocked.intersection(MESSAGES.mobiles(attributes)))
        if opted_out:
            text = (
                f"`message/{message.key}` names {opted_out[0]}, which is on the account's blocklist; the service is "
                "documented to check it for groups only: remove the recipient"
            )
            problems.append(Problem("blocked-recipient", text, message.origin, Severity.WARNING))
    return problems
