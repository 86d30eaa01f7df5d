"""Masked values that differ look different, and as little as possible is shown for it."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html
from render_samples import ACCOUNT, LINEAGE, NOW, address

from intime_sync.model.change import FieldChange, Update
from intime_sync.model.drift import Changed, Drift
from intime_sync.model.plan import Plan
from intime_sync.model.resource import Json, RemoteId
from intime_sync.render.distinct import distinguishing_mask
from intime_sync.render.drift import drift_to_json, drift_to_text
from intime_sync.render.html import plan_to_html
from intime_sync.render.json import plan_to_json
from intime_sync.render.markdown import plan_to_markdown
from intime_sync.render.masking import mask_json, mask_text
from intime_sync.render.text import plan_to_text

ANNA, OTHER, THIRD = "+46701740605", "+46701740705", "+46721749805"
PIECES = st.sampled_from(
    [ANNA, OTHER, THIRD, "anna@example.se", "anders@example.se", "070-174 06 05", "0701740605", "Ring ", " "]
)
TEXTS = st.lists(PIECES, max_size=3).map("".join)
VALUES = st.none() | TEXTS | st.lists(TEXTS | st.fixed_dictionaries({"contact": st.just("a"), "mobile": TEXTS}))


def plan_of(before: Json, after: Json) -> Plan:
    change = Update(
        address=address("contact/anna"),
        remote_id=RemoteId(1),
        before={"x": before, "same": ANNA},
        after={"x": after, "same": ANNA},
        fields=(FieldChange("x", before, after),),
    )
    return Plan(ACCOUNT, LINEAGE, 3, (change,), 0)


@pytest.mark.parametrize(
    ("before", "after", "old", "new"),
    [
        (ANNA, "+46701740606", "+46•••••••05", "+46•••••••06"),
        (ANNA, "+46702740605", "+46••1••••05", "+46••2••••05"),
        (ANNA, "+46731740705", "+46••••••605", "+46••••••705"),
        ("070-174 06 05", "070-174 07 05", "070••••605", "070••••705"),
        ("070-174 06 05", "0701740605", "070•••••05 (1)", "070•••••05 (2)"),
        ("anna@example.se", "anders@example.se", "a•••@example.se (1)", "a•••@example.se (2)"),
        (
            f"Ring {ANNA} eller {ANNA}",
            f"Ring {ANNA} eller {OTHER}",
            "Ring +46•••••••05 eller +46••••••605",
            "Ring +46•••••••05 eller +46••••••705",
        ),
    ],
)
def test_every_format_shows_one_more_digit_or_a_count(before: str, after: str, old: str, new: str) -> None:
    plan = plan_of(before, after)
    assert f"x  {old} → {new}\n" in plan_to_text(plan, mask=True)
    assert f"<code>{old}</code> → <code>{new}</code>" in re.sub("&#64;<wbr>", "@", plan_to_markdown(plan, mask=True))
    page = lxml_html.document_fromstring(plan_to_html(plan, mask=True, tool_version="1", created_at=NOW))
    assert page.xpath("string(//del)") == old
    assert page.xpath("string(//ins)") == new
    (change,) = json.loads(plan_to_json(plan, tool_version="1", created_at=NOW, mask=True))["changes"]
    assert (change["before"]["x"], change["after"]["x"]) == (old, new)
    assert change["fields"] == [{"path": "x", "before": old, "after": new}]
    drift = _drift(before, after)
    assert f"x  {old} → {new}\n" in drift_to_text(drift, ACCOUNT, mask=True)
    (finding,) = json.loads(drift_to_json(drift, ACCOUNT, mask=True))["drift"]
    assert (finding["before"]["x"], finding["after"]["x"]) == (old, new)


def _drift(before: str, after: str) -> Drift:
    found = Changed(
        address=address("reminder/a"),
        remote_id=RemoteId(1),
        before={"x": before},
        after={"x": after},
        fields=(FieldChange("x", before, after),),
    )
    return Drift(
        lineage=LINEAGE,
        serial=1,
        findings=(found,),
        unowned=(),
        unobservable=(),
        compared={},
        carriers=0,
        carriers_there=0,
    )


@given(VALUES, VALUES)
def test_different_values_look_different(before: Json, after: Json) -> None:
    apart = distinguishing_mask(mask_text, {"x": before}, {"x": after}, (FieldChange("x", before, after),))
    assert (mask_json(before, apart) == mask_json(after, apart)) == (before == after)
    shown = json.dumps([mask_json(before, apart), mask_json(after, apart)])
    assert not re.search(r"\+467\d{6}|@example.se.*(?<!\w)(anna|anders)@", shown)


def test_removed_and_added_list_items_look_different_from_equal_looking_ones() -> None:
    text = plan_to_text(plan_of([ANNA, THIRD], [OTHER, THIRD]), mask=True)
    assert "x  - +46••••••605  + +46••••••705\n" in text
    same = plan_to_text(plan_of([ANNA, "a"], [ANNA, "b"]), mask=True)
    assert "605" not in same


def test_many_that_look_alike_are_counted_and_never_unmasked() -> None:
    numbers: list[Json] = [f"+467{number:06}05" for number in range(500)]
    text = plan_to_text(plan_of(numbers[:250], numbers[250:]), mask=True)
    assert len(set(re.findall(r"[-+] \+46•••••••05 \(\d+\)", text))) == 500


def test_values_that_look_equal_are_said_to_differ() -> None:
    assert "x  true → true (they look alike, and differ)\n" in plan_to_text(plan_of("true", True))
    assert "<i>(they look alike, and differ)</i>" in plan_to_markdown(plan_of("true", True), mask=False)
