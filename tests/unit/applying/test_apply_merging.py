"""A service that merges contacts of one number: a contact is not lost because another one of its number goes."""

from __future__ import annotations

import itertools
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
from intime_sync.service.requests import Request

BEFORE: Config = {"groups": [], "contacts": [ANNA, BO]}
AFTER: Config = {**BEFORE, "contacts": [{**ANNA, "extrafield": "Ny"}, BO]}
GONE: Config = {**BEFORE, "contacts": [BO]}


@pytest.mark.parametrize("fault", ["error_after", "drop_after", "error_before", "garbage"])
@pytest.mark.parametrize("times", [1, 2, 9])
@pytest.mark.parametrize("then", ["once more", "back", "gone"])
@pytest.mark.parametrize("carrier_size", [1, 50])
def test_no_contact_is_lost_where_requests_fail_while_contacts_are_merged(
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
def test_no_contact_is_lost_whichever_request_a_run_dies_at(
    lab: Lab, merging_lab: Lab, merging: bool, nth: int, acted: bool, last: Config
) -> None:
    """The service carried the request out or not, and the run could not record it."""
    lab = merging_lab if merging else lab
    lab.apply(BEFORE)
    count = itertools.count(1)

    def dying(request: Request) -> None:
        number = next(count)
        if number == nth and acted:
            lab.client.forward(request)
        if number >= nth:
            raise Killed

    with lab.intercepting(dying), suppress(Killed):
        lab.try_apply(AFTER)
    lab.apply(last)
    assert found_contacts(lab) == wanted_contacts(last)
    assert lab.plan(last).is_empty


def test_a_contact_that_may_have_been_removed_with_another_of_its_number_is_named_and_made_again(
    merging_lab: Lab,
) -> None:
    lab = merging_lab
    lab.policy = Policy(carrier_size=1)
    lab.apply(BOTH)
    twin: Config = {"groups": [], "contacts": [*BOTH["contacts"], {**ANNA, "key": "twin", "lastname": "Ny"}]}
    trouble(lab, rule("contacts/add", "error_after", 99))
    applied = lab.try_apply(twin)
    assert "contact/anna" in str(applied.failure)
    assert_converges(lab, BOTH)


def test_no_contact_is_lost_where_a_run_dies_that_adds_a_second_contact_of_one_number(merging_lab: Lab) -> None:
    lab = merging_lab
    lab.policy = Policy(carrier_size=1)
    lab.apply(BOTH)
    die_after(lab, "contacts/add.", {"groups": [], "contacts": [*BOTH["contacts"], {**ANNA, "key": "twin"}]})
    assert_converges(lab, BOTH)


@pytest.mark.parametrize("loser", [0, 1])
def test_contacts_that_were_merged_into_a_new_carrier_survive_the_removal_of_the_old_ones(
    merging_lab: Lab, loser: int
) -> None:
    """All contacts of one old carrier were merged into a new one; a contact of the other one is to be removed."""
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


def test_every_contact_is_in_one_carrier_again_after_a_new_carrier_lost_a_contact(merging_lab: Lab) -> None:
    lab = merging_lab
    lab.apply(BOTH)
    dy = {"key": "dy", "mobile": "0701740608", "groups": []}
    trouble(lab, {**rule("contacts/add", "error_before", 99), "call": 2})
    assert statuses(lab, {"groups": [], "contacts": [ANNA, dy]})["dy"] == "failed"
    assert_converges(lab, {"groups": [], "contacts": [ANNA]})


def test_a_new_carrier_that_shares_a_contact_with_a_removed_one_is_made_again(merging_lab: Lab) -> None:
    """Anna is in the new carrier and in the old one, which goes since bo is removed; dy is in the new one only."""
    lab = merging_lab
    anna, bo = ANNA, BO
    dy = {"key": "dy", "mobile": "0701740608", "groups": []}
    lab.apply({"groups": [], "contacts": [anna, bo]})
    last: Config = {"groups": [], "contacts": [anna, dy]}
    lab.apply(last)
    assert found_contacts(lab) == wanted_contacts(last)
    assert lab.plan(last).is_empty


def marked_lost(keys: list[str], reach: list[str]) -> tuple[list[str], dict[int, dict[str, Any]]]:
    """The keys that are marked lost, and the copies that each carrier may still hold."""

    def person(key: str, id: int, carrier: int | None) -> Entry:
        return Entry(
            {"mobile": f"+4670174060{id}"}, RemoteId(id), carrier=None if carrier is None else RemoteId(carrier)
        )

    entries = {"a": person("a", 1, 40), "b": person("b", 2, 40), "c": person("c", 3, 41), "d": person("d", 4, None)}
    book = Ledger("line", 0, None, {CONTACTS.name: entries}, {RemoteId(id): Carrier(f"c{id}", {}) for id in (40, 41)})
    deltas = mark_lost(book, keys, reach)
    lost = [it.key for it in deltas if isinstance(it, PutEntry) and it.entry.carrier == NOWHERE]
    return lost, {it.id: dict(it.carrier.copies) for it in deltas if isinstance(it, PutCarrier)}


def test_contacts_with_the_number_of_a_lost_one_are_marked_lost() -> None:
    assert marked_lost([], []) == ([], {})
    assert marked_lost(["a"], []) == (["a"], {40: {"a": 1}})
    assert marked_lost(["new"], ["+46701740602", "+46701740603"]) == (["b", "c"], {40: {"b": 2}, 41: {"c": 3}})
    assert marked_lost(["a"], ["+46701740602"]) == (["a", "b"], {40: {"a": 1, "b": 2}})
    assert marked_lost(["d"], ["+46701740604"]) == ([], {})
    assert ways_to_reach([{"mobile": "+461", "email": "x@y.se"}, {"mobile": ""}]) == ["+461", "x@y.se"]


def test_contacts_with_the_email_address_of_a_lost_one_are_marked_lost() -> None:
    entries = {
        "a": Entry({"email": "a@example.se"}, RemoteId(1)),
        "b": Entry({"email": "b@example.se"}, RemoteId(2), carrier=NOWHERE),
        "c": Entry({"email": "c@example.se"}, RemoteId(3), carrier=RemoteId(40)),
        "d": Entry({"email": "", "mobile": ""}, RemoteId(4), carrier=RemoteId(40)),
    }
    book = Ledger("line", objects={CONTACTS.name: entries}, carriers={RemoteId(40): Carrier("c", {})})
    found = mark_lost(book, [], ["a@example.se", "b@example.se", "c@example.se"])
    assert [it.key for it in found if isinstance(it, PutEntry)] == ["c"]
