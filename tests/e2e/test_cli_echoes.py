"""Promise 1: a second plan after a clean apply has no changes, whatever spelling the service echoes."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_world import EVERYTHING
from harness import Workspace, workspace

ODD = """\
groups:
  - "Skåne  &  <Öst>"
  - Łódź Źrebię
  - "A\\u030Angstro\\u0308m"
  - 'He said "hi"'
  - "It's 😀 \\U0001F468\\u200D\\U0001F469"
  - "100 %"
  - "  padded  "
  - "€ œ ž"
  - "no\\u00A0break"
contacts:
  - key: "Łucja & Åke"
    firstname: "Łucja  Ż."
    lastname: "O'Neil <x> \\"q\\""
    mobile: (070) 174 06 05
    groups: [Łódź Źrebię, "100 %"]
  - {firstname: "Zoe\\u0308", mobile: "0046 70/174.06.06", groups: ["Ångström", "Skåne & <Öst>"]}
  - {firstname: "😀", mobile: "\\u202A+46 70 174 06 07\\u202C"}
  - {email: Per.Ek@EXAMPLE.SE}
  - {firstname: Ole, mobile: +47 406 12 345}
blocklist:
  - 070 174 06 09
  - +46 (0)70 174 06 10
  - {mobile: 0046701740611, note: "ÅÄÖ & <b>"}
  - "070-174 06 12"
  - +4791234567
reminders:
  - key: Ł & Å
    at: 2036-12-01  08:30
    organizer: {title: "Dr  med.", firstname: "Łukasz & Co", lastname: "<Ek>"}
    attendant: {firstname: "A\\u030Asa", lastname: "Žižek 😀", mobile: 070-174 06 08}
  - {key: offset, at: "2036-10-26T02:30+02:00", attendant: {mobile: "+47 406 12 345"}}
  - {key: utc, at: "2036-06-01T06:00Z", organizer: {lastname: "\\"'&"}, attendant: {mobile: "0701740608"}}
"""


@pytest.mark.parametrize("declare", ["iso-8859-1", "iso88591", "utf-8"])
@pytest.mark.parametrize("echo", ["national", "e164", "raw"])
def test_a_plan_after_an_apply_is_empty_in_every_spelling_of_the_service(
    tmp_path: Path, echo: str, declare: str
) -> None:
    with workspace(tmp_path, echo=echo, declare=declare) as space:
        space.configure(ODD)
        space.apply()
        again = space.run("plan", "--detailed-exitcode")
        assert again.code == 0, again.out
        assert "No changes." in again.out
        assert space.emulator is not None
        assert {"Skåne & <Öst>", "Ångström", "It's 😀 👨\u200d👩"} <= {
            name for _, name in space.emulator.store.groups()
        }


@pytest.mark.parametrize("wire", ["dates: basic, mobiles: national", "dates: extended, mobiles: e164"])
def test_both_spellings_of_requests_give_the_same_objects(space: Workspace, wire: str) -> None:
    head = f"version: 1\nowner: clinic-a\naccount: {{url: embedded, wire: {{{wire}}}}}\n"
    space.configure(ODD, head)
    space.apply()
    assert space.changes() == []


def test_another_spelling_of_the_same_configuration_is_no_change(space: Workspace) -> None:
    space.configure(EVERYTHING)
    space.apply()
    respelled = EVERYTHING.replace("070-174 06 05", "'+46 (0)70 1740605'").replace("0701740607", "0046-701740607")
    respelled = respelled.replace("2036-12-01T08:30", "2036-12-01 07:30Z").replace("John", '"  John "')
    lines = respelled.splitlines()
    space.configure("\n".join(lines))
    assert space.changes() == []


def test_wanted_objects_that_were_made_by_hand_are_adopted_without_a_call(space: Workspace) -> None:
    assert space.emulator is not None
    space.emulator.store.add_group("Personal")
    space.emulator.store.block("070-1740607")
    space.configure("groups: [Personal]\nblocklist: ['+46701740607']\n")
    ran = space.apply()
    assert "2 to adopt" in ran.out
    assert [call for call in space.emulator.calls if call[0] == "POST"] == []
    assert space.changes() == []
