"""The plan: ordered changes, counts, guards and diagnostics, and the digest that approvals refer to."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from intime_sync.model.change import Action, Change, Replace, action_of, after_of, before_of, remote_id_of
from intime_sync.model.ledger import AccountRef
from intime_sync.model.problem import Problem
from intime_sync.model.resource import Attributes, KindName, RemoteId


class GuardRule(StrEnum):
    """The rules that can stop a plan, by the names that plans show and plan files hold."""

    MAX_DELETE = "max_delete"
    PROTECT = "protect"
    EMPTY_ACCOUNT = "empty_account"
    FOREIGN_CARRIER = "foreign_carrier"
    MEMBERS_STAY = "members_stay"
    LOST_LEDGER = "lost_ledger"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Guard:
    """The verdict of one rule on the changes of one kind.

    `count` is the number of removals that the delete guard counts, and 0 for the other rules. `remedy` says what to
    write or do where no option lifts the guard, and is "" where one does.
    """

    rule: GuardRule
    kind: KindName
    tripped: bool
    message: str
    count: int = 0
    remedy: str = ""

    @property
    def option(self) -> str | None:
        """The option of `apply` that lets precisely this plan pass; None where there is none."""
        match self.rule:
            case GuardRule.MAX_DELETE:
                return f"--allow-delete {self.kind}={self.count}"
            case GuardRule.EMPTY_ACCOUNT:
                return f"--allow-empty {self.kind}"
            case GuardRule.LOST_LEDGER:
                return "--allow-resend"
            case GuardRule.PROTECT | GuardRule.FOREIGN_CARRIER | GuardRule.MEMBERS_STAY | GuardRule.CLOCK:
                return None
        assert_never(self.rule)

    @property
    def override(self) -> str:
        """What lets the plan pass: the option, or the remedy where no option does."""
        return self.option or self.remedy


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, and to which account.

    `changes` are in the order of kinds, then of keys, whatever the order of the configuration. `unchanged`
    counts desired objects that need nothing. `leftovers` are carriers that will be removed although no
    contact changes. `serial` and `lineage` are those of the ledger that the plan was made from.

    `terms` are what else decides which requests are sent: settings, targets and the ids of the groups referred to.
    `digest_key` is the ledger's (hexadecimal, "" where there is none yet). `stated` is the digest in the plan file
    that the plan was read from, which cannot be checked without that key.
    """

    account: AccountRef
    lineage: str
    serial: int
    changes: tuple[Change, ...]
    unchanged: int
    guards: tuple[Guard, ...] = ()
    diagnostics: tuple[Problem, ...] = ()
    leftovers: tuple[RemoteId, ...] = ()
    terms: Attributes = field(default_factory=dict)
    digest_key: str = field(default="", repr=False, compare=False)
    stated: str | None = field(default=None, compare=False)

    @property
    def is_empty(self) -> bool:
        """Whether applying the plan would do nothing at all."""
        return not self.changes and not self.leftovers

    def summary(self) -> dict[str, int]:
        """Counts by action, all actions present, and `unchanged`."""
        counts = Counter(map(action_of, self.changes))
        return {**{str(action): counts[action] for action in Action}, "unchanged": self.unchanged}

    def tripped(self) -> tuple[Guard, ...]:
        """The guards that stop the plan."""
        return tuple(guard for guard in self.guards if guard.tripped)

    def digest(self) -> str:
        """`sha256:…` over account, owner, terms, and the changes with what the ledger will record of them.

        The clock, reasons and places are left out. It is keyed with the ledger's key, so that without the ledger,
        phone numbers cannot be found by trying them.
        """
        return self.stated or self.recomputed(self.digest_key)

    def recomputed(self, key: str) -> str:
        """The digest with the ledger's key, whatever the plan file states."""
        digest = hmac.new(bytes.fromhex(key), digestmod=hashlib.sha256) if key else hashlib.sha256()
        encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        for piece in self._digested():
            digest.update(f"{encoder.encode(piece)}\n".encode())
        return f"sha256:{digest.hexdigest()}"

    def _digested(self) -> Iterator[object]:
        yield [self.account.url, self.account.user, self.account.owner, self.lineage, list(self.leftovers)]
        yield _plain(self.terms)
        for change in self.changes:
            yield [
                str(change.address),
                str(action_of(change)),
                remote_id_of(change),
                _plain(before_of(change)),
                _plain(after_of(change)),
                _plain(change.options) if change.options else None,
                change.protected,
                isinstance(change, Replace) and change.restores,
            ]


def _plain(attributes: Mapping[str, object] | None) -> dict[str, object] | None:
    return None if attributes is None else dict(attributes)
