"""Recipients of messages: changed members, opt-outs, and what a target includes for them."""

from __future__ import annotations

from typing import Any

from message_plans import AHEAD, GROUPED, codes, known
from plan_makers import (
    BLOCKLIST,
    CLOCK,
    GROUP,
    MESSAGE,
    actions,
    desired,
    group_row,
    ledger,
    plan,
    row,
)

from intime_sync.model.ledger import AccountRef, Entry
from intime_sync.model.plan import Plan
from intime_sync.model.policy import Policy
from intime_sync.model.resource import Address, RemoteId, Snapshot
from intime_sync.planning.context import PlanningContext
from intime_sync.planning.planner import make_plan
from intime_sync.planning.selection import Selection

PERSON = {"key": "a", "mobile": "0701740605", "groups": ["Personal"]}


OTHER = {"key": "b", "mobile": "0701740606", "groups": ["Personal"]}


def scheduled(people: list[dict[str, Any]], blocked: list[str]) -> Entry:
    """The ledger's entry of GROUPED, scheduled while these people were in the group and these numbers blocked."""
    sections = {"contacts": people, "blocklist": [{"mobile": mobile} for mobile in blocked], "messages": [GROUPED]}
    (change,) = [
        change
        for change in plan(sections, {GROUP: [group_row("Personal", 1)], BLOCKLIST: []}).changes
        if change.address.kind == MESSAGE
    ]
    return known(GROUPED, groups={"Personal": RemoteId(1)}, options=change.options or {})


def replanned(entry: Entry, people: list[dict[str, Any]], blocked: list[str]) -> Plan:
    """A later plan, for these people and blocked numbers."""
    sections = {"contacts": people, "blocklist": [{"mobile": mobile} for mobile in blocked], "messages": [GROUPED]}
    account = {GROUP: [group_row("Personal", 1)], BLOCKLIST: [row("blocklist", {"mobile": it}) for it in blocked]}
    return plan(sections, account, ledger({MESSAGE: {"jul": entry}}))


def message_actions(found: Plan) -> list[str]:
    return [action for action, address in actions(found) if address == "message/jul"]


def test_a_warning_names_changed_members_until_the_message_is_scheduled_again() -> None:
    entry = scheduled([PERSON], [])
    for people in ([PERSON, OTHER], [], [{**PERSON, "mobile": "0701740699"}]):
        found = replanned(entry, people, [])
        assert "members-change" in codes(found)
        assert message_actions(found) == []
    assert "members-change" not in codes(replanned(entry, [{**PERSON, "firstname": "A"}], []))


def test_an_opt_out_of_a_member_schedules_the_message_again() -> None:
    found = replanned(scheduled([PERSON, OTHER], []), [PERSON, OTHER], ["0701740605"])
    assert message_actions(found) == ["replace"]
    assert message_actions(replanned(scheduled([PERSON, OTHER], ["0701740605"]), [PERSON, OTHER], [])) == ["replace"]


def test_an_opt_out_that_was_known_when_scheduling_changes_nothing() -> None:
    found = replanned(scheduled([PERSON, OTHER], ["0701740605"]), [PERSON, OTHER], ["0701740605"])
    assert message_actions(found) == []


def test_a_warning_names_a_direct_recipient_on_the_blocklist() -> None:
    found = plan(
        {"messages": [AHEAD], "blocklist": []}, {GROUP: [], BLOCKLIST: [row("blocklist", {"mobile": "0701740605"})]}
    )
    assert codes(found) == ["blocked-recipient"]


def test_a_target_includes_the_contacts_and_opt_outs_that_its_message_needs() -> None:
    wish = desired(
        {
            "groups": [{"name": "Personal"}],
            "contacts": [PERSON, {"key": "c", "mobile": "0701740607"}],
            "blocklist": [{"mobile": "0701740609"}],
            "messages": [GROUPED],
        }
    )
    context = PlanningContext(AccountRef("embedded", "demo", "clinic-a"), CLOCK, Policy())
    selection = Selection(targets=frozenset({Address(MESSAGE, "jul")}))
    found = make_plan(wish, Snapshot({GROUP: (), BLOCKLIST: ()}), ledger(), context, selection)
    assert [address for _, address in actions(found)] == [
        "group/Personal",
        "contact/a",
        "blocklist/+46701740609",
        "message/jul",
    ]
