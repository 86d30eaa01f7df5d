"""People from tables of all origins, and the contact that each becomes."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intime_sync.config.csv_table import read_csv
from intime_sync.errors import InvalidConfiguration, InvalidInput
from intime_sync.exporting.files import people_csv
from intime_sync.exporting.people import People, Phone, SourcePerson, contacts_from
from intime_sync.exporting.sources import read_people
from intime_sync.kinds.registry import CONTACTS


def people(table: str | bytes, file: str = "p.csv") -> tuple[People, list[str]]:
    found, left_out = read_people(file, table.encode() if isinstance(table, str) else table)
    return contacts_from(found, "SE"), left_out


def rows(contacts: People) -> list[tuple[str, ...]]:
    return [
        (one.key, one.firstname, one.lastname, one.mobile, one.email, "|".join(one.groups))
        for one in contacts.contacts
    ]


ASA = ("asa.ohman", "Åsa", "Öhman", "+46701740605", "asa@example.se", "Jour|Personal")


@pytest.mark.parametrize(
    "table",
    [
        "Förnamn;Efternamn;Mobiltelefon;E-post;Kategorier\nÅsa;Öhman;070-174 06 05;asa@example.se;Personal;Jour\n",
        "First Name,Last Name,Mobile Phone,E-mail Address,Categories\n"
        "Åsa,Öhman,070-174 06 05,asa@example.se,Personal;Jour\n",
        "Given Name,Family Name,Labels,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,"
        "Phone 2 - Type,Phone 2 - Value\n"
        "Åsa,Öhman,* myContacts ::: Personal ::: Jour,asa@example.se,Work,08-465 004 04,Mobile,0701740605\n",
        "key,firstname,lastname,mobile,email,groups\nasa.ohman,Åsa,Öhman,+46701740605,asa@example.se,Personal|Jour\n",
        "\n;;;\nNamn;Mobil:;E-POST *;Grupper\nÅsa Öhman;0046 701740605;asa@example.se;Personal, Jour\n",
    ],
)
def test_the_columns_of_every_origin_give_the_same_contact(table: str) -> None:
    table = table.replace("Personal;Jour\n", '"Personal;Jour"\n')
    for data in (table.encode(), table.encode("utf-8-sig"), table.encode("cp1252")):
        contacts, _ = people(data)
        assert rows(contacts) == [ASA]


def test_excel_is_read_like_csv_and_numbers_may_have_lost_their_zero() -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet: Any = book.active
    sheet.append(["Förnamn", "Efternamn", "Mobil", "E-post", "Grupper", "Skonummer"])
    sheet.append(["Åsa", "Öhman", 701740605, "asa@example.se", "Personal, Jour", 38])
    data = io.BytesIO()
    book.save(data)
    contacts, left_out = people(data.getvalue(), "p.xlsx")
    assert rows(contacts) == [ASA]
    assert left_out == ["p.xlsx: the column `Skonummer`, not known by header"]


def test_empty_columns_are_not_reported() -> None:
    _, left_out = people("Mobil;Ort;Land;\n0701740605;Umeå;;x\n")
    assert left_out == ["p.csv: the columns `Ort`, number 4, not known by header"]


@pytest.mark.parametrize(
    ("phones", "mobile", "remarks"),
    [
        ([Phone("08-465 004 04"), Phone("070-174 06 05")], "+46701740605", ["08-465 004 04 is not the first mobile"]),
        (
            [Phone("0701740606"), Phone("0701740605", mobile=True)],
            "+46701740605",
            ["070-174 06 06 is not the first mobile"],
        ),
        ([Phone("0701740605"), Phone("+46 70 174 06 05")], "+46701740605", []),
        ([Phone("08-465 004 04")], "", ["08-465 004 04 is no mobile"]),
        ([Phone("+47 40 61 23 45")], "+4740612345", []),
        ([Phone("12"), Phone("0701740605")], "+46701740605", ["`12` is not a phone number: it is too short"]),
    ],
)
def test_the_first_mobile_is_taken_and_the_rest_reported(
    phones: list[Phone], mobile: str, remarks: list[str]
) -> None:
    found = SourcePerson("p.vcf:1", "Åsa", "Öhman", tuple(phones), ("asa@example.se",))
    contacts = contacts_from([found], "SE")
    assert [one.mobile for one in contacts.contacts] == [mobile]
    assert contacts.left_out == [f"p.vcf:1: Åsa Öhman: {remark}" for remark in remarks]


def test_people_without_number_and_address_are_reported_and_left_out() -> None:
    contacts, _ = people("Namn;Mobil;E-post;Grupper\nÅsa Öhman;12;x@;\nBo Ek;0701740606;b@example.se;~dolt\n")
    assert rows(contacts) == [("bo.ek", "Bo", "Ek", "+46701740606", "b@example.se", "")]
    assert len(contacts.left_out) == 4
    assert contacts.left_out[2] == (
        "p.csv:2: Åsa Öhman: neither a mobile number nor an e-mail address that can be used; not written"
    )
    assert "the group `~dolt`" in contacts.left_out[3]


def test_people_of_one_name_get_different_keys_and_repeated_people_one() -> None:
    contacts, _ = people(
        "key;name;mobile;email;groups\n;Bo Ek;0701740607;;\n;Bo Ek;0701740606;;A\n;bo ek;070-1740606;;B\n"
        "bo.ek;Bo Ek;0701740608;;\n;;;bo.ek@example.se;\n;;0701740609;;\n"
    )
    assert [row[0] for row in rows(contacts)] == ["bo.ek-2", "", "bo.ek-3", "bo.ek-4", "bo.ek"]
    assert contacts.notes == ["p.csv:4: bo ek is in the files twice; written once"]


@pytest.mark.parametrize(("type_", "kept"), [("sms", "sms"), ("SMS+Email", "sms+email"), ("fax", "")])
def test_a_type_is_kept_where_it_fits(type_: str, kept: str) -> None:
    contacts, _ = people(f"mobile;email;type\n0701740605;a@example.se;{type_}\n")
    assert [one.type for one in contacts.contacts] == [kept]
    assert bool(contacts.left_out) is (kept == "")


@pytest.mark.parametrize(
    ("file", "data"),
    [("p.csv", b"Ort;Land\nx;y\n"), ("p.csv", b""), ("p.vcf", b"hello"), ("p.txt", b"mobile\n0701740605\n")],
)
def test_files_without_people_are_refused_with_a_hint(file: str, data: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_people(file, data)
    assert caught.value.hint


@pytest.mark.parametrize(("file", "data"), [("p.csv", b'mobile\n"070'), ("p.xlsx", b"nothing")])
def test_broken_tables_are_refused_with_their_place(file: str, data: bytes) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        read_people(file, data)
    assert str(caught.value.problems[0]).startswith(f"{file}:")


WORDS = st.one_of(
    st.text(max_size=12), st.sampled_from(["Åsa", "a;b", '"q"', "a\nb", "=1+1", "\x07", "张", "|", " "])
)
PHONES = st.builds(Phone, st.sampled_from(["0701740605", "070-174 06 06", "08-465 004 04", "+47 40612345", "x"]))
EMAILS = st.sampled_from(["a@example.se", "Å@example.se", "_@example.se", "no"])
FOUND = st.builds(
    SourcePerson,
    st.just("p:1"),
    WORDS,
    WORDS,
    st.lists(PHONES, max_size=2).map(tuple),
    st.lists(EMAILS, max_size=2).map(tuple),
    WORDS,
    st.lists(WORDS, max_size=3).map(tuple),
    st.one_of(st.just(""), WORDS, st.just("k" * 300)),
    st.sampled_from(["", "sms", "email", "fax"]),
)


@given(st.lists(FOUND, max_size=6))
def test_a_written_contact_reads_back_as_the_same(found: list[SourcePerson]) -> None:
    contacts = contacts_from(found, "SE").contacts
    text = people_csv(contacts, "SE")
    document, problems = read_csv("p.csv", text.encode(), CONTACTS.spec)
    assert problems == []
    assert document is not None
    items: Any = document.root["contacts"]
    assert [item.get("mobile") is not None for item in items] == [bool(one.mobile) for one in contacts]
    assert [item.get("firstname", "") for item in items] == [one.firstname for one in contacts]
    assert [tuple(item.get("groups", ())) for item in items] == [one.groups for one in contacts]
    identities = [item.get("key") or item.get("mobile") for item in items]
    assert len(set(identities)) == len(items)
    assert text.startswith("\ufeffkey;")
