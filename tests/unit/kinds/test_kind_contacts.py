"""What a contact's item leaves open, and how it is filled in."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from intime_sync.kinds.base import WireContext
from intime_sync.kinds.reading import ItemContext
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.problem import Origin, Problem
from intime_sync.model.resource import RemoteId, Resource

HERE = Origin("intime.yaml", 1, 1)
MOBILE, EMAIL = "070-174 06 05", "anna@example.se"


def read(**item: Any) -> tuple[Resource[Any] | None, list[Problem]]:
    context = ItemContext("SE", ZoneInfo("Europe/Stockholm"), [], lambda *_: HERE)
    return CONTACTS.read(item, HERE, context), context.problems


def good(**item: Any) -> Resource[Any]:
    resource, problems = read(**item)
    assert problems == []
    assert resource is not None
    return resource


@pytest.mark.parametrize(
    ("item", "key"),
    [
        ({"mobile": MOBILE}, "+46701740605"),
        ({"email": EMAIL}, EMAIL),
        ({"mobile": MOBILE, "email": EMAIL}, "+46701740605"),
        ({"mobile": MOBILE, "key": "anna"}, "anna"),
    ],
)
def test_the_key_is_the_mobile_else_the_address(item: dict[str, str], key: str) -> None:
    assert good(**item).key == key


@pytest.mark.parametrize(
    ("item", "type_"),
    [
        ({"mobile": MOBILE}, "sms"),
        ({"email": EMAIL}, "email"),
        ({"mobile": MOBILE, "email": EMAIL}, "sms+email"),
        ({"mobile": MOBILE, "email": EMAIL, "type": "sms"}, "sms"),
        ({"mobile": MOBILE, "email": EMAIL, "type": "email"}, "email"),
    ],
)
def test_the_type_follows_from_what_is_given(item: dict[str, str], type_: str) -> None:
    assert good(**item).value.type == type_


def test_the_order_of_groups_does_not_matter_and_twice_is_once() -> None:
    assert good(mobile=MOBILE, groups=["B", "A"]).value == good(mobile=MOBILE, groups=["A", " B"]).value
    resource, problems = read(mobile=MOBILE, groups=["A", "B", "A"])
    assert resource is not None
    assert resource.value.groups == ("A", "B")
    assert [(problem.code, problem.severity) for problem in problems] == [("repeated-group", "warning")]


def test_a_number_that_is_possible_but_not_in_use_is_an_error() -> None:
    resource, problems = read(mobile="070112233")
    assert resource is None
    assert [(problem.code, problem.severity) for problem in problems] == [("impossible-number", "error")]


def test_an_absent_contact_needs_no_number_or_address() -> None:
    assert good(key="anna", ensure="absent").lifecycle.absent


def test_a_group_without_an_id_fails_the_request() -> None:
    wanted = CONTACTS.attributes(good(mobile=MOBILE, groups=["Jour"]).value)
    with pytest.raises(KeyError):
        CONTACTS.add_request([(wanted, RemoteId(40))], WireContext())
