"""A made-up kind in one file, as a contributor would write it: templates for messages, with a name and a body."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from intime_sync.kinds.base import ListedKind, Removal, WireContext
from intime_sync.kinds.fields import ENSURE, PROTECT, SectionSpec, text
from intime_sync.kinds.reading import Item, ItemContext, read_lifecycle
from intime_sync.kinds.words import Show
from intime_sync.model.change import Update
from intime_sync.model.drift import DriftChange
from intime_sync.model.problem import Origin
from intime_sync.model.resource import Attributes, KindName, RemoteId, Resource
from intime_sync.service import xml
from intime_sync.service.endpoints import Endpoint, listing, post
from intime_sync.service.reply import Unexpected
from intime_sync.service.requests import Request
from intime_sync.service.xml import Element, Markup

TEMPLATE = KindName("template")

_REFUSED = {"1:ERROR1": "the XML could not be opened", "2:ERROR1": "the templates could not be changed"}
_LIST = listing("template/list.ashx", "templates", "the account has no templates")
_ADD = post("template/add.ashx", "templates", _REFUSED)
_EDIT = post("template/edit.ashx", "templates", _REFUSED)
_DELETE = post("template/delete.ashx", "templates", _REFUSED)

SPEC = SectionSpec(
    name="templates",
    title="Message templates",
    description="Texts to write messages from.",
    fields=(
        text("name", "The template's name.", required=True, min_length=1, examples=("Reminder",)),
        text("body", "The text.", required=True, examples=("See you tomorrow.",)),
        ENSURE,
        PROTECT,
    ),
)


@dataclass(frozen=True, slots=True)
class Template:
    """A template; its name is its identity."""

    name: str
    body: str


class TemplateKind(ListedKind):
    """See `base.ListedKind`."""

    name = TEMPLATE
    noun = "template"
    spec = SPEC
    endpoint = _LIST
    removal_consequence = "no message can be written from it"
    drift_consequences: ClassVar = {DriftChange.GONE: "no message can be written from it"}
    export_comment = "# What messages are written from.\n"

    def read(self, item: Item, origin: Origin, context: ItemContext) -> Resource[Template] | None:
        """A name and a body."""
        name, body = context.text(item, "name"), context.text(item, "body")
        if not name:
            context.error("empty-name", "a template needs a name", "name")
            return None
        return Resource(name, Template(name, body), origin=origin, lifecycle=read_lifecycle(item, context))

    def attributes(self, value: Template) -> dict[str, Any]:
        """Both fields."""
        return {"name": value.name, "body": value.body}

    def rows(self, root: Element | None) -> Sequence[Resource[Template]] | Unexpected:
        """Every `<template id="1" name="Reminder">` around its body."""
        rows = []
        for row in () if root is None else root:
            id, name = row.get("id", ""), row.get("name", "")
            if not id.isdecimal() or not name:
                return Unexpected("a template without an id or a name")
            rows.append(Resource(name, Template(name, row.text or ""), RemoteId(int(id))))
        return rows

    def observed(self, rows: Sequence[Resource[Template]], context: ItemContext) -> tuple[Resource[Template], ...]:
        """The rows as they are."""
        return tuple(rows)

    def identity(self, value: Template) -> Hashable:
        """The name."""
        return value.name

    def identity_of(self, attributes: Attributes) -> Hashable:
        """The name."""
        return attributes["name"]

    def summary_cells(self, key: str, attributes: Attributes, show: Show) -> tuple[str, ...]:
        """The body."""
        return (f"“{show(str(attributes['body']))}”",)

    def create_request(self, objects: Sequence[Attributes], context: WireContext) -> Request:
        """template/add."""
        return _request(_ADD, [_element(attributes) for attributes in objects])

    def update_request(self, updates: Sequence[Update], context: WireContext) -> Request:
        """template/edit, whole."""
        return _request(_EDIT, [_element(update.after, id=str(update.remote_id)) for update in updates])

    def remove_request(self, removals: Sequence[Removal], context: WireContext) -> Request:
        """template/delete, by id."""
        return _request(_DELETE, [xml.element("template", id=str(removal.remote_id)) for removal in removals])


def _element(attributes: Attributes, **id: str) -> Markup:
    return xml.leaf("template", str(attributes["body"]), **id, name=str(attributes["name"]))


def _request(endpoint: Endpoint, content: Sequence[Markup]) -> Request:
    return Request(endpoint, xml.encode(xml.element("templates", content)), len(content), len(content))
