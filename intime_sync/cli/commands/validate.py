"""`validate`: every problem of a configuration, without the network."""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import StrEnum
from os import environ
from pathlib import Path
from typing import assert_never

import click

from intime_sync.cli.options import directories_argument, reveal_option
from intime_sync.cli.output import Output
from intime_sync.config.desired import load_desired
from intime_sync.errors import InvalidConfiguration
from intime_sync.kinds.registry import BY_NAME
from intime_sync.model.problem import Problem
from intime_sync.render.style import inert


class ProblemFormat(StrEnum):
    """What `--format` takes."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    GITLAB = "gitlab"


@click.command("validate")
@directories_argument
@click.option(
    "--format",
    "format_",
    type=click.Choice([str(format_) for format_ in ProblemFormat]),
    default="text",
    help="How to report: for people, for scripts, as GitHub's annotations, as GitLab's code quality.",
)
@reveal_option
def command(directories: tuple[Path, ...], jobs: int, format_: str, reveal: bool | None) -> int:
    """Report every problem of the configuration in DIR, as file:line:column. Needs no network and no credentials.

    Files are named as seen from DIR in text, and as seen from the current directory in the other formats, which is
    the root of the repository in CI. Exits 3 when there is an error; warnings alone exit 0.
    """
    directory, *others = directories
    if others:
        from intime_sync.cli.several import Several, run_several
        from intime_sync.cli.several_checks import check_several

        several = Several("validate", directories, jobs, format_, reveal)
        check_several(several, {})
        return run_several(several)
    out, wanted = Output.for_stdout(reveal), ProblemFormat(format_)
    try:
        configuration = load_desired(directory, environ)
    except InvalidConfiguration as error:
        _report(error.problems, wanted, directory, out)
        return error.exit_code
    if configuration.warnings or wanted is not ProblemFormat.TEXT:
        _report(configuration.warnings, wanted, directory, out)
    if wanted is ProblemFormat.TEXT:
        counts = [
            f"{BY_NAME[kind].spec.name}: {len(items)}" for kind, items in configuration.desired.resources.items()
        ]
        out.write(f"{inert(str(directory))} is valid: {', '.join(counts) or 'it manages nothing'}")
    return 0


def _report(problems: Sequence[Problem], format_: ProblemFormat, directory: Path, out: Output) -> None:
    from intime_sync.render import annotations

    match format_:
        case ProblemFormat.TEXT:
            out.problems(problems)
        case ProblemFormat.JSON:
            out.write(annotations.problems_to_json(problems, directory=_here(directory), mask=out.mask))
        case ProblemFormat.GITLAB:
            out.write(annotations.problems_to_gitlab(problems, directory=_here(directory), mask=out.mask))
        case ProblemFormat.GITHUB:
            # No problem, no line: an empty one would be a line of the log.
            if problems:
                out.write(annotations.problems_to_github(problems, directory=_here(directory), mask=out.mask))
        case _:
            assert_never(format_)


def _here(directory: Path) -> str:
    """The directory as seen from the current one. Links stay: a repository's files are found by their own names."""
    return Path(os.path.relpath(directory)).as_posix()
