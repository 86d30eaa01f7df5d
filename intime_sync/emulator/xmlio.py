"""XML as the service reads and writes it: safe parsing, the documented order of elements, encoded lists.

Knows the shape of XML but no endpoint, value or storage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from lxml import etree

from intime_sync.emulator.behaviour import Declare

Element = etree._Element

_DECLARED: Final = re.compile(rb"<\?xml[^>]*?\sencoding\s*=\s*[\"']([A-Za-z0-9._:\-]+)[\"']")
_ENCODINGS: Final = {
    "iso-8859-1": "iso-8859-1",
    # The documentation prints the name without hyphens, and callers copy it.
    "iso88591": "iso-8859-1",
    "iso8859-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "windows-1252": "windows-1252",
    "us-ascii": "us-ascii",
    "utf-8": "utf-8",
    "utf8": "utf-8",
}
_UTF8_BOM: Final = b"\xef\xbb\xbf"
_BAD_NAME: Final = 68
_NO_ROOT: Final = 4
_RESERVED_NAME: Final = 64


class MalformedError(Exception):
    """XML that parses but is not what the documentation describes: the endpoint's `1:ERROR1`."""


class UnreadableError(Exception):
    """Text that is not XML; its message is the raw exception text that the service replies with."""


def parse(body: bytes) -> Element:
    """The root of a request. Raises UnreadableError for what is not XML, MalformedError for a DOCTYPE."""
    parser = etree.XMLParser(
        encoding=_encoding(body),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    body = body.removeprefix(_UTF8_BOM)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableError(_exception_text(body, error)) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise MalformedError("DOCTYPE")
    return root


def _encoding(body: bytes) -> str:
    if body.startswith(_UTF8_BOM):
        return "utf-8"
    declared = _DECLARED.match(body.lstrip()[:200])
    if declared is None:
        return "utf-8"
    name = declared[1].decode("ascii")
    if name.lower() not in _ENCODINGS:
        raise UnreadableError(f"System does not support '{name}' encoding. Line 1, position 31.")
    return _ENCODINGS[name.lower()]


def _exception_text(body: bytes, error: etree.XMLSyntaxError) -> str:
    """The text that .NET has for the same mistake, or one much like it."""
    line, column = error.lineno or 1, (error.offset or 0) + 1
    where = f"Line {line}, position {column}."
    code, message = getattr(error, "code", None), error.msg or ""
    if code == _BAD_NAME:
        text = body.decode("iso-8859-1").split("\n")[line - 1]
        char = text[column - 1 : column] or "\0"
        return f"Name cannot begin with the '{char}' character, hexadecimal value 0x{ord(char):02X}. {where}"
    if code == _NO_ROOT:
        return f"Data at the root level is invalid. {where}"
    if code == _RESERVED_NAME:
        return (
            "Unexpected XML declaration. The XML declaration must be the first node in the document, and no "
            f"white space characters are allowed to appear before it. {where}"
        )
    if "Premature end" in message:
        return f"Unexpected end of file has occurred. {where}"
    return f"An error occurred while parsing EntityName. {where}"


def fields(parent: Element, spec: Mapping[str, bool]) -> dict[str, Element]:
    """The children of a record by name. `spec` gives the documented order, and whether each is required.

    Raises MalformedError for an unknown, repeated, misplaced or missing child, for text between them, and for
    attributes on the parent.
    """
    _only_elements(parent)
    attributes(parent)
    order = list(spec)
    found: dict[str, Element] = {}
    reached = 0
    for child in parent:
        name = str(child.tag)
        if name not in spec or order.index(name) < reached:
            raise MalformedError(f"{name} in {parent.tag}")
        reached = order.index(name) + 1
        found[name] = child
    for name, required in spec.items():
        if required and name not in found:
            raise MalformedError(f"no {name} in {parent.tag}")
    return found


def items(parent: Element, name: str) -> Iterator[Element]:
    """The children of a list, each of which must be called `name`."""
    _only_elements(parent)
    attributes(parent)
    for child in parent:
        if child.tag != name:
            raise MalformedError(f"{child.tag} in {parent.tag}")
        yield child


def nested_items(root: Element, container: str, name: str) -> Iterator[Element]:
    """The items of a list that is wrapped once more, as in `addgroups/groups/group`."""
    return items(fields(root, {container: True})[container], name)


def text(element: Element) -> str:
    """The text of a leaf, exactly; raises MalformedError if it has children."""
    if len(element):
        raise MalformedError(f"{element.tag} has children")
    return element.text or ""


def plain_text(element: Element) -> str:
    """The text of a leaf that may have no attributes."""
    attributes(element)
    return text(element)


def attributes(element: Element, *required: str, optional: str = "") -> Mapping[str, str]:
    """The attributes of an element; raises MalformedError for a missing or an unknown one."""
    given = {str(name): str(value) for name, value in element.attrib.items()}
    if not set(required) <= set(given) or not set(given) <= {*required, optional}:
        raise MalformedError(f"attributes of {element.tag}")
    return given


def empty_item(element: Element, *required: str) -> Mapping[str, str]:
    """The attributes of an element that has nothing inside."""
    if text(element).strip():
        raise MalformedError(f"text in {element.tag}")
    return attributes(element, *required)


def _only_elements(parent: Element) -> None:
    if (parent.text or "").strip() or any((child.tail or "").strip() for child in parent):
        raise MalformedError(f"text in {parent.tag}")


def number(value: str) -> int:
    """A whole number of ASCII digits; raises MalformedError for anything else."""
    value = value.strip()
    if not (value.isascii() and value.isdigit() and len(value) <= 18):
        raise MalformedError(f"not a number: {value}")
    return int(value)


def flag(value: str) -> bool:
    """`true` or `false`; raises MalformedError for anything else."""
    known = {"true": True, "false": False}.get(value.strip().lower())
    if known is None:
        raise MalformedError(f"not true or false: {value}")
    return known


def leaf(parent: Element, name: str, value: str = "") -> Element:
    """Append `<name>value</name>` to a list being written."""
    child = etree.SubElement(parent, name)
    child.text = value
    return child


def document(root: Element, declare: Declare) -> bytes:
    """A list as bytes: a line break, the declaration, the tree; with character references where needed."""
    etree.indent(root, space="  ")
    encoding = "utf-8" if declare == "utf-8" else "iso-8859-1"
    head = f'\n<?xml version="1.0" encoding="{declare}"?>\n'.encode("ascii")
    return head + etree.tostring(root, encoding="unicode").encode(encoding, "xmlcharrefreplace") + b"\n"
