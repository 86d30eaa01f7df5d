"""Credentials, paths, broken XML: what every endpoint has in common."""

from __future__ import annotations

import pytest
import requests

READS = ["contacts/listgroups", "nix/list", "reminder/list"]
WRITES = {
    "message/create": "message",
    "message/delete": "message",
    "contacts/add": "contacts",
    "contacts/addgroup": "addgroups",
    "contacts/deletegroup": "deletegroups",
    "nix/addnix": "addnixentries",
    "nix/deletenix": "deletenixentries",
    "reminder/add": "reminderappointments",
    "reminder/edit": "reminderappointments",
}
GROUP = '<addgroups><groups><group groupname="Personal"/></groups></addgroups>'


@pytest.mark.parametrize("endpoint", [*READS, *WRITES])
def test_missing_credentials_are_error_0_1_and_wrong_ones_0_3(api, endpoint):
    for query in ({"user": ""}, {"hash": ""}, {"user": "", "hash": ""}):
        assert api.say(endpoint, "<x/>", **query) == "0:ERROR1"
    for query in ({"user": "Demo"}, {"hash": "demo "}, {"user": "dem", "hash": "odemo"}, {"hash": "å"}):
        assert api.say(endpoint, "<x/>", **query) == "0:ERROR3"


@pytest.mark.parametrize("endpoint", WRITES)
def test_an_empty_body_is_error_0_2(api, endpoint):
    assert api.say(endpoint, "") == "0:ERROR2"
    assert api.say(endpoint, " \r\n") == "0:ERROR2"
    assert api.get(endpoint).text == "0:ERROR2"


@pytest.mark.parametrize(("endpoint", "root"), WRITES.items())
def test_xml_of_the_wrong_shape_is_error_1_1(api, endpoint, root):
    wrong = [
        "<wrong/>",
        f"<!DOCTYPE {root}><{root}/>",
        f"<!DOCTYPE {root} [<!ENTITY a 'b'>]><{root}>&a;</{root}>",
        f"<{root}><unknown/></{root}>",
        f"<{root}>text</{root}>",
        f"<{root} unknown='1'/>",
        f"<{root} xmlns='urn:other'/>",
    ]
    assert [api.say(endpoint, body) for body in wrong] == ["1:ERROR1"] * len(wrong)


@pytest.mark.parametrize("endpoint", [name for name in WRITES if name != "message/delete"])
@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("<message><<", "Name cannot begin with the '<' character, hexadecimal value 0x3C. Line 1, position 11."),
        ("<message>\n<1", "Name cannot begin with the '1' character, hexadecimal value 0x31. Line 2, position 2."),
        ("hello", "Data at the root level is invalid. Line 1, position 1."),
        ("<message>", "Unexpected end of file has occurred. Line 1, position 10."),
        ('\n<?xml version="1.0"?><message/>', "Unexpected XML declaration."),
        ('<?xml version="1.0" encoding="x-1"?><message/>', "System does not support 'x-1' encoding."),
        (b"<message>\xff</message>", "An error occurred while parsing EntityName."),
        ("<message>\x01</message>", "An error occurred while parsing EntityName."),
    ],
)
def test_text_that_is_not_xml_gets_a_raw_exception_text(api, endpoint, body, says):
    reply = api.post(endpoint, body)
    assert reply.status_code == 200
    assert reply.text.startswith(says)


@pytest.mark.parametrize(
    "body",
    [
        f'<?xml version="1.0" encoding="iso-8859-1"?>{GROUP}'.replace("Personal", "Åsa").encode("iso-8859-1"),
        f'<?xml version="1.0" encoding="iso88591"?>{GROUP}'.replace("Personal", "Åsa").encode("iso-8859-1"),
        f'<?xml version="1.0" encoding="utf-8"?>{GROUP}'.replace("Personal", "Åsa").encode(),
        f'<?xml version="1.0" encoding="windows-1252"?>{GROUP}'.replace("Personal", "Åsa").encode("cp1252"),
        GROUP.replace("Personal", "Åsa").encode(),
        GROUP.replace("Personal", "Åsa").encode("utf-8-sig"),
        GROUP.replace("Personal", "&#197;sa").encode("ascii"),
    ],
    ids=["iso-8859-1", "iso88591", "utf-8", "windows-1252", "undeclared", "bom", "reference"],
)
def test_a_body_is_read_in_the_encoding_it_declares(api, body):
    assert api.say("contacts/addgroup", body) == "1"
    assert api.store.groups() == [(1, "Åsa")]


def test_the_api_is_served_with_and_without_its_prefix_in_any_case(api):
    root = api.emulator.url.removesuffix("/api/1.0")
    for path in ("/contacts/listgroups.ashx", "/API/1.0/Contacts/ListGroups.ashx"):
        assert requests.get(f"{root}{path}?User=demo&HASH=demo", timeout=60).text == "2:ERROR1"
    for path in ("/", "/api/1.0/contacts/listgroups", "/api/1.0/contacts/list.ashx", "/api/2.0/nix/list.ashx"):
        assert requests.get(f"{root}{path}?user=demo&hash=demo", timeout=60).status_code == 404


def test_errors_and_ids_are_plain_text_and_lists_are_xml(api):
    assert api.get("contacts/listgroups").headers["Content-Type"].startswith("text/plain")
    assert api.post("contacts/addgroup", GROUP).headers["Content-Type"].startswith("text/plain")
    assert api.get("contacts/listgroups").headers["Content-Type"].startswith("text/xml")


def test_calls_are_recorded_in_order(api):
    api.get("nix/list")
    api.post("contacts/addgroup", GROUP)
    assert api.emulator.calls == [("GET", "nix/list"), ("POST", "contacts/addgroup")]


@pytest.mark.parametrize(
    ("declare", "expected"),
    [("iso-8859-1", b"\xc5sa &#321;"), ("iso88591", b"\xc5sa &#321;"), ("utf-8", "Åsa Ł".encode())],
)
def test_a_list_declares_and_uses_the_chosen_encoding(start, declare, expected):
    with start(declare=declare) as api:
        api.store.add_group("Åsa Ł")
        content = api.get("contacts/listgroups").content
    assert content.startswith(f'\n<?xml version="1.0" encoding="{declare}"?>\n<groups>'.encode())
    assert b'<group groupid="1">' + expected + b"</group>" in content


def test_options_outside_the_choices_are_refused(start):
    for options in ({"echo": "local"}, {"declare": "ascii"}, {"duplicates": "drop"}, {"user": ""}):
        with pytest.raises(ValueError, match="must"), start(**options):
            pass
