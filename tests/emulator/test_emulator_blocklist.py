"""The blocklist."""

from __future__ import annotations

import pytest


def body(verb: str, *mobiles: str) -> str:
    entries = "".join(f'<nixentry mobile="{mobile}"/>' for mobile in mobiles)
    return f"<{verb}nixentries><nixentries>{entries}</nixentries></{verb}nixentries>"


def test_numbers_are_added_listed_and_removed(api):
    assert api.get("nix/list").text == "2:ERROR1"
    assert api.say("nix/addnix", body("add", "0701740605", "+46701740606")) == "1,2"
    listed = [{child.tag: child.text for child in entry} for entry in api.tree("nix/list")]
    assert listed == [
        {"mobile": "0701740605", "firstname": None, "lastname": None},
        {"mobile": "0701740606", "firstname": None, "lastname": None},
    ]
    assert api.say("nix/deletenix", body("delete", "+46 70-174 06 05")) == "1"
    assert [entry.number for entry in api.store.blocklist()] == ["+46701740606"]


@pytest.mark.parametrize(
    ("echo", "expected"),
    [
        ("national", ["0701740605", "0701740606", "+4915112345678"]),
        ("e164", ["+46701740605", "+46701740606", "+4915112345678"]),
        ("raw", ["070-174 06 05", "+46701740606", "+49 151 12345678"]),
    ],
)
def test_mobiles_are_listed_in_the_chosen_spelling(start, echo, expected):
    with start(echo=echo) as api:
        api.say("nix/addnix", body("add", "070-174 06 05", "+46701740606", "+49 151 12345678"))
        assert [entry.findtext("mobile") for entry in api.tree("nix/list")] == expected


def test_a_number_already_listed_keeps_its_entry(api):
    assert api.say("nix/addnix", body("add", "0701740605", "+46701740605")) == "1,1"
    assert api.say("nix/addnix", body("add", "070 174 06 05", "0701740606")) == "1,2"
    assert len(api.store.blocklist()) == 2


def test_with_duplicates_kept_one_removal_still_takes_them_all(start):
    with start(duplicates="keep") as api:
        assert api.say("nix/addnix", body("add", "0701740605", "+46701740605")) == "1,2"
        assert len(api.tree("nix/list")) == 2
        assert api.say("nix/deletenix", body("delete", "0701740605")) == "1"
        assert api.store.blocklist() == []


def test_one_impossible_number_keeps_the_whole_batch_out(api):
    assert api.say("nix/addnix", body("add", "0701740605", "12")) == "2:ERROR1"
    assert api.say("nix/addnix", body("add")) == "2:ERROR1"
    assert api.store.blocklist() == []


def test_deletenix_answers_only_the_numbers_that_were_there(api):
    api.store.block("0701740605")
    assert api.say("nix/deletenix", body("delete", "0701740606", "x")) == "2:ERROR1"
    assert api.say("nix/deletenix", body("delete")) == "2:ERROR1"
    assert api.say("nix/deletenix", body("delete", "0701740606", "0701740605", "0701740605")) == "1"


@pytest.mark.parametrize("verb", ["add", "delete"])
def test_misshapen_entries_are_error_1_1(api, verb):
    for wrong in ("<nixentry/>", '<nixentry mobile="1" x="1"/>', '<nixentry mobile="1">x</nixentry>', "<x/>"):
        xml = f"<{verb}nixentries><nixentries>{wrong}</nixentries></{verb}nixentries>"
        assert api.say(f"nix/{verb}nix", xml) == "1:ERROR1"
