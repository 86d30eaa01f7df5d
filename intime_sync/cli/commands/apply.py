"""`apply`: plan afresh (or take a plan file), show, ask, carry out, report."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import click

from intime_sync.applying.applier import Applied, apply_plan
from intime_sync.applying.recovery import settle_open_intents
from intime_sync.applying.run import Run
from intime_sync.cli.options import AllowDelete, environ, reveal_option, selection_of, selection_options
from intime_sync.cli.output import Output, SilentProgress, progress_bar
from intime_sync.cli.plans import read_plan_file, render_plan
from intime_sync.cli.stopping import StopRequest, stop_on_signals
from intime_sync.cli.wiring import (
    Connection,
    check_ledger,
    clock_of,
    connect,
    ledger_store,
    plan_for,
    reading_context,
)
from intime_sync.config.desired import Configuration, load_desired, load_settings
from intime_sync.config.settings import Settings
from intime_sync.errors import GuardStopped, InvalidInput, StalePlan
from intime_sync.kinds.registry import BY_NAME
from intime_sync.ledgers.base import LedgerSession
from intime_sync.model.plan import Plan
from intime_sync.model.report import Status
from intime_sync.model.resource import KindName, Snapshot
from intime_sync.planning.guards import allowed, judge
from intime_sync.planning.selection import EVERYTHING, Selection
from intime_sync.planning.staleness import stale_reasons
from intime_sync.remote.fetch import fetch_actual
from intime_sync.render.json import report_to_json
from intime_sync.render.report import report_to_text


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What the command line asks of an apply."""

    approve: bool
    digest: str | None
    allow_delete: dict[KindName, int]
    allow_empty: tuple[KindName, ...]
    lock_timeout: float
    parallelism: int
    format: str
    reveal: bool | None


@click.command("apply")
@click.argument("target", metavar="[DIR|PLANFILE]", default=".", type=click.Path(path_type=Path))
@click.option("--auto-approve", is_flag=True, help="Do not ask; needed where there is no terminal.")
@click.option("--expect-digest", metavar="DIGEST", help="Apply only if the plan has this digest (exit 5).")
@click.option(
    "--allow-delete", type=AllowDelete(), multiple=True, help="Let up to N deletions of a kind pass the delete guard."
)
@click.option(
    "--allow-empty",
    type=click.Choice(list(BY_NAME)),
    multiple=True,
    metavar="KIND",
    help="Believe the account when it suddenly lists none of a kind.",
)
@click.option(
    "--lock-timeout", type=click.FloatRange(min=0), default=0, metavar="SECONDS", help="Wait for another run."
)
@click.option("--parallelism", type=click.IntRange(1, 32), default=4, metavar="N", help="Requests at a time.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to report.")
@selection_options
@reveal_option
def command(
    target: Path,
    auto_approve: bool,
    expect_digest: str | None,
    allow_delete: tuple[tuple[KindName, int], ...],
    allow_empty: tuple[str, ...],
    lock_timeout: float,
    parallelism: int,
    format_: str,
    target_: tuple[str, ...],
    replace_: tuple[str, ...],
    reveal: bool | None,
) -> int:
    """Make the account what the configuration in DIR says: plan, show the plan, ask for `yes`, apply it.

    With a PLANFILE (from `plan --out`), apply exactly that plan, and only if ledger and account are still as it saw
    them.
    """
    wishes = _Wishes(
        auto_approve,
        expect_digest,
        dict(allow_delete),
        tuple(KindName(kind) for kind in allow_empty),
        lock_timeout,
        parallelism,
        format_,
        reveal,
    )
    if not auto_approve and not sys.stdin.isatty():
        raise InvalidInput(
            "there is no terminal to ask for approval on", hint="review the plan, then apply with --auto-approve"
        )
    selection = selection_of(target_, replace_)
    if target.is_file():
        if selection != EVERYTHING:
            raise InvalidInput("a plan file is applied as it is, so --target and --replace belong to `plan`")
        plan, directory = read_plan_file(target)
        return _run(_FromFile(load_settings(directory, environ()), plan), wishes)
    return _run(_Fresh(load_desired(target, environ()), selection), wishes)


class _Fresh:
    """Plans afresh from a configuration."""

    def __init__(self, configuration: Configuration, selection: Selection) -> None:
        self.configuration = configuration
        self.selection = selection
        self.settings = configuration.settings
        self.kinds = tuple(configuration.desired.resources)

    def plan(self, connection: Connection, session: LedgerSession) -> tuple[Plan, Snapshot]:
        """The plan, and the account that it was made from."""
        return plan_for(self.configuration, connection, session.ledger, self.selection)


class _FromFile:
    """Takes a plan as it was written, and refuses it when the world has moved."""

    def __init__(self, settings: Settings, plan: Plan) -> None:
        self.settings = settings
        self.planned = plan
        self.kinds = tuple(dict.fromkeys(change.address.kind for change in plan.changes))

    def plan(self, connection: Connection, session: LedgerSession) -> tuple[Plan, Snapshot]:
        """The plan, and the account as it is now. Raises StalePlan."""
        plan, settings = self.planned, self.settings
        check_ledger(session.ledger, connection.account)
        kinds = (*self.kinds, KindName("contact")) if plan.leftovers else self.kinds
        actual = fetch_actual(connection.client, kinds, reading_context(settings))
        reasons = stale_reasons(plan, connection.account, actual, session.ledger)
        if reasons:
            shown = "\n  ".join(reasons[:20])
            raise StalePlan(f"the plan is stale, so nothing was sent:\n  {shown}", hint="plan again")
        judged = judge(plan.changes, actual, session.ledger, settings.policy, clock_of(settings))
        return replace(plan, guards=judged), actual


def _run(source: _Fresh | _FromFile, wishes: _Wishes) -> int:
    settings = source.settings
    with connect(settings) as connection:
        store = ledger_store(settings, connection.account)
        with store.hold("apply", wishes.lock_timeout) as session, stop_on_signals() as stop:
            run = _new_run(settings, connection, session, stop, wishes)
            if session.open_intents:
                count = settle_open_intents(run)
                Output.for_stderr().note(f"note: settled {count} requests that an interrupted apply had left open")
            plan, actual = source.plan(connection, session)
            run.actual = Run.lists_of(actual)
            if not _approved(plan, wishes):
                return 1
            return _carry_out(plan, run, stop, wishes)


def _new_run(
    settings: Settings, connection: Connection, session: LedgerSession, stop: StopRequest, wishes: _Wishes
) -> Run:
    return Run(
        client=connection.client,
        session=session,
        owner=settings.owner,
        policy=settings.policy,
        context=reading_context(settings),
        actual={},
        progress=SilentProgress(),
        stop=stop.reason,
        parallelism=wishes.parallelism,
    )


def _approved(plan: Plan, wishes: _Wishes) -> bool:
    """Show the plan; raise what stops it; ask where somebody is to be asked."""
    stopping = allowed(plan.guards, wishes.allow_delete, wishes.allow_empty)
    # With JSON, stdout is the report's alone.
    out = Output.for_stdout(wishes.reveal) if wishes.format == "text" else Output.for_stderr(wishes.reveal)
    out.write(render_plan(plan, "text", out, stopping))
    if wishes.digest is not None and wishes.digest != plan.digest():
        raise StalePlan(
            f"the plan's digest is {plan.digest()}, not {wishes.digest}, so nothing was sent",
            hint="review the plan as it is now",
        )
    if stopping:
        raise GuardStopped(
            f"stopped by {len(stopping)} guard{'s' if len(stopping) > 1 else ''}; nothing was sent",
            hint="to allow precisely this: " + " ".join(guard.override for guard in stopping),
        )
    if wishes.approve or plan.is_empty:
        return True
    answer = click.prompt("Apply this? Only `yes` does", default="", show_default=False, err=True)
    if answer.strip() != "yes":
        Output.for_stderr().note("Not applied: nothing was sent.")
        return False
    return True


def _carry_out(plan: Plan, run: Run, stop: StopRequest, wishes: _Wishes) -> int:
    with progress_bar(len(plan.changes), wanted=wishes.format == "text") as progress:
        run.progress = progress
        applied = apply_plan(plan, run)
    out = Output.for_stdout(wishes.reveal)
    if wishes.format == "json":
        out.write(report_to_json(applied.report, mask=out.mask))
    elif not plan.is_empty:
        out.write(report_to_text(applied.report, color=out.color, mask=out.mask))
    return _exit_code(applied, stop)


def _exit_code(applied: Applied, stop: StopRequest) -> int:
    summary = applied.report.summary()
    if summary[Status.UNKNOWN]:
        return 8
    if stop.signal is not None and applied.report.stopped:
        return stop.exit_code
    if applied.failure is not None:
        Output.for_stderr().error(applied.failure)
        return 7 if summary[Status.DONE] and applied.failure.exit_code == 1 else applied.failure.exit_code
    return 7 if summary[Status.FAILED] else 0
