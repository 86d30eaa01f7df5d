"""Drift compares the ledger with the account: every finding, and everything that is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from plan_makers import BLOCKLIST, CLOCK, CONTACT, GROUP, MESSAGE, REMINDER, attributes, entry, group_row, ledger, row

from intime_sync.model.drift import (
    Blind,
    Changed,
    Doubled,
    Drift,
    Finding,
    Gone,
    MadeAgain,
    Renamed,
    SwitchedOff,
    UnknownCarrier,
    change_of,
    drift_after,
    drift_before,
)
from intime_sync.model.ledger import Carrier, Dispatch, Entry, Ledger
from intime_sync.model.resource import KindName, RemoteId, Resource, Snapshot
from intime_sync.planning.carriers import leftover_carriers, own_carriers
from intime_sync.planning.drift import find_drift, watched_kinds

JOUR = {"name": "Jour"}
NUMBER = {"mobile": "0701740606"}
ATTENDANT = {"firstname": "Anna", "lastname": "Lindqvist", "mobile": "0701740608"}
AHEAD = {"key": "anna", "at": "2036-12-01T08:30", "organizer": {"title": "Dr"}, "attendant": ATTENDANT}
PAST = {**AHEAD, "at": "2026-02-01T08:30"}
OFF = {**AHEAD, "active": False}
PERSON = {"key": "maja", "mobile": "0701740609", "groups": ["Jour"]}
CARRIER_NAME = "~clinic-a/all-0123456789ab"
XMAS = {"key": "jul", "send_at": "2036-12-24T08:00", "sender": "Kliniken", "body": "God jul!", "groups": ["Jour"]}

Lists = Mapping[KindName, Iterable[Resource[Any]]]


def drift(known: Ledger, lists: Lists | None = None, pinned: frozenset[str] = frozenset()) -> Drift:
    """What differs; every watched list was read, and is empty unless `lists` says otherwise."""
    read = {name: tuple((lists or {}).get(name, ())) for name in {*watched_kinds(known), *(lists or {})}}
    return find_drift(known, Snapshot(read), CLOCK, "clinic-a", pinned)


def only_finding(found: Drift) -> Finding:
    (finding,) = found.findings
    return finding


def owns_group(id: int = 5, **more: Any) -> dict[KindName, dict[str, Entry]]:
    return {GROUP: {"Jour": entry("groups", JOUR, id, **more)}}


def owns_person(carrier: int | None = 9) -> dict[KindName, dict[str, Entry]]:
    home = None if carrier is None else RemoteId(carrier)
    return {CONTACT: {"maja": entry("contacts", PERSON, 3, carrier=home)}}


def carriers(group: int = 5) -> dict[int, Carrier]:
    return {9: Carrier(CARRIER_NAME, {"Jour": RemoteId(group)})}


def reminder(item: Mapping[str, Any], *rows: tuple[Mapping[str, Any], int]) -> Drift:
    """The ledger has `item` with id 7."""
    known = ledger({REMINDER: {"anna": entry("reminders", item, 7)}})
    return drift(known, {REMINDER: [row("reminders", shown, id) for shown, id in rows]})


# Groups


def test_a_missing_group_is_reported_with_its_contacts_and_messages() -> None:
    message = Entry(
        attributes("messages", XMAS), RemoteId(1), dispatch=Dispatch((RemoteId(1),), {"Jour": RemoteId(5)})
    )
    known = ledger({**owns_group(), **owns_person(), MESSAGE: {"jul": message}}, carriers())
    finding = only_finding(drift(known, {GROUP: [group_row(CARRIER_NAME, 9)]}))
    assert isinstance(finding, Gone)
    assert (str(finding.address), finding.remote_id, finding.owned) == ("group/Jour", 5, True)
    assert (finding.contacts, finding.messages) == (("maja",), ("jul",))
    assert (drift_before(finding), drift_after(finding)) == (JOUR, None)


@pytest.mark.parametrize("again", [False, True])
def test_a_renamed_group_is_known_by_its_id(again: bool) -> None:
    rows = [group_row("Natt", 5), *([group_row("Jour", 6)] if again else [])]
    finding = only_finding(drift(ledger(owns_group()), {GROUP: rows}))
    assert isinstance(finding, Renamed)
    assert (finding.after, finding.now) == ({"name": "Natt"}, 6 if again else None)


def test_a_group_that_was_made_again_has_lost_its_members() -> None:
    known = ledger({**owns_group(), **owns_person()}, carriers())
    finding = only_finding(drift(known, {GROUP: [group_row(CARRIER_NAME, 9), group_row("Jour", 6)]}))
    assert isinstance(finding, MadeAgain)
    assert (finding.now, finding.contacts) == (6, ("maja",))
    assert drift(known, {GROUP: [group_row(CARRIER_NAME, 9), group_row("Jour", 6)]}).unowned == ()


def test_a_second_group_of_an_owned_name_is_drift_unless_an_id_is_pinned() -> None:
    rows = {GROUP: [group_row("Jour", 5), group_row(" Jour  ", 6)]}
    finding = only_finding(drift(ledger(owns_group()), rows))
    assert isinstance(finding, Doubled)
    assert finding.twins == (6,)
    assert drift(ledger(owns_group()), rows, frozenset({"Jour"})).findings == ()


def test_a_surplus_group_is_no_drift_whether_it_is_there_or_gone() -> None:
    known = ledger({GROUP: {**owns_group()[GROUP], "Jour#6": entry("groups", JOUR, 6, surplus=True)}})
    assert drift(known, {GROUP: [group_row("Jour", 5), group_row("Jour", 6)]}).findings == ()
    assert drift(known, {GROUP: [group_row("Jour", 5)]}).findings == ()


def test_groups_that_are_not_managed_are_watched_for_the_contacts_in_them() -> None:
    known = ledger(owns_person(), carriers())
    there = drift(known, {GROUP: [group_row(CARRIER_NAME, 9), group_row("Jour", 5), group_row("Ny", 8)]})
    assert (there.findings, there.unowned, there.compared) == ((), (), {GROUP: 1})
    finding = only_finding(drift(known, {GROUP: [group_row(CARRIER_NAME, 9)]}))
    assert isinstance(finding, Gone)
    assert (finding.owned, finding.contacts) == (False, ("maja",))
    appended = ledger(owns_person(None))
    assert drift(appended, {GROUP: [group_row("Jour", 77)]}).findings == ()
    assert change_of(only_finding(drift(appended))) == "gone"


def test_the_groups_of_messages_are_watched_until_they_are_sent() -> None:
    dispatch = Dispatch((RemoteId(1),), {"Jour": RemoteId(5)})
    sent = {**XMAS, "send_at": "2026-01-24T08:00"}
    for item, count in ((XMAS, 1), (sent, 0)):
        known = ledger({MESSAGE: {"jul": Entry(attributes("messages", item), RemoteId(1), dispatch=dispatch)}})
        found = drift(known)
        assert len(found.findings) == count
        assert [spot.cause for spot in found.unobservable] == [Blind.SCHEDULED] * count


# Carriers


def test_a_missing_carrier_is_reported_with_its_contacts() -> None:
    found = drift(ledger(owns_person(), carriers()), {GROUP: [group_row("Jour", 5)]})
    finding = only_finding(found)
    assert isinstance(finding, Gone)
    assert (str(finding.address), finding.contacts) == (f"carrier/{CARRIER_NAME}", ("maja",))
    assert (found.carriers, found.carriers_there) == (1, 0)


def test_a_carrier_of_earlier_copies_may_be_gone() -> None:
    assert drift(ledger({}, {9: Carrier(CARRIER_NAME, {}, {"maja": RemoteId(3)})})).findings == ()


@pytest.mark.parametrize(
    "waiting", [Carrier(CARRIER_NAME, {}, {"maja": RemoteId(3)}), Carrier(CARRIER_NAME, {}, going=True)]
)
def test_drift_counts_unknown_carriers_as_a_plan_does(waiting: Carrier) -> None:
    known, rows = ledger({}, {9: waiting}), [group_row(CARRIER_NAME, 9)]
    assert isinstance(only_finding(drift(known, {GROUP: rows})), UnknownCarrier)
    assert leftover_carriers(known, own_carriers(rows, "clinic-a", known)) == (RemoteId(9),)


@pytest.mark.parametrize("name", ["Kopior", "~clinic-a/annan"])
def test_a_renamed_carrier_is_drift(name: str) -> None:
    known = ledger({**owns_group(), **owns_person()}, carriers())
    found = drift(known, {GROUP: [group_row("Jour", 5), group_row(name, 9)]})
    finding = only_finding(found)
    assert isinstance(finding, Renamed)
    assert (finding.after, finding.contacts, found.unowned) == ({"name": name}, ("maja",), ())


def test_unknown_own_carriers_are_drift_and_those_of_others_are_not() -> None:
    rows = [group_row("~clinic-a/x", 1), group_row("~clinic-ab/x", 2), group_row("~clinic-b/x", 3)]
    finding = only_finding(drift(Ledger(""), {GROUP: rows}))
    assert isinstance(finding, UnknownCarrier)
    assert (str(finding.address), finding.remote_id, drift_before(finding)) == ("carrier/~clinic-a/x", 1, None)


# The blocklist


def test_a_missing_opt_out_is_drift_and_one_in_another_spelling_is_not() -> None:
    known = ledger({BLOCKLIST: {"+46701740606": entry("blocklist", NUMBER)}})
    for spelling in ("+46701740606", "070-174 06 06", "0046701740606"):
        twice = [row("blocklist", {"mobile": spelling}), row("blocklist", NUMBER)]
        found = drift(known, {BLOCKLIST: twice})
        assert (found.findings, found.unowned) == ((), ())
    found = drift(known, {BLOCKLIST: [row("blocklist", {"mobile": "0701740607"})]})
    assert change_of(only_finding(found)) == "gone"
    assert [str(stranger.address) for stranger in found.unowned] == ["blocklist/+46701740607"]


# Reminders


def test_a_reminder_that_was_moved_or_edited_by_hand_is_drift() -> None:
    moved = {**AHEAD, "at": "2036-12-02T09:00", "attendant": {**ATTENDANT, "lastname": "Berg"}}
    finding = only_finding(reminder(AHEAD, (moved, 7)))
    assert isinstance(finding, Changed)
    assert [field.path for field in finding.fields] == ["at", "attendant.lastname"]
    assert change_of(only_finding(reminder(AHEAD, (PAST, 7)))) == "changed"


def test_a_reminder_that_was_switched_off_is_drift() -> None:
    finding = only_finding(reminder(AHEAD, (OFF, 7)))
    assert isinstance(finding, SwitchedOff)
    assert [(field.path, field.before, field.after) for field in finding.fields] == [("active", True, False)]


def test_a_reminder_that_is_gone_or_replaced_by_another_is_drift() -> None:
    assert isinstance(only_finding(reminder(AHEAD)), Gone)
    assert isinstance(only_finding(reminder(AHEAD, (OFF, 8))), Gone)
    again = only_finding(reminder(AHEAD, (AHEAD, 8)))
    assert isinstance(again, MadeAgain)
    assert again.now == 8


def test_a_repeated_reminder_is_drift() -> None:
    finding = only_finding(reminder(AHEAD, (AHEAD, 7), (AHEAD, 9), (AHEAD, 8), (OFF, 10)))
    assert isinstance(finding, Doubled)
    assert finding.twins == (8, 9)


@pytest.mark.parametrize("known", [PAST, OFF, {**PAST, "active": False}])
@pytest.mark.parametrize("there", [None, PAST, OFF])
def test_past_reminders_and_those_that_are_off_are_no_drift(
    known: Mapping[str, Any], there: Mapping[str, Any] | None
) -> None:
    found = reminder(known, *([(there, 7)] if there else []))
    assert (found.findings, found.compared) == ((), {GROUP: 0, REMINDER: 0})


@pytest.mark.parametrize("known", [PAST, OFF])
def test_a_past_reminder_that_was_moved_to_the_future_is_drift(known: Mapping[str, Any]) -> None:
    assert isinstance(only_finding(reminder(known, (AHEAD, 7))), Changed)


# What is no drift


def test_an_unchanged_account_has_no_drift_and_names_what_cannot_be_seen() -> None:
    known = ledger(
        {
            **owns_group(),
            **owns_person(),
            BLOCKLIST: {"+46701740606": entry("blocklist", NUMBER)},
            REMINDER: {"anna": entry("reminders", AHEAD, 7)},
            MESSAGE: {
                "jul": Entry(attributes("messages", XMAS), RemoteId(1)),
                "ny": Entry(attributes("messages", XMAS), None, unknown=True),
            },
        },
        carriers(),
    )
    lists = {
        GROUP: [group_row("Jour", 5), group_row(CARRIER_NAME, 9)],
        BLOCKLIST: [row("blocklist", NUMBER)],
        REMINDER: [row("reminders", AHEAD, 7)],
    }
    found = drift(known, lists)
    assert found.findings == ()
    assert found.compared == {GROUP: 1, BLOCKLIST: 1, REMINDER: 1}
    assert (found.carriers, found.carriers_there) == (1, 1)
    causes = [(spot.kind, spot.count, spot.cause) for spot in found.unobservable]
    assert causes == [(CONTACT, 1, Blind.FIELDS), (MESSAGE, 1, Blind.SCHEDULED), (MESSAGE, 1, Blind.UNKNOWN)]
    assert set(found.summary().values()) == {0}


def test_contacts_that_an_interrupted_apply_left_open_are_no_drift() -> None:
    found = drift(ledger(owns_person(44)), {GROUP: [group_row("Jour", 5)]})
    assert found.findings == ()
    assert [spot.cause for spot in found.unobservable] == [Blind.ADRIFT]


def test_unmanaged_objects_of_a_managed_kind_are_listed_separately() -> None:
    known = ledger({REMINDER: {"anna": entry("reminders", AHEAD, 7)}})
    other = {**AHEAD, "attendant": {**ATTENDANT, "mobile": "0701740655"}}
    rows = [row("reminders", AHEAD, 7), row("reminders", other, 8), row("reminders", {**other, "active": False}, 9)]
    found = drift(known, {REMINDER: rows, GROUP: [group_row("Jour", 5)]})
    assert found.findings == ()
    assert [(str(it.address), it.remote_id) for it in found.unowned] == [("reminder/#8", 8)]


def test_drift_reads_the_lists_of_owned_kinds_and_the_groups() -> None:
    assert watched_kinds(Ledger("")) == [GROUP]
    assert watched_kinds(ledger({MESSAGE: {}, CONTACT: owns_person()[CONTACT]})) == [GROUP]
    assert watched_kinds(ledger({REMINDER: {"anna": entry("reminders", AHEAD, 7)}})) == [GROUP, REMINDER]


def test_findings_are_in_the_order_of_kinds_and_keys() -> None:
    known = ledger(
        {
            REMINDER: {"anna": entry("reminders", AHEAD, 7)},
            GROUP: {name: entry("groups", {"name": name}, id) for id, name in ((2, "Ö"), (1, "A"))},
            CONTACT: {"bo": entry("contacts", {**PERSON, "groups": []}, 3, carrier=RemoteId(9))},
        },
        carriers(),
    )
    kinds = [str(finding.address) for finding in drift(known).findings]
    assert kinds == ["group/A", "group/Ö", f"carrier/{CARRIER_NAME}", "reminder/anna"]
