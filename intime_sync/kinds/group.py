"""Contact groups: matched by name, made and removed, never renamed (the service cannot)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from intime_sync.kinds.base import Item, ItemContext, Plain, Removal, WireContext, read_lifecycle
from intime_sync.kinds.fields import ENSURE, PROTECT, Field, FieldType, SectionSpec, choice, text
from intime_sync.model.problem import Origin
from intime_sync.model.resource import Attributes, KindName, Lifecycle, RemoteId, Resource
from intime_sync.service import endpoints, requests
from intime_sync.service.listings import GroupRow, group_rows
from intime_sync.service.text import clean

GROUP = KindName("group")
DELETE_CONTACTS = "delete_contacts"

_NAME = text(
    "name", "The group's name, as people see it in the service.", required=True, min_length=1, examples=("Personal",)
)

SPEC = SectionSpec(
    name="groups",
    title="Contact groups",
    description="Groups of contacts. A plain name is short for `{name: …}`.",
    short=_NAME,
    fields=(
        _NAME,
        Field(
            "id",
            FieldType.INTEGER,
            "Picks one of several groups that have the same name in the account.",
            minimum=1,
            examples=(17,),
        ),
        choice(
            "on_delete",
            "What happens to the contacts in the group when it is removed.",
            ("keep_contacts", DELETE_CONTACTS),
            default="keep_contacts",
        ),
        ENSURE,
        PROTECT,
    ),
)


@dataclass(frozen=True, slots=True)
class Group:
    """A contact group; `name` is in NFC with single spaces."""

    name: str


class GroupKind(Plain):
    """See `base.ListedKind`."""

    name = GROUP
    spec = SPEC
    endpoint = endpoints.LIST_GROUPS
    rows = staticmethod(group_rows)

    def read(self, item: Item, origin: Origin, context: ItemContext) -> Resource[Group] | None:
        """A name, or a mapping with a name."""
        before = len(context.problems)
        name = context.text(item, "name")
        if not name:
            if len(context.problems) == before:
                context.error("empty-name", "a group needs a name", "name")
            return None
        if name.startswith("~"):
            context.error(
                "reserved-name", f"`{name}`: names that start with `~` are kept for carriers; choose another", "name"
            )
            return None
        said = item.get("on_delete")
        options: Attributes | None = None
        if said is not None:
            options = {"on_delete": DELETE_CONTACTS} if said == DELETE_CONTACTS else {}
        lifecycle = read_lifecycle(item, context, options)
        if "id" in item:
            lifecycle = Lifecycle(lifecycle.absent, lifecycle.protect, RemoteId(item["id"]), lifecycle.options)
        return Resource(name, Group(name), origin=origin, lifecycle=lifecycle)

    def attributes(self, value: Group) -> dict[str, Any]:
        """The name is all there is."""
        return {"name": value.name}

    def observed(self, rows: Sequence[GroupRow], context: ItemContext) -> tuple[Resource[Group], ...]:
        """Keyed by cleaned name; several may share one."""
        return tuple(Resource(name := clean(row.name), Group(name), RemoteId(row.id)) for row in rows)

    def identity(self, value: Group) -> Hashable:
        """The cleaned name."""
        return value.name

    def identity_of(self, attributes: Attributes) -> Hashable:
        """The cleaned name."""
        return str(attributes["name"])

    def ambiguous(self, key: str, found: Sequence[Resource[Group]]) -> str | None:
        """Two groups of one name are never guessed between."""
        ids = ", ".join(str(resource.remote_id) for resource in found)
        return (
            f"the account has {len(found)} groups called `{key}` (ids {ids}); "
            f"say which with `{{name: {key}, id: {found[0].remote_id}}}`, or rename one in the service"
        )

    def takes_contacts(self, options: Attributes | None) -> bool:
        """Whether a removal with these options takes the contacts in the group along."""
        return options is not None and options.get("on_delete") == DELETE_CONTACTS

    def create_request(self, objects: Sequence[Attributes], context: WireContext) -> requests.Request:
        """contacts/addgroup."""
        return requests.add_groups([str(attributes["name"]) for attributes in objects])

    def remove_request(self, removals: Sequence[Removal], context: WireContext) -> requests.Request:
        """contacts/deletegroup; with the contacts only where the configuration said so."""
        return requests.delete_groups(
            [
                (removal.remote_id, self.takes_contacts(removal.options))
                for removal in removals
                if removal.remote_id is not None
            ]
        )
