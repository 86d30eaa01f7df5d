"""A plan file says everything about a plan, and only what this tool wrote is read back."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from render_samples import EMPTY, IN_PART, NOW, PLAN

from intime_sync.errors import InvalidInput
from intime_sync.model.change import Adopt, Change, Create, Delete, FieldChange, Forget, Manual, Replace, Update
from intime_sync.model.ledger import AccountRef
from intime_sync.model.plan import Guard, GuardRule, Plan
from intime_sync.model.problem import Origin, Problem, Severity
from intime_sync.model.resource import Address, KindName, RemoteId
from intime_sync.render.json import plan_to_dict, plan_to_json, report_to_json
from intime_sync.render.plan_file import read_plan


def written(plan: Plan) -> str:
    return plan_to_json(plan, tool_version="1.0.0", created_at=NOW)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
ATTRIBUTES = st.dictionaries(TEXT, VALUE, max_size=4)
ID = st.integers(0).map(RemoteId)
FIELDS = st.lists(st.builds(FieldChange, TEXT, VALUE, VALUE), max_size=3).map(tuple)
KIND = st.sampled_from([KindName(name) for name in ("group", "contact", "blocklist", "reminder", "message")])
ORIGIN = st.none() | st.builds(Origin, st.text(max_size=5), st.integers(1), st.integers(1))
COMMON = {
    "address": st.builds(Address, KIND, TEXT.filter(bool)),
    "reason": st.none() | TEXT,
    "origin": ORIGIN,
    "protected": st.booleans(),
    "options": st.none() | ATTRIBUTES,
}
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(Create, after=ATTRIBUTES, **COMMON),
    st.builds(Update, remote_id=ID, before=ATTRIBUTES, after=ATTRIBUTES, fields=FIELDS, **COMMON),
    st.builds(Replace, remote_id=st.none() | ID, before=ATTRIBUTES, after=ATTRIBUTES, fields=FIELDS, **COMMON),
    st.builds(Delete, remote_id=st.none() | ID, before=ATTRIBUTES, owned=st.booleans(), **COMMON),
    st.builds(Adopt, remote_id=st.none() | ID, after=ATTRIBUTES, **COMMON),
    st.builds(Forget, remote_id=st.none() | ID, before=ATTRIBUTES, **COMMON),
    st.builds(
        Manual,
        remote_id=st.none() | ID,
        before=st.none() | ATTRIBUTES,
        after=st.none() | ATTRIBUTES,
        fields=FIELDS,
        **COMMON,
    ),
)
BY_HAND = [GuardRule.PROTECT, GuardRule.FOREIGN_CARRIER, GuardRule.MEMBERS_STAY, GuardRule.CLOCK]
GUARDS = st.one_of(
    st.builds(Guard, st.just(GuardRule.MAX_DELETE), KIND, st.booleans(), TEXT, count=st.integers(0)),
    st.builds(Guard, st.sampled_from([GuardRule.EMPTY_ACCOUNT, GuardRule.LOST_LEDGER]), KIND, st.booleans(), TEXT),
    st.builds(Guard, st.sampled_from(BY_HAND), KIND, st.booleans(), TEXT, remedy=TEXT),
)
PLANS = st.builds(
    Plan,
    account=st.builds(AccountRef, TEXT, TEXT, TEXT),
    lineage=TEXT,
    serial=st.integers(0),
    changes=st.lists(CHANGES, max_size=5).map(tuple),
    unchanged=st.integers(0),
    guards=st.lists(GUARDS, max_size=3).map(tuple),
    diagnostics=st.lists(
        st.builds(Problem, TEXT, TEXT, ORIGIN, st.sampled_from(Severity)),
        max_size=3,
    ).map(tuple),
    leftovers=st.lists(st.integers(1).map(RemoteId), max_size=3).map(tuple),
)


@given(PLANS)
def test_a_plan_survives_its_file(plan: Plan) -> None:
    text = written(plan)
    read = read_plan(text.encode().decode())[0]
    assert read == plan
    assert read.digest() == plan.digest()
    assert written(read) == text


def test_the_layout_of_a_plan_file_does_not_matter() -> None:
    assert read_plan(json.dumps(json.loads(written(PLAN)), sort_keys=True, indent=8))[0] == PLAN


def test_every_change_is_one_line() -> None:
    lines = written(PLAN).splitlines()
    assert sum(line.startswith('    {"address"') for line in lines) == len(PLAN.changes)


def test_a_file_name_that_is_no_text_can_be_written_as_utf8() -> None:
    plan = replace(EMPTY, diagnostics=(Problem("odd", "odd", Origin("caf\udce9.yaml", 1, 1)),))
    assert read_plan(written(plan).encode().decode())[0] == plan


Edit = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda plan: plan.update(format_version="2"), "format version '2'"),
        (lambda plan: plan.update(format_version=1), "format version 1"),
        (lambda plan: plan.pop("digest"), "has no `digest`"),
        (lambda plan: plan.pop("checksum"), "has no `checksum`"),
        (lambda plan: plan.pop("changes"), "the plan file has no `changes`"),
        (lambda plan: plan["account"].pop("owner"), "`account` of the plan file has no `owner`"),
        (lambda plan: plan.update(ledger=[]), "`ledger` of the plan file is not an object"),
        (
            lambda plan: plan["ledger"].update(serial=True),
            "`serial` of `ledger` of the plan file is not a whole number",
        ),
        (lambda plan: plan["ledger"].update(serial="3"), "is not a whole number"),
        (
            lambda plan: plan["changes"][3].update(action="destroy"),
            "`changes` 4 of the plan file has the unknown action",
        ),
        (lambda plan: plan["changes"][0].update(address="nowhere"), "impossible address 'nowhere'"),
        (lambda plan: plan["changes"][0].update(key="Jour"), "does not match its address"),
        (
            lambda plan: plan["changes"][0].update(before=None),
            "`before` of `changes` 1 of the plan file is not an object",
        ),
        (lambda plan: plan["changes"][12].update(remote_id=None), "without `remote_id`"),
        (lambda plan: plan["changes"][12].update(remote_id=1.5), "1.5"),
        (lambda plan: plan["guards"][0].update(tripped="no"), "is not true or false"),
        (lambda plan: plan["guards"][0].update(guard="lucky"), "`guards` 1 of the plan file has the unknown guard"),
        (lambda plan: plan["guards"][0].update(override="--allow-delete group=many"), "impossible override"),
        (lambda plan: plan["guards"][0].update(override=f"--allow-delete group={'9' * 5000}"), "impossible override"),
        (lambda plan: plan["guards"][0].update(override="--allow-delete contact=1"), "impossible override"),
        (lambda plan: plan["guards"][1].update(guard="empty_account"), "impossible override"),
        (lambda plan: plan["diagnostics"][0].update(severity="fatal"), "unknown severity 'fatal'"),
        (lambda plan: plan["changes"][1]["after"].update(name="Annan"), "it was edited"),
        (lambda plan: plan["changes"][1]["after"].update(name="\udce9"), "it was edited"),
        (lambda plan: plan["changes"].pop(), "it was edited"),
        (lambda plan: plan["changes"][0].update(options={}), "it was edited"),
        (lambda plan: plan["guards"].clear(), "it was edited"),
        (lambda plan: plan["guards"][1].update(tripped=False), "it was edited"),
        (lambda plan: plan["account"].update(url="http://elsewhere.example"), "it was edited"),
    ],
)
def test_a_changed_plan_file_is_refused_with_the_reason(edit: Edit, reason: str) -> None:
    document = json.loads(written(PLAN))
    edit(document)
    with pytest.raises(InvalidInput) as caught:
        read_plan(json.dumps(document))
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"plan"',
        "NaN",
        '{"format_version": "1", "format_version": "1"}',
        "[" * 200_000,
        "9" * 5000,
    ],
)
def test_a_file_that_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_plan(text)


def test_a_masked_plan_cannot_be_applied() -> None:
    with pytest.raises(InvalidInput, match="masked") as caught:
        read_plan(plan_to_json(PLAN, tool_version="1.0.0", created_at=NOW, mask=True))
    assert caught.value.hint == "write plan files with `plan --out FILE`"


def test_a_masked_plan_has_the_digest_of_the_real_one_and_no_numbers() -> None:
    text = plan_to_json(PLAN, tool_version="1.0.0", created_at=NOW, mask=True)
    assert json.loads(text)["digest"] == PLAN.digest()
    assert "+467" not in text
    assert "karin@" not in text


def test_created_at_is_written_in_utc() -> None:
    assert plan_to_dict(EMPTY, tool_version="1", created_at=NOW)["created_at"] == "2026-11-20T07:15:00Z"


def test_a_report_has_a_result_for_every_change() -> None:
    document = json.loads(report_to_json(IN_PART))
    assert document["summary"] == {"done": 57, "failed": 2, "unknown": 1, "skipped": 1}
    assert len(document["results"]) == 61
    assert document["results"][0].keys() >= {"address", "action", "status", "remote_id", "error"}
