"""The context in which kinds read items, and the fields that every item may have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from zoneinfo import ZoneInfo

from intime_sync.model.problem import NO_PLACE, Origin, Problem, Severity
from intime_sync.model.resource import PRESENT, Attributes, Lifecycle
from intime_sync.service.text import LONGEST_RUN, clean, forbidden_character, nfc, too_many_marks

Item = Mapping[str, Any]
"""One item of a section: it matches the kind's schema, and everything but booleans and integers is text."""


@dataclass(slots=True)
class ItemContext:
    """What a kind needs to read the items of one file; collects their problems.

    `locate` returns the place of a field of the current item, or without arguments the item's own; a number in the
    path is a position in a list, from 0. With `possible_numbers`, doubtful numbers are warnings.
    """

    region: str
    zone: ZoneInfo
    problems: list[Problem]
    locate: Callable[..., Origin] = field(repr=False)
    possible_numbers: bool = False

    @classmethod
    def without_places(cls, region: str, zone: ZoneInfo, *, possible_numbers: bool = False) -> Self:
        """A context for items that are in no file: their problems are collected with NO_PLACE."""
        return cls(region, zone, [], lambda *_: NO_PLACE, possible_numbers)

    def error(self, code: str, message: str, *path: str | int) -> None:
        """Note an error."""
        self.problems.append(Problem(code, message, self.locate(*path)))

    def warn(self, code: str, message: str, *path: str | int) -> None:
        """Note a warning."""
        self.problems.append(Problem(code, message, self.locate(*path), Severity.WARNING))

    def has_error_since(self, count: int) -> bool:
        """Whether any problem after the first `count` is an error."""
        return any(problem.severity is Severity.ERROR for problem in self.problems[count:])

    def text(self, item: Item, name: str, *parents: str | int) -> str:
        """The field's text in NFC with single spaces, "" if it is not given or after noting an error.

        Characters that XML 1.0 forbids, line breaks and too many combining marks are errors.
        """
        raw: str | None = item.get(name)
        if not raw:
            return ""
        if raw.isprintable():
            if " " not in raw and raw.isascii():
                return raw  # clean as it is, like most
        elif self._forbidden(raw, (*parents, name)):
            return ""
        return "" if self._overloaded(raw, (*parents, name)) else clean(raw)

    def lines(self, item: Item, name: str) -> str:
        """As `text`, but line breaks are kept, as LF, and white space is removed only around the whole."""
        raw: str = item.get(name) or ""
        if self._forbidden(raw, (name,), newlines=True) or self._overloaded(raw, (name,)):
            return ""
        return nfc(raw.replace("\r\n", "\n").replace("\r", "\n")).strip()

    def _forbidden(self, text: str, path: Sequence[str | int], *, newlines: bool = False) -> bool:
        found = forbidden_character(text, newlines=newlines)
        if found is None:
            return False
        position, name_of_character = found
        self.error(
            "forbidden-character",
            f"`{_dotted(path)}` holds {name_of_character} at position {position + 1}, "
            "which the service's XML cannot carry; remove it",
            *path,
        )
        return True

    def _overloaded(self, text: str, path: Sequence[str | int]) -> bool:
        position = too_many_marks(text)
        if position is None:
            return False
        self.error(
            "too-many-marks",
            f"`{_dotted(path)}` holds more than {LONGEST_RUN} combining marks in a row, "
            f"up to position {position + 1}; no language writes so many on a letter, so remove them",
            *path,
        )
        return True


def _dotted(path: Sequence[str | int]) -> str:
    return ".".join(step for step in path if isinstance(step, str))


def shortened(text: str) -> str:
    """`text` as a message quotes it: at most 40 characters on one line."""
    # A grave accent would end the quotation, and what follows it would not be masked.
    shown = (text if text.isprintable() else repr(text)[1:-1]).replace("`", "'")
    return shown if len(shown) <= 40 else shown[:39] + "…"


def read_lifecycle(item: Item, context: ItemContext, options: Attributes | None = None) -> Lifecycle:
    """The lifecycle from an item's `ensure` and `protect`, and `options`; PRESENT itself if none is given."""
    absent = item.get("ensure") == "absent"
    protect = item.get("protect")
    if not absent and protect is None and options is None:
        return PRESENT
    if absent and protect:
        context.error("contradiction", "`ensure: absent` and `protect: true` contradict each other", "protect")
    return Lifecycle(absent=absent, protect=protect, options=options)
