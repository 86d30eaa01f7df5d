"""Checks values against a schema, and explains errors in sentences with their places.

Owns the wording of schema errors; knows no section and no file format.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import Any

from intime_sync.config.document import Locate
from intime_sync.config.schema import Schema
from intime_sync.config.wording import did_you_mean, shown
from intime_sync.model.problem import Origin, Problem

_Path = tuple[str | int, ...]

_TYPE_WORDS = {
    "string": "text",
    "array": "a list",
    "object": "a mapping",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "empty",
}

_LIMITS = {
    "maxLength": ("too-long", "at most"),
    "minLength": ("too-short", "at least"),
    "maxItems": ("too-long", "at most"),
    "minItems": ("too-short", "at least"),
    "maximum": ("out-of-range", "at most"),
    "minimum": ("out-of-range", "at least"),
}


MOST_EXPLAINED = 1000
"""The most wrong items of a section, or of one sort, that are explained: explaining is slow."""


def too_many(origin: Origin | None) -> Problem:
    """The problem at the first item that is not explained any more."""
    message = f"more than {MOST_EXPLAINED:,} items are wrong; correct those above first"
    return Problem("too-many-problems", message, origin)


class Checker:
    """One schema, compiled on first use.

    `is_valid` uses a fast library, `explain` a slow one whose errors say more. `explain` returns at least one problem
    for every value that `is_valid` refuses.
    """

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def is_valid(self, instance: object) -> bool:
        """Whether the value, converted by `convert`, fits the schema."""
        return bool(self._fast.is_valid(instance))

    def explain(self, instance: object, locate: Locate, base_path: Iterable[str | int]) -> list[Problem]:
        """The problems of the value, which stands at `base_path` in its file; none when it fits."""
        if self.is_valid(instance):
            return []
        base = tuple(base_path)
        errors = list(self._errors(instance))
        problems = dict.fromkeys(
            problem for error in errors for problem in _Explained(error, base, locate).problems()
        )
        if not problems:
            message = f"{_label(base)} is not as it should be: {shown(self._fast_reason(instance))}"
            return [Problem("bad-format", message, locate(base))]
        items = self._schema.get("items")
        if items is not None and isinstance(instance, list) and len(errors) >= MOST_EXPLAINED:
            wrong = (index for index, item in enumerate(instance) if not self._items.is_valid(item))
            beyond = next(islice(wrong, MOST_EXPLAINED, None), None)
            if beyond is not None:
                return [*problems, too_many(locate((*base, beyond)))]
        return list(problems)

    def _errors(self, instance: object) -> Iterator[Any]:
        """The errors that the slow library finds."""
        items = self._schema.get("items")
        if not isinstance(instance, list) or items is None or self._schema.get("type") != "array":
            yield from self._slow.iter_errors(instance)
            return
        # The slow library takes minutes over a hundred thousand items, so it only gets those that are wrong.
        around: Any = _validator({name: value for name, value in self._schema.items() if name != "items"})
        yield from around.iter_errors(instance)
        wrong = (index for index, item in enumerate(instance) if not self._items.is_valid(item))
        for index in islice(wrong, MOST_EXPLAINED):
            for error in self._items._errors(instance[index]):
                error.path.appendleft(index)
                yield error

    def _fast_reason(self, instance: object) -> str:
        return next((str(error.message) for error in self._fast.iter_errors(instance)), "")

    @cached_property
    def _items(self) -> Checker:
        return Checker(self._schema["items"])

    @cached_property
    def _fast(self) -> Any:
        import jsonschema_rs

        return jsonschema_rs.validator_for(self._schema)

    @cached_property
    def _slow(self) -> Any:
        return _validator(self._schema)


def _validator(schema: Schema) -> Any:
    import jsonschema

    return jsonschema.Draft202012Validator(schema)


def _label(path: _Path) -> str:
    """`attendant.mobile`, or ``item 2 of `groups` `` for an item of a list."""
    names: list[str] = []
    for step in reversed(path):
        if isinstance(step, int):
            break
        names.insert(0, step)
    if names:
        return f"`{shown('.'.join(names))}`"
    if path:
        return f"item {int(path[-1]) + 1} of {_label(path[:-1])}"
    return "the file"


class _Explained:
    """One error of jsonschema as problems; there may be several where a value may have several forms."""

    def __init__(self, error: Any, base: _Path, locate: Locate) -> None:
        self._error = error
        self._base = base
        self._locate = locate
        self._path: _Path = (*base, *error.path)
        self._label = _label(self._path)

    def problems(self) -> Iterator[Problem]:
        """The problems, each with its place."""
        error, expected = self._error, self._error.validator_value
        value = error.instance
        match error.validator:
            case "required":
                yield from self._missing(value, expected)
            case "additionalProperties":
                yield from self._unknown(value, error.schema.get("properties", {}))
            case "type":
                yield self._wrong_type([expected] if isinstance(expected, str) else list(expected), value)
            case "enum":
                yield self._not_a_choice(expected, value)
            case "anyOf":
                yield from self._forms(value)
            case "pattern":
                examples = error.schema.get("examples")
                like = f"; one that is: `{shown(examples[0])}`" if examples else ""
                yield self._problem("bad-format", f"is not in the right form: `{shown(value)}`{like}")
            case keyword if keyword in _LIMITS:
                yield self._beyond(*_LIMITS[keyword], expected, value)
            case other:
                yield self._problem("bad-format", f"is not as it should be ({other})")

    def _problem(self, code: str, what: str) -> Problem:
        return Problem(code, f"{self._label} {what}", self._locate(self._path))

    def _beyond(self, code: str, limits: str, limit: int, value: Any) -> Problem:
        if isinstance(value, int):
            return self._problem(code, f"must be {limits} {limit}, not {value}")
        if not value:
            return self._problem(code, "must not be empty")
        noun = "character" if isinstance(value, str) else "item"
        has = f"{len(value)} {noun}" + ("" if len(value) == 1 else "s")
        return self._problem(code, f"has {has}, and must have {limits} {limit}")

    def _missing(self, value: dict[str, object], required: list[str]) -> Iterator[Problem]:
        for name in required:
            if name not in value:
                label = _label((*self._path, name))
                yield Problem("missing-field", f"{label} is missing", self._locate(self._path))

    def _unknown(self, value: dict[str, object], known: dict[str, object]) -> Iterator[Problem]:
        for name in islice((name for name in value if name not in known), MOST_EXPLAINED):
            hint = did_you_mean(name, (field for field in known if field not in value))
            message = f"unknown field `{shown(name)}`{hint}"
            yield Problem("unknown-field", message, self._locate((*self._path, name), key=True))

    def _wrong_type(self, expected: list[str], value: object) -> Problem:
        wanted = " or ".join(_TYPE_WORDS.get(name, name) for name in expected)
        if value is None:
            return self._problem("wrong-type", f"must be {wanted}, not empty")
        plain = {"boolean", "integer"}.issuperset(expected)
        given = f"`{shown(value)}`" if plain and isinstance(value, str) else _TYPE_WORDS[_type_of(value)]
        return self._problem("wrong-type", f"must be {wanted}, not {given}")

    def _not_a_choice(self, choices: list[str], value: object, *others: str) -> Problem:
        wanted = " or ".join([", ".join(choices), *others])
        if len(choices) > 1:
            wanted = f"one of {wanted}"
        if not isinstance(value, str):
            given = _TYPE_WORDS[_type_of(value)]
            return self._problem("wrong-type", f"must be {wanted}, not {given}")
        return self._problem("not-a-choice", f"must be {wanted}, not `{shown(value)}`{did_you_mean(value, choices)}")

    def _forms(self, value: object) -> Iterator[Problem]:
        """The value fits none of several forms: explain it by the one that it most looks like."""
        forms = self._error.validator_value
        kind = _type_of(value)
        fitting = [index for index, form in enumerate(forms) if kind in _types_of(form)]
        choices = [word for form in forms for word in form.get("enum", ())]
        if isinstance(value, str) and choices and not any(forms[index].get("type") == "string" for index in fitting):
            others = [_TYPE_WORDS[name] for form in forms for name in _types_of(form) if "enum" not in form]
            yield self._not_a_choice(choices, value, *others)
        elif fitting:
            best = max(fitting, key=lambda index: self._likeness(forms[index], index, value))
            for error in self._error.context:
                if error.schema_path[0] == best:  # its path starts at the value of the anyOf
                    yield from _Explained(error, self._path, self._locate).problems()
        else:
            names = dict.fromkeys(name for form in forms for name in _types_of(form))
            yield self._wrong_type(list(names), value)

    def _likeness(self, form: Schema, index: int, value: object) -> tuple[int, int]:
        known = form.get("properties", {})
        in_common = sum(name in known for name in value) if isinstance(value, dict) else 0
        return in_common, -sum(error.schema_path[0] == index for error in self._error.context)


def _types_of(schema: Schema) -> list[str]:
    """The names of the JSON types that a schema accepts."""
    if "anyOf" in schema:
        return [name for form in schema["anyOf"] for name in _types_of(form)]
    if "enum" in schema:
        return ["string"]
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def _type_of(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return "string"
