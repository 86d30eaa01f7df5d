"""The contract of every kind: an object that is read, sent, listed and compared stays the same object."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from account_lab import CLOCK, ZONE, Lab, actions, desired_from, found_contacts, lab_at, reading, wanted_contacts
from kind_samples import SAMPLES, Bad, Samples

from intime_sync.config.convert import converter_for
from intime_sync.config.explain import Checker
from intime_sync.config.schema import section_schema
from intime_sync.fetching import fetch_kind
from intime_sync.kinds.base import Kind, ListedKind, Removal, WireContext
from intime_sync.kinds.reading import ItemContext
from intime_sync.kinds.registry import BY_NAME, BY_SECTION, CONTACTS, KINDS, LISTED, ORDER
from intime_sync.model.problem import Origin, Severity
from intime_sync.model.resource import Resource
from intime_sync.service.reply import Ids
from intime_sync.service.requests import WireFormat

STYLES = ("raw", "national", "e164")
CHECKED = [kind for kind in KINDS if kind.name in SAMPLES]
CHECKED_LISTED = [kind for kind in LISTED if kind.name in SAMPLES]
HERE = Origin("intime.yaml", 3, 5)

of_every_kind = pytest.mark.parametrize("kind", CHECKED, ids=lambda kind: kind.name)
of_every_listed_kind = pytest.mark.parametrize("kind", CHECKED_LISTED, ids=lambda kind: kind.name)
in_every_style = pytest.mark.parametrize("style", STYLES)


@pytest.fixture(scope="module")
def labs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Lab]]:
    """A laboratory for each way in which the service may spell numbers."""
    folder: Path = tmp_path_factory.mktemp("labs")
    with (
        lab_at(folder / "raw", echo="raw") as raw,
        lab_at(folder / "national", echo="national", duplicates="keep") as national,
        lab_at(folder / "e164", echo="e164", declare="utf-8") as e164,
    ):
        yield {"raw": raw, "national": national, "e164": e164}


@pytest.fixture
def lab(labs: dict[str, Lab], style: str) -> Lab:
    labs[style].reset()
    return labs[style]


def samples_of(kind: Kind) -> Samples:
    return SAMPLES[kind.name]


def read_all(kind: Kind, items: tuple[dict[str, Any], ...]) -> list[Resource[Any]]:
    return list(desired_from({kind.spec.name: items}).of(kind.name))


def sections_of(kind: Kind, items: tuple[dict[str, Any], ...]) -> dict[str, list[dict[str, Any]]]:
    return {**samples_of(kind).needs, kind.spec.name: list(items)}


def test_every_kind_has_samples_and_a_place_in_the_registry() -> None:
    assert set(SAMPLES) == {kind.name for kind in KINDS}, "add the new kind to tests/kinds/kind_samples.py"
    assert [BY_NAME[kind.name] for kind in KINDS] == [BY_SECTION[kind.spec.name] for kind in KINDS] == list(KINDS)
    assert sorted(ORDER, key=ORDER.__getitem__) == [kind.name for kind in KINDS]
    assert set(LISTED) == {kind for kind in KINDS if isinstance(kind, ListedKind)}


@of_every_kind
def test_samples_match_the_schema(kind: Kind) -> None:
    checker = Checker(section_schema(kind.spec))
    items = [dict(item) for item in (*samples_of(kind).items, *samples_of(kind).respelled)]
    converter_for(kind.spec)(items)
    assert checker.is_valid(items)


@of_every_kind
def test_attributes_are_json_and_stable(kind: Kind) -> None:
    for item in samples_of(kind).items:
        first, again = (read_all(kind, (item,))[0] for _ in range(2))
        attributes = kind.attributes(first.value)
        assert first == again
        assert json.loads(json.dumps(attributes)) == attributes
        assert list(kind.attributes(again.value)) == list(attributes)
        assert hash(first.value) == hash(again.value)


@of_every_kind
def test_other_spellings_are_the_same_object(kind: Kind) -> None:
    samples = samples_of(kind)
    for one, other in zip(read_all(kind, samples.items), read_all(kind, samples.respelled), strict=True):
        assert one.key == other.key
        assert kind.attributes(one.value) == kind.attributes(other.value)


@of_every_kind
def test_samples_are_different_objects(kind: Kind) -> None:
    read = read_all(kind, samples_of(kind).items)
    assert len({resource.key for resource in read}) == len(read)
    if isinstance(kind, ListedKind):
        assert len({kind.identity(resource.value) for resource in read}) == len(read)


@of_every_kind
def test_lifecycle_fields_are_read_with_every_item(kind: Kind) -> None:
    for item in samples_of(kind).items:
        for extra, absent, protect in (
            ({}, False, None),
            ({"ensure": "present"}, False, None),
            ({"ensure": "absent"}, True, None),
            ({"protect": True}, False, True),
            ({"protect": False}, False, False),
        ):
            (resource,) = read_all(kind, ({**item, **extra},))
            assert (resource.lifecycle.absent, resource.lifecycle.protect) == (absent, protect)
            assert resource.origin is not None


@pytest.mark.parametrize(
    ("kind", "bad"),
    [pytest.param(kind, bad, id=f"{kind.name}-{bad.code}") for kind in CHECKED for bad in SAMPLES[kind.name].bad],
)
def test_a_bad_item_gives_its_problem_and_its_place(kind: Kind, bad: Bad) -> None:
    context = ItemContext("SE", ZONE, [], lambda *path: Origin("intime.yaml", 3, 5 + len(path)))
    resource = kind.read(bad.item, HERE, context)
    errors = [problem for problem in context.problems if problem.severity is Severity.ERROR]
    assert [problem.code for problem in errors] == [bad.code]
    assert errors[0].origin == Origin("intime.yaml", 3, 5 + bad.depth)
    assert errors[0].message.isprintable()
    assert resource is None or bad.code in ("contradiction", "forbidden-character")


@of_every_listed_kind
def test_identity_reads_the_same_from_value_and_attributes(kind: ListedKind) -> None:
    for resource in read_all(kind, samples_of(kind).items):
        attributes = json.loads(json.dumps(kind.attributes(resource.value)))
        assert kind.identity_of(attributes) == kind.identity(resource.value)
        assert not kind.inert(attributes)
        assert not kind.is_past(attributes, CLOCK.now, ZONE)


@of_every_listed_kind
def test_an_empty_list_has_no_objects(kind: ListedKind) -> None:
    assert kind.rows(None) == []
    assert kind.observed([], reading()) == ()


@in_every_style
@pytest.mark.parametrize("mobiles", ["e164", "national"])
@pytest.mark.parametrize("dates", ["extended", "basic"])
@of_every_listed_kind
def test_a_created_object_is_listed_as_it_was_wanted(
    kind: ListedKind, lab: Lab, mobiles: Any, dates: Any, style: str
) -> None:
    wire = WireContext(WireFormat(dates=dates, mobiles=mobiles))
    wanted = [kind.attributes(resource.value) for resource in read_all(kind, samples_of(kind).items)]
    outcome = lab.client.send(kind.create_request(wanted, wire))
    assert isinstance(outcome, Ids)
    assert len(outcome.ids) == len(wanted)
    listed = fetch_kind(lab.client, kind, reading())
    assert [kind.attributes(found.value) for found in listed] == wanted
    assert [kind.identity(found.value) for found in listed] == [kind.identity_of(item) for item in wanted]
    for found in listed:
        assert found.remote_id in (None, *outcome.ids)


@in_every_style
@of_every_listed_kind
def test_a_removed_object_is_gone_or_inert(kind: ListedKind, lab: Lab, style: str) -> None:
    wanted = [kind.attributes(resource.value) for resource in read_all(kind, samples_of(kind).items)]
    lab.client.send(kind.create_request(wanted, WireContext()))
    first, *others = fetch_kind(lab.client, kind, reading())
    removal = Removal(first.remote_id, kind.attributes(first.value), {}, first)
    assert isinstance(lab.client.send(kind.remove_request([removal], WireContext())), Ids)
    live = [row for row in fetch_kind(lab.client, kind, reading()) if not kind.inert(kind.attributes(row.value))]
    assert live == others


@in_every_style
@of_every_kind
def test_after_an_apply_nothing_is_left_to_do_in_any_spelling(kind: Kind, lab: Lab, style: str) -> None:
    samples = samples_of(kind)
    lab.apply(sections_of(kind, samples.items))
    for items in (samples.items, samples.respelled, tuple(reversed(samples.items))):
        plan = lab.plan(sections_of(kind, items))
        assert plan.is_empty, actions(plan)
        assert plan.unchanged == len(items) + sum(map(len, samples.needs.values()))


@in_every_style
@of_every_kind
def test_an_object_that_is_left_out_is_removed(kind: Kind, lab: Lab, style: str) -> None:
    samples = samples_of(kind)
    lab.apply(sections_of(kind, samples.items))
    key = read_all(kind, samples.items)[0].key
    rest = sections_of(kind, samples.items[1:])
    assert actions(lab.plan(rest)) == [("delete", f"{kind.name}/{key}")]
    lab.apply(rest)
    assert lab.plan(rest).is_empty
    lab.apply(sections_of(kind, ()))
    assert lab.plan(sections_of(kind, ())).is_empty
    assert not lab.ledger().of(kind.name)
    if isinstance(kind, ListedKind):
        rows = fetch_kind(lab.client, kind, reading())
        assert all(kind.inert(kind.attributes(row.value)) for row in rows)
    else:
        assert lab.emulator.store.contacts() == []
        assert lab.carriers() == {}


@in_every_style
@of_every_kind
def test_ensure_absent_removes_and_then_has_nothing_to_do(kind: Kind, lab: Lab, style: str) -> None:
    samples = samples_of(kind)
    lab.apply(sections_of(kind, samples.items))
    gone = tuple({**item, "ensure": "absent"} for item in samples.items)
    plan = lab.plan(sections_of(kind, gone))
    assert [action for action, _ in actions(plan)] == ["delete"] * len(gone)
    lab.apply(sections_of(kind, gone))
    assert lab.plan(sections_of(kind, gone)).is_empty


@in_every_style
@of_every_listed_kind
def test_adopting_calls_nothing_that_changes_anything(kind: ListedKind, lab: Lab, style: str) -> None:
    samples = samples_of(kind)
    assert samples.by_hand is not None
    samples.by_hand(lab.emulator.store)
    sections = sections_of(kind, samples.items)
    assert {action for action, _ in actions(lab.plan(sections))} == {"adopt"}
    lab.apply(sections)
    assert lab.writes() == []
    assert len(lab.ledger().of(kind.name)) == len(samples.items)
    assert lab.plan(sections).is_empty


@in_every_style
@of_every_kind
def test_protect_is_kept_after_the_item_is_left_out(kind: Kind, lab: Lab, style: str) -> None:
    samples = samples_of(kind)
    first, *others = samples.items
    lab.apply(sections_of(kind, ({**first, "protect": True}, *others)))
    key = read_all(kind, samples.items)[0].key
    assert lab.ledger().of(kind.name)[key].protect
    assert lab.plan(sections_of(kind, samples.items)).is_empty
    without = lab.plan(sections_of(kind, tuple(others)))
    assert [(guard.rule, guard.kind) for guard in without.tripped()] == [("protect", kind.name)]
    # Only saying so lifts it.
    lifted = sections_of(kind, ({**first, "protect": False}, *others))
    assert actions(lab.plan(lifted)) == [("adopt", f"{kind.name}/{key}")]
    lab.apply(lifted)
    assert lab.plan(sections_of(kind, tuple(others))).tripped() == ()


@in_every_style
@of_every_kind
def test_a_missing_section_is_neither_read_nor_changed(kind: Kind, lab: Lab, style: str) -> None:
    samples = samples_of(kind)
    lab.apply(sections_of(kind, samples.items))
    before = lab.ledger()
    lab.emulator.calls.clear()
    assert lab.plan({}).is_empty
    lab.apply({})
    assert lab.emulator.calls == []
    assert lab.ledger() == before


@in_every_style
def test_contacts_are_in_the_service_as_they_were_wanted(lab: Lab, style: str) -> None:
    sections = sections_of(CONTACTS, SAMPLES["contact"].items)
    lab.apply(sections)
    assert found_contacts(lab) == wanted_contacts(sections)


@in_every_style
def test_an_update_sends_only_what_differs(lab: Lab, style: str) -> None:
    """What is not sent is kept: a part that only the service knows must survive an edit of another."""
    samples = SAMPLES["reminder"]
    lab.apply({"reminders": list(samples.items)})
    moved = {**samples.items[0], "at": "2026-12-02T09:45"}
    plan = lab.plan({"reminders": [moved, samples.items[1]]})
    assert actions(plan) == [("update", "reminder/a")]
    store = lab.emulator.store
    before = store.reminders()[0]
    lab.apply({"reminders": [moved, samples.items[1]]})
    after = store.reminders()[0]
    assert after == replace(before, at=after.at)
    assert after.at.isoformat() == "2026-12-02T09:45:00"
