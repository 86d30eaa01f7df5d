"""An attacker's branch, cloned by its victim: a real git repository with committed files and links."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from harness import Workspace

NEEDS_GIT = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

PRECIOUS = "precious\n"
CONFIGURATION = """\
version: 1
owner: clinic-a
account: {url: embedded}
groups: [Jour]
"""


def git(where: Path, *arguments: str) -> None:
    """Run git there, as somebody, without the configuration of this machine."""
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.se", "-c", "init.defaultBranch=main"]
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", *who, *arguments], cwd=where, check=True, capture_output=True, env=environ)


def clone(
    home: Path,
    files: Mapping[str, str | bytes],
    links: Mapping[str, str | Path],
    environ: Mapping[str, str] | None = None,
) -> Workspace:
    """What the victim checks out: `files` by their text, and `links` by where they lead.

    Beside the checkout lies `victim`, a directory of the victim's own.
    """
    branch, checkout = home / "branch", home / "checkout"
    branch.mkdir()
    (home / "victim").mkdir()
    (home / "victim" / "file").write_text(PRECIOUS)
    git(branch, "init")
    for name, text in files.items():
        (branch / name).parent.mkdir(parents=True, exist_ok=True)
        (branch / name).write_bytes(text.encode() if isinstance(text, str) else text)
    for name, target in links.items():
        (branch / name).parent.mkdir(parents=True, exist_ok=True)
        (branch / name).symlink_to(target)
    git(branch, "add", "--all", "--force")
    git(branch, "commit", "-m", "harmless")
    git(home, "clone", "branch", "checkout")
    return Workspace(checkout, environ=dict(environ or {}))


def unharmed(home: Path) -> bool:
    """Whether the victim's directory is as it was."""
    victim = home / "victim"
    return [path.name for path in victim.iterdir()] == ["file"] and (victim / "file").read_text() == PRECIOUS
