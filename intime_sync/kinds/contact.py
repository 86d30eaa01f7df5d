"""Contacts: people with a mobile number, an e-mail address or both. The service can add them, and nothing more.

How they are changed and removed all the same is the business of `planning/carriers.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, Literal, NamedTuple

from intime_sync.kinds.base import CarriedKind, WireContext
from intime_sync.kinds.columns import read_emails, read_mobiles, read_names_of_groups, read_texts
from intime_sync.kinds.fields import ENSURE, PROTECT, Field, FieldType, SectionSpec, choice, text
from intime_sync.kinds.group_names import read_group_names
from intime_sync.kinds.numbers import read_email, read_mobile
from intime_sync.kinds.reading import Item, ItemContext, read_lifecycle
from intime_sync.kinds.words import Show, full_name
from intime_sync.model.problem import Origin
from intime_sync.model.resource import Attributes, KindName, Lifecycle, RemoteId, Resource
from intime_sync.service import requests
from intime_sync.service.phone import E164

CONTACT = KindName("contact")
MAX_KEY = 200

# contacts/add: 1 = SMS contact, 2 = e-mail contact, 3 = both.
_TYPE_NUMBERS: dict[str, Literal[1, 2, 3]] = {"sms": 1, "email": 2, "sms+email": 3}

_TEXTS = ("key", "firstname", "lastname", "extrafield")

# Neither can be in the text of a field, which has no white space but single spaces.
_FIELD_ENDS = "\t"
_NAME_ENDS = "\x1f"

# Types, with whether there is a mobile and whether there is an address.
_REACHABLE = {
    ("sms", True, False),
    ("sms", True, True),
    ("email", False, True),
    ("email", True, True),
    ("sms+email", True, True),
}

SPEC = SectionSpec(
    name="contacts",
    title="Contacts",
    description="People and how to reach them.",
    fields=(
        text(
            "key",
            "The contact's identity in this configuration; keep it when number or name change. "
            "Default: the mobile in E.164, else the e-mail address.",
            examples=("john.svensson",),
            min_length=1,
            max_length=MAX_KEY,
        ),
        text("firstname", "First name.", title="First name", examples=("John",)),
        text("lastname", "Last name.", title="Last name", examples=("Svensson",)),
        Field(
            "mobile",
            FieldType.MOBILE,
            "Mobile number in any usual spelling, quoted or not.",
            examples=("070-174 06 05", "+46701740605"),
        ),
        Field(
            "email",
            FieldType.EMAIL,
            "E-mail address.",
            title="E-mail address",
            examples=("john.svensson@example.se",),
        ),
        choice(
            "type",
            "How the contact is reached. Default: from what is given.",
            ("sms", "email", "sms+email"),
        ),
        text(
            "extrafield",
            "One free field, such as a department.",
            title="Extra field",
            examples=("Ledningsgrupp",),
        ),
        Field(
            "groups",
            FieldType.LIST,
            "Names of the groups that the contact is in.",
            items=text("group", "A group's name.", min_length=1, examples=("Personal",)),
        ),
        ENSURE,
        PROTECT,
    ),
)
_FIELDS = {field.name for field in SPEC.fields}


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


class ContactColumns(NamedTuple):
    """Keys and lines of many contacts, their lifecycles by position where not PRESENT, and what else the lines hold.

    `mobiles` has "" for none, `groups` are those of anybody.
    """

    keys: list[str]
    lines: list[str]
    lifecycles: dict[int, Lifecycle]
    mobiles: list[str]
    groups: set[str]


def _usual_type(has_mobile: bool, has_email: bool) -> str:
    """The type of a contact that names none."""
    return "sms+email" if has_mobile and has_email else "sms" if has_mobile else "email"


def _lines(columns: Iterable[Sequence[str]], groups: Sequence[tuple[str, ...]]) -> list[str]:
    """Lines of many contacts, from the columns in the order of a line."""
    joined = {names: _NAME_ENDS.join(names) for names in {*groups}}
    return [*map(_FIELD_ENDS.join, zip(*columns, map(joined.__getitem__, groups), strict=True))]


def _read_lifecycles(ensure: Sequence[str], protect: Sequence[bool | str]) -> dict[int, Lifecycle] | None:
    """What `read_lifecycle` makes of each pair, by position; None when one is wrong."""
    lifecycles: dict[int, Lifecycle] = {}
    for wanted, kept in {*zip(ensure, protect, strict=True)}:
        if wanted not in ("", "present", "absent") or kept not in ("", True, False):
            return None
        if wanted == "absent" and kept is True:
            return None
    for at, (wanted, kept) in enumerate(zip(ensure, protect, strict=True)):
        if wanted == "absent" or kept != "":
            lifecycles[at] = Lifecycle(absent=wanted == "absent", protect=kept if isinstance(kept, bool) else None)
    return lifecycles


class ContactKind(CarriedKind):
    """See `base.CarriedKind`."""

    name = CONTACT
    noun = "contact"
    spec = SPEC

    def read(self, item: Item, origin: Origin, context: ItemContext) -> Resource[Contact] | None:
        """A person with a number, an address or both."""
        before = len(context.problems)
        mobile_text, email_text = item.get("mobile"), item.get("email")
        mobile = read_mobile(mobile_text, context, "mobile") if mobile_text else None
        email = read_email(email_text, context, "email") if email_text else None
        type_ = item.get("type") or _usual_type(bool(mobile), bool(email))
        key = context.text(item, "key") or mobile or email
        lifecycle = read_lifecycle(item, context)
        groups = read_group_names(item, context)
        if len(context.problems) > before and any(
            problem.severity == "error" for problem in context.problems[before:]
        ):
            return None
        if key is None:
            context.error("no-identity", "a contact needs a `key`, a `mobile` or an `email`")
            return None
        if not lifecycle.absent and not self._reachable(type_, mobile, email, context):
            return None
        contact = Contact(
            type_,
            context.text(item, "firstname"),
            context.text(item, "lastname"),
            mobile,
            email,
            context.text(item, "extrafield"),
            groups,
        )
        return Resource(key, contact, origin=origin, lifecycle=lifecycle)

    def _reachable(self, type_: str, mobile: E164 | None, email: str | None, context: ItemContext) -> bool:
        if (type_, bool(mobile), bool(email)) in _REACHABLE:
            return True
        if mobile is None and email is None:
            context.error("unreachable", "a contact needs a `mobile`, an `email` or both")
        elif mobile is None:
            context.error("no-mobile", f"type `{type_}` needs a `mobile`", "type")
        else:
            context.error("no-email", f"type `{type_}` needs an `email`", "type")
        return False

    def attributes(self, value: Contact) -> dict[str, Any]:
        """All fields that are given, `groups` as a list."""
        shown: dict[str, Any] = {"type": value.type}
        if value.firstname:
            shown["firstname"] = value.firstname
        if value.lastname:
            shown["lastname"] = value.lastname
        if value.mobile:
            shown["mobile"] = value.mobile
        if value.email:
            shown["email"] = value.email
        if value.extrafield:
            shown["extrafield"] = value.extrafield
        shown["groups"] = list(value.groups)
        return shown

    def read_columns(self, columns: Mapping[str, Sequence[Any]], context: ItemContext) -> ContactColumns | None:
        """Very many items at once, as `read` would understand each; None when there is more to say about one of them.

        `columns` are the values by field: text, truths, tuples of text; "" and () where nothing is given.
        """
        if not columns or not columns.keys() <= _FIELDS:
            return None
        count = len(next(iter(columns.values())))
        # A column is lists or not: a text that stands for a list, or a list for a text, is for the schema to explain.
        if not count or any(isinstance(column[0], tuple) != (name == "groups") for name, column in columns.items()):
            return None
        empty = [""] * count
        keys, firsts, lasts, extras = (read_texts(columns.get(name, empty)) for name in _TEXTS)
        mobiles = read_mobiles(columns.get("mobile", empty), context.region)
        emails = read_emails(columns.get("email", empty), context)
        groups = read_names_of_groups(columns.get("groups", [()] * count))
        lifecycles = _read_lifecycles(columns.get("ensure", empty), columns.get("protect", empty))
        if keys is None or firsts is None or lasts is None or extras is None:
            return None
        if mobiles is None or emails is None or groups is None or lifecycles is None:
            return None
        given = columns.get("type", empty)
        reached = [*zip(given, map(bool, mobiles), map(bool, emails), strict=True)]
        types = [*map({how: how[0] or _usual_type(*how[1:]) for how in {*reached}}.__getitem__, reached)]
        names = [key or mobile or email for key, mobile, email in zip(keys, mobiles, emails, strict=True)]
        absent = {at for at, lifecycle in lifecycles.items() if lifecycle.absent}
        present = (how for at, how in enumerate(reached) if at not in absent) if absent else reached
        if not all((how[0] or _usual_type(*how[1:]), *how[1:]) in _REACHABLE for how in {*present}):
            return None
        if None in names or not {"", *_TYPE_NUMBERS}.issuperset(given) or max(map(len, keys)) > MAX_KEY:
            return None
        numbers: list[str] = [number or "" for number in mobiles]
        lines = _lines((numbers, types, firsts, lasts, [text or "" for text in emails], extras), groups)
        return ContactColumns([name or "" for name in names], lines, lifecycles, numbers, {*chain(*{*groups})})

    def to_line(self, value: Contact) -> str:
        """A contact as one line of text, which no other contact has: to keep, to compare, and to be made again."""
        ways = (value.mobile or "", value.type, value.firstname, value.lastname, value.email or "", value.extrafield)
        return _FIELD_ENDS.join((*ways, _NAME_ENDS.join(value.groups)))

    def from_line(self, line: str) -> Contact:
        """The reverse of `to_line`."""
        mobile, type_, firstname, lastname, email, extrafield, groups = line.split(_FIELD_ENDS)
        number = E164(mobile) if mobile else None
        names = tuple(groups.split(_NAME_ENDS)) if groups else ()
        return Contact(type_, firstname, lastname, number, email or None, extrafield, names)

    def mobiles_of(self, lines: Iterable[str]) -> list[str]:
        """The numbers in lines, "" where there is none."""
        return [line.partition(_FIELD_ENDS)[0] for line in lines]

    def groups_of(self, lines: Iterable[str]) -> set[str]:
        """The names of all groups in lines."""
        named = {line.rpartition(_FIELD_ENDS)[2] for line in lines}
        return {name for names in named if names for name in names.split(_NAME_ENDS)}

    def lines_of(self, many: Sequence[Mapping[str, Any]]) -> list[str] | None:
        """The lines of the contacts whose `attributes` are exactly these; None when one is no contact's."""
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
        if not all(name and _NAME_ENDS not in name for names in {*groups} for name in names):
            return None
        types, *texts = ([text or "" for text in column] if None in column else column for column in columns)
        firsts, lasts, mobiles, *others = texts
        lines = _lines((mobiles, types, firsts, lasts, *others), groups)
        whole = "\n".join(lines)
        fits = whole.count("\n") == len(lines) - 1 and whole.count(_FIELD_ENDS) == len(lines) * (len(names) - 1)
        return lines if fits else None

    def group_names(self, attributes: Attributes) -> Sequence[str]:
        """The names of the user groups that a contact of these attributes is in."""
        names = attributes.get("groups")
        return [str(name) for name in names] if isinstance(names, list) else []

    def summary_cells(self, key: str, attributes: Attributes, show: Show) -> tuple[str, ...]:
        """The name, the ways to reach them that are not the key, and the groups."""
        ways = [str(attributes[name]) for name in ("mobile", "email") if attributes.get(name)]
        groups = self.group_names(attributes)
        names = f"[{', '.join([show(name) for name in groups])}]" if groups else ""
        return (show(full_name(attributes)), ", ".join([show(way) for way in ways if way != key]), names)

    def title_cell(self, attributes: Attributes, show: Show) -> str:
        """The name."""
        return show(full_name(attributes))

    def add_request(
        self, contacts: Sequence[tuple[Attributes, RemoteId | None]], context: WireContext
    ) -> requests.Request:
        """contacts/add for (contact, its carrier's group id or None) pairs; KeyError when a group has no id yet."""
        return requests.add_contacts([self._item(*pair, context) for pair in contacts], context.format)

    def _item(self, attributes: Attributes, carrier: RemoteId | None, context: WireContext) -> requests.ContactItem:
        ids = [context.group_ids[name] for name in self.group_names(attributes)]
        if carrier is not None:
            ids.append(carrier)
        mobile, email = attributes.get("mobile"), attributes.get("email")
        return requests.ContactItem(
            type=_TYPE_NUMBERS[str(attributes["type"])],
            firstname=str(attributes.get("firstname", "")),
            lastname=str(attributes.get("lastname", "")),
            email=None if email is None else str(email),
            mobile=None if mobile is None else E164(str(mobile)),
            extrafield=str(attributes["extrafield"]) if "extrafield" in attributes else None,
            group_ids=tuple(ids),
        )
