"""Characters that are invisible, or look like others, are spelled out by every renderer."""

from __future__ import annotations

import json
import sys
import unicodedata

import pytest
from render_samples import ACCOUNT, LINEAGE, NOW, address

from intime_sync.model.change import Action, Create, FieldChange, Manual, Update
from intime_sync.model.drift import Drift, Gone
from intime_sync.model.plan import Guard, GuardRule, Plan
from intime_sync.model.problem import Origin, Problem, Severity
from intime_sync.model.report import Report, Result, Status
from intime_sync.model.resource import Address, KindName, RemoteId
from intime_sync.render.annotations import problems_to_github, problems_to_gitlab
from intime_sync.render.drift import drift_to_text
from intime_sync.render.html import plan_to_html
from intime_sync.render.markdown import plan_to_markdown
from intime_sync.render.problems import problems_to_text
from intime_sync.render.report import report_to_text
from intime_sync.render.style import inert
from intime_sync.render.text import plan_to_text

UNSEEN = [
    *"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180e\u180f\u200b\u200c\u200d\u200e\u200f\u202e\u2060\u2066\u206f",
    *"\u2800\u3164\ufe00\ufe0e\ufe0f\ufeff\uffa0\ufff9\U0001bca0\U0001d159\U0001d173\U000e0001\U000e0041\U000e0100",
    *"\x00\x1b\x7f\x85\u00a0\u1680\u2002\u2003\u2007\u2028\u2029\u202f\u205f\u3000\ue000\uffff",
]


@pytest.mark.parametrize("mask", [True, False])
@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        *((f"Jo{character}ur", f"Jo{character.encode('unicode_escape').decode()}ur") for character in UNSEEN),
        ("J\u043eur", r"J\u043eur"),
        ("\u0391nna", r"\u0391nna"),
        ("\uff2aour", r"\uff2aour"),
        ("\U0001d409our", r"\U0001d409our"),
        ("Jour \u0410", r"Jour \u0410"),
        ("\u0410\u0301nna", r"\u0410\u0301nna".replace(r"\u0301", "\u0301")),
        ("\u0438\u200bAnna", r"\u0438\u200bAnna"),
    ],
)
def test_every_format_spells_invisible_characters_out(name: str, spelled: str, mask: bool) -> None:
    for shown in _all_formats(name, mask):
        assert spelled in unicodedata.normalize("NFC", shown).replace("&#92;", "\\").replace("\\\\", "\\")
        assert unicodedata.normalize("NFC", name) not in unicodedata.normalize("NFC", shown)


def _all_formats(name: str, mask: bool) -> list[str]:
    group = Address(KindName("group"), name)
    problem = Problem("odd", f"there is `{name}` in it", Origin("intime.yaml", 1, 1), Severity.WARNING)
    changes = (
        Create(address=group, after={"name": name}),
        Create(address=address("contact/a"), after={"firstname": name, "mobile": "+46701740605", "groups": [name]}),
        Create(address=address("message/m"), after={"body": name, "sender": name, "groups": [name]}, reason=name),
        Update(
            address=address("contact/b"),
            remote_id=RemoteId(1),
            before={"lastname": name},
            after={"lastname": "x"},
            fields=(FieldChange("lastname", name, "x"), FieldChange("groups", [name], [])),
        ),
        Manual(address=group, remote_id=None, before=None, after={"name": name}, reason=name),
    )
    plan = Plan(
        ACCOUNT,
        LINEAGE,
        3,
        changes,
        0,
        (Guard(GuardRule.PROTECT, KindName("group"), True, name, remedy=name),),
        (problem,),
    )
    drift = Drift(
        lineage=LINEAGE,
        serial=1,
        findings=(Gone(address=group, remote_id=RemoteId(1), before={"name": name}),),
        unowned=(),
        unobservable=(),
        compared={},
        carriers=0,
        carriers_there=0,
    )
    report = Report((Result(group, Action.CREATE, Status.FAILED, None, name),))
    return [
        plan_to_text(plan, mask=mask),
        plan_to_text(plan, mask=mask, width=40),
        plan_to_markdown(plan, mask=mask),
        plan_to_html(plan, mask=mask, tool_version="1", created_at=NOW),
        problems_to_text([problem], mask=mask),
        problems_to_github([problem], mask=mask),
        json.loads(problems_to_gitlab([problem], mask=mask))[0]["description"],
        drift_to_text(drift, ACCOUNT, mask=mask),
        report_to_text(report, mask=mask),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "Åsa Öberg",
        "Łódź",
        "Иванова",
        "Вера",
        "Καλημέρα",
        "Anna Иванова",
        "Grupp 1 – öppet ☎ 5 µg ½ № 3",
        "山田",
        "محمد",
        "Zoë’s β-blockerare",
        "नमस्ते",
        "สวัสดี",
        "محمّد",
        "မြန်မာ",
        "Nguyễn Thị Huệ",
        "x̶ 1⃣",
    ],
)
def test_ordinary_names_are_unchanged(name: str) -> None:
    assert inert(name) == name


def test_invisible_characters_are_spelled_out() -> None:
    """By property, over all of Unicode: what has no glyph of its own is ASCII once it is shown."""
    let_through = [
        hex(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}
        and chr(code) != " "
        and not inert(f"a{chr(code)}b").isascii()
    ]
    assert let_through == []


def test_characters_without_a_glyph_are_spelled_out() -> None:
    """By property, over all of Unicode: Default_Ignorable_Code_Point, and what is empty by design."""
    ignorable = [0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFEFF, 0xFFA0, *range(0x180B, 0x1810)]
    ignorable += [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10)]
    ignorable += [
        *range(0xFFF0, 0xFFF9),
        *range(0x1BCA0, 0x1BCA4),
        *range(0x1D173, 0x1D17B),
        *range(0xE0000, 0xE1000),
    ]
    blank = [0x2800, 0x13441, 0x13442, 0x16FE4, 0x1D159, 0x1DA7F, 0x1DA80]
    assert [hex(code) for code in ignorable + blank if not inert(f"a{chr(code)}b").isascii()] == []


def test_combining_marks_without_a_letter_are_spelled_out() -> None:
    """A mark at the start, after a space, or on a letter of another script is drawn by some fonts only."""
    marks = [code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code))[0] == "M"]
    assert len(marks) > 2000
    assert [hex(code) for code in marks if not inert(chr(code)).isascii()] == []
    assert [hex(code) for code in marks if not inert(f"a {chr(code)}").isascii()] == []
    others = [code for code in marks if not unicodedata.name(chr(code)).startswith("COMBINING")]
    assert [hex(code) for code in others if not inert(f"a{chr(code)}b").isascii()] == []


@pytest.mark.parametrize(("letter", "twin"), [("a", "\u0430"), ("o", "\u03bf"), ("e", "\u0435")])
def test_two_names_that_differ_never_look_alike(letter: str, twin: str) -> None:
    name = "jour natt leo"
    for forged in (name.replace(letter, twin), name.replace(letter, twin, 1)):
        assert inert(forged) != name
        assert inert(forged).isascii()
