"""Settings, account and ledger of one verb, and the steps from them to a plan.

A verb that plans takes these steps, one after the other:

    fetched = session.fetch(desired.resources)
    session.settle(fetched)
    actual = account_under_own_names(fetched, session.ledger, desired)
    plan = session.plan(configuration, actual)
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from intime_sync.addresses import is_this_machine
from intime_sync.cli.connection import Connection
from intime_sync.cli.output import Output
from intime_sync.cli.places import ledger_path, receipts_path
from intime_sync.config.desired import Configuration
from intime_sync.config.settings import EMBEDDED, Settings
from intime_sync.errors import IntimeSyncError, LedgerError
from intime_sync.fetching import fetch_actual
from intime_sync.kinds.reading import ItemContext
from intime_sync.kinds.registry import KINDS, MESSAGES
from intime_sync.ledgers.base import OpenLedger
from intime_sync.ledgers.file import FileLedgerStore
from intime_sync.model.ledger import AccountRef, Ledger
from intime_sync.model.plan import Plan
from intime_sync.model.resource import Json, KindName, RemoteId, Snapshot
from intime_sync.planning.awaiting import all_awaited
from intime_sync.planning.context import Clock, PlanningContext
from intime_sync.planning.planner import make_plan
from intime_sync.planning.selection import EVERYTHING, Selection
from intime_sync.service.client import Client


@dataclass(frozen=True, slots=True)
class Session:
    """The account and the ledger that one verb works with.

    Verbs that change something hold `open_ledger`; for the others it is a copy, which learns in memory alone.
    """

    settings: Settings
    connection: Connection
    open_ledger: OpenLedger

    @property
    def ledger(self) -> Ledger:
        """The ledger as it is known now."""
        return self.open_ledger.ledger

    def context(self) -> PlanningContext:
        """What a plan made at this moment depends on."""
        clock = clock_of(self.settings, self.connection.client)
        return PlanningContext(self.connection.account, clock, self.settings.policy)

    def fetch(self, kinds: Iterable[KindName], *, patient: bool = False) -> Snapshot:
        """The account's lists of `kinds`, and those that settle what an interrupted run left open; writes nothing.

        With `patient`, lists that do not show yet what an interrupted run did are read again for a little while.
        Raises LedgerError for the ledger of another account.
        """
        check_ledger(self.ledger, self.connection.account)

        def fetch(kinds: Iterable[KindName]) -> Snapshot:
            return fetch_actual(self.connection.client, kinds, reading_context(self.settings))

        intents = self.open_ledger.open_intents
        if patient and intents:
            from intime_sync.applying.settling import fetch_until_shown

            return fetch_until_shown(fetch, kinds, self.open_ledger, time.sleep)
        return fetch((*kinds, *(intent.kind for intent in intents)))

    def settle(self, actual: Snapshot) -> int:
        """Settle in the ledger what an interrupted run left open, by the account's lists and delivery receipts.

        Returns how many requests were settled.
        """
        settled = 0
        if self.open_ledger.open_intents or any(all_awaited(self.ledger)):
            from intime_sync.applying.settling import settle_interrupted

            settled = settle_interrupted(self.open_ledger, actual)
        _settle_by_receipts(self.settings, self.open_ledger)
        return settled

    def plan(self, configuration: Configuration, actual: Snapshot, selection: Selection = EVERYTHING) -> Plan:
        """The plan, with the settings that it depends on and the warnings of the configuration.

        Objects in `actual` have the names that they were made with; see `account_under_own_names`.
        """
        plan = make_plan(configuration.desired, actual, self.ledger, self.context(), selection)
        targets: list[Json] = [str(address) for address in sorted(selection.targets)]
        terms = {**terms_of(self.settings), **plan.terms, "targets": targets}
        return replace(plan, terms=terms, diagnostics=(*configuration.warnings, *plan.diagnostics))


def ledger_store(settings: Settings, account: AccountRef | None = None) -> FileLedgerStore:
    """The store of the ledger. Raises InvalidInput for a URL, and for a link that came with the repository."""
    return FileLedgerStore(ledger_path(settings), account)


def check_ledger(ledger: Ledger, account: AccountRef) -> None:
    """Raise LedgerError for the ledger of another account, from which a plan would delete and create at random."""
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
    """Whether a URL is on this machine, where an emulator may have another port every time."""
    return url == EMBEDDED or is_this_machine(urlsplit(url).hostname or "")


def reading_context(settings: Settings) -> ItemContext:
    """The context in which kinds read the rows of lists."""
    return ItemContext.without_places(settings.region, settings.zone)


def clock_of(settings: Settings, client: Client | None = None) -> Clock:
    """Now, in the account's zone; with `client`, also by the service's clock when it last answered."""
    now = datetime.now(UTC)
    return Clock(now, settings.zone, now + client.ahead if client is not None and client.ahead else None)


def settle_messages(settings: Settings, ledger: OpenLedger) -> None:
    """Settle messages without asking the account: by the journal and by delivery receipts."""
    if ledger.open_intents:
        from intime_sync.applying.settling import settle_without_lists

        settle_without_lists(ledger)
    _settle_by_receipts(settings, ledger)


def _settle_by_receipts(settings: Settings, ledger: OpenLedger) -> None:
    receipts = receipts_for_unknown(settings, ledger.ledger)
    if receipts:
        from intime_sync.applying.settling import settle_by_receipts

        settle_by_receipts(ledger, receipts)


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
    path = receipts_path(settings)
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
        # Receipts only help: without them, the outcome stays unknown.
        Output.for_stderr().note(f"warning: delivery receipts cannot be read: {error}")
    return found


def terms_of(settings: Settings) -> dict[str, Json]:
    """The settings that decide which requests a plan leads to, as values that its digest covers."""
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
    """The names of the settings that have changed since a plan was made."""
    return [name for name, value in terms_of(settings).items() if plan.terms.get(name) != value]
