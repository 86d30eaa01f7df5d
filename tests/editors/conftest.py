"""The language server for the tests in this folder; npm installs it once."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from language_server import LanguageServer, language_server

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SERVER = HERE / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
LOCK = HERE / "package-lock.json"


@pytest.fixture(scope="session")
def server() -> Iterator[LanguageServer]:
    """The server of package-lock.json, started in the checkout.

    Without npm, or without a registry to install it from, the tests are skipped; where INTIME_REQUIRE_EDITORS is set,
    as in CI, they fail.
    """
    missing = _missing()
    if missing and os.environ.get("INTIME_REQUIRE_EDITORS"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    with language_server(["node", str(SERVER), "--stdio"], ROOT) as running:
        yield running


def _missing() -> str:
    """Install the server unless it is there as the lock file wants it; why that cannot be, or nothing."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return "the language server needs node and npm"
    installed = HERE / "node_modules" / ".installed"
    with FileLock(HERE / ".installing"):
        if installed.exists() and installed.read_bytes() == LOCK.read_bytes():
            return ""
        command = [
            npm,
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--fetch-retries=1",
            "--fetch-timeout=20000",
        ]
        try:
            done = subprocess.run(
                command, cwd=HERE, capture_output=True, timeout=120, check=False, text=True, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired:
            return "npm could not install the language server in two minutes"
        if done.returncode:
            return f"npm cannot install the language server: {done.stderr[-500:]}"
        installed.write_bytes(LOCK.read_bytes())
    return ""
