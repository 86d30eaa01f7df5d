"""Groups that share a name: never guessed between; `id:` picks one."""

from __future__ import annotations

import pytest
from plan_makers import GROUP, actions, entry, group_row, ledger, plan, pruning

from intime_sync.errors import InvalidConfiguration
from intime_sync.model.policy import Prune

TWO = {GROUP: [group_row("Jour", 7), group_row("Jour", 17)]}


def code_of(sections: object, account: object) -> tuple[str, str]:
    with pytest.raises(InvalidConfiguration) as raised:
        plan(sections, account)  # type: ignore[arg-type]
    (problem,) = raised.value.problems
    assert problem.origin is not None
    return problem.code, problem.message


def test_two_groups_of_one_name_are_an_error_that_names_both() -> None:
    code, message = code_of({"groups": [{"name": "Jour"}]}, TWO)
    assert code == "ambiguous"
    assert "7" in message
    assert "17" in message


def test_two_groups_of_one_name_cannot_be_made_absent_without_a_pin() -> None:
    assert code_of({"groups": [{"name": "Jour", "ensure": "absent"}]}, TWO)[0] == "ambiguous"


@pytest.mark.parametrize("id", [7, 17])
def test_a_pin_picks_one(id: int) -> None:
    made = plan({"groups": [{"name": "Jour", "id": id}]}, TWO)
    assert actions(made) == [("adopt", "group/Jour")]
    assert made.changes[0].remote_id == id  # type: ignore[union-attr]


def test_a_pin_picks_the_one_to_remove() -> None:
    made = plan({"groups": [{"name": "Jour", "id": 17, "ensure": "absent"}]}, TWO)
    assert [(action, change.remote_id) for (action, _), change in zip(actions(made), made.changes, strict=True)] == [  # type: ignore[union-attr]
        ("delete", 17)
    ]


def test_a_pin_that_the_account_does_not_have_is_an_error() -> None:
    assert code_of({"groups": [{"name": "Jour", "id": 99}]}, TWO)[0] == "unknown-id"


def test_a_pin_on_a_group_of_another_name_is_an_error() -> None:
    assert code_of({"groups": [{"name": "Kansli", "id": 7}]}, TWO)[0] == "other-name"


def test_a_pin_that_is_gone_already_is_what_absent_wants() -> None:
    assert plan({"groups": [{"name": "Jour", "id": 99, "ensure": "absent"}]}, TWO).is_empty


def test_a_pin_leaves_its_twin_alone_unless_everything_is_pruned() -> None:
    known = ledger({GROUP: {"Jour": entry("groups", {"name": "Jour"}, 7)}})
    sections = {"groups": [{"name": "Jour", "id": 7}]}
    assert plan(sections, TWO, known).is_empty
    made = plan(sections, TWO, known, pruning(Prune.ALL))
    assert [(change.remote_id, action) for (action, _), change in zip(actions(made), made.changes, strict=True)] == [  # type: ignore[union-attr]
        (17, "delete")
    ]


def test_moving_a_pin_to_the_twin_removes_neither() -> None:
    known = ledger({GROUP: {"Jour": entry("groups", {"name": "Jour"}, 7)}})
    assert actions(plan({"groups": [{"name": "Jour", "id": 17}]}, TWO, known)) == [("adopt", "group/Jour")]


def test_twins_that_go_have_addresses_of_their_own() -> None:
    """One word on each: else what became of one would be said of the other."""
    known = ledger({GROUP: {"Jour": entry("groups", {"name": "Jour"}, 7)}})
    rows = {GROUP: [*TWO[GROUP], group_row("Akut", 20), group_row("Akut", 21), group_row("Kansli", 22)]}
    made = plan({"groups": []}, rows, known, pruning(Prune.ALL))
    addresses = [address for _, address in actions(made)]
    assert addresses == ["group/Akut#20", "group/Akut#21", "group/Jour", "group/Jour#17", "group/Kansli"]
