"""What other people do to the account or the ledger. A new hand is a class here and a case in `acting.act`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

BEFORE, DURING, AFTER = "before the run", "during the run", "after the run"
MOMENTS: Final = (BEFORE, DURING, AFTER)
"""Before the run that is disturbed, at each event of it (which is the disturbance then), or after it."""


@dataclass(frozen=True)
class RemovesCarriers:
    """Somebody removes all carriers in the service; with `instead`, groups of that name are made in their places."""

    with_contacts: bool
    instead: str = ""

    def __str__(self) -> str:
        how = "with" if self.with_contacts else "without"
        instead = f" and makes groups called {self.instead}" if self.instead else ""
        return f"somebody removes the carriers {how} their contacts{instead}"


@dataclass(frozen=True)
class CopiesCarriers:
    """Somebody makes empty groups that have the names of the carriers."""

    def __str__(self) -> str:
        return "somebody makes groups named as the carriers are"


@dataclass(frozen=True)
class RemovesGroup:
    """Somebody removes a declared group in the service."""

    name: str
    with_contacts: bool

    def __str__(self) -> str:
        return f"somebody removes {self.name} {'with' if self.with_contacts else 'without'} its contacts"


@dataclass(frozen=True)
class AddsContact:
    """Somebody adds a contact with a number that is ours, to a declared group."""

    mobile: str
    group: str

    def __str__(self) -> str:
        return f"somebody adds {self.mobile} to {self.group}"


@dataclass(frozen=True)
class Unblocks:
    """Somebody takes numbers off the blocklist."""

    mobiles: tuple[str, ...]

    def __str__(self) -> str:
        return f"somebody unblocks {', '.join(self.mobiles)}"


@dataclass(frozen=True)
class SwitchesOff:
    """Somebody switches all reminders off."""

    def __str__(self) -> str:
        return "somebody switches the reminders off"


@dataclass(frozen=True)
class LosesLedger:
    """Ledger and journal are removed."""

    def __str__(self) -> str:
        return "the ledger is lost"


@dataclass(frozen=True)
class RestoresLedger:
    """The ledger of before the change comes back, without a journal, as from a backup or a cache."""

    def __str__(self) -> str:
        return "an older ledger comes back"


@dataclass(frozen=True)
class AppliesElsewhere:
    """Somebody applies what was wanted before, under the same owner, from a copy of the repository without a ledger.

    With `extrafield`, all contacts have that there.
    """

    extrafield: str = ""

    def __str__(self) -> str:
        version = "an older version" if self.extrafield else "the version of before"
        return f"somebody applies {version} without the ledger"


@dataclass(frozen=True)
class AnotherOwner:
    """Another owner applies a configuration with the same people."""

    def __str__(self) -> str:
        return "another owner applies the same contacts"


InService: TypeAlias = RemovesCarriers | CopiesCarriers | RemovesGroup | AddsContact | Unblocks | SwitchesOff
Hand: TypeAlias = InService | LosesLedger | RestoresLedger | AppliesElsewhere | AnotherOwner


def moments(hand: Hand) -> tuple[str, ...]:
    """When it acts, of `MOMENTS`."""
    match hand:
        case RestoresLedger():
            # Before the run, it is the ledger of that moment.
            return (AFTER,)
        case LosesLedger() | AppliesElsewhere() | AnotherOwner():
            return (BEFORE, AFTER)
        case RemovesCarriers(instead=instead) if instead:
            # During a run, nothing shows that an id is another group's by now.
            return (BEFORE, AFTER)
        case RemovesCarriers() | CopiesCarriers() | RemovesGroup() | AddsContact() | Unblocks() | SwitchesOff():
            return MOMENTS
        case _:
            assert_never(hand)
