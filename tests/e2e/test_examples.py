"""The examples work without warnings, and no number in them is real."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from harness import Workspace

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
CONFIGURATIONS = sorted(path.parent for path in EXAMPLES.glob("*/intime.yaml"))
TEXTS = [*EXAMPLES.rglob("*"), *(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]

# Digits with the usual separators that start like a number at home or abroad; not the inside of a longer word.
NUMBER = re.compile(r"(?<![\w.:-])(?:\+|00|0)[0-9(][0-9 ().-]{6,}[0-9](?![\w-])")
FICTIONAL = re.compile(r"(?:\+46|0046|0)0?7017406(?:0[5-9]|[1-9][0-9])")
ADDRESS = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")


def texts() -> list[Path]:
    """Files that belong to the project, without those that a trial left behind."""
    return [path for path in TEXTS if path.is_file() and ".intime" not in path.parts]


@pytest.fixture(params=CONFIGURATIONS, ids=lambda path: path.name)
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Workspace:
    """A copy of an example, against the emulator inside the command."""
    folder = tmp_path / request.param.name
    shutil.copytree(request.param, folder, ignore=shutil.ignore_patterns(".intime"))
    return Workspace(folder)


def test_there_are_examples():
    assert {path.name for path in CONFIGURATIONS} >= {"campaign", "clinic", "minimal"}


def test_an_example_is_valid_without_a_warning(example):
    ran = example.run("validate")
    assert (ran.code, ran.err) == (0, "")
    assert "warning" not in ran.out


def test_an_example_is_applied_and_then_as_wanted(example):
    plan = example.plan()
    assert {change["action"] for change in plan["changes"]} == {"create"}
    assert plan["diagnostics"] == []
    example.apply()
    assert example.changes() == []
    assert example.run("plan", "--detailed-exitcode").code == 0


def test_the_clinic_is_as_large_as_it_says(tmp_path):
    shutil.copytree(EXAMPLES / "clinic", tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".intime"))
    kinds = [change["kind"] for change in Workspace(tmp_path).plan()["changes"]]
    counts = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
    assert counts == {"group": 6, "contact": 40, "blocklist": 10, "reminder": 12}


@pytest.mark.parametrize("path", texts(), ids=lambda path: str(path.relative_to(ROOT)))
def test_numbers_and_addresses_are_fictional(path):
    text = path.read_text(encoding="utf-8")
    for number in NUMBER.findall(text):
        assert FICTIONAL.fullmatch(re.sub(r"[ ().-]", "", number)), number
    for domain in ADDRESS.findall(text):
        assert domain == "example.se" or domain.endswith(".example"), domain


@pytest.mark.parametrize(
    ("text", "fictional"),
    [
        ("070-174 06 05", True),
        ("0046701740605", True),
        ("+46 (0)70-174 06 13", True),
        ("070.174.06.12", True),
        ("070-174 06 04", False),
        ("+46 70 174 07 05", False),
        ("08-123 456 78", False),
    ],
)
def test_the_check_tells_numbers_apart(text, fictional):
    (found,) = NUMBER.findall(f"mobile: {text},")
    assert bool(FICTIONAL.fullmatch(re.sub(r"[ ().-]", "", found))) == fictional


@pytest.mark.parametrize("path", [path for path in texts() if path.suffix == ".md"], ids=lambda path: path.stem)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_the_reference_is_up_to_date():
    ran = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "reference.py"), "--check"],
        capture_output=True,
        check=False,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr


def test_the_demo_runs_in_a_pipe_and_leaves_nothing(tmp_path):
    command = tmp_path / "bin" / "intime-sync"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m intime_sync "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    # An account that the shell is set up for must not be touched: this address would fail.
    environ = Workspace(tmp_path).environment(
        {
            "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
            "TMPDIR": str(scratch),
            "INTIME_URL": "http://127.0.0.1:9/api/1.0",
        }
    )
    ran = subprocess.run(
        ["sh", str(EXAMPLES / "demo.sh")],
        env=environ,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    out = ran.stdout.decode()
    assert (ran.returncode, ran.stderr.decode()) == (0, ""), out
    assert "No changes. 68 objects are as wanted." in out
    assert "\033" not in out
    last = out[out.rindex("$ intime-sync plan") :]
    assert "~ ake.ostberg" in last
    assert "Plan: 1 to replace, 67 unchanged." in last
    assert not list(scratch.iterdir())
