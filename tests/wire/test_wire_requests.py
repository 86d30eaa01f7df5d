"""Requests have the documented elements, order and encoding."""

from __future__ import annotations

import unicodedata

import pytest
from endpoint_list import ALL_ENDPOINTS
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from wire_samples import BUILT, MESSAGE, MESSAGE_NOW, REQUESTS

from intime_sync.errors import InvalidInput
from intime_sync.service import requests, xml
from intime_sync.service.text import forbidden_character

CARRIED = st.text().filter(lambda text: forbidden_character(text, newlines=True) is None)


def canonical(document: bytes) -> bytes:
    parser = etree.XMLParser(remove_blank_text=True)
    return etree.tostring(etree.fromstring(document, parser), method="c14n")


@pytest.mark.parametrize("name", BUILT)
def test_every_request_is_its_fixture(name: str) -> None:
    built = BUILT[name]()
    assert built.body is not None
    assert canonical(built.body) == canonical((REQUESTS / f"{name}.xml").read_bytes())


def test_every_post_has_a_fixture_and_every_fixture_a_builder() -> None:
    assert {path.stem for path in REQUESTS.glob("*.xml")} == set(BUILT)
    posts = {endpoint for endpoint in ALL_ENDPOINTS if endpoint.method == "POST"}
    assert {build().endpoint for build in BUILT.values()} == posts


@pytest.mark.parametrize("name", BUILT)
def test_the_root_element_is_the_endpoint_s(name: str) -> None:
    built = BUILT[name]()
    assert built.body is not None
    assert xml.parse(built.body).tag == built.endpoint.root


def test_bodies_say_iso_8859_1_and_are() -> None:
    body = requests.add_groups(["Łódź åäö €"]).body
    assert body is not None
    assert body.startswith(b'<?xml version="1.0" encoding="iso-8859-1"?>\n')
    assert "Å".encode("iso-8859-1") not in body
    assert b"&#321;\xf3d&#378; \xe5\xe4\xf6 &#8364;" in body


def test_a_message_to_groups_may_get_any_number_of_ids() -> None:
    assert requests.create_message(MESSAGE).expected is None
    assert requests.create_message(MESSAGE_NOW).expected == 1
    assert requests.add_groups(["a", "b"]).expected == 2


@given(CARRIED)
def test_text_survives_encoding_in_elements_and_attributes(text: str) -> None:
    root = xml.element("root", [xml.leaf("child", text)], name=text)
    read = xml.parse(xml.encode(root))
    wanted = unicodedata.normalize("NFC", text)
    assert (read.get("name"), read[0].text or "") == (wanted, wanted)


@given(st.text(min_size=1, max_size=40))
def test_a_name_is_refused_clearly_or_sent_well_formed(name: str) -> None:
    if forbidden_character(name, newlines=True):
        with pytest.raises(InvalidInput) as refused:
            requests.add_groups([name])
        assert refused.value.hint
    else:
        body = requests.add_groups([name]).body
        assert body is not None
        xml.parse(body)


@pytest.mark.parametrize("text", ["Ã¥", "Â\xa0", "å", "Łå"])
def test_no_name_can_be_mistaken_for_another_encoding(text: str) -> None:
    body = xml.encode(xml.element("root", name=text))
    assert xml.parse(body).get("name") == text
    assert etree.fromstring(body).get("name") == text


def test_a_decomposed_name_is_sent_composed() -> None:
    body = requests.add_groups(["A\u030asa"]).body
    assert body is not None
    assert b'groupname="\xc5sa"' in body
