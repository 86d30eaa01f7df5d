"""`drift` as a process over real HTTP: changes by hand, changes of the configuration, and every way to fail."""

from __future__ import annotations

import json
import signal
from datetime import datetime

import pytest
from cli_world import EVERYTHING, assert_no_trace, assert_nothing_private, faults, odd_service, posts
from harness import HEAD, Ran, Workspace, in_background, wait_for

MESSAGE = """\
messages:
  - {key: jul, send_at: 2036-12-24T08:00, sender: Kliniken, body: God jul!, groups: [Personal]}
"""


def _drift(space: Workspace) -> list[tuple[str, str]]:
    ran = space.run("drift", "--format", "json", "--reveal")
    assert ran.code in (0, 2), ran.err
    found = [(item["change"], item["address"]) for item in ran.json()["drift"]]
    assert ran.code == (2 if found else 0)
    return found


def _applied(space: Workspace) -> None:
    space.configure(EVERYTHING + MESSAGE)
    space.apply()
    assert space.emulator is not None
    space.emulator.calls.clear()


def test_after_an_apply_there_is_no_drift_and_unobservable_objects_are_named(space: Workspace) -> None:
    _applied(space)
    ran = space.run("drift")
    assert (ran.code, ran.err) == (0, "")
    assert "No drift in 2 groups, 1 opt-out and 1 reminder." in ran.out
    assert "Not observable: the fields of 3 contacts (their carrier is there), 1 scheduled message." in ran.out
    assert posts(space) == []


def test_changes_of_the_configuration_and_broken_items_are_no_drift(space: Workspace) -> None:
    _applied(space)
    space.configure("groups: [Helt annat]\nblocklist: []\ncontacts: [{mobile: 12}]\n")
    assert space.run("plan").code == 3
    assert _drift(space) == []


def test_changes_by_hand_are_drift(space: Workspace) -> None:
    assert space.emulator is not None
    _applied(space)
    store = space.emulator.store
    ids = {name: id for id, name in store.groups()}
    (carrier,) = (name for name in ids if name.startswith("~"))
    (reminder,) = store.reminders()
    store.rename_group(ids["Jour"], "Natt")
    store.delete_group(ids[carrier], with_contacts=True)
    store.add_group("~clinic-a/okand")
    store.add_group("Personal")
    store.add_group("Främmande")
    store.unblock("0701740607")
    store.change_reminder(reminder.id, at=datetime(2036, 12, 2, 9, 0))  # noqa: DTZ001 - the service's wall time
    assert _drift(space) == [
        ("renamed", "group/Jour"),
        ("doubled", "group/Personal"),
        ("gone", f"carrier/{carrier}"),
        ("unknown", "carrier/~clinic-a/okand"),
        ("gone", "blocklist/+46701740607"),
        ("changed", "reminder/2036-12-01-lindqvist"),
    ]
    ran = space.run("drift", "--unowned")
    assert ran.code == 2
    assert_nothing_private(ran)
    for fragment in (
        "SMS to this number is allowed again",
        "3 contacts went with it",
        "2036-12-01T08:30 → 2036-12-02T09:00",
        "their carrier is not there",
        "Främmande",
    ):
        assert fragment in ran.out
    store.change_reminder(reminder.id, active=False)
    assert ("switched_off", "reminder/2036-12-01-lindqvist") in _drift(space)
    assert posts(space) == []


def test_groups_of_one_name_with_pinned_ids_are_no_drift(space: Workspace) -> None:
    assert space.emulator is not None
    first, _ = (space.emulator.store.add_group("Jour") for _ in range(2))
    space.configure(f"groups: [{{name: Jour, id: {first}}}]\n")
    space.apply()
    assert _drift(space) == []
    space.configure("groups: [{name: Jour}]\ncontacts: [{mobile: 12}]\n")
    assert _drift(space) == [("doubled", "group/Jour")], "with errors in it, the configuration tells nothing apart"


def test_without_a_ledger_drift_compares_nothing_and_carriers_show_that_it_is_lost(space: Workspace) -> None:
    space.configure(EVERYTHING)
    ran = space.run("drift")
    assert (ran.code, "nothing to compare" in ran.out) == (0, True)
    space.apply()
    (space.path / ".intime" / "ledger.json").unlink()
    assert [change for change, _ in _drift(space)] == ["unknown"]


def test_an_interrupted_apply_is_settled_in_memory_as_a_plan_does(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure("groups: [Personal]\nblocklist: [0701740607]\n")
    space.emulator.set_faults(faults({"endpoint": "contacts/addgroup", "call": 1, "fault": "delay", "seconds": 60}))
    with in_background(space, "apply", "--auto-approve") as first:
        wait_for(lambda: "contacts/addgroup" in posts(space), "the apply to send")
        assert space.run("drift").code == 0, "looking needs no lock"
        first.send_signal(signal.SIGKILL)
        first.wait()
    space.emulator.set_faults(None)
    journal = (space.path / ".intime" / "ledger.json.journal").read_bytes()
    ran = space.run("drift")
    assert (ran.code, "the last apply left" in ran.err) == (0, True), ran
    assert (space.path / ".intime" / "ledger.json.journal").read_bytes() == journal


@pytest.mark.parametrize(
    ("env", "code", "fragment"),
    [
        ({"INTIME_HASH": "wrong"}, 9, "does not accept the user name and hash"),
        ({"INTIME_HASH": ""}, 9, "INTIME_HASH"),
        ({"INTIME_URL": "http://127.0.0.1:9/api/1.0"}, 1, "could not be reached"),
        ({"INTIME_USER": "other"}, 1, "the ledger is about clinic-a as demo"),
        ({"INTIME_URL": "ftp://x"}, 3, "INTIME_URL is not an https address"),
    ],
)
def test_drift_fails_as_a_plan_does(space: Workspace, env: dict[str, str], code: int, fragment: str) -> None:
    _applied(space)
    ran = space.run("drift", env=env)
    assert (ran.code, ran.out, fragment in ran.err) == (code, "", True), ran
    assert_no_trace(ran)


def test_a_garbled_list_is_an_error_and_no_drift(space: Workspace) -> None:
    _applied(space)
    with odd_service() as service:
        for body in (b"<html>Server Error</html>", b"<groups><group groupid='1'>Per", b""):
            service.body = body
            ran = space.run("drift", env={"INTIME_URL": service.url})
            assert (ran.code, ran.out, "could not be read" in ran.err) == (1, "", True), ran


def test_drift_of_settings_that_are_broken_is_a_usage_error(space: Workspace) -> None:
    for text in (HEAD.replace("owner: clinic-a\n", ""), "version: [", HEAD + "owner: twice\n"):
        space.write("intime.yaml", text)
        ran = space.run("drift")
        assert (ran.code, ran.out) == (3, "")
        assert_no_trace(Ran(ran.code, ran.out, ran.err))
    assert space.run("drift", "nowhere").code == 3


def test_drift_json_on_stdout_is_masked_without_a_terminal(space: Workspace) -> None:
    assert space.emulator is not None
    _applied(space)
    space.emulator.store.unblock("0701740607")
    ran = space.run("drift", "--format", "json")
    assert json.loads(ran.out)["drift"][0]["key"] == "+46•••••••07"
    assert_nothing_private(ran)
