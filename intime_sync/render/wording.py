"""The words that every review of a plan uses for a change: counts, consequences, what stops it. Knows no layout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from intime_sync.kinds.registry import words_of
from intime_sync.model.change import Action, Change, Delete, Manual, Replace, action_of
from intime_sync.model.plan import Guard, GuardRule, Plan
from intime_sync.model.resource import Attributes, KindName
from intime_sync.render.masking import Mask
from intime_sync.render.style import counted, inert

PHRASES: Final = {
    Action.CREATE: "to create",
    Action.UPDATE: "to update",
    Action.REPLACE: "to replace",
    Action.DELETE: "to delete",
    Action.ADOPT: "to adopt",
    Action.FORGET: "to forget",
    Action.HELD: "held",
}

SYMBOLS: Final = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "~",
    Action.DELETE: "-",
    Action.ADOPT: "=",
    Action.FORGET: "·",
    Action.HELD: "!",
}

STOPPED_SYMBOL: Final = "!"


@dataclass(frozen=True, slots=True)
class Stops:
    """What guards stop: deletes of the kinds in `max_delete`, and with `protects` whatever is protected."""

    max_delete: Collection[KindName]
    protects: bool


def stops_of(stopping: Iterable[Guard]) -> Stops:
    """What these guards, all of which stop the plan, stop in it."""
    guards = tuple(stopping)
    return Stops(
        frozenset(guard.kind for guard in guards if guard.rule is GuardRule.MAX_DELETE),
        any(guard.rule is GuardRule.PROTECT for guard in guards),
    )


def stopped_by(change: Change, stops: Stops) -> str:
    """Which guard stops this very change, in words; "" when none does."""
    if not isinstance(change, Delete | Replace):
        return ""
    verb = "delete" if isinstance(change, Delete) else "replace"
    if change.protected and stops.protects:
        return f"{verb} stopped: protected"
    if isinstance(change, Delete) and change.address.kind in stops.max_delete:
        return f"{verb} stopped: max_delete"
    return ""


def consequence_of(change: Change) -> str:
    """What a removal brings with it that its name does not say; "" for everything else."""
    if not isinstance(change, Delete):
        return ""
    words = words_of(change.address.kind)
    return "and every contact in it" if words.takes_contacts(change.options) else words.removal_consequence


def remarks_of(change: Change, mask: Mask) -> list[str]:
    """Why it is done, and that it is protected, where nothing else says so. A held change's reason is no remark."""
    remarks = []
    if change.reason and not isinstance(change, Manual):
        remarks.append(inert(mask(change.reason)))
    if change.protected and not isinstance(change, Delete | Replace):
        remarks.append("protected")
    return remarks


def shown_options(change: Change) -> Attributes:
    """The change's options; none where they are digests of people's data, which only serve comparing."""
    return {} if words_of(change.address.kind).hides_options else change.options or {}


def counts_phrase(changes: Iterable[Change]) -> str:
    """`2 to create, 1 to delete`, in the order of actions."""
    counts = Counter(map(action_of, changes))
    return ", ".join(f"{counts[action]} {phrase}" for action, phrase in PHRASES.items() if counts[action])


def how_to_lift(guard: Guard) -> str:
    """What to say before the guard's override."""
    return "to allow precisely this:" if guard.option else "to lift it, write"


def leftover_carriers(plan: Plan) -> str:
    """`2 leftover carriers`."""
    return counted(len(plan.leftovers), "leftover carrier")


def leftovers_sentence(plan: Plan) -> str:
    """What is removed besides the changes; "" when there are none of one or the other."""
    if not (plan.changes and plan.leftovers):
        return ""
    them = "it" if len(plan.leftovers) == 1 else "them"
    return f"Also removes {leftover_carriers(plan)}, with the contacts in {them}."
