"""The exploration can fail: without each of these mechanisms, it finds a history that goes wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from explore.histories import explore

from intime_sync.applying import filling, holding, listed, lost, recovery
from intime_sync.applying.goals import CreateGoal
from intime_sync.applying.sending import Sender
from intime_sync.bulk.ledger_table import LedgerTable
from intime_sync.planning import awaiting, carriers, lookalikes


@dataclass(frozen=True)
class Mechanism:
    """What is taken away, and a service and a world in which that shows, in a share of its histories."""

    service: str
    world: str
    owner: Any
    name: str
    instead: Callable[..., Any]
    every: int = 1000
    singles: int = 1


MECHANISMS = {
    "an add that was merged into an earlier copy is undone": Mechanism(
        "keeps", "contact", Sender, "_merged", lambda _sender, _carriers, outcome: outcome
    ),
    "a contact that is refused keeps its carrier": Mechanism(
        "adds", "neighbour", holding, "keep_old_carrier", lambda _run, _key, _why: None
    ),
    "a renamed group is known after a lost reply": Mechanism(
        "renames", "group", lookalikes, "lookalikes", lambda _name, _rows, _known: []
    ),
    "lists are given time to show what was confirmed": Mechanism(
        "lags", "group", listed, "_is_late", lambda *_: False
    ),
    "carriers that nobody confirmed are removed": Mechanism(
        "adds", "contact", filling.Filler, "purge", lambda _filler: None
    ),
    "a carrier is known by its name, not by its id alone": Mechanism(
        "reuses-ids",
        "handled-elsewhere",
        carriers,
        "present_carriers",
        lambda ledger, in_account: ledger.carriers.keys() & in_account.keys(),
    ),
    "a group that is made again does not have the listed name of the one that went": Mechanism(
        "reuses-ids-and-renames", "handled-group", lost, "forget_listed_names", lambda *_: []
    ),
    "a carrier whose removal was begun does not count": Mechanism(
        "lags-most", "leave", carriers, "current_carriers", carriers.present_carriers
    ),
    "what was confirmed and is not listed yet is noted": Mechanism(
        "lags-over-runs", "comes", CreateGoal, "awaited_deltas", lambda *_: []
    ),
    "what was confirmed and is not listed yet is not made again": Mechanism(
        "lags-over-runs", "comes", awaiting, "is_awaited", lambda *_: False
    ),
    "contacts of a carrier that is gone are in no carrier": Mechanism(
        "reuses-ids", "handled-refused", LedgerTable, "without_carrier_in", lambda *_: []
    ),
    "contacts that may have gone with an undone carrier are made again": Mechanism(
        "merges", "wavers", Sender, "lost_deltas", lambda *_: []
    ),
    "objects that an interrupted run removed leave the ledger": Mechanism(
        "adds", "empties", recovery, "_removed_objects", lambda *_: iter(())
    ),
    "carriers that an interrupted run removed leave the ledger": Mechanism(
        "adds", "leave", recovery, "_removed_carriers", lambda *_: iter(())
    ),
    "objects that an interrupted run made are owned": Mechanism(
        "adds", "taken-back", recovery, "_created_objects", lambda *_: iter(())
    ),
}


def take_away(patch: pytest.MonkeyPatch, mechanism: Mechanism) -> None:
    """Replace it wherever it was imported to."""
    original = getattr(mechanism.owner, mechanism.name)
    for name, module in list(sys.modules.items()):
        if name.startswith("intime_sync.") and getattr(module, mechanism.name, None) is original:
            patch.setattr(module, mechanism.name, mechanism.instead)
    patch.setattr(mechanism.owner, mechanism.name, mechanism.instead)


@pytest.mark.parametrize("name", MECHANISMS)
def test_without_it_a_history_goes_wrong(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mechanism = MECHANISMS[name]
    take_away(monkeypatch, mechanism)
    assert _goes_wrong(mechanism), "nobody would have noticed"


def _goes_wrong(mechanism: Mechanism) -> bool:
    try:
        return any(
            history.fault
            for history in explore(mechanism.service, mechanism.world, mechanism.every, mechanism.singles)
        )
    except AssertionError:
        # Not even the account that everything begins with can be made.
        return True
