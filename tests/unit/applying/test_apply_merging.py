"""A service that answers an add with a contact it had already: whoever is undone with it must not be lost."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from account_lab import Lab, found_contacts, wanted_contacts
from troubles import ANNA, BO, BOTH, Config, Killed, assert_converges, die_after, rule, statuses, trouble

from intime_sync.applying.lost import mark_lost, ways_to_reach
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.ledger import NOWHERE, Carrier, Entry, Ledger, PutCarrier, PutEntry
from intime_sync.model.policy import Policy
from intime_sync.model.resource import RemoteId
from intime_sync.planning.carriers import PrefixTree

BEFORE: Config = {"groups": [], "contacts": [ANNA, BO]}
AFTER: Config = {**BEFORE, "contacts": [{**ANNA, "extrafield": "Ny"}, BO]}
GONE: Config = {**BEFORE, "contacts": [BO]}


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
    trouble(lab, rule("contacts/add", fault, times))
    lab.try_apply(AFTER)
    lab.emulator.set_faults(None)
    # The change that failed may be taken back before anybody applies again.
    last = {"once more": AFTER, "back": BEFORE, "gone": GONE}[then]
    lab.apply(last)
    assert found_contacts(lab) == wanted_contacts(last)
    assert lab.plan(last).is_empty


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


def test_whoever_may_have_gone_with_a_namesake_is_said_and_made_again(merging_lab: Lab) -> None:
    lab = merging_lab
    lab.policy = Policy(carrier_size=1)
    lab.apply(BOTH)
    twin: Config = {"groups": [], "contacts": [*BOTH["contacts"], {**ANNA, "key": "twin", "lastname": "Ny"}]}
    trouble(lab, rule("contacts/add", "error_after", 99))
    applied = lab.try_apply(twin)
    assert "contact/anna" in str(applied.failure)
    assert_converges(lab, BOTH)


def test_a_death_among_namesakes_loses_nobody(merging_lab: Lab) -> None:
    lab = merging_lab
    lab.policy = Policy(carrier_size=1)
    lab.apply(BOTH)
    die_after(lab, "contacts/add.", {"groups": [], "contacts": [*BOTH["contacts"], {**ANNA, "key": "twin"}]})
    assert_converges(lab, BOTH)


@pytest.mark.parametrize("loser", [0, 1])
def test_carriers_that_go_together_take_nobody_along_who_was_merged(merging_lab: Lab, loser: int) -> None:
    """Of one old carrier everybody was merged into a new one, of the other somebody must go."""
    lab = merging_lab
    lab.policy = Policy(carrier_size=2)
    names = [f"p{index}" for index in range(40)]
    zero = [key for key in names if PrefixTree(names, 30).leaf(key)[0].startswith("p0")][:2]
    one = [key for key in names if PrefixTree(names, 30).leaf(key)[0].startswith("p1")][:2]
    people = [{"key": key, "mobile": f"07017406{names.index(key) + 10}", "groups": []} for key in (*zero, *one)]
    lab.apply({"groups": [], "contacts": people})
    assert len(lab.carriers()) == 2
    gone = (zero, one)[loser][0]
    last: Config = {"groups": [], "contacts": [{**it, "lastname": "Ny"} for it in people if it["key"] != gone]}
    lab.apply(last)
    assert found_contacts(lab) == wanted_contacts(last)
    assert_converges(lab, last)


def test_a_new_carrier_that_loses_somebody_leaves_nobody_behind_without_a_carrier(merging_lab: Lab) -> None:
    lab = merging_lab
    lab.apply(BOTH)
    dy = {"key": "dy", "mobile": "0701740608", "groups": []}
    trouble(lab, {**rule("contacts/add", "error_before", 99), "call": 2})
    assert statuses(lab, {"groups": [], "contacts": [ANNA, dy]})["dy"] == "failed"
    assert_converges(lab, {"groups": [], "contacts": [ANNA]})


def test_a_carrier_that_loses_somebody_goes_whole_and_is_made_again_whole(merging_lab: Lab) -> None:
    """The new carrier shares anna with the old one, which must go for bo's sake; dy is in the new one only."""
    lab = merging_lab
    anna, bo = ANNA, BO
    dy = {"key": "dy", "mobile": "0701740608", "groups": []}
    lab.apply({"groups": [], "contacts": [anna, bo]})
    last: Config = {"groups": [], "contacts": [anna, dy]}
    lab.apply(last)
    assert found_contacts(lab) == wanted_contacts(last)
    assert lab.plan(last).is_empty


def marked_lost(keys: list[str], reach: list[str]) -> tuple[list[str], dict[int, dict[str, Any]]]:
    """Whose entries count as gone, and what the carriers that stay hold copies of."""

    def person(key: str, id: int, carrier: int | None) -> Entry:
        return Entry(
            {"mobile": f"+4670174060{id}"}, RemoteId(id), carrier=None if carrier is None else RemoteId(carrier)
        )

    entries = {"a": person("a", 1, 40), "b": person("b", 2, 40), "c": person("c", 3, 41), "d": person("d", 4, None)}
    book = Ledger("line", 0, None, {CONTACTS.name: entries}, {RemoteId(id): Carrier(f"c{id}", {}) for id in (40, 41)})
    deltas = mark_lost(book, keys, reach)
    lost = [it.key for it in deltas if isinstance(it, PutEntry) and it.entry.carrier == NOWHERE]
    return lost, {it.id: dict(it.carrier.copies) for it in deltas if isinstance(it, PutCarrier)}


def test_whoever_could_be_reached_the_same_way_counts_as_lost() -> None:
    assert marked_lost([], []) == ([], {})
    assert marked_lost(["a"], []) == (["a"], {40: {"a": 1}})
    assert marked_lost(["new"], ["+46701740602", "+46701740603"]) == (["b", "c"], {40: {"b": 2}, 41: {"c": 3}})
    assert marked_lost(["a"], ["+46701740602"]) == (["a", "b"], {40: {"a": 1, "b": 2}})
    assert marked_lost(["d"], ["+46701740604"]) == ([], {})
    assert ways_to_reach([{"mobile": "+461", "email": "x@y.se"}, {"mobile": ""}]) == ["+461", "x@y.se"]


def test_an_address_reaches_as_a_number_does_and_nobody_is_passed_over() -> None:
    entries = {
        "a": Entry({"email": "a@example.se"}, RemoteId(1)),
        "b": Entry({"email": "b@example.se"}, RemoteId(2), carrier=NOWHERE),
        "c": Entry({"email": "c@example.se"}, RemoteId(3), carrier=RemoteId(40)),
        "d": Entry({"email": "", "mobile": ""}, RemoteId(4), carrier=RemoteId(40)),
    }
    book = Ledger("line", objects={CONTACTS.name: entries}, carriers={RemoteId(40): Carrier("c", {})})
    found = mark_lost(book, [], ["a@example.se", "b@example.se", "c@example.se"])
    assert [it.key for it in found if isinstance(it, PutEntry)] == ["c"]
