"""Every history of a world on a service: one disturbance in a run, one in the run that puts it right, then none."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from explore.account import Account, State, Stopping
from explore.acting import act
from explore.disturbing import HAND, Died, Disturbance, Trial, disturbed_writes, ways
from explore.hands import AFTER, BEFORE, DURING, Hand, moments
from explore.services import SERVICES
from explore.worlds import WORLDS
from properties.account_lab import desired_from

from intime_sync.errors import IntimeSyncError
from intime_sync.kinds.registry import BY_SECTION, CONTACTS
from intime_sync.model.report import Status
from intime_sync.model.resource import Snapshot


@dataclass(frozen=True)
class History:
    """What went wrong, and what was wrong in the end: None is nothing."""

    service: str
    world: str
    first: Disturbance | None
    second: Disturbance | None
    fault: str | None
    hand: str = ""

    def __str__(self) -> str:
        second = f", then {self.second}" if self.second else ""
        hand = f" ({self.hand})" if self.hand else ""
        return f"{self.service} {self.world}: {self.first or 'undisturbed'}{hand}{second}: {self.fault or 'right'}"

    @property
    def sort(self) -> str:
        """The sort of what was wrong."""
        return (self.fault or "").partition(":")[0]


def pairs() -> list[tuple[str, str]]:
    """Every service with every world that it makes a difference to."""
    return [(name, world) for name, kind in SERVICES.items() for world in kind.worlds]


def explore(service: str, world: str, every: int = 1, singles: int = 0) -> Iterator[History]:
    """All histories, or every nth of those with two disturbances: always the same ones.

    Of those with one, all are taken by default, unless it is only a share and the world has very many.
    """
    with _laboratory(service, world) as lab:
        share, has_hands = WORLDS[world].share, bool(WORLDS[world].hands)
        usual = 1 if every == 1 or share == 1 else 25 if has_hands else 4
        yield from lab.histories(every * share, singles or usual)


@contextmanager
def _laboratory(service: str, world: str) -> Iterator[_Laboratory]:
    memory = Path("/dev/shm")
    with ExitStack() as stack:
        root = memory if memory.is_dir() else None
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="explore-", dir=root)))
        account = Account(SERVICES[service].options, folder, alone=WORLDS[world].alone)
        stack.callback(account.close)
        stack.enter_context(disturbed_writes(account.wire))
        yield _Laboratory(service, world, account)


class _Laboratory:
    def __init__(self, service: str, world: str, account: Account) -> None:
        self.service, self.world, self.account = service, world, account
        self.runs = SERVICES[service].runs
        self.pairs = self.singles = 0
        self.has_acted = self.is_said_done = False
        self.before = desired_from(WORLDS[world].before)
        if WORLDS[world].before:
            _, wrong = self._reviewed(self.before, account.state())
            assert wrong is None, wrong
            if self.account.wait():
                self._run(self.before, Trial())
        self.wanted: Snapshot = desired_from(WORLDS[world].after)
        self.start = account.state()
        self.back = self.before if WORLDS[world].back else None
        self.end = account.picture()

    def histories(self, every: int, singles: int = 1) -> Iterator[History]:
        events, wrong = self._undisturbed()
        yield History(self.service, self.world, None, None, wrong)
        if wrong is not None:
            return
        self.change = self.wanted
        if self.back is not None:
            self.wanted = self.back
            self.account.put_back(self.start)
            self.end = self.account.picture()
            self.account.allow_delete = dict.fromkeys(self.account.ids(), 99)
        yield from self._disturbed(events, every, singles)
        for hand in WORLDS[self.world].hands:
            for moment in moments(hand):
                yield from self._disturbed(events, every, singles, hand, moment)

    def _disturbed(
        self, events: list[str], every: int, singles: int, hand: Hand | None = None, moment: str = ""
    ) -> Iterator[History]:
        """Every history with a disturbance, or with one and what somebody does at that moment of it."""
        start = self.start
        if moment == BEFORE:
            self.account.put_back(start)
            self._act(hand)
            start = self.account.state()
            trial = Trial()
            self._run(self.change, trial)
            events = trial.events
        said = f"{hand}, {moment}" if hand is not None else ""
        for first in self._firsts(events, singles, moment):
            self.account.put_back(start)
            self._refuse(on=True)
            self._run(self.change, Trial(first, lambda: self._act(hand)))
            if moment == AFTER:
                self._act(hand)
            between = self.account.state()
            trial = Trial()
            yield History(self.service, self.world, first, None, self._put_right(trial), said)
            for second in self._all_ways(trial.events):
                self.pairs += 1
                if self.pairs % every == 0:
                    yield History(self.service, self.world, first, second, self._twice(between, second), said)

    def _firsts(self, events: list[str], singles: int, moment: str) -> Iterator[Disturbance | None]:
        """What goes wrong in the first run, or every nth of that; what somebody does at an event is one of it."""
        if not moment:
            yield from islice(self._all_ways(events), 0, None, singles)
            return
        everything: list[Disturbance | None] = [None, *self._all_ways(events)]
        if moment == DURING:
            everything = [Disturbance(place, what, HAND) for place, what in enumerate(events, 1)]
        for first in everything:
            self.singles += 1
            if self.singles % singles == 0:
                yield first

    def _all_ways(self, events: list[str]) -> Iterator[Disturbance]:
        for place, what in enumerate(events, 1):
            for way in ways(place, what):
                if not (SERVICES[self.service].only_confirmed and way.is_unheard):
                    yield way

    def _act(self, hand: Hand | None) -> None:
        if hand is not None:
            self.has_acted = True
            act(hand, self.account, self.start, WORLDS[self.world].before)

    def _refuse(self, *, on: bool) -> None:
        refused = WORLDS[self.world].refused if on else ""
        self.account.refuse(refused, keep_others=SERVICES[self.service].keeps_others)

    def _beside_refused(self, trial: Trial) -> str | None:
        """Run while a contact is refused; what is wrong then. Everybody must be there once, and nothing may grow."""
        if not WORLDS[self.world].refused:
            return None
        self._refuse(on=True)
        seen: Counter[tuple[Any, ...]] = Counter()
        for each in (trial, Trial(), Trial(), Trial()):
            before, seen = seen, Counter()
            self._run(self.wanted, each)
            for what, count in self.account.picture().items():
                seen[what] += count
        self._refuse(on=False)
        numbers = Counter(what[1] for what in seen.elements() if what[0] == CONTACTS.name)
        for contact in self.wanted.of(CONTACTS.name):
            # One that somebody removed cannot come back while it is refused.
            may_be_gone = self.has_acted and contact.value.mobile.endswith(WORLDS[self.world].refused)
            if numbers[contact.value.mobile] not in ((0, 1) if may_be_gone else (1,)):
                return f"beside a refused one, {numbers[contact.value.mobile]} times: {contact.key}"
        return "beside a refused one, it changes" if seen != before else None

    def _undisturbed(self) -> tuple[list[str], str | None]:
        """The run without a disturbance: what it does, and how it ends."""
        self._refuse(on=True)
        trial, wrong = self._reviewed(self.wanted, self.start)
        assert wrong is None, wrong
        if WORLDS[self.world].refused:
            if fault := self._beside_refused(Trial()):
                return trial.events, fault
            for _ in range(self.runs):
                self._run(self.wanted, Trial())
        if self.account.wait():
            self._run(self.wanted, Trial())
        self.end = self.account.picture()
        counts: Counter[str] = Counter()
        for what, count in self.end.items():
            counts[what[0]] += count
        for section, items in WORLDS[self.world].after.items():
            kind = BY_SECTION[section].name
            wanted = sum(len(item["recipients"]) for item in items) if section == "messages" else len(items)
            found = counts[kind] - len(self.account.others.get(kind, ()))
            if found != wanted:
                return trial.events, f"{'lost' if found < wanted else 'twice'}: {wanted} {kind} wanted, {found} found"
        return trial.events, self._judge()

    def _reviewed(self, desired: Snapshot, start: State) -> tuple[Trial, Exception | None]:
        """A run of which a person allows what it is stopped at; every later run is the same command with that."""
        trial = Trial()
        wrong = self._run(desired, trial)
        if isinstance(wrong, Stopping):
            for guard in wrong.guards:
                self.account.allow(guard)
            self.account.put_back(start)
            trial = Trial()
            wrong = self._run(desired, trial)
        return trial, wrong

    def _twice(self, between: State, second: Disturbance) -> str | None:
        self.account.put_back(between)
        self._refuse(on=True)
        self._run(self.wanted, Trial(second))
        return self._put_right(Trial())

    def _put_right(self, trial: Trial) -> str | None:
        """Run until there is nothing to do; what is wrong then. `trial` is the first run's."""
        left, asked, waited = self.runs, False, False
        if wrong := self._beside_refused(trial):
            return wrong
        if WORLDS[self.world].refused:
            trial = Trial()
        while left:
            left -= 1
            wrong = self._run(self.wanted, trial)
            if wrong is not None:
                return f"stopped by {wrong}" if isinstance(wrong, Stopping) else f"{type(wrong).__name__}: {wrong}"
            if self.is_said_done and (missing := self.end - self.account.picture()):
                return f"said to be done, and missing: {min(missing)}"
            if self.account.wait() and not waited:
                # What was confirmed and is not there is waited for, and made again after that.
                left, waited = self.runs, True
            if self.account.resolve():
                # Once a person has said what became of a message, it is as if everything began anew.
                left, asked = left if asked else self.runs, True
            elif self._is_done():
                break
            trial = Trial()
        return self._judge()

    def _is_done(self) -> bool:
        state = self.account.state()
        try:
            plan, _ = self.account.apply(self.wanted, Trial())
        except (IntimeSyncError, Stopping):
            return False
        finally:
            self.account.put_back(state)
        return plan.is_empty

    def _run(self, desired: Snapshot, trial: Trial) -> Exception | None:
        """Apply; what ended it. `is_said_done` tells whether the report says that everything is as wanted."""
        self.is_said_done = False
        try:
            _, applied = self.account.apply(desired, trial)
            are_done = (result.status is Status.DONE for result in applied.report.results)
            self.is_said_done = applied.failure is None and all(are_done)
        except (Died, IntimeSyncError, Stopping) as ended:
            return ended if isinstance(ended, Exception) else None
        return None

    def _judge(self) -> str | None:
        found = self.account.picture()
        if missing := self.end - found:
            return f"lost: {min(missing)}"
        excused = self.account.excused_picture()
        if left := {what for what in found - self.end if self.end[what] or what not in excused}:
            twice = any(self.end[what] for what in left)
            return f"{'twice' if twice else 'left over'}: {min(left)}"
        if any(self.account.theirs[kind] - ids for kind, ids in self.account.ids().items()):
            return "lost: what is somebody else's"
        names = self.account.store.groups()
        members = {id for contact in self.account.store.contacts() for id in contact.groups}
        if any(name.startswith("~clinic-a/") and id not in members for id, name in names):
            return "left over: an empty carrier"
        if wrong := self.account.unknown_to_ledger(self.account.ledgers.read().ledger):
            return f"the ledger is wrong about: {', '.join(sorted(set(wrong)))}"
        if not self._is_done():
            return "the last plan has changes"
        files = set(self.account.state().files) - {"ledger.json", "ledger.json.journal.next"}
        return f"left over: {min(files)}" if files else None
