"""Putting the parts together: from a directory and the environment to a client, a ledger and a plan."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from intime_sync.addresses import is_this_machine
from intime_sync.cli.output import Output, show_warnings_harmlessly
from intime_sync.cli.places import embedded_data_path, ledger_path, receipts_path
from intime_sync.config.desired import Configuration
from intime_sync.config.settings import EMBEDDED, Settings
from intime_sync.errors import CredentialsError, IntimeSyncError, InvalidInput, LedgerError
from intime_sync.fetching import fetch_actual
from intime_sync.kinds.reading import ItemContext
from intime_sync.kinds.registry import KINDS, MESSAGES
from intime_sync.ledgers.base import LedgerSession, LedgerView, Settle
from intime_sync.ledgers.file import FileLedgerStore
from intime_sync.model.ledger import AccountRef, Delta, Intent, Ledger
from intime_sync.model.plan import Plan
from intime_sync.model.resource import Json, KindName, RemoteId, Snapshot
from intime_sync.planning.awaiting import all_awaited
from intime_sync.planning.context import PlanningContext
from intime_sync.planning.matching import Clock, account_under_own_names
from intime_sync.planning.planner import make_plan
from intime_sync.planning.selection import EVERYTHING, Selection
from intime_sync.service.client import Client
from intime_sync.service.secrets import Credentials, Secret

_EMBEDDED_USER = "demo"
_SERVICE_HOST = "sms.intime.nu"


@dataclass(frozen=True, slots=True)
class Connection:
    """An account that can be talked to."""

    client: Client
    account: AccountRef


def credentials_of(settings: Settings) -> tuple[str, Secret]:
    """User and hash from the environment.

    Raises CredentialsError naming the variable, or the host that may not be given them.
    """
    if settings.url == EMBEDDED:
        return _EMBEDDED_USER, Secret(_EMBEDDED_USER)
    _check_host(settings.url, os.environ)
    stem = f"INTIME_{settings.credentials}" if settings.credentials else "INTIME"
    user_variable, variable, file_variable = f"{stem}_USER", f"{stem}_HASH", f"{stem}_HASH_FILE"
    user = os.environ.get(user_variable, "")
    if not user:
        raise CredentialsError(f"{user_variable} is not set", hint="set it to the account's user name")
    secret = os.environ.get(variable, "")
    path = os.environ.get(file_variable, "")
    if not secret and path:
        try:
            secret = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not text"
            raise CredentialsError(f"{file_variable} names {path}, which cannot be read: {why}") from None
        if not secret:
            raise CredentialsError(f"{file_variable} names {path}, which is empty")
    if not secret:
        raise CredentialsError(
            f"neither {variable} nor {file_variable} is set",
            hint=f"set {variable} to the account's secret key, or {file_variable} to a file that holds it",
        )
    return user, Secret(secret)


def _check_host(url: str, environ: Mapping[str, str]) -> None:
    """Refuse a host that only the configuration names: whoever can edit a branch could have the hash sent there.

    Allowed are the service's own host, this machine, and the hosts that INTIME_URL and INTIME_ALLOWED_HOSTS
    (comma-separated) name. Raises CredentialsError.
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    named = {name.strip().lower().rstrip(".") for name in environ.get("INTIME_ALLOWED_HOSTS", "").split(",")}
    with suppress(ValueError):
        named.add((urlsplit(environ.get("INTIME_URL", "")).hostname or "").rstrip("."))
    if host == _SERVICE_HOST or is_this_machine(host) or (host and host in named):
        return
    raise CredentialsError(
        f"`account.url` points to {host}, which the environment does not allow to receive the user name and hash",
        hint=f"if {host} is right, set INTIME_ALLOWED_HOSTS={host} (or INTIME_URL) where the credentials are set; "
        "nothing was sent",
    )


def account_of(settings: Settings) -> AccountRef:
    """The account that a configuration and the environment name. Raises CredentialsError."""
    return AccountRef(settings.url, credentials_of(settings)[0], settings.owner)


@contextmanager
def connect(settings: Settings) -> Iterator[Connection]:
    """A client for the account; the emulator is started for `embedded`. Nothing is sent before it is asked for."""
    user, secret = credentials_of(settings)
    account = account_of(settings)
    show_warnings_harmlessly()
    if settings.url == EMBEDDED:
        with _embedded(settings.directory) as url, _client(url, user, secret, settings) as client:
            yield Connection(client, account)
    else:
        with _client(settings.url, user, secret, settings) as client:
            yield Connection(client, account)


def _client(url: str, user: str, secret: Secret, settings: Settings) -> Client:
    return Client(url, Credentials(user, secret), wire=settings.wire)


@contextmanager
def _embedded(directory: Path) -> Iterator[str]:
    try:
        from intime_sync.emulator import EmulatorOptions, run_in_thread
    except ImportError:
        raise _no_emulator() from None
    import sqlite3

    data = embedded_data_path(directory)
    with ExitStack() as stack:
        try:
            running = stack.enter_context(run_in_thread(EmulatorOptions(data=data, loopback_only=True)))
        except ImportError:
            raise _no_emulator() from None
        except sqlite3.Error as error:
            raise IntimeSyncError(f"{data} cannot be used for the emulator's data: {error}") from None
        yield running.url


def _no_emulator() -> InvalidInput:
    return InvalidInput(
        "`account.url: embedded` needs the emulator, which is not installed",
        hint='install it with: pip install "intime-sync[emulator]"',
    )


def ledger_store(settings: Settings, account: AccountRef | None = None) -> FileLedgerStore:
    """The ledger's home. Raises InvalidInput for a URL that no backend serves, and for links of a repository."""
    return FileLedgerStore(ledger_path(settings, os.environ), account)


def check_ledger(ledger: Ledger, account: AccountRef) -> None:
    """Refuse a ledger that speaks of another account: planning from it would delete and create at random."""
    known = ledger.account
    if known is None:
        return
    same_place = known.url == account.url or (_is_local(known.url) and _is_local(account.url))
    if same_place and known.user == account.user and known.owner == account.owner:
        if known.url != account.url:
            Output.for_stderr().note(
                f"note: the ledger is about {known.url}, and this is {account.url}; on this machine, that may be "
                "another port of the same emulator, or another account"
            )
        return
    if same_place and known.user == account.user:
        held = ", ".join(f"{kind}: {len(entries)}" for kind, entries in sorted(ledger.objects.items()) if entries)
        raise LedgerError(
            f"`owner` changed: the ledger was written for `{known.owner}`, and the configuration says "
            f"`{account.owner}`. The ledger holds {held or 'nothing'}",
            hint=f"put `owner: {known.owner}` back; or, if the new name is meant, run "
            f"`intime-sync ledger rename-owner {known.owner} {account.owner}`. Do not remove the ledger: every "
            "contact would be made, and every scheduled message sent, a second time",
        )
    raise LedgerError(
        f"the ledger is about {known.owner} as {known.user} at {known.url}, "
        f"but this is {account.owner} as {account.user} at {account.url}",
        hint="use another ledger for another account (`ledger.url`, or INTIME_LEDGER); if this one was only "
        "for trying things out, remove its file",
    )


def _is_local(url: str) -> bool:
    """Emulators come and go on any port of this machine."""
    return url == EMBEDDED or is_this_machine(urlsplit(url).hostname or "")


def reading_context(settings: Settings) -> ItemContext:
    """What kinds need to understand the rows of lists."""
    return ItemContext.without_places(settings.region, settings.zone)


def clock_of(settings: Settings, client: Client | None = None) -> Clock:
    """Now, in the account's zone; with `client`, also by the service's clock when it last answered."""
    now = datetime.now(UTC)
    return Clock(now, settings.zone, now + client.ahead if client is not None and client.ahead else None)


def read_account(
    settings: Settings,
    connection: Connection,
    kinds: Iterable[KindName],
    view: LedgerView,
    settle: Settle,
    desired: Snapshot | None = None,
    *,
    patient: bool = False,
) -> Snapshot:
    """The lists of `kinds`, once what a run left open is settled, and what receipts have settled since.

    Objects that the service calls by another name than they were made with have the name that they were made with,
    unless `desired` has the other one. With `patient`, lists that do not show yet what an interrupted run did are
    given a little time. Raises LedgerError for another account.
    """
    check_ledger(view.ledger, connection.account)

    def fetch(kinds: Iterable[KindName]) -> Snapshot:
        return fetch_actual(connection.client, kinds, reading_context(settings))

    if view.open_intents or any(all_awaited(view.ledger)):
        from intime_sync.applying.settling import read_settled

        actual = read_settled(fetch, desired, kinds, view, settle, time.sleep if patient else None)
    else:
        actual = account_under_own_names(fetch(kinds), view.ledger, desired)
    _settle_by_receipts(settings, view.ledger, settle)
    return actual


def settle_messages(settings: Settings, view: LedgerView, settle: Settle) -> None:
    """What is known of messages without asking the account: what an interrupted run sent off, and receipts."""
    from intime_sync.applying.recovery import needs_list, settlement

    for intent in view.open_intents:
        if not needs_list(intent):
            settle(intent, settlement(intent, view.ledger, Snapshot({})))
    _settle_by_receipts(settings, view.ledger, settle)


def _settle_by_receipts(settings: Settings, ledger: Ledger, settle: Settle) -> None:
    receipts = receipts_for_unknown(settings, ledger)
    if receipts:
        from intime_sync.applying.recovery import heard_of

        heard = heard_of(ledger, receipts)
        if heard:
            settle(None, heard)


def receipts_for_unknown(settings: Settings, ledger: Ledger) -> dict[str, list[tuple[RemoteId, datetime]]]:
    """Receipts for messages of unknown outcome: message ids and times by transid."""
    transids = [
        MESSAGES.transid(key, mobile)
        for key, entry in ledger.of(MESSAGES.name).items()
        if entry.unknown
        for mobile in MESSAGES.mobiles(entry.attributes)
    ]
    if not transids:
        return {}
    path = receipts_path(settings, os.environ)
    if not path.exists():
        return {}
    from intime_sync.receipts.store import ReceiptStore

    found: dict[str, list[tuple[RemoteId, datetime]]] = {}
    try:
        store = ReceiptStore.open_existing(path)
        with store or nullcontext():
            for receipt in store.of_transids(transids) if store else ():
                found.setdefault(receipt.transid, []).append((RemoteId(receipt.message_id), receipt.received_at))
    except IntimeSyncError as error:
        # They only help: without them, the message stays what it is, unknown.
        Output.for_stderr().note(f"warning: delivery receipts cannot be read: {error}")
    return found


def settle_in_memory(ledger: Ledger) -> Settle:
    """For who only looks: the ledger as the next apply would have it."""

    def settle(_intent: Intent | None, deltas: Sequence[Delta]) -> None:
        for delta in deltas:
            ledger.record(delta)

    return settle


def settle_in(session: LedgerSession) -> Settle:
    """For who holds the ledger."""

    def settle(intent: Intent | None, deltas: Sequence[Delta]) -> None:
        if intent is None:
            session.record(deltas)
        else:
            session.settle(intent.number, deltas)

    return settle


def view_of(session: LedgerSession) -> LedgerView:
    """A held ledger as it reads now."""
    return LedgerView(session.ledger, session.open_intents)


def plan_for(
    configuration: Configuration,
    connection: Connection,
    view: LedgerView,
    settle: Settle,
    selection: Selection = EVERYTHING,
    *,
    patient: bool = False,
) -> tuple[Plan, Snapshot]:
    """The pipeline's first half: fetch, settle, plan. The configuration's warnings stand in the plan.

    `patient` is as in `read_account`.
    """
    settings, desired = configuration.settings, configuration.desired
    actual = read_account(settings, connection, desired.resources, view, settle, desired, patient=patient)
    context = PlanningContext(connection.account, clock_of(settings, connection.client), settings.policy)
    plan = make_plan(desired, actual, view.ledger, context, selection)
    targets: list[Json] = [str(address) for address in sorted(selection.targets)]
    terms = {**terms_of(settings), **plan.terms, "targets": targets}
    return replace(plan, terms=terms, diagnostics=(*configuration.warnings, *plan.diagnostics)), actual


def terms_of(settings: Settings) -> dict[str, Json]:
    """The settings that decide which requests a plan leads to, in a form that a digest covers."""
    policy = settings.policy
    return {
        "ledger": settings.stated_ledger,
        "timezone": settings.zone.key,
        "region": settings.region,
        "dates": settings.wire.dates,
        "mobiles": settings.wire.mobiles,
        "strategy": str(policy.contact_strategy),
        "carrier_size": policy.carrier_size,
        "batch_size": policy.batch_size,
        "lead_time": int(policy.message_lead_time.total_seconds()),
        "numbers": str(policy.numbers),
        "prune": {kind.name: str(policy.prune_of(kind.name)) for kind in KINDS},
        "max_delete": [policy.max_delete_percent, policy.max_delete_always_allow],
    }


def changed_terms(plan: Plan, settings: Settings) -> list[str]:
    """The names of the settings that are not what they were when a plan was made."""
    return [name for name, value in terms_of(settings).items() if plan.terms.get(name) != value]
