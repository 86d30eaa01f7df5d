"""A kind needs one file, one line in the registry and the emulator's handler: everything else follows from them.

The made-up kind `template` is planned, applied, shown in every format, drifted and exported by the real command,
against the emulator over HTTP.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import template_handler
from harness import Ran, Workspace, workspace
from template_kind import TemplateKind

import intime_sync
from intime_sync.emulator.handlers import ENDPOINTS
from intime_sync.kinds.registry import (
    BY_NAME,
    BY_SECTION,
    KINDS,
    LISTED,
    LISTED_BY_NAME,
    ORDER,
    register,
    words_of,
)

COMMAND = Path(__file__).with_name("template_command.py")
NUMBER = "070-174 06 05"
TEMPLATES = f"""\
templates:
  - {{name: Reminder, body: "Your appointment is tomorrow; call {NUMBER} to change it."}}
  - {{name: Thanks, body: Thank you for your visit.}}
"""


class TemplateSpace(Workspace):
    """A workspace whose command knows the made-up kind."""

    def run(self, *arguments: str, env: Mapping[str, str] | None = None, timeout: float = 60) -> Ran:
        """Run the command in the folder as a process of its own."""
        done = subprocess.run(
            [sys.executable, str(COMMAND), *arguments],
            cwd=self.path,
            env=self.environment(env),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout,
            check=False,
        )
        self.sweep(done.stdout + done.stderr)
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def ok(self, *arguments: str) -> str:
        """The output of a run that must succeed."""
        ran = self.run(*arguments)
        assert ran.code == 0, ran.out + ran.err
        return ran.out

    def in_account(self) -> dict[str, str]:
        """The templates of the account by name."""
        assert self.emulator is not None
        with self.emulator.store.transaction() as db:
            return dict(template_handler.table(db).execute("SELECT name, body FROM template"))

    def by_hand(self, statement: str) -> None:
        """Change the account as a person could."""
        assert self.emulator is not None
        with self.emulator.store.transaction() as db:
            template_handler.table(db).execute(statement)


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TemplateSpace]:
    """A workspace with two templates, which are not in the account yet."""
    for name, endpoint in template_handler.ENDPOINTS.items():
        monkeypatch.setitem(ENDPOINTS, name, endpoint)
    with workspace(tmp_path) as made:
        space = TemplateSpace(made.path, made.emulator)
        space.configure(TEMPLATES)
        yield space


def test_it_is_validated_and_has_a_schema(templates: TemplateSpace) -> None:
    assert "templates: 2" in templates.ok("validate")
    templates.configure('templates:\n  - {name: Reminder}\n  - {name: "", body: x}\n')
    for format_, place in (
        ("text", "intime.yaml:5:5: error: "),
        ("github", "::error file=intime.yaml,line=5,col=5,title=intime-sync%3A missing-field"),
        ("gitlab", '"location": {"path": "intime.yaml", "lines": {"begin": 5}}'),
        ("json", '"file": "intime.yaml", "line": 5, "column": 5'),
    ):
        ran = templates.run("validate", "--format", format_)
        assert (ran.code, place in ran.out) == (3, True), ran.out + ran.err
    templates.ok("init", "new")
    schema = json.loads((templates.path / "new" / "intime.schema.json").read_text())
    assert "templates" in schema["properties"]
    assert "template" in json.dumps(schema["properties"]["policy"])


def test_it_is_planned_in_every_format(templates: TemplateSpace) -> None:
    text = templates.ok("plan")
    assert "Message templates  2 to create" in text
    assert "+ Reminder  “Your appointment is tomorrow; call 070•••••05 to change it.”" in text
    assert "+ Thanks    “Thank you for your visit.”" in text
    (thanks,) = [
        change
        for change in json.loads(templates.ok("plan", "--format", "json"))["changes"]
        if change["key"] == "Thanks"
    ]
    assert (thanks["address"], thanks["after"]["body"]) == ("template/Thanks", "Thank you for your visit.")
    markdown = templates.ok("plan", "--format", "markdown")
    assert "<summary><b>Message templates</b>: 2 to create</summary>" in markdown
    assert "| `+` create | <code>Thanks</code> | “Thank you for your visit.” |" in markdown
    templates.ok("plan", "--report", "html=plan.html", "--report", "gitlab=plan.gitlab.json", "--out", "plan.json")
    html = (templates.path / "plan.html").read_text()
    assert re.search(r"<h2 [^>]*>Message templates ", html)
    assert "Thank you for your visit." in html
    assert json.loads((templates.path / "plan.gitlab.json").read_text())["create"] == 2
    assert templates.ok("show", "plan.json") == text
    for shown in (text, json.dumps(thanks), markdown, html):
        assert NUMBER not in shown


def test_it_is_applied_remembered_changed_and_removed(templates: TemplateSpace) -> None:
    templates.ok("plan", "--out", "plan.json")
    assert "Applied: 2 done" in templates.ok("apply", "--auto-approve", "plan.json")
    assert templates.in_account()["Thanks"] == "Thank you for your visit."
    assert "No changes. 2 objects are as wanted." in templates.ok("plan")
    assert "template/Thanks" in templates.ok("ledger", "list")
    known = json.loads(templates.ok("ledger", "show", "template/Thanks"))
    assert known["attributes"]["name"] == "Thanks", known

    templates.configure("templates: [{name: Thanks, body: Thanks!}]\n")
    text = templates.ok("plan")
    assert re.search(r"~ Thanks.*\n +body  Thank you for your visit. → Thanks!\n", text)
    assert re.search(r"- Reminder +“Your appointment .*”  no message can be written from it", text)
    templates.apply("--allow-delete", "template=1")
    assert templates.in_account() == {"Thanks": "Thanks!"}
    templates.ok("destroy", "--auto-approve", "--allow-delete", "template=1")
    assert templates.in_account() == {}


def test_it_is_reported_when_the_service_refuses_it(templates: TemplateSpace) -> None:
    templates.configure(f"{TEMPLATES}  - {{name: Bad, body: {template_handler.REFUSED}}}\n")
    ran = templates.run("apply", "--auto-approve")
    assert ran.code == 7, ran.out + ran.err
    assert "! create  template/Bad  the service refuses it: " in ran.out + ran.err
    assert "the templates could not be changed" in ran.out + ran.err
    assert templates.in_account().keys() == {"Reminder", "Thanks"}


def test_it_is_adopted_protected_and_pruned(templates: TemplateSpace) -> None:
    templates.by_hand("INSERT INTO template VALUES (7, 'Thanks', 'Thank you for your visit.'), (8, 'Old', 'x')")
    templates.configure(TEMPLATES.replace("visit.}", "visit., protect: true}"))
    assert templates.changes() == [("create", "template/Reminder"), ("adopt", "template/Thanks")]
    templates.apply()
    templates.configure(TEMPLATES.partition("  - {name: Thanks")[0] + "policy: {prune: {template: all}}\n")
    assert templates.changes() == [("delete", "template/Old"), ("delete", "template/Thanks")]
    stopped = templates.run("apply", "--auto-approve", "--allow-delete", "template=2")
    assert (stopped.code, "template/Thanks is protected and would be deleted" in stopped.err + stopped.out) == (
        4,
        True,
    )
    assert templates.in_account().keys() == {"Reminder", "Thanks", "Old"}


def test_it_drifts(templates: TemplateSpace) -> None:
    templates.apply()
    assert "No drift in 2 templates." in templates.ok("drift")
    templates.by_hand("DELETE FROM template WHERE name = 'Reminder'")
    templates.by_hand("UPDATE template SET body = 'Tack!' WHERE name = 'Thanks'")
    templates.by_hand("INSERT INTO template VALUES (40, 'Stranger', 'Hello')")
    ran = templates.run("drift", "--unowned")
    assert ran.code == 2, ran.out + ran.err
    assert "- Reminder  gone: no message can be written from it" in ran.out
    assert re.search(r"~ Thanks +changed\n +body  Thank you for your visit. → Tack!\n", ran.out)
    assert "  template  Stranger  “Hello”  (id 40)" in ran.out
    assert "Not owned, and no drift: 1 template." in ran.out
    found = json.loads(templates.run("drift", "--format", "json").out)
    assert [(entry["address"], entry["change"]) for entry in found["drift"]] == [
        ("template/Reminder", "gone"),
        ("template/Thanks", "changed"),
    ]
    templates.apply()
    assert templates.in_account()["Thanks"] == "Thank you for your visit."


def test_it_is_exported_and_plans_clean(templates: TemplateSpace) -> None:
    templates.apply()
    assert templates.emulator is not None
    assert "templates: 2" in templates.ok("export", "found", "--url", templates.emulator.url)
    exported = (templates.path / "found" / "templates.yaml").read_text()
    assert "# What messages are written from.\ntemplates:\n" in exported
    assert "  - {name: Thanks, body: Thank you for your visit.}\n" in exported
    plan = json.loads(templates.ok("plan", "found", "--format", "json"))
    assert {change["action"] for change in plan["changes"]} == {"adopt"}


def test_a_kind_that_is_registered_later_is_in_every_view() -> None:
    kind = TemplateKind()
    register(kind)
    try:
        assert [*KINDS][-1] is [*LISTED][-1] is BY_NAME[kind.name] is BY_SECTION["templates"] is kind
        assert ORDER[kind.name] == len(KINDS) - 1
        assert words_of(kind.name).noun == "template"
    finally:
        del BY_NAME[kind.name], BY_SECTION["templates"], LISTED_BY_NAME[kind.name], ORDER[kind.name]
    assert (kind in KINDS, kind in LISTED, words_of(kind.name).noun) == (False, False, "template")


PACKAGE = Path(intime_sync.__file__).parent
GENERAL = (
    *sorted(PACKAGE.glob("render/**/*.py")),
    *(PACKAGE / f"planning/{name}.py" for name in ("planner", "guards", "drift", "listed", "matching")),
    *(PACKAGE / f"planning/{name}.py" for name in ("selection", "staleness", "pruning", "index")),
    *(PACKAGE / f"applying/{name}.py" for name in ("applier", "goals", "listed")),
)
OF_ONE_KIND = {"GROUPS", "CONTACTS", "BLOCKLIST", "MESSAGES"}


def named_kinds(source: str) -> list[str]:
    """Kinds that the code asks for: by the registry's names for them, or by comparing with the name of a kind."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            found += (alias.name for alias in node.names if alias.name in OF_ONE_KIND)
        compared = (
            [*node.comparators, node.left]
            if isinstance(node, ast.Compare)
            else [node.value]
            if isinstance(node, ast.MatchValue)
            else []
        )
        for part in compared:
            found += (
                constant.value
                for constant in ast.walk(part)
                if isinstance(constant, ast.Constant) and constant.value in {*BY_NAME, *BY_SECTION}
            )
    return found


@pytest.mark.parametrize("path", GENERAL, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_general_module_asks_for_one_kind(path: Path) -> None:
    assert named_kinds(path.read_text()) == []


def test_modules_that_ask_for_one_kind_are_found() -> None:
    assert named_kinds(
        'from x import GROUPS\nif kind in ("message", "x"): pass\nmatch kind:\n case "group": pass'
    ) == [
        "GROUPS",
        "message",
        "group",
    ]
