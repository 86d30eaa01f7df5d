"""Masking hides every number and address, and changes nothing else."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from render_samples import EMPTY

from intime_sync.cli.reports import ReportFormat, render_plan
from intime_sync.model.problem import Problem, Severity
from intime_sync.render.masking import mask_json, mask_mistyped, mask_of, mask_text, no_mask

E164 = re.compile(r"\+[1-9]\d{6,14}")
NUMBERS = st.from_regex(r"\A\+[1-9][0-9]{6,14}\Z")
SWEDISH = st.integers(5, 99).map(lambda last: f"07017406{last:02}")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | NUMBERS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | NUMBERS, inner),
)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("+46701740605", "+46•••••••05"),
        ("+46 70-174 06 05", "+46•••••••05"),
        ("+46 (0)70 174 06 05", "+46••••••••05"),
        ("+4915735983768", "+49•••••••••68"),
        ("0701740605", "070•••••05"),
        ("070-174 06 05", "070•••••05"),
        ("46701740605", "46•••••••05"),
        ("0046701740605", "0046•••••••05"),
        ("070\u2011174\u00a006\u00a005", "070•••••05"),
        ("john.svensson@example.se", "j•••@example.se"),
        ("åsa+jour@vård.example", "å•••@vård.example"),
        ("contact/anna@example.se", "contact/a•••@example.se"),
        ("`070-174 06 05` is not, <anna@example.se> neither", "`070•••••05` is not, <a•••@example.se> neither"),
        ("mobile:0701740605,0701740606", "mobile:070•••••05,070•••••06"),
        ("2026-12-01 0701740605", "2026-12-01 070•••••05"),
        ("+46701740605 2026-12-01T08:30", "+46•••••••05 2026-12-01T08:30"),
        ("070-174 06 05 2026-12-01", "070•••••05 2026-12-01"),
        ("070-174 06 05 08:30", "070•••••05 08:30"),
        ("anna-0701740605", "anna-070•••••05"),
        ("+46701740605@example.se", "+•••@example.se"),
    ],
)
def test_every_usual_spelling_is_masked(text: str, masked: str) -> None:
    assert mask_text(text) == masked
    assert mask_text(masked) == masked, "masking twice is masking once"


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-01",
        "2026-12-01T08:30",
        "2026-12-01T08:30:00+10:00",
        "2026-12-01 08:30",
        "2026-12-01-lindqvist",
        "reminder/2026-01-02-0830",
        "01-12-2026 08:30",
        "08:30",
        "contact 1204711",
        "sha256:0701740605070174060507017406050701740605070174060507017406050701",
        "0a1b2c3d-0701-4740-8605-070174060500",
        "01234567-0123-0123-0123-012345678901",
        "~clinic-a/0110-070174060512",
        "people/staff.csv:12:3",
        "30 of 59 owned contact objects would be deleted (limit 30 %)",
        "HTTP 500 after 0.25 s",
        "+10 and @jour",
        "",
    ],
)
def test_times_ids_digests_and_prose_stay(text: str) -> None:
    assert mask_text(text) == text


@given(st.lists(st.one_of(st.text(), NUMBERS, st.sampled_from(["+", "0", "-", " ", "2026-12-01", "a@b.se"]))))
def test_no_number_with_a_country_code_gets_through(pieces: list[str]) -> None:
    assert not E164.search(mask_text("".join(pieces)))


@given(
    st.text(alphabet="abc åäö:/`'\"()[]{}=,;-_", max_size=20), SWEDISH, st.text(alphabet="abc åäö:/`'()", max_size=20)
)
def test_no_national_number_gets_through(before: str, number: str, after: str) -> None:
    assert number not in mask_text(f"{before}{number}{after}")


@given(JSON)
def test_a_masked_json_value_has_the_shape_of_the_original_and_no_number(value: object) -> None:
    masked = mask_json(value)
    assert not E164.search(repr(masked))
    if isinstance(value, dict):
        assert len(masked) == len(value), "no member is lost"


def test_numbers_as_names_stay_apart_once_masked() -> None:
    assert mask_json({"+46701740605": 1, "+46701740705": {"to": ["0701740605", 17, None]}}) == {
        "+46•••••••05": 1,
        "+46•••••••05 (2)": {"to": ["070•••••05", 17, None]},
    }


def test_revealing_changes_nothing() -> None:
    assert mask_of(False)("+46701740605") == no_mask("+46701740605") == "+46701740605"
    assert mask_of(True)("+46701740605") == "+46•••••••05"


@pytest.mark.parametrize(
    "piece", ["a", "0", "+", "+1 ", "0 1", "a@", "/0", "12345678-1234-", "0123456789abcdef-", " "]
)
def test_the_work_of_masking_hostile_text_is_bounded(piece: str) -> None:
    """Work that doubles with every character would never come to the end of this."""
    masked = mask_text(piece * (200_000 // len(piece)) + " 070-174 06 05")
    assert "174" not in masked


@pytest.mark.parametrize(
    ("mistyped", "shown"),
    [
        ("0O701740605", "0O7••••••05"),
        ("46701740605000000", "46•••••••••••••00"),
        ("anna.lindqvist(at)example.se", "a•••(at)example.se"),
        ("a.b@@example.se", "a•••@example.se"),
        ("o'brien smith@example.se", "o•••@example.se"),
        ("123", "123"),
        ("ole.example.se", "ole.example.se"),
    ],
)
def test_malformed_numbers_and_addresses_are_masked(mistyped: str, shown: str) -> None:
    assert mask_mistyped(mistyped) == shown


@pytest.mark.parametrize("number", ["7912345", "70 17406059"])
@pytest.mark.parametrize("format_", [format_ for format_ in ReportFormat if format_ is not ReportFormat.GITLAB])
def test_a_number_that_is_quoted_by_a_warning_is_masked_in_every_format(format_: ReportFormat, number: str) -> None:
    warning = Problem("doubtful-number", f"`{number}` is not in use", None, Severity.WARNING)
    shown = render_plan(replace(EMPTY, diagnostics=(warning,)), format_, mask=True)
    assert "is not in use" in shown
    assert number not in shown
    assert number.rsplit(maxsplit=1)[-1] not in shown
