"""What is said of a kind's objects. The words are here; masking and layout are the renderers'."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

from intime_sync.model.drift import DriftChange
from intime_sync.model.resource import Attributes, KindName

Show: TypeAlias = Callable[[str], str]
"""What a renderer does with text from elsewhere: it masks people's data and spells out what cannot be seen."""


class Words:
    """The words for one kind; the defaults suit objects of which there is nothing special to say.

    `name` (`group`, `contact`, …) is the first part of an address, `noun` what one object is called in a sentence.
    """

    name: KindName
    noun: str

    shown_in_full = False
    """Whether a plan shows every character of an object, because approving the plan approves all of it."""
    hides_options = False
    """Whether the options of a change are digests of people's data, which are never shown."""
    removal_consequence = ""
    """What a removal brings with it that the word does not say."""
    drift_consequences: ClassVar[Mapping[DriftChange, str]] = {}
    """What it means for people that this happened to an object, where that needs to be said."""
    settled_by_hand = False
    """Whether a person has to say what became of an object where that is not known."""

    @property
    def title(self) -> str:
        """The heading over the kind's objects."""
        return self.name.capitalize()

    def summary_cells(self, key: str, attributes: Attributes, show: Show) -> tuple[str, ...]:
        """What tells the object from others besides its key: always as many cells for one kind, "" where empty."""
        plain = (str(value) for value in attributes.values() if isinstance(value, str | int) and value != key)
        return (", ".join(map(show, plain)),)

    def title_cell(self, attributes: Attributes, show: Show) -> str:
        """The one cell that says who, what or when it is, where the other fields are shown apart; "" for none."""
        return ""

    def recipients(self, attributes: Attributes) -> Sequence[str]:
        """Its recipients besides its groups: contacts by key, others by number."""
        return ()

    def takes_contacts(self, options: Attributes | None) -> bool:
        """Whether a removal with these options takes the contacts in the object along."""
        return False


class OtherWords(Words):
    """The words for what is no kind: carriers, and kinds that only a plan file knows."""

    def __init__(self, name: KindName) -> None:
        self.name, self.noun = name, name


def full_name(fields: Mapping[str, Any]) -> str:
    """`firstname` and `lastname`, or the one of them that is given; "" for neither."""
    first, last = fields.get("firstname"), fields.get("lastname")
    return f"{first} {last}" if first and last else str(first or last or "")
