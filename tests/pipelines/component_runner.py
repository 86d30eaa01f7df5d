"""Runs the GitLab component's jobs: inputs filled in as GitLab does, and the scripts run for real."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import yaml
from action_runner import BIN, ROOT
from forking import tools
from harness import Ran, Workspace

TEMPLATE = ROOT / "templates" / "intime-sync.yml"
_INPUT = re.compile(r"\$\[\[ inputs\.([\w-]+) \]\]")


def component(**given: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The inputs, and the jobs with these inputs (with _ for -) filled in."""
    head, _, body = TEMPLATE.read_text(encoding="utf-8").partition("\n---\n")
    inputs: dict[str, Any] = yaml.safe_load(head)["spec"]["inputs"]
    values = {name: spec["default"] for name, spec in inputs.items()}
    values |= {name.replace("_", "-"): value for name, value in given.items()}
    used = set(_INPUT.findall(body))
    assert used == set(inputs)
    filled = _INPUT.sub(lambda found: shown(values[found[1]]), body)
    return inputs, yaml.safe_load(filled)


def shown(value: Any) -> str:
    """A value as GitLab puts it into the text."""
    return value if isinstance(value, str) else json.dumps(value)


def run_job(space: Workspace, jobs: dict[str, Any], name: str, **environ: str) -> Ran:
    """Run a job's script as the runner does, with the artifacts that the job before it left."""
    job = jobs[name]
    base = jobs[job["extends"]]
    variables = base["variables"] | environ
    script = "\n".join(["set -eo pipefail", *base["before_script"], *job["script"]])
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=space.path,
        env=space.environment(variables) | {"PATH": os.pathsep.join([*tools(), str(BIN), os.environ["PATH"]])},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    space.sweep(done.stdout + done.stderr)
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def dotenv(path: Path) -> dict[str, str]:
    """A dotenv report."""
    return dict(line.split("=", 1) for line in path.read_text().splitlines())
