"""What is refused for several directories, before one of them is looked at or anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from os import environ
from pathlib import Path
from typing import Any

from intime_sync.cli.places import check_targets, ledger_path
from intime_sync.cli.reports import ReportFile
from intime_sync.cli.several import Several
from intime_sync.config.desired import load_settings
from intime_sync.config.settings import ROOT_FILE, Settings
from intime_sync.errors import InvalidInput
from intime_sync.links import real_path


def check_several(several: Several, alone: dict[str, Any]) -> None:
    """Refuse what cannot mean anything for several directories, before one of them is looked at.

    `alone` are the values of the options that are about one directory. Raises InvalidInput.
    """
    given = [name for name, value in alone.items() if value]
    if given:
        raise InvalidInput(
            f"{' and '.join(given)} cannot be given with several directories, since each has a plan of its own",
            hint=f"run `intime-sync {several.verb} DIR` with {'it' if len(given) == 1 else 'them'} for one directory "
            "after the other",
        )
    seen: dict[Path, Path] = {}
    for directory in several.directories:
        found = seen.setdefault(real_path(directory), directory)
        if found is not directory:
            raise InvalidInput(f"{found} and {directory} are one directory", hint="name each directory once")
        if not directory.is_dir():
            what = "a file" if directory.exists() else "not there"
            plans = "; plan files are applied one after the other" if several.verb == "apply" else ""
            raise InvalidInput(
                f"{directory} is {what}, and with several names each must be that of a directory",
                hint=f"with a pattern, write `sites/*/` to leave files out{plans}",
            )
    _check_ledgers(several)


def _check_ledgers(several: Several) -> None:
    """Refuse two directories with one ledger, and reports that would replace what belongs to one of them."""
    if several.verb == "validate" or not (several.reports or environ.get("INTIME_LEDGER")):
        return
    ledgers: dict[Path, Path] = {}
    for directory in several.directories:
        settings = _settings(directory)
        if settings is None:
            _check_outside(directory, several.reports)
            continue
        check_targets([report.path for report in several.reports], settings)
        try:
            ledger = real_path(ledger_path(settings))
        except InvalidInput:
            continue
        other = ledgers.setdefault(ledger, directory)
        if other is not directory:
            raise InvalidInput(
                f"{other} and {directory} have one ledger, {ledger}",
                hint="write {owner} into INTIME_LEDGER, such as /srv/ledgers/{owner}.json, and give each directory "
                f"an `owner` of its own in {ROOT_FILE}",
            )


def _check_outside(directory: Path, reports: Sequence[ReportFile]) -> None:
    """Refuse reports in a directory whose settings cannot be read, since what belongs to it is not known."""
    for report in reports:
        if real_path(report.path).is_relative_to(real_path(directory)):
            raise InvalidInput(
                f"{report.path} lies in {directory}, whose settings are wrong, so it may be a part of it",
                hint=f"name a file elsewhere, or see `intime-sync validate {directory}`",
            )


def _settings(directory: Path) -> Settings | None:
    """The settings of a directory; None where they are wrong, which its own run then reports."""
    try:
        return load_settings(directory, environ)
    except (InvalidInput, OSError):
        return None
