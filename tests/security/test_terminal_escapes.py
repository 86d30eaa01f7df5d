"""Names, paths, notes and answers with control characters do not control a terminal that they are printed on."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from cli_world import on_terminal
from harness import HEAD, PATIENCE, Workspace

import intime_sync
from intime_sync.render.style import harmless

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\u2028\r\nerror: forged"
OURS = re.compile(r"\x1b\[(?:[012]|3[1236])m|\x1b\[\?25[hl]")


def assert_harmless(shown: str) -> None:
    """Nothing in it does anything but our own colours, and what is hostile is seen."""
    bare = OURS.sub("", shown)
    assert [hex(ord(one)) for one in bare if one not in "\n\t" and not one.isprintable()] == []
    assert "owned" in shown, "it is printed somewhere"
    assert not re.search("^error: forged", bare, re.MULTILINE)


def quoted(text: str) -> str:
    """A text in YAML."""
    return json.dumps(text)


def in_the_owner(space: Workspace) -> list[str]:
    space.configure("groups: [A]\n", HEAD.replace("clinic-a", quoted(EVIL)))
    return ["plan"]


def in_the_ledgers_path(space: Workspace) -> list[str]:
    space.configure("groups: [A]\n", HEAD + f"ledger: {{url: {quoted('sub/' + EVIL)}}}\n")
    space.write(f"sub/{EVIL}", "no ledger\n")
    return ["ledger", "list"]


def in_the_environment(space: Workspace) -> list[str]:
    space.configure("groups: [A]\n")
    space.environ["INTIME_LEDGER"] = str(space.path / f"{EVIL}-ledger")
    space.write(f"{EVIL}-ledger", "no ledger\n")
    return ["plan"]


def in_a_section(space: Workspace) -> list[str]:
    space.configure(f"groups: [A]\n{quoted(EVIL)}: 1\n")
    return ["validate"]


def in_an_include(space: Workspace) -> list[str]:
    space.configure("", HEAD + f"include: [{quoted(EVIL + '.yaml')}]\n")
    space.write(f"{EVIL}.yaml", "groups: [A, A]\n")
    return ["validate"]


def in_a_directory(space: Workspace) -> list[str]:
    space.write(f"{EVIL}/intime.yaml", HEAD + "groups: [A]\n")
    return ["validate", EVIL]


def in_a_new_directory(space: Workspace) -> list[str]:
    return ["init", EVIL]


def in_an_argument(space: Workspace) -> list[str]:
    return ["plan", f"--{EVIL}"]


def in_an_address(space: Workspace) -> list[str]:
    space.configure("groups: [A]\n")
    return ["ledger", "show", f"group/{EVIL}"]


def in_a_plan_file(space: Workspace) -> list[str]:
    space.write("plan.json", quoted(EVIL))
    return ["show", f"{EVIL}/plan.json"]


def in_a_report(space: Workspace) -> list[str]:
    space.configure("groups: [A]\n")
    return ["plan", "--report", f"json={EVIL}/x.json"]


HIDING: list[Callable[[Workspace], list[str]]] = [
    in_the_owner,
    in_the_environment,
    in_the_ledgers_path,
    in_a_section,
    in_an_include,
    in_a_directory,
    in_a_new_directory,
    in_an_argument,
    in_an_address,
    in_a_plan_file,
    in_a_report,
]


@pytest.mark.parametrize("hide", HIDING, ids=lambda hide: str(hide.__name__))
def test_something_hostile_is_printed(space: Workspace, hide: Callable[[Workspace], list[str]]) -> None:
    arguments = hide(space)
    assert_harmless(on_terminal(space, *arguments).out)
    ran = space.run(*arguments)
    assert "\x1b" not in ran.out + ran.err
    assert "\x9b" not in ran.out + ran.err


def test_the_holder_of_the_lock_says_who_it_is(space: Workspace) -> None:
    """In a note beside the ledger, which anybody can write who can write there."""
    from intime_sync.ledgers.lock import hold_lock

    space.configure("groups: [A]\n")
    space.apply()
    ledger = space.path / ".intime" / "ledger.json"
    with hold_lock(ledger.with_name("ledger.json.lock"), "apply", 0):
        for note in space.path.rglob("*.holder"):
            note.write_text(json.dumps({"pid": EVIL, "host": EVIL, "command": EVIL, "verb": EVIL, "since": EVIL}))
        assert_harmless(on_terminal(space, "apply", "--auto-approve").out)


def test_a_log_line_names_a_file(space: Workspace) -> None:
    """Warnings go to stderr without `-v`, too, and the branch says what the file of the receipts is called."""
    name = "\x1b]0;owned\x07.sqlite3"
    space.configure("groups: [A]\n", HEAD + f"receipts: {{data: {quoted(name)}}}\n")
    command = [sys.executable, "-m", "intime_sync", "receive", "--port", "0"]
    with subprocess.Popen(
        command, cwd=space.path, env=space.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().split()[-1]
            for file in space.path.glob("*.sqlite3*"):
                file.write_bytes(b"no database" * 1000)
            assert requests.get(f"{url[: url.index('/status/')]}/health", timeout=20).status_code == 503
        finally:
            process.terminate()
        _, errors = process.communicate(timeout=PATIENCE)
    assert "statuses are refused" in errors
    assert "\x1b" not in errors
    assert "\x07" not in errors


def test_the_holder_of_the_lock_says_it_in_ten_thousand_brackets(space: Workspace) -> None:
    space.configure("groups: [A]\n")
    space.apply()
    (space.path / ".intime" / "ledger.json.lock.holder").write_text("[" * 200_000)
    ran = space.run("doctor")
    assert "it has not said who it is" in ran.out
    assert "Traceback" not in ran.err


def test_harmless_keeps_layout_colours_and_the_meaning_of_json() -> None:
    value = {"a": f"{EVIL}é中•\U000e0001"}
    text = json.dumps(value, ensure_ascii=False, indent=2)
    shown = harmless(text, color=False)
    assert json.loads(shown) == value
    assert shown.replace("\n", "").isprintable()
    colored = "\x1b[31m- a\x1b[0m\n\tb"
    assert harmless(colored, color=True) == colored
    assert harmless(colored, color=False) == "\\u001b[31m- a\\u001b[0m\n\tb"
    assert harmless("\x1b[5m\x1b[38m\x1b[1;31m", color=True) == "\\u001b[5m\\u001b[38m\\u001b[1;31m"


def test_everything_is_printed_through_one_module() -> None:
    """All output goes through cli/output.py, which makes text harmless."""
    package = Path(intime_sync.__file__).parent
    found = []
    for file in package.rglob("*.py"):
        if file.name == "output.py" and file.parent.name == "cli":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if called in {"print", "click.echo", "click.secho", "click.prompt", "click.confirm", "input"} or (
                called.startswith(("sys.stdout.write", "sys.stderr.write"))
            ):
                found.append(f"{file.relative_to(package)}:{node.lineno}: {called}")
    assert found == []
