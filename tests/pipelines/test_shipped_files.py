"""The image, the pre-commit hook and the scripts: what can be said about them without the services they are for."""

from __future__ import annotations

import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from action_runner import ACTION, BIN, ROOT
from harness import Workspace

CI_GUIDE = ROOT / "docs" / "ci.md"


def test_the_hook_runs_what_it_says(space: Workspace) -> None:
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert (hook["id"], hook["language"], hook["pass_filenames"]) == ("intime-validate", "python", False)
    for name, wanted in (("intime.yaml", True), ("a/people.csv", True), ("a.xlsx", True), ("README.md", False)):
        assert bool(re.search(hook["files"], name)) == wanted
    space.write("clinic/intime.yaml", "version: 1\nowner: c\naccount: {url: embedded}\ngroups: [A]\n")
    program, *arguments = hook["entry"].split()
    for directory, code in (("clinic", 0), (".", 3)):
        command = [str(BIN / program), *arguments, directory]
        assert subprocess.run(command, cwd=space.path, capture_output=True, check=False).returncode == code


def test_the_image_holds_the_package_and_nothing_of_anybodys() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    stages = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert all(re.fullmatch(r"python:3\.\d+-slim", image) for image in stages)
    assert text.index("\nUSER 10001") < text.index("\nENTRYPOINT")
    assert '\nENTRYPOINT ["intime-sync"]' in text
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in rules
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    assert let_in == {"intime_sync", "schemas", "pyproject.toml", "README.md", "LICENSE"}
    assert all((ROOT / name).exists() for name in let_in)
    assert any(fnmatch("clinic/.intime", rule) for rule in rules)


def test_the_scripts_are_posix_and_read_no_expression() -> None:
    scripts = sorted((ROOT / "pipelines").rglob("*.sh"))
    assert len(scripts) == 7
    for script in scripts:
        assert "${{" not in script.read_text(encoding="utf-8")
        assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0
        if shutil.which("shellcheck"):
            checked = subprocess.run(["shellcheck", "-x", str(script)], cwd=ROOT, capture_output=True, check=False)
            assert checked.returncode == 0, checked.stdout.decode()


def blocks() -> list[str]:
    """The YAML of docs/ci.md."""
    return re.findall(r"^```yaml\n(.*?)^```$", CI_GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", blocks())
def test_the_guides_files_say_only_what_there_is(block: str) -> None:
    inputs = yaml.safe_load((ROOT / "templates" / "intime-sync.yml").read_text(encoding="utf-8").split("\n---\n")[0])
    document = yaml.safe_load(block)
    for step in steps_of(document):
        assert re.fullmatch(r"[\w./-]+@v\d+", step["uses"]) if "uses" in step else "run" in step
        if step.get("uses", "").startswith("intime-sync/intime-sync@"):
            assert set(step["with"]) <= set(ACTION["inputs"])
            assert step["with"]["command"] in ("validate", "plan", "apply")
        assert "github.event" not in step.get("run", ""), "no value of a stranger in a script"
    for job in document.get("jobs", {}).values():
        assert "permissions" in job
    for include in document.get("include", []):
        assert set(include["inputs"]) <= set(inputs["spec"]["inputs"])


def steps_of(document: dict[str, dict[str, dict[str, list[dict[str, str]]]]]) -> list[dict[str, str]]:
    """All steps of a workflow."""
    return [step for job in document.get("jobs", {}).values() for step in job["steps"]]


def test_the_guide_names_every_input() -> None:
    text = CI_GUIDE.read_text(encoding="utf-8")
    assert [name for name in ACTION["inputs"] if f"`{name}`" not in text] == []
    assert Path(ROOT / "docs" / "README.md").read_text(encoding="utf-8").count("(ci.md)") == 1


@pytest.mark.parametrize("block", [block for block in blocks() if "INTIME_HASH:" in block])
def test_whoever_hands_the_hash_over_says_where_it_may_go(block: str) -> None:
    steps = [step for step in steps_of(yaml.safe_load(block)) if "INTIME_HASH" in step.get("env", "")]
    assert steps
    for step in steps:
        assert "INTIME_URL" in step["env"]
