"""`drift`: what changed in the account since the last apply, the configuration's own changes aside."""

from __future__ import annotations

from os import environ
from pathlib import Path

import click

from intime_sync.cli.connection import connect
from intime_sync.cli.options import directories_argument, reveal_option, text_or_json_option
from intime_sync.cli.output import Output
from intime_sync.cli.session import Session, clock_of, ledger_store
from intime_sync.config.desired import load_desired, load_settings
from intime_sync.errors import InvalidInput
from intime_sync.kinds.registry import GROUPS
from intime_sync.model.drift import Doubled
from intime_sync.planning.drift import find_drift, watched_kinds
from intime_sync.planning.matching import account_under_own_names
from intime_sync.render.drift import drift_to_json, drift_to_text
from intime_sync.render.style import counted


@click.command("drift")
@directories_argument
@text_or_json_option()
@click.option("--unowned", is_flag=True, help="Also name what is in the account and not owned.")
@reveal_option
def command(directories: tuple[Path, ...], jobs: int, format_: str, unowned: bool, reveal: bool | None) -> int:
    """Show what changed in the account since the last apply, apart from what the configuration changed.

    Compares the account with the ledger, and says what cannot be compared because the service does not list it.
    Changes nothing. Exits 2 when there is drift, 0 when there is none.
    """
    directory, *others = directories
    if others:
        from intime_sync.cli.several import Several, run_several
        from intime_sync.cli.several_checks import check_several

        several = Several("drift", directories, jobs, format_, reveal)
        check_several(several, {})
        return run_several(several, *(["--unowned"] if unowned else []))
    settings = load_settings(directory, environ)
    with connect(settings) as connection:
        session = Session(settings, connection, ledger_store(settings).read())
        ledger, intents = session.ledger, session.open_ledger.open_intents
        if intents:
            Output.for_stderr().note(
                f"note: the last apply left {counted(len(intents), 'request')} open, taken here as "
                "the next one will settle them"
            )
        fetched = session.fetch(watched_kinds(ledger))
        session.settle(fetched)
        actual = account_under_own_names(fetched, ledger, None)
        account = connection.account
    clock = clock_of(settings)
    drift = find_drift(ledger, actual, clock, settings.owner)
    if any(isinstance(found, Doubled) and found.address.kind == GROUPS.name for found in drift.findings):
        drift = find_drift(ledger, actual, clock, settings.owner, _pinned(directory))
    out = Output.for_stdout(reveal)
    if format_ == "json":
        out.write(drift_to_json(drift, account, mask=out.mask, unowned=unowned))
    else:
        out.write(drift_to_text(drift, account, color=out.color, mask=out.mask, unowned=unowned))
    return 2 if drift.findings else 0


def _pinned(directory: Path) -> frozenset[str]:
    """The groups that the configuration pins to an id; none while it has errors."""
    try:
        desired = load_desired(directory, environ).desired
    except InvalidInput:
        return frozenset()
    return frozenset(group.key for group in desired.of(GROUPS.name) if group.lifecycle.pinned is not None)
