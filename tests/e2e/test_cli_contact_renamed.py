"""A contact whose key was changed is one contact: it is not added where the earlier one cannot be removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import faults
from harness import HEAD, Workspace, workspace

APPEND = HEAD + "policy: {contacts: {strategy: append}}\n"
NEVER = HEAD + "policy: {prune: {contact: never}}\n"


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Workspace]:
    with workspace(tmp_path) as made:
        yield made


def people(space: Workspace) -> int:
    assert space.emulator is not None
    return len(space.emulator.store.contacts())


def contact(key: str, name: str = "Anna", more: str = "") -> str:
    return f"  - {{key: {key}, firstname: {name}, mobile: 0701740605{more}}}\n"


@pytest.mark.parametrize("head", [APPEND, NEVER])
def test_a_contact_that_stays_is_not_added_under_a_new_key(space: Workspace, head: str) -> None:
    space.configure("contacts:\n" + contact("old"), head=head)
    space.apply()
    space.configure("contacts:\n" + contact("new"), head=head)
    for options in ((), ("--target", "contact/new")):
        ran = space.apply(*options)
        assert "contact/old is the same person and stays in the account" in " ".join(ran.out.split())
        assert people(space) == 1
    assert ("held", "contact/new") in space.changes()
    space.configure("contacts:\n" + contact("old"), head=head)
    assert space.changes() == []


def test_a_contact_that_may_have_been_added_is_not_added_under_a_new_key(space: Workspace) -> None:
    assert space.emulator is not None
    space.emulator.set_faults(faults({"endpoint": "contacts/add", "call": 1, "fault": "drop_after"}))
    space.configure("contacts:\n" + contact("old"), head=APPEND)
    assert space.run("apply", "--auto-approve").code == 8
    space.configure("contacts:\n" + contact("new"), head=APPEND)
    ran = space.run("apply", "--auto-approve")
    assert ran.code == 8
    assert "contact/old is the same person and may have been added" in " ".join(ran.out.split())
    assert people(space) == 1
    assert space.run("ledger", "resolve", ".", "contact/old", "--as", "not-sent").code == 0
    assert space.changes() == [("create", "contact/new")]


def test_a_contact_may_be_added_under_a_new_key_once_the_old_one_is_removed(space: Workspace) -> None:
    space.configure("contacts:\n" + contact("old"), head=NEVER)
    space.apply()
    space.configure("contacts:\n" + contact("new") + contact("old", more=", ensure: absent"), head=NEVER)
    space.apply()
    assert people(space) == 1
    assert space.changes() == []


def test_two_contacts_may_share_a_number(space: Workspace) -> None:
    space.configure("contacts:\n" + contact("old"), head=NEVER)
    space.apply()
    space.configure("contacts:\n" + contact("new", "Bo"), head=NEVER)
    space.apply()
    assert people(space) == 2
