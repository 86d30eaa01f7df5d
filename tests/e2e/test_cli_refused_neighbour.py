"""A contact that the service refuses does not keep the others in its carrier from being changed."""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from faults.refusing import refuse
from harness import PATIENCE, Workspace, in_background, workspace

from intime_sync.emulator.service import Call, Reply, Service, Share

WAYS = ["add", "replace", "union", "keep"]
OLD, NEW = "0701740612", "0701740619"


def people(anna: str = "Anna", bo: str = OLD, *, dan: bool = False) -> str:
    """The sections: Anna, Bo (refused) and Cia, and Dan, who is new."""
    lines = [
        f"{{key: anna, firstname: {anna}, mobile: 0701740611, groups: [Jour]}}",
        f"{{key: bo, firstname: Bo, mobile: {bo}, groups: [Jour]}}",
        "{key: cia, firstname: Cia, mobile: 0701740613, groups: [Jour]}",
        *(["{key: dan, firstname: Dan, mobile: 0701740614, groups: [Jour]}"] if dan else []),
    ]
    return "groups: [Jour]\ncontacts:\n" + "".join(f"  - {line}\n" for line in lines)


def held(space: Workspace) -> Counter[str]:
    """First names of the contacts in the group; all contacts must be in it."""
    assert space.emulator is not None
    jour = {name: id for id, name in space.emulator.store.groups()}["Jour"]
    contacts = space.emulator.store.contacts()
    assert all(jour in contact.groups for contact in contacts)
    return Counter(contact.firstname.partition("-")[0] for contact in contacts)


EVERYBODY = Counter(["Anna", "Bo", "Cia", "Dan"])


@pytest.mark.parametrize("keep_others", [False, True], ids=["all-or-nothing", "the-others-are-kept"])
@pytest.mark.parametrize("way", WAYS)
def test_a_refused_contact_keeps_its_carrier_and_the_report_says_what_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, keep_others: bool
) -> None:
    with workspace(tmp_path, on_known_mobile=way) as space:
        space.configure(people())
        space.apply()
        refuse(monkeypatch, "contacts/add", OLD[1:], "3:ERROR2", keep_others=keep_others)
        space.configure(people("Anna-Lena", dan=True))
        ran = space.run("apply", "--auto-approve")
        assert ran.code == 7, ran.out + ran.err
        assert "contact/bo" in ran.out + ran.err
        assert "3:ERROR2" in ran.out + ran.err
        assert held(space) == EVERYBODY
        waiting = space.changes()
        if way in ("add", "keep"):
            assert waiting == [("replace", "contact/anna"), ("replace", "contact/bo")]
            assert "shares a carrier with contact/bo" in ran.out
            ran = space.run("apply", "--auto-approve")
            assert ran.code == 7
            assert "shares a carrier with contact/bo" in ran.out
            assert "tried alone" in space.run("plan").out
        else:
            assert waiting == [], "all others have left Bo's carrier"
        assert held(space) == EVERYBODY
        assert space.changes() == waiting
        space.configure(people("Anna-Lena", NEW, dan=True))
        space.apply()
        assert held(space) == EVERYBODY
        assert space.changes() == []


@pytest.mark.parametrize("way", WAYS)
def test_without_the_refused_contact_all_other_changes_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    with workspace(tmp_path, on_known_mobile=way) as space:
        space.configure(people())
        space.apply()
        refuse(monkeypatch, "contacts/add", OLD[1:], "3:ERROR2", keep_others=False)
        wanted = people("Anna-Lena", dan=True)
        space.configure(wanted)
        assert space.run("apply", "--auto-approve").code == 7
        space.configure("".join(line for line in wanted.splitlines(keepends=True) if "key: bo" not in line))
        space.apply()
        assert held(space) == EVERYBODY - Counter(["Bo"])
        assert space.changes() == []


@pytest.mark.parametrize("nth", [3, 8])
@pytest.mark.parametrize("way", WAYS)
def test_a_kill_beside_a_refused_contact_loses_no_contact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, nth: int
) -> None:
    with workspace(tmp_path, on_known_mobile=way) as space:
        space.configure(people())
        space.apply()
        calls = refuse(monkeypatch, "contacts/add", OLD[1:], "3:ERROR2", keep_others=True)
        space.configure(people("Anna-Lena", dan=True))
        with monkeypatch.context() as patched, in_background(space, "apply", "--auto-approve") as process:
            answer: Any = Service.answer

            def killing(service: Service, call: Call, share: Share = "all") -> Reply:
                reply: Reply = answer(service, call, share)
                if len(calls) == nth:
                    os.kill(process.pid, signal.SIGKILL)
                return reply

            patched.setattr(Service, "answer", killing)
            assert process.wait(PATIENCE) in (-signal.SIGKILL, 7)
        for _ in range(2):
            assert space.run("apply", "--auto-approve").code in (0, 7)
        assert held(space) == EVERYBODY
        space.configure(people("Anna-Lena", NEW, dan=True))
        space.apply()
        assert held(space) == EVERYBODY
        assert space.changes() == []
