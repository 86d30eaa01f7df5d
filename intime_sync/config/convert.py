"""Converts text to booleans and whole numbers where a field says so, and removes fields that are empty.

Owns the spellings; reports nothing: text that does not convert is left for the schema check to explain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from intime_sync.kinds.fields import Field, FieldType, SectionSpec

Convert: TypeAlias = Callable[[object], object]

_BOOLEANS = {
    spelling: meant
    for word, meant in {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.items()
    for spelling in (word, word.capitalize(), word.upper())
}
# Eighteen digits fit in 64 bits. Text with a leading zero, such as a phone number, is not a number.
_INTEGER = re.compile(r"[+-]?(?:0|[1-9][0-9]{0,17})")


def convert(value: object, field: Field) -> object:
    """`value` in the type of `field`; mappings and lists are changed in place. Converting twice changes nothing."""
    converter = _compile(field)
    return converter(value) if converter else value


def converter_for(spec: SectionSpec) -> Callable[[list[object]], None]:
    """A function that converts a section's items in place.

    Most items have nothing to convert, and a section may hold a hundred thousand: such items cost two look-ups.
    """
    fields = _compile_fields(spec.fields)
    names = frozenset(fields)
    short = _compile(spec.short) if spec.short else None

    def convert_items(items: list[object]) -> None:
        untouched = names.isdisjoint
        for index, item in enumerate(items):
            if type(item) is dict:
                if None in item.values() or not untouched(item):
                    _convert_mapping(item, fields)
            elif short is not None:
                items[index] = short(item)

    return convert_items


def object_converter(fields: Sequence[Field]) -> Callable[[dict[str, object]], None]:
    """A function that converts one mapping in place, e.g. the settings."""
    converters = _compile_fields(fields)
    return lambda mapping: _convert_mapping(mapping, converters)


def _compile_fields(fields: Sequence[Field]) -> dict[str, Convert]:
    return {field.name: converter for field in fields if (converter := _compile(field))}


def _convert_mapping(mapping: dict[str, object], converters: dict[str, Convert]) -> None:
    for name in [name for name, value in mapping.items() if value is None]:
        del mapping[name]
    for name in converters.keys() & mapping.keys():
        mapping[name] = converters[name](mapping[name])


def _compile(field: Field) -> Convert | None:
    """The function that converts the field's values; None if they stay as they are."""
    match field.type:
        case FieldType.BOOLEAN:
            return _to_boolean
        case FieldType.INTEGER:
            return _to_integer
        case FieldType.LIST:
            return _compile_list(field)
        case FieldType.OBJECT:
            return _compile_object(field)
        case FieldType.ONE_OF:
            return _compile_forms(field)
        case _:
            return None


def _to_boolean(value: object) -> object:
    return _BOOLEANS.get(value, value) if isinstance(value, str) else value


def _to_integer(value: object) -> object:
    return int(value) if isinstance(value, str) and _INTEGER.fullmatch(value) else value


def _compile_list(field: Field) -> Convert | None:
    inner = _compile(field.items) if field.items else None
    if inner is None:
        return None
    each = inner

    def convert_list(value: object) -> object:
        if isinstance(value, list):
            value[:] = [each(item) for item in value]
        return value

    return convert_list


def _compile_object(field: Field) -> Convert:
    converters = _compile_fields(field.fields)

    def convert_object(value: object) -> object:
        if isinstance(value, dict):
            _convert_mapping(value, converters)
        return value

    return convert_object


def _compile_forms(field: Field) -> Convert:
    """Converts by the form that fits the value's type; text that a text form or a choice accepts stays text."""
    forms = field.forms
    objects = [converter for form in forms if form.type is FieldType.OBJECT and (converter := _compile(form))]
    lists = [converter for form in forms if form.type is FieldType.LIST and (converter := _compile(form))]
    scalars = [c for f in forms if f.type in (FieldType.BOOLEAN, FieldType.INTEGER) and (c := _compile(f))]
    words = frozenset(choice for form in forms for choice in form.choices)
    plain = {FieldType.TEXT, FieldType.MOBILE, FieldType.EMAIL, FieldType.TIME}
    takes_any_text = any(form.type in plain for form in forms)

    def convert_form(value: object) -> object:
        chosen: Sequence[Convert] = ()
        if isinstance(value, dict):
            chosen = objects
        elif isinstance(value, list):
            chosen = lists
        elif isinstance(value, str) and not takes_any_text and value not in words:
            chosen = scalars
        for converter in chosen:
            value = converter(value)
        return value

    return convert_form
