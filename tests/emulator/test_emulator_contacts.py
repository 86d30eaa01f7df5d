"""Groups and contacts."""

from __future__ import annotations

import pytest

CONTACT = (
    "<contact><type>3</type><firstname>John</firstname><lastname>Svensson</lastname>"
    "<email>john.svensson@company.example</email><mobile>070-174 06 05</mobile>"
    '<extrafield>Ledningsgrupp</extrafield><groups><group groupid="1"/><group groupid="2"/></groups></contact>'
)


def contacts(*bodies: str) -> str:
    return f"<contacts>{''.join(bodies)}</contacts>"


def contact(kind: int = 1, email: str | None = None, mobile: str | None = None, groups: str = "") -> str:
    """Only what is not None is there at all."""
    parts = [f"<type>{kind}</type><firstname>A</firstname><lastname>B</lastname>"]
    parts += [f"<{tag}>{value}</{tag}>" for tag, value in (("email", email), ("mobile", mobile)) if value is not None]
    return contacts(f"<contact>{''.join(parts)}{groups}</contact>")


def add_groups(*names: str) -> str:
    items = "".join(f'<group groupname="{name}"/>' for name in names)
    return f"<addgroups><groups>{items}</groups></addgroups>"


def delete_groups(*groups: tuple[int, str]) -> str:
    items = "".join(f'<group groupid="{key}" deletecontacts="{flag}"/>' for key, flag in groups)
    return f"<deletegroups><groups>{items}</groups></deletegroups>"


def test_groups_are_created_in_order_and_listed_with_their_ids(api):
    assert api.get("contacts/listgroups").text == "2:ERROR1"
    assert api.say("contacts/addgroup", add_groups("Personal", "Jour &amp; &lt;natt>")) == "1,2"
    listed = [(g.get("groupid"), g.text) for g in api.tree("contacts/listgroups")]
    assert listed == [("1", "Personal"), ("2", "Jour & <natt>")]


def test_an_equal_group_name_makes_a_second_group(api):
    assert api.say("contacts/addgroup", add_groups("Jour", "Jour")) == "1,2"
    assert api.say("contacts/addgroup", add_groups("Jour")) == "3"


@pytest.mark.parametrize("body", [add_groups(), add_groups("ok", ""), add_groups(" ")])
def test_a_batch_with_no_group_or_a_nameless_one_creates_none(api, body):
    assert api.say("contacts/addgroup", body) == "2:ERROR1"
    assert api.store.groups() == []


@pytest.mark.parametrize(
    "body",
    [
        "<addgroups/>",
        "<addgroups><groups><group/></groups></addgroups>",
        '<addgroups><groups><group groupname="a" id="1"/></groups></addgroups>',
        '<addgroups><groups><group groupname="a">x</group></groups></addgroups>',
        '<addgroups><groups><other groupname="a"/></groups></addgroups>',
        "<addgroups><groups/><groups/></addgroups>",
    ],
)
def test_misshapen_addgroup_is_error_1_1(api, body):
    assert api.say("contacts/addgroup", body) == "1:ERROR1"


def test_ids_are_never_used_again(api):
    api.say("contacts/addgroup", add_groups("Jour"))
    api.say("contacts/deletegroup", delete_groups((1, "false")))
    assert api.say("contacts/addgroup", add_groups("Jour")) == "2"


def test_deleting_a_group_keeps_its_contacts_unless_asked(api):
    first, second = api.store.add_group("a"), api.store.add_group("b")
    both = api.store.add_contact("Both", mobile="0701740605", groups=[first, second])
    one = api.store.add_contact("One", mobile="0701740606", groups=[second])
    assert api.say("contacts/deletegroup", delete_groups((first, "false"))) == "1"
    assert [(c.id, c.groups) for c in api.store.contacts()] == [(both, (second,)), (one, (second,))]
    assert api.say("contacts/deletegroup", delete_groups((second, "true"))) == "2"
    assert api.store.contacts() == []
    assert api.store.groups() == []


def test_deleting_a_group_with_contacts_takes_them_out_of_every_group(api):
    first, second = api.store.add_group("a"), api.store.add_group("b")
    api.store.add_contact("Both", mobile="0701740605", groups=[first, second])
    api.say("contacts/deletegroup", delete_groups((first, "true")))
    assert api.store.contacts() == []
    assert api.store.groups() == [(second, "b")]


def test_deletegroup_answers_only_the_groups_that_were_there(api):
    api.store.add_group("a")
    api.store.add_group("b")
    assert api.say("contacts/deletegroup", delete_groups((9, "false"), (2, "false"), (2, "true"))) == "2"
    assert api.say("contacts/deletegroup", delete_groups((9, "false"))) == "2:ERROR1"
    assert api.say("contacts/deletegroup", delete_groups()) == "2:ERROR1"


@pytest.mark.parametrize(("key", "flag"), [("x", "true"), ("1", "yes"), ("-1", "true"), ("", "true"), ("1", "")])
def test_deletegroup_with_a_bad_id_or_flag_is_error_1_1_and_deletes_nothing(api, key, flag):
    api.store.add_group("a")
    assert api.say("contacts/deletegroup", delete_groups((1, "true"), (key, flag))) == "1:ERROR1"
    assert len(api.store.groups()) == 1


def test_a_contact_is_stored_whole_with_its_groups(api):
    api.say("contacts/addgroup", add_groups("a", "b"))
    assert api.say("contacts/add", contacts(CONTACT)) == "1"
    (stored,) = api.store.contacts()
    assert (stored.id, stored.type, stored.firstname, stored.lastname) == (1, 3, "John", "Svensson")
    assert (stored.email, stored.extrafield) == ("john.svensson@company.example", "Ledningsgrupp")
    assert (stored.mobile, stored.number, stored.groups) == ("070-174 06 05", "+46701740605", (1, 2))


def test_a_known_contact_is_added_again_by_default(api):
    body = contact(1, mobile="0701740605")
    assert [api.say("contacts/add", body), api.say("contacts/add", body)] == ["1", "2"]


@pytest.mark.parametrize(
    "body",
    [
        contact(1, mobile="0701740605"),
        contact(1, email="", mobile="0701740605"),
        contact(2, email="a@b.example"),
        contact(2, email="a@b.example", mobile=""),
        contact(3, email="a@b.example", mobile="070112233"),
        contact(1, mobile="0701740605", groups="<groups/>"),
    ],
)
def test_what_a_contact_type_does_not_need_may_be_empty_or_absent(api, body):
    assert api.say("contacts/add", body) == "1"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (contact(2, email=""), "3:ERROR1"),
        (contact(2, email="nobody"), "3:ERROR1"),
        (contact(1, email="a b@c.example", mobile="0701740605"), "3:ERROR1"),
        (contact(1, mobile=""), "3:ERROR2"),
        (contact(1, mobile="12"), "3:ERROR2"),
        (contact(1, mobile="070-CALLME"), "3:ERROR2"),
        (contact(2, email="a@b.example", mobile="x"), "3:ERROR2"),
        (contact(1, mobile="0701740605", groups='<groups><group groupid="7"/></groups>'), "2:ERROR1"),
        (contacts(), "2:ERROR1"),
        (contact(4, email="a@b.example", mobile="0701740605"), "1:ERROR1"),
        (contact(1), "1:ERROR1"),
        (contact(2), "1:ERROR1"),
        (contact(3, mobile="0701740605"), "1:ERROR1"),
        (contact(1, mobile="0701740605", groups="<groups><group/></groups>"), "1:ERROR1"),
        (contact(1, mobile="0701740605").replace("<type>1</type>", ""), "1:ERROR1"),
        (contact(1, mobile="0701740605").replace("<lastname>B</lastname>", ""), "1:ERROR1"),
        (contact(1, mobile="0701740605").replace("B</", "<b/></"), "1:ERROR1"),
        (contacts(CONTACT.replace("<email>", "<email x='1'>")), "1:ERROR1"),
        (contacts(CONTACT.replace("firstname", "tmp").replace("lastname", "firstname")), "1:ERROR1"),
        (contacts("<contact><firstname>A</firstname><type>1</type><lastname>B</lastname></contact>"), "1:ERROR1"),
        (contact(1, mobile="0701740605", groups="<extrafield/><extrafield/>"), "1:ERROR1"),
        (contact(1, mobile="0701740605", groups="<groups/><extrafield/>"), "1:ERROR1"),
    ],
)
def test_a_refused_contact_has_its_documented_code(api, body, code):
    assert api.say("contacts/add", body) == code


@pytest.mark.parametrize("bad", [contact(1, mobile="12"), contact(1), contact(2, email="x")])
def test_one_bad_contact_keeps_the_whole_batch_out(api, bad):
    body = contact(1, mobile="0701740605").replace("</contacts>", "") + bad.removeprefix("<contacts>")
    assert api.say("contacts/add", body) in {"3:ERROR1", "3:ERROR2", "1:ERROR1"}
    assert api.store.contacts() == []


def test_merging_updates_the_contact_with_that_mobile_or_email(start):
    with start(on_known_mobile="union") as api:
        api.store.add_group("a")
        api.store.add_group("b")
        group = '<groups><group groupid="{}"/></groups>'
        assert api.say("contacts/add", contact(1, mobile="0701740605", groups=group.format(1))) == "1"
        again = contact(3, "a@b.example", "+46 70 174 06 05", group.format(2)).replace(">A<", ">New<")
        assert api.say("contacts/add", again) == "1"
        assert api.say("contacts/add", contact(2, email="a@b.example")) == "1"
        assert api.say("contacts/add", contact(2, email="c@b.example")) == "2"
        twice = contact(1, mobile="0701740609")
        body = twice.removesuffix("</contacts>") + twice.removeprefix("<contacts>")
        assert api.say("contacts/add", body) == "3,3"
        merged = api.store.contacts()[0]
    assert (merged.type, merged.firstname, merged.groups) == (2, "A", (1, 2))


def test_a_very_large_batch_is_one_request(api):
    one = contact(1, mobile="07017{:05d}").removeprefix("<contacts>").removesuffix("</contacts>")
    body = contacts(*(one.format(number) for number in range(10_000)))
    assert api.say("contacts/add", body).split(",") == [str(key) for key in range(1, 10_001)]
    assert api.store.contacts()[-1].number == "+46701709999"


@pytest.mark.parametrize(
    ("way", "firstname", "groups"), [("replace", "New", (2,)), ("union", "New", (1, 2)), ("keep", "A", (1,))]
)
def test_a_known_mobile_is_answered_with_its_contact_as_the_option_says(start, way, firstname, groups):
    with start(on_known_mobile=way) as api:
        api.store.add_group("a")
        api.store.add_group("b")
        group = '<groups><group groupid="{}"/></groups>'
        first = contact(1, mobile="0701740605", groups=group.format(1))
        assert api.say("contacts/add", first) == "1"
        again = contact(1, mobile="+46701740605", groups=group.format(2)).replace(">A<", ">New<")
        assert api.say("contacts/add", again) == "1"
        (found,) = api.store.contacts()
    assert (found.firstname, found.groups) == (firstname, groups)


@pytest.mark.parametrize(("reuse", "next_id"), [(True, 1), (False, 3)])
def test_ids_of_removed_groups_are_given_out_again_on_request(start, reuse, next_id):
    with start(reuse_ids=reuse) as api:
        assert [api.store.add_group(name) for name in "ab"] == [1, 2]
        api.store.delete_group(1)
        body = '<addgroups><groups><group groupname="c"/></groups></addgroups>'
        assert api.say("contacts/addgroup", body) == str(next_id)
