"""Reading and writing XML safely, in the encodings that the service uses. Knows nothing about endpoints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, NewType, TypeAlias

from intime_sync.errors import InvalidInput
from intime_sync.service.text import forbidden_character, nfc

if TYPE_CHECKING:
    from lxml import etree

Element: TypeAlias = "etree._Element"
"""An element that was read."""

Markup = NewType("Markup", str)
"""An element to be sent, as text: building trees only to serialize them would take most of the time of an apply."""

MAX_BODY: Final = 64 * 1024 * 1024
"""The largest reply that is read, in bytes; an account of 100 000 reminders needs about 50 MB."""

_DECLARATION: Final = b'<?xml version="1.0" encoding="iso-8859-1"?>\n'
_BOM: Final = "\ufeff"
_CONTROL_BYTE: Final = re.compile(rb"[\x80-\x9f]")
_PLAIN: Final = re.compile("[ !#-%'-;=?-~]*+")
"""Most texts: they need no escaping."""

_IN_TEXT: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_ATTRIBUTE: Final = _IN_TEXT | str.maketrans({'"': "&quot;", "\t": "&#9;", "\n": "&#10;"})


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
    from lxml import etree

    # The encoding is given, since declarations name ones that do not exist (`iso88591`) or are wrong (`utf-16`).
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


def encode(root: Markup) -> bytes:
    """`root` as a document in ISO 8859-1, with character references for other characters."""
    body = root.encode("iso-8859-1", "xmlcharrefreplace")
    if not body.isascii() and _is_utf8(body):
        # A reader that tries UTF-8 first, as `decode` does, would read other letters: in ISO 8859-1, the bytes of
        # `Ã¥` are those of `å` in UTF-8.
        body = root.encode("ascii", "xmlcharrefreplace")
    return _DECLARATION + body


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def element(tag: str, content: Iterable[Markup] = (), /, **attributes: str) -> Markup:
    """An element around others; raises InvalidInput for a value that XML cannot carry."""
    inner = "".join(content)
    start = _start(tag, attributes)
    return Markup(f"<{start}>{inner}</{tag}>" if inner else f"<{start}/>")


def leaf(tag: str, text: str, /, **attributes: str) -> Markup:
    """An element around `text` in NFC; raises InvalidInput for text that XML cannot carry."""
    start = _start(tag, attributes) if attributes else tag
    return Markup(f"<{start}>{_escaped(text, tag, _IN_TEXT)}</{tag}>")


def _start(tag: str, attributes: Mapping[str, str]) -> str:
    for name, value in attributes.items():
        tag += f' {name}="{_escaped(value, name, _IN_ATTRIBUTE)}"'
    return tag


def _escaped(text: str, where: str, escapes: Mapping[int, str]) -> str:
    if _PLAIN.fullmatch(text):
        return text
    found = forbidden_character(text, newlines=True)
    if found:
        position, name = found
        raise InvalidInput(
            f"the {where} holds {name} at position {position + 1}, which XML cannot carry",
            hint="Remove the character from the text.",
        )
    return nfc(text).translate(escapes)
