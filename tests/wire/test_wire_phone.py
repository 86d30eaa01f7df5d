"""A number is the same however it is written, and the fast path always agrees with the library."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intime_sync.service import phone
from intime_sync.service.phone import E164, MAX_LENGTH, ParsedMobile, format_mobile, parse_mobile

HERE = ParsedMobile(E164("+46701740605"), valid=True)

digits = st.text("0123456789", min_size=6, max_size=9)
prefixes = st.sampled_from(["07", "+467", "00467", "0046", "+46", "0", "", "+", "+460", "++46", "467", "00"])


@st.composite
def swedish_looking(draw: st.DrawFn) -> str:
    """A prefix and digits with spaces and hyphens strewn in."""
    plain = draw(prefixes) + draw(digits)
    return "".join(c + draw(st.sampled_from(["", "", "", " ", "-", "  ", " -"])) for c in plain)


@settings(max_examples=1000)
@given(swedish_looking(), st.sampled_from(["SE", "NO", "US"]))
def test_the_fast_path_equals_the_library(text: str, region: str) -> None:
    if len(text) <= MAX_LENGTH:
        assert parse_mobile(text, region) == phone.parse_with_library(text, region)


@given(st.text("0123456789 -", min_size=1, max_size=12))
def test_the_fast_path_equals_the_library_after_a_mobile_prefix(text: str) -> None:
    assert parse_mobile("07" + text, "SE") == phone.parse_with_library("07" + text, "SE")


def test_a_plain_mobile_does_not_load_the_library() -> None:
    """Loading it takes longer than all else that a start needs."""
    texts = ("070-174 06 05", "0701740605", "+46 70 174 06 05", "0046701740605")
    assert {parse_mobile(text, "SE") for text in texts} == {HERE}
    program = (
        "import sys; from intime_sync.service.phone import parse_mobile; "
        "[parse_mobile(text, 'SE') for text in sys.argv[1:]]; print('phonenumbers' in sys.modules)"
    )
    for arguments, loaded in ((texts, "False\n"), (("070/174 06 05",), "True\n")):
        ran = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
        assert ran.stdout == loaded


@pytest.mark.parametrize(
    "text",
    [
        "070-174 06 05",
        "070/174.06.05",
        "(070) 174 06 05",
        "+46 (0)70 174 06 05",
        "0046 70-174 06 05",
        "+46701740605",
        " 070–174 06 05 ",
        "070\u00a0174\u00a006\u00a005",
        "\u202d070-174 06 05\u202c",
        "\u2068(+46 70 174 06 05)\u2069",
        "070\ufe0d-174 06 05",
        "070-174\u00ad06 05",
        "070-174 06 05\u200c",
        "\u061c070-174 06 05",
        "０７０-１７４ ０６ ０５",
        "'0701740605",
        '="0701740605"',
        "tel:+46701740605",
        "46701740605.0",
        "701740605.0",
        "0701740605.00",
        "701740605,00",
        "070.174.06.05",
        "+46 (70) 174 06 05",
    ],
)
def test_common_spellings_are_one_number(text: str) -> None:
    assert parse_mobile(text, "SE") == HERE


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "+",
        "07",
        "112",
        "0800-FLOWERS",
        "070-174 06 05 ext 3",
        "070-174 06 05x3",
        "070-174 06 05#3",
        "0701740605/0701740606",
        "0701740605, 0701740606",
        "0701740605\n0701740606",
        "٠٧٠١٧٤٠٦٠٥",
        "0" * 33,
        "+999701740605",
        "070-174 06 05/06",
        "070-174 06 06 (2)",
        "070-174 06 07 - 08",
        "070-174 06 05.0",
        "701740605.5",
        "4,67017E+10",
        "2026-12-01",
        "1985-04-23",
        "01/12/2026",
        "2026.12.01",
        "20261201",
        "2026-12-01T08:30",
        "19900101-1234",
        "900101-1234",
        "850423-2391",
        "8504232391",
        "070101-1234",
        "`0701740609",
    ],
)
def test_impossible_numbers_are_refused(text: str) -> None:
    assert parse_mobile(text, "SE") is None


@pytest.mark.parametrize("text", ["070112233", "07011223344"])
def test_the_service_s_own_examples_are_possible_but_not_valid(text: str) -> None:
    parsed = parse_mobile(text, "SE")
    assert parsed is not None
    assert not parsed.valid


def test_a_number_without_a_prefix_belongs_to_the_region() -> None:
    assert parse_mobile("0701740605", "DE") != HERE
    assert parse_mobile("+46701740605", "DE") == HERE


def test_numbers_are_sent_in_either_style() -> None:
    assert format_mobile(HERE.number, "e164") == "+46701740605"
    assert format_mobile(HERE.number, "national") == "0701740605"
    assert format_mobile(E164("+4915112345678"), "national") == "+4915112345678"


@given(st.text(max_size=50))
def test_no_text_raises_an_exception(text: str) -> None:
    parse_mobile(text, "SE")
