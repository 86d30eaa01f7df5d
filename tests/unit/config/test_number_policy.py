"""A number is a valid mobile, or an error that says why even when masked."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intime_sync.bulk.columns import read_mobiles
from intime_sync.kinds.numbers import read_mobile
from intime_sync.kinds.reading import ItemContext
from intime_sync.model.problem import Origin, Problem
from intime_sync.render.masking import mask_text
from intime_sync.render.problems import message_of
from intime_sync.service.phone import parse_listed, parse_mobile


def judged(text: str, *, possible: bool = False, any_kind: bool = False) -> tuple[str | None, list[Problem]]:
    context = ItemContext("SE", ZoneInfo("Europe/Stockholm"), [], lambda *_: Origin("p.csv", 2, 1), possible)
    return read_mobile(text, context, any_kind=any_kind), context.problems


@pytest.mark.parametrize(
    ("text", "code", "why"),
    [
        ("08-123 456 78", "not-a-mobile", "landline"),
        ("0900-123 45 67", "not-a-mobile", "premium"),
        ("070112233", "impossible-number", "too short"),
        ("070-174 06", "impossible-number", "too short"),
        ("2026-12-01", "impossible-number", "looks like a date"),
        ("01/12/2026", "impossible-number", "looks like a date"),
        ("900101-1234", "impossible-number", "looks like a personal number"),
        ("070101-1234", "impossible-number", "looks like a personal number"),
        ("4.67017E+10", "impossible-number", "rounded by a spreadsheet"),
        ("070-174 06 05/06", "impossible-number", "slash"),
        ("070-174 06 06 (2)", "impossible-number", "parentheses"),
        ("070-174 06 07 - 08", "impossible-number", "two numbers"),
        ("`0701740609", "impossible-number", "grave accent"),
        ("0701740609\u0660", "impossible-number", "arabic-indic digit zero"),
    ],
)
def test_a_masked_error_still_says_why(text: str, code: str, why: str) -> None:
    number, problems = judged(text)
    assert number is None
    assert [(problem.code, problem.severity) for problem in problems] == [(code, "error")]
    assert why in message_of(problems[0], mask_text)
    assert read_mobiles(["0701740605", text], "SE") is None


@pytest.mark.parametrize(("text", "code"), [("070112233", "doubtful-number"), ("08-123 456 78", "not-a-mobile")])
def test_the_policy_turns_the_error_into_a_warning(text: str, code: str) -> None:
    number, problems = judged(text, possible=True)
    assert number is not None
    assert [(problem.code, problem.severity) for problem in problems] == [(code, "warning")]


@pytest.mark.parametrize("text", ["2026-12-01", "070-174 06 05/06", "850423-2391"])
def test_what_is_no_number_is_an_error_under_any_policy(text: str) -> None:
    assert judged(text, possible=True)[0] is None


def test_a_landline_may_be_blocked_and_a_date_may_not() -> None:
    assert judged("08-123 456 78", any_kind=True) == ("+46812345678", [])
    assert judged("2026-12-02", any_kind=True)[0] is None


def test_numbers_that_the_account_lists_are_read_in_every_form() -> None:
    listed = parse_listed("070101-1234", "SE")
    assert listed is not None
    assert listed.number == "+46701011234"


SPELLINGS = ("0{0}", "+46{0}", "0046 {0}", "+46 (0){0}", "tel:+46{0}", "'0{0}", '="0{0}"', "{0}.0", "46{0}.0")
mobiles = st.builds("{}{:07d}".format, st.sampled_from(["70", "72", "73", "76", "79"]), st.integers(0, 9_999_999))


@given(mobiles, st.sampled_from(SPELLINGS))
def test_a_mobile_in_any_accepted_spelling_is_itself(mobile: str, spelling: str) -> None:
    parsed = parse_mobile(spelling.format(mobile), "SE")
    assert parsed is not None
    assert (parsed.number, parsed.valid, parsed.other) == (f"+46{mobile}", True, "")


@given(st.dates(), st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%m/%d/%Y", "%Y%m%d"]))
def test_no_date_is_a_number(day: object, form: str) -> None:
    if 1900 <= day.year < 2100:  # type: ignore[attr-defined]
        assert parse_mobile(day.strftime(form), "SE") is None  # type: ignore[attr-defined]


@given(st.dates(), st.integers(0, 9999), st.sampled_from(["%Y%m%d", "%y%m%d"]))
def test_no_personal_number_is_a_number(day: object, last: int, form: str) -> None:
    if 1900 <= day.year < 2100:  # type: ignore[attr-defined]
        assert parse_mobile(f"{day.strftime(form)}-{last:04d}", "SE") is None  # type: ignore[attr-defined]


@given(mobiles, mobiles, st.sampled_from(["/", " / ", ", ", " ", " - ", ";", " och "]))
def test_two_numbers_in_one_field_are_refused(one: str, other: str, between: str) -> None:
    assert parse_mobile(f"0{one}{between}0{other}", "SE") is None
