"""Guards and stale plans: a plan that deletes too much, or is no longer what was reviewed, sends nothing."""

from __future__ import annotations

import json

import pytest
from cli_world import assert_no_trace, faults, numbers, posts, section
from harness import HEAD, Ran, Workspace


def refused(space: Workspace, ran: Ran, code: int) -> str:
    """The refusal's words, after checking that nothing was sent."""
    assert ran.code == code, ran
    assert_no_trace(ran)
    assert posts(space) == []
    return ran.err


def owning(space: Workspace, sections: str) -> None:
    """An account that was made as `sections` say; calls are counted from here."""
    space.configure(sections)
    space.apply()
    assert space.emulator is not None
    space.emulator.calls.clear()


def test_more_deletions_than_allowed_stop_with_the_full_plan_and_the_exact_flag(space: Workspace) -> None:
    wanted = numbers(0, 60)
    owning(space, section("blocklist", wanted))
    space.configure(section("blocklist", wanted[30:]))
    for extra in ((), ("--allow-delete", "blocklist=29"), ("--allow-delete", "contact=30")):
        ran = space.run("apply", "--auto-approve", *extra)
        assert "--allow-delete blocklist=30" in refused(space, ran, 4)
        assert ran.out.count("delete stopped: max_delete") == 30, "every deletion is shown"
        assert "30 of 60 owned blocklist objects would be deleted (limit 30 %)" in ran.out
        assert "--allow-delete blocklist=30" in ran.out
    masked = space.run("apply", "--auto-approve", "--format", "json")
    assert (masked.out, "--allow-delete blocklist=30" in refused(space, masked, 4)) == ("", True)
    guard = space.plan()["guards"][0]
    assert (guard["guard"], guard["kind"], guard["tripped"]) == ("max_delete", "blocklist", True)
    assert guard["override"] == "--allow-delete blocklist=30"
    passed = space.run("apply", "--auto-approve", "--allow-delete", "blocklist=30")
    assert (passed.code, "30 done" in passed.out) == (0, True)
    assert space.emulator is not None
    assert len(space.emulator.store.blocklist()) == 30


def test_thirty_contacts_pass_with_thirty_and_not_with_twenty_nine(space: Workspace) -> None:
    contacts = [f"{{mobile: '{number}'}}" for number in numbers(0, 60)]
    owning(space, section("contacts", contacts))
    space.configure(section("contacts", contacts[:30]))
    assert "--allow-delete contact=30" in refused(
        space, space.run("apply", "--auto-approve", "--allow-delete", "contact=29"), 4
    )
    assert space.run("apply", "--auto-approve", "--allow-delete", "contact=30").code == 0
    assert space.emulator is not None
    assert len(space.emulator.store.contacts()) == 30
    assert space.changes() == []


@pytest.mark.parametrize(("owned", "kept", "stopped"), [(5, 1, False), (6, 0, True), (2, 0, True), (1, 0, False)])
def test_a_few_objects_may_be_removed_but_never_all_of_several(
    space: Workspace, owned: int, kept: int, stopped: bool
) -> None:
    wanted = numbers(0, owned)
    owning(space, section("blocklist", wanted))
    space.configure(section("blocklist", wanted[:kept]))
    ran = space.run("apply", "--auto-approve")
    if stopped:
        assert f"--allow-delete blocklist={owned}" in refused(space, ran, 4)
        assert "which is all of them" in ran.out
    else:
        assert ran.code == 0, ran


def test_the_configuration_sets_the_limits(space: Workspace) -> None:
    head = HEAD + "policy: {max_delete: {percent: 0, always_allow: 1}}\n"
    groups = [f"G{number}" for number in range(9)]
    space.configure(section("groups", groups), head)
    space.apply()
    assert space.emulator is not None
    space.emulator.calls.clear()
    space.configure(section("groups", groups[2:]), head)
    assert "--allow-delete group=2" in refused(space, space.run("apply", "--auto-approve"), 4)
    space.configure(section("groups", groups[1:]), head)
    assert space.run("apply", "--auto-approve").code == 0


def test_protected_objects_stay_when_they_are_left_out(space: Workspace) -> None:
    sections = "groups:\n  - {name: Keep, protect: true}\n  - Other\n  - Third\n"
    owning(
        space,
        sections + "contacts:\n  - {key: a, mobile: 0701740605, protect: true}\n  - {key: b, mobile: 0701740606}\n",
    )
    space.configure("groups: [Other, Third]\n")
    ran = space.run("apply", "--auto-approve", "--allow-delete", "group=9")
    words = refused(space, ran, 4)
    assert "protect: false on group/Keep" in words
    assert "group/Keep is protected and would be deleted" in ran.out
    space.configure("contacts:\n  - {key: a, mobile: 0701740699}\n  - {key: b, mobile: 0701740606}\n")
    ran = space.run("apply", "--auto-approve")
    assert "protect: false on contact/a" in refused(space, ran, 4)
    assert "is protected and would be replaced" in ran.out
    space.configure("groups:\n  - {name: Keep, protect: false}\n  - Other\n  - Third\n")
    space.apply()
    space.configure("groups: [Other, Third]\n")
    space.apply()
    assert space.emulator is not None
    assert "Keep" not in [name for _, name in space.emulator.store.groups()]


def test_a_list_that_is_suddenly_empty_stops(space: Workspace) -> None:
    owning(space, "blocklist: [0701740605, 0701740606]\ngroups: [A]\n")
    assert space.emulator is not None
    for entry in ("0701740605", "0701740606"):
        space.emulator.store.unblock(entry)
    ran = space.run("apply", "--auto-approve")
    assert "--allow-empty blocklist" in refused(space, ran, 4)
    assert space.run("apply", "--auto-approve", "--allow-empty", "blocklist").code == 0
    assert len(space.emulator.store.blocklist()) == 2


def test_a_plan_file_applies_as_reviewed_and_only_once(space: Workspace) -> None:
    space.configure("groups: [A]\nblocklist: [0701740605]\n")
    assert space.run("plan", "--out", "p.json").code == 0
    space.configure("groups: [A, B, C]\n")
    ran = space.run("apply", "p.json", "--auto-approve")
    assert ran.code == 0, ran.err
    assert space.emulator is not None
    assert [name for _, name in space.emulator.store.groups()] == ["A"], "the plan, not the configuration"
    space.emulator.calls.clear()
    words = refused(space, space.run("apply", "p.json", "--auto-approve"), 5)
    assert "lineage" in words, "the first plan of an empty ledger is stale too once there is a ledger"


def test_a_plan_file_is_stale_once_the_ledger_has_changed(space: Workspace) -> None:
    owning(space, "groups: [A]\n")
    space.configure("groups: [A, B]\n")
    assert space.run("plan", "--out", "p.json").code == 0
    space.configure("groups: [A, C]\n")
    space.apply()
    assert space.emulator is not None
    space.emulator.calls.clear()
    assert "the ledger has changed since: serial 1 then, 2 now" in refused(
        space, space.run("apply", "p.json", "--auto-approve"), 5
    )


def test_a_plan_file_is_stale_once_what_it_would_change_has_changed(space: Workspace) -> None:
    assert space.emulator is not None
    reminder = "  - {key: r, at: 2036-12-01T08:30, attendant: {firstname: Anna, mobile: 0701740608}}\n"
    owning(space, "groups: [A, B, C]\nblocklist: [0701740605, 0701740606, 0701740607]\nreminders:\n" + reminder)
    space.configure(
        "groups: [B, C, New]\nblocklist: [0701740606, 0701740607]\nreminders:\n" + reminder.replace("Anna", "Anne")
    )
    assert space.run("plan", "--out", "p.json").code == 0
    store = space.emulator.store
    store.add_group("New")
    store.delete_group(next(id for id, name in store.groups() if name == "A"))
    store.unblock("0701740605")
    store.change_reminder(store.reminders()[0].id, attendant_firstname="Ann")
    words = refused(space, space.run("apply", "p.json", "--auto-approve"), 5)
    for reason in (
        "group/New is in the account by now",
        "group/A is no longer in the account",
        "blocklist/+46•••••••05 is no longer in the account",
        "reminder/r has changed in the account",
    ):
        assert reason in words


def test_a_plan_file_for_another_account_or_owner_is_stale(space: Workspace) -> None:
    space.configure("groups: [A]\n")
    assert space.run("plan", "--out", "p.json").code == 0
    space.configure("groups: [A]\n", HEAD.replace("clinic-a", "clinic-b"))
    assert "clinic-a" in refused(space, space.run("apply", "p.json", "--auto-approve"), 5)
    space.configure("groups: [A]\n")
    plain = Workspace(space.path)
    ran = plain.run("apply", "p.json", "--auto-approve")
    assert (ran.code, "at embedded" in ran.err) == (5, True)


def test_a_plan_file_that_is_edited_masked_cut_off_or_something_else_is_refused(space: Workspace) -> None:
    owning(space, section("blocklist", numbers(0, 3)))
    space.configure(section("blocklist", numbers(1, 3)))
    assert space.run("plan", "--out", "p.json").code == 0
    good = (space.path / "p.json").read_text()
    masked = space.run("plan", "--format", "json").out
    for text, fragment in (
        (good.replace("00003", "00009"), "it was edited"),
        (good.replace('"tripped": false', '"tripped": true'), "it was edited"),
        (masked, "it was printed masked"),
        (good[: len(good) // 2], "not"),
        (good.replace('"format_version": "1"', '"format_version": "2"'), "format version"),
        ("[]", ""),
        ("", ""),
        ("\x00", ""),
        (json.dumps({"format_version": "1"}), ""),
    ):
        space.write("bad.json", text)
        for verb in (("apply", "--auto-approve"), ("show",))[: 2 if fragment else 1]:
            ran = space.run(verb[0], "bad.json", *verb[1:])
            assert (ran.code, ran.out) == (3, ""), ran
            assert "bad.json" in ran.err
            assert fragment in ran.err
            assert_no_trace(ran)
    space.write("bad.json", b"\xff\xfe")
    assert "not a plan file" in refused(space, space.run("apply", "bad.json", "--auto-approve"), 3)
    assert space.run("apply", "p.json", "--auto-approve").code == 0


def test_the_guards_also_judge_a_plan_file(space: Workspace) -> None:
    owning(space, section("blocklist", numbers(0, 12)))
    space.configure(section("blocklist", numbers(0, 4)))
    assert space.run("plan", "--out", "p.json").code == 0
    assert "--allow-delete blocklist=8" in refused(space, space.run("apply", "p.json", "--auto-approve"), 4)
    assert space.run("apply", "p.json", "--auto-approve", "--allow-delete", "blocklist=8").code == 0


def test_a_plan_file_is_not_applied_on_a_list_that_fails(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure("groups: [A]\nblocklist: [0701740605]\n")
    assert space.run("plan", "--out", "p.json").code == 0
    space.emulator.set_faults(faults({"endpoint": "nix/list", "fault": "garbage"}))
    assert "nix/list" in refused(space, space.run("apply", "p.json", "--auto-approve"), 1)


def test_a_missing_section_is_neither_read_nor_changed(space: Workspace) -> None:
    assert space.emulator is not None
    owning(space, "groups: [A, B]\nblocklist: [0701740605, 0701740606]\n")
    space.configure("groups: [A, B, C]\n")
    space.apply()
    assert {endpoint for _, endpoint in space.emulator.calls} == {"contacts/listgroups", "contacts/addgroup"}
    assert len(space.emulator.store.blocklist()) == 2
