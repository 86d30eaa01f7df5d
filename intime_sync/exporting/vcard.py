"""People from vCard files (2.1, 3.0, 4.0, as phones and Outlook write them); unreadable lines are skipped.

The library `vobject` is not used: it depends on packages for times and zones, and only eight text properties are
needed here, read leniently. Does not choose between the numbers of a person.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from intime_sync.exporting.people import Phone, SourcePerson

_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_NAME: Final = re.compile(r"(?:(?P<group>[A-Za-z0-9_-]+)\.)?(?P<name>[A-Za-z0-9-]+)")
_CHARSET: Final = re.compile(
    "(?:utf|iso|windows|cp|latin|us-ascii|ascii|koi8|mac|shift|euc|gb|big5)[a-z0-9_-]*", re.IGNORECASE
)
_MOBILE_TYPES: Final = frozenset({"cell", "mobile", "iphone"})
_NOT_A_MOBILE: Final = frozenset({"fax", "pager"})
_LIST_KINDS: Final = ("KIND", "X-ADDRESSBOOKSERVER-KIND")


@dataclass(frozen=True, slots=True)
class _Property:
    """`name` in upper case, the words of its TYPE in lower case, `value` decoded but still escaped."""

    group: str
    name: str
    types: frozenset[str]
    value: str


@dataclass(slots=True)
class _Card:
    line: int
    properties: list[_Property] = field(default_factory=list)

    def all(self, name: str) -> list[_Property]:
        return [found for found in self.properties if found.name == name]

    def first(self, name: str) -> str:
        return next((found.value for found in self.properties if found.name == name), "")


def read_vcards(file: str, data: bytes) -> tuple[list[SourcePerson], list[str]]:
    """The people in a vCard file, and remarks on what was left out of it; never raises.

    UTF-8, UTF-16 with a byte order mark, or else Windows-1252; a property's own CHARSET wins for quoted-printable.
    """
    found: list[SourcePerson] = []
    left_out: list[str] = []
    for card in _cards(_decoded(data)):
        if any(card.first(name).strip().lower() == "group" for name in _LIST_KINDS):
            name = _plain(card.first("FN"))
            left_out.append(f"{file}:{card.line}: `{name}` is a list of other cards, not a person")
        else:
            found.append(_person(file, card))
    return found, left_out


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _cards(text: str) -> Iterator[_Card]:
    """Cards by their BEGIN; one that is not closed ends where the next begins, or with the file."""
    card: _Card | None = None
    for number, line in _unfolded(re.split("\r\n|\n|\r", text)):
        upper = line.strip().upper()
        if upper == "BEGIN:VCARD":
            if card is not None:
                yield card
            card = _Card(number)
        elif card is None:
            continue
        elif upper == "END:VCARD":
            yield card
            card = None
        elif (found := _property(line)) is not None:
            card.properties.append(found)
    if card is not None:
        yield card


def _unfolded(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Whole lines with the number of their first: folded ones joined, and those that quoted-printable has broken."""
    parts: list[str] = []
    start, quoted, version = 1, False, ""
    for number, line in enumerate(lines, start=1):
        if parts and quoted and parts[-1].endswith("="):
            parts[-1] = parts[-1][:-1]
            parts.append(line)
            continue
        if parts and line[:1] in (" ", "\t"):
            # 2.1 breaks lines before a space that belongs to the text, later versions add one.
            parts.append(line if version == "2.1" else line[1:])
            continue
        if parts:
            yield start, "".join(parts)
        if line.upper().startswith("VERSION:"):
            version = line[8:].strip()
        parts, start = [line], number
        quoted = "QUOTED-PRINTABLE" in line.partition(":")[0].upper()
    if parts:
        yield start, "".join(parts)


def _property(line: str) -> _Property | None:
    head, colon, value = _split_head(line)
    words = head.split(";")
    name = _NAME.fullmatch(words[0].strip())
    if not colon or name is None:
        return None
    types: set[str] = set()
    encoding, charset = "", "utf-8"
    for word in words[1:]:
        key, equals, given = word.strip().partition("=")
        key, given = (key.upper(), given.strip('"')) if equals else ("TYPE", key)
        if key == "ENCODING" or given.upper() == "QUOTED-PRINTABLE":
            encoding = given.upper()
        elif key == "CHARSET":
            charset = given
        elif key == "TYPE":
            types.update(part.strip().lower() for part in given.split(","))
    if encoding == "QUOTED-PRINTABLE":
        value = _unquoted(value, charset)
    return _Property((name["group"] or "").lower(), name["name"].upper(), frozenset(types), value)


def _split_head(line: str) -> tuple[str, str, str]:
    """`line` split at its first colon outside quotes; parameters of version 4.0 may hold one in quotes."""
    quoted = False
    for index, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        elif character == ":" and not quoted:
            return line[:index], ":", line[index + 1 :]
    return line, "", ""


def _unquoted(value: str, charset: str) -> str:
    raw = quopri.decodestring(value.encode("utf-8", "replace"))
    # Python has codecs that are not charsets, such as zip and rot13; `_CHARSET` excludes them.
    for name in (charset if _CHARSET.fullmatch(charset) else "utf-8", "utf-8"):
        try:
            return raw.decode(name)
        except (LookupError, UnicodeError):
            continue
    return raw.decode("cp1252", "replace")


def _person(file: str, card: _Card) -> SourcePerson:
    last, first = [*_parts(card.first("N"), ";"), "", ""][:2]
    if not first and not last:
        first, last = split_name(_plain(card.first("FN")))
    # A company's units go from large to small.
    organization = [part for part in _parts(card.first("ORG"), ";") if part]
    if not first and not last and organization:
        last = organization.pop(0)
    labels = {found.group: found.value.lower() for found in card.all("X-ABLABEL") if found.group}
    phones = [
        Phone(_number(found.value), bool(_MOBILE_TYPES & found.types) or "mobil" in labels.get(found.group, ""))
        for found in card.all("TEL")
        if not _NOT_A_MOBILE & found.types and found.value.strip()
    ]
    return SourcePerson(
        place=f"{file}:{card.line}",
        firstname=first,
        lastname=last,
        phones=tuple(phones),
        emails=tuple(filter(None, (_plain(found.value).removeprefix("mailto:") for found in card.all("EMAIL")))),
        extrafield=organization[-1] if organization else "",
        groups=tuple(name for found in card.all("CATEGORIES") for name in _parts(found.value, ",") if name),
    )


def split_name(name: str) -> tuple[str, str]:
    """The first and last name in a full name: the last name is the last word, or the part before a comma."""
    last, comma, first = name.partition(",")
    if comma:
        return first.strip(), last.strip()
    first, _, last = name.strip().rpartition(" ")
    return (first.strip(), last) if first else (last, "")


def _number(value: str) -> str:
    text = _plain(value)
    return text[4:].partition(";")[0] if text.lower().startswith("tel:") else text


def _parts(value: str, separator: str) -> list[str]:
    """The parts of a value, unescaped; it is not split at an escaped separator."""
    parts, start, escaped = [], 0, False
    for index, character in enumerate(value):
        if escaped or character == "\\":
            escaped = not escaped
        elif character == separator:
            parts.append(value[start:index])
            start = index + 1
    parts.append(value[start:])
    return [_plain(part) for part in parts]


def _plain(value: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value).strip()
