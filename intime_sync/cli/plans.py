"""Writing and reading plan files, and finding the configuration that one was made from."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from intime_sync import __version__
from intime_sync.config.settings import ROOT_FILE
from intime_sync.errors import IntimeSyncError, InvalidInput
from intime_sync.files import PRIVATE, replace_file
from intime_sync.model.plan import Plan
from intime_sync.render.json import plan_to_json
from intime_sync.render.plan_file import read_plan


def write_plan_file(plan: Plan, path: Path, directory: Path) -> None:
    """Write the whole plan, unmasked, to a file that only its owner may read. Raises IntimeSyncError."""
    text = plan_to_json(
        plan, tool_version=__version__, created_at=datetime.now(UTC), mask=False, directory=directory.as_posix()
    )
    try:
        replace_file(path, [text.encode()], PRIVATE)
    except OSError as error:
        raise IntimeSyncError(
            f"the plan file {path} cannot be written: {error.strerror}", hint="nothing was sent"
        ) from None


def read_plan_file(path: Path) -> tuple[Plan, str | None]:
    """The plan in a plan file, and the directory that it was planned in, if it names one. Raises InvalidInput."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} is not a plan file: it is not text") from None
    try:
        return read_plan(text)
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error}", hint=error.hint) from None


def configuration_directory(path: Path, planned: str | None) -> Path:
    """The first of these that holds a configuration: `planned`, the current directory, that of the plan file `path`.

    Raises InvalidInput where none does.
    """
    for directory in (Path(planned or ""), Path(), path.parent):
        if (directory / ROOT_FILE).is_file():
            return directory
    raise InvalidInput(
        f"{path} was planned in {planned or 'a directory that it does not name'}, and there is no {ROOT_FILE} there",
        hint="run this where the plan was made, with the configuration checked out",
    )
