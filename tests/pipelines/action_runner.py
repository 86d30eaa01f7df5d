"""Runs action.yml's `run` steps as the runner does: with the environment that the file declares, and nothing else.

Knows as much of GitHub's expressions as the file uses.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from fake_github import APPROVAL_KEY, REPOSITORY, TOKEN, FakeGitHub
from harness import Workspace

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
BIN = Path(sys.executable).parent

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_TOKEN = re.compile(r"'[^']*'|&&|\|\||!=|==|[()]|[\w.-]+")
_WORDS = {"&&": "and", "||": "or", "!=": "!=", "==": "==", "(": "(", ")": ")"}


@dataclass(frozen=True)
class Outcome:
    """How a step ended, and what it left."""

    code: int
    log: str
    summary: str
    outputs: dict[str, str]


@dataclass
class Job:
    """A run of the action in a checkout: the event, and the files by which steps speak to the runner."""

    space: Workspace
    hub: FakeGitHub
    github: dict[str, Any] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)
    server: str = "https://github.example"
    tools: list[str] = field(default_factory=list)
    """Folders before that of the installed command."""

    def run(self, step: str = "Run", **inputs: str) -> Outcome:
        """Run a step of the action with these inputs (with _ for -), the others at their defaults."""
        given = {name: str(spec.get("default", "")) for name, spec in ACTION["inputs"].items()}
        given |= {"approval-key": APPROVAL_KEY}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        github = {
            "repository": REPOSITORY,
            "token": TOKEN,
            "actor": "kim",
            "event_name": "push",
            "sha": "c0ffee",
            "event": {},
            **self.github,
        }
        given = {name: evaluated(value, {"github": github}) for name, value in given.items()}
        found = next(one for one in ACTION["runs"]["steps"] if one.get("name") == step)
        contexts = {"inputs": given, "github": github}
        declared = {name: evaluated(value, contexts) for name, value in found["env"].items()}
        temp = self.space.path.parent / f"{self.space.path.name}-runner"
        temp.mkdir(exist_ok=True)
        files = {name: temp / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH")}
        for file in files.values():
            file.write_text("")
        environ = self.space.environment(self.environ)
        environ = {name: value for name, value in environ.items() if not name.startswith(("GITHUB_", "RUNNER_"))}
        environ |= {name: str(file) for name, file in files.items()}
        environ |= {
            "PATH": os.pathsep.join([*self.tools, str(BIN), environ["PATH"]]),
            "RUNNER_TEMP": str(temp),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_API_URL": self.hub.url,
            "GITHUB_SERVER_URL": self.server,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_EVENT_NAME": github["event_name"],
            "GITHUB_SHA": github["sha"],
            "GITHUB_REF": github.get("ref", "refs/heads/main"),
        }
        environ |= declared | {key: value for key, value in self.environ.items() if key == "PATH"}
        assert found["shell"] == "sh"
        done = subprocess.run(
            ["sh", "-e", "-c", found["run"]],
            cwd=self.space.path,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )
        self.space.sweep(done.stdout + b"".join(file.read_bytes() for file in temp.rglob("*") if file.is_file()))
        outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
        return Outcome(done.returncode, done.stdout.decode(), files["GITHUB_STEP_SUMMARY"].read_text(), outputs)


def evaluated(text: str, contexts: Mapping[str, Any]) -> str:
    """The text with its expressions' values."""
    return _EXPRESSION.sub(lambda found: _shown(_value(found[1], contexts)), str(text))


def _value(expression: str, contexts: Mapping[str, Any]) -> Any:
    values: list[Any] = []
    words = []
    for token in _TOKEN.findall(expression):
        if token in _WORDS:
            words.append(_WORDS[token])
            continue
        values.append(token[1:-1] if token.startswith("'") else _looked_up(token, contexts))
        words.append(f"values[{len(values) - 1}]")
    return eval(" ".join(words), {"values": values})


def _looked_up(path: str, contexts: Mapping[str, Any]) -> Any:
    value: Any = contexts
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
