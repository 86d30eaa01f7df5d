"""`strategy: append`: contacts that the service cannot show are reported as they are, and never changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import HEAD, Workspace, workspace

APPEND = HEAD + "policy: {contacts: {strategy: append}}\n"
ANNA = "contacts: [{key: anna, firstname: Anna, mobile: 0701740605, groups: [Jour]}]\n"


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Workspace]:
    with workspace(tmp_path) as made:
        made.configure("groups: [Jour]\n" + ANNA, head=APPEND)
        made.apply()
        yield made


def numbers(space: Workspace) -> list[str]:
    assert space.emulator is not None
    return [contact.number or "" for contact in space.emulator.store.contacts()]


@pytest.mark.parametrize("options", [(), ("--target", "group/Jour")])
def test_an_appended_contact_of_a_group_that_was_made_again_is_held_until_it_is_mended(
    space: Workspace, options: tuple[str, ...]
) -> None:
    assert space.emulator is not None
    store = space.emulator.store
    store.delete_group(store.groups()[0][0])
    assert ("held", "contact/anna") in space.changes()
    space.apply(*options)
    assert space.changes() == [("held", "contact/anna")], "she is not in the new group"
    # What the plan says a person can do.
    store.delete_contact(store.contacts()[0].id)
    assert space.run("ledger", "rm", ".", "contact/anna").code == 0
    space.apply()
    assert [contact.groups for contact in store.contacts()] == [(store.groups()[0][0],)]
    assert space.changes() == []


def test_following_the_advice_of_a_held_change_makes_no_second_contact(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure("groups: [Jour]\n" + ANNA.replace("05,", "07,"), head=APPEND)
    said = " ".join(space.run("plan").out.split())
    assert "remove it in the service, then drop it from the ledger with `ledger rm`; the next apply adds it" in said
    space.emulator.store.delete_contact(space.emulator.store.contacts()[0].id)
    assert space.run("ledger", "rm", ".", "contact/anna").code == 0
    space.apply()
    assert numbers(space) == ["+46701740607"]
    assert space.changes() == []


@pytest.mark.parametrize("way", ["replace", "union", "keep"])
def test_an_appended_contact_survives_a_carrier_that_the_service_merged_it_into(tmp_path: Path, way: str) -> None:
    with workspace(tmp_path, on_known_mobile=way) as space:
        space.configure("groups: [Jour]\n" + ANNA, head=APPEND)
        space.apply()
        space.configure("groups: [Jour]\n" + ANNA.replace("}]", "}, {key: bo, firstname: Bo, mobile: 0701740605}]"))
        space.apply()
        space.configure("groups: [Jour]\n" + ANNA)
        space.apply()
        assert space.emulator is not None
        assert [contact.firstname for contact in space.emulator.store.contacts()] == ["Anna"]
        assert space.changes() == []
