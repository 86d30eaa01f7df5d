"""Field specifications: what a section's items may hold.

The JSON Schema, the conversion of text to booleans and integers, the editor's hover texts and the reference in
docs/ are all made from these. Knows nothing about YAML or JSON Schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class FieldType(Enum):
    """What a field's value is. All but BOOLEAN and INTEGER stay text as written, quoted or not."""

    TEXT = auto()
    MOBILE = auto()
    EMAIL = auto()
    TIME = auto()
    BOOLEAN = auto()
    INTEGER = auto()
    CHOICE = auto()
    LIST = auto()
    OBJECT = auto()
    ONE_OF = auto()


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    `choices` belongs to CHOICE, `items` to LIST, `fields` to OBJECT, `forms` to ONE_OF (each form a Field whose
    name is not used). Lengths are in characters, bounds are inclusive, `pattern` is a regular expression that means
    the same in JavaScript and Python. `default` is for documentation only: the kind's `read` applies it. `title` is
    the heading in editors, where the name is not clear enough.
    """

    name: str
    type: FieldType
    description: str
    required: bool = False
    examples: tuple[str | int | bool, ...] = ()
    default: str | int | bool | None = None
    choices: tuple[str, ...] = ()
    items: Field | None = None
    fields: tuple[Field, ...] = ()
    forms: tuple[Field, ...] = ()
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    title: str = ""

    @property
    def heading(self) -> str:
        """The title, else the name as words."""
        return self.title or self.name.replace("_", " ").capitalize()


def text(
    name: str,
    description: str,
    *,
    required: bool = False,
    examples: tuple[str, ...] = (),
    default: str | None = None,
    pattern: str | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    title: str = "",
) -> Field:
    """A field of any text."""
    return Field(
        name,
        FieldType.TEXT,
        description,
        required=required,
        examples=examples,
        default=default,
        pattern=pattern,
        min_length=min_length,
        max_length=max_length,
        title=title,
    )


def boolean(name: str, description: str, *, default: bool | None = None) -> Field:
    """A field that is true or false."""
    return Field(name, FieldType.BOOLEAN, description, default=default)


def choice(name: str, description: str, choices: tuple[str, ...], *, default: str | None = None) -> Field:
    """A field that takes one of a few words."""
    return Field(name, FieldType.CHOICE, description, choices=choices, default=default)


ENSURE = choice(
    "ensure",
    "`absent` makes sure that the object is gone, whoever made it.",
    ("present", "absent"),
    default="present",
)
PROTECT = boolean(
    "protect", "Never delete or replace this object; remembered even when the line is removed.", default=False
)


@dataclass(frozen=True, slots=True)
class SectionSpec:
    """One list in the configuration: its items are objects with `fields`, or the `short` form where there is one.

    `short_field` names the field that the short form fills.
    """

    name: str
    title: str
    description: str
    fields: tuple[Field, ...]
    short: Field | None = None

    @property
    def short_field(self) -> str | None:
        """The name of the field that an item in short form fills."""
        return self.short.name if self.short else None
