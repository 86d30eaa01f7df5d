"""Arguments and options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from intime_sync.cli.reports import ReportFile, ReportFormat
from intime_sync.kinds.registry import BY_NAME
from intime_sync.links import real_path
from intime_sync.model.resource import KindName
from intime_sync.planning.selection import Selection, parse_addresses

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def directory_argument(command: CommandT) -> CommandT:
    """`[DIR]`, the directory that holds intime.yaml."""
    return click.argument("directory", metavar="[DIR]", default=".", type=click.Path(path_type=Path))(command)


def directories_argument(command: CommandT) -> CommandT:
    """`[DIR]...`, directories that each hold an intime.yaml, the current one if none is named; and `--jobs`."""
    return jobs_option(places_argument("directories", "[DIR]...")(command))


def places_argument(name: str, metavar: str) -> Callable[[CommandT], CommandT]:
    """An argument for any number of paths; the current directory if none is named."""
    return click.argument(name, metavar=metavar, nargs=-1, type=click.Path(path_type=Path), callback=_or_here)


def jobs_option(command: CommandT) -> CommandT:
    """`--jobs N`."""
    return click.option(
        "--jobs",
        type=click.IntRange(1, 64),
        default=1,
        metavar="N",
        help="With several directories: how many at a time.",
    )(command)


def _or_here(_ctx: click.Context, _param: click.Parameter, paths: tuple[Path, ...]) -> tuple[Path, ...]:
    return paths or (Path(),)


def reveal_option(command: CommandT) -> CommandT:
    """`--mask/--reveal`; None leaves it to the terminal."""
    return click.option(
        "--reveal/--mask",
        "reveal",
        default=None,
        help="Show or mask phone numbers and e-mail addresses. Default: show them on a terminal only.",
    )(command)


def format_option(command: CommandT) -> CommandT:
    """`--format` of verbs whose result is a plan."""
    formats = [str(format_) for format_ in ReportFormat]
    return click.option("--format", "format_", type=click.Choice(formats), default="text", help="How to show it.")(
        command
    )


def text_or_json_option(help_: str = "How to show it.") -> Callable[[CommandT], CommandT]:
    """`--format text|json`, passed as `format_`."""
    return click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help=help_)


def auto_approve_option(command: CommandT) -> CommandT:
    """`--auto-approve`; see `check_can_ask`."""
    return click.option("--auto-approve", is_flag=True, help="Do not ask; needed where there is no terminal.")(
        command
    )


def lock_timeout_option(command: CommandT) -> CommandT:
    """`--lock-timeout`, in seconds."""
    return click.option(
        "--lock-timeout", type=click.FloatRange(min=0), default=0, metavar="SECONDS", help="Wait for another run."
    )(command)


def report_option(command: CommandT) -> CommandT:
    """`--report FORMAT=FILE`, repeatable; the command gets ReportFiles, no two of them for one file."""
    return click.option(
        "--report",
        "reports",
        type=_ReportTo(),
        multiple=True,
        callback=_check_distinct_files,
        help=f"Also write the plan to a file, as {', '.join(ReportFormat)}; masked unless --reveal is given; "
        "may be repeated.",
    )(command)


def selection_options(command: CommandT) -> CommandT:
    """`--target` and `--replace`, both repeatable."""
    command = click.option(
        "--replace",
        "replacement",
        multiple=True,
        metavar="ADDRESS",
        help="Make this object again although nothing differs; may be repeated.",
    )(command)
    return click.option(
        "--target",
        "target",
        multiple=True,
        metavar="ADDRESS",
        help="Change nothing but this object (and the groups it needs); may be repeated.",
    )(command)


def selection_of(targets: tuple[str, ...], replacements: tuple[str, ...]) -> Selection:
    """What the two options ask for. Raises InvalidInput."""
    return Selection(parse_addresses(targets, BY_NAME), parse_addresses(replacements, BY_NAME))


def _check_distinct_files(
    ctx: click.Context, param: click.Parameter, reports: tuple[ReportFile, ...]
) -> tuple[ReportFile, ...]:
    paths = [real_path(report.path) for report in reports]
    for report, path in zip(reports, paths, strict=True):
        if paths.count(path) > 1:
            raise click.BadParameter(f"two reports go to {report.path}", ctx, param)
    return reports


class _ReportTo(click.ParamType[ReportFile]):
    """`FORMAT=FILE`, with a file in an existing directory."""

    name = "FORMAT=FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> ReportFile:
        """The format and the file. Fails for anything else, and where there is no such directory."""
        format_, _, file = str(value).partition("=")
        if format_ not in set(ReportFormat) or not file:
            known = ", ".join(ReportFormat)
            self.fail(
                f"`{value}` must be FORMAT=FILE, with a format of {known}; for example markdown=plan.md", param, ctx
            )
        path = Path(file)
        if path.is_dir():
            self.fail(f"{file} is a directory", param, ctx)
        if not path.parent.is_dir():
            self.fail(f"there is no directory {path.parent} for {file}", param, ctx)
        return ReportFile(ReportFormat(format_), path)


class AllowDelete(click.ParamType[tuple[KindName, int]]):
    """`KIND=N`."""

    name = "KIND=N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[KindName, int]:
        """A kind and a count. Fails for anything else."""
        kind, _, count = str(value).partition("=")
        if kind not in BY_NAME or not count.isdecimal():
            self.fail(f"`{value}` must be KIND=N, for example contact=12", param, ctx)
        return KindName(kind), int(count)
