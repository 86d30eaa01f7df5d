"""After any configuration and any edit, one apply reaches the wanted state and a second plan is empty."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from account_lab import OWNER, Lab, desired_from, found_contacts, wanted_contacts
from hypothesis import example, given, settings
from hypothesis import strategies as st
from made_up import Config, configs

from intime_sync.emulator.records import Contact, NewReminder
from intime_sync.kinds.registry import BY_SECTION
from intime_sync.model.policy import Policy

POLICIES = st.builds(Policy, carrier_size=st.sampled_from([1, 2, 3, 50]), batch_size=st.sampled_from([1, 2, 5, 200]))
HAND_MADE = NewReminder(
    at=datetime(2026, 9, 1, 9, 0),  # noqa: DTZ001 (the service's clock is naive wall time)
    organizer_firstname="Hans",
    organizer_lastname="Evertsson",
    organizer_title="Dr",
    attendant_firstname="Anna",
    attendant_lastname="Lindqvist",
    attendant_mobile="0701740699",
    number="+46701740699",
)


class Strangers:
    """What others keep in the account: a group with a contact, another owner's carrier, a number, a reminder."""

    def __init__(self, lab: Lab) -> None:
        store = lab.emulator.store
        self.groups = [store.add_group("Främmande"), store.add_group("~clinic-b/all-0123456789ab")]
        store.add_contact("Sven", mobile="0701740698", groups=self.groups)
        store.add_contact("Utan", "Grupp", email="utan@example.se")
        store.block("0701740699")
        store.add_reminder(HAND_MADE)
        self.contacts: list[Contact] = store.contacts()
        self.rows = (store.groups(), store.blocklist(), store.reminders())

    def assert_untouched(self, lab: Lab) -> None:
        """Every one of them is as it was."""
        store = lab.emulator.store
        for before, now in zip(self.rows, (store.groups(), store.blocklist(), store.reminders()), strict=True):
            assert set(before) <= set(now)


def assert_as_wanted(lab: Lab, config: Config, strangers: Strangers) -> None:
    """The account holds what is wanted and what was there, each once, and nothing else."""
    store = lab.emulator.store
    strangers.assert_untouched(lab)
    assert found_contacts(lab, strangers.contacts) == wanted_contacts(config)
    wanted_groups = [item["name"] for item in config["groups"]]
    mine = [name for id, name in store.groups() if id not in strangers.groups and not name.startswith("~")]
    assert Counter(mine) == Counter(wanted_groups)
    members = lab.members()
    assert all(members[id] for id in lab.carriers()), "a carrier without contacts was left behind"
    blocked = {resource.key for resource in desired_from(config).of(BY_SECTION["blocklist"].name)}
    assert Counter(entry.number for entry in store.blocklist()) == Counter([*blocked, "+46701740699"])
    reminders = [resource.value for resource in desired_from(config).of(BY_SECTION["reminders"].name)]
    assert Counter(
        (f"{row.at:%Y-%m-%dT%H:%M}", row.number, row.attendant_firstname, row.organizer_title, row.organizer_lastname)
        for row in store.reminders()
        if row.active and row.attendant_mobile != HAND_MADE.attendant_mobile
    ) == Counter(
        (value.at, value.mobile, value.attendant_firstname, value.title, value.organizer_lastname)
        for value in reminders
        if value.active
    )


@settings(max_examples=25)
@given(configs(), POLICIES)
def test_a_plan_after_an_apply_is_empty_and_the_account_is_as_wanted(
    lab: Lab, config: Config, policy: Policy
) -> None:
    lab.reset(policy)
    strangers = Strangers(lab)
    lab.apply(config)
    assert_as_wanted(lab, config, strangers)
    lab.emulator.calls.clear()
    assert lab.plan(config).is_empty
    lab.apply(config)
    assert lab.writes() == []


@settings(max_examples=25)
@given(st.lists(configs(), min_size=2, max_size=4), POLICIES)
def test_edits_converge(lab: Lab, versions: list[Config], policy: Policy) -> None:
    lab.reset(policy)
    strangers = Strangers(lab)
    for config in versions:
        lab.apply(config)
        assert_as_wanted(lab, config, strangers)
        assert lab.plan(config).is_empty


@settings(max_examples=25)
@given(configs(), configs(), POLICIES)
def test_a_lost_ledger_leads_to_no_duplicate(lab: Lab, before: Config, after: Config, policy: Policy) -> None:
    lab.reset(policy)
    strangers = Strangers(lab)
    lab.apply(before)
    lab.lose_ledger()
    # Without the ledger, only contacts are known as owned, by their carriers.
    after = {**before, "contacts": [item for item in after["contacts"] if not item["groups"]]}
    lab.apply(after)
    assert_as_wanted(lab, after, strangers)
    assert lab.plan(after).is_empty


@settings(max_examples=25)
@given(configs(), configs(), POLICIES, st.data())
def test_changes_by_hand_are_undone(
    lab: Lab, before: Config, after: Config, policy: Policy, data: st.DataObject
) -> None:
    lab.reset(policy)
    strangers = Strangers(lab)
    lab.apply(before)
    store = lab.emulator.store
    ours = [id for id, _ in store.groups() if id not in strangers.groups]
    for group in data.draw(st.sets(st.sampled_from(ours), max_size=3)) if ours else ():
        # With its contacts, or those of a carrier would stay behind as anybody's.
        store.delete_group(group, with_contacts=True)
    for entry in data.draw(st.sets(st.sampled_from([row.mobile for row in store.blocklist()]), max_size=2)):
        if entry != "0701740699":
            store.unblock(entry)
    lab.apply(after)
    assert_as_wanted(lab, after, strangers)
    assert lab.plan(after).is_empty


@settings(max_examples=25)
@given(configs(), st.data())
@example({"groups": [], "contacts": [], "blocklist": [], "reminders": []}, None)
def test_one_changed_contact_touches_one_carrier(lab: Lab, config: Config, data: st.DataObject | None) -> None:
    lab.reset(Policy(carrier_size=3))
    lab.apply(config)
    people = config["contacts"]
    if not people or data is None:
        return
    index = data.draw(st.integers(0, len(people) - 1))
    changed = {**config, "contacts": [dict(item) for item in people]}
    changed["contacts"][index]["lastname"] = "Ändrad"
    groups, members = lab.group_names(), lab.members()
    lab.apply(changed)
    gone, come = set(groups) - set(lab.group_names()), set(lab.group_names()) - set(groups)
    assert len(gone) == len(come) == 1
    assert all(name.startswith(f"~{OWNER}/") for name in (groups[next(iter(gone))], *lab.carriers().values()))
    elsewhere = {contact for id, ids in members.items() if id in lab.carriers() for contact in ids}
    assert elsewhere <= {contact.id for contact in lab.emulator.store.contacts()}
    assert len(members[next(iter(gone))]) <= 3


def _merged(config: Config, data: st.DataObject) -> Config:
    """Some contacts have another extrafield, some are gone; none leaves a group, which a merge cannot do."""
    kept = [dict(item) for item in config["contacts"] if data.draw(st.booleans(), label="kept")]
    for item in kept:
        if data.draw(st.booleans(), label="changed"):
            item["extrafield"] = "Ändrat"
    return {**config, "contacts": kept}


@settings(max_examples=25)
@given(configs(), POLICIES, st.data())
def test_no_contact_is_lost_with_a_service_that_merges_contacts(
    merging_lab: Lab, config: Config, policy: Policy, data: st.DataObject
) -> None:
    lab = merging_lab
    lab.reset(policy)
    strangers = Strangers(lab)
    lab.apply(config)
    for _ in range(2):
        config = _merged(config, data)
        lab.apply(config)
        assert_as_wanted(lab, config, strangers)
        assert lab.plan(config).is_empty
