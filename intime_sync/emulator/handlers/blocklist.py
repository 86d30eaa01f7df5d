"""nix/list, nix/addnix, nix/deletenix. Numbers are the same when their E.164 form is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from lxml import etree

from intime_sync.emulator import tables
from intime_sync.emulator.handlers.base import Context, Endpoints, Listing, Refusal, Write
from intime_sync.emulator.values import echoed_number, normalised_number
from intime_sync.emulator.xmlio import Element, empty_item, leaf, nested_items


def _list(_query: Mapping[str, str], context: Context) -> Element | None:
    rows = context.db.execute("SELECT mobile, number FROM blocked ORDER BY id").fetchall()
    root = etree.Element("nixentries")
    for mobile, number in rows:
        entry = etree.SubElement(root, "nixentry")
        leaf(entry, "mobile", echoed_number(mobile, number, context.options.echo))
        # The API has no way to set the names, so a list made through it has none.
        leaf(entry, "firstname")
        leaf(entry, "lastname")
    return root if rows else None


def _parse(root: Element) -> list[str]:
    return [empty_item(entry, "mobile")["mobile"].strip() for entry in nested_items(root, "nixentries", "nixentry")]


def _add(mobiles: Sequence[str], context: Context) -> list[int]:
    ids = []
    for mobile in mobiles:
        number = normalised_number(mobile)
        if number is None:
            raise Refusal("2:ERROR1")
        known = tables.blocked_id(context.db, number) if context.options.duplicates == "merge" else None
        ids.append(known or tables.insert_blocked(context.db, mobile, number))
    return ids


def _delete(mobiles: Sequence[str], context: Context) -> list[int]:
    numbers = [normalised_number(mobile) for mobile in mobiles]
    removed = [tables.delete_blocked(context.db, number) for number in numbers if number is not None]
    ids = [id for id in removed if id is not None]
    if not ids:
        raise Refusal("2:ERROR1")
    return ids


ENDPOINTS: Final[Endpoints] = {
    "nix/list": Listing(_list),
    "nix/addnix": Write("addnixentries", _parse, _add),
    "nix/deletenix": Write("deletenixentries", _parse, _delete),
}
