"""After an apply nothing has drifted, and what is then removed by hand is found."""

from __future__ import annotations

from account_lab import CLOCK, OWNER, Lab, reading
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import Config, configs

from intime_sync.fetching import fetch_actual
from intime_sync.model.drift import Drift
from intime_sync.model.policy import Policy
from intime_sync.planning.drift import find_drift, watched_kinds


def _drift(lab: Lab) -> Drift:
    ledger = lab.ledger()
    return find_drift(ledger, fetch_actual(lab.client, watched_kinds(ledger), reading()), CLOCK, OWNER)


@settings(max_examples=25)
@given(st.lists(configs(), min_size=1, max_size=3), st.sampled_from([1, 3, 50]))
def test_nothing_has_drifted_after_an_apply(lab: Lab, versions: list[Config], carrier_size: int) -> None:
    lab.reset(Policy(carrier_size=carrier_size))
    lab.emulator.store.add_group("~clinic-b/all-0123456789ab")
    lab.emulator.store.block("0701740699")
    for config in versions:
        lab.apply(config)
        found = _drift(lab)
        assert found.findings == ()
        assert sum(spot.count for spot in found.unobservable) == len(config["contacts"])
        assert found.carriers == found.carriers_there == len(lab.carriers())


@settings(max_examples=25)
@given(configs(), configs())
def test_changes_of_the_configuration_are_no_drift(lab: Lab, before: Config, after: Config) -> None:
    lab.reset()
    lab.apply(before)
    lab.plan(after)
    assert _drift(lab).findings == ()


@settings(max_examples=25)
@given(configs(), st.data())
def test_every_group_and_number_that_is_removed_by_hand_is_drift(
    lab: Lab, config: Config, data: st.DataObject
) -> None:
    lab.reset()
    lab.apply(config)
    store = lab.emulator.store
    groups, numbers = lab.group_names(), [entry.number for entry in store.blocklist()]
    gone = data.draw(st.sets(st.sampled_from(sorted(groups)))) if groups else set()
    freed = data.draw(st.sets(st.sampled_from(numbers))) if numbers else set()
    for id in gone:
        store.delete_group(id, with_contacts=True)
    for number in freed:
        store.unblock(number)
    keys = {finding.address.key for finding in _drift(lab).findings}
    assert keys == {groups[id] for id in gone} | freed
