"""XML in and out: the service's many encodings, safely. Knows nothing about endpoints or what the elements mean."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, TypeAlias, cast

from lxml import etree

from intime_sync.errors import InvalidInput
from intime_sync.wire.text import forbidden_character

Element: TypeAlias = etree._Element

MAX_BODY: Final = 64 * 1024 * 1024
"""The largest reply that is read, in bytes; an account of 100 000 reminders needs about 50 MB."""

_DECLARATION: Final = b'<?xml version="1.0" encoding="iso-8859-1"?>\n'
_BOM: Final = "\ufeff"
_CONTROL_BYTE: Final = re.compile(rb"[\x80-\x9f]")


class BadXml(ValueError):
    """A body that is not the XML it should be; `str()` says why in a few words."""


def _windows_1252() -> dict[int, str]:
    table = {}
    for code in range(0x80, 0xA0):
        try:
            table[code] = bytes([code]).decode("cp1252")
        except UnicodeDecodeError:  # five bytes mean nothing there and stay control characters
            continue
    return table


_WINDOWS_1252: Final = _windows_1252()


def decode(body: bytes) -> str:
    """The text of a reply, whatever its declaration claims: UTF-8 where it decodes, else ISO 8859-1.

    Bytes 0x80-0x9F of the latter are read as Windows-1252. White space and a byte order mark in front are dropped.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("iso-8859-1")
        if _CONTROL_BYTE.search(body):  # translating is slow, and most bodies have nothing to translate
            text = text.translate(_WINDOWS_1252)
    return text.lstrip().removeprefix(_BOM).lstrip()


def parse(body: bytes) -> Element:
    """The root element of `body`; raises BadXml for anything but one whole, safe, well-formed document."""
    if len(body) > MAX_BODY:
        raise BadXml(f"larger than {MAX_BODY // 1024 // 1024} MiB")
    try:
        data = decode(body).encode("utf-8")
    except UnicodeEncodeError:  # pragma: no cover - no decoder above makes surrogates
        raise BadXml("undecodable text") from None
    # The override matters: declarations name encodings that do not exist (`iso88591`) or do not hold (`utf-16`).
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise BadXml(f"not well-formed XML: {error.msg or 'no element found'}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadXml("it has a DOCTYPE, which is refused")
    return root


def encode(root: Element) -> bytes:
    """`root` as a document in ISO 8859-1, with character references for what that cannot say."""
    body = _serialized(root, "iso-8859-1")
    # Raw C1 bytes are read as Windows-1252 by some and as control characters by others.
    body = _CONTROL_BYTE.sub(lambda found: b"&#%d;" % found[0][0], body)
    if not body.isascii() and _is_utf8(body):
        # Who tries UTF-8 first, as we do, would see other letters: the two bytes of `Ã¥` are also UTF-8 for `å`.
        body = _serialized(root, "us-ascii")
    return _DECLARATION + body


def _serialized(root: Element, encoding: str) -> bytes:
    return cast("bytes", etree.tostring(root, encoding=encoding, xml_declaration=False))


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def element(tag: str, /, **attributes: str) -> Element:
    """A new element; the values are checked and normalised as by `child`."""
    made = etree.Element(tag)
    for name, value in attributes.items():
        made.set(name, _carried(value, name))
    return made


def child(parent: Element, tag: str, text: str | None = None, /, **attributes: str) -> Element:
    """A new last child of `parent`, its text in NFC; raises InvalidInput for text that XML cannot carry."""
    made = element(tag, **attributes)
    if text is not None:
        made.text = _carried(text, tag)
    parent.append(made)
    return made


def _carried(text: str, where: str) -> str:
    found = forbidden_character(text, newlines=True)
    if found:
        position, name = found
        raise InvalidInput(
            f"the {where} holds {name} at position {position + 1}, which XML cannot carry",
            hint="Remove the character from the text.",
        )
    return unicodedata.normalize("NFC", text)
