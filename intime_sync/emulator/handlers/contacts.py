"""contacts/add."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from intime_sync.emulator import tables
from intime_sync.emulator.handlers.base import Context, Endpoints, Refusal, Write
from intime_sync.emulator.records import NewContact
from intime_sync.emulator.values import is_email, normalised_number
from intime_sync.emulator.xmlio import Element, MalformedError, empty_item, fields, items, number, plain_text

_SMS, _EMAIL, _BOTH = 1, 2, 3
_CONTACT: Final = {
    "type": True,
    "firstname": True,
    "lastname": True,
    "email": False,
    "mobile": False,
    "extrafield": False,
    "groups": False,
}


def _parse(root: Element) -> list[NewContact]:
    # The service validates the XML before it looks at a value, so every shape comes first.
    return [_checked(contact) for contact in [_shaped(element) for element in items(root, "contact")]]


def _shaped(element: Element) -> NewContact:
    given = fields(element, _CONTACT)
    kind = number(plain_text(given["type"]))
    if kind not in (_SMS, _EMAIL, _BOTH):
        raise MalformedError(f"type {kind}")
    if (kind != _SMS and "email" not in given) or (kind != _EMAIL and "mobile" not in given):
        raise MalformedError(f"an element that type {kind} needs")
    texts = {name: plain_text(child) for name, child in given.items() if name not in ("type", "groups")}
    groups: tuple[int, ...] = ()
    if "groups" in given:
        groups = tuple(number(empty_item(group, "groupid")["groupid"]) for group in items(given["groups"], "group"))
    return NewContact(type=kind, groups=groups, **texts)


def _checked(contact: NewContact) -> NewContact:
    email, mobile = contact.email.strip(), contact.mobile.strip()
    if (email or contact.type != _SMS) and not is_email(email):
        raise Refusal("3:ERROR1")
    found = normalised_number(mobile)
    if (mobile or contact.type != _EMAIL) and found is None:
        raise Refusal("3:ERROR2")
    return replace(contact, email=email, mobile=mobile, number=found)


def _add(contacts: Sequence[NewContact], context: Context) -> list[int]:
    known = tables.group_ids(context.db)
    if not all(known.issuperset(contact.groups) for contact in contacts):
        raise Refusal("2:ERROR1")
    if context.options.on_known_mobile == "add":
        return tables.insert_contacts(context.db, contacts)
    # One at a time, so that the second of two equal contacts in a batch is known.
    return [_add_or_merge(contact, context) for contact in contacts]


def _add_or_merge(contact: NewContact, context: Context) -> int:
    known = tables.known_contact(context.db, contact)
    if known is None:
        return tables.insert_contacts(context.db, [contact])[0]
    way = context.options.on_known_mobile
    if way != "keep":
        tables.overwrite_contact(context.db, known, contact, leave_groups=way == "replace")
    return known


ENDPOINTS: Final[Endpoints] = {
    "contacts/add": Write("contacts", _parse, _add),
}
