"""Contacts: people with a mobile number, an e-mail address or both. The service can only add them.

How they are changed and removed nevertheless is described in `planning/carriers.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from intime_sync.bulk.lines import MAX_KEY, TYPES, Contact, is_reachable, to_attributes, usual_type
from intime_sync.kinds.base import CarriedKind, WireContext
from intime_sync.kinds.fields import ENSURE, PROTECT, Field, FieldType, SectionSpec, choice, text
from intime_sync.kinds.group_names import read_group_names
from intime_sync.kinds.numbers import read_email, read_mobile
from intime_sync.kinds.reading import Item, ItemContext, read_lifecycle
from intime_sync.kinds.words import Show, full_name
from intime_sync.model.problem import Origin
from intime_sync.model.resource import Attributes, KindName, RemoteId, Resource
from intime_sync.service import requests
from intime_sync.service.phone import E164

CONTACT = KindName("contact")

# contacts/add: 1 = SMS contact, 2 = e-mail contact, 3 = both.
_TYPE_NUMBERS: dict[str, Literal[1, 2, 3]] = {"sms": 1, "email": 2, "sms+email": 3}

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
            TYPES,
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
        type_ = item.get("type") or usual_type(bool(mobile), bool(email))
        key = context.text(item, "key") or mobile or email
        lifecycle = read_lifecycle(item, context)
        groups = read_group_names(item, context)
        if context.has_error_since(before):
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
        if mobile is None and email is None:
            context.error("unreachable", "a contact needs a `mobile`, an `email` or both")
            return False
        if is_reachable(type_, bool(mobile), bool(email)):
            return True
        if mobile is None:
            context.error("no-mobile", f"type `{type_}` needs a `mobile`", "type")
        else:
            context.error("no-email", f"type `{type_}` needs an `email`", "type")
        return False

    def attributes(self, value: Contact) -> dict[str, Any]:
        """All fields that are given, `groups` as a list."""
        return to_attributes(value)

    def group_names(self, attributes: Attributes) -> Sequence[str]:
        """The names of the user groups that the contact is in."""
        names = attributes.get("groups")
        return [str(name) for name in names] if isinstance(names, list) else []

    def summary_cells(self, key: str, attributes: Attributes, show: Show) -> tuple[str, ...]:
        """The name, the mobile and e-mail address unless they are the key, and the groups."""
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
        """contacts/add for contacts with their carriers' group ids, if any. KeyError if a group has no id yet."""
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
