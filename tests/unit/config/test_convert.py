"""Text becomes booleans and whole numbers only where a field says so."""

import copy

import pytest

from intime_sync.config.convert import convert, converter_for, object_converter
from intime_sync.kinds.fields import Field, FieldType, SectionSpec, boolean, choice, text

INTEGER = Field("id", FieldType.INTEGER, "A number.")
BOOLEAN = boolean("active", "A switch.")
PERSON = Field("person", FieldType.OBJECT, "A person.", fields=(text("name", "Name."), BOOLEAN))
PEOPLE = Field("people", FieldType.LIST, "People.", items=PERSON)
PRUNE = Field(
    "prune",
    FieldType.ONE_OF,
    "What to remove.",
    forms=(
        choice("", "For all.", ("on", "never")),
        BOOLEAN,
        INTEGER,
        Field("", FieldType.OBJECT, "By kind.", fields=(BOOLEAN,)),
        Field("", FieldType.LIST, "Several.", items=INTEGER),
    ),
)
SECTION = SectionSpec(
    "things",
    "Things",
    "Things to convert.",
    fields=(text("key", "Key."), BOOLEAN, INTEGER, PERSON, PEOPLE, PRUNE),
)


@pytest.mark.parametrize("word", ["true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"])
def test_every_yaml_1_1_spelling_of_true(word: str) -> None:
    assert convert(word, BOOLEAN) is True


@pytest.mark.parametrize("word", ["false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"])
def test_every_yaml_1_1_spelling_of_false(word: str) -> None:
    assert convert(word, BOOLEAN) is False


@pytest.mark.parametrize(("word", "number"), [("0", 0), ("12", 12), ("-3", -3), ("+4", 4), ("9" * 18, 10**18 - 1)])
def test_whole_numbers(word: str, number: int) -> None:
    assert convert(word, INTEGER) == number


@pytest.mark.parametrize("word", ["maybe", "tRUE", "1", "y", ""])
def test_other_words_are_left_to_the_schema(word: str) -> None:
    assert convert(word, BOOLEAN) == word


@pytest.mark.parametrize("word", ["", "1.5", "0x1F", "007", "1_000", "१२", "9" * 19, "1\n", " 1"])
def test_other_numbers_are_left_to_the_schema(word: str) -> None:
    assert convert(word, INTEGER) == word


def test_text_like_fields_are_never_converted() -> None:
    assert convert("no", text("lastname", "Name.")) == "no"
    assert convert("on", choice("type", "Type.", ("on",))) == "on"


@pytest.mark.parametrize(
    ("value", "converted"),
    [
        ("on", "on"),
        ("off", False),
        ("7", 7),
        ({"active": "yes", "x": None}, {"active": True}),
        (["1", "b"], [1, "b"]),
        (None, None),
    ],
)
def test_the_type_of_a_value_selects_its_form(value: object, converted: object) -> None:
    assert convert(value, PRUNE) == converted


def test_a_section_is_converted_in_place_at_every_depth_without_empty_values() -> None:
    items: list[object] = [
        {"key": "a", "active": "no", "id": "1"},
        {"key": None, "person": {"name": None, "active": "yes"}},
        {"people": [{"active": "on"}, "text", None]},
        {"person": "text", "people": "text", "unknown": "true"},
        "text",
        None,
    ]
    converter_for(SECTION)(items)
    assert items == [
        {"key": "a", "active": False, "id": 1},
        {"person": {"active": True}},
        {"people": [{"active": True}, "text", None]},
        {"person": "text", "people": "text", "unknown": "true"},
        "text",
        None,
    ]


def test_converting_a_shared_value_twice_changes_nothing() -> None:
    shared: dict[str, object] = {"active": "yes", "name": None}
    items: list[object] = [{"person": shared}, {"person": shared, "people": [shared]}]
    convert_items = converter_for(SECTION)
    convert_items(items)
    once = copy.deepcopy(items)
    convert_items(items)
    assert items == once
    assert shared == {"active": True}


def test_a_short_form_is_converted_too() -> None:
    items: list[object] = ["7", {"id": "8"}, "x"]
    converter_for(SectionSpec("ids", "Ids", "Ids.", fields=(INTEGER,), short=INTEGER))(items)
    assert items == [7, {"id": 8}, "x"]


def test_a_single_mapping_is_converted() -> None:
    settings: dict[str, object] = {"active": "yes", "id": None}
    object_converter((BOOLEAN, INTEGER))(settings)
    assert settings == {"active": True}
