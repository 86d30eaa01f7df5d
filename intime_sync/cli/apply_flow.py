"""The steps of `apply` and `destroy`: read the account, settle, plan, show the plan, ask, apply it, report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import click

from intime_sync.applying.applier import Applied, apply_plan
from intime_sync.applying.run import Run
from intime_sync.cli.connection import connect
from intime_sync.cli.options import (
    AllowDelete,
    auto_approve_option,
    lock_timeout_option,
    report_option,
    reveal_option,
    text_or_json_option,
)
from intime_sync.cli.output import Output, check_can_ask, is_approved, progress_bar
from intime_sync.cli.places import check_targets
from intime_sync.cli.reports import ReportFile, ReportFormat, render_plan, write_reports
from intime_sync.cli.session import Session, ledger_store, reading_context
from intime_sync.cli.stopping import StopRequest, stop_on_signals
from intime_sync.config.settings import Settings
from intime_sync.errors import GuardStopped, StalePlan
from intime_sync.kinds.registry import BY_NAME
from intime_sync.model.ledger import Ledger
from intime_sync.model.plan import Guard, Plan
from intime_sync.model.report import Status
from intime_sync.model.resource import KindName, Snapshot
from intime_sync.planning.guards import still_tripped
from intime_sync.planning.matching import account_under_own_names
from intime_sync.render.json import report_to_json
from intime_sync.render.report import report_to_text
from intime_sync.render.style import counted

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """The verb, and the values of the options that `apply_options` adds, by their names."""

    verb: str
    auto_approve: bool
    expect_digest: str | None
    allow_delete: dict[KindName, int]
    allow_empty: tuple[KindName, ...]
    allow_resend: bool
    lock_timeout: float
    parallelism: int
    format_: str
    reports: tuple[ReportFile, ...]
    reveal: bool | None
    plan_on_stdout: bool


class Source(Protocol):
    """Where a plan comes from."""

    @property
    def settings(self) -> Settings:
        """The settings, which name the account and the ledger."""
        ...

    def desired(self, ledger: Ledger) -> Snapshot:
        """The desired objects of each kind that the plan is about; none of them where only the plan is known."""
        ...

    def plan(self, session: Session, desired: Snapshot, actual: Snapshot) -> Plan:
        """The plan that turns `actual` into `desired`."""
        ...


def apply_options(command: CommandT) -> CommandT:
    """The options of every verb that changes the account; the command gets them as one `options` mapping."""
    decorators = (
        auto_approve_option,
        click.option("--expect-digest", metavar="DIGEST", help="Apply only if the plan has this digest (exit 5)."),
        click.option(
            "--allow-delete",
            type=AllowDelete(),
            multiple=True,
            help="Let up to N deletions of a kind pass the delete guard.",
        ),
        click.option(
            "--allow-empty",
            type=click.Choice(list(BY_NAME)),
            multiple=True,
            metavar="KIND",
            help="Believe the account when it suddenly lists none of a kind.",
        ),
        click.option(
            "--allow-resend",
            is_flag=True,
            help="Schedule messages although a lost ledger may have known them as scheduled.",
        ),
        lock_timeout_option,
        click.option("--parallelism", type=click.IntRange(1, 32), default=4, metavar="N", help="Requests at a time."),
        text_or_json_option("How to report."),
        report_option,
        reveal_option,
        # How an apply of several directories reads what was planned in each.
        click.option("--plan-on-stdout", is_flag=True, hidden=True, help="Print the plan as JSON before the report."),
    )
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def make_apply_options(verb: str, options: dict[str, Any]) -> ApplyOptions:
    """The options as one value. Raises InvalidInput without a terminal and without --auto-approve."""
    check_can_ask(options["auto_approve"], f"review the plan, then {verb}")
    return ApplyOptions(verb=verb, **options | {"allow_delete": dict(options["allow_delete"])})


def run_apply(source: Source, options: ApplyOptions) -> int:
    """Plan, show the plan, ask, and carry it out. Returns the exit code."""
    settings = source.settings
    check_targets([report.path for report in options.reports], settings)
    with connect(settings) as connection:
        store = ledger_store(settings, connection.account)
        with store.hold(options.verb, options.lock_timeout) as open_ledger, stop_on_signals() as stop:
            session = Session(settings, connection, open_ledger)
            fetched = session.fetch(source.desired(session.ledger).resources, patient=True)
            settled = session.settle(fetched)
            if settled:
                requests = counted(settled, "request")
                Output.for_stderr().note(f"note: settled {requests} that the last apply had left open")
            # Asked again after settling: `destroy` must also remove what that has added to the ledger.
            desired = source.desired(session.ledger)
            actual = account_under_own_names(fetched, session.ledger, desired)
            plan = source.plan(session, desired, actual)
            if not _approved(plan, options, stop):
                return 1
            with progress_bar(len(plan.changes), wanted=options.format_ == "text") as progress:
                run = Run(
                    client=connection.client,
                    session=open_ledger,
                    owner=settings.owner,
                    policy=settings.policy,
                    context=reading_context(settings),
                    actual=Run.lists_of(actual),
                    progress=progress,
                    stop=stop.reason,
                    parallelism=options.parallelism,
                )
                applied = apply_plan(plan, run)
            _report(plan, applied, options)
            return _exit_code(applied, stop)


def _approved(plan: Plan, options: ApplyOptions, stop: StopRequest) -> bool:
    """Show the plan, write its reports, and ask for approval where that is needed.

    Raises StalePlan and GuardStopped.
    """
    stopping = still_tripped(
        plan.guards, options.allow_delete, options.allow_empty, allow_resend=options.allow_resend
    )
    # With JSON, stdout holds the report and nothing else.
    out = Output.for_stdout(options.reveal) if options.format_ == "text" else Output.for_stderr(options.reveal)
    # Reports are written before a guard stops the plan, since they are needed most then.
    write_reports(plan, options.reports, options.reveal, stopping)
    if options.plan_on_stdout:
        Output.for_stdout(options.reveal).write(render_plan(plan, ReportFormat.JSON, mask=options.reveal is not True))
    else:
        out.write(
            render_plan(plan, ReportFormat.TEXT, mask=out.mask, color=out.color, width=out.width, stopping=stopping)
        )
    if options.expect_digest is not None and options.expect_digest != plan.digest():
        raise StalePlan(
            f"the plan's digest is {plan.digest()}, not {options.expect_digest}, so nothing was sent",
            hint="review the plan as it is now",
        )
    if stopping:
        raise GuardStopped(
            f"stopped by {counted(len(stopping), 'guard')}; nothing was sent",
            hint="; ".join(_overrides(stopping)),
        )
    if options.auto_approve or plan.is_empty:
        return True
    with stop.at_once():
        return is_approved("Apply this?", "Not applied: nothing was sent.")


def _overrides(stopping: Sequence[Guard]) -> Iterator[str]:
    """The options that let exactly this plan pass, and for each guard without an option what to do."""
    given = [guard.option for guard in stopping if guard.option]
    if given:
        yield f"to allow precisely this: {' '.join(given)}"
    yield from (f"write {guard.remedy}" for guard in stopping if not guard.option)


def _report(plan: Plan, applied: Applied, options: ApplyOptions) -> None:
    out = Output.for_stdout(options.reveal)
    if options.format_ == "json":
        out.write(report_to_json(applied.report, mask=out.mask))
    elif not plan.is_empty:
        out.write(report_to_text(applied.report, color=out.color, mask=out.mask))


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
