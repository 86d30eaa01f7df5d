"""Each fault does what it says: to the data, and to what the caller sees."""

from __future__ import annotations

import time
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
import requests
from harness import wait_for

from intime_sync.emulator import FaultPlan
from intime_sync.emulator.faults import FAULTS

LOST = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


def names(api) -> list[str]:
    return [name for _, name in api.store.groups()]


def add(*groups: str) -> str:
    items = "".join(f'<group groupname="{name}"/>' for name in groups)
    return f"<addgroups><groups>{items}</groups></addgroups>"


@pytest.mark.parametrize(("fault", "kept"), [("drop_before", []), ("drop_after", ["a"])])
def test_a_dropped_connection_sends_nothing_at_all(api, fault, kept):
    api.fault("contacts/addgroup", fault)
    with pytest.raises(requests.ConnectionError):
        api.post("contacts/addgroup", add("a"))
    assert names(api) == kept
    assert api.say("contacts/addgroup", add("b")) == str(len(kept) + 1)


@pytest.mark.parametrize(("fault", "kept"), [("error_before", []), ("error_after", ["a"])])
@pytest.mark.parametrize("params", [{}, {"status": 502}])
def test_an_http_error_comes_before_or_after_the_request_is_carried_out(api, fault, kept, params):
    api.fault("contacts/addgroup", fault, **params)
    assert api.post("contacts/addgroup", add("a")).status_code == params.get("status", 500)
    assert names(api) == kept


@pytest.mark.parametrize("status", [429, 503])
def test_a_throttled_request_is_not_carried_out_and_has_a_retry_after(api, status):
    api.fault("contacts/addgroup", "throttle", status=status, retry_after=7)
    reply = api.post("contacts/addgroup", add("a"))
    assert (reply.status_code, reply.headers["Retry-After"], names(api)) == (status, "7", [])


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_delay_holds_the_reply_back(api, when):
    api.fault("contacts/addgroup", "delay", seconds=0.05, when=when)
    started = time.monotonic()
    assert api.say("contacts/addgroup", add("a")) == "1"
    assert time.monotonic() - started >= 0.05


def test_a_request_is_carried_out_before_a_delayed_reply(api):
    api.fault("contacts/addgroup", "delay", seconds=600, when="after")
    address = urlsplit(api.emulator.url)
    with closing(HTTPConnection(address.hostname, address.port)) as caller:
        caller.request("POST", f"{address.path}/contacts/addgroup.ashx?user=demo&hash=demo", add("a"))
        wait_for(lambda: names(api) == ["a"], "the deed")
    assert names(api) == ["a"]


@pytest.mark.parametrize(("act", "kept"), [(True, ["a"]), (False, [])])
def test_garbage_and_empty_replies_hide_what_was_done(api, act, kept):
    api.fault("contacts/addgroup", "garbage", act=act)
    assert api.say("contacts/addgroup", add("a")).startswith("<html>")
    assert names(api) == kept
    api.fault("contacts/addgroup", "empty", act=act)
    assert api.say("contacts/addgroup", add("a")) == ""
    assert names(api) == kept * 2


def test_garbage_may_be_any_text_such_as_an_error_code(api):
    api.fault("message/create", "garbage", text="2:ERROR0", act=False)
    assert api.say("message/create", "<message/>") == "2:ERROR0"


def test_any_call_can_be_refused_with_a_code_and_nothing_is_done(api):
    api.fault("contacts/addgroup", "refuse", code="2:ERROR1")
    assert api.say("contacts/addgroup", add("a")) == "2:ERROR1"
    assert names(api) == []
    api.fault("contacts/listgroups", "refuse", code="0:ERROR3")
    assert api.get("contacts/listgroups").text == "0:ERROR3"


def test_a_list_cut_short_is_seen_by_its_length_or_is_not_xml(api):
    for name in ("a", "b", "c"):
        api.store.add_group(name)
    whole = api.get("contacts/listgroups").content
    api.fault("contacts/listgroups", "truncate")
    with pytest.raises(LOST):
        api.get("contacts/listgroups")
    api.fault("contacts/listgroups", "truncate", content_length="actual")
    assert api.get("contacts/listgroups").content == whole[: len(whole) // 2]


def test_a_request_is_carried_out_before_a_reply_that_is_cut_short(api):
    api.fault("contacts/addgroup", "truncate")
    with pytest.raises(LOST):
        api.post("contacts/addgroup", add("a", "b"))
    assert names(api) == ["a", "b"]


@pytest.mark.parametrize(("delta", "reply"), [(-1, "1,2"), (-3, ""), (-9, ""), (2, "1,2,3,4,5")])
def test_the_number_of_ids_can_be_wrong(api, delta, reply):
    api.fault("contacts/addgroup", "wrong_count", delta=delta)
    assert api.say("contacts/addgroup", add("a", "b", "c")) == reply
    assert names(api) == ["a", "b", "c"]


def test_a_refusal_has_no_ids_to_miscount(api):
    for name in ("wrong_count", "partial"):
        api.fault("contacts/addgroup", name)
        assert api.say("contacts/addgroup", add()) == "2:ERROR1"


@pytest.mark.parametrize(("reply", "ids"), [("short", "1"), ("full", "1,2,3")])
def test_a_batch_can_be_done_by_half(api, reply, ids):
    api.fault("contacts/addgroup", "partial", reply=reply)
    assert api.say("contacts/addgroup", add("a", "b", "c")) == ids
    assert names(api) == ["a"]


def test_half_of_one_is_nothing(api):
    api.fault("contacts/addgroup", "partial", reply="full")
    assert api.say("contacts/addgroup", add("a")) == "1"
    assert names(api) == []


def test_a_request_can_be_done_twice(api):
    api.fault("contacts/addgroup", "duplicate")
    assert api.say("contacts/addgroup", add("a")) == "2"
    assert names(api) == ["a", "a"]


def outcomes(api, calls: int, endpoint: str = "contacts/addgroup") -> list[int]:
    return [api.post(endpoint, add("a")).status_code for _ in range(calls)]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({}, [500, 500, 500, 500]),
        ({"call": "every"}, [500, 500, 500, 500]),
        ({"call": "every", "times": 2}, [500, 500, 200, 200]),
        ({"call": 2}, [200, 500, 200, 200]),
        ({"call": 2, "times": 2}, [200, 500, 500, 200]),
    ],
)
def test_a_rule_says_which_calls_it_is_about(api, when, expected):
    rule = {"endpoint": "contacts/addgroup", "fault": "error_before", **when}
    api.emulator.set_faults(FaultPlan.from_data({"rules": [rule]}))
    assert api.get("contacts/listgroups").status_code == 200
    assert outcomes(api, 4) == expected
    api.emulator.set_faults(None)
    assert outcomes(api, 1) == [200]


def test_the_first_rule_that_fits_wins_and_a_star_counts_every_endpoint(start):
    plan = FaultPlan.from_data(
        [
            {"endpoint": "contacts/addgroup.ashx", "call": 2, "fault": "error_before", "status": 501},
            {"endpoint": "*", "call": 3, "fault": "error_before", "status": 502},
            {"endpoint": "*", "call": 2, "fault": "error_before", "status": 503},
        ]
    )
    with start(faults=plan) as api:
        assert outcomes(api, 2) == [200, 501]
        assert outcomes(api, 2, "nix/list") == [502, 200]
    with start(faults=plan) as api:
        assert outcomes(api, 2) == [200, 501], "a plan is data: each emulator counts for itself"


GOOD = {"endpoint": "contacts/add", "fault": "drop_after"}


NEEDED = {"delay": {"seconds": 1}, "refuse": {"code": "2:ERROR1"}}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_known_by_name(name):
    rule = {"endpoint": "contacts/add", "fault": name} | NEEDED.get(name, {})
    assert isinstance(FaultPlan.from_data([rule]).rules[0].fault, FAULTS[name])


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("drop", "expected a mapping"),
        ({"fault": "empty"}, "endpoint must be"),
        (GOOD | {"endpoint": "contacts/edit"}, "endpoint must be"),
        (GOOD | {"endpoint": ["contacts/add"]}, "endpoint must be"),
        (GOOD | {"fault": "explode"}, "fault must be one of drop_before, "),
        (GOOD | {"fault": ["empty"]}, "fault must be one of"),
        (GOOD | {"call": 0}, "call must be"),
        (GOOD | {"call": True}, "call must be"),
        (GOOD | {"call": "second"}, "call must be"),
        (GOOD | {"times": 0}, "times must be"),
        (GOOD | {"status": 500}, "drop_after knows no parameters, not 'status'"),
        (GOOD | {"fault": "error_before", "status": 200}, "status must be a whole number from 400 to 599"),
        (GOOD | {"fault": "error_before", "state": 500}, "error_before knows status, not 'state'"),
        (GOOD | {"fault": "throttle", "status": 500}, "status must be 429 or 503"),
        (GOOD | {"fault": "delay"}, "delay needs seconds"),
        (GOOD | {"fault": "delay", "seconds": "1"}, "seconds must be"),
        (GOOD | {"fault": "delay", "seconds": 1, "when": ["before"]}, "when must be one of before, after"),
        (GOOD | {"fault": "empty", "act": 1}, "act must be true or false"),
        (GOOD | {"fault": "garbage", "text": 1}, "text must be text"),
        (GOOD | {"fault": "refuse"}, "refuse needs code"),
        (GOOD | {"fault": "refuse", "code": "2:ERROR"}, "code must be a code such as 2:ERROR0"),
        (GOOD | {"fault": "wrong_count", "delta": 0}, "delta must be"),
        (GOOD | {"fault": "partial", "reply": "none"}, "reply must be"),
        ({"endpoint": "nix/list", "fault": "partial"}, "partial needs an endpoint that replies with ids"),
    ],
)
def test_a_malformed_rule_is_refused_by_its_number(rule, says):
    with pytest.raises(ValueError, match="fault rule 2: ") as caught:
        FaultPlan.from_data([GOOD, rule])
    assert says in str(caught.value)


@pytest.mark.parametrize("data", [None, "x", 3, {"rule": []}, {"rules": "x"}, {"rules": [], "more": 1}])
def test_a_plan_is_a_list_of_rules(data):
    with pytest.raises(ValueError, match=r"^faults: expected a list of rules"):
        FaultPlan.from_data(data)
