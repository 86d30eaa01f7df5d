"""A service that answers an add with a contact it had already: whoever is undone with it must not be lost."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from account_lab import Lab, found_contacts, wanted_contacts

from intime_sync.emulator import FaultPlan
from intime_sync.model.policy import Policy

ANNA = {"key": "anna", "mobile": "0701740605", "groups": []}
BO = {"key": "bo", "mobile": "0701740606", "groups": []}
Config = dict[str, list[dict[str, Any]]]
BEFORE: Config = {"groups": [], "contacts": [ANNA, BO]}
AFTER: Config = {**BEFORE, "contacts": [{**ANNA, "extrafield": "Ny"}, BO]}
GONE: Config = {**BEFORE, "contacts": [BO]}


def trouble(lab: Lab, times: int, fault: str) -> None:
    lab.emulator.set_faults(
        FaultPlan.from_data([{"endpoint": "contacts/add", "call": 1, "times": times, "fault": fault}])
    )


@pytest.mark.parametrize("fault", ["error_after", "drop_after", "error_before", "garbage"])
@pytest.mark.parametrize("times", [1, 2, 9])
@pytest.mark.parametrize("then", ["once more", "back", "gone"])
@pytest.mark.parametrize("carrier_size", [1, 50])
def test_trouble_while_contacts_are_merged_loses_nobody(
    merging_lab: Lab, fault: str, times: int, then: str, carrier_size: int
) -> None:
    lab = merging_lab
    lab.policy = Policy(carrier_size=carrier_size)
    lab.apply(BEFORE)
    trouble(lab, times, fault)
    lab.try_apply(AFTER)
    lab.emulator.set_faults(None)
    # The change that failed may be taken back before anybody applies again.
    last = {"once more": AFTER, "back": BEFORE, "gone": GONE}[then]
    lab.apply(last)
    assert found_contacts(lab) == wanted_contacts(last)
    assert lab.plan(last).is_empty


class Killed(BaseException):
    """The process is gone: nothing that it would have done next happens."""


@pytest.mark.parametrize("last", [AFTER, BEFORE, GONE], ids=["once more", "back", "gone"])
@pytest.mark.parametrize("acted", [True, False])
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("merging", [True, False])
def test_a_run_that_died_at_any_request_loses_nobody(
    lab: Lab, merging_lab: Lab, monkeypatch: pytest.MonkeyPatch, merging: bool, nth: int, acted: bool, last: Config
) -> None:
    """The request was done or not, and nobody was left to write it down."""
    lab = merging_lab if merging else lab
    lab.apply(BEFORE)
    send, count = lab.client.send, iter(range(1, 99))

    def dying(request: Any) -> Any:
        mine = next(count)
        if mine > nth or (mine == nth and not acted):
            raise Killed
        outcome = send(request)
        if mine == nth:
            raise Killed
        return outcome

    with monkeypatch.context() as patch:
        patch.setattr(lab.client, "send", dying)
        with suppress(Killed):
            lab.try_apply(AFTER)
    lab.apply(last)
    assert found_contacts(lab) == wanted_contacts(last)
    assert lab.plan(last).is_empty
