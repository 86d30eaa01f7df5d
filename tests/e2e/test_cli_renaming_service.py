"""A service that changes names: the changed name is remembered and matched, and nothing is made twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_world import posts
from harness import HEAD, Workspace, workspace

LONG = "Vårdcentralens jourgrupp för barn och ungdomar i Åby"
NAMES = [("latin1", "Łódź", "?ód?"), ("upper", "Jour öst", "JOUR ÖST"), ("cut50", LONG, LONG[:50])]
SIZES = HEAD.replace("clinic-a", "vardcentral-aby-norra-och-sodra-1") + "policy: {contacts: {carrier_size: 1}}\n"


def people(name: str, *firstnames: str) -> str:
    items = "".join(
        f"  - {{key: p{number}, firstname: {first}, mobile: 07017406{number:02}, groups: [{name}]}}\n"
        for number, first in enumerate(firstnames, 11)
    )
    return f"groups: [{name}, Annan]\ncontacts:\n{items}"


def listed(space: Workspace) -> list[str]:
    assert space.emulator is not None
    return [name for _, name in space.emulator.store.groups()]


@pytest.mark.parametrize(("way", "name", "made"), NAMES)
@pytest.mark.parametrize("head", [HEAD, SIZES], ids=["short", "long"])
def test_a_name_that_the_service_changed_is_matched_and_made_once(
    tmp_path: Path, way: str, name: str, made: str, head: str
) -> None:
    with workspace(tmp_path, names=way) as space:
        assert space.emulator is not None
        space.configure(people(name, "Anna", "Bo"), head=head)
        first = space.apply()
        assert f"`{made}`" in first.out, "it is said once what to write instead"
        groups = listed(space)
        assert made in groups
        assert space.changes() == []
        again = space.apply()
        assert f"`{made}`" not in again.out
        assert listed(space) == groups
        assert space.run("drift").code == 0
        # Everything can still be changed and removed.
        space.configure(people(name, "Anna-Lena", "Bo"), head=head)
        space.apply()
        assert space.changes() == []
        assert len(listed(space)) == len(groups)
        assert sorted(contact.firstname for contact in space.emulator.store.contacts()) == ["Anna-Lena", "Bo"]
        space.configure("groups: [Annan]\ncontacts: []\n", head=head)
        space.apply("--allow-delete", "contact=2")
        assert len(listed(space)) == 1
        assert space.emulator.store.contacts() == []
        assert space.changes() == []


def test_configuring_the_services_spelling_of_a_name_makes_nothing_again(tmp_path: Path) -> None:
    with workspace(tmp_path, names="latin1") as space:
        space.configure("groups: [Łódź]\n")
        space.apply()
        before = posts(space)
        space.configure("groups: ['?ód?']\n")
        space.apply()
        assert posts(space) == before
        assert listed(space) == ["?ód?"]
        assert space.changes() == []
