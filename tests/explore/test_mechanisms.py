"""The exploration can fail: without each of these mechanisms, it finds a history that goes wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from explore.histories import explore

from intime_sync.applying import filling, holding, listed
from intime_sync.applying.sending import Sender
from intime_sync.planning import lookalikes


@dataclass(frozen=True)
class Mechanism:
    """What is taken away, and a service and a world in which that shows."""

    service: str
    world: str
    owner: Any
    name: str
    instead: Callable[..., Any]
    every: int = 40


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
        return any(history.fault for history in explore(mechanism.service, mechanism.world, mechanism.every))
    except AssertionError:
        # Not even the account that everything begins with can be made.
        return True
