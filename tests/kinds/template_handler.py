"""The emulator's part of the made-up kind: template/list, template/add, template/edit, template/delete."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from lxml import etree

from intime_sync.emulator.handlers.base import Context, Endpoints, Listing, Refusal, Write
from intime_sync.emulator.xmlio import Element, items, leaf

REFUSED: Final = "refused"
"""A body that the service does not take."""


def table(db: sqlite3.Connection) -> sqlite3.Connection:
    """The connection, once it has a table of templates."""
    db.execute("CREATE TABLE IF NOT EXISTS template (id INTEGER PRIMARY KEY, name TEXT, body TEXT)")
    return db


def _list(_query: Mapping[str, str], context: Context) -> Element | None:
    root = etree.Element("templates")
    for id, name, body in table(context.db).execute("SELECT id, name, body FROM template ORDER BY id"):
        row = leaf(root, "template", body)
        row.set("id", str(id))
        row.set("name", name)
    return root if len(root) else None


def _parse(root: Element) -> list[tuple[str, str, str]]:
    return [(item.get("id", ""), item.get("name", ""), item.text or "") for item in items(root, "template")]


def _add(templates: Sequence[tuple[str, str, str]], context: Context) -> list[int]:
    return [_write(context, None, name, body) for _, name, body in templates]


def _edit(templates: Sequence[tuple[str, str, str]], context: Context) -> list[int]:
    return [_write(context, id, name, body) for id, name, body in templates]


def _write(context: Context, id: str | None, name: str, body: str) -> int:
    if body == REFUSED:
        raise Refusal("2:ERROR1")
    done = table(context.db).execute("INSERT OR REPLACE INTO template VALUES (?, ?, ?)", (id, name, body))
    assert done.lastrowid is not None
    return done.lastrowid


def _delete(templates: Sequence[tuple[str, str, str]], context: Context) -> list[int]:
    table(context.db).executemany("DELETE FROM template WHERE id = ?", [(id,) for id, _, _ in templates])
    return [int(id) for id, _, _ in templates]


ENDPOINTS: Final[Endpoints] = {
    "template/list": Listing(_list),
    "template/add": Write("templates", _parse, _add),
    "template/edit": Write("templates", _parse, _edit),
    "template/delete": Write("templates", _parse, _delete),
}
