"""The command `intime-sync`: its verbs, and one exit code for every way to end.

Imports nothing heavy: each verb's module is loaded when the verb is called, so that `--help` is quick.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from intime_sync import __version__
from intime_sync.bulk.gc_tuning import collect_seldom, spare_last_collection
from intime_sync.errors import IntimeSyncError, InvalidConfiguration

if TYPE_CHECKING:
    from intime_sync.cli.output import Output

# The verbs in the order in which they are used; their help texts are here so that listing them loads no module.
VERBS: dict[str, str] = {
    "init": "Start a configuration in a directory.",
    "export": "Write an existing account to a directory, as a configuration that adopts it.",
    "validate": "Report every problem of a configuration, without the network.",
    "plan": "Show what would change in the account.",
    "show": "Show a plan file.",
    "drift": "Show what changed in the account since the last apply.",
    "apply": "Make the account what the configuration says, or apply a plan file.",
    "destroy": "Remove from the account exactly what the configuration owns.",
    "message": "Send, cancel and follow single messages.",
    "ledger": "Look at what this configuration owns, and correct it by hand.",
    "receive": "Take delivery statuses from the service, and show them on a page.",
    "doctor": "Check configuration, credentials, connection, clock and ledger, and say what to do.",
    "emulator": "Run the service on this machine, to try things out and to test against.",
}

EPILOG = """\
\b
A first round, against an emulator that runs inside the command:
  intime-sync init clinic
  intime-sync plan clinic
  intime-sync apply clinic

\b
Exit codes: 0 done, 1 failed, 2 changes (plan --detailed-exitcode) or drift,
3 invalid configuration or command line, 4 stopped by a guard,
5 stale plan, 6 ledger locked, 7 applied in part, 8 outcome unknown, 9 credentials.

Credentials come from INTIME_USER and INTIME_HASH (or INTIME_HASH_FILE). For completion in bash, put
eval "$(_INTIME_SYNC_COMPLETE=bash_source intime-sync)" into ~/.bashrc (zsh_source and fish_source likewise).
"""


class _Verbs(click.Group):
    """Loads a verb's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"intime_sync.cli.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            import difflib

            close = difflib.get_close_matches(args[0], VERBS, n=1)
            hint = f" Did you mean `{close[0]}`?" if close else ""
            raise click.UsageError(f"There is no verb `{args[0]}`.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.command(
    cls=_Verbs,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    no_args_is_help=True,
)
@click.version_option(__version__, "-V", "--version", message="intime-sync %(version)s")
@click.option("-v", "--verbose", count=True, help="Log batches to stderr; -vv every request, without secrets.")
def main(verbose: int) -> None:
    """Keep an InTime Messenger account as YAML: plan what would change, review it, apply it.

    Every verb takes the directory that holds intime.yaml (default: the current one).
    """
    if verbose:
        import logging

        from intime_sync.cli.output import log_handler

        level = logging.INFO if verbose == 1 else logging.DEBUG
        logging.basicConfig(level=level, handlers=[log_handler()])
        logging.getLogger("asyncio").setLevel(logging.WARNING)


def entry() -> None:
    """The console script: run the command line and exit with its code."""
    _open_missing_streams()
    collect_seldom()
    code = run(sys.argv[1:])
    spare_last_collection()
    sys.exit(code)


def _open_missing_streams() -> None:
    """Open the null device for each stream that the caller closed (`<&-`, `>&-`), for which Python has None."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - open until the end


def run(arguments: list[str]) -> int:
    """Run with these arguments and return the exit code. No error of a user or the service leaves a traceback."""
    try:
        result: Any = main.main(args=arguments, prog_name="intime-sync", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        _show_usage(error)
        return 3
    except (click.Abort, KeyboardInterrupt):
        _stderr().note("interrupted")
        return 130
    except InvalidConfiguration as error:
        _stderr().problems(error.problems)
        return error.exit_code
    except IntimeSyncError as error:
        _stderr().error(error)
        return error.exit_code
    except BrokenPipeError:
        # The reader of the output has ended, so there is no place for a message.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _stderr().note(f"error: {where}{error.strerror or error}")
        return 1


def _show_usage(error: click.ClickException) -> None:
    from intime_sync.render.style import inert

    text = io.StringIO()
    error.show(text)
    # Text from the command line must not forge a line; click itself indents the choices that it lists.
    message = click.unstyle(error.format_message())  # as `show` writes it where there is no terminal
    safe = "\n\t".join(inert(line) for line in message.split("\n\t"))
    _stderr().usage(text.getvalue().replace(message, safe))


def _stderr() -> Output:
    from intime_sync.cli.output import Output

    return Output.for_stderr()
