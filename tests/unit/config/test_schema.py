"""The two flavours of JSON Schema that field specifications make."""

import json
from typing import Any

import jsonschema
import pytest

from intime_sync.config.schema import (
    Flavour,
    configuration_schema,
    field_schema,
    item_schema,
    object_schema,
    section_schema,
)
from intime_sync.kinds.fields import Field, FieldType, SectionSpec, boolean, choice, text

MOBILE = Field("mobile", FieldType.MOBILE, "A mobile.", required=True, examples=("070-174 06 05",))
KEY = text("key", "Identity.", pattern="^[a-z.]+$", min_length=1, max_length=20, examples=("john.svensson",))
TYPE = choice("type", "How.", ("sms", "email"), default="sms")
AGE = Field("age", FieldType.INTEGER, "Years.", minimum=0, maximum=150)
GROUPS = Field("groups", FieldType.LIST, "Groups.", items=text("", ""), min_length=1, max_length=3)
PERSON = Field("person", FieldType.OBJECT, "Somebody.", fields=(MOBILE, boolean("active", "On or off.")))
EITHER = Field("either", FieldType.ONE_OF, "Two forms.", forms=(text("", "Short."), PERSON))
CONTACTS = SectionSpec("contacts", "Contacts", "People.", (KEY, MOBILE, TYPE, AGE, GROUPS, PERSON))
BLOCKLIST = SectionSpec("blocklist", "Blocklist", "Opt-outs.", (MOBILE, text("note", "Why.")), short=MOBILE)
VERSION = text("version", "Version.", required=True)


def editor_schema(*, require_settings: bool = True) -> dict[str, Any]:
    return configuration_schema(
        (VERSION, boolean("quiet", "Quiet.")), (CONTACTS, BLOCKLIST), require_settings=require_settings, title="T"
    )


def accepts(schema: dict[str, Any], instance: object) -> bool:
    return jsonschema.Draft202012Validator(schema).is_valid(instance)


@pytest.mark.parametrize(
    ("field", "strict"),
    [
        (MOBILE, {"type": "string"}),
        (
            KEY,
            {
                "type": "string",
                "pattern": "^[a-z.]+$",
                "minLength": 1,
                "maxLength": 20,
                "examples": ["john.svensson"],
            },
        ),
        (TYPE, {"enum": ["sms", "email"]}),
        (AGE, {"type": "integer", "minimum": 0, "maximum": 150}),
        (boolean("b", "B."), {"type": "boolean"}),
        (GROUPS, {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3}),
        (
            PERSON,
            {
                "type": "object",
                "properties": {"mobile": {"type": "string"}, "active": {"type": "boolean"}},
                "additionalProperties": False,
                "required": ["mobile"],
            },
        ),
    ],
)
def test_the_strict_flavour_has_no_annotations(field: Field, strict: dict[str, object]) -> None:
    assert field_schema(field, Flavour.STRICT) == strict


def test_a_short_form_is_another_form_of_the_item() -> None:
    assert item_schema(BLOCKLIST) == {"anyOf": [{"type": "string"}, object_schema(BLOCKLIST.fields)]}
    assert section_schema(BLOCKLIST) == {"type": "array", "items": item_schema(BLOCKLIST)}


@pytest.mark.parametrize("flavour", list(Flavour))
@pytest.mark.parametrize("field", [MOBILE, KEY, TYPE, AGE, GROUPS, PERSON, EITHER], ids=lambda field: str(field.name))
def test_every_schema_is_a_valid_schema(field: Field, flavour: Flavour) -> None:
    jsonschema.Draft202012Validator.check_schema(field_schema(field, flavour, nullable=True))


def test_the_editor_flavour_is_a_valid_schema_and_annotated() -> None:
    schema = editor_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert list(schema) == [
        "$schema",
        "title",
        "type",
        "properties",
        "additionalProperties",
        "required",
        "$defs",
    ]
    assert list(schema["properties"]) == ["version", "quiet", "contacts", "blocklist"]
    assert schema["properties"]["contacts"]["title"] == "Contacts"
    item = schema["$defs"]["contacts-item"]["properties"]
    assert item["type"]["default"] == "sms"
    assert item["mobile"]["description"] == "A mobile."
    assert item["mobile"]["examples"] == ["070-174 06 05"]


@pytest.mark.parametrize(
    "contact",
    [
        {"mobile": 701740605},
        {"mobile": True, "key": 1.5},
        {"mobile": "070-174 06 05", "key": None, "type": None, "age": None, "groups": None, "person": None},
        {"mobile": "070-174 06 05", "person": {"mobile": 1, "active": None}},
    ],
)
def test_an_editor_accepts_what_it_makes_of_unquoted_and_empty_values(contact: dict[str, object]) -> None:
    assert accepts(editor_schema(), {"version": 1, "contacts": [contact], "blocklist": [701740605, "070-174 06 06"]})


@pytest.mark.parametrize(
    "contact",
    [
        {},
        {"mobile": None},
        {"mobile": "x", "moblie": "x"},
        {"mobile": "x", "key": "NOT THIS"},
        {"mobile": "x", "type": "fax"},
        {"mobile": "x", "groups": "Personal"},
        {"mobile": "x", "groups": []},
        {"mobile": "x", "age": 151},
    ],
)
def test_an_editor_refuses_what_is_wrong(contact: dict[str, object]) -> None:
    assert not accepts(editor_schema(), {"version": 1, "contacts": [contact]})


def test_settings_are_required_of_the_root_file_only() -> None:
    assert not accepts(editor_schema(), {})
    assert accepts(editor_schema(require_settings=False), {})


def test_the_same_specifications_give_the_same_text() -> None:
    assert json.dumps(editor_schema()) == json.dumps(editor_schema())
