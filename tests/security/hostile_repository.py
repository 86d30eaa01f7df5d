"""A repository whose author wants code to run where others handle it: in pipelines, and on their machines."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

NAMES = sorted({*sys.stdlib_module_names, *packages_distributions(), "intime_sync", "sitecustomize", "usercustomize"})
"""Every module that Python, pip or the command can import here, and those that Python imports by itself."""

PROGRAMS = ("python3", "python", "pip3", "git", "sh", "env", "sed", "intime-sync")

VARIABLES = {
    "PYTHONPATH": ".:clinic:lib",
    "PYTHONUSERBASE": ".",
    "PYTHONSTARTUP": "startup.py",
    "PYTHONWARNINGS": "ignore::hostile_warning.Category",
    "PYTHONBREAKPOINT": "hostile_warning.breakpoint",
    "PYTHONPYCACHEPREFIX": ".",
    "PYTHONHOME": ".",
    "PYTHONPLATLIBDIR": "lib",
}
"""What an earlier step, or a tool that reads a repository's `.env`, may have left in the environment."""


@dataclass(frozen=True)
class Trap:
    """A repository, and where each file of it that runs leaves a mark."""

    path: Path
    marks: Path

    def sprung(self) -> list[str]:
        """What ran, by name."""
        return sorted(path.name for path in self.marks.iterdir())


def hostile_repository(path: Path) -> Trap:
    """Make the directory a git repository with hostile files of every kind, beside what is there; commit them all."""
    marks = path.parent / f"{path.name}-marks"
    marks.mkdir()

    def write(name: str, text: str, mode: int = 0o644) -> None:
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)

    def module(name: str) -> str:
        return f"open({str(marks / name)!r}, 'a').close()\n"

    libraries = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}"
    for place in ("", "clinic/", "lib/", f"{libraries}/", f"{libraries}/site-packages/"):
        for name in (*NAMES, "hostile_warning"):
            write(f"{place}{name}/__init__.py", module(name))
            write(f"{place}{name}/__main__.py", module(name))
        write(f"{place}evil.pth", f"import sys; exec({module('evil.pth')!r})\n")
    for name in ("startup.py", "setup.py", "conftest.py", "backend/backend.py"):
        write(name, module(name.replace("/", "-")))
    for name in PROGRAMS:
        write(name, f"#!/bin/sh\n: >>'{marks}/{name}'\nexit 7\n", 0o755)
    build = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["backend"]\n'
    write("pyproject.toml", build + '[project]\nname = "intime-sync"\nversion = "9"\n')
    write("setup.cfg", "[metadata]\nname = intime-sync\n[install]\nprefix = .\n")
    for name in ("pip.conf", "pip.ini", ".config/pip/pip.conf", ".pip/pip.conf"):
        write(name, f"[global]\nno-index = true\nfind-links = {path}\ntarget = {path}\n")
    write("pyvenv.cfg", "home = .\ninclude-system-site-packages = true\n")
    write(".python-version", "../../evil\n")
    write(".env", "".join(f"{name}={value}\n" for name, value in VARIABLES.items()))
    write(".gitattributes", "* text=auto eol=lf ident filter=evil\n")
    write(".gitignore", "")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Nothing to see here"]):
        subprocess.run(["git", *command], cwd=path, env=_git_environment(), check=True)
    return Trap(path, marks)


def _git_environment() -> dict[str, str]:
    """Without the machine's own settings for git."""
    who = {
        f"GIT_{role}_{what}": "mallory@mallory.example"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", **who}
