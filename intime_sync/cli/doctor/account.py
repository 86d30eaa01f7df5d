"""Checks of the account: connection, sign-in, clock and lists. Sends nothing but requests for lists."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from intime_sync.cli.connection import Connection, connect
from intime_sync.cli.doctor.results import CheckResult, broken, failed, fine, skipped, warning
from intime_sync.cli.session import reading_context
from intime_sync.config.settings import EMBEDDED, Settings
from intime_sync.errors import CredentialsError, IntimeSyncError, ReadFailed, ServiceUnreachable
from intime_sync.kinds.registry import GROUPS, LISTED
from intime_sync.ledgers.base import LedgerView
from intime_sync.model.ledger import Ledger
from intime_sync.model.resource import KindName, RemoteId, Resource, Snapshot
from intime_sync.planning.account_groups import sort_groups
from intime_sync.planning.carriers import (
    current_carriers,
    has_name_of,
    leftover_carriers,
    owner_of,
)
from intime_sync.planning.index import by_id
from intime_sync.render.style import counted
from intime_sync.service.client import Client
from intime_sync.service.phone import parse_listed
from intime_sync.service.text import clean

_NEAR: Final = timedelta(seconds=5)
_FAR: Final = timedelta(seconds=60)
_DATE_STEP: Final = timedelta(seconds=1)
_NOT_REACHED: Final = "the account could not be read"
_AFTER_CONNECTION: Final = ("sign-in", "clock", "lists", "encoding", "numbers", "carriers")


@dataclass(frozen=True, slots=True)
class _Answers:
    """The rows of the lists that could be read, the errors of the others, and the times of the first call.

    `seconds` is how long it took, `began` this machine's time before it, `served_at` the service's time, if it said.
    """

    rows: Mapping[KindName, Sequence[Any]]
    errors: Mapping[KindName, IntimeSyncError]
    seconds: float
    began: datetime
    served_at: datetime | None

    @property
    def error(self) -> IntimeSyncError | None:
        """The error of the first call, if it failed."""
        return self.errors.get(GROUPS.name)


def check_account(settings: Settings, view: LedgerView | None, managed: Collection[KindName]) -> list[CheckResult]:
    """Every check that needs the service. `view` is None where the ledger is unusable."""
    owned = {name for name, entries in view.ledger.objects.items() if entries} if view else set()
    wanted = [kind.name for kind in LISTED if kind.name == GROUPS.name or kind.name in {*owned, *managed}]
    try:
        with connect(settings) as connection:
            answers = _read_lists(connection, wanted)
    except CredentialsError:
        # `check_credentials` reports this.
        return nothing_asked("there are no credentials")
    except (IntimeSyncError, OSError) as error:
        advice = error.hint or "" if isinstance(error, IntimeSyncError) else ""
        why = failed("connection", str(error), advice)
        return [why, *not_checked(_NOT_REACHED, *_AFTER_CONNECTION)]
    if isinstance(answers.error, ServiceUnreachable):
        return [broken("connection", answers.error), *not_checked(_NOT_REACHED, *_AFTER_CONNECTION)]
    found = [_connection(settings, answers), _sign_in(answers), _clock(answers)]
    if isinstance(answers.error, CredentialsError):
        return [*found, *not_checked(_NOT_REACHED, *_AFTER_CONNECTION[2:])]
    return [*found, *_lists(answers), *_contents(settings, answers, view)]


def nothing_asked(why: str) -> list[CheckResult]:
    """All checks of the account, skipped because the service must not be asked."""
    return not_checked(why, "connection", *_AFTER_CONNECTION)


def not_checked(why: str, *names: str) -> list[CheckResult]:
    """The named checks, skipped."""
    return [skipped(name, why) for name in names]


def _read_lists(connection: Connection, wanted: Sequence[KindName]) -> _Answers:
    client: Client = connection.client
    rows: dict[KindName, Sequence[Any]] = {}
    errors: dict[KindName, IntimeSyncError] = {}
    began, started = datetime.now(UTC), time.monotonic()
    seconds, served_at = 0.0, None
    for kind in LISTED:
        if kind.name not in wanted:
            continue
        try:
            rows[kind.name] = client.list_rows(kind.endpoint, kind.rows)
        except (CredentialsError, ReadFailed, ServiceUnreachable) as error:
            errors[kind.name] = error
        if kind.name == GROUPS.name:
            seconds, served_at = time.monotonic() - started, client.served_at
            if isinstance(errors.get(kind.name), CredentialsError | ServiceUnreachable):
                break
    return _Answers(rows, errors, seconds, began, served_at)


def _connection(settings: Settings, answers: _Answers) -> CheckResult:
    if settings.url == EMBEDDED:
        how, where = "inside the command", "the emulator"
    else:
        where = settings.url
        how = "TLS, with a certificate that is trusted" if where.startswith("https:") else "plain http, this machine"
    return fine("connection", f"{where} answered in {answers.seconds:.2f} s ({how})")


def _sign_in(answers: _Answers) -> CheckResult:
    name = "sign-in"
    if isinstance(answers.error, CredentialsError):
        return broken(name, answers.error)
    if answers.error is not None:
        return skipped(name, "the answer was none that could be read")
    return fine(name, "user and hash are accepted")


def _clock(answers: _Answers) -> CheckResult:
    name = "clock"
    if answers.served_at is None:
        return skipped(name, "the service's answers do not say what time it is there")
    ended = answers.began + timedelta(seconds=answers.seconds)
    # The header has whole seconds, and the answer was made at some time during the call.
    behind, ahead = answers.served_at - ended, answers.began - answers.served_at - _DATE_STEP
    skew = max(behind, ahead, timedelta(0))
    if skew <= _NEAR:
        return fine(name, f"agrees with the service's, to {skew.total_seconds():.0f} s")
    side = "behind" if behind > ahead else "ahead of"
    text = f"{skew.total_seconds():.0f} s {side} the service's"
    advice = (
        "set this machine's clock by NTP: it decides what is past, and how close to its time a message may change"
    )
    return warning(name, text, advice) if skew <= _FAR else failed(name, text, advice)


def _lists(answers: _Answers) -> Iterator[CheckResult]:
    name = "lists"
    for error in answers.errors.values():
        yield broken(name, error)
    counts = [f"{kind.spec.name}: {len(answers.rows[kind.name])}" for kind in LISTED if kind.name in answers.rows]
    if counts:
        yield fine(name, f"read whole; {', '.join(counts)}")


def _contents(settings: Settings, answers: _Answers, view: LedgerView | None) -> Iterator[CheckResult]:
    if not answers.rows:
        yield from not_checked(_NOT_REACHED, "encoding", "numbers", "carriers")
        return
    context = reading_context(settings)
    kinds = [kind for kind in LISTED if kind.name in answers.rows]
    actual = Snapshot({kind.name: kind.observed(answers.rows[kind.name], context) for kind in kinds})
    yield _encoding(actual, view)
    yield _numbers(answers, settings.region)
    if GROUPS.name in actual:
        ledger = view.ledger if view is not None else Ledger(lineage="")
        groups = sort_groups(actual.of(GROUPS.name), settings.owner, ledger)
        yield _own_carriers(groups.own, view, settings.owner)
        yield from _other_carriers(groups.foreign)
    else:
        yield skipped("carriers", _NOT_REACHED)


def _encoding(actual: Snapshot, view: LedgerView | None) -> CheckResult:
    name = "encoding"
    if view is None:
        return skipped(name, "the ledger is unusable")
    whole = 0
    for sent, shown in _echoes(actual, view.ledger):
        if is_garbled(sent, shown):
            return failed(
                name,
                f"`{sent}` comes back as `{shown}`",
                "apply nothing: it would be taken for something else; ask the service what changed",
            )
        whole += sent == shown
    if not whole:
        return skipped(name, "nothing is owned and listed that has letters such as å, ä and ö")
    return fine(name, f"{counted(whole, 'text')} with letters such as å, ä and ö came back as written")


def _echoes(actual: Snapshot, ledger: Ledger) -> Iterator[tuple[str, str]]:
    """Texts with letters beyond ASCII, as the ledger and as the account has them."""
    for kind in LISTED:
        rows = by_id(actual.of(kind.name))
        for entry in ledger.of(kind.name).values():
            row = rows.get(entry.remote_id) if entry.remote_id is not None else None
            if row is not None:
                shown = dict(_texts(kind.attributes(row.value)))
                for path, sent in _texts(entry.attributes):
                    if not sent.isascii() and path in shown:
                        yield sent, shown[path]


def _texts(attributes: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in attributes.items():
        if isinstance(value, str):
            yield prefix + name, value
        elif isinstance(value, dict):
            yield from _texts(value, f"{prefix}{name}.")


def is_garbled(sent: str, shown: str) -> bool:
    """Whether `shown` is `sent`, decoded with the wrong encoding, or with letters beyond ASCII replaced."""
    if sent.isascii() or sent == shown:
        return False
    garbled = {"".join(letter if letter.isascii() else replacement for letter in sent) for replacement in "?\ufffd"}
    for codec in ("cp1252", "iso-8859-1"):
        once = sent.encode().decode(codec, "replace")
        garbled |= {once, once.encode().decode(codec, "replace")}
    return shown in {clean(text) for text in garbled}


def _numbers(answers: _Answers, region: str) -> CheckResult:
    name = "numbers"
    mobiles = [row.mobile for rows in answers.rows.values() for row in rows if getattr(row, "mobile", "")]
    if not mobiles:
        return skipped(name, "no list that was read has any")
    spelled = Counter("international" if mobile.startswith(("+", "00")) else "national" for mobile in mobiles)
    text = "the lists spell them " + " and ".join(f"{style} ({count})" for style, count in sorted(spelled.items()))
    odd = sum(parse_listed(mobile, region) is None for mobile in mobiles)
    if odd:
        advice = "they match no number of the configuration; look for them in the service"
        return warning(name, f"{text}; {odd} {'is' if odd == 1 else 'are'} no phone number", advice)
    return fine(name, text)


def _own_carriers(there: Mapping[RemoteId, str], view: LedgerView | None, owner: str) -> CheckResult:
    name = "carriers"
    if view is None:
        return skipped(name, f"the ledger is unusable; {owner} has {len(there)} in the account")
    if there and not view.ledger.lineage:
        return failed(
            name,
            f"{counted(len(there), 'carrier')} of {owner} in the account, and no ledger: it seems to be lost",
            "put it back from a copy; without one, see docs/ledger.md before you apply",
        )
    known = view.ledger.carriers.keys()
    strange = len(leftover_carriers(view.ledger, there))
    gone = len(known - current_carriers(view.ledger, there))
    if strange or gone:
        text = ", ".join(
            part for part, count in ((f"{strange} not complete", strange), (f"{gone} gone or renamed", gone)) if count
        )
        return warning(
            name,
            f"{text}, of {counted(len(there.keys() | known), 'carrier')} of {owner}",
            "`intime-sync drift` names them; the next apply puts them in order",
        )
    former = Counter(owner_of(carrier) for carrier in there.values() if not has_name_of(carrier, owner))
    if former:
        shown = ", ".join(f"{count} of {other}" for other, count in sorted(former.items()))
        return warning(
            name,
            f"{counted(len(there), 'carrier')} of {owner}, all in the ledger; named for a former owner: {shown}",
            f"an apply with `contacts` and `strategy: carrier` makes them again under {owner}, then removes them",
        )
    return fine(name, f"{counted(len(there), 'carrier')} of {owner}, all in the ledger")


def _other_carriers(foreign: Iterable[Resource[Any]]) -> Iterator[CheckResult]:
    others = Counter(owner_of(group.key) for group in foreign)
    if others:
        shown = ", ".join(f"{other} ({count})" for other, count in sorted(others.items()))
        yield fine("other owners", f"carriers that are left alone: {shown}")
