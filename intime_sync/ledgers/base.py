"""What a ledger's home must offer, whatever it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from intime_sync.model.ledger import Delta, Intent, Ledger
from intime_sync.model.resource import KindName


class OpenLedger(Protocol):
    """A ledger with the requests that were begun and not settled, and the ways to settle them."""

    @property
    def ledger(self) -> Ledger:
        """The ledger, up to date with everything settled."""
        ...

    @property
    def open_intents(self) -> tuple[Intent, ...]:
        """What was begun, by this run or an interrupted one, and not settled."""
        ...

    def settle(self, intent: int, deltas: Sequence[Delta]) -> None:
        """Write down what came of an intent."""
        ...

    def record(self, deltas: Sequence[Delta]) -> None:
        """Write down what needs no request."""
        ...


@dataclass(frozen=True, slots=True)
class LedgerView:
    """A ledger as it was read, without being held: what it is told changes this copy in memory alone.

    `open_intents` are what an interrupted run left unsettled when it was read.
    """

    ledger: Ledger
    open_intents: tuple[Intent, ...] = ()

    def settle(self, intent: int, deltas: Sequence[Delta]) -> None:  # noqa: ARG002 - the protocol's
        """Apply to the copy what came of an intent."""
        self.record(deltas)

    def record(self, deltas: Sequence[Delta]) -> None:
        """Apply `deltas` to the copy."""
        for delta in deltas:
            self.ledger.record(delta)


class LedgerSession(OpenLedger, Protocol):
    """A ledger that this run holds alone. What a method wrote is durable when it returns.

    Every method raises LedgerError when it cannot write; nothing may be asked of the service after that.
    """

    def begin(self) -> None:
        """Give a ledger its lineage that has none yet."""
        ...

    def intend(self, operation: str, kind: str, keys: Sequence[str], detail: dict[str, object] | None = None) -> int:
        """Write down what is about to be asked, and get its number."""
        ...

    def rename_owner(self, owner: str) -> None:
        """Say in one step, durably, that all of it belongs to `owner` of the same account from now on."""
        ...

    def save(self) -> None:
        """Fold everything that is settled into the ledger itself."""
        ...


class LedgerStore(Protocol):
    """A ledger's home."""

    def read(self, only: KindName | None = None) -> LedgerView:
        """The ledger as it is, without holding it; an empty one where there is none. Raises LedgerError.

        With `only`, it may lack objects of other kinds, which need not be read then.
        """
        ...

    def hold(self, verb: str, timeout: float) -> AbstractContextManager[LedgerSession]:
        """Hold the ledger alone, waiting at most `timeout` seconds. Raises LedgerLocked naming the holder."""
        ...
