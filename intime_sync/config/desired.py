"""Loads the configuration in a directory: settings and the items of all sections, or every problem at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from intime_sync.bulk.columns import read_contacts
from intime_sync.bulk.gc_tuning import collector_paused
from intime_sync.bulk.items import item_columns, item_list
from intime_sync.bulk.tables import DesiredTable
from intime_sync.config.checks import check_resources
from intime_sync.config.convert import convert, converter_for, object_converter
from intime_sync.config.document import Document
from intime_sync.config.explain import MOST_EXPLAINED, Checker, too_many
from intime_sync.config.files import IncludedFile, find_files
from intime_sync.config.messages import resolve_messages
from intime_sync.config.reading import ReadAllowance, read_bytes, read_file
from intime_sync.config.schema import item_schema, object_schema, section_schema
from intime_sync.config.setting_fields import FIELDS, NAMES
from intime_sync.config.settings import EMBEDDED, ROOT_FILE, Settings, read_settings
from intime_sync.config.wording import closest, did_you_mean
from intime_sync.config.yaml_reader import read_yaml
from intime_sync.errors import InvalidConfiguration, InvalidInput
from intime_sync.kinds.base import Kind
from intime_sync.kinds.fields import FieldType
from intime_sync.kinds.reading import ItemContext
from intime_sync.kinds.registry import BY_SECTION, CONTACTS, KINDS, MESSAGES
from intime_sync.links import refuse_link_out
from intime_sync.model.policy import Numbers
from intime_sync.model.problem import Origin, Problem, Severity
from intime_sync.model.resource import KindName, Resource, Snapshot

# Codes of problems that depend on the region or the time zone, and mean nothing while these are not known.
_OF_REGION_OR_ZONE = frozenset(
    {"impossible-number", "doubtful-number", "not-a-mobile", "time-in-gap", "ambiguous-time"}
)

_MOST_ITEMS = 600_000
"""The most items that are read, of all sections and files together."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration without errors. `desired` holds the kinds whose section is in one of the files."""

    settings: Settings
    desired: Snapshot
    warnings: tuple[Problem, ...]


def load_settings(directory: Path, environ: Mapping[str, str]) -> Settings:
    """The settings alone, for commands that need no items.

    Raises InvalidConfiguration with all problems of the settings, or InvalidInput without a root file.
    """
    document, problems = _read_root(directory)
    settings = None
    if document is not None:
        settings, found = _settings(directory, document, environ)
        problems += found
    if settings is None or problems:
        raise InvalidConfiguration(sorted(problems, key=Problem.sort_key))
    return settings


def load_desired(directory: Path, environ: Mapping[str, str]) -> Configuration:
    """The whole configuration. Raises InvalidConfiguration with all problems, or InvalidInput without a root file."""
    with collector_paused():
        return _load(directory, environ)


def _load(directory: Path, environ: Mapping[str, str]) -> Configuration:
    document, problems = _read_root(directory)
    if document is None:
        raise InvalidConfiguration(problems)
    settings, found = _settings(directory, document, environ)
    problems += found
    if settings is None:
        # The sections are read all the same, so that their problems are reported in the same run.
        _, found = _read_sections(_provisional(directory, document), document)
        problems += [problem for problem in found if problem.code not in _OF_REGION_OR_ZONE]
        raise InvalidConfiguration(sorted(problems, key=Problem.sort_key))
    reader, found = _read_sections(settings, document)
    problems = sorted([*problems, *found], key=Problem.sort_key)
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise InvalidConfiguration(problems)
    desired = {name: items if name == CONTACTS.name else tuple(items) for name, items in reader.resources.items()}
    return Configuration(settings, Snapshot(desired), tuple(problems))


def _read_sections(settings: Settings, document: Document) -> tuple[_Sections, list[Problem]]:
    """The sections of the root file and of all files that it includes, and their problems."""
    reader = _Sections(settings)
    reader.take(document)
    files, problems = find_files(settings, document.locate)
    allowance = ReadAllowance()
    for file in files:
        try:
            data = read_bytes(file.path, file.name)
        except OSError as error:
            problems.append(Problem("unreadable-file", f"cannot be read: {error.strerror}", Origin(file.name, 1, 1)))
            continue
        if isinstance(data, Problem):
            problems.append(data)
            continue
        too_much = allowance.take(file.path, file.name, data)
        if too_much is not None:
            problems.append(too_much)
            break
        problems += reader.take_file(file, data)
    return reader, problems + reader.finish()


def _read_root(directory: Path) -> tuple[Document | None, list[Problem]]:
    path = directory / ROOT_FILE
    refuse_link_out(directory, path, "put the file itself there, or name the directory that it is in")
    try:
        data = read_bytes(path, ROOT_FILE)
    except FileNotFoundError:
        raise InvalidInput(
            f"there is no {ROOT_FILE} in {directory}",
            hint=f"name the directory that holds it, or make one with `intime-sync init {directory}`",
        ) from None
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from None
    if isinstance(data, Problem):
        return None, [data]
    too_much = ReadAllowance().take(path, ROOT_FILE, data)
    if too_much is not None:
        return None, [too_much]
    document, problems = read_yaml(ROOT_FILE, data)
    if document is not None:
        for name, value in document.root.items():
            if name not in BY_SECTION:
                document.root[name] = item_list(value)
    return document, problems


def _settings(
    directory: Path, document: Document, environ: Mapping[str, str]
) -> tuple[Settings | None, list[Problem]]:
    known = NAMES | BY_SECTION.keys()
    unknown = (name for name in document.root if name not in known)
    problems = [_unknown(document, name, known) for name in islice(unknown, MOST_EXPLAINED)]
    given = {name: value for name, value in document.root.items() if name in NAMES}
    object_converter(FIELDS)(given)
    wrong = Checker(object_schema(FIELDS)).explain(given, document.locate, ())
    if wrong:
        return None, problems + wrong
    settings, found = read_settings(directory, given, document.locate, environ)
    return settings, problems + found


def _provisional(directory: Path, document: Document) -> Settings:
    """Settings for reading the sections when the real settings are wrong: their valid fields, else defaults."""
    valid: dict[str, object] = {"owner": "provisional", "account": {"url": EMBEDDED}}
    for field in FIELDS:
        part = {field.name: document.root.get(field.name)}
        if field.name != "account" and Checker(object_schema((field,))).is_valid(part):
            valid |= part
    settings, _ = read_settings(directory, valid, document.locate, {})
    if settings is None:
        raise AssertionError("the defaults are valid")
    return settings


def _unknown(document: Document, name: str, known: Iterable[str]) -> Problem:
    near = did_you_mean(name, known)
    return Problem("unknown-field", f"unknown field `{name}`{near}", document.locate((name,), key=True))


def _misplaced(document: Document) -> list[Problem]:
    """The problems of settings and unknown fields at the top of an included file."""
    problems: list[Problem] = []
    for name in document.root:
        if len(problems) == MOST_EXPLAINED:
            break
        if name in NAMES:
            message = f"`{name}` belongs in {ROOT_FILE}"
            problems.append(Problem("misplaced-setting", message, document.locate((name,), key=True)))
        elif name not in BY_SECTION:
            problems.append(_unknown(document, name, BY_SECTION))
    return problems


class _Sections:
    """Collects the resources and problems of a configuration, file by file."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.documents: dict[str, Document] = {}
        self.resources: dict[KindName, list[Resource[Any]] | DesiredTable] = {}
        self.problems: list[Problem] = []
        self._contacts = DesiredTable()
        self._items = 0
        self._readers = {kind.name: _ItemReader(kind) for kind in KINDS}

    def take(self, document: Document) -> None:
        """Read every section of a file, and remove each from `document.root` to free its memory."""
        self.documents[document.file] = document
        self._items += sum(len(places) for name, places in document.items.items() if name in BY_SECTION)
        if self._items > _MOST_ITEMS:
            message = f"with this file, there are more than {_MOST_ITEMS:,} items, the most that are read"
            self.problems.append(Problem("too-much-to-read", message, Origin(document.file, 1, 1)))
            return
        for section in list(document.root):
            kind = BY_SECTION.get(section)
            if kind is not None:
                value = document.root.pop(section)
                self._take_section(kind, document, value)

    def take_file(self, file: IncludedFile, data: bytes) -> list[Problem]:
        """Read an included file; returns the problems of the file itself, not those of its items."""
        included, found = read_file(file, data)
        if included is not None:
            if file.section is None:
                found += _misplaced(included)
            self.take(included)
        return found

    def _take_section(self, kind: Kind, document: Document, value: object) -> None:
        name = kind.spec.name
        resources = self.resources.setdefault(kind.name, self._contacts if kind is CONTACTS else [])
        if value is None:
            message = (
                f"`{name}` is empty: write `{name}: []` to want none of them, or remove the line to leave them alone"
            )
            self.problems.append(Problem("empty-section", message, document.locate((name,), key=True)))
            return
        if kind is CONTACTS and self._take_columns(document, value):
            return
        items = item_list(value)
        if not isinstance(items, list):
            self.problems += self._readers[kind.name].whole.explain(items, document.locate, (name,))
            return
        resources.extend(self._readers[kind.name].read(document, items, self.settings, self.problems))

    def _take_columns(self, document: Document, value: object) -> bool:
        """Read contacts column by column, which is fast; returns False, with nothing read, if it is impossible."""
        items = item_columns(value)
        if items is None:
            return False
        converted = {
            field.name: [convert(text, field) if text else "" for text in items.columns[field.name]]
            for field in CONTACTS.spec.fields
            if field.type is FieldType.BOOLEAN and field.name in items.columns
        }
        read = read_contacts({**items.columns, **converted}, self.settings.region)
        if read is None:
            return False
        self._contacts.add_columns(read, document.file, document.items[CONTACTS.spec.name])
        return True

    def finish(self) -> list[Problem]:
        """Resolve what items take from other items; returns all problems of items, also with each other."""
        problems = self.problems + check_resources(self.resources, self._contacts, self.documents)
        if MESSAGES.name in self.resources:
            self.resources[MESSAGES.name], found = resolve_messages(self.resources, self.documents)
            problems += found
        return problems


class _ItemReader:
    """Reads the items of one kind: converts them, checks them against the schema, and makes resources."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.whole = Checker(section_schema(kind.spec))
        self._one = Checker(item_schema(kind.spec))
        self._convert = converter_for(kind.spec)
        self._known = {field.name for field in kind.spec.fields}

    def read(
        self, document: Document, items: list[Any], settings: Settings, problems: list[Problem]
    ) -> Iterator[Resource[Any]]:
        """The resources of the valid items; the problems of the others are added to `problems`."""
        section = self.kind.spec.name
        short = self.kind.spec.short_field
        self._convert(items)
        wrong = self._explain(document, section, items, problems)
        index = 0

        def locate(*path: str | int) -> Origin:
            inner = () if short is not None and isinstance(items[index], str) else path
            return document.locate((section, index, *inner))

        possible = settings.policy.numbers is Numbers.POSSIBLE
        context = ItemContext(settings.region, settings.zone, problems, locate, possible)
        places = document.items[section]
        file, lines, columns = document.file, places.lines, places.columns
        read = self.kind.read
        refused = 0
        for index, item in enumerate(items):
            if index in wrong:
                continue
            if short is not None and isinstance(item, str):
                item = {short: item}
            resource = read(item, Origin(file, lines[index], columns[index]), context)
            if resource is not None:
                yield resource
                continue
            refused += 1
            if refused > MOST_EXPLAINED:
                problems.append(too_many(document.locate((section, index))))
                return

    def _explain(self, document: Document, section: str, items: list[Any], problems: list[Problem]) -> set[int]:
        """Add the problems of items that do not fit the schema; returns the positions of those not to be read."""
        if self.whole.is_valid(items):
            return set()
        problems += self.whole.explain(items, document.locate, (section,))
        wrong = set()
        misfits = 0
        for index, item in enumerate(items):
            if self._one.is_valid(item):
                continue
            misfits += 1
            if misfits > MOST_EXPLAINED or not self._mend(items, index):
                wrong.add(index)
        return wrong

    def _mend(self, items: list[Any], index: int) -> bool:
        """Correct misspelt fields, so that the item's other problems are reported in the same run.

        Returns whether the corrected item fits the schema.
        """
        item = items[index]
        if not isinstance(item, dict):
            return False
        mended = {name: value for name, value in item.items() if name in self._known}
        for name in item.keys() - self._known:
            meant = closest(name, self._known - mended.keys())
            if meant is not None:
                mended[meant] = item[name]
        items[index] = mended
        return self._one.is_valid(mended)
