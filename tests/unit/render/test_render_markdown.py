"""A plan as a comment: its text, its safety and its limits of size."""

import re
from dataclasses import replace
from itertools import product

import pytest
from counting import calls_of
from golden_files import check_golden
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_reader import Read, read_markdown
from render_samples import ACCOUNT, EMPTY, LEFTOVERS_ONLY, LINEAGE, MESSAGES, PLAN, UNSTOPPED, address, person

from intime_sync.model.change import Change, Create, Delete, FieldChange, Manual, Update
from intime_sync.model.plan import Guard, GuardRule, Plan
from intime_sync.model.problem import Origin, Problem, Severity
from intime_sync.model.resource import Address, KindName, RemoteId
from intime_sync.render.markdown import GITHUB_LIMIT, plan_to_markdown
from intime_sync.render.markdown_escape import code, marker, prose, size
from intime_sync.render.style import inert

NASTY = (
    *(
        "|",
        "\\|",
        "\\",
        "\\\\",
        "`",
        "``` ",
        "a`b``c",
        "\n",
        "\r\n| x | y |",
        "<script>alert(1)</script>",
        "<!--",
        "-->",
    ),
    *(
        "](https://example.se)",
        "![x](y)",
        "[a]: /b",
        "@octocat",
        "@clinic/admins",
        "#123",
        "GH-1",
        "clinic/x#1",
        "!12",
    ),
    *(
        "&lt;b&gt;",
        "&#64;x",
        "*a* **b** _c_ __d__ ~~e~~",
        "# h",
        "- x",
        "1. x",
        "> x",
        "---",
        "===",
        "~~~",
        ":8ball:",
    ),
    *("https://example.se/?a=b", "www.example.se", "WWW.example.se", "anna@example.se", "mailto:anna@example.se"),
    *(
        "\x1b[31m",
        "\u202e",
        "\u2028",
        "\x00",
        "</details>",
        "</code>",
        "<br>",
        "</summary>",
        "$a$",
        "{- x -}",
    ),
    *("%1", "~label", "&2", "0123abc", "  x  ", "", " ", "😀", "A\u030a", "javascript:x", "<https://example.se>"),
)
TEXT = st.text() | st.sampled_from(NASTY) | st.lists(st.sampled_from(NASTY), max_size=5).map("".join)
KEY = TEXT.filter(bool)
BOUND = re.compile(r"(?<!\w)[@#]\w")


def plan_of(*changes: Change) -> Plan:
    return Plan(ACCOUNT, LINEAGE, 3, changes, 0)


def create(kind: str, key: str, name: str = "", **attributes: str) -> Create:
    return Create(address=Address(KindName(kind), key), after={"firstname": name, **attributes})


def blocked(count: int) -> list[Change]:
    return [create("blocklist", f"+4670174{number:05}") for number in range(count)]


def outside_code(markdown: str) -> str:
    """What code hosts look at for people and issues: rendered text that is not code, piece by piece."""
    text = re.sub(r"<code>.*?</code>|`[^`]*`|^```.*?^```", "\0", markdown, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"<[^>]*>", "\0", text)
    return re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), text)


def test_plans_as_comments() -> None:
    check_golden("markdown/empty.md", plan_to_markdown(EMPTY))
    check_golden("markdown/leftovers.md", plan_to_markdown(LEFTOVERS_ONLY))
    check_golden(
        "markdown/everything.md", plan_to_markdown(replace(UNSTOPPED, changes=PLAN.changes + MESSAGES.changes))
    )
    check_golden("markdown/stopped.md", plan_to_markdown(PLAN))
    check_golden("markdown/revealed.md", plan_to_markdown(MESSAGES, mask=False))


def test_a_shortened_plan_keeps_urgent_changes_and_counts_the_rest() -> None:
    plan = replace(PLAN, changes=(*PLAN.changes[:10], *blocked(60), *PLAN.changes[10:]))
    text = plan_to_markdown(plan, limit=6_000)
    check_golden("markdown/cut.md", text)
    assert "… and 1 more change" not in text
    for key in ("karin.ahl", "john.svensson", "per.lund", "+46•••••••06", "2026-12-03-ek"):
        assert f"<code>{key}</code>" in text


def test_all_samples_read_as_one_row_a_change() -> None:
    for plan, mask in product((PLAN, UNSTOPPED, MESSAGES, EMPTY, LEFTOVERS_ONLY), (True, False)):
        text = plan_to_markdown(plan, mask=mask)
        read = read_markdown(text)
        keys = [row[1] for row in read.rows]
        assert len(keys) == len(plan.changes)
        assert mask or keys == [change.address.key for change in plan.changes]
        assert plan.digest() in text
    assert not re.search(r"\+467\d|070-174", plan_to_markdown(MESSAGES))


@given(KEY, TEXT, TEXT, TEXT)
@example("|", "@octocat", "](https://example.se)", "<!--")
@example("\\", "\\|", "`", "www.example.se anna@example.se")
def test_text_from_elsewhere_is_shown_as_it_is_and_does_nothing(key: str, name: str, value: str, reason: str) -> None:
    contact = address("contact/x")
    plan = plan_of(
        replace(create("contact", key, name, mobile=value), reason=reason),
        Update(
            address=contact,
            remote_id=RemoteId(1),
            before={},
            after={"firstname": name},
            fields=(FieldChange(key, value, reason), FieldChange("groups", [value, "a"], ["a", reason])),
        ),
        Manual(address=contact, remote_id=None, before=None, after={}, reason=reason),
    )
    guard = Guard(
        GuardRule.PROTECT, KindName("contact"), True, f"{name} is {value}", remedy=f"protect: false on {key}"
    )
    plan = replace(
        plan,
        account=replace(ACCOUNT, owner=key, user=name, url=value),
        guards=(guard,),
        diagnostics=(Problem("odd", reason, Origin(key, 1, 2), Severity.WARNING),),
    )
    text = plan_to_markdown(plan, mask=False)
    read = read_markdown(text)
    assert [row[:2] for row in read.rows] == [
        ["+ create", inert(key)],
        ["~ update", "x"],
        ["! held", "x"],
    ]
    assert f"{inert(key)}: " in read.rows[1][2]
    assert inert(name).strip() in read.rows[0][2]
    assert inert(reason).strip() in read.rows[2][2]
    assert read.items == [
        f"protect: {inert(f'{name} is {value}')}; to lift it, write protect: false on {inert(key)}",
        f"{inert(key)}:1:2: warning: {inert(reason)} (odd)",
    ]
    assert not any(BOUND.search(piece) for piece in outside_code(text).split("\0"))
    for line in text.split("\n"):
        assert line.isprintable()


@given(TEXT)
def test_code_and_prose_show_their_text(text: str) -> None:
    for render in (code, prose):
        paragraphs = read_markdown(f"x {render(inert(text))} x\n").paragraphs
        assert paragraphs == [f"x {inert(text)} x"]
    assert not BOUND.search(outside_code(prose(inert(text))))


def test_email_addresses_are_not_turned_into_links() -> None:
    assert code("anna@example.se") == "<code>anna&#64;<wbr>example.se</code>"
    assert prose("to anna@example.se, now") == "to <code>anna&#64;<wbr>example.se,</code> now"


@given(TEXT, TEXT)
def test_the_marker_is_one_comment_and_tells_owners_apart(owner: str, other: str) -> None:
    assert read_markdown(marker(owner)).blocks == [marker(owner)]
    assert "--" not in marker(owner)[4:-3]
    assert len(marker(owner)) <= 110
    assert (marker(owner) == marker(other)) == (inert(owner) == inert(other))


KINDS = st.sampled_from(["group", "contact", "blocklist", "reminder", "message", "fax", "x" * 300, "|a"])


@st.composite
def _plans(draw: st.DrawFn) -> Plan:
    changes: list[Change] = []
    for kind in draw(st.lists(KINDS, max_size=8, unique=True)):
        name = draw(TEXT) * draw(st.sampled_from([1, 40, 900]))
        for number in range(draw(st.sampled_from([1, 3, 60]))):
            key = f"{number}{name}"
            changes.append(
                create(kind, key, name)
                if number % 3
                else Delete(address=Address(KindName(kind), key), remote_id=None, before={"firstname": name})
            )
    guards = tuple(
        Guard(GuardRule.PROTECT, KindName("group"), True, "x" * 99, remedy=draw(TEXT))
        for _ in range(draw(st.sampled_from([0, 2, 300])))
    )
    warnings = (Problem("odd", draw(TEXT) * 50, None, Severity.WARNING),) * draw(st.sampled_from([0, 1, 100]))
    account = replace(ACCOUNT, owner=draw(TEXT) * 9, user=draw(TEXT) * 99, url=draw(TEXT) * 99)
    leftovers = (RemoteId(7),) * draw(st.sampled_from([0, 1]))
    return Plan(account, LINEAGE, 10**9, tuple(changes), 10**9, guards, warnings, leftovers)


@given(_plans(), st.integers(2_000, 20_000), st.booleans())
def test_any_plan_fits_any_limit_with_its_digest_and_every_change_shown_or_counted(
    plan: Plan, limit: int, mask: bool
) -> None:
    text = plan_to_markdown(plan, mask=mask, limit=limit)
    assert len(text) <= size(text) <= limit
    assert plan.digest() in text
    read = read_markdown(text)
    assert all(len(row) == 3 for row in read.rows)
    assert len(read.rows) + _left_out(read, "change") == len(plan.changes)
    listed = [item for item in read.items if not item.startswith("… and ")]
    assert len(listed) + _left_out(read, "guards|warnings") == len(plan.guards) + len(plan.diagnostics)


def _left_out(read: Read, noun: str) -> int:
    notes = "\n".join((*read.paragraphs, *read.items))
    return sum(
        int(found.replace(",", "")) for found in re.findall(rf"^… and ([\d,]+) more (?:{noun})", notes, re.MULTILINE)
    )


def test_a_small_kind_is_shown_whole_beside_a_huge_one() -> None:
    people = [
        Create(address=address(f"contact/p{n}"), after=person("Anna", "Ek", "+46701740605")) for n in range(20_000)
    ]
    plan = replace(UNSTOPPED, changes=(*PLAN.changes[:3], *people, *PLAN.changes[10:]))
    text = plan_to_markdown(plan)
    assert 0.98 * GITHUB_LIMIT < len(text) <= GITHUB_LIMIT
    left_out = re.findall(r"^… and (.+) more changes in (.+) \(", text, re.MULTILINE)
    assert [title for _, title in left_out] == ["Contacts"]
    assert "," in left_out[0][0]


def test_guards_that_an_override_lifts_are_not_shown() -> None:
    assert "Stopped by" in plan_to_markdown(PLAN)
    lifted = plan_to_markdown(PLAN, stopping=())
    assert "Stopped by" not in lifted
    assert "stopped: " not in lifted


def test_a_limit_that_is_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="1999 is below 2000"):
        plan_to_markdown(EMPTY, limit=1_999)


def test_ten_times_the_changes_are_about_ten_times_the_work() -> None:
    few, many = (plan_of(*blocked(count)) for count in (500, 5_000))
    assert calls_of(lambda: plan_to_markdown(many)) <= 12 * calls_of(lambda: plan_to_markdown(few))
