"""The exception tree: one class for each kind of failure, with its exit code.

Knows nothing about printing.

    IntimeSyncError                 1
    ├── InvalidInput                3   command line, settings, a plan that cannot be made from them
    │   └── InvalidConfiguration    3   carries every Problem with file:line:column
    ├── ServiceError                1
    │   ├── ReadFailed              1   a list that failed, was cut off or could not be read
    │   └── ServiceUnreachable      1   nothing was sent, or nothing came back
    ├── CredentialsError            9   missing, or refused by the service
    ├── GuardStopped                4   a guard or `protect`
    ├── StalePlan                   5   the account, ledger or digest is not what was approved
    ├── LedgerError                 1   a ledger that cannot be read or written
    │   └── LedgerLocked            6   another run holds it
    ├── AppliedInPart               7   something failed, the rest is done
    └── OutcomeUnknown              8   something needs `ledger resolve`
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from intime_sync.model.problem import Problem


class IntimeSyncError(Exception):
    """Base of all errors that this package raises.

    `str(error)` says what failed and why; `hint` says what to do about it, or is None. `exit_code` is that of a run
    that ends with the error.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class InvalidInput(IntimeSyncError):
    """The command line or the settings are wrong, or do not fit the account; nothing was sent."""

    exit_code = 3


class InvalidConfiguration(InvalidInput):
    """The configuration has problems; `problems` holds all of them, sorted by place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        count = len(problems)
        super().__init__(f"{count} problem{'' if count == 1 else 's'} in the configuration")
        self.problems = tuple(problems)


class ServiceError(IntimeSyncError):
    """The service answered with an error, or did not answer."""


class ReadFailed(ServiceError):
    """A list could not be read whole, so nothing is planned from it."""


class ServiceUnreachable(ServiceError):
    """The service could not be reached."""


class CredentialsError(IntimeSyncError):
    """Credentials are missing or refused."""

    exit_code = 9


class GuardStopped(IntimeSyncError):
    """A guard or `protect` stopped the plan before anything was sent."""

    exit_code = 4


class StalePlan(IntimeSyncError):
    """What was approved is not what would be applied now; nothing was sent."""

    exit_code = 5


class LedgerError(IntimeSyncError):
    """The ledger cannot be read, written or trusted."""


class LedgerLocked(LedgerError):
    """Another run holds the ledger."""

    exit_code = 6


class AppliedInPart(IntimeSyncError):
    """Some changes failed; the others are done."""

    exit_code = 7


class OutcomeUnknown(IntimeSyncError):
    """It cannot be known whether something happened."""

    exit_code = 8
