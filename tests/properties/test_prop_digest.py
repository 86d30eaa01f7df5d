"""A digest does not depend on the order of items or on the files that they are in."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from account_lab import REF, Lab, desired_from
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import Config, configs

from intime_sync.config.desired import load_desired
from intime_sync.model.ledger import Ledger
from intime_sync.model.plan import Plan
from intime_sync.model.policy import Policy
from intime_sync.model.resource import Snapshot

HEAD = {"version": 1, "owner": "clinic-a", "account": {"url": "embedded"}, "include": ["*/*.yaml"]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("configuration")


def shuffled(random: Random, items: list[Any]) -> list[Any]:
    return random.sample(items, len(items))


def write(folder: Path, config: Config, random: Random) -> None:
    """The configuration, its items dealt out over three files in any order."""
    for old in folder.rglob("*.yaml"):
        old.unlink()
    (folder / "delar").mkdir(exist_ok=True)
    (folder / "intime.yaml").write_text(yaml.dump(HEAD | {name: [] for name in config}))
    dealt: list[Config] = [{}, {}, {}]
    for section in shuffled(random, list(config)):
        for item in shuffled(random, config[section]):
            fields = dict(shuffled(random, list(item.items())))
            random.choice(dealt).setdefault(section, []).append(fields)
    for name, part in zip(shuffled(random, ["a", "b", "c"]), dealt, strict=True):
        (folder / "delar" / f"{name}.yaml").write_text(yaml.dump(part, allow_unicode=True, sort_keys=False))


def plan_of(lab: Lab, folder: Path, actual: Snapshot, ledger: Ledger) -> Plan:
    return lab.make(load_desired(folder, {}).desired, actual, ledger)


@settings(max_examples=15)
@given(configs(), configs(), st.randoms(use_true_random=True))
def test_files_and_their_order_do_not_change_the_digest(
    lab: Lab, folder: Path, before: Config, after: Config, random: Random
) -> None:
    lab.reset(Policy(carrier_size=3))
    lab.apply(before)
    desired = desired_from(after)
    actual, ledger = lab.fetch(desired), lab.ledger()
    first = lab.make(desired, actual, ledger)
    for _ in range(2):
        write(folder, after, random)
        rows = {kind: tuple(shuffled(random, list(found))) for kind, found in actual.resources.items()}
        again = plan_of(lab, folder, Snapshot(rows), ledger)
        assert again.digest() == first.digest()
        assert again.summary() == first.summary()
        assert [str(change.address) for change in again.changes] == [str(change.address) for change in first.changes]


@settings(max_examples=40)
@given(configs(), configs())
def test_different_plans_have_different_digests(lab: Lab, one: Config, other: Config) -> None:
    def digest_of(config: Config) -> tuple[str, list[Any]]:
        desired = desired_from(config)
        empty = Snapshot(dict.fromkeys(desired.resources, ()))
        plan = lab.make(desired, empty, Ledger("line", 1, REF))
        return plan.digest(), [(change.address, change.after) for change in plan.changes]  # type: ignore[union-attr]

    (first, changes), (second, others) = digest_of(one), digest_of(other)
    assert (first == second) == (changes == others)
