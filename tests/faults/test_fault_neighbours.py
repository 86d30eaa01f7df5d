"""A contact that the service refuses by now, in a carrier that others leave, join or change in.

On every kind of service nobody is lost, nobody is there twice, what can arrive arrives, and nothing grows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from crashing import Died, dies_at
from fault_lab import Bystanders, Lab, assert_as_wanted, module_lab, settle, start
from properties.account_lab import actions
from refusing import refuse

from intime_sync.model.policy import Policy
from intime_sync.model.report import Status

Config = dict[str, list[dict[str, Any]]]
REFUSED = "701740612"
"""The number of p2."""


def person(index: int, firstname: str = "", groups: tuple[str, ...] = ("Jour",)) -> dict[str, Any]:
    mobile = f"070174061{index}"
    return {"key": f"p{index}", "firstname": firstname or f"P{index}", "mobile": mobile, "groups": list(groups)}


def account(*people: dict[str, Any]) -> Config:
    return {"groups": [{"name": "Jour"}], "contacts": list(people)}


BEFORE = account(*(person(index) for index in range(4)))
CASES = {
    "one comes": account(*(person(index) for index in range(5))),
    "one changes": account(person(0, "Ny"), *(person(index) for index in range(1, 4))),
    "one goes": account(person(0), person(2), person(3)),
    "one leaves the group": account(person(0, groups=()), *(person(index) for index in range(1, 4))),
    "all of it": account(person(0, "Ny"), person(2), person(3), person(4)),
    "it changes too": account(person(0, "Ny"), person(1), person(2, "Ny"), person(3), person(4)),
}
SIZES = {"one carrier": 50, "a carrier that splits": 4, "carriers of two": 2}


@pytest.fixture(scope="module", params=["add", "replace", "union", "keep"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A service by what it does with a contact whose number it knows."""
    with module_lab(tmp_path_factory.mktemp("neighbours"), direct=True, on_known_mobile=request.param) as lab:
        yield lab


@contextmanager
def refusing(*, keep_others: bool) -> Iterator[list[tuple[str, int]]]:
    """The service refuses p2; yields the list of calls that change something."""
    with pytest.MonkeyPatch.context() as patched:
        yield refuse(patched, "contacts/add", REFUSED, "3:ERROR2", keep_others=keep_others)


def there(lab: Lab, bystanders: Bystanders) -> dict[str, str]:
    """First names by key, of everybody who is ours; nobody may be there twice."""
    found = [contact for contact in lab.emulator.store.contacts() if contact.id not in bystanders.contacts]
    keys = [f"p{contact.mobile[-1]}" for contact in found]
    assert not [key for key, count in Counter(keys).items() if count > 1], "somebody is there twice"
    return {key: contact.firstname for key, contact in zip(keys, found, strict=True)}


def assert_nobody_is_lost(lab: Lab, bystanders: Bystanders, config: Config) -> None:
    """Everybody is there once, as wanted or as before; whoever is new is there; p2 is as it was."""
    found = there(lab, bystanders)
    wanted = {item["key"]: item["firstname"] for item in config["contacts"]}
    before = {item["key"]: item["firstname"] for item in BEFORE["contacts"]}
    assert wanted.keys() <= found.keys() <= wanted.keys() | before.keys()
    assert found["p2"] == "P2"
    for key, name in found.items():
        assert name in (wanted.get(key), before.get(key))
    bystanders.assert_untouched()
    members = lab.members()
    assert all(members[id] for id in lab.carriers()), "a carrier without contacts was left behind"
    assert set(lab.carriers()) == set(lab.ledger().carriers)


@pytest.mark.parametrize("keep_others", [False, True], ids=["all-or-nothing", "the-others-are-kept"])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("case", CASES)
def test_nobody_is_lost_or_twice_and_nothing_grows(service: Lab, case: str, size: int, keep_others: bool) -> None:
    lab, config = service, CASES[case]
    bystanders = start(lab, BEFORE, Policy(carrier_size=size))
    with refusing(keep_others=keep_others) as calls:
        applied = lab.try_apply(config)
        refused = any("p2" in str(result.address) for result in applied.report.results) or applied.failure is not None
        assert_nobody_is_lost(lab, bystanders, config)
        assert refused or lab.plan(config).is_empty, "what is left undone is said"
        left, picture = None, (there(lab, bystanders), len(lab.carriers()))
        for _ in range(3):
            calls.clear()
            applied = lab.try_apply(config)
            assert_nobody_is_lost(lab, bystanders, config)
            assert (there(lab, bystanders), len(lab.carriers())) == picture
            assert len(calls) <= 8, "a refused contact costs a few requests a run"
            plan = actions(lab.plan(config))
            assert left in (None, plan)
            left = plan
            if plan:
                assert applied.failure is not None or Status.FAILED in {it.status for it in applied.report.results}
        assert set(left) <= {("replace", "contact/p2"), ("replace", "contact/p0"), ("delete", "contact/p1")}
    settle(lab, config)
    assert_as_wanted(lab, config, bystanders)


def assert_settles(lab: Lab, config: Config, bystanders: Bystanders, calls: list[tuple[str, int]]) -> None:
    """While p2 is refused, the same command ends in a state that stays; once it is accepted, all is as wanted."""
    for _ in range(3):
        lab.try_apply(config)
    assert_nobody_is_lost(lab, bystanders, config)
    picture = there(lab, bystanders), len(lab.carriers()), actions(lab.plan(config))
    calls.clear()
    lab.try_apply(config)
    assert_nobody_is_lost(lab, bystanders, config)
    assert (there(lab, bystanders), len(lab.carriers()), actions(lab.plan(config))) == picture
    assert len(calls) <= 8, "a refused contact costs a few requests a run"


@pytest.mark.parametrize("keep_others", [False, True], ids=["all-or-nothing", "the-others-are-kept"])
@pytest.mark.parametrize("size", [50, 4])
def test_a_death_at_any_moment_beside_a_refused_contact(service: Lab, size: int, keep_others: bool) -> None:
    lab, config = service, CASES["all of it"]
    moment, died = 1, True
    while died:
        bystanders = start(lab, BEFORE, Policy(carrier_size=size))
        with refusing(keep_others=keep_others) as calls:
            with dies_at(lab, moment) as clock:
                try:
                    lab.try_apply(config)
                except Died:
                    assert clock.dead
            died = clock.dead
            assert_settles(lab, config, bystanders, calls)
        settle(lab, config)
        assert_as_wanted(lab, config, bystanders)
        moment += 13
    assert moment > 20, "it had many moments to die at"


@pytest.mark.parametrize("keep_others", [False, True], ids=["all-or-nothing", "the-others-are-kept"])
def test_a_death_in_the_run_after_a_death_beside_a_refused_contact(service: Lab, keep_others: bool) -> None:
    lab, config = service, CASES["all of it"]
    for first in range(2, 60, 25):
        for second in range(1, 60, 21):
            bystanders = start(lab, BEFORE, Policy(carrier_size=50))
            with refusing(keep_others=keep_others) as calls:
                for moment in (first, second):
                    with dies_at(lab, moment) as clock:
                        try:
                            lab.try_apply(config)
                        except Died:
                            assert clock.dead
                assert_settles(lab, config, bystanders, calls)
            settle(lab, config)
            assert_as_wanted(lab, config, bystanders)
