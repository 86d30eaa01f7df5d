"""The words that every format uses for plans and changes: counts, consequences, guards that stop them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from intime_sync.kinds.registry import words_of
from intime_sync.model.change import Action, Change, Delete, Manual, Replace, action_of
from intime_sync.model.ledger import AccountRef
from intime_sync.model.plan import Guard, GuardRule, Plan
from intime_sync.model.resource import Attributes, KindName
from intime_sync.render.masking import Mask
from intime_sync.render.style import Style, counted, inert

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


def account_texts(account: AccountRef, mask: Mask) -> tuple[str, str, str]:
    """Owner, user and URL, each masked and inert."""
    owner, user, url = (inert(mask(text)) for text in (account.owner, account.user, account.url))
    return owner, user, url


def header(title: str, account: AccountRef, serial: int, style: Style, mask: Mask) -> str:
    """The first line of a plan or of drift: `TITLE OWNER  user USER at URL, ledger serial N`."""
    owner, user, url = account_texts(account, mask)
    return f"{style.bold(f'{title} {owner}')}  {style.dim(f'user {user} at {url}, ledger serial {serial}')}"


def stopping_guards(plan: Plan, stopping: Sequence[Guard] | None) -> tuple[Guard, ...]:
    """`stopping`, the guards that still stop the plan once overrides are honoured; for None all that tripped."""
    return plan.tripped() if stopping is None else tuple(stopping)


@dataclass(frozen=True, slots=True)
class Stops:
    """What guards stop: deletes of the kinds in `max_delete`; with `protects`, all changes to protected objects."""

    max_delete: Collection[KindName]
    protects: bool


def stops_of(stopping: Sequence[Guard]) -> Stops:
    """Which changes the guards in `stopping` stop."""
    return Stops(
        frozenset(guard.kind for guard in stopping if guard.rule is GuardRule.MAX_DELETE),
        any(guard.rule is GuardRule.PROTECT for guard in stopping),
    )


def stopped_by(change: Change, stops: Stops) -> str:
    """Which guard stops this change, in words; "" when none does."""
    if not isinstance(change, Delete | Replace):
        return ""
    verb = "delete" if isinstance(change, Delete) else "replace"
    if change.protected and stops.protects:
        return f"{verb} stopped: protected"
    if isinstance(change, Delete) and change.address.kind in stops.max_delete:
        return f"{verb} stopped: max_delete"
    return ""


def consequence_of(change: Change) -> str:
    """What else a removal causes; "" for a removal without such effects, and for every other change."""
    if not isinstance(change, Delete):
        return ""
    words = words_of(change.address.kind)
    return "and every contact in it" if words.takes_contacts(change.options) else words.removal_consequence


def remarks_of(change: Change, mask: Mask) -> list[str]:
    """The reason of the change and the word `protected`, each unless it is shown elsewhere."""
    remarks = []
    if change.reason and not isinstance(change, Manual):
        remarks.append(inert(mask(change.reason)))
    if change.protected and not isinstance(change, Delete | Replace):
        remarks.append("protected")
    return remarks


def shown_options(change: Change) -> Attributes:
    """The change's options; none where they are digests of people's data, which only serve comparison."""
    return {} if words_of(change.address.kind).hides_options else change.options or {}


def counts_phrase(changes: Iterable[Change]) -> str:
    """`2 to create, 1 to delete`, in the order of actions."""
    counts = Counter(map(action_of, changes))
    return ", ".join(f"{counts[action]} {phrase}" for action, phrase in PHRASES.items() if counts[action])


def how_to_lift(guard: Guard) -> str:
    """The words before the guard's override."""
    return "to allow precisely this:" if guard.option else "to lift it, write"


def leftover_carriers(plan: Plan) -> str:
    """`2 leftover carriers`."""
    return counted(len(plan.leftovers), "leftover carrier")


def leftovers_sentence(plan: Plan) -> str:
    """The sentence on what is removed besides the changes; "" if the plan lacks either."""
    if not (plan.changes and plan.leftovers):
        return ""
    them = "it" if len(plan.leftovers) == 1 else "them"
    return f"Also removes {leftover_carriers(plan)}, with the contacts in {them}."
