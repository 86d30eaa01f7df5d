"""The values that every part of the page is made from, and escaping. Writes no part itself."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from intime_sync.model.plan import Guard, Plan
from intime_sync.render.masking import Mask
from intime_sync.render.style import inert
from intime_sync.render.wording import Stops


@dataclass(frozen=True, slots=True)
class View:
    """A plan, its mask (see `mask_of`), and the guards that stop it."""

    plan: Plan
    mask: Mask
    stopping: tuple[Guard, ...]
    stops: Stops

    def safe(self, text: str) -> str:
        """`text`, masked, inert and with markup escaped."""
        return escape(inert(self.mask(text)))

    def isolated(self, text: str) -> str:
        """As `safe`, in `<bdi>`: its direction of writing does not affect the text beside it."""
        return f"<bdi>{self.safe(text)}</bdi>"
