"""Messages end to end: scheduled by a real apply, sent by the emulator's clock, reported to a real `receive`."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cli_world import assert_no_trace, faults, on_terminal, posts
from harness import PATIENCE, Ran, Workspace, in_background, wait_for, workspace

from intime_sync.kinds.registry import MESSAGES
from intime_sync.receipts import ReceiptStore

DUE = datetime(2036, 12, 24, 8)  # noqa: DTZ001 - the service's clock is naive wall time
LOST = ("drop_after", "drop_before", "error_after", "garbage", "empty")


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Workspace]:
    with workspace(tmp_path, now=lambda: DUE - timedelta(days=1), retry_seconds=0.05) as made:
        yield made


def campaign(space: Workspace, status_url: str = "", body: str = "God jul!", send_at: datetime = DUE) -> None:
    """A message to two numbers, a contact, and a group of two; one of the numbers never gets it."""
    url = f"    status_url: {status_url}\n" if status_url else ""
    space.configure(
        "groups: [Personal]\n"
        "contacts:\n"
        "  - {key: john, firstname: John, mobile: 070-174 06 05}\n"
        "  - {key: maja, firstname: Maja, mobile: 070-174 06 06, groups: [Personal]}\n"
        "  - {key: per, firstname: Per, mobile: 070-174 06 07, groups: [Personal]}\n"
        "messages:\n"
        "  - key: jul\n"
        f"    send_at: {send_at:%Y-%m-%dT%H:%M}\n"
        f"    sender: Kliniken\n    body: {body}\n{url}"
        "    recipients: [0701740690, {contact: john}]\n"
        "    groups: [Personal]\n"
    )


def sent(space: Workspace) -> list[tuple[str, str, str]]:
    """(number, text, status) of every message that was not taken back."""
    assert space.emulator is not None
    rows = space.emulator.store.messages()
    return sorted((row.number, row.body, row.status) for row in rows if row.status != "cancelled")


def states(space: Workspace, *arguments: str) -> Any:
    """`message status` as JSON, unmasked."""
    ran = space.run("message", "status", ".", *arguments, "--format", "json", "--reveal")
    assert ran.code == 0, ran.err
    return ran.json()["messages"]


@contextmanager
def receiver(space: Workspace) -> Iterator[str]:
    """A real `receive` beside the test; the address for status_url."""
    with in_background(space, "receive", ".", "--port", "0") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "/status/" in line
        yield line.split()[-1]
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def failed(space: Workspace, code: int, *arguments: str) -> Ran:
    """A run that must end with this code, in words."""
    ran = space.run(*arguments)
    assert ran.code == code, ran.out + ran.err
    assert_no_trace(ran)
    return ran


# All the way


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


# Never twice


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
    # Whoever looks first, the plan's hint works at once.
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


# What the clock says


def test_a_message_whose_time_has_passed_is_not_sent(space: Workspace) -> None:
    item = "{key: alt, send_at: 2021-01-02T08:00, sender: Kliniken, body: Hej, recipients: [0701740605]}"
    space.configure(f"messages: [{item}]\n")
    assert "[too-late]" in failed(space, 3, "plan").err
    assert posts(space) == []


# One-off


def test_send_shows_the_cost_asks_and_sends_once(space: Workspace) -> None:
    space.configure("")
    arguments = ["message", "send", ".", "--to", "070-174 06 05", "--to", "0701740606", "--body", "x" * 161]
    assert "`multisms: true`" in failed(space, 3, *arguments, "--auto-approve").err
    assert "--auto-approve" in failed(space, 3, *arguments, "--multisms").err
    ran = space.run(*arguments, "--multisms", "--auto-approve")
    assert (ran.code, ran.out.splitlines()[-2:]) == (0, ["Cost  2 SMS to 2 recipients, 4 in all", "Sent as 1, 2."])
    assert [(number, status) for number, _, status in sent(space)] == [
        ("+46701740605", "sent"),
        ("+46701740606", "sent"),
    ]
    assert "+46701740605" not in ran.out + ran.err


def test_send_leaves_blocked_numbers_out(space: Workspace) -> None:
    assert space.emulator is not None
    space.emulator.store.block("070-174 06 05")
    space.configure("")
    arguments = ["message", "send", ".", "--to", "0701740605", "--body", "Hej", "--auto-approve"]
    assert "--allow-blocked" in failed(space, 4, *arguments).err
    assert sent(space) == []
    assert space.run(*arguments, "--allow-blocked").code == 0


def test_send_reaches_contacts_and_groups_once_each(space: Workspace) -> None:
    campaign(space)
    space.run("apply", "--auto-approve", "--target", "contact/maja")
    to = ["--to", "group/Personal", "--to", "contact/maja", "--to", "contact/john"]
    ran = space.run("message", "send", ".", *to, "--body", "Hej", "--auto-approve", "--format", "json")
    assert ran.code == 0, ran.err
    assert [number for number, body, _ in sent(space) if body == "Hej"] == ["+46701740605", "+46701740606"]
    assert len(ran.json()["ids"]) == 2


SEND_AGAIN = ["message", "send", ".", "--body", "God jul!", "--auto-approve"]


@pytest.mark.parametrize("to", ["0701740690", "contact/john", "contact/maja", "group/Personal"])
def test_send_refuses_a_text_that_is_scheduled_for_the_same_reader(space: Workspace, to: str) -> None:
    campaign(space)
    space.apply()
    before = sent(space)
    ran = failed(space, 4, *SEND_AGAIN, "--to", to)
    assert "message/jul" in ran.err
    assert "--allow-resend" in ran.err
    assert sent(space) == before
    assert space.run(*SEND_AGAIN, "--to", to, "--body", "Hej").code == 0
    assert space.run(*SEND_AGAIN, "--to", to, "--allow-resend").code == 0
    assert len(sent(space)) > len(before) + 1


@pytest.mark.parametrize("killed", [False, True])
def test_send_refuses_a_text_of_unknown_outcome_for_the_same_reader(space: Workspace, *, killed: bool) -> None:
    assert space.emulator is not None
    campaign(space)
    fault: dict[str, Any] = {"endpoint": "message/create", "call": 1, "fault": "drop_after"}
    if killed:
        space.emulator.set_faults(faults({**fault, "fault": "delay", "seconds": 30, "when": "after"}))
        with in_background(space, "apply", "--auto-approve") as process:
            wait_for(lambda: len(sent(space)) == 4, "the message in the service")
            process.kill()
            process.wait()
    else:
        space.emulator.set_faults(faults(fault))
        failed(space, 8, "apply", "--auto-approve")
    space.emulator.set_faults(None)
    before = sent(space)
    ran = failed(space, 4, *SEND_AGAIN, "--to", "0701740690", "--sender", "Skolan")
    assert "ledger resolve message/jul" in ran.err
    assert sent(space) == before
    assert space.run("ledger", "resolve", ".", "message/jul", "--as", "not-sent").code == 0
    assert space.run(*SEND_AGAIN, "--to", "0701740690").code == 0


@pytest.mark.parametrize("meanwhile", ["scheduled", "opted out"])
def test_send_checks_again_after_its_question(space: Workspace, meanwhile: str) -> None:
    assert space.emulator is not None
    store = space.emulator.store
    campaign(space)

    def happens() -> None:
        if meanwhile == "scheduled":
            space.apply()
        else:
            store.block("0701740690")

    arguments = ["message", "send", ".", "--body", "God jul!", "--to", "0701740690"]
    ran = on_terminal(space, *arguments, answer="yes\n", meanwhile=happens)
    assert ran.code == 4, ran.out
    assert "nothing was sent" in ran.out
    assert [status for number, _, status in sent(space) if number == "+46701740690"] == (
        ["scheduled"] if meanwhile == "scheduled" else []
    )


def test_a_sent_message_of_unknown_outcome_is_not_sent_again(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure("")
    space.emulator.set_faults(faults({"endpoint": "message/create", "call": 1, "fault": "drop_after"}))
    failed(space, 8, "message", "send", ".", "--to", "0701740605", "--body", "Hej", "--auto-approve")
    assert len(sent(space)) == 1


def test_cancel_cancels_and_reports_what_could_not_be_cancelled(space: Workspace) -> None:
    space.configure("")
    send = ["message", "send", ".", "--to", "0701740605", "--body", "Hej", "--auto-approve"]
    assert space.run(*send, "--at", f"{DUE:%Y-%m-%dT%H:%M}").out.endswith("Scheduled as 1.\n")
    ran = space.run("message", "cancel", "1", "7", "--auto-approve")
    assert (ran.code, ran.out) == (0, "1  cancelled\n7  already gone or sent\n")
    assert sent(space) == []


def test_cancel_refuses_messages_of_the_configuration(space: Workspace) -> None:
    campaign(space)
    space.apply()
    assert "message/jul" in failed(space, 3, "message", "cancel", "1", "--auto-approve").err
    assert len(sent(space)) == 4


def test_status_of_an_unknown_message_is_an_error(space: Workspace) -> None:
    space.configure("")
    assert space.run("message", "status").code == 0
    failed(space, 3, "message", "status", ".", "nobody")
    failed(space, 3, "message", "status", ".", "--data", "nothing.sqlite3")
    assert states(space, "17")[0]["recipients"][0]["status"] is None


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
        store.record(2, 20, MESSAGES.transid("two", "+46701740605"), datetime(2036, 12, 24, tzinfo=UTC))
    ran = failed(unsettled, 3, "ledger", "resolve", ".", "message/two", "--as", "not-sent")
    assert "a delivery status has come" in ran.err
    assert unsettled.changes() == []


def test_unreadable_receipts_do_not_stop_other_work(unsettled: Workspace) -> None:
    unsettled.write(".intime/receipts.sqlite3", "this is no database" * 100)
    ran = failed(unsettled, 8, "apply", "--auto-approve")
    assert "delivery receipts cannot be read" in ran.err


def test_send_to_an_ambiguous_group_sends_nothing(space: Workspace) -> None:
    assert space.emulator is not None
    for _ in range(2):
        space.emulator.store.add_group("Jour")
    space.configure("")
    ran = failed(space, 3, "message", "send", ".", "--to", "group/Jour", "--body", "Hej", "--auto-approve")
    assert "ids 1, 2" in ran.err
    assert sent(space) == []


# A message whose key was changed


def rename(space: Workspace) -> None:
    text = (space.path / "intime.yaml").read_text()
    assert text.count("key: jul\n") == 1
    space.write("intime.yaml", text.replace("key: jul\n", "key: jul2\n"))


def apply_target(space: Workspace, *, by_file: bool) -> Ran:
    """Apply `--target message/jul2`, straight or through a plan file."""
    if not by_file:
        return space.run("apply", "--auto-approve", "--target", "message/jul2")
    planned = space.run("plan", "--target", "message/jul2", "--out", "narrow.plan")
    assert planned.code == 0, planned.err
    return space.run("apply", "narrow.plan", "--auto-approve")


@pytest.mark.parametrize("by_file", [False, True])
def test_a_target_does_not_hide_an_unknown_outcome(space: Workspace, *, by_file: bool) -> None:
    campaign(space)
    assert space.emulator is not None
    space.emulator.set_faults(faults({"endpoint": "message/create", "call": 1, "fault": "drop_after"}))
    assert space.run("apply", "--auto-approve").code == 8
    space.emulator.set_faults(None)
    before = sent(space)
    rename(space)
    ran = apply_target(space, by_file=by_file)
    assert ran.code in (7, 8), ran.out + ran.err
    assert sent(space) == before
    assert "message/jul" in ran.out


@pytest.mark.parametrize("by_file", [False, True])
def test_a_target_cancels_the_message_under_the_old_key(space: Workspace, *, by_file: bool) -> None:
    campaign(space)
    space.apply()
    before = sent(space)
    rename(space)
    ran = apply_target(space, by_file=by_file)
    assert ran.code == 0, ran.out + ran.err
    assert sent(space) == before


def test_a_message_that_cannot_be_cancelled_is_not_sent_under_a_new_key(space: Workspace) -> None:
    """However often the same is applied: "could not be removed" may mean that it will be sent."""
    campaign(space)
    space.apply()
    assert space.emulator is not None
    refused = {"endpoint": "message/delete", "call": "every", "fault": "refuse", "code": "2:ERROR2"}
    space.emulator.set_faults(faults(refused))
    before = sent(space)
    rename(space)
    for _ in range(2):
        ran = failed(space, 7, "apply", "--auto-approve")
        assert "ledger rm message/jul --cancelled" in ran.out
        assert sent(space) == before


@pytest.mark.parametrize("target", [(), ("--target", "message/m2")])
@pytest.mark.parametrize(
    ("first", "second"),
    [("groups: [Jour]", "recipients: [{contact: anna}]"), ("recipients: [0701740605]", "groups: [Jour]")],
)
def test_a_message_of_unknown_outcome_to_a_group_is_not_sent_to_its_member(
    space: Workspace, first: str, second: str, target: tuple[str, ...]
) -> None:
    contacts = "groups: [Jour]\ncontacts: [{key: anna, firstname: Anna, mobile: 0701740605, groups: [Jour]}]\n"
    message = "messages: [{{key: {}, send_at: 2036-12-24T08:00, sender: Kliniken, body: Hej, {}}}]\n"
    assert space.emulator is not None
    space.emulator.set_faults(faults({"endpoint": "message/create", "call": 1, "fault": "drop_after"}))
    space.configure(contacts + message.format("m1", first))
    assert space.run("apply", "--auto-approve").code == 8
    before = sent(space)
    space.configure(contacts + message.format("m2", second))
    ran = space.run("apply", "--auto-approve", *target)
    assert ran.code in (7, 8), ran.out + ran.err
    assert "message/m1 says the same to the same people" in ran.out
    assert sent(space) == before


@pytest.mark.parametrize("fault", [{"fault": "drop_before"}, {"fault": "refuse", "code": "2:ERROR2"}])
def test_a_renamed_message_to_a_renamed_group_waits_for_the_cancellation_of_the_old_one(
    space: Workspace, fault: dict[str, str]
) -> None:
    text = """\
groups: [{0}]
contacts: [{{key: anna, firstname: Anna, mobile: 0701740605, groups: [{0}]}}]
messages: [{{key: to-{0}, send_at: 2036-12-24T08:00, sender: Kliniken, body: Hej, groups: [{0}]}}]
"""
    assert space.emulator is not None
    space.configure(text.format("Jour"))
    space.apply()
    before = sent(space)
    space.emulator.set_faults(faults({"endpoint": "message/delete", "call": "every", **fault}))
    space.configure(text.format("Beredskap"))
    for _ in range(2):
        failed(space, 7, "apply", "--auto-approve")
        assert sent(space) == before
    if fault["fault"] == "drop_before":
        space.emulator.set_faults(None)
        space.apply()
        assert [status for _, _, status in sent(space)].count("scheduled") == 1
