"""After any faults in an apply, the next one reaches the wanted state, with no object twice or lost."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from account_lab import Lab
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import Config, configs
from test_prop_convergence import POLICIES, Strangers, assert_as_wanted

from intime_sync.emulator import FaultPlan
from intime_sync.errors import ServiceError
from intime_sync.model.policy import Policy

WRITES = [
    "contacts/add",
    "contacts/addgroup",
    "contacts/deletegroup",
    "nix/addnix",
    "nix/deletenix",
    "reminder/add",
    "reminder/edit",
]
READS = ["contacts/listgroups", "nix/list", "reminder/list"]
AT = {"call": st.integers(1, 4), "times": st.integers(1, 4)}
ON_WRITES: list[dict[str, Any]] = [
    {"fault": "drop_before"},
    {"fault": "drop_after"},
    {"fault": "error_before"},
    {"fault": "error_after"},
    {"fault": "garbage"},
    {"fault": "garbage", "act": False},
    {"fault": "truncate"},
    {"fault": "truncate", "content_length": "actual"},
    {"fault": "empty"},
    {"fault": "empty", "act": False},
    {"fault": "wrong_count", "delta": 1},
    {"fault": "wrong_count", "delta": -1},
    {"fault": "duplicate"},
    {"fault": "partial", "reply": "short"},
]
ON_READS: list[dict[str, Any]] = [{"fault": "error_before"}, {"fault": "garbage"}, {"fault": "truncate"}]


def rules(endpoints: list[str], faults: list[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    where = st.fixed_dictionaries({"endpoint": st.sampled_from(endpoints), **AT})
    return st.builds(lambda one, other: one | other, where, st.sampled_from(faults))


# Reads are asked for again, so only a longer trouble with them is any trouble.
# Half a batch of contacts under ids for all of it could never be noticed; what can be listed is read back.
LIES = rules([name for name in WRITES if name != "contacts/add"], [{"fault": "partial", "reply": "full"}])
FAULTS = st.lists(rules(WRITES, ON_WRITES) | rules(READS, ON_READS) | LIES, min_size=1, max_size=3)


@settings(max_examples=30)
@given(configs(8), configs(8), POLICIES, FAULTS)
def test_an_apply_after_faults_reaches_the_wanted_state(
    lab: Lab, before: Config, after: Config, policy: Policy, faults: list[dict[str, Any]]
) -> None:
    lab.reset(policy)
    strangers = Strangers(lab)
    lab.apply(before)
    lab.emulator.set_faults(FaultPlan.from_data(faults))
    # A list that cannot be read at all is no plan, and nothing is sent.
    with suppress(ServiceError):
        lab.try_apply(after)
    lab.emulator.set_faults(None)
    # What was confirmed and not done is waited for.
    lab.outwait()
    lab.apply(after)
    assert_as_wanted(lab, after, strangers)
    assert lab.plan(after).is_empty
