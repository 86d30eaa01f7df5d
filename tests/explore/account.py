"""One account and its ledger, in this process: put back to an earlier state at will, run, looked at."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from explore.disturbing import Trial, Wire
from faults.refusing import Refusal
from properties.account_lab import CLOCK, OWNER, REF, reading

from intime_sync.applying.applier import Applied, apply_plan
from intime_sync.applying.run import Run
from intime_sync.applying.settling import fetch_until_shown, settle_interrupted
from intime_sync.emulator import EmulatorOptions
from intime_sync.emulator.records import NewReminder
from intime_sync.emulator.service import Call, Reply, Service, Share
from intime_sync.emulator.store import Store
from intime_sync.fetching import fetch_actual
from intime_sync.kinds.registry import BLOCKLIST, BY_SECTION, CONTACTS, GROUPS, MESSAGES
from intime_sync.ledgers.base import LedgerSession
from intime_sync.ledgers.file import FileLedgerStore
from intime_sync.model.ledger import DropEntry, Ledger, PutEntry
from intime_sync.model.plan import Guard, Plan
from intime_sync.model.policy import Policy
from intime_sync.model.resource import KindName, Snapshot
from intime_sync.planning.awaiting import LONGEST_WAIT, all_awaited
from intime_sync.planning.context import Clock, PlanningContext
from intime_sync.planning.guards import still_tripped
from intime_sync.planning.matching import account_under_own_names
from intime_sync.planning.planner import make_plan
from intime_sync.service.client import Client
from intime_sync.service.secrets import Credentials, Secret

REMINDERS = BY_SECTION["reminders"]
MINE = f"~{OWNER}/"
POLICY = Policy(carrier_size=2)
_THERE = NewReminder(
    at=datetime(2026, 9, 1, 9, 0),  # noqa: DTZ001 (the service's clock is naive wall time)
    organizer_firstname="Hans",
    organizer_lastname="Evertsson",
    organizer_title="Dr",
    attendant_firstname="Anna",
    attendant_lastname="Lindqvist",
    attendant_mobile="0701740699",
    number="+46701740699",
)

Ids = dict[KindName, set[Any]]


def is_mine(name: str) -> bool:
    """Whether a group is a carrier of ours, whatever the service made of its name."""
    return name.lower().startswith(MINE)


class Progress:
    """Nobody looks."""

    def advance(self, count: int, what: str) -> None:
        """Nothing is shown."""


class Stopping(Exception):
    """A guard stops a plan."""

    def __init__(self, guards: tuple[Guard, ...]) -> None:
        super().__init__(", ".join(f"{guard.rule} {guard.kind}" for guard in guards))
        self.guards = guards


@dataclass(frozen=True)
class State:
    """All that outlives a run: the service's database, and the files beside and with the ledger."""

    database: bytes
    files: Mapping[str, bytes]
    lists: Mapping[tuple[str, str], Sequence[Reply]]
    clock: Clock


class _Refusing(Service):
    def __init__(self, refusal: Refusal, options: EmulatorOptions, store: Store) -> None:
        super().__init__(options, store)
        self.refusal = refusal

    def answer(self, call: Call, share: Share = "all") -> Reply:
        return self.refusal.answer(super().answer, call, share)


class Account:
    """The service with these options, somebody else's objects in it, and a ledger in `folder`."""

    def __init__(self, options: Mapping[str, Any], folder: Path) -> None:
        now = CLOCK.now.astimezone(CLOCK.zone).replace(tzinfo=None)
        self.options = EmulatorOptions(now=lambda: now, **options)
        self.folder = folder
        self.wire = Wire()
        self.client = Client("http://127.0.0.1:9", Credentials("demo", Secret("demo")), sleep=lambda _seconds: None)
        self.client.transport.close()
        self.client.transport = self.wire  # type: ignore[assignment]
        self.ledgers = FileLedgerStore(folder / "ledger.json", REF)
        self.allow_delete: dict[KindName, int] = {}
        self.allow_resend = False
        self.clock = CLOCK
        self.store = Store(None, self.options.now)
        self.service = Service(self.options, self.store)
        self.refuse("")
        for name in ("Främmande", "~clinic-b/all-0123456789ab"):
            group = self.store.add_group(name)
            self.store.add_contact(f"I {name}", mobile=f"070174069{group}", groups=[group])
        self.store.block("0701740698")
        self.store.add_reminder(_THERE)

    def close(self) -> None:
        self.store.close()

    def refuse(self, number: str, *, keep_others: bool = False) -> None:
        """Let the service refuse this number from now on, or with "" none."""
        service = self.service
        if number:
            refusal = Refusal("contacts/add", number, "3:ERROR2", keep_others=keep_others)
            service = _Refusing(refusal, self.options, self.store)
        self.wire.service = service

    def state(self) -> State:
        """What there is now."""
        files = {path.name: path.read_bytes() for path in self.folder.iterdir() if "lock" not in path.name}
        lists = {name: tuple(replies) for name, replies in self.service.lists.items()}
        return State(self.store._db.serialize(), files, lists, self.clock)

    def put_back(self, state: State) -> None:
        """Make everything as it was."""
        self.store._db.deserialize(state.database)
        self.store._db.execute("PRAGMA foreign_keys = ON")
        self.service.lists = {name: deque(replies) for name, replies in state.lists.items()}
        self.clock = state.clock
        for path in self.folder.iterdir():
            if path.name not in state.files and "lock" not in path.name:
                path.unlink()
        for name, data in state.files.items():
            (self.folder / name).write_bytes(data)

    def apply(self, desired: Snapshot, trial: Trial) -> tuple[Plan, Applied]:
        """One run of `apply`; raises what ends it, and Stopping where a guard does."""
        self.wire.trial = trial
        with self.ledgers.hold("apply", 0) as session:
            plan, actual = self._plan(desired, session)
            stopping = tuple(still_tripped(plan.guards, self.allow_delete, (), allow_resend=self.allow_resend))
            if stopping:
                raise Stopping(stopping)
            run = Run(
                client=self.client,
                session=session,
                owner=OWNER,
                policy=POLICY,
                context=reading(),
                actual=Run.lists_of(actual),
                progress=Progress(),
                parallelism=1,
                sleep=lambda _seconds: None,
                now=lambda: self.clock.now,
            )
            return plan, apply_plan(plan, run)

    def _plan(self, desired: Snapshot, session: LedgerSession) -> tuple[Plan, Snapshot]:
        fetched = fetch_until_shown(
            lambda kinds: fetch_actual(self.client, kinds, reading()),
            desired.resources,
            session,
            lambda _seconds: None,
        )
        settle_interrupted(session, fetched)
        actual = account_under_own_names(fetched, session.ledger, desired)
        return make_plan(desired, actual, session.ledger, PlanningContext(REF, self.clock, POLICY)), actual

    def allow(self, guard: Guard) -> None:
        """As whoever reviewed the plan does: allow precisely what a guard stops."""
        flag, _, value = guard.override.partition(" ")
        match flag:
            case "--allow-delete":
                self.allow_delete[guard.kind] = int(value.partition("=")[2])
            case "--allow-resend":
                self.allow_resend = True
            case _:
                raise AssertionError(guard)

    def wait(self) -> bool:
        """Let as much time pass as confirmed objects are waited for, if any are."""
        awaited = any(all_awaited(self.ledgers.read().ledger))
        if awaited:
            self.clock = replace(self.clock, now=self.clock.now + LONGEST_WAIT)
        return awaited

    def resolve(self) -> int:
        """As a person does who looks in the service: say of each message in doubt whether it was sent."""
        self.wire.trial = Trial()
        if not any(entry.unknown for entry in self.ledgers.read().ledger.of(MESSAGES.name).values()):
            return 0
        texts = Counter((row.number, row.body) for row in self.store.messages() if row.status != "cancelled")
        with self.ledgers.hold("ledger resolve", 0) as session:
            doubtful = {key: entry for key, entry in session.ledger.of(MESSAGES.name).items() if entry.unknown}
            for key, entry in doubtful.items():
                sent = any(texts[number, entry.attributes["body"]] for number in MESSAGES.mobiles(entry.attributes))
                put = PutEntry(MESSAGES.name, key, replace(entry, unknown=False, dispatch=None))
                session.record([put if sent else DropEntry(MESSAGES.name, key)])
        return len(doubtful)

    def picture(self) -> Counter[tuple[Any, ...]]:
        """What the account holds, without ids; whoever looks twice at the same objects sees the same."""
        names = dict(self.store.groups())
        seen: Counter[tuple[Any, ...]] = Counter()
        for name in names.values():
            seen["group", name] += not is_mine(name)
        for contact in self.store.contacts():
            into = sorted(MINE if is_mine(name := names[id]) else name for id in contact.groups)
            number = contact.number or contact.email
            seen["contact", number, contact.firstname, contact.extrafield, contact.type, *into] += 1
        for blocked in self.store.blocklist():
            seen["blocklist", blocked.number] += 1
        for row in self.store.reminders():
            seen["reminder", str(row.at), row.number, row.attendant_firstname, row.organizer_lastname] += row.active
        for sms in self.store.messages():
            seen["message", sms.number, sms.body] += sms.status != "cancelled"
        return +seen

    def unknown_to_ledger(self, ledger: Ledger, before: Ids) -> list[str]:
        """In what ledger and account differ, besides those that were there `before`."""
        now = self.ids()
        told: Ids = {
            GROUPS.name: {entry.remote_id for entry in ledger.of(GROUPS.name).values()} | set(ledger.carriers),
            CONTACTS.name: {entry.remote_id for entry in ledger.of(CONTACTS.name).values()},
            BLOCKLIST.name: set(ledger.of(BLOCKLIST.name)),
            REMINDERS.name: {entry.remote_id for entry in ledger.of(REMINDERS.name).values()},
        }
        wrong = []
        for kind, ids in told.items():
            there = now[kind] - before[kind]
            wrong += [f"{kind} is not in the account"] if ids - there else []
            wrong += [f"{kind} is not in the ledger"] if there - ids else []
        members = {contact.id: contact.groups for contact in self.store.contacts()}
        entries = ledger.of(CONTACTS.name).values()
        if any(entry.carrier not in members.get(entry.remote_id or 0, ()) for entry in entries):
            wrong.append("contact is not in its carrier")
        return wrong

    def ids(self) -> Ids:
        """The ids of everything that is there; a blocked number is its own."""
        return {
            GROUPS.name: {id for id, _ in self.store.groups()},
            CONTACTS.name: {contact.id for contact in self.store.contacts()},
            BLOCKLIST.name: {row.number for row in self.store.blocklist()},
            REMINDERS.name: {row.id for row in self.store.reminders() if row.active},
        }
