"""Makes JSON Schemas from field specifications: one flavour for editors, one for checking values that were read.

Owns the schemas only; knows nothing about files, places or messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import Any, TypeAlias

from intime_sync.kinds.fields import Field, FieldType, SectionSpec

Schema: TypeAlias = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Flavour(Enum):
    """EDITOR also accepts empty values and unquoted text that an editor takes for a number, such as 0701740605.

    STRICT is for values that `convert` returned: every scalar has its type, and empty fields are removed.
    """

    EDITOR = auto()
    STRICT = auto()


# An empty value. Not written as `null`, since editors would offer the word `null`, which is text here.
_EMPTY: Schema = {"not": {"type": ["string", "number", "boolean", "object", "array"]}}

# Text that an editor may take for a number or a boolean. For a list of types it would offer `true` as a name.
_ANY_TEXT: Schema = {"if": {"type": ["object", "array"]}, "then": {"type": "string"}}


def field_schema(field: Field, flavour: Flavour, *, nullable: bool = False) -> Schema:
    """The schema of a field's value. In EDITOR it has annotations, and `nullable` accepts an empty value."""
    null = nullable and flavour is Flavour.EDITOR
    schema = _annotations(field) if flavour is Flavour.EDITOR else {}
    schema |= _shape(field, flavour, null=null)
    if flavour is Flavour.STRICT and field.pattern and field.examples:
        schema["examples"] = list(field.examples)
    return schema


def _annotations(field: Field) -> Schema:
    schema: Schema = {"title": field.heading, "description": field.description}
    if "`" in field.description:
        # Editors show the backticks of a plain description as they are.
        schema["markdownDescription"] = field.description
    if field.default is not None:
        schema["default"] = field.default
    if field.examples:
        schema["examples"] = list(field.examples)
    return schema


def _shape(field: Field, flavour: Flavour, *, null: bool) -> Schema:
    match field.type:
        case FieldType.BOOLEAN:
            return _or_empty({"type": "boolean"}, null=null)
        case FieldType.INTEGER:
            bounds = _given(minimum=field.minimum, maximum=field.maximum)
            return _or_empty({"type": "integer"} | bounds, null=null)
        case FieldType.CHOICE:
            return _or_empty({"enum": list(field.choices)}, null=null)
        case FieldType.LIST:
            items = field_schema(field.items, flavour) if field.items else {}
            bounds = _given(minItems=field.min_length, maxItems=field.max_length)
            return {"type": _types("array", null=null), "items": items} | bounds
        case FieldType.OBJECT:
            return object_schema(field.fields, flavour) | {"type": _types("object", null=null)}
        case FieldType.ONE_OF:
            forms = [field_schema(form, flavour) for form in field.forms]
            return {"anyOf": [*forms, _EMPTY] if null else forms}
        case _:
            return _text(flavour, null=null) | _given(
                pattern=field.pattern, minLength=field.min_length, maxLength=field.max_length
            )


def _types(name: str, *, null: bool) -> str | list[str]:
    return [name, "null"] if null else name


def _or_empty(schema: Schema, *, null: bool) -> Schema:
    return {"anyOf": [schema, _EMPTY]} if null else schema


def _text(flavour: Flavour, *, null: bool) -> Schema:
    if flavour is Flavour.STRICT:
        return {"type": "string"}
    return _ANY_TEXT if null else {"if": {"type": ["object", "array", "null"]}, "then": {"type": "string"}}


def _given(**keywords: str | int | None) -> Schema:
    return {name: value for name, value in keywords.items() if value is not None}


def object_schema(fields: Sequence[Field], flavour: Flavour = Flavour.STRICT) -> Schema:
    """The schema of a mapping with these fields and no others."""
    schema: Schema = {
        "type": "object",
        "properties": {field.name: field_schema(field, flavour, nullable=not field.required) for field in fields},
        "additionalProperties": False,
    }
    required = [field.name for field in fields if field.required]
    return schema | {"required": required} if required else schema


def item_schema(spec: SectionSpec, flavour: Flavour = Flavour.STRICT) -> Schema:
    """The schema of one item of a section: a mapping, or its short form."""
    mapping = object_schema(spec.fields, flavour)
    if spec.short is None:
        return mapping
    return {"anyOf": [field_schema(spec.short, flavour), mapping]}


def section_schema(spec: SectionSpec, flavour: Flavour = Flavour.STRICT) -> Schema:
    """The schema of a section: a list of items."""
    schema: Schema = {"type": "array", "items": item_schema(spec, flavour)}
    if flavour is Flavour.EDITOR:
        return {"title": spec.title, "description": spec.description} | schema
    return schema


def configuration_schema(
    settings: Sequence[Field],
    sections: Sequence[SectionSpec],
    *,
    require_settings: bool,
    title: str,
    flavour: Flavour = Flavour.EDITOR,
) -> Schema:
    """The schema of a whole file: settings and sections, with each section's item under `$defs`.

    `require_settings` is for the root file: the settings that are required must be in it.
    """
    whole = object_schema(settings, flavour)
    definitions: Schema = {}
    for spec in sections:
        section = section_schema(spec, flavour)
        definitions[f"{spec.name}-item"] = section["items"]
        whole["properties"][spec.name] = section | {"items": {"$ref": f"#/$defs/{spec.name}-item"}}
    if not require_settings:
        whole.pop("required", None)
    return {"$schema": DIALECT, "title": title} | whole | {"$defs": definitions}
