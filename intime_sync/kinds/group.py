"""Contact groups: matched by name, made and removed, never renamed, since the service cannot rename them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from intime_sync.kinds.base import ListedKind, Removal, WireContext
from intime_sync.kinds.exports import ExportContext, ExportedSection
from intime_sync.kinds.fields import ENSURE, PROTECT, Field, FieldType, SectionSpec, choice, text
from intime_sync.kinds.group_names import RESERVED
from intime_sync.kinds.reading import Item, ItemContext, read_lifecycle
from intime_sync.kinds.spelling import folded
from intime_sync.kinds.words import Show
from intime_sync.model.problem import Origin
from intime_sync.model.resource import Attributes, KindName, RemoteId, Resource
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


class GroupKind(ListedKind):
    """See `base.ListedKind`."""

    name = GROUP
    noun = "group"
    spec = SPEC
    endpoint = endpoints.LIST_GROUPS
    has_members = True
    may_be_renamed = True
    export_comment = """\
# The account's contact groups. A plain name is short for {name: …}; an id picks one of several of the same name.
# A group that is removed here is removed from the account; its contacts are kept, unless it says
# {name: …, on_delete: delete_contacts}.
"""
    rows = staticmethod(group_rows)

    def read(self, item: Item, origin: Origin, context: ItemContext) -> Resource[Group] | None:
        """A name, or a mapping with a name."""
        before = len(context.problems)
        name = context.text(item, "name")
        if not name:
            if not context.has_error_since(before):
                context.error("empty-name", "a group needs a name", "name")
            return None
        if name.startswith(RESERVED):
            context.error(
                "reserved-name", f"`{name}`: names that start with `~` are kept for carriers; choose another", "name"
            )
            return None
        options: Attributes | None = None
        if "on_delete" in item:
            options = {"on_delete": DELETE_CONTACTS} if item["on_delete"] == DELETE_CONTACTS else {}
        lifecycle = read_lifecycle(item, context, options)
        if "id" in item:
            lifecycle = replace(lifecycle, pinned=RemoteId(item["id"]))
        return Resource(name, Group(name), origin=origin, lifecycle=lifecycle)

    def attributes(self, value: Group) -> dict[str, Any]:
        """The name."""
        return {"name": value.name}

    def observed(self, rows: Sequence[GroupRow], context: ItemContext) -> tuple[Resource[Group], ...]:
        """Keyed by cleaned name; several groups may have the same."""
        return tuple(Resource(name := clean(row.name), Group(name), RemoteId(row.id)) for row in rows)

    def identity(self, value: Group) -> Hashable:
        """The cleaned name."""
        return value.name

    def identity_of(self, attributes: Attributes) -> Hashable:
        """The cleaned name."""
        return str(attributes["name"])

    def ambiguous(self, key: str, found: Sequence[Resource[Group]]) -> str | None:
        """Why one of several groups of the same name must be chosen."""
        ids = ", ".join(str(resource.remote_id) for resource in found)
        return (
            f"the account has {len(found)} groups called `{key}` (ids {ids}); "
            f"say which with `{{name: {key}, id: {found[0].remote_id}}}`, or rename one in the service"
        )

    def takes_contacts(self, options: Attributes | None) -> bool:
        """Whether a removal with these options also removes the contacts in the group."""
        return options is not None and options.get("on_delete") == DELETE_CONTACTS

    def summary_cells(self, key: str, attributes: Attributes, show: Show) -> tuple[str, ...]:
        """No cells: the key of a group is its name."""
        return ()

    def create_request(self, objects: Sequence[Attributes], context: WireContext) -> requests.Request:
        """contacts/addgroup."""
        return requests.add_groups([str(attributes["name"]) for attributes in objects])

    def remove_request(self, removals: Sequence[Removal], context: WireContext) -> requests.Request:
        """contacts/deletegroup; with the contacts only if `on_delete` says so."""
        return requests.delete_groups(
            [
                (removal.remote_id, self.takes_contacts(removal.options))
                for removal in removals
                if removal.remote_id is not None
            ]
        )

    def export(self, rows: Sequence[Resource[Group]], context: ExportContext) -> ExportedSection:
        """The groups by name, with those that exported contacts are in, and without carriers."""
        section = ExportedSection(SPEC.name)
        by_name: dict[str, list[RemoteId]] = {name: [] for name in context.named_groups}
        carriers = 0
        for row in rows:
            if row.key.startswith(RESERVED) and "/" in row.key:
                carriers += 1
            else:
                by_name.setdefault(row.key, []).extend([] if row.remote_id is None else [row.remote_id])
        for name, unsorted in sorted(by_name.items(), key=lambda pair: (folded(pair[0]), pair[0])):
            ids = sorted(unsorted)
            fault = context.fault(self.read, {"name": name}, name) if name else "it has no name"
            if fault:
                section.left_out.append(f"group `{name}` (id {', '.join(map(str, ids))}): {fault}")
                continue
            section.items.append({"name": name, "id": ids[0]} if len(ids) > 1 else name)
            if len(ids) > 1:
                others = ", ".join(map(str, ids[1:]))
                section.left_out.append(
                    f"group `{name}` (id {others}): the account has {len(ids)} groups of this name, and the "
                    f"configuration can hold one; it holds id {ids[0]}"
                )
        if carriers:
            noun = "carrier" if carriers == 1 else "carriers"
            section.notes.append(f"{carriers} {noun} (`~OWNER/…`) left out: intime-sync keeps them itself")
        return section
