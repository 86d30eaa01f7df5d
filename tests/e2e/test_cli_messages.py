"""Messages end to end: scheduled by a real apply, sent by the emulator's clock, reported to a real `receive`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_world import faults, posts
from harness import Workspace, in_background, wait_for
from message_world import DUE, LOST, campaign, failed, messaging, receiver, sent, states

from intime_sync.kinds.registry import MESSAGES
from intime_sync.receipts import Receipt, ReceiptStore


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Workspace]:
    with messaging(tmp_path) as made:
        yield made


# From the configuration to the delivery status


def test_from_a_line_in_a_file_to_delivered(space: Workspace) -> None:
    assert space.emulator is not None
    with receiver(space) as url:
        campaign(space, url)
        space.apply()
        assert space.changes() == []
        assert [state["state"] for state in states(space)] == ["scheduled"]
        space.emulator.clock.set(DUE)
        wait_for(lambda: len([r for r in states(space)[0]["recipients"] if r["status"] is not None]) == 2, "receipts")
    (state,) = states(space)
    assert (state["address"], state["state"]) == ("message/jul", "sent")
    by_number = {recipient["number"]: recipient for recipient in state["recipients"] if recipient["number"]}
    assert by_number["+46701740605"]["outcome"] == "delivered"
    assert by_number["+46701740690"]["outcome"] == "not delivered"
    assert [number for number, _, _ in sent(space)] == [f"+467017406{end}" for end in ("05", "06", "07", "90")]
    text = space.run("message", "status", ".", "jul").out
    assert "1 delivered, 1 not delivered, 2 without a receipt" in text
    assert "+46•••••••90" in text
    assert "+46701740690" not in text


def test_a_message_is_rescheduled_and_then_cancelled(space: Workspace) -> None:
    campaign(space)
    space.apply()
    campaign(space, send_at=DUE + timedelta(hours=2), body="Gott nytt år!")
    assert space.changes() == [("replace", "message/jul")]
    space.apply()
    assert {(body, status) for _, body, status in sent(space)} == {("Gott nytt år!", "scheduled")}
    text = (space.path / "intime.yaml").read_text()
    space.write("intime.yaml", text[: text.index("messages:")] + "messages: []\n")
    assert space.changes() == [("delete", "message/jul")]
    space.apply()
    assert sent(space) == []
    assert states(space) == []


def test_the_plan_says_what_a_message_costs(space: Workspace) -> None:
    campaign(space)
    assert "(1 SMS to 4 recipients)" in space.run("plan").out


def test_without_the_section_messages_are_left_alone(space: Workspace) -> None:
    campaign(space)
    space.apply()
    text = (space.path / "intime.yaml").read_text()
    space.write("intime.yaml", text[: text.index("messages:")])
    assert space.changes() == []


def test_destroy_cancels_scheduled_messages(space: Workspace) -> None:
    campaign(space)
    space.apply()
    allow = [f"--allow-delete={kind}" for kind in ("contact=3", "group=1", "message=1")]
    assert space.run("destroy", "--auto-approve", *allow).code == 0
    assert sent(space) == []


# Unknown outcomes and lost ledgers


@pytest.mark.parametrize("fault", LOST)
def test_a_message_of_unknown_outcome_is_held_until_it_is_resolved(space: Workspace, fault: str) -> None:
    assert space.emulator is not None
    campaign(space)
    space.emulator.set_faults(faults({"endpoint": "message/create", "call": 1, "fault": fault}))
    ran = failed(space, 8, "apply", "--auto-approve")
    assert "`ledger resolve message/jul --as sent|not-sent`" in ran.out
    there = sent(space)
    assert len(there) == (0 if fault == "drop_before" else 4)
    space.emulator.calls.clear()
    failed(space, 8, "apply", "--auto-approve")
    campaign(space, body="Hej")
    failed(space, 8, "apply", "--auto-approve")
    failed(space, 3, "ledger", "rm", "message/jul")
    assert posts(space) == []
    assert sent(space) == there
    campaign(space)
    ids = ",".join(str(row.id) for row in space.emulator.store.messages())
    settled = ["--as", "sent", "--ids", ids] if there else ["--as", "not-sent"]
    assert space.run("ledger", "resolve", ".", "message/jul", *settled).code == 0
    space.apply()
    assert len(sent(space)) == 4
    assert space.changes() == []
    failed(space, 3, "ledger", "rm", "message/jul")


def test_a_receipt_resolves_an_unknown_outcome(space: Workspace) -> None:
    assert space.emulator is not None
    with receiver(space) as url:
        campaign(space, url)
        space.emulator.set_faults(faults({"endpoint": "message/create", "call": 1, "fault": "drop_after"}))
        failed(space, 8, "apply", "--auto-approve")
        space.emulator.clock.set(DUE)
        wait_for(lambda: states(space)[0]["recipients"] != [], "a receipt")
    assert space.changes() == []
    space.apply()
    assert len(sent(space)) == 4
    assert states(space)[0]["state"] == "sent"


def test_kill_9_while_a_message_is_scheduled(space: Workspace) -> None:
    emulator = space.emulator
    assert emulator is not None
    campaign(space)
    slow = {"endpoint": "message/create", "call": 1, "fault": "delay", "seconds": 30, "when": "after"}
    emulator.set_faults(faults(slow))
    with in_background(space, "apply", "--auto-approve") as process:
        wait_for(lambda: len(sent(space)) == 4, "the message in the service")
        process.kill()
        process.wait()
    emulator.set_faults(None)
    assert ("held", "message/jul") in space.changes()
    # The hint of the plan works at once, before any other command.
    assert space.run("ledger", "resolve", ".", "message/jul", "--as", "sent").code == 0
    space.apply()
    assert len(sent(space)) == 4
    assert posts(space).count("message/create") == 1


def test_a_lost_ledger_stops_messages(space: Workspace) -> None:
    campaign(space)
    space.apply()
    (space.path / ".intime" / "ledger.json").unlink()
    ran = failed(space, 4, "apply", "--auto-approve")
    assert "--allow-resend" in ran.err
    assert len(sent(space)) == 4


# Past times


def test_a_message_whose_time_has_passed_is_not_sent(space: Workspace) -> None:
    item = "{key: alt, send_at: 2021-01-02T08:00, sender: Kliniken, body: Hej, recipients: [0701740605]}"
    space.configure(f"messages: [{item}]\n")
    assert "[too-late]" in failed(space, 3, "plan").err
    assert posts(space) == []


# Resolving an unknown outcome


@pytest.fixture
def unsettled(space: Workspace) -> Workspace:
    """A message to two numbers whose outcome is unknown (it was sent), beside one that is known."""
    assert space.emulator is not None
    items = [
        f"{{key: {key}, send_at: {DUE:%Y-%m-%dT%H:%M}, sender: Kliniken, body: {key}, recipients: [{numbers}]}}"
        for key, numbers in (("other", "0701740608"), ("two", "0701740605, 0701740606"))
    ]
    space.configure(f"messages: [{', '.join(items)}]\n")
    space.emulator.set_faults(faults({"endpoint": "message/create", "call": 2, "fault": "drop_after"}))
    failed(space, 8, "apply", "--auto-approve")
    return space


@pytest.mark.parametrize("ids", ["0,2", "2,2", "1,2", "2", "2,3,4", "2,x"])
def test_resolve_refuses_impossible_ids(unsettled: Workspace, ids: str) -> None:
    failed(unsettled, 3, "ledger", "resolve", ".", "message/two", "--as", "sent", "--ids", ids)
    assert ("held", "message/two") in unsettled.changes()


def test_resolve_takes_ids_only_for_a_sent_message(unsettled: Workspace) -> None:
    failed(unsettled, 3, "ledger", "resolve", ".", "message/two", "--as", "not-sent", "--ids", "2,3")
    assert unsettled.run("ledger", "resolve", ".", "message/two", "--as", "sent", "--ids", "2,3").code == 0
    assert unsettled.changes() == []


def test_resolve_refuses_not_sent_for_a_reported_message(unsettled: Workspace) -> None:
    with ReceiptStore(unsettled.path / ".intime" / "receipts.sqlite3") as store:
        store.record_all(
            [Receipt(2, MESSAGES.transid("two", "+46701740605"), 20, datetime(2036, 12, 24, tzinfo=UTC))]
        )
    ran = failed(unsettled, 3, "ledger", "resolve", ".", "message/two", "--as", "not-sent")
    assert "a delivery status has come" in ran.err
    assert unsettled.changes() == []


def test_unreadable_receipts_do_not_stop_other_work(unsettled: Workspace) -> None:
    unsettled.write(".intime/receipts.sqlite3", "this is no database" * 100)
    ran = failed(unsettled, 8, "apply", "--auto-approve")
    assert "delivery receipts cannot be read" in ran.err
