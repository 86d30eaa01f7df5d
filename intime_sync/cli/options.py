"""Arguments and options that several verbs share."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from intime_sync.kinds.registry import BY_NAME
from intime_sync.model.resource import KindName
from intime_sync.planning.selection import Selection, parse_addresses

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def directory_argument(command: CommandT) -> CommandT:
    """`[DIR]`, the directory that holds intime.yaml."""
    return click.argument("directory", metavar="[DIR]", default=".", type=click.Path(path_type=Path))(command)


def reveal_option(command: CommandT) -> CommandT:
    """`--mask/--reveal`; None leaves it to the terminal."""
    return click.option(
        "--reveal/--mask",
        "reveal",
        default=None,
        help="Show or mask phone numbers and e-mail addresses. Default: show them on a terminal only.",
    )(command)


def selection_options(command: CommandT) -> CommandT:
    """`--target` and `--replace`, both repeatable."""
    command = click.option(
        "--replace",
        "replacement",
        multiple=True,
        metavar="ADDRESS",
        help="Make this object anew although nothing differs; may be repeated.",
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


def environ() -> Mapping[str, str]:
    """The process's environment."""
    return os.environ


class AllowDelete(click.ParamType[tuple[KindName, int]]):
    """`KIND=N`."""

    name = "KIND=N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[KindName, int]:
        """A kind and a count. Fails for anything else."""
        kind, _, count = str(value).partition("=")
        if kind not in (*BY_NAME, "message") or not count.isdecimal():
            self.fail(f"`{value}` must be KIND=N, for example contact=12", param, ctx)
        return KindName(kind), int(count)
