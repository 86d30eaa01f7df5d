"""Problems of YAML that cannot be read: errors of libyaml, wrong bytes and duplicate keys.

Owns their wording and places; builds no values.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any

import yaml
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    StreamEndEvent,
)
from yaml.reader import ReaderError

from intime_sync.bulk.items import Place
from intime_sync.config.wording import shown
from intime_sync.model.problem import Origin, Problem

# What libyaml takes for a line break; str.splitlines knows a few more.
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_BOM = b"\xef\xbb\xbf"
_UTF_16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")

_WORDING = (
    (
        "mapping values are not allowed",
        "`:` is not allowed here; quote text with `: ` in it, or check the indentation",
    ),
    ("could not find expected ':'", "expected `:` after the key; check the indentation and the quotes"),
    ("did not find expected key", "expected a key here; check the indentation and the quotes"),
    ("did not find expected '-' indicator", "expected `- ` here; check the indentation"),
    ("did not find expected ',' or ']'", "expected `,` or `]` here"),
    ("did not find expected ',' or '}'", "expected `,` or `}` here"),
    ("did not find expected node content", "expected a value here"),
    ("did not find expected <document start>", "this does not belong to what is above; check the indentation"),
    ("block sequence entries are not allowed", "`- ` is not allowed here; check the indentation"),
    ("block mapping keys are not allowed", "a key is not allowed here; check the indentation"),
    ("found unexpected end of stream", "the file ends inside a quoted text"),
    ("found unexpected document indicator", "`---` or `...` inside a quoted text"),
    ("unknown escape character", "unknown escape in a double-quoted text; use single quotes for a plain `\\`"),
    ("did not find expected hexdecimal number", "an escape in a double-quoted text needs hexadecimal digits"),
    ("found invalid Unicode character escape code", "an escape in a double-quoted text that is no character"),
    ("found a tab character", "a tab where spaces must indent"),
    ("found undefined tag handle", "this tag's handle is not defined"),
    ("control characters are not allowed", "a control character that YAML does not allow"),
    ("did not find expected alphabetic or numeric character", "the name of an anchor or alias is missing"),
)


class Lines:
    """Converts between offsets (characters from 0) and places in a text."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in _BREAK.finditer(text))]

    def place(self, offset: int) -> Place:
        """The place of the character at an offset."""
        line = bisect_right(self._starts, offset)
        return Place(line, offset - self._starts[line - 1] + 1)

    def offset(self, place: Place) -> int:
        """The offset of a place; a line beyond the last counts as the last."""
        start = self._starts[min(place.line, len(self._starts)) - 1]
        return start + place.column - 1


def decode(file: str, data: bytes) -> str | Problem:
    """The text of a YAML file, or a problem unless its bytes are UTF-8 without NULs."""
    if data.startswith(_UTF_16_OR_32):
        return Problem("yaml-encoding", "the file is UTF-16; save it as UTF-8", Origin(file, 1, 1))
    data = data.removeprefix(_BOM)
    nul = data.find(b"\0")
    if nul >= 0:
        return Problem("yaml-nul", "a NUL byte; is this a text file?", _origin_of_byte(file, data, nul))
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        message = f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        return Problem("yaml-encoding", message, _origin_of_byte(file, data, error.start))


def _origin_of_byte(file: str, data: bytes, offset: int) -> Origin:
    before = data[:offset].decode(errors="replace")
    return Origin(file, *Lines(before).place(len(before)))


def syntax_problem(file: str, text: str, error: yaml.YAMLError) -> Problem:
    """An error of libyaml as a problem at its place."""
    if isinstance(error, ReaderError):
        # The offset is one of UTF-8 bytes, since libyaml is given those.
        before = text.encode()[: error.position].decode(errors="replace")
        origin = Origin(file, *Lines(text).place(len(before)))
        return Problem("yaml-syntax", _reworded(str(error.reason)), origin)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    if mark is None:
        return Problem("yaml-syntax", _reworded(problem), Origin(file, 1, 1))
    message = _bad_start(text, mark.index) if "cannot start any token" in problem else _reworded(problem)
    context = getattr(error, "context_mark", None)
    if context is not None and context.line != mark.line:
        message += f" (what this is part of starts on line {context.line + 1})"
    code = "yaml-tag" if "tag handle" in problem else "yaml-syntax"
    return Problem(code, message, Origin(file, mark.line + 1, mark.column + 1))


def _reworded(problem: str) -> str:
    for original, wording in _WORDING:
        if original in problem:
            return wording
    return f"not YAML: {problem}"


def _bad_start(text: str, index: int) -> str:
    character = text[index : index + 1]
    if character == "\t":
        return "a tab where spaces must indent"
    if not character.isprintable():
        return "a character that no value can start with"
    return f"text cannot start with `{character}` unless it is quoted"


def duplicate_keys(file: str, text: str) -> list[Problem]:
    """The problems of all keys that their mapping already has, found by another pass over the text."""
    problems: list[Problem] = []
    # One entry per open container: its keys and their lines, and whether a key comes next; None for a list.
    stack: list[tuple[dict[str, int], list[bool]] | None] = []
    anchors: dict[str, str] = {}
    parser = CParser(text)
    try:
        while not isinstance(event := _next(parser), StreamEndEvent):
            if isinstance(event, CollectionEndEvent):
                stack.pop()
            elif not isinstance(event, NodeEvent):
                continue
            else:
                found = _key_of(event, anchors)
                if stack and (opened := stack[-1]) is not None and _is_key(opened[1]) and found is not None:
                    problem = _seen_before(file, event, found, opened[0])
                    problems += [problem] if problem else []
                if isinstance(event, CollectionStartEvent):
                    stack.append(({}, [True]) if isinstance(event, MappingStartEvent) else None)
    except yaml.YAMLError:
        pass  # the caller reports this error; the duplicates before it are returned
    return problems


def _next(parser: CParser) -> Any:
    return parser.get_event()


def _is_key(turn: list[bool]) -> bool:
    """Whether an event is a key; in a mapping, keys and values alternate."""
    turn[0] = not turn[0]
    return not turn[0]


def _key_of(event: Any, anchors: dict[str, str]) -> str | None:
    if isinstance(event, AliasEvent):
        return anchors.get(str(event.anchor))
    if not isinstance(event, ScalarEvent):
        return None
    if event.anchor is not None:
        anchors[event.anchor] = event.value
    return event.value


def _seen_before(file: str, event: Any, key: str, lines: dict[str, int]) -> Problem | None:
    mark = event.start_mark
    if key not in lines:
        lines[key] = mark.line + 1
        return None
    message = f"`{shown(key)}` is already given on line {lines[key]}"
    return Problem("duplicate-key", message, Origin(file, mark.line + 1, mark.column + 1))
