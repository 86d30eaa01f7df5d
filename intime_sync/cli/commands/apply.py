"""`apply`: plan afresh (or take a plan file), show, ask, carry out, report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from intime_sync.cli.apply_flow import apply_options, make_apply_options, run_apply
from intime_sync.cli.options import environ, selection_of, selection_options
from intime_sync.cli.plans import read_plan_file
from intime_sync.cli.wiring import Connection, changed_terms, clock_of, plan_for, read_account, settle_in, view_of
from intime_sync.config.desired import Configuration, load_desired, load_settings
from intime_sync.config.settings import Settings
from intime_sync.errors import InvalidInput, StalePlan
from intime_sync.kinds.registry import CONTACTS
from intime_sync.ledgers.base import LedgerSession
from intime_sync.model.plan import GuardRule, Plan
from intime_sync.model.resource import Snapshot
from intime_sync.planning.context import PlanningContext
from intime_sync.planning.guards import judge, lost_ledger
from intime_sync.planning.selection import EVERYTHING, Selection
from intime_sync.planning.staleness import stale_reasons

_SHOWN_REASONS = 20


@click.command("apply")
@click.argument("place", metavar="[DIR|PLANFILE]", default=".", type=click.Path(path_type=Path))
@selection_options
@apply_options
def command(place: Path, target: tuple[str, ...], replacement: tuple[str, ...], **options: Any) -> int:
    """Make the account what the configuration in DIR says: plan, show the plan, ask for `yes`, apply it.

    With a PLANFILE (from `plan --out`), apply exactly that plan, and only if ledger and account are still as it saw
    them.
    """
    chosen = make_apply_options("apply", options)
    selection = selection_of(target, replacement)
    if not place.exists():
        raise InvalidInput(f"there is no file or directory {place}")
    if not place.is_file():
        return run_apply(_Fresh(load_desired(place, environ()), selection), chosen)
    if selection != EVERYTHING:
        raise InvalidInput("a plan file is applied as it is, so --target and --replace belong to `plan`")
    plan, directory = read_plan_file(place)
    return run_apply(_FromFile(load_settings(directory, environ()), plan), chosen)


class _Fresh:
    """Plans afresh from a configuration."""

    def __init__(self, configuration: Configuration, selection: Selection) -> None:
        self.configuration = configuration
        self.settings = configuration.settings
        self.selection = selection

    def plan(self, connection: Connection, session: LedgerSession) -> tuple[Plan, Snapshot]:
        """The plan, and the account that it was made from."""
        return plan_for(
            self.configuration, connection, view_of(session), settle_in(session), self.selection, patient=True
        )


class _FromFile:
    """Takes a plan as it was written, and refuses it when the world has moved."""

    def __init__(self, settings: Settings, plan: Plan) -> None:
        self.settings = settings
        self.planned = plan

    def plan(self, connection: Connection, session: LedgerSession) -> tuple[Plan, Snapshot]:
        """The plan, and the account as it is now. Raises StalePlan."""
        plan, settings = self.planned, self.settings
        changed = changed_terms(plan, settings)
        if changed:
            raise StalePlan(
                f"settings have changed since the plan was made ({', '.join(changed)}), so nothing was sent",
                hint="plan again",
            )
        kinds = [change.address.kind for change in plan.changes]
        if plan.leftovers:
            kinds.append(CONTACTS.name)
        actual = read_account(settings, connection, kinds, view_of(session), settle_in(session), patient=True)
        clock = clock_of(settings, connection.client)
        reasons = stale_reasons(plan, connection.account, actual, session.ledger, clock)
        if not reasons and plan.recomputed(session.ledger.digest_key) != plan.stated:
            reasons = ["its digest is not that of its contents: it was edited, or made without the ledger's key"]
        if reasons:
            shown = "\n  ".join(reasons[:_SHOWN_REASONS])
            more = f"\n  and {len(reasons) - _SHOWN_REASONS} more" if len(reasons) > _SHOWN_REASONS else ""
            raise StalePlan(f"the plan is stale, so nothing was sent:\n  {shown}{more}", hint="plan again")
        guards = judge(
            plan.changes, actual, session.ledger, PlanningContext(connection.account, clock, settings.policy)
        )
        lost = tuple(lost_ledger(plan.changes, actual, session.ledger, connection.account.owner))
        # A plan that was narrowed shows only some of the messages that a lost ledger may have known.
        lost = lost or tuple(guard for guard in plan.guards if guard.rule is GuardRule.LOST_LEDGER)
        return replace(plan, guards=(*guards, *lost)), actual
