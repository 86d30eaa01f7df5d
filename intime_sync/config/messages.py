"""Resolves what messages take from other sections: fills in the numbers of contacts, and checks recipients.

Reads contacts and blocklist once at most, and only when a message needs them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from intime_sync.config.checks import Resources
from intime_sync.config.document import Document, locate_in_item
from intime_sync.config.wording import did_you_mean
from intime_sync.kinds.registry import BLOCKLIST, CONTACTS, MESSAGES
from intime_sync.model.problem import Origin, Problem, Severity
from intime_sync.model.resource import Resource

_SECTION: Final = MESSAGES.spec.name

_ADVICE: Final = "; a message whose time has passed can be removed"

# Finding similar keys is slow among a hundred thousand.
_MOST_GUESSES: Final = 20
_MOST_CANDIDATES: Final = 1000


def resolve_messages(
    resources: Resources, documents: Mapping[str, Document]
) -> tuple[list[Resource[Any]], list[Problem]]:
    """The messages with the numbers of their contacts filled in, and all problems of their recipients."""
    messages = resources.get(MESSAGES.name, ())
    contacts = _Contacts(resources, documents, _keys(messages))
    resolved = [_with_numbers(message, contacts) for message in messages]
    problems: list[Problem] = []
    wanted = [(before, after) for before, after in zip(messages, resolved, strict=True) if not after.lifecycle.absent]
    for before, _ in wanted:
        problems += _unknown_contacts(before, contacts, documents)
    for before, _ in wanted:
        problems += _repeated(before, contacts, documents)
    present = [after for _, after in wanted]
    problems += _blocked(present, resources, documents)
    problems += _reached_twice(present, resources, documents)
    return resolved, problems


class _Contacts:
    """The contacts that messages name, by key, and the problems of names without a usable contact."""

    def __init__(self, resources: Resources, documents: Mapping[str, Document], keys: frozenset[str]) -> None:
        self.declared = CONTACTS.name in resources
        self._all = resources.get(CONTACTS.name, ()) if keys else ()
        self._found = {contact.key: contact for contact in self._all if contact.key in keys}
        self.numbers = {
            key: contact.value.mobile
            for key, contact in self._found.items()
            if contact.value.mobile and not contact.lifecycle.absent
        }
        self._guesses = 0
        # A contact that seems to be missing may be one that could not be read, which is reported elsewhere.
        section = CONTACTS.spec.name
        written = sum(len(document.items.get(section, ())) for document in documents.values())
        self._all_were_read = written <= len(self._all)

    def fault(self, key: str) -> tuple[str, str] | None:
        """Why a message cannot be sent to this contact: a problem's code and message; None if it can."""
        contact = self._found.get(key)
        if contact is None:
            return ("unknown-contact", self._unknown(key)) if self._all_were_read else None
        if contact.lifecycle.absent:
            message = f"the contact `{key}` is declared with `ensure: absent`{_ADVICE}"
            return "unknown-contact", message
        if not contact.value.mobile:
            return "no-mobile", f"the contact `{key}` has no `mobile` that the message could be sent to"
        return None

    def _unknown(self, key: str) -> str:
        if not self.declared:
            return f"the contact `{key}` must be declared, and no file has a section `contacts`{_ADVICE}"
        self._guesses += 1
        near = did_you_mean(key, self._candidates(key)) if self._guesses <= _MOST_GUESSES else ""
        return f"the contact `{key}` is not declared in `contacts`{near or _ADVICE}"

    def _candidates(self, key: str) -> list[str]:
        """Keys that may be similar: of about the same length, and with the same beginning or end."""
        folded = key.casefold()
        near = (
            contact.key
            for contact in self._all
            if abs(len(contact.key) - len(key)) <= len(key) // 2 + 1
            and (contact.key[:2].casefold() == folded[:2] or contact.key[-3:].casefold() == folded[-3:])
        )
        return [candidate for candidate, _ in zip(near, range(_MOST_CANDIDATES), strict=False)]


def _keys(messages: Sequence[Resource[Any]]) -> frozenset[str]:
    return frozenset(r.contact for message in messages for r in message.value.recipients if r.contact)


def _with_numbers(message: Resource[Any], contacts: _Contacts) -> Resource[Any]:
    if not any(recipient.contact for recipient in message.value.recipients):
        return message
    return replace(message, value=MESSAGES.with_numbers(message.value, contacts.numbers))


def _written(message: Resource[Any]) -> list[Any]:
    """The recipients in the order of the configuration."""
    return sorted(message.value.recipients, key=lambda recipient: recipient.index)


def _origin(message: Resource[Any], recipient: Any, documents: Mapping[str, Document]) -> Origin | None:
    return locate_in_item(message, _SECTION, documents, "recipients", recipient.index)


def _unknown_contacts(
    message: Resource[Any], contacts: _Contacts, documents: Mapping[str, Document]
) -> Iterator[Problem]:
    for recipient in _written(message):
        fault = contacts.fault(recipient.contact) if recipient.contact else None
        if fault is not None:
            yield Problem(*fault, _origin(message, recipient, documents))


def _repeated(message: Resource[Any], contacts: _Contacts, documents: Mapping[str, Document]) -> Iterator[Problem]:
    """Warnings about recipients with the same number; those written identically were reported with the item."""
    first: dict[str, Any] = {}
    for recipient in _written(message):
        mobile = contacts.numbers.get(recipient.contact) if recipient.contact else recipient.mobile
        before = first.setdefault(mobile, recipient) if mobile else recipient
        if before is not recipient:
            text = f"`{_named(recipient)}` has the same number as `{_named(before)}` before it; it counts once"
            yield _warning("repeated-recipient", text, _origin(message, recipient, documents))


def _named(recipient: Any) -> str:
    return f"contact/{recipient.contact}" if recipient.contact else str(recipient.mobile)


def _blocked(
    messages: Sequence[Resource[Any]], resources: Resources, documents: Mapping[str, Document]
) -> Iterator[Problem]:
    wanted = frozenset(recipient.mobile for message in messages for recipient in message.value.recipients)
    listed = resources.get(BLOCKLIST.name, ()) if wanted else ()
    blocked = {number.key for number in listed if number.key in wanted and not number.lifecycle.absent}
    for message in messages if blocked else ():
        for recipient in _written(message):
            if recipient.mobile in blocked:
                text = (
                    f"`{_named(recipient)}` is on the blocklist, which the service is documented to check for groups "
                    "only: the message may be sent all the same; remove the recipient"
                )
                yield _warning("blocked-recipient", text, _origin(message, recipient, documents))


def _reached_twice(
    messages: Sequence[Resource[Any]], resources: Resources, documents: Mapping[str, Document]
) -> Iterator[Problem]:
    both = [message for message in messages if message.value.recipients and message.value.groups]
    wanted = frozenset(recipient.mobile for message in both for recipient in message.value.recipients) - {""}
    groups: dict[str, set[str]] = {}
    for contact in resources.get(CONTACTS.name, ()) if wanted else ():
        value = contact.value
        if value.mobile in wanted and "sms" in value.type and not contact.lifecycle.absent:
            groups.setdefault(value.mobile, set()).update(value.groups)
    for message in both:
        for recipient in _written(message):
            shared = groups.get(recipient.mobile, set()).intersection(message.value.groups)
            if shared:
                text = (
                    f"`{_named(recipient)}` is also in the group `{min(shared)}`, and could get the message twice; "
                    "remove one of the two"
                )
                yield _warning("reached-twice", text, _origin(message, recipient, documents))


def _warning(code: str, text: str, origin: Origin | None) -> Problem:
    return Problem(code, text, origin, Severity.WARNING)
