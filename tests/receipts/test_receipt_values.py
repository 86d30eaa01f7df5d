"""Status levels and forms, as values: everything documented is understood, and no bytes are too strange."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from receipt_world import MOMENT

from intime_sync.receipts import Delivery, Receipt, ReceiveOptions
from intime_sync.receipts.deliveries import deliveries_of
from intime_sync.receipts.form import BadForm, StatusReport, parse_report
from intime_sync.service.statuses import LEVELS, DeliveryOutcome, status_level

PRINTABLE = st.text(max_size=200).map(str.strip).filter(str.isprintable)


def test_every_documented_level_has_its_outcome_and_words_of_its_own():
    assert [number for number in LEVELS if LEVELS[number].outcome is DeliveryOutcome.NOT_DELIVERED] == [0, 1, 2, 3, 4]
    assert [number for number in LEVELS if LEVELS[number].delivered] == [20]
    assert [number for number in LEVELS if not LEVELS[number].is_final] == [21]
    assert len({level.meaning for level in LEVELS.values()}) == len(LEVELS) == 7
    assert all(status_level(number) is level and level.level == number for number, level in LEVELS.items())
    assert status_level(3).meaning == "not delivered: stopped in the operator's network"


@pytest.mark.parametrize("number", [5, 19, 22, 9999])
def test_a_level_that_nobody_documented_stays_a_number(number):
    level = status_level(number)
    assert (level.meaning, level.outcome, level.is_final) == (f"status {number}", DeliveryOutcome.UNKNOWN, False)


@pytest.mark.parametrize(
    ("statuses", "current"),
    [([20], 20), ([21, 20], 20), ([20, 21], 20), ([3, 20], 20), ([20, 3], 3), ([21, 7], 7), ([3, 7, 21], 3)],
)
def test_a_late_report_does_not_replace_a_final_status(statuses, current):
    receipts = [Receipt(1, "a", status, MOMENT + timedelta(n)) for n, status in enumerate(statuses)]
    assert Delivery(1, tuple(receipts)).current.status == current


def test_receipts_are_put_together_by_message_in_order():
    first, second, third = (Receipt(id, "a", 21 - n, MOMENT) for n, id in enumerate((2, 1, 2)))
    assert deliveries_of([first, second, third]) == {2: Delivery(2, (first, third)), 1: Delivery(1, (second,))}


@given(st.integers(1, 10**18 - 1), st.integers(0, 9999), PRINTABLE, st.booleans())
def test_a_form_is_understood_in_body_or_query_and_names_in_any_case(message_id, status, transid, in_query):
    form = urlencode({"MessageId": message_id, "STATUS": status, "transid": transid}).encode()
    assert parse_report(*((b"", form) if in_query else (form, b""))) == StatusReport(message_id, status, transid)


@pytest.mark.parametrize(
    ("body", "query", "report"),
    [
        (b"messageid=1&status=20", b"", StatusReport(1, 20, "")),
        (b"messageid=1&status=20&transid=", b"transid=q", StatusReport(1, 20, "")),
        (b"messageid=1&status=20", b"messageid=2&transid=q", StatusReport(1, 20, "q")),
        (b"messageid=0012&status=020", b"", StatusReport(12, 20, "")),
        (b" messageid = 1 &status=+20+&other=x", b"", StatusReport(1, 20, "")),
        (b"messageid=1&status=20&messageid=1", b"", StatusReport(1, 20, "")),
        ("messageid=1&status=20&transid=åäö".encode(), b"", StatusReport(1, 20, "åäö")),
        ("messageid=1&status=20&transid=åäö".encode("latin-1"), b"", StatusReport(1, 20, "åäö")),
        (b"messageid=1&status=20&transid=%e5%E4%f6", b"", StatusReport(1, 20, "åäö")),
        (b"messageid=1&status=20&transid=%C3%A5", b"", StatusReport(1, 20, "å")),
        (b"messageid=1&status=20&transid=" + b"x" * 200, b"", StatusReport(1, 20, "x" * 200)),
        (b"messageid=1&status=20\r\n", b"", StatusReport(1, 20, "")),
    ],
)
def test_spellings_that_are_taken(body, query, report):
    assert parse_report(body, query) == report


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "messageid is missing"),
        (b"status=20", "messageid is missing"),
        (b"messageid=&status=20", "messageid is missing"),
        (b"messageid=1", "status is missing"),
        (b'{"messageid": 1, "status": 20}', "messageid is missing"),
        *((b"messageid=%s&status=20" % bad, "messageid must be") for bad in (b"0", b"-1", b"1.0", b"x", b"1" * 19)),
        ("messageid=١٢&status=20".encode(), "messageid must be"),
        *((b"messageid=1&status=%s" % bad, "status must be") for bad in (b"-1", b"20000", b"delivered", b"2 0")),
        (b"messageid=1&status=20&transid=" + b"x" * 201, "transid must have at most 200 characters"),
        (b"messageid=1&status=20&transid=a%00b", "control characters"),
        (b"messageid=1&status=20&transid=a%0Ab", "control characters"),
        (b"messageid=1&messageid=2&status=20", "messageid is given twice"),
        (b"a&" * 60 + b"messageid=1&status=20", "too many fields"),
    ],
)
def test_spellings_that_are_refused_and_why(body, reason):
    with pytest.raises(BadForm, match=reason):
        parse_report(body)


@given(st.binary(max_size=300), st.binary(max_size=100))
@example(b"messageid=%", b"")
@example(b"messageid=1&status=20&transid=%ED%A0%80", b"")
@example(b"=&=&;", b"&&&")
def test_any_bytes_are_a_report_or_a_reason(body, query):
    for given_body in (body, b"messageid=1&status=20&transid=" + body):
        with suppress(BadForm):
            report = parse_report(given_body, query)
            assert 0 < report.message_id < 10**18
            assert 0 <= report.status <= 9999
            assert len(report.transid) <= 200
            report.transid.encode()


@pytest.mark.parametrize(
    "secret", ["", "short", "x" * 15, "x" * 201, "with/a/slash/in/the/middle", "ett-hemligt-ord-på-svenska"]
)
def test_an_invalid_path_secret_is_refused_without_repeating_it(tmp_path, secret):
    with pytest.raises(ValueError, match="the secret m") as caught:
        ReceiveOptions(tmp_path, secret)
    assert not secret or secret not in str(caught.value)
    assert "x" * 16 not in repr(ReceiveOptions(tmp_path, "x" * 16))
