"""contacts/listgroups, contacts/addgroup, contacts/deletegroup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, assert_never

from lxml import etree

from intime_sync.emulator import tables
from intime_sync.emulator.behaviour import Names
from intime_sync.emulator.handlers.base import Context, Endpoints, Listing, Refusal, Write
from intime_sync.emulator.xmlio import Element, empty_item, flag, leaf, nested_items, number


def _list(_query: Mapping[str, str], context: Context) -> Element | None:
    groups = tables.groups(context.db)
    root = etree.Element("groups")
    for id, name in groups:
        leaf(root, "group", name).set("groupid", str(id))
    return root if groups else None


def _parse_add(root: Element) -> list[str]:
    names = [empty_item(group, "groupname")["groupname"] for group in nested_items(root, "groups", "group")]
    if not all(name.strip() for name in names):
        raise Refusal("2:ERROR1")
    return names


def _add(names: Sequence[str], context: Context) -> list[int]:
    stored = [stored_name(name, context.options.names) for name in names]
    return tables.insert_groups(context.db, stored, reuse_ids=context.options.reuse_ids)


def stored_name(name: str, way: Names) -> str:
    """The name that the service stores for a new group, by the option `names`."""
    match way:
        case "keep":
            return name
        case "latin1":
            return name.encode("iso-8859-1", "replace").decode("iso-8859-1")
        case "upper":
            return name.upper()
        case "cut50":
            return name[:50]
    assert_never(way)


def _parse_delete(root: Element) -> list[tuple[int, bool]]:
    wanted = [empty_item(group, "groupid", "deletecontacts") for group in nested_items(root, "groups", "group")]
    return [(number(given["groupid"]), flag(given["deletecontacts"])) for given in wanted]


def _delete(wanted: Sequence[tuple[int, bool]], context: Context) -> list[int]:
    removed = [id for id, contacts in wanted if tables.delete_group(context.db, id, with_contacts=contacts)]
    if not removed:
        raise Refusal("2:ERROR1")
    return removed


ENDPOINTS: Final[Endpoints] = {
    "contacts/listgroups": Listing(_list),
    "contacts/addgroup": Write("addgroups", _parse_add, _add),
    "contacts/deletegroup": Write("deletegroups", _parse_delete, _delete),
}
