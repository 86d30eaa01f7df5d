"""Finds messages in the ledger that bring the same text to the same people. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from intime_sync.kinds.registry import CONTACTS, MESSAGES
from intime_sync.model.change import Create, Replace
from intime_sync.model.ledger import Entry, Ledger
from intime_sync.model.resource import Attributes
from intime_sync.planning.context import Clock


@dataclass(frozen=True, slots=True)
class EarlierMessage:
    """A message of the ledger that brings the same text to some of the same people.

    `reader` names one of them: a number in E.164, or `group NAME`.
    """

    key: str
    entry: Entry
    reader: str


def earlier_message(
    ledger: Ledger, body: str, numbers: Iterable[str], groups: Iterable[str], clock: Clock
) -> EarlierMessage | None:
    """The message that is scheduled or in doubt and says `body` to one of `numbers` (E.164) or `groups`, if any.

    A text that was sent for certain may be sent again. A message in doubt is returned before one that is scheduled.
    Senders are not compared, since a person who sends a message by hand may give another sender.
    """
    people, names = set(numbers), set(groups)
    people |= group_members(ledger, names)
    found: EarlierMessage | None = None
    for key, entry in ledger.of(MESSAGES.name).items():
        doubt = is_in_doubt(entry)
        if entry.attributes.get("body") != body or not (
            doubt or not MESSAGES.is_past(entry.attributes, clock.now, clock.zone)
        ):
            continue
        theirs = MESSAGES.group_names(entry.attributes)
        shared = people.intersection({*MESSAGES.mobiles(entry.attributes), *group_members(ledger, theirs)})
        readers = [*sorted(shared), *(f"group {name}" for name in sorted(names.intersection(theirs)))]
        if readers and (found is None or (doubt and not is_in_doubt(found.entry))):
            found = EarlierMessage(key, entry, readers[0])
    return found


def repeats(ledger: Ledger, one: Attributes, other: Attributes) -> bool:
    """Whether two messages bring the same text from the same sender to some of the same people.

    One message under two keys looks like this. People are compared by group and by number; the numbers of a group are
    those of the contacts that the ledger knows in it.
    """
    if any(one.get(name) != other.get(name) for name in ("sender", "body")):
        return False
    theirs, others = set(MESSAGES.group_names(one)), set(MESSAGES.group_names(other))
    if not theirs.isdisjoint(others):
        return True
    people = group_members(ledger, theirs).union(MESSAGES.mobiles(one))
    return not people.isdisjoint(group_members(ledger, others).union(MESSAGES.mobiles(other)))


def repeats_entry(ledger: Ledger, entry: Entry, change: Create | Replace) -> bool:
    """Whether a change brings the text of a message that the ledger knows to some of the same people.

    The people may have another group by now, since the ledger remembers the members of the message's groups.
    """
    if repeats(ledger, entry.attributes, change.after):
        return True
    audience = entry.audience
    same_text = all(entry.attributes.get(name) == change.after.get(name) for name in ("sender", "body"))
    return same_text and audience is not None and audience.members == (change.options or {}).get("members")


def is_in_doubt(entry: Entry) -> bool:
    """Whether a message may or may not have been sent, or taken back."""
    return entry.unknown or (entry.dispatch is not None and entry.dispatch.cancelling)


def group_members(ledger: Ledger, groups: Iterable[str]) -> frozenset[str]:
    """The numbers of the contacts that the ledger knows in any of these groups and that take SMS.

    The ledger counts and not the configuration: contacts that were not added yet get nothing through a group.
    """
    names = {*groups}
    if not names:
        return frozenset()
    return frozenset(
        str(entry.attributes["mobile"])
        for entry in ledger.of(CONTACTS.name).values()
        if entry.attributes.get("mobile")
        and entry.attributes.get("type") != "email"
        and not entry.unknown
        and not names.isdisjoint(CONTACTS.group_names(entry.attributes))
    )
