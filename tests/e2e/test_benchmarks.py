"""The benchmarks run from start to end on a few contacts; how long anything takes is never asserted."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import picture
from benchmarks.processes import Usage
from benchmarks.sections import Growth, Plans
from benchmarks.tables import at_least, at_most, exponent

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"


def test_every_section_goal_and_the_picture_are_there(tmp_path: Path) -> None:
    drawn = tmp_path / "drawn.svg"
    arguments = ["--n", "200", "--runs", "1", "--no-peers", "--picture", str(drawn)]
    document = ROOT / "docs" / "performance.md"
    before = document.read_bytes()
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert re.findall(r"^### (.*)$", ran.stdout, re.MULTILINE) == [
        "Start-up",
        "Receiving statuses, on the disk before they are answered",
        "Applying, the emulator being another process",
        "Reading YAML",
        "Planning 200 with nothing to do",
        "Planning 20 with nothing to do",
        "Planning to create everything",
        "Growth",
        "Goals",
    ]
    goals = ran.stdout.partition("### Goals")[2]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in goals.splitlines() if line.startswith("|")]
    assert [(what, goal) for what, _, goal, _ in rows[2:]] == [
        ("`intime-sync --help`", "<= 120 ms"),
        ("- as a multiple of Python with click alone", "<= 4.0"),
        ("`intime-sync --version`", "<= 120 ms"),
        ("- as a multiple of Python with click alone", "<= 4.0"),
        ("first apply of 200 contacts, calls", "<= 21.03"),
        ("- the client's processor time", "<= 15.0 s"),
        ("one changed contact of 200, calls beside the reads", "<= 5"),
        ("plan, 200 contacts, YAML", "<= 3.50 s"),
        ("- its memory", "<= 300 MiB"),
        ("- times faster than octodns-sync", ">= 14.0"),
        ("plan, 200 contacts, CSV", "<= 2.00 s"),
        ("plan, 20 contacts, YAML", "<= 0.45 s"),
        ("plan, 200 to create, text to a file", "<= 5.00 s"),
        ("growth from 2 to 600 contacts, exponent of processor time", "<= 1.05"),
        ("growth from 2 to 600 contacts, exponent of memory", "<= 1.05"),
    ]
    assert ElementTree.parse(drawn).getroot().tag == f"{SVG}svg"
    assert document.read_bytes() == before, "only a full run writes the document"


@pytest.mark.parametrize("terraform", [None, Usage(12, 18, 600)])
def test_the_picture_names_everyone_who_took_part(terraform: Usage | None) -> None:
    one = Usage(1.5, 1.4, 280)
    full = Plans(100_000, one, one, octodns=Usage(28, 27, 162))
    tenth = Plans(10_000, one, one, terraform=terraform)
    growth = Growth((1_000, 10_000, 100_000, 300_000), (0.02, 0.2, 2, 6), (2, 23, 230, 700))
    drawn = ElementTree.fromstring(picture.draw(full, tenth, growth))
    texts = [text.text for text in drawn.iter(f"{SVG}text")]
    assert {"octodns-sync, YAML", "28.0 s", "162 MiB", "300k"} <= {*texts}
    assert ("terraform plan, JSON" in texts) == (terraform is not None)
    assert len([*drawn.iter(f"{SVG}circle")]) == 8


def test_a_goal_is_met_missed_or_about_something_else() -> None:
    assert at_most("", 1.05, 1.05, "{:.2f}").met is True
    assert at_most("", 535, 534.2, "{:.4g}").met is False
    assert at_most("", 1, 2, "{}", applies=False).met is None
    assert at_least("", 14, 14, "{}").met is True
    assert at_least("", None, 14, "{}").met is None


def test_the_exponent_of_linear_growth_is_one() -> None:
    assert exponent((1_000, 10_000, 300_000), (0.5, 5, 150)) == pytest.approx(1)
    assert exponent((10, 100, 1_000), (1, 100, 10_000)) == pytest.approx(2)
