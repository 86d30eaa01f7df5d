"""A contact as a value, and as the line of text that represents it in tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

from intime_sync.model.resource import Attributes, Json
from intime_sync.service.phone import E164

MAX_KEY = 200
"""The longest key of a contact, in characters."""

TYPES = ("sms", "email", "sms+email")
"""How a contact is reached."""

# Neither is in the text of a field, which has no control characters, and no white space but single spaces.
_FIELD_END = "\t"
_NAME_END = "\x1f"


class Contact(NamedTuple):
    """A contact as the service should have it; `groups` sorted, each name once, "" and None for what is not given.

    A tuple, since a hundred thousand may be made at once.
    """

    type: str
    firstname: str
    lastname: str
    mobile: E164 | None
    email: str | None
    extrafield: str
    groups: tuple[str, ...]


def usual_type(has_mobile: bool, has_email: bool) -> str:
    """The type of a contact for which none is given."""
    return "sms+email" if has_mobile and has_email else "sms" if has_mobile else "email"


def is_reachable(type_: str, has_mobile: bool, has_email: bool) -> bool:
    """Whether a contact of this type has the mobile and the e-mail address that the type needs."""
    return (has_mobile or "sms" not in type_) and (has_email or "email" not in type_)


def to_line(contact: Contact) -> str:
    """The contact as a line, which is unique to it: all fields, the mobile first, the groups last."""
    type_, firstname, lastname, mobile, email, extrafield, groups = contact
    fields = (mobile or "", type_, firstname, lastname, email or "", extrafield, _NAME_END.join(groups))
    return _FIELD_END.join(fields)


def from_line(line: str) -> Contact:
    """The contact that `to_line` made the line from."""
    mobile, type_, firstname, lastname, email, extrafield, groups = line.split(_FIELD_END)
    number = E164(mobile) if mobile else None
    names = tuple(groups.split(_NAME_END)) if groups else ()
    return Contact(type_, firstname, lastname, number, email or None, extrafield, names)


def lines_of_columns(
    mobiles: Sequence[str],
    types: Sequence[str],
    firstnames: Sequence[str],
    lastnames: Sequence[str],
    emails: Sequence[str],
    extrafields: Sequence[str],
    groups: Sequence[tuple[str, ...]],
) -> list[str]:
    """As `to_line`, for contacts that are given field by field, with "" and () for what a contact does not have."""
    joined = {names: _NAME_END.join(names) for names in {*groups}}
    last = map(joined.__getitem__, groups)
    rows = zip(mobiles, types, firstnames, lastnames, emails, extrafields, last, strict=True)
    return [*map(_FIELD_END.join, rows)]


def to_attributes(contact: Contact) -> dict[str, Json]:
    """The fields that are given, in the order people read them, `groups` as a list."""
    shown: dict[str, Json] = {"type": contact.type}
    if contact.firstname:
        shown["firstname"] = contact.firstname
    if contact.lastname:
        shown["lastname"] = contact.lastname
    if contact.mobile:
        shown["mobile"] = contact.mobile
    if contact.email:
        shown["email"] = contact.email
    if contact.extrafield:
        shown["extrafield"] = contact.extrafield
    shown["groups"] = list(contact.groups)
    return shown


def lines_of_attributes(many: Sequence[Mapping[str, Any]]) -> list[str] | None:
    """The lines of the contacts that have exactly these `to_attributes`; None if one cannot be a contact's."""
    if not many:
        return []
    names = Contact._fields
    rows: list[tuple[Any, ...]]
    try:
        rows = [*map(itemgetter(*names), many)]
    except KeyError:
        rows = [tuple([attributes.get(name) for name in names]) for attributes in many]
    *columns, listed = zip(*rows, strict=True)
    given = sum(len(many) - column.count(None) for column in (*columns, listed))
    if given != sum(map(len, many)) or None in columns[0] or {*map(type, listed)} != {list}:
        return None
    if any("" in column or not {*map(type, column)} <= {str, type(None)} for column in columns):
        return None
    if not {*map(type, chain.from_iterable(listed))} <= {str}:
        return None
    groups = [*map(tuple, listed)]
    if not all(name and _NAME_END not in name for names in {*groups} for name in names):
        return None
    types, firstnames, lastnames, mobiles, emails, extrafields = (
        [text or "" for text in column] if None in column else column for column in columns
    )
    lines = lines_of_columns(mobiles, types, firstnames, lastnames, emails, extrafields, groups)
    # With a line break or a tab in a value, a line would be read as another contact.
    whole = "\n".join(lines)
    fits = whole.count("\n") == len(lines) - 1 and whole.count(_FIELD_END) == len(lines) * (len(names) - 1)
    return lines if fits else None


def attributes_of(line: str) -> Attributes:
    """The attributes of the contact in a line."""
    return to_attributes(from_line(line))


def mobile_of(line: str) -> str:
    """The mobile in a line, "" where there is none."""
    return line.partition(_FIELD_END)[0]
