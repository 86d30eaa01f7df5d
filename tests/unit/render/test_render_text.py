"""The text of plans, reports and problems."""

import re
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from counting import calls_of
from hypothesis import given
from hypothesis import strategies as st
from render_samples import (
    ACCOUNT,
    DONE,
    EMPTY,
    IN_PART,
    LINEAGE,
    MESSAGES,
    PLAN,
    PROBLEMS,
    UNSTOPPED,
    address,
    person,
)

from intime_sync.model.change import Change, Create, Delete, FieldChange, Manual, Replace, Update
from intime_sync.model.plan import Plan
from intime_sync.model.problem import Origin, Problem
from intime_sync.model.report import Report
from intime_sync.model.resource import Address, Attributes, KindName, RemoteId
from intime_sync.render.masking import no_mask
from intime_sync.render.problems import problems_to_text
from intime_sync.render.report import report_to_text
from intime_sync.render.summary import gist_of
from intime_sync.render.text import plan_to_text, summary_line

ANSI = re.compile(r"\x1b\[[0-9]+m")


def plan_of(*changes: Change) -> Plan:
    return Plan(ACCOUNT, LINEAGE, 3, changes, 0)


def update(*fields: FieldChange, kind: str = "contact") -> Update:
    return Update(address=Address(KindName(kind), "key"), remote_id=RemoteId(1), before={}, after={}, fields=fields)


@pytest.mark.parametrize("plan", [PLAN, UNSTOPPED, EMPTY])
def test_colour_adds_nothing_but_colour(plan: Plan) -> None:
    assert ANSI.sub("", plan_to_text(plan, color=True)) == plan_to_text(plan)
    assert ANSI.sub("", report_to_text(IN_PART, color=True)) == report_to_text(IN_PART)
    assert ANSI.sub("", problems_to_text(PROBLEMS, color=True)) == problems_to_text(PROBLEMS)


def test_masking_leaves_no_number_of_a_message_s_recipients() -> None:
    text = plan_to_text(MESSAGES, mask=True)
    assert "+46•••••••08" in text
    assert not re.search(r"\+467\d|070-174", text)


@given(st.text(), st.text(min_size=1), st.text())
def test_text_from_elsewhere_never_controls_the_terminal(name: str, key: str, reason: str) -> None:
    contact = Create(
        address=Address(KindName("contact"), key),
        after={"type": "sms", "firstname": name, "groups": [name], "mobile": name},
        reason=reason,
        origin=Origin(name, 1, 1),
    )
    changed = update(FieldChange("lastname", name, reason), FieldChange("groups", [name], [reason]))
    plan = replace(plan_of(contact, changed), diagnostics=(Problem("odd", reason, Origin(key, 1, 1)),))
    for line in plan_to_text(plan, verbose=True).rstrip("\n").split("\n"):
        assert line.isprintable()


def test_a_name_cannot_forge_a_line_or_a_colour() -> None:
    plan = plan_of(Create(address=address("group/Jour\n\x1b[32mNo changes.\u202e"), after={"name": "Jour"}))
    assert "  + Jour\\n\\x1b[32mNo changes.\\u202e\n" in plan_to_text(plan)


def test_decomposed_letters_align_with_composed_ones() -> None:
    decomposed = unicodedata.normalize("NFD", "Åsa Öberg")
    plans = [
        plan_of(
            Create(address=address("contact/a"), after={"firstname": name, "mobile": "+46701740605"}),
            Create(address=address("contact/b"), after={"firstname": "Anna Berg", "mobile": "+46701740606"}),
        )
        for name in ("Åsa Öberg", decomposed)
    ]
    composed_text, decomposed_text = (plan_to_text(plan).partition("Digest:")[0] for plan in plans)
    assert composed_text == decomposed_text


def test_what_is_to_be_created_fits_the_width_and_changed_fields_are_never_cut() -> None:
    long = "x" * 500
    created = Create(
        address=address("contact/anna"), after={**person("Anna", long, "+46701740605", *(f"g{n}" for n in range(99)))}
    )
    text = plan_to_text(plan_of(created, update(FieldChange("extrafield", long, f"{long}y"))), width=60)
    rows = [line for line in text.split("\n") if line.startswith("  + ")]
    assert [len(row) for row in rows] == [60]
    assert f"{long} → {long}y" in text


def test_changed_groups_are_shown_as_added_and_removed() -> None:
    text = plan_to_text(plan_of(update(FieldChange("groups", ["Alla", "Jour"], ["Akut", "Alla"]))))
    assert "groups  - Jour  + Akut\n" in text


def test_a_list_in_another_order_is_shown_whole() -> None:
    text = plan_to_text(plan_of(update(FieldChange("recipients", ["b", "a"], ["a", "b"]))))
    assert "recipients  [b, a] → [a, b]\n" in text


def test_a_blank_value_is_quoted() -> None:
    text = plan_to_text(plan_of(update(FieldChange("lastname", "", " Ek"), FieldChange("active", True, None))))
    assert 'lastname  ""   → " Ek"\n' in text
    assert "active    true → (none)\n" in text


@pytest.mark.parametrize(
    ("after", "gist"),
    [
        (
            {"send_at": "2026-12-24T08:00", "sender": "Kliniken", "body": "God jul!", "recipients": ["+46701740605"]},
            "2026-12-24T08:00  to 1 recipient  from Kliniken  “God jul!”",
        ),
        ({"body": "Hej", "groups": ["Personal", "Jour"]}, "to groups Personal, Jour  “Hej”"),
        ({"recipients": ["+46701740605"], "groups": ["Jour"]}, "to 1 recipient and group Jour"),
    ],
)
def test_a_message_is_summed_up_by_time_sender_text_and_recipients(after: Attributes, gist: str) -> None:
    text = plan_to_text(plan_of(Create(address=address("message/jul"), after=after)))
    assert f"  + jul  {gist}\n" in text


def test_an_unknown_kind_is_shown() -> None:
    text = plan_to_text(
        plan_of(Create(address=address("template/a"), after={"name": "a", "text": "Hej", "count": 2}))
    )
    assert "Template  1 to create\n  + a  Hej, 2\n" in text


def test_only_deletes_that_a_guard_still_stops_are_marked() -> None:
    protect = PLAN.guards[2]
    text = plan_to_text(PLAN, stopping=[protect])
    assert "  - karin.ahl" in text
    assert "  ! olle.berg" in text
    assert "--allow-delete" not in text


def test_every_tripped_guard_names_its_exact_override() -> None:
    text = plan_to_text(PLAN)
    assert all(guard.override in text for guard in PLAN.tripped())


def test_the_summary_leaves_out_zeros_but_always_says_unchanged() -> None:
    assert summary_line(plan_of(update())) == "Plan: 1 to update, 0 unchanged."
    assert summary_line(EMPTY) == "No changes. 59 objects are as wanted."


def test_leftovers_are_mentioned_beside_changes() -> None:
    text = plan_to_text(replace(UNSTOPPED, leftovers=(RemoteId(7),)))
    assert "Also removes 1 leftover carrier, with the contacts in it.\nPlan: 5 to create" in text


def test_masked_output_has_no_number_and_no_address() -> None:
    texts = (plan_to_text(PLAN, mask=True), report_to_text(IN_PART, mask=True), problems_to_text(PROBLEMS, mask=True))
    for text in texts:
        assert not re.search(r"\+467\d", text)
        assert "karin@" not in text


def test_the_work_of_rendering_a_create_does_not_grow_with_their_number() -> None:
    def work(count: int) -> int:
        plan = plan_of(
            *(
                Create(
                    address=Address(KindName("contact"), f"user.{number}"),
                    after=person("Åsa", "Öberg", f"+4670{number:07}", "Personal", email=f"asa{number}@example.se"),
                )
                for number in range(count)
            )
        )
        return calls_of(lambda: plan_to_text(plan, mask=True, color=True))

    few, many = work(1_000), work(10_000)
    assert many <= 10 * few
    assert many < 150 * 10_000


def test_a_report_says_how_it_ended() -> None:
    failed = Report(IN_PART.results[57:], calls=1)
    assert report_to_text(DONE) == "Applied: 57 done (4 calls).\n"
    assert report_to_text(Report(())) == "Applied: nothing to do.\n"
    assert report_to_text(failed).endswith("\nNot applied: 2 failed, 1 unknown, 1 skipped (1 call).\n")
    assert report_to_text(Report((), stopped="locked")) == "Stopped: locked\n\nNot applied: nothing done.\n"


def test_problems_keep_their_order_and_are_counted() -> None:
    lines = problems_to_text(PROBLEMS[::-1]).splitlines()
    assert lines[:-1] == [str(problem) for problem in PROBLEMS[::-1]]
    assert lines[-1] == "Found 3 errors and 1 warning."
    assert problems_to_text([]) == "No problems.\n"


def test_a_message_is_shown_with_its_text_and_options() -> None:
    body = "Kliniken är stängd mellan jul och nyår. Vid akuta besvär ring jouren, som har öppet dygnet runt."
    message = {
        "send_at": "2036-12-24T08:00",
        "sender": "Kliniken",
        "body": body,
        "flash": True,
        "anonymize": True,
        "check_blocklist": False,
        "recipients": ["+46701740605"],
        "groups": [],
    }
    cells = gist_of(Address(KindName("message"), "jul"), message, no_mask)
    assert f"“{body}”" in cells
    assert cells[1] == "to 1 recipient; flash; anonymized; without the blocklist"


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_message_is_shown_whole_with_recipients_first(width: int) -> None:
    groups = [f"Avdelning {number} dagtid" for number in range(12)]
    body = " ".join(f"ord{number}" for number in range(200)) + " evil.example"
    message = {"send_at": "2036-12-24T08:00", "sender": "Kliniken", "body": body, "groups": groups}
    message["recipients"] = [f"+467017406{number:02}" for number in range(5, 42)]
    for change in (
        Create(address=address("message/julhalsning"), after=message, reason="9 SMS to 3712 recipients"),
        Delete(
            address=address("message/julhalsning"), remote_id=None, before=message, reason="9 SMS to 3712 recipients"
        ),
    ):
        text = plan_to_text(plan_of(change), width=width)
        rows = text.partition("Scheduled messages")[2].partition("\n\nPlan:")[0].split("\n")[1:]
        assert max(map(len, rows)) <= width
        words = " ".join(" ".join(rows).split())
        assert f"to 37 recipients and groups {', '.join(groups)}" in words
        assert f"“{body}”" in words
        assert words.index("Avdelning 11") < words.index("9 SMS to 3712 recipients") < words.index("from Kliniken")


@pytest.mark.parametrize("action", [Replace, Manual])
def test_recipients_are_shown_even_if_only_the_text_changes(action: type[Replace | Manual]) -> None:
    (change,) = (change for change in MESSAGES.changes if isinstance(change, action))
    same = replace(change, after={**(change.after or {}), "groups": ["Jour", "Personal"]}, **_no_fields(change))
    assert "groups Jour, Personal" in plan_to_text(plan_of(same), width=80)


def _no_fields(change: Replace | Manual) -> dict[str, Any]:
    return {"fields": ()} if isinstance(change, Replace) else {}
