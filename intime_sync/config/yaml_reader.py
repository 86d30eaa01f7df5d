"""Reads YAML as a Document: by the fast reader of plain YAML, else by one pass over libyaml's events.

Owns the dialect: every scalar is text, no tags, no duplicate keys, aliases and `<<` within bounds. Knows no
section and no schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import yaml
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from intime_sync.bulk.gc_tuning import collector_paused
from intime_sync.bulk.items import ItemPlaces, Place
from intime_sync.bulk.plain_yaml import read_plain
from intime_sync.config.aliases import MERGE, AliasRefused, Sharing, merge
from intime_sync.config.document import Document
from intime_sync.config.locate import YamlLocator
from intime_sync.config.wording import shown
from intime_sync.config.yaml_errors import decode, duplicate_keys, syntax_problem
from intime_sync.model.problem import Origin, Problem

MAX_DEPTH = 50
"""The most mappings and lists inside each other; recursive functions rely on it."""

LONGEST_VALUE = 131_072
"""The most characters of a value, as many as a cell of a table may have."""

_CORE_TAGS = "tag:yaml.org,2002:"
_TEXT_TAG = _CORE_TAGS + "str"


def read_yaml(file: str, data: bytes) -> tuple[Document | None, list[Problem]]:
    """The document in `data`, None if it cannot be read, and its problems as YAML; never raises.

    Duplicate keys and tags do not stop reading: then there are both a document and problems, so that a caller can
    report problems of values too. An empty file is an empty mapping.
    """
    text = decode(file, data)
    if isinstance(text, Problem):
        return None, [text]
    with collector_paused():
        plain = read_plain(text)
    if plain is not None:
        locator = YamlLocator(file, text, plain.keys, dict(plain.items))
        return Document(file, plain.root, plain.items, locator), []
    return read_by_events(file, text)


def read_by_events(file: str, text: str) -> tuple[Document | None, list[Problem]]:
    """As `read_yaml`, by libyaml alone; tests compare the fast reader with it."""
    builder = _Builder(file, text)
    try:
        with collector_paused():
            builder.build()
            document = builder.finish()
    except _Fatal as fatal:
        document = None
        builder.problems.append(fatal.problem)
    except yaml.YAMLError as error:
        document = None
        builder.problems.append(syntax_problem(file, text, error))
    if builder.has_duplicates:
        builder.problems += duplicate_keys(file, text)
    return document, sorted(builder.problems, key=Problem.sort_key)


class _Fatal(Exception):
    """Raised for a problem after which reading stops, since later problems would only follow from it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class _Builder:
    """Builds the values of one file from events. `build` handles common cases, the other methods rare ones."""

    def __init__(self, file: str, text: str) -> None:
        self.problems: list[Problem] = []
        self.has_duplicates = False
        self._file = file
        self._text = text
        self._parser = CParser(text)
        self._root: dict[str, object] = {}
        self._outermost: list[object] = []
        self._first: Any = None
        self._known_keys: dict[str, str] = {}
        self._keys: dict[str, Place] = {}
        self._items: dict[str, ItemPlaces] = {}
        self._merging: list[tuple[dict[str, object], Any]] = []
        self._anchors: dict[str, object] = {}
        self._documents = 0
        self._sharing = Sharing(MAX_DEPTH, len(text))

    def build(self) -> None:  # noqa: C901 - one loop without helpers, since a call for every event is slow
        """Read all events. Raises _Fatal or yaml.YAMLError.

        The open container is `mapping` or `items`, and the other is None; `key` is the key whose value is next. The
        document itself is the only item of an outermost list, so that the root needs no case of its own.
        """
        get_event = self._parser.get_event
        root = self._root
        mapping: Any = None
        items: Any = self._outermost
        key: str | None = None
        top_items: Any = None
        top_places = ItemPlaces()
        stack: list[tuple[Any, Any]] = []
        while True:
            event: Any = get_event()
            kind = type(event)
            if kind is ScalarEvent:
                value = event.value
                if not value or event.tag is not None or event.anchor is not None or len(value) > LONGEST_VALUE:
                    value = self._odd_scalar(event)
            elif kind is MappingStartEvent:
                value = {} if stack else root
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                mapping, items = stack.pop()
                continue
            elif kind is SequenceStartEvent:
                value = []
                if mapping is root and key is not None:
                    top_items, top_places = value, ItemPlaces()
                    self._items[key] = top_places
            elif kind is AliasEvent:
                value = self._alias(event, stack, mapping, items)
            elif kind is StreamEndEvent:
                return
            else:
                self._count_documents(event)
                continue

            if mapping is None:
                if items is top_items:
                    top_places.add(*_place(event))
                elif not stack:
                    self._first = event
                items.append(value)
            elif key is None:
                key = self._take_key(event, value, mapping)
                continue
            else:
                mapping[key] = value
                key = None

            if kind is MappingStartEvent or kind is SequenceStartEvent:
                if event.tag is not None or event.anchor is not None:
                    self._odd_container(event, value)
                stack.append((mapping, items))
                if len(stack) > MAX_DEPTH:
                    raise _Fatal(self._too_deep(event))
                mapping, items = (value, None) if kind is MappingStartEvent else (None, value)

    def _take_key(self, event: Any, value: object, mapping: dict[str, object]) -> str:
        """The text of a key of the open mapping; notes duplicates, merges and the places of the root's keys."""
        key = self._known_keys.get(value) if type(value) is str else None
        if key is None:
            key = self._new_key(event, value)
        if key in mapping:
            self.has_duplicates = True
        if key is MERGE:
            self._merging.append((mapping, event))
        elif mapping is self._root:
            self._keys[key] = _place(event)
        return key

    def finish(self) -> Document:
        """The document after all merges, with a place for every item of a top-level list. Raises _Fatal."""
        if self._outermost and self._outermost[0] is not None and self._outermost[0] is not self._root:
            what = "a list" if type(self._outermost[0]) is list else "text"
            message = f"the file must be a mapping of sections, not {what}"
            raise _Fatal(self._problem("yaml-root", message, self._first))
        for mapping, event in self._merging:
            with self._refusals_at(event):
                merge(mapping, self._sharing)
        lists = {key: value for key, value in self._root.items() if type(value) is list}
        items = {key: at for key, at in self._items.items() if key in lists and len(at) == len(lists[key])}
        locator = YamlLocator(self._file, self._text, self._keys, dict(items))
        for key in lists.keys() - items.keys():
            # The list was written elsewhere, for an alias or a merge: its items get the place of the key.
            place = self._keys.get(key) or locator((key,))[1:]
            items[key] = places = ItemPlaces()
            for _ in lists[key]:
                places.add(*place)
        return Document(self._file, self._root, items, locator)

    def _odd_scalar(self, event: Any) -> str | None:
        """The value of a scalar that is empty, tagged, anchored or too long; None if it is not given."""
        if event.tag not in (None, "!", _TEXT_TAG):
            self._refuse_tag(event)
        # Only an empty plain scalar is None; `""` and `!!str` are empty text.
        value = None if not event.value and not event.style and event.tag is None else event.value
        if len(event.value) > LONGEST_VALUE:
            raise _Fatal(self._too_long(event))
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        return cast("str | None", value)

    def _odd_container(self, event: Any, value: object) -> None:
        """Handle the tag and anchor of a mapping or list."""
        if event.tag not in (None, "!"):
            self._refuse_tag(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = value

    def _refuse_tag(self, event: Any) -> None:
        tag = event.tag.replace(_CORE_TAGS, "!!", 1) if event.tag.startswith(_CORE_TAGS) else event.tag
        message = f"the tag `{shown(tag)}` is not used here; write the value without it"
        self.problems.append(self._problem("yaml-tag", message, event))

    def _alias(self, event: Any, stack: list[tuple[Any, Any]], mapping: Any, items: Any) -> object:
        """The object that an alias stands for, not a copy; None for an unknown alias."""
        if event.anchor not in self._anchors:
            message = f"`*{event.anchor}` stands for nothing: there is no `&{event.anchor}` above"
            self.problems.append(self._problem("yaml-alias", message, event))
            return None
        target = self._anchors[event.anchor]
        if isinstance(target, dict | list):
            opened = [mapping, items, *(one for pair in stack for one in pair)]
            if any(one is target for one in opened):
                raise _Fatal(self._problem("yaml-alias", f"`*{event.anchor}` would hold itself", event))
        with self._refusals_at(event):
            self._sharing.use(target, len(stack))
        return target

    def _new_key(self, event: Any, value: object) -> str:
        """The text of a key that is new in this file, a merge, or no text."""
        if type(value) is str:
            if value == "<<":
                return MERGE if event.__class__ is ScalarEvent and not event.style else value
            return self._known_keys.setdefault(value, value)
        if value is not None:
            message = "a key must be text; a value that starts with `{` or `[` must be quoted to be text"
            raise _Fatal(self._problem("yaml-key", message, event))
        self.problems.append(self._problem("yaml-key", "the key before `:` is missing", event))
        return ""

    def _count_documents(self, event: Any) -> None:
        self._documents += type(event) is DocumentStartEvent
        if self._documents > 1:
            message = "a second document starts here; a file holds one, so remove the `---`"
            raise _Fatal(self._problem("yaml-documents", message, event))

    @contextmanager
    def _refusals_at(self, event: Any) -> Iterator[None]:
        try:
            yield
        except AliasRefused as refused:
            raise _Fatal(self._problem(refused.code, refused.message, event)) from None

    def _too_deep(self, event: Any) -> Problem:
        return self._problem("yaml-depth", f"nested deeper than {MAX_DEPTH}", event)

    def _too_long(self, event: Any) -> Problem:
        message = (
            f"a value of {len(event.value):,} characters, and at most {LONGEST_VALUE:,} are read; is a quote missing?"
        )
        return self._problem("yaml-long", message, event)

    def _problem(self, code: str, message: str, event: Any) -> Problem:
        return Problem(code, message, Origin(self._file, *_place(event)))


def _place(event: Any) -> Place:
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1)
