"""Reports: a plan in files, masked, written before anything is sent; nothing is sent if one cannot be written."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from cli_world import (
    EVERYTHING,
    PRIVATE,
    assert_no_trace,
    assert_nothing_private,
    numbers,
    on_terminal,
    posts,
    section,
)
from harness import Ran, Workspace

FORMATS = ("text", "json", "markdown", "html", "gitlab")
NAMES = {"text": "p.txt", "json": "p.json", "markdown": "p.md", "html": "p.html", "gitlab": "p.gitlab.json"}


def to_files(*formats: str) -> list[str]:
    """`--report` for each."""
    return [part for format_ in formats for part in ("--report", f"{format_}={NAMES[format_]}")]


def mode(path: Path) -> int:
    """The permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def refused(space: Workspace, ran: Ran, code: int, fragment: str) -> None:
    """A refusal in words, with nothing sent."""
    assert (ran.code, fragment in ran.err) == (code, True), ran
    assert_no_trace(ran)
    assert posts(space) == []


@pytest.mark.parametrize("format_", FORMATS)
def test_plan_and_show_print_every_format_as_they_write_it(space: Workspace, format_: str) -> None:
    space.configure(EVERYTHING)
    digest = space.plan()["digest"]
    ran = space.run("plan", "--out", "plan.json", "--format", format_, *to_files(format_))
    assert (ran.code, ran.err) == (0, ""), ran
    assert_nothing_private(ran)
    shown = space.run("show", "plan.json", "--format", format_, "--report", f"{format_}=shown")
    assert shown.code == 0, shown
    written = (space.path / NAMES[format_]).read_text()
    if format_ in ("text", "markdown", "gitlab"):  # the others say when they were made
        assert ran.out == written == shown.out == (space.path / "shown").read_text()
    assert (digest in written) == (format_ != "gitlab")
    assert "•" in written or format_ == "gitlab"


def test_a_plan_in_all_formats_at_once(space: Workspace) -> None:
    space.configure(EVERYTHING)
    quiet = space.run("plan")
    ran = space.run("plan", "--out", "plan.json", "--report", "json=r.json", *to_files("markdown", "html", "gitlab"))
    assert ran == quiet, "reports are written besides the normal output"
    assert json.loads((space.path / "p.gitlab.json").read_text()) == {"create": 7, "update": 0, "delete": 0}
    assert json.loads((space.path / "r.json").read_text())["summary"]["create"] == 7
    assert (space.path / "p.md").read_text().startswith("<!-- intime-sync plan clinic-a -->\n")
    assert sorted(path.name for path in space.path.iterdir()) == [
        *("intime.yaml", "p.gitlab.json", "p.html", "p.md", "plan.json", "r.json")
    ]
    assert mode(space.path / "plan.json") == 0o600


@pytest.mark.parametrize("format_", ["text", "json", "markdown", "html"])
def test_reports_are_masked_even_from_a_terminal_unless_revealed(space: Workspace, format_: str) -> None:
    space.configure(EVERYTHING)
    path = space.path / NAMES[format_]
    before = os.umask(0o027)
    try:
        seen = on_terminal(space, "plan", *to_files(format_))
        masked, masked_mode = path.read_text(), mode(path)
        revealed = space.run("plan", "--reveal", *to_files(format_))
    finally:
        os.umask(before)
    assert "+46701740606" in seen.out, "on the terminal it is shown"
    assert [found for found in PRIVATE if found in masked] == []
    assert revealed.code == 0
    assert "+46701740606" in path.read_text()
    assert (masked_mode, mode(path)) == (0o640, 0o600)


def test_apply_and_destroy_write_the_plan_that_they_carry_out(space: Workspace) -> None:
    space.configure(EVERYTHING)
    digest = space.plan()["digest"]
    ran = space.run("apply", "--auto-approve", "--expect-digest", digest, "--format", "json", *to_files("markdown"))
    assert (ran.code, ran.json()["summary"]["done"]) == (0, 7)
    assert digest in (space.path / "p.md").read_text()
    flags = [part for kind in ("group=2", "contact=3") for part in ("--allow-delete", kind)]
    gone = space.run("destroy", "--auto-approve", *flags, *to_files("markdown", "gitlab"))
    assert gone.code == 0, gone
    text = (space.path / "p.md").read_text()
    assert "<b>SMS to this number will be allowed again</b>" in text
    assert "Stopped by" not in text, "guards that flags have lifted stop nothing"
    assert json.loads((space.path / "p.gitlab.json").read_text()) == {"create": 0, "update": 0, "delete": 7}
    space.run("apply", "--auto-approve")
    assert space.run("apply", "--auto-approve", *to_files("markdown")).code == 0
    assert "**No changes. 7 objects are as wanted.**" in (space.path / "p.md").read_text()


def test_a_guard_stops_as_ever_and_leaves_the_report(space: Workspace) -> None:
    space.configure(section("blocklist", numbers(0, 12)))
    space.run("plan", "--out", "first.json")
    space.apply()
    assert space.emulator is not None
    space.emulator.calls.clear()
    space.configure(section("blocklist", numbers(0, 4)))
    for verb in ("apply", "destroy"):
        ran = space.run(verb, "--auto-approve", *to_files("markdown", "gitlab"))
        refused(space, ran, 4, "--allow-delete blocklist=")
        text = (space.path / "p.md").read_text()
        count = 8 if verb == "apply" else 12
        assert f"<code>--allow-delete blocklist={count}</code>" in text
        assert (
            text.count("| `!` delete |") == json.loads((space.path / "p.gitlab.json").read_text())["delete"] == count
        )
    ran = space.run("apply", "--auto-approve", "--expect-digest", "sha256:0", *to_files("text"))
    refused(space, ran, 5, "not sha256:0")
    assert (space.path / "p.txt").read_text() == ran.out
    (space.path / "p.txt").unlink()
    refused(space, space.run("apply", "first.json", "--auto-approve", *to_files("text")), 5, "plan is stale")
    assert not (space.path / "p.txt").exists(), "a stale plan is none to review"


@pytest.mark.parametrize("verb", ["plan", "apply", "destroy", "show"])
@pytest.mark.parametrize(
    ("reports", "fragment"),
    [
        (("markdown",), "`markdown` must be FORMAT=FILE"),
        (("markdown=",), "`markdown=` must be FORMAT=FILE"),
        (("=p.md",), "`=p.md` must be FORMAT=FILE"),
        (("pdf=p.pdf",), "a format of text, json, markdown, html, gitlab"),
        (("Markdown=p.md",), "a format of text, json, markdown, html, gitlab"),
        (("markdown=.",), ". is a directory"),
        (("markdown=no/such/p.md",), "there is no directory no/such for no/such/p.md"),
        (("markdown=p.md", "text=./p.md"), "two reports go to p.md"),
    ],
)
def test_an_invalid_report_option_is_a_usage_error(
    space: Workspace, verb: str, reports: tuple[str, ...], fragment: str
) -> None:
    space.configure("groups: [A]\n")
    approve = ("--auto-approve",) if verb in ("apply", "destroy") else ()
    arguments = [part for report in reports for part in ("--report", report)]
    ran = space.run(verb, "intime.yaml" if verb == "show" else ".", *approve, *arguments)
    refused(space, ran, 3, fragment)
    assert ran.out == ""
    assert space.emulator is not None
    assert list(space.emulator.calls) == [], "not even read"


def test_a_report_and_the_plan_file_are_two_files(space: Workspace) -> None:
    space.configure("groups: [A]\n")
    refused(space, space.run("plan", "--out", "p.json", *to_files("json")), 3, "--out and --report both go to p.json")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_report_that_cannot_be_written_stops_before_anything_is_sent(space: Workspace) -> None:
    space.configure(EVERYTHING)
    for arguments in (("plan",), ("apply", "--auto-approve"), ("plan", "--out", "plan.json")):
        ran = space.run(*arguments, "--report", "markdown=/dev/full")
        refused(space, ran, 1, "the report /dev/full cannot be written: No space left on device")
    ran = space.run("show", "plan.json", "--report", "markdown=/dev/full")
    refused(space, ran, 1, "the report /dev/full cannot be written")
    ran = space.run("apply", "--auto-approve", "--report", "markdown=/proc/p.md")
    refused(space, ran, 1, "the report /proc/p.md cannot be written")


def test_a_report_takes_the_place_of_an_old_one_and_goes_into_pipes_as_well(space: Workspace) -> None:
    space.configure("groups: [A]\n")
    space.write("real.md", "x" * 100_000)
    (space.path / "p.md").symlink_to("real.md")
    (space.path / "real.md").chmod(0o444)
    assert space.run("plan", *to_files("markdown")).code == 0
    assert (space.path / "p.md").is_symlink()
    assert (space.path / "real.md").read_text().startswith("<!-- intime-sync")
    assert "| `+` create |" in space.run("plan", "--report", "markdown=/dev/stderr").err


@pytest.mark.parametrize("text", ["A|B", "`x` <script>", "@octocat #1"])
def test_what_is_in_the_configuration_does_nothing_in_a_comment(space: Workspace, text: str) -> None:
    space.configure(f"groups: [{json.dumps(text)}]\n")
    ran = space.run("plan", "--format", "markdown")
    assert ran.code == 0
    assert text not in ran.out
    assert ran.out.count("\n| `+` create | <code>") == 1


@pytest.mark.parametrize("precious", ["intime.yaml", ".intime/ledger.json", ".intime/receipts.sqlite3"])
@pytest.mark.parametrize("option", ["--out", "--report"])
def test_no_plan_is_written_over_what_it_was_made_from(space: Workspace, precious: str, option: str) -> None:
    space.configure("groups: [Personal]\n")
    space.apply()
    link = space.path / "link.json"
    link.symlink_to(space.path / precious)
    before = (space.path / ".intime" / "ledger.json").read_bytes()
    for target in (precious, "link.json"):
        ran = space.run("plan", option, target if option == "--out" else f"json={target}")
        assert (ran.code, "belongs to the configuration or its ledger" in ran.err) == (3, True), ran
    assert (space.path / ".intime" / "ledger.json").read_bytes() == before
    assert space.changes() == []
