"""stdout has only the result, numbers are masked unless on a terminal, and the secret is never written."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from cli_world import (
    ESCAPE,
    EVERYTHING,
    PRIVATE,
    assert_no_secret,
    assert_nothing_private,
    faults,
    on_terminal,
)
from harness import Workspace

# A repeated number is a warning, and so is one that is not in use.
WARNED = """\
groups: [A]
policy: {numbers: possible}
blocklist: ['070112233']
contacts:
  - {key: a, mobile: 0701740605}
  - {key: b, mobile: 0701740605}
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_stdout_is_only_json_even_with_warnings(space: Workspace) -> None:
    space.configure(WARNED)
    plan = space.run("plan", "--format", "json").json()
    assert {found["code"] for found in plan["diagnostics"]} == {"doubtful-number", "shared-mobile"}
    assert {found["severity"] for found in plan["diagnostics"]} == {"warning"}
    assert [found["line"] for found in plan["diagnostics"]] == [6, 9]
    applied = space.run("apply", "--auto-approve", "--format", "json")
    assert applied.json()["summary"] == {"done": 4, "failed": 0, "unknown": 0, "skipped": 0}
    assert "2 warnings" not in applied.out
    assert "shared-mobile" in applied.err, "the plan and its warnings are shown, but not on stdout"
    listed = space.run("ledger", "list", "--format", "json")
    assert (listed.json()[0], listed.err) == ("group/A", "")
    assert space.run("ledger", "show").json()["account"]["owner"] == "clinic-a"
    validated = space.run("validate")
    assert (validated.code, "[shared-mobile]" in validated.out) == (0, True)


def test_piped_output_has_no_number_or_address_in_full(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure(EVERYTHING)
    runs = [
        space.run("validate"),
        space.run("plan", "--out", "p.json"),
        space.run("plan", "--format", "json"),
        space.run("show", "p.json"),
        space.run("show", "p.json", "--format", "json"),
    ]
    space.emulator.set_faults(
        faults(
            {"endpoint": "nix/addnix", "fault": "garbage", "text": "no +46701740607 here", "act": False},
            {"endpoint": "contacts/add", "fault": "garbage", "text": "3:ERROR2", "act": False},
        )
    )
    failed = space.run("-vv", "apply", "--auto-approve", "--format", "json")
    runs += [failed, space.run("apply", "p.json", "--auto-approve")]
    assert failed.code in (1, 7, 8)
    space.emulator.set_faults(None)
    runs += [
        space.run("-vv", "apply", "--auto-approve"),
        space.run("ledger", "list"),
        space.run("ledger", "list", "--format", "json"),
        space.run("ledger", "show"),
        space.run("ledger", "show", "contact/maja.lind@example.se"),
        space.run("ledger", "show", "blocklist/+46701740607"),
        space.run("ledger", "show", ".", "blok/+46701740607"),
        space.run("plan", "0701740607"),
    ]
    space.configure(EVERYTHING.replace("John", "Jon").replace("08:30", "09:30"))
    runs += [space.run("plan"), space.run("apply", "--auto-approve", "--format", "json")]
    space.configure(
        EVERYTHING.replace(
            "- 0701740607", "- 0701740607x\n  - 0701740607\n  - '+46701740607'\n  - +4670174060777777777"
        )
        + "  - {key: x, at: 0701740606, attendant: {mobile: per.ek@example.se}}\n"
    )
    runs.append(space.run("validate"))
    for ran in runs:
        assert_nothing_private(ran)
        assert ESCAPE not in ran.out + ran.err
    assert "+46•••••••07" in runs[1].out


def test_reveal_shows_and_mask_hides_whatever_the_stream(space: Workspace) -> None:
    space.configure(EVERYTHING)
    shown = ("+46701740605", "+46701740606", "+46701740607", "+46701740608", "per.ek@example.se")
    for verb in (("plan",), ("plan", "--format", "json"), ("apply", "--auto-approve")):
        ran = space.run(*verb, "--reveal")
        assert [text for text in shown if text not in ran.out] == [], ran
    for verb in (("ledger", "list"), ("ledger", "show")):
        ran = space.run(*verb, "--reveal")
        assert "per.ek@example.se" in ran.out
        assert "blocklist/+46701740607" in ran.out or '"+46701740607"' in ran.out
    space.configure("groups: [A]\nblocklist: [0701740605, 0701740605]\n")
    assert "+46701740605" in space.run("validate", "--reveal").out
    terminal = on_terminal(space, "validate")
    assert "+46701740605" in terminal.out
    assert "+46701740605" not in on_terminal(space, "validate", "--mask").out


def test_plan_file_and_ledger_are_complete_and_for_their_owner_alone(space: Workspace) -> None:
    space.configure(EVERYTHING)
    old = os.umask(0)
    try:
        space.write("p.json", "old").chmod(0o644)
        assert space.run("plan", "--out", "p.json").code == 0
        space.apply()
        plain = Workspace(space.path / "embedded")
        plain.configure(EVERYTHING)
        plain.apply()
    finally:
        os.umask(old)
    numbers = ("+46701740605", "+46701740606", "+46701740607", "+46701740608", "maja.lind@example.se")
    for path in (space.path / "p.json", space.path / ".intime" / "ledger.json"):
        text = path.read_text()
        assert [number for number in numbers if number not in text] == []
        assert "•" not in text
    for file in (space.path / "p.json", *space.path.glob("**/.intime/*")):
        assert mode(file) == 0o600, file
    assert mode(space.path / ".intime") == 0o700
    assert mode(plain.path / ".intime") == 0o700


@pytest.mark.parametrize("ending", ["done", "failed", "refused", "unreachable"])
def test_the_secret_is_never_written(space: Workspace, ending: str) -> None:
    assert space.emulator is not None
    space.configure(EVERYTHING)
    rules = {
        "done": [],
        "failed": [
            {"endpoint": "contacts/addgroup", "fault": "drop_before"},
            {"endpoint": "nix/addnix", "fault": "garbage", "text": "echo %s"},
        ],
        "refused": [],
        "unreachable": [],
    }[ending]
    space.emulator.set_faults(faults(*rules))
    env = {
        "done": {},
        "failed": {},
        "refused": {"INTIME_USER": "wrong"},
        "unreachable": {"INTIME_URL": "http://127.0.0.1:9/x"},
    }[ending]
    written = ""
    for verb in (
        ("plan", "--out", "p.json"),
        ("plan", "--format", "json", "--reveal"),
        ("apply", "--auto-approve", "--reveal"),
        ("ledger", "show", "--reveal"),
    ):
        ran = space.run("-vv", *verb, env=env)
        assert ran.code == {"done": 0, "failed": ran.code, "refused": ran.code, "unreachable": ran.code}[ending]
        assert "Traceback" not in ran.err
        written += ran.out + ran.err
    assert "contacts/listgroups" in written, "-vv names every call"
    assert_no_secret(written)
    for file in space.path.rglob("*"):
        if file.is_file():
            assert_no_secret(file.read_bytes().decode(errors="replace"))


def test_colours_and_numbers_are_for_terminals_only_and_never_with_no_color(space: Workspace) -> None:
    space.configure(EVERYTHING)
    seen = on_terminal(space, "plan")
    assert (seen.code, ESCAPE in seen.out, "+46701740607" in seen.out) == (0, True, True)
    plain = on_terminal(space, "plan", env={"NO_COLOR": "1"})
    assert (plain.code, ESCAPE in plain.out, "+46701740607" in plain.out) == (0, False, True)
    assert ESCAPE not in on_terminal(space, "plan", env={"TERM": "dumb"}).out
    hidden = on_terminal(space, "plan", "--mask")
    assert [text for text in PRIVATE if text in hidden.out] == []
    reader, writer = os.pipe()
    with os.fdopen(reader) as piped:
        applied = on_terminal(space, "apply", "--auto-approve", stdout=writer, env={"NO_COLOR": "1"})
        os.close(writer)
        result = piped.read()
    assert (applied.code, applied.out) == (0, ""), "no bar with NO_COLOR, and nothing else to say"
    assert "Applied: 7 done" in result
    assert [text for text in (*PRIVATE, ESCAPE) if text in result] == []


def test_yes_applies_and_anything_else_sends_nothing(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure("groups: [A]\nblocklist: [0701740605]\n")
    for answer in ("no\n", "\n", "y\n", "YES\n", "yes please\n"):
        ran = on_terminal(space, "apply", answer=answer, env={"NO_COLOR": "1"})
        assert (ran.code, "Not applied: nothing was sent." in ran.out) == (1, True)
        assert "+ +46701740605" in ran.out, "the plan is shown before the question"
    assert space.emulator.store.groups() == []
    ran = on_terminal(space, "apply", answer=" yes\n", env={"NO_COLOR": "1"})
    assert (ran.code, "Applied: 2 done" in ran.out) == (0, True)
    ran = on_terminal(space, "apply")
    assert (ran.code, "Only `yes`" in ran.out) == (0, False), "nothing to do is nothing to ask"


def test_ctrl_c_at_the_question_sends_nothing_and_leaves_no_lock(space: Workspace) -> None:
    assert space.emulator is not None
    space.configure("groups: [A]\n")
    for key in ("\x03", "\x04"):
        ran = on_terminal(space, "apply", answer=key, env={"NO_COLOR": "1"})
        assert (ran.code, "interrupted" in ran.out, "Traceback" in ran.out) == (130, True, False)
    assert space.emulator.store.groups() == []
    assert space.run("apply", "--auto-approve").code == 0


def test_output_fits_an_encoding_without_the_letters(tmp_path: Path) -> None:
    space = Workspace(tmp_path, environ={"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "LC_ALL": "C"})
    space.configure("groups: [Łódź]\nblocklist: [0701740605]\n")
    ran = space.run("plan")
    assert (ran.code, "?" in ran.out) == (0, True)
    ran = space.run("plan", "--format", "json")
    assert (ran.code, ran.json()["summary"]["create"]) == (0, 2)
