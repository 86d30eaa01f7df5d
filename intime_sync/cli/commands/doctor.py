"""`doctor`: is everything in place, and if not, what to do. Changes nothing in the account."""

from __future__ import annotations

from collections.abc import Iterator
from os import environ
from pathlib import Path

import click

from intime_sync.cli.doctor import account, machine
from intime_sync.cli.doctor.results import CheckResult, State, broken, results_to_json, results_to_text, skipped
from intime_sync.cli.options import directories_argument, reveal_option, text_or_json_option
from intime_sync.cli.output import Output
from intime_sync.cli.session import ledger_store
from intime_sync.config.desired import load_settings
from intime_sync.errors import InvalidConfiguration, InvalidInput

_NEED_SETTINGS = ("credentials", "time zone", "ledger", "lock", "receipts", "connection")


@click.command("doctor")
@directories_argument
@text_or_json_option()
@reveal_option
def command(directories: tuple[Path, ...], jobs: int, format_: str, reveal: bool | None) -> int:
    """Check configuration, credentials, connection, clock, ledger and carriers, and say what to do.

    Reads the account's lists and sends nothing that changes it. Exits 1 when something is wrong, else 0.
    """
    directory, *others = directories
    if others:
        from intime_sync.cli.several import Several, run_several
        from intime_sync.cli.several_checks import check_several

        several = Several("doctor", directories, jobs, format_, reveal)
        check_several(several, {})
        return run_several(several)
    results = list(_examine(directory))
    out = Output.for_stdout(reveal)
    if format_ == "json":
        out.write(results_to_json(results, mask=out.mask))
    else:
        encoding = out.stream.encoding or "utf-8"
        out.write(results_to_text(results, color=out.color, mask=out.mask, encoding=encoding))
    return 1 if any(result.state is State.FAILED for result in results) else 0


def _examine(directory: Path) -> Iterator[CheckResult]:
    yield machine.check_versions()
    configuration, managed = machine.check_configuration(directory)
    yield configuration
    try:
        settings = load_settings(directory, environ)
    except (InvalidConfiguration, InvalidInput):
        yield from (skipped(name, "the settings are wrong") for name in _NEED_SETTINGS)
        return
    yield machine.check_credentials(settings)
    yield machine.check_zone(settings)
    checked: machine.LedgerCheck | None = None
    try:
        store = ledger_store(settings)
    except InvalidInput as error:
        yield broken("ledger", error)
    else:
        checked = machine.check_ledger_file(settings, store)
        yield checked.result
        yield from machine.check_privacy(store.path)
        yield machine.check_lock(store)
    yield machine.check_receipts(settings)
    if checked is not None and checked.is_others:
        yield from account.nothing_asked("the ledger is not this account's, so nothing was sent")
    else:
        yield from account.check_account(settings, checked.view if checked else None, managed)
