"""A message of `message send`: read from the command line and checked by the rules of `messages:`."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from intime_sync.config.settings import Settings
from intime_sync.errors import InvalidInput
from intime_sync.kinds.numbers import read_mobile
from intime_sync.kinds.reading import ItemContext
from intime_sync.kinds.registry import CONTACTS, GROUPS, MESSAGES
from intime_sync.kinds.sms import read_body, read_sender
from intime_sync.kinds.times import read_time
from intime_sync.kinds.urls import read_status_url
from intime_sync.model.ledger import Ledger
from intime_sync.model.policy import Numbers
from intime_sync.model.problem import Problem, Severity
from intime_sync.model.resource import Address, RemoteId, Resource, Snapshot
from intime_sync.planning.resending import group_members
from intime_sync.render.style import counted
from intime_sync.service.gsm import parts
from intime_sync.service.phone import E164
from intime_sync.service.requests import MessageItem, Recipient
from intime_sync.service.times import WallTime

_LONGEST_SENDER = 11


@dataclass(frozen=True, slots=True)
class OneOff:
    """A message to be sent, its recipients, and warnings about it.

    `key` is random, and the transids are derived from it. `numbers` are the direct recipients, and `members` the
    numbers of the contacts that the ledger has in `groups`.
    """

    key: str
    sender: str
    body: str
    send_at: WallTime | None
    multisms: bool
    flash: bool
    status_url: str
    numbers: tuple[E164, ...]
    groups: tuple[str, ...]
    members: frozenset[str]
    warnings: tuple[str, ...]

    @property
    def cost(self) -> str:
        """`2 SMS to 3 recipients, 6 in all`; a group whose members are not declared is named instead."""
        each, count = parts(self.body, multisms=self.multisms), len(self.members.union(self.numbers))
        if self.groups and not self.members:
            direct = f"{counted(count, 'recipient')} and " if count else ""
            return f"{each} SMS to {direct}the members of {', '.join(self.groups)}"
        return f"{each} SMS to {counted(count, 'recipient')}, {each * count} in all"

    def item(
        self, group_ids: Mapping[str, Sequence[RemoteId]], *, check_blocklist: bool, anonymize: bool
    ) -> MessageItem:
        """The message for the service. Raises InvalidInput for a group that the account lacks or has twice."""
        for name in self.groups:
            if len(group_ids.get(name, ())) != 1:
                found = ", ".join(map(str, group_ids.get(name, ())))
                why = (
                    f"the account has several groups of that name (ids {found})"
                    if found
                    else "there is no such group"
                )
                raise InvalidInput(f"--to group/{name}: {why}")
        return MessageItem(
            body=self.body,
            sender=self.sender,
            recipients=tuple(Recipient(number, MESSAGES.transid(self.key, number)) for number in self.numbers),
            group_ids=tuple(group_ids[name][0] for name in self.groups),
            send_at=self.send_at,
            flash=self.flash,
            multisms=self.multisms,
            status_url=self.status_url or None,
            check_blocklist=check_blocklist,
            anonymize=anonymize,
        )


def one_off(
    settings: Settings,
    desired: Snapshot,
    ledger: Ledger,
    now: datetime,
    to: Sequence[str],
    given: Mapping[str, Any],
) -> OneOff:
    """The message that the command line describes. Raises InvalidInput with everything that is wrong with it.

    `given` holds the options body, sender, at, status_url (None where not given), multisms and flash. Each of `to` is
    a number, `contact/KEY` of the configuration, or `group/NAME`.
    """
    problems: list[tuple[str, Problem]] = []
    possible = settings.policy.numbers is Numbers.POSSIBLE
    context = ItemContext.without_places(settings.region, settings.zone, possible_numbers=possible)

    def take(option: str) -> None:
        problems.extend((option, problem) for problem in context.problems)
        context.problems.clear()

    sender = read_sender({"sender": given["sender"] or default_sender(settings.owner)}, context)
    take("--sender")
    multisms, flash = bool(given["multisms"]), bool(given["flash"])
    body = read_body({"body": given["body"]}, context, multisms=multisms, flash=flash)
    take("--body")
    status_url = read_status_url({"status_url": given["status_url"] or ""}, context)
    take("--status-url")
    send_at = _send_at(given["at"], context, now, settings.zone)
    take("--at")
    numbers: dict[E164, None] = {}
    groups: dict[str, None] = {}
    for text in to:
        address = Address.parse(text)
        if address is not None and address.kind == GROUPS.name:
            groups[address.key] = None
        elif (number := _number(text, address, desired, context)) is not None:
            numbers[number] = None
        take(f"--to {text}")
    errors = [f"{option}: {problem.message}" for option, problem in problems if problem.severity is Severity.ERROR]
    if errors:
        raise InvalidInput("\n  ".join(errors))
    members = group_members(ledger, groups)
    # A number that is in one of the groups as well must not get the message twice.
    warnings = [f"{option}: {problem.message}" for option, problem in problems]
    warnings += [f"{number} is in one of the groups, and gets it once" for number in numbers if number in members]
    direct = tuple(number for number in numbers if number not in members)
    key = f"once-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    return OneOff(
        key, sender, body, send_at, multisms, flash, status_url, direct, tuple(groups), members, tuple(warnings)
    )


def default_sender(owner: str) -> str:
    """The owner's name, cut to 11 characters, with `-` for each that a sender cannot have."""
    return re.sub("[^A-Za-z0-9.-]", "-", owner)[:_LONGEST_SENDER]


def _send_at(text: str | None, context: ItemContext, now: datetime, zone: ZoneInfo) -> WallTime | None:
    if text is None:
        return None
    wall = read_time(text, context, "send_at")
    if wall is not None and datetime.fromisoformat(wall).replace(tzinfo=zone) <= now:
        context.error("too-late", f"{wall} has passed; leave it out to send at once")
    return wall


def _number(text: str, address: Address | None, desired: Snapshot, context: ItemContext) -> E164 | None:
    if address is None:
        return read_mobile(text, context)
    if address.kind != CONTACTS.name:
        context.error("bad-recipient", "write a number, contact/KEY or group/NAME")
        return None
    found: Resource[Any] | None = next((item for item in desired.of(CONTACTS.name) if item.key == address.key), None)
    if found is None or found.lifecycle.absent:
        context.error("unknown-contact", "there is no such contact in the configuration")
        return None
    if not found.value.mobile:
        context.error("no-mobile", "this contact has no mobile")
        return None
    mobile: E164 = found.value.mobile
    return mobile
