"""`message send`, `message cancel` and `message status`: one-off messages, and how a message is doing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_world import faults, on_terminal
from harness import Workspace, in_background, wait_for
from message_world import DUE, campaign, failed, messaging, sent, states


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Workspace]:
    with messaging(tmp_path) as made:
        yield made


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


def test_send_to_an_ambiguous_group_sends_nothing(space: Workspace) -> None:
    assert space.emulator is not None
    for _ in range(2):
        space.emulator.store.add_group("Jour")
    space.configure("")
    ran = failed(space, 3, "message", "send", ".", "--to", "group/Jour", "--body", "Hej", "--auto-approve")
    assert "ids 1, 2" in ran.err
    assert sent(space) == []


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
