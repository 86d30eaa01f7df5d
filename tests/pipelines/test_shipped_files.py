"""The image, the pre-commit hook and the scripts, checked without the services that they are for."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from action_runner import ACTION, BIN, ROOT
from harness import Workspace

CI_GUIDE = ROOT / "docs" / "ci.md"


def test_the_hook_runs_its_command(space: Workspace) -> None:
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert (hook["id"], hook["language"], hook["pass_filenames"]) == ("intime-validate", "python", False)
    for name, wanted in (("intime.yaml", True), ("a/people.csv", True), ("a.xlsx", True), ("README.md", False)):
        assert bool(re.search(hook["files"], name)) == wanted
    space.write("clinic/intime.yaml", "version: 1\nowner: c\naccount: {url: embedded}\ngroups: [A]\n")
    program, *arguments = hook["entry"].split()
    for directory, code in (("clinic", 0), (".", 3)):
        command = [str(BIN / program), *arguments, directory]
        assert subprocess.run(command, cwd=space.path, capture_output=True, check=False).returncode == code


def test_the_image_holds_the_package_and_no_configuration() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    stages = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert all(re.fullmatch(r"python:3\.\d+-slim@sha256:[0-9a-f]{64}", image) for image in stages)
    assert len(set(stages)) == 1
    for line in re.findall(r"pip install.*$", text, re.MULTILINE):
        assert "--require-hashes --only-binary=:all:" in line or "--no-deps --no-index" in line
    assert text.index("\nUSER 10001") < text.index("\nENTRYPOINT")
    assert '\nENTRYPOINT ["intime-sync"]' in text
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in rules
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    assert let_in == {"intime_sync", "schemas", "requirements", "pyproject.toml", "README.md", "LICENSE"}
    assert all((ROOT / name).exists() for name in let_in)
    assert any(fnmatch("clinic/.intime", rule) for rule in rules)


def locked(name: str) -> dict[str, str]:
    """The versions of a lock file, each of which has hashes."""
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert entries
    versions = {}
    for entry in entries:
        found = re.match(r"([\w.-]+)==([\w.!+-]+)", entry)
        assert found, entry
        assert "--hash=sha256:" in entry, f"{found[0]} of {name}.lock has no hash"
        versions[found[1]] = found[2]
    return versions


def required(*extras: str) -> dict[str, str]:
    """What pyproject.toml asks for, and the lowest versions."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"]]
    for extra in extras:
        wanted += project["project"]["optional-dependencies"][extra]
    return dict(one.lower().split(">=") for one in wanted)


def test_everything_that_is_installed_is_locked() -> None:
    extras = ("emulator", "excel", "receive")
    runtime, build, lowest, dev = (locked(name) for name in ("runtime", "build", "lowest", "dev"))
    assert required(*extras).keys() <= runtime.keys()
    assert (runtime | build).items() <= dev.items(), "what is shipped is what is tested"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    source = (ROOT / "requirements" / "build.in").read_text(encoding="utf-8")
    for requirement in project["build-system"]["requires"]:
        assert requirement in source.splitlines()
        assert requirement.split(">=")[0] in build
    for name, version in required(*extras).items():
        assert lowest[name] == version or lowest[name].startswith(f"{version}."), f"{name}>={version} is not tested"


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
        assert re.fullmatch(r"[\w./-]+@([0-9a-f]{40}|COMMIT)", step["uses"]) if "uses" in step else "run" in step
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False, "git gets the token from the action"
        if step.get("uses", "").startswith("intime-sync/intime-sync@"):
            assert set(step["with"]) <= set(ACTION["inputs"])
            assert step["with"]["command"] in ("validate", "plan", "apply")
        assert "github.event" not in step.get("run", ""), "no value of a stranger in a script"
    for job in document.get("jobs", {}).values():
        assert "permissions" in job
    for include in document.get("include", []):
        assert include["component"].endswith("@COMMIT")
        assert re.search("@sha256:", include["inputs"]["image"])
        assert set(include["inputs"]) <= set(inputs["spec"]["inputs"])


def steps_of(document: dict[str, dict[str, dict[str, list[dict[str, Any]]]]]) -> list[dict[str, Any]]:
    """All steps of a workflow."""
    return [step for job in document.get("jobs", {}).values() for step in job["steps"]]


def test_the_guide_names_every_input() -> None:
    text = CI_GUIDE.read_text(encoding="utf-8")
    assert [name for name in ACTION["inputs"] if f"`{name}`" not in text] == []
    assert Path(ROOT / "docs" / "README.md").read_text(encoding="utf-8").count("(ci.md)") == 1


@pytest.mark.parametrize("block", [block for block in blocks() if "INTIME_HASH:" in block])
def test_every_job_with_the_hash_names_the_hosts_that_may_get_it(block: str) -> None:
    steps = [step for step in steps_of(yaml.safe_load(block)) if "INTIME_HASH" in step.get("env", "")]
    assert steps
    for step in steps:
        assert "INTIME_URL" in step["env"]
