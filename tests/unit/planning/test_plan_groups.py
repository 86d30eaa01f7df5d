"""Groups: `id:` picks one of several with one name; `on_delete` decides about the contacts of a removed one."""

from __future__ import annotations

from typing import Any

import pytest
from plan_makers import (
    ANNA,
    CARRIER,
    CONTACT,
    GROUP,
    JOUR,
    actions,
    entry,
    group_row,
    ledger,
    of_contacts,
    only,
    plan,
    pruning,
    tripped,
)

from intime_sync.errors import InvalidConfiguration
from intime_sync.model.change import Adopt, Create, Delete
from intime_sync.model.ledger import Carrier
from intime_sync.model.policy import ContactStrategy, Policy, Prune
from intime_sync.model.resource import RemoteId

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


def test_a_pin_picks_the_group_to_remove() -> None:
    made = plan({"groups": [{"name": "Jour", "id": 17, "ensure": "absent"}]}, TWO)
    assert [(action, change.remote_id) for (action, _), change in zip(actions(made), made.changes, strict=True)] == [  # type: ignore[union-attr]
        ("delete", 17)
    ]


def test_a_pin_that_the_account_does_not_have_is_an_error() -> None:
    assert code_of({"groups": [{"name": "Jour", "id": 99}]}, TWO)[0] == "unknown-id"


def test_a_pin_on_a_group_of_another_name_is_an_error() -> None:
    assert code_of({"groups": [{"name": "Kansli", "id": 7}]}, TWO)[0] == "other-name"


def test_an_absent_group_with_an_unknown_pin_needs_nothing() -> None:
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


def test_groups_of_one_name_are_removed_under_addresses_of_their_own() -> None:
    """Otherwise the result of one would be reported as that of the other."""
    known = ledger({GROUP: {"Jour": entry("groups", {"name": "Jour"}, 7)}})
    rows = {GROUP: [*TWO[GROUP], group_row("Akut", 20), group_row("Akut", 21), group_row("Kansli", 22)]}
    made = plan({"groups": []}, rows, known, pruning(Prune.ALL))
    addresses = [address for _, address in actions(made)]
    assert addresses == ["group/Akut#20", "group/Akut#21", "group/Jour", "group/Jour#17", "group/Kansli"]


def test_a_pin_does_not_affect_other_groups() -> None:
    known = ledger(
        {GROUP: {name: entry("groups", {"name": name}, id) for name, id in (("A", 7), ("B", 8), ("C", 9))}}
    )
    rows = [group_row(name, id) for name, id in (("A", 7), ("B", 8), ("C", 9))]
    made = plan({"groups": [{"name": "A", "id": 7}, {"name": "B"}, {"name": "C"}]}, {GROUP: rows}, known)
    assert (made.is_empty, made.unchanged) == (True, 3)


def test_every_ambiguous_name_is_reported() -> None:
    rows = [group_row(name, id) for id, name in enumerate(("A", "A", "B", "B"), 7)]
    with pytest.raises(InvalidConfiguration) as raised:
        plan({"groups": [{"name": "A"}, {"name": "B"}]}, {GROUP: rows})
    told = [(problem.code, problem.message) for problem in raised.value.problems]
    assert [code for code, _ in told] == ["ambiguous", "ambiguous"]
    assert [f"`{name}`" in message for name, (_, message) in zip("AB", told, strict=True)] == [True, True]


def test_pruning_everything_spares_a_pinned_group_without_a_ledger() -> None:
    rows = [group_row("Jour", 7), group_row("Jour", 17)]
    made = plan({"groups": [{"name": "Jour", "id": 7}]}, {GROUP: rows}, None, pruning(Prune.ALL))
    assert [change.remote_id for change in made.changes if isinstance(change, Delete)] == [17]
    assert [change.remote_id for change in made.changes if isinstance(change, Adopt)] == [7]


@pytest.mark.parametrize("name", ["~Jour", "Jour/natt"])
def test_a_name_with_only_one_mark_of_a_carrier_is_a_group(name: str) -> None:
    made = plan({"groups": []}, {GROUP: [group_row(name, 7)]}, None, pruning(Prune.ALL))
    assert actions(made) == [("delete", f"group/{name}")]
    assert (tripped(made), made.diagnostics) == ([], ())


def test_on_delete_is_recorded_when_a_group_is_made_or_adopted() -> None:
    item = {"name": "Jour", "on_delete": "delete_contacts"}
    for rows in ([], [group_row("Jour", 7)]):
        change = only(plan({"groups": [item]}, {GROUP: rows}))
        assert isinstance(change, Create | Adopt)
        assert change.options == {"on_delete": "delete_contacts"}


@pytest.mark.parametrize("said", [None, "keep_contacts", "delete_contacts"])
@pytest.mark.parametrize("remembered", [None, "keep_contacts", "delete_contacts"])
def test_on_delete_of_an_absent_group_is_that_of_its_line_or_else_of_the_ledger(
    said: str | None, remembered: str | None
) -> None:
    item = {"name": "Jour", "ensure": "absent", **({"on_delete": said} if said else {})}
    options = {"on_delete": remembered} if remembered else {}
    known = ledger({GROUP: {"Jour": entry("groups", JOUR, 7, options=options)}})
    change = only(plan({"groups": [item]}, {GROUP: [group_row("Jour", 7)]}, known))
    assert isinstance(change, Delete)
    assert (change.options or {}).get("on_delete", "keep_contacts") == (said or remembered or "keep_contacts")
    assert change.owned


MEMBERS = [{"key": key, "email": f"{key}@example.se", "groups": ["Jour"]} for key in ("anna", "bo")]


@pytest.mark.parametrize(
    ("people", "stops"),
    [
        ([{**MEMBERS[0], "groups": []}, {**MEMBERS[1], "groups": []}], False),  # both move out
        ([{**MEMBERS[0], "groups": []}], False),  # one moves out, one goes
        ([], False),
        (None, True),  # contacts are not managed here: both stay
    ],
)
@pytest.mark.parametrize("on_delete", ["delete_contacts", "keep_contacts"])
def test_a_group_is_not_removed_with_contacts_that_stay(
    people: list[dict[str, Any]] | None, stops: bool, on_delete: str
) -> None:
    known = ledger(
        {
            GROUP: {
                "Alla": entry("groups", {"name": "Alla"}, 6),
                "Jour": entry("groups", JOUR, 7, options={"on_delete": on_delete}),
                "Kvar": entry("groups", {"name": "Kvar"}, 8),
            },
            CONTACT: {it["key"]: entry("contacts", it, 90 + i, carrier=40) for i, it in enumerate(MEMBERS)},
        },
        {40: Carrier(CARRIER, {"Jour": RemoteId(7)})},
    )
    rows = [group_row("Alla", 6), group_row("Jour", 7), group_row("Kvar", 8), group_row(CARRIER, 40)]
    sections: dict[str, Any] = {"groups": [{"name": "Kvar"}]} | ({} if people is None else {"contacts": people})
    made = plan(sections, {GROUP: rows}, known)
    stopping = [guard for guard in made.tripped() if guard.rule == "members_stay"]
    assert bool(stopping) == (stops and on_delete == "delete_contacts")
    assert all("contact/anna" in guard.message for guard in stopping)


def test_a_group_is_not_removed_with_a_contact_that_is_held() -> None:
    held = of_contacts(
        [{**ANNA, "groups": []}],
        groups=[{"name": "Jour", "ensure": "absent", "on_delete": "delete_contacts"}],
        policy=Policy(contact_strategy=ContactStrategy.APPEND),
    )
    assert ("held", "contact/anna") in actions(held)
    assert "members_stay" in [guard for guard, _ in tripped(held)]
