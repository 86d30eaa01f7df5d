"""The command line as Markdown, read from click: what a verb takes and says is written once, in its module."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any

import click

from intime_sync import errors
from intime_sync.cli.main import EPILOG, VERBS, main

# In a table, and outside of code, these would be taken for markup.
_MARKUP = re.compile(r"(`[^`]*`)|([|<>*\[\]])")
_CODES = re.compile(r"(\d+) ([^,.]+?)(?=[,.]\s|\.?$)")


def cli_reference() -> str:
    """Every verb, a heading each."""
    context = click.Context(main, info_name="intime-sync")
    parts = [_options_of(main, context)]
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        if command is None or command.hidden:
            continue
        parts += _verb(command, click.Context(command, context, info_name=name), level=2)
    return "\n\n".join(part for part in parts if part)


def verb_table() -> str:
    """What each verb is for, a line each."""
    rows = [f"| `{name}` | {_text(words)} |" for name, words in VERBS.items()]
    return "\n".join(["| verb | does |", "|---|---|", *rows])


def exit_codes() -> str:
    """The codes that `--help` names, as a table; it must name each that an error has."""
    listed = " ".join(EPILOG.partition("Exit codes: ")[2].partition("\n\n")[0].split())
    found = {int(code): meaning for code, meaning in _CODES.findall(listed)}
    used = {error.exit_code for _, error in inspect.getmembers(errors, _has_code)}
    missing = sorted(used - found.keys())
    if missing:
        raise SystemExit(f"the help of intime-sync does not name the exit codes {missing}")
    rows = [f"| {code} | {_text(meaning)} |" for code, meaning in sorted(found.items())]
    return "\n".join(["| code | meaning |", "|---|---|", *rows])


def _has_code(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, errors.IntimeSyncError)


def _verb(command: click.Command, context: click.Context, level: int) -> Iterator[str]:
    """A verb: what it is for, how it is called, what it takes; then its own verbs."""
    path = context.command_path.removeprefix("intime-sync ")
    yield f"{'#' * level} {path}"
    yield from _paragraphs(command.help or "")
    yield f"```text\n{context.command_path} {' '.join(command.collect_usage_pieces(context))}\n```"
    yield _options_of(command, context)
    yield from _paragraphs(command.epilog or "")
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            part = command.get_command(context, name)
            if part is not None and not part.hidden:
                yield from _verb(part, click.Context(part, context, info_name=name), level + 1)


def _paragraphs(text: str) -> Iterator[str]:
    r"""The paragraphs of a help text; one that starts with \b keeps its lines."""
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        lines = paragraph.removeprefix("\b").strip("\n").splitlines()
        code = [line for line in lines if line.startswith(" ")] if paragraph.startswith("\b") else []
        words = " ".join(line.strip() for line in lines if line not in code)
        if words:
            yield _text(words)
        if code:
            yield "```text\n" + textwrap.dedent("\n".join(code)) + "\n```"


def _options_of(command: click.Command, context: click.Context) -> str:
    options = [param for param in command.params if isinstance(param, click.Option) and not param.hidden]
    if not options:
        return ""
    return "\n".join(["| option | means |", "|---|---|", *(_option(option, context) for option in options)])


def _option(option: click.Option, context: click.Context) -> str:
    info: dict[str, Any] = option.to_info_dict()
    value = "" if info["is_flag"] or info["count"] else option.make_metavar(context)
    value = value.removeprefix("[").removesuffix("]").replace("|", r"\|")
    names = ", ".join(
        f"`{name} {value}`" if value else f"`{name}`" for name in [*option.opts, *option.secondary_opts]
    )
    words = _text(" ".join((option.help or "").split()))
    if option.required:
        words += " **Required.**"
    default = info["default"]
    if default not in (None, False, "", ()) and "Default" not in words:
        words += f" Default: `{default}`."
    if isinstance(option.type, click.IntRange | click.FloatRange) and option.type.max is not None:
        words += f" From {option.type.min:,} to {option.type.max:,}."
    return f"| {names} | {words} |"


def _text(words: str) -> str:
    return _MARKUP.sub(lambda found: found[1].replace("|", r"\|") if found[1] else "\\" + found[2], words)
