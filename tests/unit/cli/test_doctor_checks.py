"""The judgements of `doctor` that need no account: what is garbled, and how a report is written."""

from __future__ import annotations

import pytest

from intime_sync.cli.doctor.account import is_garbled
from intime_sync.cli.doctor.results import failed, fine, results_to_json, results_to_text, skipped, warning

RESULTS = [
    fine("one", "all 0701740605"),
    warning("two", "odd", "look"),
    failed("three", "bad\x1b[2J", "mend"),
    skipped("four", "no way"),
]


@pytest.mark.parametrize(
    "shown",
    [
        "LÃ¤kare",
        "L?kare",
        "L\ufffdkare",
        "Läkare".encode().decode("cp1252").encode().decode("cp1252"),
    ],
)
def test_text_in_the_wrong_encoding_is_recognised(shown: str) -> None:
    assert is_garbled("Läkare", shown)


@pytest.mark.parametrize(
    ("sent", "shown"), [("Läkare", "Läkare"), ("Läkare", "Natt"), ("Lakare", "L?kare"), ("Läkare", "Lakare")]
)
def test_another_name_is_not_a_garbled_one(sent: str, shown: str) -> None:
    assert not is_garbled(sent, shown)


def test_a_report_has_one_line_for_each_check_and_fits_the_encoding() -> None:
    text = results_to_text(RESULTS, color=False, mask=True, encoding="utf-8")
    assert text == (
        "✓ one    all 070•••••05\n"
        "! two    odd\n"
        "         look\n"
        "✗ three  bad\\x1b[2J\n"
        "         mend\n"
        "– four   not checked: no way\n"
        "\n1 in order, 1 to look at, 1 wrong, 1 not checked.\n"
    )
    plain = results_to_text(RESULTS, color=False, mask=False, encoding="latin-1")
    assert [line[0] for line in plain.splitlines() if line and line[0] != " "] == ["+", "!", "x", "-", "1"]
    assert results_to_text(RESULTS, color=False, mask=False, encoding="no-such-thing") == plain


def test_a_report_as_json_counts_and_masks() -> None:
    text = results_to_json(RESULTS, mask=True)
    assert '"summary": {\n    "ok": 1,\n    "warning": 1,\n    "failed": 1,\n    "skipped": 1\n  }' in text
    assert "0701740605" not in text
