"""A plan as an HTML page, checked without a browser."""

import base64
import hashlib
import re
from dataclasses import replace
from importlib import resources
from typing import Any

import pytest
from golden_files import check_golden
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import html as lxml_html
from render_samples import ACCOUNT, EMPTY, LEFTOVERS_ONLY, LINEAGE, MESSAGES, NOW, PLAN, UNSTOPPED, address, person

from intime_sync.model.change import Change, Create, Delete, FieldChange, Manual, Replace, Update
from intime_sync.model.ledger import AccountRef
from intime_sync.model.plan import Guard, GuardRule, Plan
from intime_sync.model.problem import Origin, Problem
from intime_sync.model.resource import Address, Json, KindName, RemoteId
from intime_sync.render.html import plan_to_html
from intime_sync.render.html.changes import LIST_SIZE

EVERYTHING = replace(PLAN, changes=(*PLAN.changes, *MESSAGES.changes))
TAGS = re.compile(
    r"html|head|meta|title|style|body|main|header|section|footer|script|h[12]|div|p|span|b|i|strong|small|code|kbd|bdi|"
    r"time|d[ltd]|ul|li|details|summary|noscript|table|thead|tbody|t[rhd]|del|ins|button|label|input|output"
)
CONTROLLING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
NASTY = "</noscript></script></style><script>alert(1)</script><!-- --> \"' &lt; [/b] \u202e\x00\x1b[31m onload=x"


def rendered(plan: Plan, *, mask: bool = True, stopping: tuple[Guard, ...] | None = None) -> str:
    return plan_to_html(plan, mask=mask, tool_version="1.2.3", created_at=NOW, stopping=stopping)


def parsed(plan: Plan, *, mask: bool = True) -> Any:
    return lxml_html.document_fromstring(rendered(plan, mask=mask))


def plan_of(*changes: Change) -> Plan:
    return Plan(ACCOUNT, LINEAGE, 3, changes, 0)


def select(element: Any, path: str) -> Any:
    """What `tag`, `.class` and `tag.class` steps find, each anywhere in the one before."""
    xpath = "."
    for step in path.split():
        tag, _, name = step.partition(".")
        xpath += f"//{tag or '*'}" + (f"[contains(concat(' ', @class, ' '), ' {name} ')]" if name else "")
    return element.xpath(xpath)


def words(element: Any) -> str:
    return " ".join(element.text_content().split())


def row_of(page: Any, key: str) -> Any:
    (row,) = [row for row in select(page, ".rows details") if select(row, ".key")[0].text_content() == key]
    return row


def cells_of(row: Any) -> dict[str, list[str]]:
    return {
        words(select(line, "th")[0]): [words(cell) for cell in select(line, "td")] for line in select(row, "tbody tr")
    }


def difference(before: Json, after: Json) -> list[str]:
    change = Update(
        address=address("contact/anna"),
        remote_id=RemoteId(1),
        before={"x": before},
        after={"x": after},
        fields=(FieldChange("x", before, after),),
    )
    (line,) = select(parsed(plan_of(change)), "tbody tr.changed")
    return [
        re.sub(r"</?bdi>|</?td>", "", lxml_html.tostring(cell, encoding="unicode", with_tail=False)).rstrip()
        for cell in select(line, "td")
    ]


@pytest.mark.parametrize(
    ("name", "plan", "mask"),
    [
        ("stopped", EVERYTHING, True),
        ("revealed", replace(EVERYTHING, guards=(), leftovers=(RemoteId(7),)), False),
        ("empty", EMPTY, True),
        ("leftovers", LEFTOVERS_ONLY, True),
    ],
)
def test_the_body_equals_the_golden_file(name: str, plan: Plan, mask: bool) -> None:
    body = rendered(plan, mask=mask).partition("<body>\n")[2].partition("<script>")[0]
    check_golden(f"html/plan-{name}.html", body)


def test_the_policy_allows_exactly_the_page_s_own_style_and_script() -> None:
    page = parsed(EVERYTHING)
    (style,), (script,) = select(page, "style"), select(page, "script")

    def source(element: Any) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()}'"

    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == (
        f"default-src 'none'; style-src {source(style)}; script-src {source(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not page.xpath("//@style | //@src | //@href | //@action | //@*[starts-with(name(), 'on')]")


@pytest.mark.parametrize("name", ["page.css", "page.js"])
def test_style_and_script_end_where_their_elements_do(name: str) -> None:
    text = resources.files("intime_sync.render.html").joinpath(name).read_text(encoding="utf-8")
    assert not re.search(r"</(style|script)|<!--|\r|url\(|@import|https?:", text, re.IGNORECASE)


def test_colours_of_text_stand_out_from_what_is_behind_them() -> None:
    style = select(parsed(EMPTY), "style")[0].text
    colours = dict(re.findall(r"--([\w-]+): light-dark\((.*?)\);", style))
    pairs = [(ink, behind) for ink in ("ink", "soft", "link") for behind in ("paper", "card")]
    pairs += [(ink, "grey-wash") for ink in ("ink", "soft")]
    for tone in ("green", "amber", "red", "blue", "violet"):
        pairs += [(tone, f"{tone}-wash"), (tone, "card"), (tone, "paper"), ("ink", f"{tone}-wash")]
        pairs += [("soft", f"{tone}-wash")]
    for theme in (0, 1):
        for ink, behind in pairs:
            tones = [_luminance(colours[name].split(", ")[theme]) for name in (ink, behind)]
            assert (max(tones) + 0.05) / (min(tones) + 0.05) >= 4.5, (ink, behind, "dark" if theme else "light")


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@given(st.text(), st.text(min_size=1), st.text())
@example(NASTY, NASTY, NASTY)
def test_text_from_elsewhere_is_text(name: str, key: str, reason: str) -> None:
    fields = (FieldChange(f"x{key}", name, reason), FieldChange("groups", [name, {key: reason}], [reason]))
    where = Origin(f"{name}\ud800", 1, 1)
    contact, other = Address(KindName("contact"), key), Address(KindName(f"a{key}"), key)
    changes: tuple[Change, ...] = (
        Create(address=contact, after={"firstname": name, key: {key: [name]}}, reason=reason, origin=where),
        Update(address=contact, remote_id=RemoteId(1), before={key: name}, after={key: reason}, fields=fields),
        Manual(address=contact, remote_id=None, before=None, after=None, reason=reason),
        Delete(address=other, remote_id=None, before={key: reason}, options={key: name}),
    )
    guards = (Guard(GuardRule.PROTECT, KindName(key), True, reason, remedy=name),)
    problems = (Problem(key, reason, where), Problem(name, name))
    plan = Plan(AccountRef(name, key, reason), LINEAGE, 3, changes, 0, guards, problems)
    text = plan_to_html(plan, mask=False, tool_version=key, created_at=NOW)
    text.encode()
    assert not CONTROLLING.search(text)
    assert text.count("<noscript>") == text.count("</noscript>") == len(changes)
    assert text.count("<script") == text.count("</script") == text.count("<style") == 1
    page = lxml_html.document_fromstring(text)
    assert all(TAGS.fullmatch(element.tag) for element in page.iter()), "and no comment"
    assert len(select(page, "summary")) == len(changes)
    assert not page.xpath("//@*[starts-with(name(), 'on')]")


def test_long_texts_are_shown_whole() -> None:
    plan = plan_of(Create(address=Address(KindName("contact"), "<b>&amp;\u202e"), after={"firstname": "' \"<!--"}))
    row = select(parsed(plan), ".rows details")[0]
    assert words(select(row, ".key")[0]) == "<b>&amp;\\u202e"
    assert cells_of(row) == {"firstname": ["' \"<!--"]}


def test_the_digest_is_there_to_be_copied_with_the_command_that_takes_it() -> None:
    codes = [code.text_content() for code in select(parsed(UNSTOPPED), "header code")]
    assert codes == [PLAN.digest(), f"intime-sync apply --expect-digest {PLAN.digest()}"]
    assert [code.text_content() for code in select(parsed(EMPTY), "header code")] == [EMPTY.digest()]


def test_it_is_masked_unless_it_is_revealed() -> None:
    masked, full = rendered(EVERYTHING), rendered(EVERYTHING, mask=False)
    assert not re.search(r"\+467\d|070-174|karin@", masked)
    assert "+46•••••••06" in masked
    assert {"+46701740606", "070-174 06 10", "karin@example.se"} <= set(
        re.findall(r"\+46\d+|070-174 06 10|k\w+@[\w.]+", full)
    )
    assert "handle this page as personal data" in full
    assert "handle this page" not in masked


def test_every_change_is_there_with_what_it_brings_with_it() -> None:
    page = parsed(EVERYTHING)
    assert [words(select(row, ".meta code")[0]) for row in select(page, ".rows details")] == [
        re.sub(r"\+46\d{7}(\d\d)", r"+46•••••••\1", str(change.address)) for change in EVERYTHING.changes
    ]
    whys = {
        "+46•••••••06": "SMS to this number will be allowed again",
        "2026-12-03-ek": "will be switched off",
        "nyar": "will not be sent",
        "Gamla listan": "and every contact in it",
        "olle.berg": "delete stopped: protected",
        "karin.ahl": "delete stopped: max_delete",
        "pask": "it is too close to its time",
    }
    for key, why in whys.items():
        assert words(select(row_of(page, key), ".why")[0]) == why


def test_stopping_guards_are_listed_with_their_overrides() -> None:
    stop = select(parsed(PLAN), ".stop")[0]
    assert [code.text_content() for code in select(stop, "code")] == [guard.override for guard in PLAN.tripped()]
    lifted = rendered(PLAN, stopping=())
    assert "Stopped" not in lifted
    assert "delete stopped" not in lifted
    assert "--allow-delete" not in lifted


def test_before_and_after_are_side_by_side_with_differences_marked() -> None:
    row = row_of(parsed(PLAN), "john.svensson")
    cells = cells_of(row)
    assert cells["firstname"] == ["John", "John"]
    assert cells["lastname"] == ["Svensson", "Svensson Ek"]
    assert cells["extrafield"] == ["not set", "Ledningsgrupp"]
    assert [words(select(line, "th")[0]) for line in select(row, ".changed")] == [
        "lastname",
        "mobile",
        "groups",
        "extrafield",
    ]


@pytest.mark.parametrize(
    ("before", "after", "cells"),
    [
        ("a", None, ["<del>a</del>", "<i>not set</i>"]),
        (None, "a", ["<i>not set</i>", "<ins>a</ins>"]),
        (True, False, ["<del>true</del>", "<ins>false</ins>"]),
        ("", " a", ['<del>""</del>', '<ins>" a"</ins>']),
        ("a\nb", "a", ['<del>a<span class="ret">↵</span>\nb</del>', "<ins>a</ins>"]),
        (["a", "b"], ["b"], ["<ul><li><del>a</del></li><li>b</li></ul>", "<ul><li>b</li></ul>"]),
        (["a"], [], ["<ul><li><del>a</del></li></ul>", "<i>empty</i>"]),
        ("true", True, ["<del>true</del>", "<ins>true</ins><small>they look alike, and differ</small>"]),
        (None, [{"a": "b"}], ["<i>not set</i>", "<ul><li><ins>{a: b}</ins></li></ul>"]),
        (
            "+46701740605",
            "+46701740705",
            ["<del>+46••••••605</del>", "<ins>+46••••••705</ins>"],
        ),
    ],
)
def test_values_are_readable(before: Json, after: Json, cells: list[str]) -> None:
    assert difference(before, after) == cells


def test_a_changed_mapping_is_shown_once() -> None:
    before, after = {"who": {"name": "A", "age": 1}}, {"who": {"name": "B", "age": 1}}
    change = Replace(
        address=address("contact/anna"),
        remote_id=None,
        before=before,
        after=after,
        fields=(FieldChange("who", before["who"], after["who"]),),
    )
    assert cells_of(parsed(plan_of(change))) == {"who": ["name: A, age: 1", "name: B, age: 1"]}
    again = cells_of(parsed(plan_of(replace(change, fields=()))))
    assert again == {"who.name": ["A", "B"], "who.age": ["1", "1"]}


def test_an_unknown_kind_is_shown() -> None:
    page = parsed(plan_of(Create(address=address("template/a"), after={"text": "Hej"})))
    assert words(select(page, ".kind h2")[0]) == "Template 1 to create"


def test_ten_thousand_changes_make_a_modest_file() -> None:
    changes = (
        Create(
            address=Address(KindName("contact"), f"user.{number}"),
            after=person("Åsa", "Öberg", f"+4670{number:07}", "Personal", email=f"asa{number}@example.se"),
        )
        for number in range(10_001)
    )
    text = rendered(plan_of(*changes))
    assert len(text.encode()) < 1_200 * 10_001
    assert text.count('<ul class="rows') == 10_000 // LIST_SIZE + 1
    assert text.count(" many") == 10_000 // LIST_SIZE + select(parsed(EMPTY), "style")[0].text.count(" many")
