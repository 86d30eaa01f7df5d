"""A process that dies at every single moment of an apply, and whatever its users want afterwards: nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from crashing import Died, dies_at
from fault_lab import Bystanders, Lab, assert_as_wanted, assert_nothing_missing, module_lab, settle, start
from harness import FULL

from intime_sync.model.policy import Policy

Config = dict[str, list[dict[str, Any]]]


def person(index: int, groups: list[str], extrafield: str = "") -> dict[str, Any]:
    return {
        "key": f"p{index}",
        "firstname": f"P{index}",
        "mobile": f"070174061{index}",
        "extrafield": extrafield,
        "groups": groups,
    }


def visit(key: str, index: int, at: str, firstname: str = "Anna") -> dict[str, Any]:
    attendant = {"firstname": firstname, "mobile": f"070174081{index}"}
    return {"key": key, "at": at, "organizer": {"lastname": "Ek"}, "attendant": attendant}


BEFORE: Config = {
    "groups": [{"name": "Jour"}, {"name": "Gammal"}],
    "contacts": [person(0, ["Jour"]), person(1, []), person(2, ["Jour"])],
    "blocklist": [{"mobile": "0701740710"}, {"mobile": "0701740711"}],
    "reminders": [
        visit("r0", 0, "2026-06-01T08:30"),
        visit("r1", 1, "2026-06-01T08:30"),
        visit("r2", 2, "2026-06-01T08:30"),
    ],
}
AFTER: Config = {
    "groups": [{"name": "Jour"}, {"name": "Ny"}],
    "contacts": [person(0, ["Jour"], "Ändrad"), person(2, ["Jour", "Ny"]), person(3, ["Ny"])],
    "blocklist": [{"mobile": "0701740711"}, {"mobile": "0701740712"}],
    # Moved, gone, made, and one that another key takes over and changes.
    "reminders": [
        visit("r0", 0, "2026-06-02T08:30"),
        visit("r3", 3, "2026-06-01T08:30"),
        visit("other", 2, "2026-06-01T08:30", "Östen"),
    ],
}
POLICY = Policy(carrier_size=2, batch_size=2)
NOTHING: Config = {"groups": [], "contacts": [], "blocklist": [], "reminders": []}
THIRD: Config = {
    "groups": [{"name": "Jour"}],
    "contacts": [person(2, ["Jour"]), person(3, [])],
    "blocklist": [{"mobile": "0701740713"}],
    "reminders": [visit("r3", 3, "2026-06-03T08:30"), visit("r4", 2, "2026-06-01T08:30", "Łucja")],
}


@pytest.fixture(scope="module", params=["add", "replace", "union", "keep"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, str]]:
    """A service by what it does with a contact whose number it knows."""
    with module_lab(tmp_path_factory.mktemp("deaths"), direct=True, on_known_mobile=request.param) as lab:
        yield lab, request.param


THEN = {"once more": AFTER, "back": BEFORE, "all gone": NOTHING, "something else": THIRD}


@pytest.mark.parametrize("torn", [False, True], ids=["whole", "torn"])
@pytest.mark.parametrize("then", THEN)
def test_a_death_at_any_moment(service: tuple[Lab, str], then: str, torn: bool) -> None:
    lab, way = service
    last = THEN[then]
    # Each test takes some of the moments, and those of the usual service together all; tests/explore takes all.
    step = 1 if FULL else 12 if torn else 4 if way == "add" else 8
    moment = 1 + list(THEN).index(then) % step + 3 * torn
    died = True
    while died:
        bystanders = start(lab, BEFORE, POLICY)
        with dies_at(lab, moment, torn=torn) as clock:
            try:
                lab.try_apply(AFTER)
            except Died:
                assert clock.dead
        died = clock.dead
        bystanders.assert_untouched()
        if way == "add":
            assert_nothing_missing(lab, BEFORE, AFTER)
        settle(lab, last)
        assert_as_wanted(lab, last, bystanders)
        moment += step
    assert moment > 60, "it had many moments to die at"


@pytest.mark.parametrize(
    ("wanted", "last"),
    [(BEFORE, BEFORE), (AFTER, THIRD), (BEFORE, NOTHING)],
    ids=["once more", "something else", "all gone"],
)
def test_a_death_at_any_moment_while_the_owner_is_renamed(
    service: tuple[Lab, str], wanted: Config, last: Config
) -> None:
    lab, way = service
    moment, step, died = 1, 1 if FULL else 2 if way == "add" else 7, True
    while died:
        bystanders = start(lab, BEFORE, POLICY)
        with dies_at(lab, moment) as clock:
            try:
                assert lab.rename_owner("clinic-c")
                lab.try_apply(wanted)
            except Died:
                assert clock.dead
        died = clock.dead
        bystanders.assert_untouched()
        if way == "add":
            assert_nothing_missing(lab, BEFORE, wanted)
        assert lab.rename_owner("clinic-c"), "the command once more"
        settle(lab, last)
        assert_as_wanted(lab, last, bystanders)
        assert not any(name.startswith("~clinic-a/") for name in lab.group_names().values())
        moment += step
    assert moment > 20, "it had many moments to die at"


@pytest.mark.parametrize("then", ["once more", "something else"])
def test_a_death_in_the_run_that_clears_up_after_a_death(service: tuple[Lab, str], then: str) -> None:
    lab, _way = service
    last = AFTER if then == "once more" else THIRD
    for first in range(3, 75, 24):
        for second in range(1, 60, 14):
            bystanders = start(lab, BEFORE, POLICY)
            for moment, config in ((first, AFTER), (second, last)):
                with dies_at(lab, moment) as clock:
                    try:
                        lab.try_apply(config)
                    except Died:
                        assert clock.dead
            settle(lab, last)
            assert_as_wanted(lab, last, bystanders)


def test_a_first_apply_that_dies(tmp_path: Path) -> None:
    with module_lab(tmp_path, direct=True) as lab:
        died, moment = True, 1
        while died:
            lab.reset(POLICY)
            bystanders = Bystanders(lab)
            with dies_at(lab, moment) as clock:
                try:
                    lab.try_apply(BEFORE)
                except Died:
                    assert clock.dead
            died = clock.dead
            settle(lab, THIRD)
            assert_as_wanted(lab, THIRD, bystanders)
            moment += 1
