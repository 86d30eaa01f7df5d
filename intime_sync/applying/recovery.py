"""Settling what an interrupted run left open, before anything is planned.

Most of it settles itself: what came to be is in the lists and is adopted, carriers that nobody confirmed are
unknown to the ledger and are removed with their contacts. What is left are twins: objects that the service made
twice of one request whose answer was never read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from intime_sync.applying.goals import ListView
from intime_sync.applying.listed import remove_duplicates
from intime_sync.applying.run import Run
from intime_sync.kinds.base import ListedKind
from intime_sync.kinds.registry import BY_NAME
from intime_sync.model.ledger import Intent
from intime_sync.model.resource import Resource


def settle_open_intents(run: Run) -> int:
    """Settle them; how many there were. Raises ServiceError when a list cannot be read."""
    intents = run.session.open_intents
    for intent in intents:
        kind = BY_NAME.get(intent.kind)
        if intent.operation == "create" and isinstance(kind, ListedKind):
            error = run.reread(kind)
            if error is not None:
                raise error
            remove_duplicates(run, kind, list(_twins(run, kind, intent)))
        run.session.settle(intent.number, [])
    return len(intents)


def _twins(run: Run, kind: ListedKind, intent: Intent) -> Iterator[Resource[Any]]:
    """All but the first of each identity that the intent was about: it was only begun where there was none."""
    objects = intent.detail.get("objects")
    view = ListView(kind, run.actual[kind.name])
    for attributes in objects if isinstance(objects, list) else ():
        if not isinstance(attributes, dict):
            continue
        rows = view.by_identity.get(kind.identity_of(attributes), [])
        yield from sorted(rows, key=lambda row: row.remote_id or 0)[1:]
