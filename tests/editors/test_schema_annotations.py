"""Both schemas describe every field, for editors to show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from intime_sync.config.whole_schema import SCHEMAS
from intime_sync.kinds.fields import Field, FieldType
from intime_sync.kinds.registry import KINDS

FOLDER = Path(__file__).parents[2] / "schemas"


def properties(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property at any depth, with the path to it."""
    if isinstance(schema, list):
        for part in schema:
            yield from properties(part, path)
    elif isinstance(schema, dict):
        for name, part in schema.items():
            if name == "properties":
                for field, found in part.items():
                    yield f"{path}.{field}", found
                    yield from properties(found, f"{path}.{field}")
            elif name not in ("examples", "default", "enum"):
                yield from properties(part, f"{path}.{name}" if path.endswith("$defs") else path)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_property_has_a_title_and_a_description(name: str) -> None:
    schema = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    found = dict(properties(schema))
    assert len(found) > 30
    for path, part in found.items():
        assert part["title"].strip() == part["title"] != "", path
        assert part["description"].endswith("."), path


@pytest.mark.parametrize("name", SCHEMAS)
def test_examples_and_defaults_are_valid_values(name: str) -> None:
    schema = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    for path, part in properties(schema):
        if "$ref" in str(part):
            continue
        check = jsonschema.Draft202012Validator(part)
        for value in [*part.get("examples", ()), *([part["default"]] if "default" in part else ())]:
            assert check.is_valid(value), (path, value)


def test_text_that_people_fill_in_has_an_example() -> None:
    texts = (FieldType.TEXT, FieldType.MOBILE, FieldType.EMAIL, FieldType.TIME)
    for kind in KINDS:
        for field in flat(kind.spec.fields):
            assert field.examples or field.type not in texts, (kind.spec.name, field.name)


def flat(fields: tuple[Field, ...]) -> Iterator[Field]:
    """The fields, and those of mappings."""
    for field in fields:
        yield field
        yield from flat(field.fields)
