"""Reminders."""

from __future__ import annotations

import pytest

ORDER = [
    "appointmentdate",
    "organizer_firstname",
    "organizer_lastname",
    "organizer_title",
    "attendant_firstname",
    "attendant_lastname",
    "attendant_mobile",
]
VALUES = dict(
    zip(ORDER, ["2026-04-25T08:30:00", "Hans", "Evertsson", "Dr", "Anna", "Lindqvist", "0701740608"], strict=True)
)


def one(**fields: str) -> str:
    return f"<reminderappointment>{''.join(f'<{k}>{v}</{k}>' for k, v in fields.items())}</reminderappointment>"


def batch(*items: str) -> str:
    return f"<reminderappointments>{''.join(items)}</reminderappointments>"


def test_a_reminder_is_listed_as_documented(api):
    assert api.get("reminder/list").text == "2:ERROR1"
    assert api.say("reminder/add", batch(one(**VALUES))) == "1"
    (item,) = api.tree("reminder/list")
    assert [(child.tag, child.text) for child in item if not len(child)] == [
        ("appointmentId", "1"),
        ("appointmentDate", "2026-04-25  08:30"),
        ("userId", "1"),
        ("userIdentity", None),
        ("userAlias", "demo"),
        ("active", "true"),
        ("messageDate", "2026-04-24 10:00"),
        ("messageText", "Hej Anna! Vi påminner om din tid 2026-04-25 kl 08:30."),
    ]
    nested = {c.tag: [(g.tag, g.text) for g in c] for c in item if len(c)}
    assert nested == {
        "organizer": [("title", "Dr"), ("firstname", "Hans"), ("lastname", "Evertsson")],
        "attendant": [("firstname", "Anna"), ("lastname", "Lindqvist"), ("mobile", "0701740608")],
    }


def test_one_reminder_can_be_listed_by_id(api):
    api.say("reminder/add", batch(one(**VALUES), one(**VALUES)))
    assert [i.findtext("appointmentId") for i in api.tree("reminder/list", id="2")] == ["2"]
    assert len(api.tree("reminder/list", id="")) == 2
    assert api.get("reminder/list", id="3").text == "2:ERROR1"
    assert api.get("reminder/list", id="x").text == "2:ERROR1"


@pytest.mark.parametrize("date", ["2026-04-25T08:30:00", "20260425T08:30:00"])
def test_dates_are_taken_with_and_without_hyphens(api, date):
    assert api.say("reminder/add", batch(one(**VALUES | {"appointmentdate": date}))) == "1"
    assert api.store.reminders()[0].at.isoformat() == "2026-04-25T08:30:00"


def test_only_names_may_be_empty(api):
    nobody = {name: "" for name in ORDER if name.endswith(("name", "title"))}
    assert api.say("reminder/add", batch(one(**VALUES | nobody))) == "1"
    for name in ("appointmentdate", "attendant_mobile"):
        assert api.say("reminder/add", batch(one(**VALUES | {name: ""}))) == "2:ERROR1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("appointmentdate", "2026-04-25 08:30:00"),
        ("appointmentdate", "2026-02-30T08:30:00"),
        ("appointmentdate", "0001-01-01T08:30:00"),
        ("appointmentdate", "2026-04-25T08:30"),
        ("attendant_mobile", "12"),
    ],
)
def test_one_impossible_value_keeps_the_whole_batch_out(api, name, value):
    bad = one(**VALUES | {name: value})
    assert api.say("reminder/add", batch(one(**VALUES), bad)) == "2:ERROR1"
    assert api.store.reminders() == []


@pytest.mark.parametrize("missing", ORDER)
def test_adding_needs_every_element(api, missing):
    fields = {name: value for name, value in VALUES.items() if name != missing}
    assert api.say("reminder/add", batch(one(**fields))) == "1:ERROR1"


def test_elements_must_come_in_the_documented_order(api):
    backwards = one(**dict(reversed(VALUES.items())))
    assert api.say("reminder/add", batch(backwards)) == "1:ERROR1"
    api.say("reminder/add", batch(one(**VALUES)))
    assert api.say("reminder/edit", batch(one(active="false", appointmentid="1"))) == "1:ERROR1"


def test_an_edit_changes_only_what_was_sent(api):
    api.say("reminder/add", batch(one(**VALUES)))
    before = api.store.reminders()[0]
    edit = one(appointmentid="1", appointmentdate="2026-05-01T10:00:00", organizer_title="")
    assert api.say("reminder/edit", batch(edit)) == "1"
    (after,) = api.store.reminders()
    assert (after.at.isoformat(), after.organizer_title) == ("2026-05-01T10:00:00", "")
    assert (after.attendant_mobile, after.organizer_lastname) == (before.attendant_mobile, "Evertsson")
    assert api.say("reminder/edit", batch(one(appointmentid="1", attendant_mobile="+46701740609"))) == "1"
    assert api.store.reminders()[0].number == "+46701740609"


def test_an_inactive_or_unknown_reminder_comes_back_negative(api):
    api.say("reminder/add", batch(one(**VALUES), one(**VALUES)))
    assert api.say("reminder/edit", batch(one(appointmentid="1", active="false"))) == "1"
    edits = [one(appointmentid=key, organizer_title="Prof") for key in ("1", "2", "77")]
    assert api.say("reminder/edit", batch(*edits)) == "-1,2,-77"
    assert [r.organizer_title for r in api.store.reminders()] == ["Dr", "Prof"]
    assert api.say("reminder/edit", batch(one(appointmentid="1", active="true"))) == "-1"
    assert [i.findtext("active") for i in api.tree("reminder/list")] == ["false", "true"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"active": "false"}, "1:ERROR1"),
        ({"appointmentid": "x"}, "1:ERROR1"),
        ({"appointmentid": "1", "active": "no"}, "1:ERROR1"),
        ({"appointmentid": "1", "appointmentdate": ""}, "2:ERROR1"),
        ({"appointmentid": "1", "attendant_mobile": "1"}, "2:ERROR1"),
    ],
)
def test_an_edit_that_cannot_be_is_refused(api, fields, code):
    api.say("reminder/add", batch(one(**VALUES)))
    assert api.say("reminder/edit", batch(one(**fields))) == code


def test_an_empty_batch_is_error_2_1(api):
    assert api.say("reminder/add", batch()) == "2:ERROR1"
    assert api.say("reminder/edit", batch()) == "2:ERROR1"


def test_a_person_may_change_what_the_api_cannot(api):
    api.say("reminder/add", batch(one(**VALUES)))
    api.store.change_reminder(1, active=False)
    api.store.change_reminder(1, active=True)
    api.store.change_reminder(1, attendant_mobile="0701740610")
    assert api.tree("reminder/list").findtext(".//mobile") == "0701740610"
    with pytest.raises(KeyError):
        api.store.change_reminder(2, active=True)
