"""`destroy`: remove exactly what the ledger owns."""

from __future__ import annotations

from dataclasses import replace
from os import environ
from pathlib import Path
from typing import Any

import click

from intime_sync.cli.apply_flow import apply_options, make_apply_options, run_apply
from intime_sync.cli.options import directory_argument
from intime_sync.cli.session import Session
from intime_sync.config.desired import Configuration, load_settings
from intime_sync.config.settings import Settings
from intime_sync.kinds.registry import CONTACTS, KINDS
from intime_sync.model.ledger import Ledger
from intime_sync.model.plan import Plan
from intime_sync.model.policy import Prune
from intime_sync.model.resource import Snapshot


@click.command("destroy")
@directory_argument
@apply_options
def command(directory: Path, **options: Any) -> int:
    """Remove from the account exactly what the configuration in DIR owns, as its ledger says.

    What others made stays. The plan and the guards are those of `apply`: the delete guard will ask for
    --allow-delete, and protected objects stop it. Removing opt-outs allows SMS to those numbers again.
    """
    chosen = make_apply_options("destroy", options)
    return run_apply(_Nothing(load_settings(directory, environ)), chosen)


class _Nothing:
    """Plans the removal of everything that is owned."""

    def __init__(self, settings: Settings) -> None:
        policy = replace(settings.policy, prune={kind.name: Prune.OWNED for kind in KINDS})
        self.settings = replace(settings, policy=policy)

    def desired(self, ledger: Ledger) -> Snapshot:
        """Nothing of each kind that the ledger owns objects of."""
        owned = {kind.name for kind in KINDS if ledger.of(kind.name)}
        if ledger.lineage:
            # Carriers that an interrupted run left are looked for even where the ledger knows of none.
            owned.add(CONTACTS.name)
        return Snapshot({kind.name: () for kind in KINDS if kind.name in owned})

    def plan(self, session: Session, desired: Snapshot, actual: Snapshot) -> Plan:
        """The plan that removes what is owned."""
        plan = session.plan(Configuration(self.settings, desired, ()), actual)
        # Without a ledger, carriers of this owner may be those of another configuration.
        return plan if session.ledger.lineage else replace(plan, leftovers=())
