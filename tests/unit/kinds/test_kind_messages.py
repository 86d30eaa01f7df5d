"""What a message's item may say, and what is asked of the service for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from intime_sync.kinds.base import WireContext
from intime_sync.kinds.reading import ItemContext
from intime_sync.kinds.registry import MESSAGES
from intime_sync.model.problem import Origin, Problem, Severity
from intime_sync.model.resource import Attributes, RemoteId, Resource
from intime_sync.service.requests import WireFormat
from intime_sync.service.text import forbidden_character

ZONE = ZoneInfo("Europe/Stockholm")
HERE = Origin("intime.yaml", 1, 1)
LONG = "a" * 161
URL = "https://example.se/intime/status"


def read(**item: Any) -> tuple[Resource[Any] | None, list[Problem]]:
    context = ItemContext("SE", ZONE, [], lambda *path: Origin("intime.yaml", 1, len(path) + 1))
    whole = {"key": "jul", "send_at": "2031-12-24T08:00", "sender": "Kliniken", "body": "God jul!"}
    if not item.keys() & {"recipients", "groups"}:
        whole["recipients"] = ["0701740605"]  # type: ignore[assignment]
    return MESSAGES.read({**whole, **item}, HERE, context), context.problems


def good(**item: Any) -> Any:
    resource, problems = read(**item)
    assert [problem for problem in problems if problem.severity is Severity.ERROR] == []
    assert resource is not None
    return resource.value


def fields(**item: Any) -> Attributes:
    return MESSAGES.attributes(good(**item))


def codes(**item: Any) -> list[str]:
    return [problem.code for problem in read(**item)[1]]


def message_of(**item: Any) -> str:
    (problem,) = read(**item)[1]
    return problem.message


def resolved(value: Any, **numbers: str) -> Attributes:
    return MESSAGES.attributes(MESSAGES.with_numbers(value, numbers))


def test_attributes_have_every_field_and_an_address_only_when_there_is_one() -> None:
    assert fields(groups=["Personal", "Jour"]) == {
        "send_at": "2031-12-24T08:00",
        "sender": "Kliniken",
        "body": "God jul!",
        "multisms": False,
        "flash": False,
        "check_blocklist": True,
        "anonymize": False,
        "recipients": [],
        "groups": ["Jour", "Personal"],
    }
    assert fields(status_url=URL)["status_url"] == URL


@pytest.mark.parametrize("sender", ["Kli", "Kliniken AB", "A.B-C+1", "112", "123456789012345", "0701740605"])
def test_senders_that_the_service_documents(sender: str) -> None:
    assert good(sender=sender).sender == sender


@pytest.mark.parametrize(
    ("sender", "says"),
    [
        ("Vårdis", "“å” (U+00E5)"),
        ("A&B", "“&” (U+0026)"),
        ("AB", "at least 3 characters, not 2"),
        ("Vardcentralen", "at most 11 characters (15 where all are digits), not 13"),
        ("1234567890123456", "at most 15 digits, not 16"),
        ("+46701740605", "without the plus sign"),
        ("", "at least 3"),
        ("٠٧٠١٧٤", "(U+0660)"),
    ],
)
def test_the_error_of_a_bad_sender_says_what_is_wrong(sender: str, says: str) -> None:
    assert codes(sender=sender) == ["bad-sender"]
    assert says in message_of(sender=sender)


def test_a_body_keeps_its_lines_and_nothing_around_them() -> None:
    assert good(body=" \n God\r\n\r\njul!\rHej  du \n\n").body == "God\n\njul!\nHej  du"
    assert good(body="A\u030asa").body == "Åsa"


def test_a_body_is_needed_and_must_be_xml() -> None:
    assert codes(body=" \n ") == ["empty-body"]
    assert codes(body="a\x07") == codes(body="a\fb") == ["forbidden-character"]


@pytest.mark.parametrize(
    ("item", "code", "says"),
    [
        ({"body": LONG}, "message-too-long", "`multisms: true` would send it as 2 SMS"),
        ({"body": "€" * 81}, "message-too-long", "has 162 characters as SMS counts them (€ and some others"),
        ({"body": "a" * 805}, "message-too-long", "at most 160; shorten it"),
        ({"body": LONG, "flash": True}, "message-too-long", "at most 160; shorten it"),
        ({"body": "a" * 805, "multisms": True}, "message-too-long", "at most 804"),
        ({"body": ("a" * 133 + "€") * 5 + "a" * 129, "multisms": True}, "message-too-long", "would need 7 SMS"),
        ({"body": LONG, "multisms": True, "flash": True}, "flash-too-long", "a flash message takes at most 160"),
    ],
)
def test_the_error_of_a_long_text_gives_its_length_and_what_helps(item: Any, code: str, says: str) -> None:
    assert codes(**item) == [code]
    assert says in message_of(**item)


def test_texts_that_just_fit() -> None:
    assert MESSAGES.parts(fields(body="a" * 160)) == 1
    assert MESSAGES.parts(fields(body=LONG, multisms=True)) == 2
    assert MESSAGES.parts(fields(body="a" * 804, multisms=True)) == 6
    assert good(body="a" * 160, multisms=True, flash=True).flash


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=900), st.booleans())
def test_every_body_is_read_or_refused_and_what_is_read_can_be_sent(body: str, multisms: bool) -> None:
    resource, problems = read(body=body, multisms=multisms)
    assert all(problem.message.isprintable() for problem in problems)
    if resource is None:
        assert [problem for problem in problems if problem.severity is Severity.ERROR]
    else:
        attributes = MESSAGES.attributes(resource.value)
        assert forbidden_character(str(attributes["body"]), newlines=True) is None
        assert MESSAGES.parts(attributes) <= (6 if multisms else 1)
        assert MESSAGES.create_request("jul", attributes, WireContext()).body
        assert good(body=attributes["body"], multisms=multisms) == resource.value


def test_characters_outside_the_alphabet_are_warned_about_by_name() -> None:
    assert codes(body="Łukasz 🎄") == ["outside-gsm"]
    assert "“Ł” (U+0141), “🎄” (U+1F384)," in message_of(body="Łukasz 🎄")
    assert "U+0009," in message_of(body="a\tb")
    assert "and 2 more," in message_of(body="ŁłŻżŹźĆ")


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "https://example.se:8443/x?id=7&kund=clinic-a",
        "http://127.0.0.1:8000/status",
        "http://localhost/",
        "http://[::1]/",
        "HTTPS://example.se",
        "https://example.se/?author=a&design=b&state=c",
    ],
)
def test_status_urls_that_are_accepted(url: str) -> None:
    assert good(status_url=url).status_url == url


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("example.se/status", "bad-url"),
        ("ftp://example.se/status", "bad-url"),
        ("https:///status", "bad-url"),
        ("https://example.se:99999/", "bad-url"),
        ("https://[::1/", "bad-url"),
        ("https://exämple.se/", "bad-url"),
        ("https://example.se\\@evil.example/", "bad-url"),
        ("https://example.se/a b", "bad-url"),
        ("https://example.se/#a", "bad-url"),
        ("https://example.se/#", "bad-url"),
        ("http://example.se/", "insecure-url"),
        ("http://127.0.0.1.example/", "insecure-url"),
        ("https://user@example.se/", "secret-in-url"),
        ("https://user:word@example.se/", "secret-in-url"),
        ("https://:@example.se/", "secret-in-url"),
    ],
)
def test_status_urls_that_are_refused(url: str, code: str) -> None:
    assert codes(status_url=url) == [code]
    assert "example" not in message_of(status_url=url).replace("https://example.se/intime/status", "")


@pytest.mark.parametrize(
    "name",
    [
        *("hash", "token", "secret", "key", "password", "pass", "pwd", "auth", "sig", "signature", "session"),
        *("apiKey", "api_key", "API-KEY", "x-auth", "access_token", "accesstoken", "userHash", "h%61sh", "SIG"),
    ],
)
def test_a_secret_in_a_status_url_is_refused_and_not_repeated(name: str) -> None:
    for query in (f"{name}=s3cr3t", f"a=1&{name}=s3cr3t", f"a=1;{name}=s3cr3t", name):
        assert codes(status_url=f"https://example.se/?{query}") == ["secret-in-url"]
        assert "s3cr3t" not in message_of(status_url=f"https://example.se/?{query}")


def test_statuses_are_for_recipients_only() -> None:
    assert codes(status_url=URL, groups=["Jour"]) == ["no-status-for-groups"]
    assert codes(status_url=URL) == codes(groups=["Jour"]) == []


def test_a_message_needs_recipients_unless_it_is_absent() -> None:
    assert codes(recipients=[], groups=[]) == ["no-recipients"]
    assert codes(recipients=[], ensure="absent") == []


def test_recipients_are_the_same_in_any_order_and_any_spelling() -> None:
    one = good(recipients=["070-174 06 05", {"contact": "john"}, "+46701740607", {"contact": "anna"}])
    other = good(recipients=[{"contact": "anna"}, "0701740607", {"contact": " john "}, "+46 70 174 06 05"])
    assert one == other
    assert hash(one) == hash(other)
    assert [recipient.index for recipient in one.recipients] != [recipient.index for recipient in other.recipients]


def test_a_repeated_recipient_counts_once() -> None:
    recipients = ["0701740605", {"contact": "john"}, "+46701740605", {"contact": "john"}]
    resource, problems = read(recipients=recipients)
    assert resource is not None
    assert len(resource.value.recipients) == 2
    assert [(p.code, p.severity, p.origin) for p in problems] == [
        ("repeated-recipient", Severity.WARNING, Origin("intime.yaml", 1, 3))
    ] * 2


def test_numbers_of_contacts_are_filled_in_and_can_be_taken_out_again() -> None:
    value = good(recipients=[{"contact": "john"}, {"contact": "anna"}, "0701740607"], groups=["Jour"])
    wanted = resolved(value, john="+46701740606", anna="+46701740609")
    assert wanted["recipients"] == [
        {"contact": "john", "mobile": "+46701740606"},
        "+46701740607",
        {"contact": "anna", "mobile": "+46701740609"},
    ]
    assert MESSAGES.mobiles(wanted) == ["+46701740606", "+46701740607", "+46701740609"]
    moved = resolved(value, john="+46701740610", anna="+46701740601")
    assert MESSAGES.written(wanted) == MESSAGES.written(moved) == MESSAGES.written(MESSAGES.attributes(value))
    assert MESSAGES.written(wanted)["recipients"] == ["+46701740607", {"contact": "anna"}, {"contact": "john"}]
    assert MESSAGES.mobiles(MESSAGES.attributes(value)) == ["+46701740607"]


@pytest.mark.parametrize("backwards", [False, True])
def test_a_number_that_several_recipients_have_gets_the_message_once(backwards: bool) -> None:
    recipients = [{"contact": "john"}, "0701740605", {"contact": "anna"}, {"contact": "bo"}]
    value = good(recipients=recipients[::-1] if backwards else recipients)
    wanted = resolved(value, john="+46701740605", anna="+46701740606", bo="+46701740606")
    assert MESSAGES.mobiles(wanted) == ["+46701740605", "+46701740606"]
    assert MESSAGES.create_request("jul", wanted, WireContext()).expected == 2
    # Sent or not, it is still the message that was written: numbers of contacts may come apart later.
    apart = resolved(value, john="+46701740609", anna="+46701740606", bo="+46701740610")
    assert MESSAGES.written(wanted) == MESSAGES.written(apart)


def test_the_error_of_a_recipient_without_number_shows_how_to_name_a_contact() -> None:
    assert codes(recipients=["john.svensson"]) == ["impossible-number"]
    assert "{contact: KEY}" in message_of(recipients=["john.svensson"])


def test_blank_values_count_as_missing() -> None:
    assert codes(key=" ") == codes(recipients=[{"contact": " "}]) == ["missing-field"]


def test_carriers_are_refused_as_recipients() -> None:
    assert codes(groups=["~clinic-a/0-1"]) == ["reserved-name"]


def test_in_the_repeated_hour_a_message_is_due_in_the_first_and_past_after_the_second() -> None:
    twice = fields(send_at="2031-10-26T02:30+02:00")
    first = datetime(2031, 10, 26, 0, 30, tzinfo=UTC)
    assert MESSAGES.due(twice, ZONE) == first
    assert not MESSAGES.is_past(twice, first + timedelta(minutes=59), ZONE)
    assert MESSAGES.is_past(twice, first + timedelta(hours=1), ZONE)
    once = fields(send_at="2031-12-24T08:00")
    assert MESSAGES.due(once, ZONE) == datetime(2031, 12, 24, 7, 0, tzinfo=UTC)
    assert MESSAGES.is_past(once, MESSAGES.due(once, ZONE), ZONE)


def test_the_request_says_everything_and_tells_recipients_apart() -> None:
    value = good(
        body="God\njul €",
        multisms=True,
        anonymize=True,
        status_url=f"{URL}?a=1&b=2",
        recipients=["0701740607", {"contact": "john"}],
        groups=["Personal", "Jour"],
    )
    context = WireContext(WireFormat(mobiles="national"), {"Jour": RemoteId(4), "Personal": RemoteId(9)})
    request = MESSAGES.create_request("jul", resolved(value, john="+46701740605"), context)
    assert request.body is not None
    root = etree.fromstring(request.body)
    assert [(child.tag, child.text) for child in root][:8] == [
        ("flash", "0"),
        ("multisms", "1"),
        ("senddate", "2031-12-24T08:00:00"),
        ("sendertitle", "Kliniken"),
        ("body", "God\njul €"),
        ("statusurl", f"{URL}?a=1&b=2"),
        ("checknix", "1"),
        ("anonymize", "1"),
    ]
    assert [(r.get("transid"), r.text) for r in root.iter("recipient")] == [
        (MESSAGES.transid("jul", "+46701740605"), "0701740605"),
        (MESSAGES.transid("jul", "+46701740607"), "0701740607"),
    ]
    assert [group.get("groupid") for group in root.iter("group")] == ["4", "9"]
    assert request.expected is None
    alone = MESSAGES.create_request("jul", fields(check_blocklist=False), WireContext())
    assert alone.expected == 1
    assert b"<checknix>0</checknix><anonymize>0</anonymize>" in (alone.body or b"")


def test_a_recipient_without_a_number_fails_the_request() -> None:
    with pytest.raises(KeyError):
        MESSAGES.create_request("jul", fields(groups=["Jour"]), WireContext())
    with pytest.raises(KeyError):
        MESSAGES.create_request("jul", fields(recipients=[{"contact": "john"}]), WireContext())


def test_a_transid_is_the_same_in_every_run_and_another_for_every_message_and_number() -> None:
    assert MESSAGES.transid("jul", "+46701740605") == "e5a4970c16d3f45f84bb"
    assert len({MESSAGES.transid(key, f"+467017406{n:02}") for key in ("jul", "jul2") for n in range(5, 99)}) == 188


def test_a_cancellation_names_one_id() -> None:
    request = MESSAGES.cancel_request(RemoteId(4510))
    assert b"<messageid>4510</messageid>" in (request.body or b"")
