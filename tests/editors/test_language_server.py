"""What an editor makes of the schemas: a real YAML language server checks, completes and explains."""

from __future__ import annotations

from pathlib import Path

import pytest
from language_server import LanguageServer

from intime_sync.kinds.registry import BY_SECTION

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
FILES = sorted(path for path in EXAMPLES.rglob("*.yaml") if ".intime" not in path.parts)

CONTACTS = BY_SECTION["contacts"].spec

# `^` is a space at the end of a line, and `<` is where the next field will be written.
TYPING = """\
# yaml-language-server: $schema=../../schemas/intime.schema.json
version: 1
owner: clinic
account:
  url: embedded
contacts:
  - key: anna
    firstname:^
    type:^
    protect:^
    <
messages:
  - key: julhalsning
    multisms: true
"""


def place(text: str, mark: str) -> tuple[int, int]:
    """The line and the column where `mark` ends."""
    before = text[: text.index(mark) + len(mark)]
    return before.count("\n"), len(before) - before.rfind("\n") - 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(EXAMPLES)))
def test_the_examples_have_no_diagnostics(server: LanguageServer, path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=")
    assert server.diagnostics(path) == []


def test_mistakes_are_marked_at_their_place(server: LanguageServer) -> None:
    file = HERE / "broken.yaml"
    found = [(one["range"]["start"]["line"] + 1, one["message"]) for one in server.diagnostics(file)]
    assert found == [
        (2, "Value is above the maximum of 1."),
        (3, 'String does not match the pattern of "^[A-Za-z0-9][A-Za-z0-9._-]*$".'),
        (6, "Property colour is not allowed."),
        (9, 'Value is not accepted. Valid values: "sms", "email", "sms+email".'),
        (10, 'Incorrect type. Expected "string".'),
        (12, "Incorrect type. Expected one of array, null."),
        (13, 'Incorrect type. Expected "boolean".'),
        (15, 'Missing property "attendant".'),
        (17, "Property when is not allowed."),
    ]


@pytest.fixture
def typing(server: LanguageServer) -> str:
    """A file that is being written; its address."""
    return server.open(HERE / "typing.yaml", TYPING.replace("<", "").replace("^", " "))


def test_fields_of_a_contact_are_offered(server: LanguageServer, typing: str) -> None:
    line, column = place(TYPING, "    <")
    offered = server.complete(typing, line, column - 1)
    given = {"key", "firstname", "type", "protect"}
    assert offered.keys() == {field.name for field in CONTACTS.fields} - given
    assert "E-mail address." in str(offered["email"]["documentation"])


@pytest.mark.parametrize(
    ("mark", "wanted"),
    [("type:^", {"sms", "email", "sms+email"}), ("protect:^", {"true", "false"}), ("firstname:^", {"John"})],
)
def test_only_valid_values_are_offered(server: LanguageServer, typing: str, mark: str, wanted: set[str]) -> None:
    line, column = place(TYPING, mark)
    assert server.complete(typing, line, column).keys() == wanted


@pytest.mark.parametrize("name", ["key", "firstname", "type", "protect"])
def test_hovering_explains_a_field(server: LanguageServer, typing: str, name: str) -> None:
    (field,) = (field for field in CONTACTS.fields if field.name == name)
    line, column = place(TYPING, f"{name}:")
    shown = server.hover(typing, line, column - 2).replace("\\", "")
    assert shown.startswith(f"#### {field.heading}\n\n{field.description}\n")


def test_hovering_shows_code_as_code(server: LanguageServer, typing: str) -> None:
    line, column = place(TYPING, "  url:")
    assert "Where the service is: `embedded` for the emulator" in server.hover(typing, line, column - 2)
