"""The tutorial and the how-to pages are true: a reader who does what they say sees what they show.

They are followed on a terminal, as a reader would: nothing is masked there, and `apply` asks.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from guides import ROOT, NewFile, Step, free_ports, shell_in, shows, steps

DOCS = ROOT / "docs"
PAGES = ("tutorial", "opt-outs", "people-lists", "recover", "ownership", "several-accounts")
PORT = "8046"

# What makes a picture ask for something that is not in it.
REQUESTS = re.compile(r"(?:href|src)=|url\(|@import|<(?:script|image|foreignObject|style|use)\b")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_does_what_it_says(name: str, tmp_path: Path) -> None:
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8").replace(PORT, *free_ports(1))
    with shell_in(tmp_path, ("sed",), terminal=True) as shell:
        shell.follow(text)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_read_whole(name: str) -> None:
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    found = steps(text)
    commands = [step for step in found if isinstance(step, Step)]
    assert len(commands) == len(re.findall(r"^\$ ", text, re.MULTILINE)) >= 5
    assert len(found) - len(commands) == text.count("<!-- file: ") >= 1
    assert all(step.output for step in commands if step.command.startswith("intime-sync"))


def test_the_picture_shows_the_plan_that_is_made() -> None:
    ran = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "picture.py"), "--check"], capture_output=True, check=False, text=True
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_picture_needs_no_network() -> None:
    picture = (DOCS / "plan.svg").read_text(encoding="utf-8")
    assert not REQUESTS.search(picture)
    assert re.findall(r"https?:[^\"\s]*", picture) == ["http://www.w3.org/2000/svg"]


def test_files_commands_answers_and_exit_codes_are_told_apart() -> None:
    page = (
        "Text.\n\n<!-- file: a/b.yaml -->\n```yaml\nx: 1\n```\n\n```console\n"
        "$ one \\\n  more    # exits with 4\nshown\n$ two    # answer: yes\n```\n\n```yaml\nnot: run\n```\n"
    )
    assert steps(page) == [
        NewFile("a/b.yaml", "x: 1\n"),
        Step("one \\\n  more    # exits with 4", 4, ("shown",)),
        Step("two    # answer: yes", 0, (), "yes"),
    ]


@pytest.mark.parametrize(
    ("printed", "wanted", "same"),
    [
        ("a\nb\n", ("a", "b"), True),
        ("a\nb", ("a", "b"), True),
        ("a\nb\nc\n", ("a", "b"), False),
        ("a\nb\nc\n", ("a", "…"), True),
        ("x\ny\na b c\n", ("…", "a b…"), True),
        ("a\n", ("a", "…"), True),
        ("a.b\n", ("a-b",), False),
    ],
)
def test_what_is_shown_is_told_from_what_is_not(printed: str, wanted: tuple[str, ...], same: bool) -> None:
    assert shows(printed, wanted) == same
