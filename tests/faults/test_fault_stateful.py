"""Any history of edits, faults, deaths and other people's hands: when it is over, an apply or two put all right."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from crashing import Died, dies_at
from fault_lab import (
    Bystanders,
    Lab,
    Orphans,
    assert_as_wanted,
    assert_honest,
    faults,
    module_lab,
    settle,
)
from harness import FULL
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from properties.account_lab import NOW, REF, Sections, desired_from

from intime_sync.emulator import FaultPlan
from intime_sync.errors import CredentialsError, InvalidInput, LedgerError, ServiceError, StalePlan
from intime_sync.kinds.registry import BY_SECTION
from intime_sync.ledgers.file import FileLedgerStore
from intime_sync.model.ledger import Ledger
from intime_sync.model.plan import Plan
from intime_sync.model.policy import ContactStrategy, Policy
from intime_sync.model.resource import Address
from intime_sync.planning.selection import Selection
from intime_sync.render.json import plan_to_json
from intime_sync.render.plan_file import read_plan

USUAL = 40
EXAMPLES = int(os.environ.get("FAULT_EXAMPLES", 10 * USUAL if FULL else USUAL))
"""Set FAULT_EXAMPLES to a few thousand to search at random for a night; the usual ones are always the same."""

OWNERS = ("clinic-a", "clinic-c")
OURS = tuple(f"~{owner}/" for owner in OWNERS)
GROUPS = ("Akut", "Jour", "Kansli", "Personal & vikarier")
TEXTS = ("", "Ledningsgrupp", "Östra")
TIMES = ("2026-06-01T08:30", "2026-06-02T09:00", "2026-12-24T15:00")

ENDPOINTS = (
    "*",
    "contacts/addgroup",
    "contacts/add",
    "contacts/deletegroup",
    "contacts/listgroups",
    "nix/addnix",
    "nix/deletenix",
    "nix/list",
    "reminder/add",
    "reminder/edit",
    "reminder/list",
)
ANYWHERE: tuple[dict[str, Any], ...] = (
    {"fault": "drop_before"},
    {"fault": "drop_after"},
    {"fault": "error_before", "status": 500},
    {"fault": "error_after", "status": 503},
    {"fault": "error_before", "status": 403},
    {"fault": "garbage", "act": True},
    {"fault": "garbage", "act": False},
    {"fault": "truncate", "content_length": "full"},
    {"fault": "empty", "act": True},
    {"fault": "throttle", "status": 429, "retry_after": 1},
    {"fault": "garbage", "text": "1:ERROR1", "act": False},
    {"fault": "garbage", "text": "0:ERROR3", "act": True},
)
WRITES: tuple[dict[str, Any], ...] = (
    {"fault": "wrong_count", "delta": -1},
    {"fault": "wrong_count", "delta": 1},
    {"fault": "partial", "reply": "short"},
    {"fault": "garbage", "text": "2:ERROR1", "act": False},
    {"fault": "garbage", "text": "2:ERROR1", "act": True},
)
LISTED: tuple[dict[str, Any], ...] = (
    {"fault": "partial", "reply": "full"},
    {"fault": "truncate", "content_length": "actual"},
    {"fault": "duplicate"},
)
"""Right answers to wrong deeds: seen where there is a list to look into, so not with contacts."""


@st.composite
def fault_rules(draw: st.DrawFn) -> dict[str, Any]:
    """One thing that goes wrong, and when."""
    endpoint = draw(st.sampled_from(ENDPOINTS))
    wrongs = ANYWHERE
    if endpoint != "*" and "list" not in endpoint:
        wrongs += WRITES if endpoint == "contacts/add" else (*WRITES, *LISTED)
    when = draw(st.sampled_from(({"call": "every"}, *({"call": n, "times": m} for n in range(1, 7) for m in (1, 3)))))
    return {"endpoint": endpoint, **when, **draw(st.sampled_from(wrongs))}


@st.composite
def configs(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """All four sections."""
    groups = draw(st.lists(st.sampled_from(GROUPS), unique=True))
    contacts = []
    for index in sorted(draw(st.sets(st.integers(0, 5)))):
        item: dict[str, Any] = {
            "key": f"p{index}",
            "firstname": f"P{index}",
            "extrafield": draw(st.sampled_from(TEXTS)),
        }
        # How somebody is reached stays, so that a service that merges finds them again.
        if index % 3 != 1:
            item["mobile"] = f"070174061{index}"
        if index % 3 != 0:
            item["email"] = f"p{index}@example.se"
        chosen = draw(st.lists(st.sampled_from(groups), unique=True)) if groups else []
        item["groups"] = [name for name in chosen if name in groups]
        contacts.append(item)
    reminders = []
    taken = set()
    for index in sorted(draw(st.sets(st.integers(0, 3)))):
        at = draw(st.sampled_from(TIMES))
        # Two and two share a number, so that one may take the other's time.
        mobile = f"070174083{index // 2}"
        if (at, mobile) in taken:
            continue
        taken.add((at, mobile))
        attendant = {"firstname": draw(st.sampled_from(("Anna", "Östen"))), "mobile": mobile}
        reminders.append({"key": f"r{index}", "at": at, "organizer": {"lastname": "Ek"}, "attendant": attendant})
    blocked = draw(st.sets(st.integers(0, 5)))
    return {
        "groups": [{"name": name} for name in groups],
        "contacts": contacts,
        "blocklist": [{"mobile": f"070174072{index}"} for index in sorted(blocked)],
        "reminders": reminders,
    }


POLICIES = st.builds(Policy, carrier_size=st.sampled_from([1, 2, 50]), batch_size=st.sampled_from([1, 2, 200]))


@st.composite
def selections(draw: st.DrawFn, config: Sections, ledger: Ledger) -> Selection:
    """What --target and --replace may name: some of what is wanted, and of what the ledger has."""
    desired = desired_from(config)
    kinds = [BY_SECTION[name].name for name in config]
    wanted = {Address(kind, resource.key) for kind in kinds for resource in desired.of(kind)}
    there = {Address(kind, key) for kind in ledger.objects for key in ledger.of(kind)}

    def some(addresses: set[Address], most: int) -> frozenset[Address]:
        if not addresses:
            return frozenset()
        return frozenset(draw(st.sets(st.sampled_from(sorted(addresses)), max_size=most)))

    again = {address for address in wanted if address.kind in ("contact", "reminder")}
    targets = some(wanted | there, 4)
    replaced = some(again, 2)
    return Selection(targets | replaced if targets else targets, replaced)


class Account(RuleBasedStateMachine):
    """One account, its configuration, and everything that happens to them."""

    lab: Lab
    unseen: tuple[str, ...]
    """Endpoints of which nobody could see or mend it if the service did what it says that it refused."""

    @initialize(policy=POLICIES, linked=st.booleans())
    def begin(self, policy: Policy, linked: bool) -> None:
        self.lab.reset(policy)
        self.link_the_ledger(linked)
        self.planned: Plan | None = None
        self.bystanders = Bystanders(self.lab)
        self.orphans = Orphans()
        self.hand_made = 0
        self.config: dict[str, list[dict[str, Any]]] = {
            "groups": [],
            "contacts": [],
            "blocklist": [],
            "reminders": [],
        }

    def link_the_ledger(self, linked: bool) -> None:
        """Reach the ledger through a symbolic link, or by its own name."""
        folder = self.lab.ledgers.path.parent
        folder = folder.parent if folder.name == "elsewhere" else folder
        name = folder / "ledger.json"
        name.unlink(missing_ok=True)
        if linked:
            (folder / "elsewhere").mkdir(exist_ok=True)
            name.symlink_to("elsewhere/ledger.json")
        self.lab.ledgers = FileLedgerStore(name, REF)
        assert (self.lab.ledgers.path.parent.name == "elsewhere") == linked
        self.lab.lose_ledger()

    def faults(self, rules: list[dict[str, Any]]) -> FaultPlan:
        """A plan of these faults, without those that nobody could see or mend."""
        hidden = ("*", *self.unseen) if self.unseen else ()
        return faults(
            *(
                rule
                for rule in rules
                if not (rule["endpoint"] in hidden and rule.get("act") and "ERROR" in rule.get("text", ""))
            )
        )

    # What the users of the tool do

    def edit(self, data: st.DataObject) -> None:
        """All of the configuration, one section of it, or nothing."""
        sections = data.draw(
            st.sampled_from(("all", "groups", "contacts", "blocklist", "reminders", "none")), label="edit"
        )
        if sections == "none":
            return
        edited = data.draw(configs(), label="config")
        self.config = edited if sections == "all" else {**self.config, sections: edited[sections]}
        groups = {item["name"] for item in self.config["groups"]}
        self.config["contacts"] = [
            {
                **item,
                "groups": [name for name in item["groups"] if name in groups],
            }
            for item in self.config["contacts"]
        ]

    @rule(data=st.data())
    def edit_only(self, data: st.DataObject) -> None:
        self.edit(data)

    @rule(data=st.data(), rules=st.lists(fault_rules(), min_size=1, max_size=3))
    def apply_with_faults(self, data: st.DataObject, rules: list[dict[str, Any]]) -> None:
        self.edit(data)
        self.lab.emulator.set_faults(self.faults(rules))
        self.lab.emulator.calls.clear()
        with suppress(ServiceError, CredentialsError):
            applied = self.lab.try_apply(self.config)
            assert_honest(self.lab, self.config, applied, orphans=bool(self.orphans))
        assert len(self.lab.emulator.calls) < 400, "it ends by itself"
        self.lab.emulator.set_faults(None)

    @rule(data=st.data(), moment=st.integers(1, 40), torn=st.booleans(), rules=st.lists(fault_rules(), max_size=1))
    def die_in_mid_apply(self, data: st.DataObject, moment: int, torn: bool, rules: list[dict[str, Any]]) -> None:
        self.edit(data)
        self.lab.emulator.set_faults(self.faults(rules))
        with dies_at(self.lab, moment, torn=torn), suppress(Died, ServiceError, CredentialsError):
            self.lab.try_apply(self.config)
        self.lab.emulator.set_faults(None)

    @rule(data=st.data(), rules=st.lists(fault_rules(), max_size=2), moment=st.none() | st.integers(1, 40))
    def apply_a_part(self, data: st.DataObject, rules: list[dict[str, Any]], moment: int | None) -> None:
        """With --target and --replace."""
        self.edit(data)
        selection = data.draw(selections(self.config, self.lab.ledger()), label="selection")
        self.lab.emulator.set_faults(self.faults(rules))
        # An address that the last run's recovery takes out of the ledger is no address any more.
        over = suppress(Died, ServiceError, CredentialsError, InvalidInput)
        with dies_at(self.lab, moment or 10**6), over:
            applied = self.lab.try_apply(self.config, selection=selection)
            assert_honest(self.lab, self.config, applied, orphans=bool(self.orphans))
        self.lab.emulator.set_faults(None)

    @rule(data=st.data())
    def plan_to_a_file(self, data: st.DataObject) -> None:
        self.edit(data)
        plan = self.lab.plan(self.config)
        self.planned = read_plan(plan_to_json(plan, tool_version="1", created_at=NOW, mask=False))[0]
        self.planned_for = self.config
        assert self.planned.digest() == plan.digest()

    @precondition(lambda self: self.planned is not None)
    @rule(rules=st.lists(fault_rules(), max_size=2), moment=st.none() | st.integers(1, 40))
    def apply_the_file(self, rules: list[dict[str, Any]], moment: int | None) -> None:
        """Whatever happened since: it is carried out as it was shown, or refused before anything is sent."""
        assert self.planned is not None
        self.lab.emulator.set_faults(self.faults(rules))
        self.lab.emulator.calls.clear()
        with dies_at(self.lab, moment or 10**6), suppress(Died, ServiceError, CredentialsError):
            try:
                applied = self.lab.try_apply(self.planned_for, planned=self.planned)
            except StalePlan:
                assert not self.lab.writes()
            else:
                self.config = self.planned_for
                assert_honest(self.lab, self.planned_for, applied, orphans=bool(self.orphans))
        self.lab.emulator.set_faults(None)

    @rule(policy=POLICIES)
    def change_the_sizes(self, policy: Policy) -> None:
        self.lab.policy = policy

    @rule()
    def apply_with_append(self) -> None:
        """The other strategy, while no contact is to be made or changed: it settles what a run left open."""
        policy = self.lab.policy
        self.lab.policy = replace(policy, contact_strategy=ContactStrategy.APPEND)
        planned = self.lab.plan(self.config)
        if not {change.address.kind for change in planned.changes} & {"contact", "group"}:
            self.lab.apply(self.config)
            assert self.lab.plan(self.config).is_empty
        self.lab.policy = policy

    @rule(data=st.data())
    def apply_whole(self, data: st.DataObject) -> None:
        self.edit(data)
        self.heal()

    @rule(owner=st.sampled_from(OWNERS))
    def rename_the_owner(self, owner: str) -> None:
        if self.lab.ledger().lineage:
            self.lab.rename_owner(owner)

    @rule(journal_too=st.booleans())
    def lose_the_ledger(self, journal_too: bool) -> None:
        former = tuple(f"~{owner}/" for owner in OWNERS if owner != self.lab.owner)
        if any(name.startswith(former) for name in self.lab.group_names().values()):
            # Without a ledger, carriers of a former owner are those of another configuration.
            self.heal()
        self._remove_twins_by_hand()
        self.orphans.add_all(self.lab, self.bystanders)
        self.lab.ledgers.path.unlink(missing_ok=True)
        with suppress(LedgerError):
            if not journal_too:
                self.lab.ledgers.read()
                return
        # A journal that speaks of a ledger that is not there is refused; the person does what the hint says.
        self.lab.ledgers.journal_path.unlink(missing_ok=True)

    def _remove_twins_by_hand(self) -> None:
        """Which of two groups of a name is ours, nobody knows without a ledger: a person must say."""
        seen = set()
        for id, name in self.lab.groups():
            if name in seen and not name.startswith("~") and id not in self.bystanders.groups:
                self.lab.emulator.store.delete_group(id)
            seen.add(name)
        self.lists_catch_up()

    # What other people do in the service meanwhile

    def lists_catch_up(self) -> None:
        """Time passes: where lists lag, they do so behind a run's own changes, not behind what was done before it."""
        self.lab.emulator.catch_up()

    @rule(members=st.integers(0, 2), data=st.data())
    def somebody_makes_contacts(self, members: int, data: st.DataObject) -> None:
        groups = [id for id, name in self.lab.groups() if not name.startswith(OURS)]
        for _ in range(members):
            self.hand_made += 1
            chosen = data.draw(st.sets(st.sampled_from(groups), max_size=2), label="groups")
            self.bystanders.add_contact(
                "Hand",
                mobile=f"0709{self.hand_made:06}",
                email=f"hand{self.hand_made}@example.se",
                groups=sorted(chosen),
            )
        self.lists_catch_up()

    @rule()
    def somebody_makes_a_group_and_blocks_a_number(self) -> None:
        self.hand_made += 1
        self.bystanders.add_group(f"Gjord för hand {self.hand_made}")
        number = f"0709{self.hand_made:06}"
        self.bystanders.numbers[f"+46{number[1:]}"] = self.lab.emulator.store.block(number)
        self.lists_catch_up()

    @rule(data=st.data(), with_contacts=st.booleans())
    def somebody_deletes_a_managed_group(self, data: st.DataObject, with_contacts: bool) -> None:
        groups = {name: id for id, name in self.lab.groups() if name in GROUPS}
        if not groups:
            return
        group = groups[data.draw(st.sampled_from(sorted(groups)), label="group")]
        self.lab.emulator.store.delete_group(group, with_contacts=with_contacts)
        self.bystanders.note_group_gone()
        self.lists_catch_up()

    @rule(data=st.data())
    def somebody_deletes_a_carrier(self, data: st.DataObject) -> None:
        members = self.lab.members()
        carriers = sorted(self.lab.carriers())
        # One that shares a merged contact with another would empty that one without a trace.
        alone = [id for id in carriers if not any(members[id] & members[other] for other in carriers if other != id)]
        if alone:
            self.lab.emulator.store.delete_group(
                data.draw(st.sampled_from(alone), label="carrier"), with_contacts=True
            )
        self.lists_catch_up()

    @rule(data=st.data())
    def somebody_unblocks_a_number(self, data: st.DataObject) -> None:
        ours = [
            row.number for row in self.lab.emulator.store.blocklist() if row.number not in self.bystanders.numbers
        ]
        if ours:
            self.lab.emulator.store.unblock(data.draw(st.sampled_from(ours), label="number"))
        self.lists_catch_up()

    @rule(data=st.data())
    def somebody_switches_a_reminder_off(self, data: st.DataObject) -> None:
        ours = [
            row.id for row in self.lab.emulator.store.reminders() if row.active and row.id != self.bystanders.reminder
        ]
        if ours:
            self.lab.emulator.store.change_reminder(data.draw(st.sampled_from(ours), label="reminder"), active=False)
        self.lists_catch_up()

    # What must be true whenever it is over

    def heal(self) -> None:
        settle(self.lab, self.config)
        assert_as_wanted(self.lab, self.config, self.bystanders, may_stay=self.orphans, groups_may_go=True)
        ours = {id for id, name in self.lab.group_names().items() if name.startswith(OURS)}
        assert ours == set(self.lab.carriers()), "a carrier of a former owner was left behind"
        self.bystanders.note_groups()

    def teardown(self) -> None:
        if hasattr(self, "bystanders"):
            self.heal()


SERVICES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "adds": ({"on_known_mobile": "add"}, ()),
    "replaces": ({"on_known_mobile": "replace"}, ()),
    "merges": ({"on_known_mobile": "union"}, ()),
    "keeps": ({"on_known_mobile": "keep"}, ("contacts/add",)),
    "reuses-ids": ({"reuse_ids": True}, ()),
    "renames": ({"names": "upper"}, ()),
    "lags": ({"list_lag": 1}, ("contacts/addgroup",)),
}
"""The options of each service, and the endpoints of which it must not claim that it refused what it did."""


@pytest.mark.parametrize("service", SERVICES)
def test_whatever_happened_an_apply_or_two_put_all_right(tmp_path: Path, service: str) -> None:
    options, unseen = SERVICES[service]
    with module_lab(tmp_path, direct=True, **options) as lab:
        run_state_machine_as_test(
            type("Account", (Account,), {"lab": lab, "unseen": unseen}),
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=14,
                derandomize=EXAMPLES == USUAL,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
