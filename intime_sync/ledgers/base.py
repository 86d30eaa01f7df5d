"""What a ledger's home must offer, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from intime_sync.model.ledger import Delta, Intent, Ledger


@dataclass(frozen=True, slots=True)
class LedgerView:
    """A ledger as it reads now; `open_intents` are what an interrupted run left unsettled."""

    ledger: Ledger
    open_intents: tuple[Intent, ...] = ()


Settle: TypeAlias = Callable[[Intent | None, Sequence[Delta]], None]
"""Writes down what came of an open intent, or (None) what was learnt otherwise."""


class LedgerSession(Protocol):
    """A ledger that this run holds alone. What a method wrote is durable when it returns.

    Every method raises LedgerError when it cannot write; nothing may be asked of the service after that.
    """

    @property
    def ledger(self) -> Ledger:
        """The ledger, up to date with everything settled."""
        ...

    @property
    def open_intents(self) -> tuple[Intent, ...]:
        """What was begun, by this run or an interrupted one, and not settled."""
        ...

    def begin(self) -> None:
        """Give a ledger its lineage that has none yet."""
        ...

    def intend(self, operation: str, kind: str, keys: Sequence[str], detail: dict[str, object] | None = None) -> int:
        """Write down what is about to be asked, and get its number."""
        ...

    def settle(self, intent: int, deltas: Sequence[Delta]) -> None:
        """Write down what came of an intent."""
        ...

    def record(self, deltas: Sequence[Delta]) -> None:
        """Write down what needs no request."""
        ...

    def rename_owner(self, owner: str) -> None:
        """Say in one step, durably, that all of it belongs to `owner` of the same account from now on."""
        ...

    def save(self) -> None:
        """Fold everything that is settled into the ledger itself."""
        ...


class LedgerStore(Protocol):
    """A ledger's home."""

    def read(self) -> LedgerView:
        """The ledger as it is, without holding it; an empty one where there is none. Raises LedgerError."""
        ...

    def hold(self, verb: str, timeout: float) -> AbstractContextManager[LedgerSession]:
        """Hold the ledger alone, waiting at most `timeout` seconds. Raises LedgerLocked naming the holder."""
        ...
