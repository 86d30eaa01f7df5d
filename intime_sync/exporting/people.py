"""People as files have them, and the contacts made from them. Knows no file format.

Keys are made from names (`john.svensson`), not from numbers, so that a new number does not make a new contact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from unicodedata import category
from zoneinfo import ZoneInfo

from intime_sync.kinds.numbers import read_email
from intime_sync.kinds.reading import ItemContext
from intime_sync.kinds.registry import CONTACTS
from intime_sync.kinds.spelling import LONGEST_KEY, Keys, folded, spelled_number
from intime_sync.model.problem import NO_PLACE, Severity
from intime_sync.service.phone import number_fault, parse_mobile
from intime_sync.service.text import clean, forbidden_character

LIST_SEPARATOR: Final = "|"
"""Separates the groups in a cell of a table, so that the name of none can hold it."""

_SWEDISH_MOBILE: Final = re.compile(r"\+467[02369][0-9]{7}")


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as the source spells it; `mobile` if the source calls it mobile."""

    text: str
    mobile: bool = False


@dataclass(frozen=True, slots=True)
class SourcePerson:
    """A person as a source file has it, unchecked; `place` is `FILE:LINE`."""

    place: str
    firstname: str = ""
    lastname: str = ""
    phones: tuple[Phone, ...] = ()
    emails: tuple[str, ...] = ()
    extrafield: str = ""
    groups: tuple[str, ...] = ()
    key: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A contact to write; `mobile` in E.164, "" for what is not given."""

    key: str
    firstname: str
    lastname: str
    mobile: str
    email: str
    type: str
    extrafield: str
    groups: tuple[str, ...]


@dataclass(slots=True)
class People:
    """The contacts in the order of their names, remarks on data that was left out, and notes."""

    contacts: list[Person] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def group_names(self) -> set[str]:
        """Every group that a contact is in."""
        return {name for person in self.contacts for name in person.groups}


def contacts_from(found: Iterable[SourcePerson], region: str) -> People:
    """The contacts for `found`: equal people once, each with a key of its own."""
    people = People()
    by_content: dict[tuple[str, ...], Person] = {}
    for one in found:
        person = _person(one, region, people)
        if person is None:
            continue
        content = (folded(person.firstname), folded(person.lastname), person.mobile, person.email)
        before = by_content.setdefault(content, person)
        if before is not person:
            people.notes.append(f"{_who(one)} is in the files twice; written once")
            groups = tuple(sorted({*before.groups, *person.groups}))
            by_content[content] = replace(before, groups=groups, key=before.key or person.key)
    people.contacts = _with_keys(sorted(by_content.values(), key=_by_name))
    return people


def item_of(person: Person, region: str) -> dict[str, str | list[str]]:
    """The person as an item of the configuration; what is not given is left out."""
    fields: Mapping[str, str | list[str]] = {
        "key": person.key,
        "firstname": person.firstname,
        "lastname": person.lastname,
        "mobile": spelled_number(person.mobile, region) if person.mobile else "",
        "email": person.email,
        "type": person.type,
        "extrafield": person.extrafield,
        "groups": list(person.groups),
    }
    return {name: value for name, value in fields.items() if value}


def _by_name(person: Person) -> tuple[str, ...]:
    return (
        *(folded(person.lastname), folded(person.firstname)),
        *(person.lastname, person.firstname, person.mobile, person.email),
    )


def _person(found: SourcePerson, region: str, people: People) -> Person | None:
    """The contact for `found`, or None; adds what was left out, and why, to `people`."""
    who = _who(found)
    mobile = _mobile(found, who, region, people)
    email = _email(found, who, people)
    if not mobile and not email:
        what = "neither a mobile number nor an e-mail address that can be used"
        people.left_out.append(f"{who}: {what}; not written")
        return None
    person = Person(
        key=_text(found.key)[:LONGEST_KEY].strip(),
        firstname=_text(found.firstname),
        lastname=_text(found.lastname),
        mobile=mobile,
        email=email,
        type=found.type.strip().lower(),
        extrafield=_text(found.extrafield),
        groups=_groups(found, who, people),
    )
    if person.type and _fault(person, region):
        people.left_out.append(f"{who}: the type `{found.type}`, which does not fit what is given")
        person = replace(person, type="")
    fault = _fault(person, region)
    if fault is None:
        return person
    people.left_out.append(f"{who}: {fault}; not written")
    return None


def _mobile(found: SourcePerson, who: str, region: str, people: People) -> str:
    """The contact's number: the first that the source calls mobile, else the first mobile one; "" if there is none.

    Adds remarks on the other numbers to `people`.
    """
    usable: list[tuple[bool, str]] = []
    for phone in found.phones:
        parsed = parse_mobile(_text(phone.text), region)
        if parsed is None or not parsed.valid:
            why = number_fault(_text(phone.text), region)
            people.left_out.append(f"{who}: `{_text(phone.text)}` is not a phone number: it {why}")
        elif parsed.other and phone.mobile:
            people.left_out.append(f"{who}: `{_text(phone.text)}` is not a mobile number: it is {parsed.other}")
        elif all(parsed.number != number for _, number in usable):
            usable.append((phone.mobile, parsed.number))
    chosen = next((number for mobile, number in usable if mobile), None)
    if chosen is None:
        chosen = next((number for _, number in usable if is_mobile(number)), None)
    rest = [spelled_number(number, region) for _, number in usable if number != chosen]
    if rest:
        why = "is not the first mobile" if chosen else "is no mobile"
        people.left_out.append(f"{who}: {' and '.join(rest)} {why}")
    return chosen or ""


def is_mobile(number: str) -> bool:
    """Whether a number in E.164 can get SMS, as far as its country tells mobiles from others."""
    if _SWEDISH_MOBILE.fullmatch(number):
        return True
    from phonenumbers import NumberParseException, PhoneNumberType, number_type, parse

    try:
        found = number_type(parse(number, None))
    except NumberParseException:
        return False
    return found in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def _email(found: SourcePerson, who: str, people: People) -> str:
    usable: list[str] = []
    for text in found.emails:
        context = _context("SE")
        address = read_email(_text(text), context, "email")
        if address is None:
            people.left_out.append(f"{who}: {context.problems[0].message}")
        elif address not in usable:
            usable.append(address)
    if len(usable) > 1:
        people.left_out.append(f"{who}: {' and '.join(usable[1:])}, since a contact has one address")
    return usable[0] if usable else ""


def _groups(found: SourcePerson, who: str, people: People) -> tuple[str, ...]:
    names = set()
    for name in filter(None, map(_text, found.groups)):
        if name.startswith("~"):
            people.left_out.append(f"{who}: the group `{name}`, since `~` is kept for carriers")
        elif LIST_SEPARATOR in name:
            people.left_out.append(f"{who}: the group `{name}`, since `{LIST_SEPARATOR}` parts groups in a table")
        else:
            names.add(name)
    return tuple(sorted(names))


def _with_keys(people: Sequence[Person]) -> list[Person]:
    """The people with unique keys: from the source, else made from the name, else from the address, else none."""
    keys = Keys()
    given = {key: keys.take(key) for key in dict.fromkeys(person.key for person in people) if key}
    kept: list[Person] = []
    for person in people:
        if person.key:
            # The first to have a key keeps it.
            key = given.pop(person.key, None) or keys.take(person.key)
        else:
            name = ".".join(filter(None, (folded(person.firstname), folded(person.lastname))))
            base = name or folded(person.email.partition("@")[0], ".") or ("contact" if person.email else "")
            # Contacts with a number alone get no key: the number may change.
            key = keys.take(base) if base else ""
        kept.append(replace(person, key=key))
    return kept


def _fault(person: Person, region: str) -> str | None:
    """Why the person is not a valid contact; None if it is."""
    context = _context(region)
    CONTACTS.read(item_of(person, region), NO_PLACE, context)
    errors = [problem for problem in context.problems if problem.severity is Severity.ERROR]
    if errors:
        return errors[0].message
    if person.type not in ("", "sms", "email", "sms+email"):
        return "its type is unknown"
    return None


def _context(region: str) -> ItemContext:
    return ItemContext.without_places(region, ZoneInfo("UTC"))


def _text(text: str) -> str:
    """`text` on one line, without control characters and what else XML cannot carry."""
    if not text.isprintable():
        text = "".join(c for c in text if c.isspace() or (category(c) != "Cc" and forbidden_character(c) is None))
    return clean(text)


def _who(found: SourcePerson) -> str:
    name = " ".join(filter(None, (_text(found.firstname), _text(found.lastname))))
    return f"{found.place}: {name}" if name else found.place
