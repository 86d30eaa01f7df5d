"""The table of outcomes: configuration, ledger, account, `prune`, `ensure` and `protect`, for every kind."""

from __future__ import annotations

from typing import Any

import pytest
from plan_makers import (
    ANNA,
    BLOCKLIST,
    CARRIER,
    CONTACT,
    GROUP,
    ITEMS,
    KINDS,
    REMINDER,
    Resource,
    actions,
    entry,
    group_row,
    ledger,
    of_every_list,
    one,
    only,
    plan,
    pruning,
    row,
)

from intime_sync.model.change import Create, Delete, Update
from intime_sync.model.ledger import Carrier, Entry
from intime_sync.model.plan import Plan
from intime_sync.model.policy import ContactStrategy, Policy, Prune

UNOWNED_KEY = {"groups": "Jour", "blocklist": "+46701740606", "reminders": "#7"}

# (in YAML, in the ledger, in the account, prune) → the action, or None for nothing at all.
TABLE = [
    ("yes", False, False, "owned", "create"),
    ("yes", False, True, "owned", "adopt"),
    ("yes", True, True, "owned", None),
    ("yes", True, False, "owned", "create"),
    ("yes", False, False, "never", "create"),
    ("yes", True, True, "all", None),
    ("yes", False, True, "all", "adopt"),
    ("no", True, True, "owned", "delete"),
    ("no", True, True, "all", "delete"),
    ("no", True, True, "never", None),
    ("no", True, False, "owned", "forget"),
    ("no", True, False, "all", "forget"),
    ("no", True, False, "never", "forget"),
    ("no", False, True, "owned", None),
    ("no", False, True, "never", None),
    ("no", False, True, "all", "delete"),
    ("no", False, False, "all", None),
    ("absent", True, True, "owned", "delete"),
    ("absent", True, True, "never", "delete"),
    ("absent", False, True, "owned", "delete"),
    ("absent", False, True, "never", "delete"),
    ("absent", True, False, "owned", "forget"),
    ("absent", False, False, "owned", None),
]


def situation(section: str, wish: str, known: bool, there: bool, prune: str = "owned", **more: Any) -> Plan:
    item, kind = ITEMS[section], KINDS[section]
    key = one(section, item).key
    items = {"yes": [{**item, **more}], "no": [], "absent": [{**item, "ensure": "absent"}]}[wish]
    return plan(
        {section: items},
        {kind: [row(section, item, 7)] if there else []},
        ledger({kind: {key: entry(section, item, 7)}} if known else {}),
        pruning(Prune(prune), kind),
    )


@of_every_list
@pytest.mark.parametrize(("wish", "known", "there", "prune", "action"), TABLE)
def test_each_situation_has_the_action_of_the_table(
    section: str, wish: str, known: bool, there: bool, prune: str, action: str | None
) -> None:
    made = situation(section, wish, known, there, prune)
    key = one(section, ITEMS[section]).key
    if wish == "no" and not known:
        key = UNOWNED_KEY[section]
    assert actions(made) == ([] if action is None else [(action, f"{KINDS[section]}/{key}")])
    assert made.unchanged == (1 if wish == "yes" and action is None else 0)


@of_every_list
@pytest.mark.parametrize(("wish", "known", "there", "prune", "action"), TABLE)
def test_protect_stops_removals_and_nothing_else(
    section: str, wish: str, known: bool, there: bool, prune: str, action: str | None
) -> None:
    item, kind = ITEMS[section], KINDS[section]
    key = one(section, item).key
    items = {"yes": [{**item, "protect": True}], "no": [], "absent": [{**item, "ensure": "absent"}]}[wish]
    made = plan(
        {section: items},
        {kind: [row(section, item, 7)] if there else []},
        ledger({kind: {key: entry(section, item, 7, protect=True)}} if known else {}),
        pruning(Prune(prune), kind),
    )
    tripped = [guard.rule for guard in made.tripped()]
    assert tripped == (["protect"] if action == "delete" and known else [])


@of_every_list
def test_a_changed_protect_is_an_adoption(section: str) -> None:
    assert actions(situation(section, "yes", True, True, protect=True)) == [
        ("adopt", f"{KINDS[section]}/{one(section, ITEMS[section]).key}")
    ]
    assert situation(section, "yes", True, True, protect=False).is_empty


@of_every_list
def test_a_second_equal_object_is_left_alone(section: str) -> None:
    item, kind = ITEMS[section], KINDS[section]
    known = ledger({kind: {one(section, item).key: entry(section, item, 7)}})
    rows = [row(section, item, 7)] * (2 if section == "blocklist" else 1)
    assert plan({section: [item]}, {kind: rows}, known).is_empty
    assert len(plan({section: []}, {kind: rows}, known).changes) == 1


def test_a_missing_section_is_not_compared() -> None:
    known = ledger({kind: {"x": Entry({"name": "x"})} for kind in (GROUP, BLOCKLIST, REMINDER, CONTACT)})
    assert plan({}, {}, known, pruning(Prune.ALL)).is_empty


def test_prune_may_differ_by_kind() -> None:
    known = ledger(
        {
            GROUP: {"Jour": entry("groups", {"name": "Jour"}, 7)},
            BLOCKLIST: {"+46701740606": entry("blocklist", ITEMS["blocklist"])},
        }
    )
    account = {GROUP: [group_row("Jour", 7)], BLOCKLIST: [row("blocklist", ITEMS["blocklist"])]}
    made = plan({"groups": [], "blocklist": []}, account, known, pruning(Prune.NEVER, BLOCKLIST))
    assert actions(made) == [("delete", "group/Jour")]


def test_prune_all_spares_carriers_and_names_their_owner() -> None:
    account = {GROUP: [group_row("~clinic-b/all-1", 4), group_row("~clinic-a/all-2", 5), group_row("Jour", 6)]}
    made = plan({"groups": []}, account, None, pruning(Prune.ALL))
    assert actions(made) == [("delete", "group/Jour")]
    assert [(problem.code, "clinic-b" in problem.message) for problem in made.diagnostics] == [
        ("foreign-carrier", True)
    ]


def test_on_delete_in_the_ledger_applies_to_a_group_that_is_left_out() -> None:
    item = {"name": "Jour", "on_delete": "delete_contacts"}
    known = ledger({GROUP: {"Jour": entry("groups", item, 7, options={"on_delete": "delete_contacts"})}})
    change = only(plan({"groups": []}, {GROUP: [group_row("Jour", 7)]}, known))
    assert isinstance(change, Delete)
    assert change.options == {"on_delete": "delete_contacts"}
    learned = plan({"groups": [{"name": "Jour"}]}, {GROUP: [group_row("Jour", 7)]}, known)
    assert actions(learned) == [("adopt", "group/Jour")]


def test_a_group_that_was_renamed_by_hand_is_not_removed_for_its_old_name() -> None:
    known = ledger({GROUP: {"Jour": entry("groups", {"name": "Jour"}, 7)}})
    assert actions(plan({"groups": []}, {GROUP: [group_row("Annat", 7)]}, known)) == [("forget", "group/Jour")]


def test_changes_are_in_the_order_of_kinds_and_keys() -> None:
    made = plan(
        {
            "blocklist": [{"mobile": "0701740607"}, {"mobile": "0701740606"}],
            "contacts": [{"key": "b", "mobile": "0701740605"}, {"key": "a", "email": "a@example.se"}],
            "groups": [{"name": "B"}, {"name": "A"}],
        }
    )
    assert [address for _, address in actions(made)] == [
        "group/A",
        "group/B",
        "contact/a",
        "contact/b",
        "blocklist/+46701740606",
        "blocklist/+46701740607",
    ]


# Contacts: they are in the account if the ledger has them and their carrier is listed.

JOUR, OURS = group_row("Jour", 7), group_row(CARRIER, 40)
COMPLETE = {40: Carrier(CARRIER, {"Jour": 7})}  # type: ignore[dict-item]
GROUPS = {"groups": [{"name": "Jour"}]}
JOUR_ENTRY = {"Jour": entry("groups", {"name": "Jour"}, 7)}


def contacts(
    items: list[dict[str, Any]],
    *,
    known: bool = True,
    rows: list[Resource[Any]] | None = None,
    policy: Policy | None = None,
    **entry_fields: Any,
) -> Plan:
    """A plan for contacts, where `anna` is in the ledger and in carrier 40 unless something else is said."""
    fields = {"carrier": 40, **entry_fields}
    owned = {CONTACT: {"anna": entry("contacts", ANNA, 90, **fields)}} if known else {}
    book = ledger({GROUP: JOUR_ENTRY, **owned}, COMPLETE if known else {})
    return plan({**GROUPS, "contacts": items}, {GROUP: [JOUR, OURS] if rows is None else rows}, book, policy)


CONTACT_TABLE = [
    # (in YAML, in the ledger, its carrier in the account, prune) → the action
    ("yes", False, False, "owned", "create"),
    ("yes", True, True, "owned", None),
    ("yes", True, False, "owned", "create"),
    ("changed", True, True, "owned", "replace"),
    ("changed", True, False, "owned", "create"),
    ("no", True, True, "owned", "delete"),
    ("no", True, True, "all", "delete"),
    ("no", True, True, "never", None),
    ("no", True, False, "owned", "forget"),
    ("no", False, False, "all", None),
    ("absent", True, True, "never", "delete"),
    ("absent", True, False, "owned", "forget"),
    ("absent", False, False, "owned", None),
]
WISHES: dict[str, list[dict[str, Any]]] = {
    "yes": [ANNA],
    "changed": [{**ANNA, "lastname": "Lindqvist"}],
    "no": [],
    "absent": [{**ANNA, "ensure": "absent"}],
}


@pytest.mark.parametrize(("wish", "known", "there", "prune", "action"), CONTACT_TABLE)
@pytest.mark.parametrize("protect", [False, True])
def test_each_situation_of_a_contact_has_the_action_of_the_table(
    wish: str, known: bool, there: bool, prune: str, action: str | None, protect: bool
) -> None:
    rows = [JOUR, OURS] if there else [JOUR]
    policy = pruning(Prune(prune), CONTACT)
    made = contacts(WISHES[wish], known=known, rows=rows, policy=policy, protect=protect)
    assert actions(made) == ([] if action is None else [(action, "contact/anna")])
    guards = [guard.rule for guard in made.tripped()]
    assert guards == (["protect"] if protect and action in ("delete", "replace") else [])


def test_a_warning_says_that_an_absent_contact_outside_the_ledger_cannot_be_seen() -> None:
    made = contacts(WISHES["absent"], known=False, rows=[JOUR])
    assert [problem.code for problem in made.diagnostics] == ["unseen-contact"]


def test_a_contact_whose_outcome_is_unknown_is_held() -> None:
    made = contacts([ANNA], unknown=True)
    assert actions(made) == [("held", "contact/anna")]
    assert "ledger resolve" in (only(made).reason or "")


@pytest.mark.parametrize(("wish", "action"), [("yes", None), ("changed", "held"), ("no", "held"), ("absent", "held")])
def test_appended_contacts_are_never_changed_or_removed(wish: str, action: str | None) -> None:
    policy = Policy(contact_strategy=ContactStrategy.APPEND)
    made = contacts(WISHES[wish], carrier=None, policy=policy)
    assert actions(made) == ([] if action is None else [(action, "contact/anna")])
    if action:
        assert "ledger rm" in (only(made).reason or "")


@pytest.mark.parametrize("groups_are_managed", [True, False])
def test_contacts_of_a_group_with_another_id_are_replaced(groups_are_managed: bool) -> None:
    """Somebody removed the group and made it again, so that its contacts are no longer in it."""
    sections = GROUPS if groups_are_managed else {}
    bob = {"key": "bob", "mobile": "0701740606"}
    known = ledger(
        {
            GROUP: JOUR_ENTRY if groups_are_managed else {},
            CONTACT: {
                "anna": entry("contacts", ANNA, 90, carrier=40),
                "bob": entry("contacts", bob, 91, carrier=40),
            },
        },
        COMPLETE,
    )
    made = plan({**sections, "contacts": [ANNA, bob]}, {GROUP: [group_row("Jour", 8), OURS]}, known)
    assert ("replace", "contact/anna") in actions(made)
    assert not any(address == "contact/bob" for _, address in actions(made))
    if groups_are_managed:
        assert ("adopt", "group/Jour") in actions(made)


def test_a_group_that_somebody_removed_is_made_again_and_its_members_replaced() -> None:
    made = contacts([ANNA], rows=[OURS])
    assert actions(made) == [("create", "group/Jour"), ("replace", "contact/anna")]
    assert "Jour" in (made.changes[1].reason or "")


def test_a_group_that_contacts_need_must_be_there_where_groups_are_not_managed() -> None:
    from intime_sync.errors import InvalidConfiguration

    with pytest.raises(InvalidConfiguration) as missing:
        plan({"contacts": [ANNA]}, {GROUP: []})
    assert [problem.code for problem in missing.value.problems] == ["unknown-group"]
    with pytest.raises(InvalidConfiguration) as twice:
        plan({"contacts": [ANNA]}, {GROUP: [JOUR, group_row("Jour", 8)]})
    assert "7" in twice.value.problems[0].message
    assert "8" in twice.value.problems[0].message


def test_unknown_carriers_are_counted_and_warned_about() -> None:
    strange = [group_row("~clinic-a/0-aaaaaaaaaaaa", 50), group_row("~clinic-b/all-1", 51)]
    made = contacts([ANNA], rows=[JOUR, OURS, *strange])
    assert (made.changes, len(made.leftovers), made.is_empty) == ((), 1, False)
    assert [problem.code for problem in made.diagnostics] == ["unknown-carrier"]


def test_an_update_of_a_nested_part_names_each_field() -> None:
    """A part that was missing before is shown as many fields, not as one."""
    item = ITEMS["reminders"]
    wanted = {**item, "organizer": {"title": "Dr", "lastname": "Evertsson"}}
    known = ledger({REMINDER: {"anna": entry("reminders", item, 7)}})
    change = only(plan({"reminders": [wanted]}, {REMINDER: [row("reminders", item, 7)]}, known))
    assert isinstance(change, Update)
    assert [(field.path, field.before, field.after) for field in change.fields] == [
        ("organizer.lastname", None, "Evertsson"),
        ("organizer.title", None, "Dr"),
    ]


def test_the_reason_of_a_create_says_that_the_object_is_gone() -> None:
    change = only(situation("groups", "yes", True, False))
    assert isinstance(change, Create)
    assert change.reason == "no longer in the account"
