"""An account on a running emulator and a ledger: plan and apply through the library, and look behind them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from direct import DirectTransport

from intime_sync.applying.applier import Applied, apply_plan
from intime_sync.applying.run import Run
from intime_sync.applying.settling import fetch_until_shown, settle_interrupted
from intime_sync.emulator import EmulatorOptions, RunningEmulator, run_in_thread
from intime_sync.emulator.handlers.groups import stored_name
from intime_sync.emulator.records import Contact
from intime_sync.emulator.service import Reply
from intime_sync.errors import StalePlan
from intime_sync.fetching import fetch_actual
from intime_sync.kinds.reading import ItemContext
from intime_sync.kinds.registry import BY_SECTION, GROUPS
from intime_sync.ledgers.base import OpenLedger
from intime_sync.ledgers.file import FileLedgerStore
from intime_sync.model.change import action_of
from intime_sync.model.ledger import AccountRef, Ledger
from intime_sync.model.plan import Plan
from intime_sync.model.policy import Policy
from intime_sync.model.problem import Origin, Severity
from intime_sync.model.report import Status
from intime_sync.model.resource import KindName, Resource, Snapshot
from intime_sync.planning.awaiting import LONGEST_WAIT, all_awaited
from intime_sync.planning.carriers import unknown_carriers
from intime_sync.planning.context import Clock, PlanningContext
from intime_sync.planning.matching import account_under_own_names
from intime_sync.planning.planner import make_plan
from intime_sync.planning.selection import EVERYTHING, Selection
from intime_sync.planning.staleness import stale_reasons
from intime_sync.service.client import Client, Outcome
from intime_sync.service.requests import Request
from intime_sync.service.secrets import Credentials, Secret

OWNER = "clinic-a"
ZONE = ZoneInfo("Europe/Stockholm")
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CLOCK = Clock(NOW, ZONE)
REF = AccountRef("embedded", "demo", OWNER)

Sections = Mapping[str, Sequence[Mapping[str, Any]]]


def reading() -> ItemContext:
    """A context whose problems can be looked at."""
    return ItemContext("SE", ZONE, [], lambda *path: Origin("intime.yaml", 1, len(path) + 1))


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def desired_from(sections: Sections) -> Snapshot:
    """What items in long form wish for; they must be free of errors."""
    context = reading()
    origin = Origin("intime.yaml", 1, 1)
    resources: dict[Any, tuple[Resource[Any], ...]] = {}
    for section, items in sections.items():
        kind = BY_SECTION[section]
        read = [kind.read(item, origin, context) for item in items]
        resources[kind.name] = tuple(resource for resource in read if resource is not None)
    errors = [problem for problem in context.problems if problem.severity is Severity.ERROR]
    assert not errors, errors
    return Snapshot(resources)


@dataclass(frozen=True)
class State:
    """What is there at a moment: the service's database and its lists of before, ledger and journal, the settings."""

    database: bytes
    lists: Mapping[tuple[str, str], Sequence[Reply]]
    ledger: bytes | None
    journal: bytes | None
    policy: Policy
    clock: Clock
    owner: str


class _Silent:
    def advance(self, count: int, what: str) -> None:
        """Progress is not shown."""


Interceptor: TypeAlias = Callable[[Request], Outcome | None]


class InterceptedClient(Client):
    """A client that passes each request to `intercept` first, which may answer instead of the service or raise."""

    intercept: Interceptor = staticmethod(lambda _request: None)
    clock_ahead: timedelta | None = None
    """How far the service's clock is ahead, whatever its answers say; None to go by those."""

    @property
    def ahead(self) -> timedelta:
        return super().ahead if self.clock_ahead is None else self.clock_ahead

    def send(self, request: Request) -> Outcome:
        return self.intercept(request) or self.forward(request)

    def forward(self, request: Request) -> Outcome:
        """Send a request to the service without passing it to `intercept`."""
        return super().send(request)


@dataclass
class Lab:
    """One emulator, one ledger; `policy` and `clock` may be changed at any time, `owner` by `rename_owner`.

    `run_options` are given to each run besides what it always gets; `runs` are the runs so far.
    """

    emulator: RunningEmulator
    client: InterceptedClient
    ledgers: FileLedgerStore
    policy: Policy = field(default_factory=Policy)
    clock: Clock = CLOCK
    owner: str = OWNER
    names: dict[str, str] = field(default_factory=dict)
    """What configurations call groups, by what the service calls them."""
    started: dict[Any, tuple[State, Any]] = field(default_factory=dict)
    """States that tests begin with, kept for the next one."""
    run_options: dict[str, Any] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)

    def reset(self, policy: Policy | None = None) -> None:
        """An empty account and no ledger."""
        with self.emulator.store.transaction() as db:
            for table in ("membership", "contact", "contact_group", "blocked", "reminder", "message"):
                db.execute(f"DELETE FROM {table}")
        self.lose_ledger()
        self.policy = policy or Policy()
        self.clock = CLOCK
        self.run_options.clear()
        self.runs.clear()
        self.client.clock_ahead = None
        self.emulator.set_faults(None)
        self.emulator.catch_up()
        self.emulator.calls.clear()

    def state(self) -> State:
        """What is there now, to be put back later, which is quicker than making it again."""
        store = self.emulator.store
        with store._lock:
            database = store._db.serialize()
        lists = {name: tuple(replies) for name, replies in self.emulator._endpoints.service.lists.items()}
        ledger, journal = map(_content, (self.ledgers.path, self.ledgers.journal_path))
        return State(database, lists, ledger, journal, self.policy, self.clock, self.owner)

    def put_back(self, state: State) -> None:
        """Make everything as it was then, without faults, and count calls from here."""
        store = self.emulator.store
        with store._lock:
            store._db.deserialize(state.database)
            store._db.execute("PRAGMA foreign_keys = ON")
        service = self.emulator._endpoints.service
        service.lists = {name: deque(replies) for name, replies in state.lists.items()}
        for path, content in ((self.ledgers.path, state.ledger), (self.ledgers.journal_path, state.journal)):
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(content)
        self.policy, self.clock, self.owner = state.policy, state.clock, state.owner
        self.ledgers.account = self.ref
        self.run_options.clear()
        self.runs.clear()
        self.client.clock_ahead = None
        self.emulator.set_faults(None)
        self.emulator.calls.clear()

    def lose_ledger(self) -> None:
        """As if the ledger had never been."""
        self.owner, self.ledgers.account = OWNER, REF
        self.ledgers.path.unlink(missing_ok=True)
        self.ledgers.journal_path.unlink(missing_ok=True)

    def outwait(self) -> None:
        """Let as much time pass as what was confirmed, and no list shows, is waited for; none where all is listed."""
        if any(all_awaited(self.ledger())):
            self.clock = replace(self.clock, now=self.clock.now + LONGEST_WAIT)

    @contextmanager
    def intercepting(self, intercept: Interceptor) -> Iterator[None]:
        """Pass each request to `intercept` before it is sent; see InterceptedClient."""
        self.client.intercept = intercept
        try:
            yield
        finally:
            del self.client.intercept

    @property
    def ref(self) -> AccountRef:
        """The account, by the name that its owner has now."""
        return replace(REF, owner=self.owner)

    def fetch(self, desired: Snapshot) -> Snapshot:
        """The account, as a plan for `desired` sees it."""
        return fetch_actual(self.client, desired.resources, reading())

    def make(self, desired: Snapshot, actual: Snapshot, ledger: Ledger, selection: Selection = EVERYTHING) -> Plan:
        """A plan."""
        return make_plan(desired, actual, ledger, PlanningContext(self.ref, self.clock, self.policy), selection)

    def wanted(self, sections: Sections) -> Snapshot:
        """What items in long form wish for; what the service makes of the groups' names is noted."""
        desired = desired_from(sections)
        changed = self.emulator._endpoints.service.options.names
        self.names |= {stored_name(resource.key, changed): resource.key for resource in desired.of(GROUPS.name)}
        return desired

    def plan(self, sections: Sections) -> Plan:
        """What would be done now, once what a run left open is settled."""
        desired = self.wanted(sections)
        view = self.ledgers.read()
        actual = self._read(desired.resources, desired, view)
        return self.make(desired, actual, view.ledger)

    def _read(self, kinds: Iterable[KindName], desired: Snapshot | None, ledger: OpenLedger) -> Snapshot:
        """The account, once what an interrupted run left open is settled."""

        def fetch(kinds: Iterable[KindName]) -> Snapshot:
            return fetch_actual(self.client, kinds, reading())

        actual = fetch_until_shown(fetch, kinds, ledger, lambda _seconds: None)
        settle_interrupted(ledger, actual)
        return account_under_own_names(actual, ledger.ledger, desired)

    def ledger(self) -> Ledger:
        """The ledger as it reads now."""
        return self.ledgers.read().ledger

    def try_apply(
        self,
        sections: Sections,
        now: Callable[[], datetime] | None = None,
        *,
        selection: Selection = EVERYTHING,
        planned: Plan | None = None,
        alter: Callable[[Plan], Plan] = lambda plan: plan,
    ) -> Applied:
        """Plan and apply, and return the result; `now` is the clock of the apply where it is not that of the plan.

        `planned` is a plan of before, applied as it is; raises StalePlan where it no longer fits. `alter` changes
        the plan that is made before it is applied.
        """
        desired = self.wanted(sections)
        with self.ledgers.hold("apply", 0) as session:
            options: dict[str, Any] = {
                "client": self.client,
                "session": session,
                "owner": self.owner,
                "policy": self.policy,
                "context": reading(),
                "actual": {},
                "progress": _Silent(),
                "parallelism": 2,
                "sleep": lambda _seconds: None,
                "now": now or (lambda: self.clock.now),
            }
            run = Run(**(options | self.run_options))
            self.runs.append(run)
            actual = self._read(desired.resources, desired, session)
            run.actual = Run.lists_of(actual)
            if planned is None:
                return apply_plan(alter(self.make(desired, actual, session.ledger, selection)), run)
            reasons = stale_reasons(planned, self.ref, actual, session.ledger, self.clock)
            if reasons:
                raise StalePlan("; ".join(reasons))
            return apply_plan(planned, run)

    def rename_owner(self, owner: str) -> bool:
        """As `ledger rename-owner`: whether it is so now, or carriers that the ledger does not know forbid it."""
        with self.ledgers.hold("ledger rename-owner", 0) as session:
            known = session.ledger.account
            assert known is not None
            if known.owner != owner:
                groups = self._read([GROUPS.name], None, session).of(GROUPS.name)
                if any(unknown_carriers(groups, name, session.ledger) for name in (known.owner, owner)):
                    return False
                session.rename_owner(owner)
            self.owner = owner
            self.ledgers.account = self.ref
        return True

    def apply(self, sections: Sections) -> Applied:
        """Plan and apply; everything that is not held must be done."""
        applied = self.try_apply(sections)
        assert applied.failure is None, applied.failure
        left = [result for result in applied.report.results if result.status is not Status.DONE]
        assert all(result.action == "held" for result in left), left
        return applied

    # Behind its back

    def groups(self) -> list[tuple[int, str]]:
        """(id, name) of every group, carriers too, in id order; named as they were asked for."""
        return [(id, self._asked_for(name)) for id, name in self.emulator.store.groups()]

    def _asked_for(self, name: str) -> str:
        if self.emulator._endpoints.service.options.names == "upper" and name.startswith("~"):
            return name.lower()
        return self.names.get(name, name)

    def group_names(self) -> dict[int, str]:
        """Every group, carriers too."""
        return dict(self.groups())

    def carriers(self) -> dict[int, str]:
        """This owner's carriers."""
        return {id: name for id, name in self.group_names().items() if name.startswith(f"~{self.owner}/")}

    def members(self) -> dict[int, set[int]]:
        """The contacts' ids in each group."""
        found: dict[int, set[int]] = {id: set() for id in self.group_names()}
        for contact in self.emulator.store.contacts():
            for group in contact.groups:
                found[group].add(contact.id)
        return found

    def writes(self) -> list[str]:
        """The calls since the last reset that change something."""
        return [endpoint for method, endpoint in self.emulator.calls if method == "POST"]


def actions(plan: Plan) -> list[tuple[str, str]]:
    """(action, address) of each change."""
    return [(str(action_of(change)), str(change.address)) for change in plan.changes]


@contextmanager
def lab_at(path: Path, *, direct: bool = False, **options: Any) -> Iterator[Lab]:
    """A laboratory whose ledger is in `path`, on an emulator with these options.

    With `direct`, calls reach the emulator without HTTP, which takes a fifth of the time.
    """
    with (
        run_in_thread(EmulatorOptions(**options)) as emulator,
        InterceptedClient(emulator.url, Credentials("demo", Secret("demo")), sleep=lambda _seconds: None) as client,
    ):
        if direct:
            client.transport.close()
            client.transport = DirectTransport(emulator, sleep=lambda _seconds: None)
        yield Lab(emulator, client, FileLedgerStore(path / "ledger.json", REF))


_TYPES = {"sms": 1, "email": 2, "sms+email": 3}


def wanted_contacts(sections: Sections) -> Counter[tuple[Any, ...]]:
    """The contacts that should be there, as comparable tuples."""
    found = desired_from(sections).of(BY_SECTION["contacts"].name)
    values = [resource.value for resource in found if not resource.lifecycle.absent]
    return Counter(
        (
            _TYPES[value.type],
            value.firstname,
            value.lastname,
            value.email or "",
            value.mobile,
            value.extrafield,
            value.groups,
        )
        for value in values
    )


def found_contacts(lab: Lab, but: Sequence[Contact] = ()) -> Counter[tuple[Any, ...]]:
    """The contacts that are there besides `but`, which must be there unchanged; each in exactly one carrier."""
    names, carriers = lab.group_names(), lab.carriers()
    there = {contact.id: contact for contact in lab.emulator.store.contacts()}
    for contact in but:
        assert there.pop(contact.id, None) == contact
    found: Counter[tuple[Any, ...]] = Counter()
    for contact in there.values():
        assert sum(group in carriers for group in contact.groups) == 1, contact
        groups = tuple(sorted(names[group] for group in contact.groups if group not in carriers))
        found[
            (
                contact.type,
                contact.firstname,
                contact.lastname,
                contact.email,
                contact.number,
                contact.extrafield,
                groups,
            )
        ] += 1
    return found


def with_policy(policy: Policy, **changes: Any) -> Policy:
    """A policy that differs in `changes`."""
    return replace(policy, **changes)
