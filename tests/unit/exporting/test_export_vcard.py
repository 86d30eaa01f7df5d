"""Cards as phones and Outlook write them, and what is made of odd ones."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from intime_sync.exporting.people import Phone, SourcePerson
from intime_sync.exporting.vcard import read_vcards

OUTLOOK = """\
BEGIN:VCARD
VERSION:2.1
N;LANGUAGE=sv;CHARSET=Windows-1252:Öhman;Åsa
FN;CHARSET=Windows-1252:Åsa Öhman
ORG:Kliniken;Läkare
TEL;WORK;VOICE:08-12 34 56
TEL;CELL;VOICE:070-174 06 05
TEL;WORK;FAX:08-12 34 57
EMAIL;PREF;INTERNET:asa.ohman@example.se
CATEGORIES:Personal,Jour
END:VCARD
"""
ANDROID = """\
BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=96hman;=C3=85sa=20L=
=C3=A5ng;;;
TEL;CELL:0701740605
PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQ
 SkZJRg==

END:VCARD
"""
IPHONE = """\
BEGIN:VCARD
VERSION:3.0
N:Öhman;Åsa;;;
FN:Åsa
  Öhman
item1.TEL;type=pref:+46 70 174 06 05
item1.X-ABLabel:_$!<Mobile>!$_
TEL;type=HOME;type=VOICE:08123456
EMAIL;type=INTERNET;type=HOME:asa@example.se
NOTE:BEGIN:VCARD\\nis no card
END:VCARD
"""
FOUR = """\
BEGIN:VCARD
VERSION:4.0
FN:Åsa Öhman
TEL;VALUE=uri;TYPE="voice,cell";PREF=1:tel:+46-70-174-06-05;ext=1
EMAIL:mailto:asa@example.se
CATEGORIES:Vård\\, omsorg,Jour
X-ODD;X="a:b";Y=c:d
END:VCARD
"""


def one(text: str | bytes) -> SourcePerson:
    people, left_out = read_vcards("p.vcf", text.encode() if isinstance(text, str) else text)
    assert left_out == []
    assert len(people) == 1
    return people[0]


def test_a_card_of_outlook_in_windows_1252() -> None:
    expected = SourcePerson(
        "p.vcf:1",
        "Åsa",
        "Öhman",
        (Phone("08-12 34 56"), Phone("070-174 06 05", mobile=True)),
        ("asa.ohman@example.se",),
        "Läkare",
        ("Personal", "Jour"),
    )
    assert one(OUTLOOK.encode("cp1252")) == expected
    assert one(OUTLOOK.replace("\n", "\r\n").encode("utf-8-sig")) == expected
    assert one(OUTLOOK.encode("utf-16")) == expected


def test_a_card_of_android_in_quoted_printable() -> None:
    found = one(ANDROID)
    assert (found.firstname, found.lastname, found.phones) == (
        "Åsa Lång",
        "Öhman",
        (Phone("0701740605", mobile=True),),
    )


def test_a_card_of_an_iphone_names_the_mobile_by_a_label() -> None:
    found = one(IPHONE)
    assert (found.firstname, found.lastname) == ("Åsa", "Öhman")
    assert found.phones == (Phone("+46 70 174 06 05", mobile=True), Phone("08123456"))


def test_a_card_of_version_4_with_uris_and_escapes() -> None:
    found = one(FOUR)
    assert (found.firstname, found.lastname) == ("Åsa", "Öhman")
    assert found.phones == (Phone("+46-70-174-06-05", mobile=True),)
    assert found.emails == ("asa@example.se",)
    assert found.groups == ("Vård, omsorg", "Jour")


@pytest.mark.parametrize(
    ("card", "names"),
    [
        ("FN:Öhman, Åsa", ("Åsa", "Öhman")),
        ("FN:Åsa", ("Åsa", "")),
        ("FN:Åsa Maria Öhman", ("Åsa Maria", "Öhman")),
        ("ORG:Kliniken;Läkare", ("", "Kliniken")),
        ("N;ENCODING=QUOTED-PRINTABLE;CHARSET=rot13:=C3=96hman;=C3=85sa", ("Åsa", "Öhman")),
        ("N;ENCODING=QUOTED-PRINTABLE;CHARSET=iso-8859-1:=D6hman;=C5sa", ("Åsa", "Öhman")),
        ("N;ENCODING=QUOTED-PRINTABLE:=D6hman;=C5sa", ("Åsa", "Öhman")),
    ],
)
def test_names_come_from_whatever_the_card_has(card: str, names: tuple[str, str]) -> None:
    found = one(f"BEGIN:VCARD\n{card}\nTEL:0701740605\nEND:VCARD\n")
    assert (found.firstname, found.lastname) == names


def test_cards_that_are_not_closed_and_lists_of_cards() -> None:
    text = "junk\nBEGIN:VCARD\nFN:A B\nnonsense\nBEGIN:VCARD\nKIND:group\nFN:Familjen\nEND:VCARD\nBEGIN:VCARD\nFN:C D"
    people, left_out = read_vcards("p.vcf", text.encode())
    assert [(found.place, found.firstname) for found in people] == [("p.vcf:2", "A"), ("p.vcf:9", "C")]
    assert left_out == ["p.vcf:5: `Familjen` is a list of other cards, not a person"]


CARD_LINES = st.one_of(
    st.sampled_from(
        ["BEGIN:VCARD", "END:VCARD", "VERSION:2.1", " folded", "N;ENCODING=QUOTED-PRINTABLE:=C3=", "TEL;:"]
    ),
    st.text(max_size=30),
)


@given(st.one_of(st.binary(max_size=200), st.lists(CARD_LINES).map(lambda lines: "\n".join(lines).encode("utf-8"))))
@example(b"BEGIN:VCARD\nN;ENCODING=QUOTED-PRINTABLE;CHARSET=utf-7:+2AA-;x\n")
def test_no_bytes_make_the_reader_of_cards_fail(data: bytes) -> None:
    read_vcards("p.vcf", data)
