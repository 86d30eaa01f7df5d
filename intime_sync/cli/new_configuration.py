"""What `init` and `export` share: the rule for owners, the files of a new configuration, and the next steps."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from intime_sync.errors import InvalidInput
from intime_sync.files import SHARED, replace_file
from intime_sync.links import refuse_target
from intime_sync.render.style import inert

GITIGNORE = """\
# The ledger and the emulator's data hold phone numbers; keep them out of git.
/.intime/
"""


def check_owner(name: str) -> None:
    """Raise InvalidInput for a name that `owner` cannot have."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", name):
        raise InvalidInput(f"`{name}` cannot be an owner", hint="use at most 40 letters, digits, dots and hyphens")


def write_files(directory: Path, texts: Mapping[str, str]) -> None:
    """Write the texts by their file names, in this order; missing directories are made.

    Raises InvalidInput, before anything is written, for a link of a repository.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for name in texts:
        refuse_target(directory / name, directory)
    for name, text in texts.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        replace_file(directory / name, [text.encode()], SHARED)


def next_steps(directory: Path) -> str:
    """`Next:` and the commands that plan and apply, one a line."""
    where = inert(shlex.quote(str(directory)))
    return f"Next:\n  intime-sync plan {where}\n  intime-sync apply {where}"
