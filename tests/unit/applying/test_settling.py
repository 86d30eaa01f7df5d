"""Reading an account writes nothing; settling what an interrupted run left open is a step of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from intime_sync.applying.settling import fetch_until_shown, settle_interrupted
from intime_sync.fetching import fetch_actual
from intime_sync.kinds.registry import GROUPS
from intime_sync.model.resource import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from account_lab import Lab

    from intime_sync.ledgers.base import OpenLedger
    from intime_sync.model.resource import KindName


def interrupted(lab: Lab) -> None:
    """A run that created the group `Jour` and died before it could write that down."""
    with lab.ledgers.hold("apply", 0) as session:
        session.intend("create", GROUPS.name, ["Jour"], {"objects": [{"name": "Jour"}], "before": []})
    lab.emulator.store.add_group("Jour")


def files(lab: Lab) -> dict[str, bytes]:
    """What the ledger's files hold."""
    paths = (lab.ledgers.path, lab.ledgers.journal_path)
    return {path.name: path.read_bytes() for path in paths if path.exists()}


def fetched(lab: Lab, ledger: OpenLedger) -> Snapshot:
    from account_lab import reading

    def fetch(kinds: Iterable[KindName]) -> Snapshot:
        return fetch_actual(lab.client, kinds, reading())

    return fetch_until_shown(fetch, (), ledger, lambda _seconds: None)


def test_fetching_writes_nothing_and_settling_writes_what_the_account_shows(
    lab: Lab,
) -> None:
    interrupted(lab)
    with lab.ledgers.hold("apply", 0) as session:
        before = files(lab)
        actual = fetched(lab, session)
        assert [group.key for group in actual.of(GROUPS.name)] == ["Jour"]
        assert (files(lab), len(session.open_intents)) == (before, 1)
        assert settle_interrupted(session, actual) == 1
        assert (session.open_intents, "Jour" in session.ledger.of(GROUPS.name)) == ((), True)
    assert "Jour" in lab.ledger().of(GROUPS.name)
    assert lab.writes() == []


def test_a_ledger_that_is_only_read_learns_in_memory_alone(lab: Lab) -> None:
    interrupted(lab)
    before, view = files(lab), lab.ledgers.read()
    assert settle_interrupted(view, fetched(lab, view)) == 1
    assert "Jour" in view.ledger.of(GROUPS.name)
    assert files(lab) == before
    assert len(lab.ledgers.read().open_intents) == 1
