"""`apply`: make a plan or take a plan file, show it, ask, carry it out, report."""

from __future__ import annotations

from dataclasses import replace
from os import environ
from pathlib import Path
from typing import Any

import click

from intime_sync.cli.apply_flow import apply_options, make_apply_options, run_apply
from intime_sync.cli.options import jobs_option, places_argument, selection_of, selection_options
from intime_sync.cli.plans import configuration_directory, read_plan_file
from intime_sync.cli.session import Session, changed_terms
from intime_sync.config.desired import Configuration, load_desired, load_settings
from intime_sync.config.settings import Settings
from intime_sync.errors import InvalidInput, StalePlan
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.ledger import Ledger
from intime_sync.model.plan import GuardRule, Plan
from intime_sync.model.resource import Snapshot
from intime_sync.planning.guards import judge, lost_ledger
from intime_sync.planning.selection import EVERYTHING, Selection
from intime_sync.planning.staleness import stale_reasons

_SHOWN_REASONS = 20


@click.command("apply")
@places_argument("places", "[DIR|PLANFILE]...")
@selection_options
@apply_options
@jobs_option
def command(
    places: tuple[Path, ...], target: tuple[str, ...], replacement: tuple[str, ...], jobs: int, **options: Any
) -> int:
    """Make the account what the configuration in DIR says: plan, show the plan, ask for `yes`, apply it.

    With a PLANFILE (from `plan --out`), apply exactly that plan, and only if ledger and account are still as it saw
    them.

    With several DIRs, each is applied in a process of its own, --jobs at a time, and one that fails does not stop the
    others. Without --auto-approve, all plans are shown first, and exactly those are applied after one `yes`.
    """
    chosen = make_apply_options("apply", options)
    place, *others = places
    if others:
        from intime_sync.cli.several import Several, apply_several
        from intime_sync.cli.several_checks import check_several

        several = Several("apply", places, jobs, chosen.format_, chosen.reveal, chosen.reports)
        alone = ("--expect-digest", "--allow-delete", "--allow-empty", "--allow-resend")
        given = {name: options[name[2:].replace("-", "_")] for name in alone}
        check_several(several, {"--target": target, "--replace": replacement, **given})
        return apply_several(several, chosen)
    selection = selection_of(target, replacement)
    if not place.exists():
        raise InvalidInput(f"there is no file or directory {place}")
    if not place.is_file():
        return run_apply(_Fresh(load_desired(place, environ), selection), chosen)
    if selection != EVERYTHING:
        raise InvalidInput("a plan file is applied as it is, so --target and --replace belong to `plan`")
    plan, planned = read_plan_file(place)
    settings = load_settings(configuration_directory(place, planned), environ)
    return run_apply(_FromFile(settings, plan), chosen)


class _Fresh:
    """Plans from a configuration."""

    def __init__(self, configuration: Configuration, selection: Selection) -> None:
        self.configuration = configuration
        self.settings = configuration.settings
        self.selection = selection

    def desired(self, ledger: Ledger) -> Snapshot:
        """What the configuration says."""
        return self.configuration.desired

    def plan(self, session: Session, desired: Snapshot, actual: Snapshot) -> Plan:
        """The plan, made now."""
        return session.plan(self.configuration, actual, self.selection)


class _FromFile:
    """Takes the plan of a plan file, and refuses it when settings, ledger or account have changed since."""

    def __init__(self, settings: Settings, plan: Plan) -> None:
        self.settings = settings
        self.planned = plan
        changed = changed_terms(plan, settings)
        if changed:
            raise StalePlan(
                f"settings have changed since the plan was made ({', '.join(changed)}), so nothing was sent",
                hint="plan again",
            )

    def desired(self, ledger: Ledger) -> Snapshot:
        """The kinds that the plan changes, each without objects: the plan file does not hold the configuration."""
        kinds = [change.address.kind for change in self.planned.changes]
        return Snapshot(dict.fromkeys([*kinds, CONTACTS.name] if self.planned.leftovers else kinds, ()))

    def plan(self, session: Session, desired: Snapshot, actual: Snapshot) -> Plan:
        """The plan of the file, with the guards as they are now. Raises StalePlan."""
        plan, ledger, context = self.planned, session.ledger, session.context()
        reasons = stale_reasons(plan, context.account, actual, ledger, context.clock)
        if not reasons and plan.recomputed(ledger.digest_key) != plan.stated:
            reasons = ["its digest is not that of its contents: it was edited, or made without the ledger's key"]
        if reasons:
            shown = "\n  ".join(reasons[:_SHOWN_REASONS])
            more = f"\n  and {len(reasons) - _SHOWN_REASONS} more" if len(reasons) > _SHOWN_REASONS else ""
            raise StalePlan(f"the plan is stale, so nothing was sent:\n  {shown}{more}", hint="plan again")
        guards = judge(plan.changes, actual, ledger, context)
        lost = tuple(lost_ledger(plan.changes, actual, ledger, context.account.owner))
        # A plan that was narrowed shows only some of the messages that a lost ledger may have known.
        lost = lost or tuple(guard for guard in plan.guards if guard.rule is GuardRule.LOST_LEDGER)
        return replace(plan, guards=(*guards, *lost))
