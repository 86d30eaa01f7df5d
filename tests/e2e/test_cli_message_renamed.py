"""A message whose key was changed is one message: it is never sent again under the new key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import faults
from harness import Ran, Workspace
from message_world import campaign, failed, messaging, sent


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Workspace]:
    with messaging(tmp_path) as made:
        yield made


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
