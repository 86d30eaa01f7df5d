"""The protocols that every ledger backend implements."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from intime_sync.model.ledger import Delta, Intent, Ledger
from intime_sync.model.resource import KindName


class OpenLedger(Protocol):
    """A ledger with its open intents: requests that were begun and not settled."""

    @property
    def ledger(self) -> Ledger:
        """The ledger, up to date with everything settled."""
        ...

    @property
    def open_intents(self) -> tuple[Intent, ...]:
        """Intents that this run or an interrupted one began and did not settle."""
        ...

    def settle(self, intent: int, deltas: Sequence[Delta]) -> None:
        """Close the intent with this number, and record the deltas that follow from its outcome."""
        ...

    def record(self, deltas: Sequence[Delta]) -> None:
        """Record deltas that follow from no request; does nothing if there are none."""
        ...


@dataclass(frozen=True, slots=True)
class LedgerView:
    """A ledger as it was read, without holding it: `settle` and `record` change only this copy in memory.

    `open_intents` are those that an interrupted run had left when the ledger was read; settling does not remove them.
    """

    ledger: Ledger
    open_intents: tuple[Intent, ...] = ()

    def settle(self, intent: int, deltas: Sequence[Delta]) -> None:  # noqa: ARG002 - the protocol's
        """Apply `deltas` to the copy."""
        self.record(deltas)

    def record(self, deltas: Sequence[Delta]) -> None:
        """Apply `deltas` to the copy."""
        for delta in deltas:
            self.ledger.record(delta)


class LedgerSession(OpenLedger, Protocol):
    """A ledger that only this run holds. What a method writes is durable when the method returns.

    Every method raises LedgerError when it cannot write; no request may be sent to the service after that.
    """

    def begin(self) -> None:
        """Start the journal, and give the ledger a lineage if it has none."""
        ...

    def intend(self, operation: str, kind: str, keys: Sequence[str], detail: dict[str, object] | None = None) -> int:
        """Record that a request for the objects `keys` is about to be sent. Returns the number of the intent.

        `detail` is what recovery needs besides the keys; see `shapes` for the operations and their details.
        """
        ...

    def rename_owner(self, owner: str) -> None:
        """Record in one step, durably, that the ledger belongs to `owner` of the same account from now on."""
        ...

    def save(self) -> None:
        """Write the ledger itself and remove the journal, unless intents are open."""
        ...


class LedgerStore(Protocol):
    """A place where a ledger is kept."""

    def read(self, only: KindName | None = None) -> LedgerView:
        """The ledger as it is, without holding it; an empty one if there is none. Raises LedgerError.

        With `only`, objects of other kinds may be missing from it, since they need not be read.
        """
        ...

    def hold(self, verb: str, timeout: float) -> AbstractContextManager[LedgerSession]:
        """Lock the ledger for this run, waiting at most `timeout` seconds. Raises LedgerLocked naming the holder.

        `verb` is the command, which other runs are told while they wait.
        """
        ...
