"""A reply is one that is documented, or nothing is concluded from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from endpoint_list import ALL_ENDPOINTS
from hypothesis import given
from hypothesis import strategies as st
from wire_samples import REPLIES

from intime_sync.service import endpoints, xml
from intime_sync.service.endpoints import Endpoint
from intime_sync.service.listings import blocklist_rows, group_rows, reminder_rows
from intime_sync.service.reply import (
    EXCERPT_LENGTH,
    Ids,
    Refused,
    Rows,
    Unexpected,
    classify_ids,
    classify_list,
    excerpt,
)
from intime_sync.service.text import clean

POSTS = [endpoint for endpoint in ALL_ENDPOINTS if endpoint.method == "POST"]
LISTS = [endpoint for endpoint in ALL_ENDPOINTS if endpoint.method == "GET"]
GOOD_GROUPS = sorted(REPLIES.glob("groups-[!we]*.xml"))
BAD = sorted(REPLIES.glob("bad-*"))
OTHER = "bad-other-root"


def rows_of(name: str, endpoint: Endpoint) -> Rows:
    found = classify_list(endpoint, (REPLIES / name).read_bytes())
    assert isinstance(found, Rows)
    return found


@pytest.mark.parametrize("path", GOOD_GROUPS, ids=lambda path: path.stem)
def test_groups_are_read_in_every_encoding(path: Path) -> None:
    rows = group_rows(rows_of(path.name, endpoints.LIST_GROUPS).root)
    assert not isinstance(rows, Unexpected)
    assert [(row.id, clean(row.name)) for row in rows] == [(1, "Åsa & Örjan"), (2, "Personal")]


def test_bytes_that_iso_8859_1_leaves_free_are_windows_1252() -> None:
    rows = group_rows(rows_of("groups-windows1252.xml", endpoints.LIST_GROUPS).root)
    assert rows == [(1, "10 € – å")]


@pytest.mark.parametrize("name", ["nothing.txt", "nothing-padded.txt", "groups-empty.xml"])
def test_a_list_may_say_that_there_is_nothing(name: str) -> None:
    assert group_rows(rows_of(name, endpoints.LIST_GROUPS).root) == []


@pytest.mark.parametrize(
    ("endpoint", "path"),
    [(endpoint, path) for endpoint in LISTS for path in BAD if (endpoint.root, path.stem) != ("nixentries", OTHER)],
    ids=lambda part: getattr(part, "stem", str(part)),
)
def test_a_bad_list_is_never_empty(endpoint: Endpoint, path: Path) -> None:
    found = classify_list(endpoint, (REPLIES / path.name).read_bytes())
    assert isinstance(found, Unexpected)
    assert len(found.excerpt) <= EXCERPT_LENGTH
    assert found.excerpt.isprintable()


def test_every_prefix_of_a_list_is_refused() -> None:
    body = (REPLIES / "reminders.xml").read_bytes().rstrip()
    for length in range(len(body)):
        assert isinstance(classify_list(endpoints.LIST_REMINDERS, body[:length]), Unexpected)


@pytest.mark.parametrize("endpoint", POSTS, ids=str)
@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_reply_to_a_post_is_unexpected(path: Path, endpoint: Endpoint) -> None:
    found = classify_ids(endpoint, (REPLIES / path.name).read_bytes(), 3)
    assert isinstance(found, Unexpected)


@pytest.mark.parametrize("endpoint", POSTS, ids=str)
@pytest.mark.parametrize("name", ["ids.txt", "ids-spaced.txt"])
def test_ids_are_read_in_order(name: str, endpoint: Endpoint) -> None:
    assert classify_ids(endpoint, (REPLIES / name).read_bytes(), 3) == Ids((4510, 4511, 4512))


@pytest.mark.parametrize("expected", [1, 2, 4])
def test_a_wrong_number_of_ids_is_unexpected_and_names_them(expected: int) -> None:
    found = classify_ids(endpoints.ADD_CONTACTS, b"4510,4511,4512", expected)
    assert isinstance(found, Unexpected)
    assert "4510,4511,4512" in str(found)


def test_any_number_of_ids_is_accepted_where_it_cannot_be_known() -> None:
    assert classify_ids(endpoints.CREATE_MESSAGE, b"4510,4511,4512", None) == Ids((4510, 4511, 4512))


@pytest.mark.parametrize("endpoint", POSTS, ids=str)
def test_only_an_edit_may_answer_with_negative_ids(endpoint: Endpoint) -> None:
    found = classify_ids(endpoint, (REPLIES / "ids-negative.txt").read_bytes(), 2)
    if endpoint is endpoints.EDIT_REMINDERS:
        assert found == Ids((-1472, 1473))
    else:
        assert isinstance(found, Unexpected)


@pytest.mark.parametrize("body", [b"0", b"4510,0", b"-0", b"1,,2", b"1,2,", b"1 2", b"1.5", b"\xd9\xa1", b"9" * 30])
def test_text_that_resembles_ids_is_unexpected(body: bytes) -> None:
    assert isinstance(classify_ids(endpoints.EDIT_REMINDERS, body, None), Unexpected)


@pytest.mark.parametrize(
    ("endpoint", "code"), [(endpoint, code) for endpoint in POSTS for code in endpoint.codes], ids=str
)
def test_every_documented_code_of_a_post_is_a_refusal_with_its_meaning(endpoint: Endpoint, code: str) -> None:
    found = classify_ids(endpoint, f"\r\n{code} ".encode(), 1)
    assert found == Refused(code, endpoint.codes[code])


@pytest.mark.parametrize("endpoint", LISTS, ids=str)
def test_every_documented_code_of_a_list_is_an_empty_list_or_a_refusal(endpoint: Endpoint) -> None:
    found = {code: classify_list(endpoint, code.encode()) for code in endpoint.codes}
    assert found.pop("2:ERROR1") == Rows(None)
    assert all(isinstance(reply, Refused) for reply in found.values())


def test_a_code_of_another_endpoint_is_unexpected() -> None:
    assert isinstance(classify_ids(endpoints.ADD_GROUPS, b"3:ERROR2", 1), Unexpected)


def test_a_body_over_the_cap_is_refused() -> None:
    body = b"<groups>%s</groups>" % (b" " * xml.MAX_BODY)
    assert isinstance(classify_list(endpoints.LIST_GROUPS, body), Unexpected)


@given(st.binary(max_size=200))
def test_no_body_raises_an_exception(body: bytes) -> None:
    for endpoint in POSTS:
        classify_ids(endpoint, body, 1)
    for endpoint, rows in zip(LISTS, (group_rows, blocklist_rows, reminder_rows), strict=True):
        found = classify_list(endpoint, body)
        if isinstance(found, Rows):
            rows(found.root)


@given(st.text())
def test_an_excerpt_is_short_and_printable(text: str) -> None:
    assert len(excerpt(text)) <= EXCERPT_LENGTH
    assert excerpt(text).isprintable()
