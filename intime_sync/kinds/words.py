"""The words that describe a kind's objects. Masking and layout belong to the renderers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

from intime_sync.model.drift import DriftChange
from intime_sync.model.resource import Attributes, KindName

Show: TypeAlias = Callable[[str], str]
"""How a renderer shows text that is not its own: it masks personal data and escapes invisible characters."""


class Words:
    """The words for one kind; the defaults are for kinds that need nothing special.

    `name` (`group`, `contact`, …) is the first part of an address, `noun` what one object is called in a sentence.
    """

    name: KindName
    noun: str

    shown_in_full = False
    """Whether a plan shows every character of an object, because approving the plan approves all of it."""
    hides_options = False
    """Whether the options of a change are digests of people's data, which are never shown."""
    removal_consequence = ""
    """What a removal means beyond the object's absence, as a clause; "" for nothing."""
    drift_consequences: ClassVar[Mapping[DriftChange, str]] = {}
    """What a change of an object outside intime-sync means for people, where that is not obvious."""
    settled_by_hand = False
    """Whether the user must settle an unknown outcome, with `ledger resolve`."""

    @property
    def title(self) -> str:
        """The heading over the kind's objects."""
        return self.name.capitalize()

    def summary_cells(self, key: str, attributes: Attributes, show: Show) -> tuple[str, ...]:
        """What identifies the object besides its key: as many cells for each object of a kind, "" where empty."""
        plain = (str(value) for value in attributes.values() if isinstance(value, str | int) and value != key)
        return (", ".join(map(show, plain)),)

    def title_cell(self, attributes: Attributes, show: Show) -> str:
        """One cell that identifies the object, where its fields are shown separately; "" for none."""
        return ""

    def recipients(self, attributes: Attributes) -> Sequence[str]:
        """The direct recipients of a message: contacts by key, others by number."""
        return ()

    def takes_contacts(self, options: Attributes | None) -> bool:
        """Whether a removal with these options also removes the contacts in the object."""
        return False


class OtherWords(Words):
    """The words for carriers, and for kinds that are in a plan file but not registered."""

    def __init__(self, name: KindName) -> None:
        self.name, self.noun = name, name


def full_name(fields: Mapping[str, Any]) -> str:
    """`firstname` and `lastname`, or the one that is given; "" for neither."""
    first, last = fields.get("firstname"), fields.get("lastname")
    return f"{first} {last}" if first and last else str(first or last or "")
