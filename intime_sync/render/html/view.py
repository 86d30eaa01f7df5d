"""What every part of the page is made from: the plan, what stops it, and text made safe. Writes no part itself."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from intime_sync.model.plan import Guard, Plan
from intime_sync.render.masking import Mask
from intime_sync.render.style import inert
from intime_sync.render.wording import Stops


@dataclass(frozen=True, slots=True)
class View:
    """One plan as one reader may see it."""

    plan: Plan
    mask: Mask
    stopping: tuple[Guard, ...]
    stops: Stops

    def safe(self, text: str) -> str:
        """Text from elsewhere, masked and with nothing in it that markup or a screen would obey."""
        return escape(inert(self.mask(text)))

    def isolated(self, text: str) -> str:
        """As `safe`, and its direction of writing does not reach what stands beside it."""
        return f"<bdi>{self.safe(text)}</bdi>"


def grouped(number: int) -> str:
    """With a narrow space between thousands, which Swedes and others read alike."""
    return f"{number:,}".replace(",", "\u202f")
