"""Messages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from message_samples import TO, cancel, message, to_groups, to_numbers


def test_one_id_for_each_recipient(api):
    assert api.say("message/create", message()) == "1,2"
    first, second = api.store.messages()
    assert (first.number, first.transid, first.sender, first.body) == ("+46701740605", "12", "Byggvaruh", "Hej!")
    assert (second.number, second.transid, second.status) == ("+46701740606", "", "sent")


def test_a_whole_documented_message_is_taken(api):
    full = message(
        TO + "<groups/>",
        senddate="2026-03-02T14:41:00",
        statusurl="https://kund.example/status",
        checknix="0",
        anonymize="1",
    )
    assert api.say("message/create", full) == "1,2"
    stored = api.store.messages()[0]
    assert (stored.statusurl, stored.anonymize, stored.status) == ("https://kund.example/status", True, "scheduled")


def test_a_scheduled_message_is_sent_when_its_time_has_come(api):
    api.say("message/create", message(senddate="2026-03-02T09:10:00"))
    assert {m.status for m in api.store.messages()} == {"scheduled"}
    api.clock.advance(timedelta(minutes=10))
    assert {m.status for m in api.store.messages()} == {"sent"}
    assert api.say("message/delete", cancel(1)) == "2:ERROR2"


def test_a_scheduled_message_is_cancelled_once_by_its_id(api):
    api.say("message/create", message(senddate="20260302T09:10:00"))
    assert api.say("message/delete", cancel(2)) == "2"
    assert [m.status for m in api.store.messages()] == ["scheduled", "cancelled"]
    assert api.say("message/delete", cancel(2)) == "2:ERROR2"


def test_what_was_sent_or_never_was_cannot_be_cancelled(api):
    api.say("message/create", message())
    assert api.say("message/delete", cancel(1)) == "2:ERROR2"
    assert api.say("message/delete", cancel(77)) == "2:ERROR2"


@pytest.mark.parametrize("body", ["<message/>", cancel(""), cancel("x"), cancel("-1"), cancel("1,2")])
def test_deleting_without_an_id_is_error_2_1(api, body):
    assert api.say("message/delete", body) == "2:ERROR1"


def test_a_date_that_has_passed_is_error_1_2_and_this_very_second_is_not(api):
    assert api.say("message/create", message(senddate="2026-03-02T08:59:59")) == "1:ERROR2"
    assert api.say("message/create", message(senddate="2026-03-02T09:00:00")) == "1,2"


@pytest.mark.parametrize("number", ["", "12", "hello", "07017406050701740605"])
def test_a_bad_recipient_is_error_1_3_and_nothing_is_sent(api, number):
    to = f"<recipients><recipient>0701740605</recipient><recipient>{number}</recipient></recipients>"
    assert api.say("message/create", message(to)) == "1:ERROR3"
    assert api.store.messages() == []


@pytest.mark.parametrize("to", ["", "<recipients/>", "<recipients/><groups/>"])
def test_no_recipients_is_error_2_2(api, to):
    assert api.say("message/create", message(to)) == "2:ERROR2"


@pytest.mark.parametrize(
    "fields",
    [
        {"flash": None},
        {"multisms": None},
        {"sendertitle": None},
        {"body": None},
        {"flash": "2"},
        {"multisms": ""},
        {"checknix": "yes"},
        {"anonymize": ""},
        {"senddate": ""},
        {"senddate": "2026-03-02 14:41"},
        {"sendertitle": "ab"},
        {"sendertitle": "abcdefghijkl"},
        {"sendertitle": "1234567890123456"},
        {"sendertitle": "Åhlén"},
        {"sendertitle": "a_b"},
        {"body": ""},
        {"body": "x" * 161},
        {"body": "x" * 159 + "€"},
        {"body": "x" * 805, "multisms": "1"},
        {"body": "x" * 161, "multisms": "1", "flash": "1"},
        {"statusurl": "ftp://kund.example"},
        {"statusurl": "http://"},
        {"statusurl": "http://kund.example:x/"},
        {"statusurl": "http://kund.example/a b"},
        {"statusurl": "kund.example/status"},
    ],
)
def test_a_message_that_breaks_a_rule_is_error_1_1(api, fields):
    assert api.say("message/create", message(**fields)) == "1:ERROR1"
    assert api.store.messages() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"body": "x" * 160},
        {"body": "x" * 804, "multisms": "1"},
        {"sendertitle": "A.b-c+d 1"},
        {"sendertitle": "123456789012345"},
        {"sendertitle": "abc"},
    ],
)
def test_a_message_at_the_limit_is_taken(api, fields):
    assert api.say("message/create", message(**fields)) == "1,2"


@pytest.mark.parametrize(
    "to",
    [
        "<groups/><recipients/>",
        "<recipients><other/></recipients>",
        '<recipients><recipient id="1">0701740605</recipient></recipients>',
        '<groups><group groupid="x"/></groups>',
        "<checknix>0</checknix>",
    ],
)
def test_misplaced_or_unknown_elements_are_error_1_1(api, to):
    given = message(to, anonymize="0") if "checknix" in to else message(to)
    assert api.say("message/create", given) == "1:ERROR1"


def test_a_group_reaches_each_number_in_it_once(api):
    a, b = api.store.add_group("a"), api.store.add_group("b")
    api.store.add_contact("1", mobile="0701740605", groups=[a, b])
    api.store.add_contact("2", mobile="+46701740605", groups=[b])
    api.store.add_contact("3", mobile="0701740606", email="c@b.example", groups=[b])
    api.store.add_contact("4", email="d@b.example", groups=[b])
    assert api.say("message/create", message(to_groups(a, b))) == "1,2"
    assert [(m.number, m.contact) for m in api.store.messages()] == [("+46701740605", 1), ("+46701740606", 3)]


def test_the_blocklist_is_honoured_for_groups_when_asked(api):
    group = api.store.add_group("a")
    api.store.add_contact("1", mobile="0701740605", groups=[group])
    api.store.block("+46701740605")
    assert api.say("message/create", message(to_groups(group), checknix="1")) == "2:ERROR2"
    assert api.say("message/create", message(to_groups(group), checknix="0")) == "1"
    direct = "<recipients><recipient>0701740605</recipient></recipients>"
    assert api.say("message/create", message(direct, checknix="1")) == "2"


def test_a_group_that_is_empty_or_unknown_sends_nothing(api):
    group = api.store.add_group("a")
    assert api.say("message/create", message(to_groups(group))) == "2:ERROR2"
    assert api.say("message/create", message(TO + to_groups(9))) == "2:ERROR1"
    assert api.store.messages() == []


def test_a_person_may_cancel_too(api):
    api.say("message/create", message(senddate="2026-03-02T09:10:00"))
    assert api.store.cancel_message(1) is True
    assert api.store.cancel_message(1) is False


@pytest.mark.parametrize(
    "body", ["hello", "<message>", "<message><messageid>1</message>", b"<message>\xff</message>"]
)
def test_deleting_with_what_is_not_xml_is_error_1_1(api, body):
    api.say("message/create", message(senddate="2026-03-02T09:10:00"))
    assert api.say("message/delete", body) == "1:ERROR1"
    assert api.say("message/delete", "<messages><messageid>1</messageid></messages>") == "1:ERROR1"
    assert {m.status for m in api.store.messages()} == {"scheduled"}


def test_a_blocklist_that_cannot_be_loaded_is_a_fault_to_ask_for(api):
    api.fault("message/create", "refuse", code="2:ERROR0")
    assert api.say("message/create", message()) == "2:ERROR0"
    assert api.store.messages() == []
    assert api.say("message/create", message()) == "1,2"


def test_ids_follow_the_recipients_and_then_the_members_of_groups(api):
    group = api.store.add_group("a")
    api.store.add_contact("1", mobile="0701740607", groups=[group])
    api.store.add_contact("2", mobile="0701740605", groups=[group])
    to = to_numbers("0701740606", "0701740605", "0701740606") + to_groups(group)
    assert api.say("message/create", message(to)) == "1,2,3,4,5"
    ends = [m.number[-2:] for m in api.store.messages()]
    assert ends == ["06", "05", "06", "07", "05"], "repeated numbers are not removed"


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_message_whose_time_has_come_is_sent_and_not_cancelled(api, seconds):
    api.say("message/create", message(senddate="2026-03-02T09:10:00"))
    api.clock.advance(timedelta(minutes=9, seconds=59))
    assert api.say("message/delete", cancel(1)) == "1"
    api.clock.advance(timedelta(seconds=1 + seconds))
    assert api.say("message/delete", cancel(2)) == "2:ERROR2"
    assert [m.status for m in api.store.messages()] == ["cancelled", "sent"]


def test_what_was_sent_stays_sent_when_the_clock_goes_back(api):
    api.say("message/create", message(senddate="2026-03-02T09:10:00"))
    api.clock.advance(timedelta(hours=1))
    api.clock.advance(timedelta(hours=-1))
    assert {m.status for m in api.store.messages()} == {"sent"}
    assert api.say("message/delete", cancel(1)) == "2:ERROR2"


def test_an_anonymous_body_can_be_read_until_it_is_sent(api):
    api.say("message/create", message(anonymize="1", senddate="2026-03-02T09:10:00"))
    api.say("message/create", message(anonymize="1"))
    api.say("message/create", message(anonymize="0"))
    assert [m.body for m in api.store.messages()] == ["Hej!", "Hej!", "", "", "Hej!", "Hej!"]
    api.clock.advance(timedelta(minutes=10))
    assert [m.body for m in api.store.messages()] == ["", "", "", "", "Hej!", "Hej!"]
