"""A message is never sent twice, whatever breaks: on the wire, in the process, at whichever moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from crashing import Died, dies_at
from fault_lab import Lab, faults, module_lab

from intime_sync.applying.applier import Applied
from intime_sync.applying.recovery import deltas_of_receipts
from intime_sync.kinds.registry import MESSAGES
from intime_sync.model.ledger import DropEntry, Entry, PutEntry
from intime_sync.model.policy import Policy
from intime_sync.model.resource import RemoteId
from intime_sync.planning.context import Clock

MESSAGE = MESSAGES.name
CREATE, DELETE = "message/create", "message/delete"
JUL = {
    "key": "jul",
    "send_at": "2036-12-24T08:00",
    "sender": "Kliniken",
    "body": "God jul!",
    "recipients": ["0701740605", "0701740606", "0701740607"],
}
NEW = {**JUL, "body": "Gott nytt år!"}
PERSONAL = {**JUL, "key": "personal", "recipients": [], "groups": ["Personal"]}
BROKEN = ["error_before", "error_after", "drop_before", "drop_after", "garbage", "empty", "wrong_count", "throttle"]


@pytest.fixture(scope="module")
def shared_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with module_lab(tmp_path_factory.mktemp("lab")) as made:
        yield made


@pytest.fixture
def lab(shared_lab: Lab) -> Lab:
    shared_lab.reset()
    return shared_lab


def trouble(lab: Lab, endpoint: str, fault: str, times: int = 1, **more: Any) -> None:
    lab.emulator.set_faults(faults({"endpoint": endpoint, "call": 1, "times": times, "fault": fault, **more}))


def live(lab: Lab) -> list[tuple[str, str]]:
    """(number, text) of every message that was or will be sent."""
    rows = lab.emulator.store.messages()
    return sorted((row.number, row.body) for row in rows if row.status != "cancelled")


def wanted(*items: dict[str, Any]) -> list[tuple[str, str]]:
    """The same, as the items want it."""
    return sorted(("+46" + mobile[1:], item["body"]) for item in items for mobile in item["recipients"])


def ends(applied: Applied) -> dict[str, str]:
    """How each change ended."""
    return {str(result.address): str(result.status) for result in applied.report.results}


def errors(applied: Applied) -> str:
    return "; ".join(result.error or "" for result in applied.report.results)


def known(lab: Lab, key: str = "jul") -> Entry:
    return lab.ledger().of(MESSAGE)[key]


def resolve(lab: Lab, *, sent: bool) -> None:
    """As `ledger resolve` does."""
    entry = known(lab)
    with lab.ledgers.hold("ledger resolve", 0) as session:
        put = PutEntry(MESSAGE, "jul", replace(entry, unknown=False, dispatch=None))
        session.record([put if sent else DropEntry(MESSAGE, "jul")])


# Nothing breaks


def test_a_message_is_scheduled_once_with_a_transid_for_each_recipient(lab: Lab) -> None:
    lab.apply({"messages": [JUL]})
    rows = lab.emulator.store.messages()
    assert live(lab) == wanted(JUL)
    assert [row.transid for row in rows] == [MESSAGES.transid("jul", row.number) for row in rows]
    dispatch = known(lab).dispatch
    assert dispatch is not None
    assert list(dispatch.ids) == [row.id for row in rows]
    assert lab.plan({"messages": [JUL]}).is_empty


def test_an_edit_takes_every_id_back_and_then_sends(lab: Lab) -> None:
    lab.apply({"messages": [JUL]})
    lab.emulator.calls.clear()
    lab.apply({"messages": [NEW]})
    assert live(lab) == wanted(NEW)
    assert lab.writes() == [DELETE, DELETE, DELETE, CREATE]
    assert lab.plan({"messages": [NEW]}).is_empty


def test_what_is_left_out_is_taken_back(lab: Lab) -> None:
    lab.apply({"messages": [JUL, {**JUL, "key": "other"}]})
    lab.apply({"messages": [{**JUL, "key": "other"}]})
    assert live(lab) == wanted(JUL)
    assert set(lab.ledger().of(MESSAGE)) == {"other"}


def test_a_message_to_a_group_waits_for_the_group_and_the_people_in_it(lab: Lab) -> None:
    person = {"key": "a", "firstname": "A", "mobile": "0701740605", "groups": ["Personal"]}
    config = {"groups": [{"name": "Personal"}], "contacts": [person], "messages": [PERSONAL]}
    lab.apply(config)
    assert live(lab) == [("+46701740605", "God jul!")]
    assert lab.plan(config).is_empty


# One create in trouble


@pytest.mark.parametrize("fault", BROKEN)
def test_a_create_in_trouble_is_never_repeated_until_a_person_says_not_sent(lab: Lab, fault: str) -> None:
    other = {**JUL, "key": "other", "body": "Hej"}
    trouble(lab, CREATE, fault)
    first = lab.try_apply({"messages": [JUL, other]})
    assert ends(first) == {"message/jul": "unknown", "message/other": "done"}
    lab.emulator.calls.clear()
    for wish in ([JUL, other], [NEW, other], [other]):
        again = lab.try_apply({"messages": wish})
        assert ends(again) == {"message/jul": "unknown"}
    assert lab.writes() == []
    there = [row for row in live(lab) if row[1] == JUL["body"]]
    assert there in ([], wanted(JUL))
    resolve(lab, sent=bool(there))
    lab.apply({"messages": [JUL, other]})
    assert live(lab) == wanted(JUL, other)


def test_a_refusal_is_a_failure_and_no_question(lab: Lab) -> None:
    trouble(lab, CREATE, "garbage", text="2:ERROR1", act=False)
    failed = lab.try_apply({"messages": [JUL]})
    assert ends(failed) == {"message/jul": "failed"}
    assert "could not be sent (2:ERROR1)" in errors(failed)
    lab.apply({"messages": [JUL]})
    assert live(lab) == wanted(JUL)


def test_a_login_that_is_refused_leaves_no_question(lab: Lab) -> None:
    trouble(lab, CREATE, "garbage", text="0:ERROR3", act=False)
    failed = lab.try_apply({"messages": [JUL]})
    assert failed.failure is not None
    assert failed.failure.exit_code == 9
    lab.apply({"messages": [JUL]})
    assert live(lab) == wanted(JUL)


def test_a_receipt_settles_what_nobody_knew(lab: Lab) -> None:
    trouble(lab, CREATE, "drop_after")
    lab.try_apply({"messages": [JUL]})
    ledger = lab.ledger()
    since = known(lab).dispatch.since  # type: ignore[union-attr]
    arrived = datetime.fromisoformat(since or "") + timedelta(seconds=1)
    of_jul = MESSAGES.transid("jul", "+46701740606")
    before = arrived - timedelta(seconds=2)
    assert deltas_of_receipts(ledger, {}) == []
    assert deltas_of_receipts(ledger, {"somebody else": [(RemoteId(2), arrived)]}) == []
    assert deltas_of_receipts(ledger, {of_jul: [(RemoteId(2), before)]}) == []
    (delta,) = deltas_of_receipts(ledger, {of_jul: [(RemoteId(2), arrived)]})
    assert isinstance(delta, PutEntry)
    assert not delta.entry.unknown
    # The ids of those who were not heard of are not known: it was sent, and cannot be taken back.
    assert delta.entry.dispatch is None
    every = {
        MESSAGES.transid("jul", f"+467017406{end}"): [(RemoteId(id), arrived)]
        for id, end in ((1, "05"), (2, "06"), (3, "07"))
    }
    (delta,) = deltas_of_receipts(ledger, every)
    assert isinstance(delta, PutEntry)
    assert delta.entry.dispatch is not None
    assert delta.entry.dispatch.ids == (1, 2, 3)


def test_a_receipt_of_the_version_before_settles_nothing(lab: Lab) -> None:
    lab.apply({"messages": [JUL]})
    trouble(lab, CREATE, "drop_after")
    lab.try_apply({"messages": [NEW]})
    arrived = datetime(2036, 12, 24, 8, tzinfo=UTC)
    dispatch = known(lab).dispatch
    assert dispatch is not None
    assert len(dispatch.earlier) == 3
    old = {MESSAGES.transid("jul", "+46701740605"): [(dispatch.earlier[0], arrived)]}
    assert deltas_of_receipts(lab.ledger(), old) == []


# Taking back in trouble


@pytest.mark.parametrize("fault", [fault for fault in BROKEN if fault != "wrong_count"] + ["duplicate"])
@pytest.mark.parametrize("wish", ["edit", "leave out"])
def test_one_cancel_in_trouble_is_settled_within_the_run(lab: Lab, fault: str, wish: str) -> None:
    lab.apply({"messages": [JUL]})
    trouble(lab, DELETE, fault, times=2)
    after = [NEW] if wish == "edit" else []
    lab.try_apply({"messages": after})
    if fault != "duplicate":
        assert live(lab) == wanted(*after)
    if live(lab) != wanted(*after):
        # The service answered that it could not be removed, though it had just been: nothing new is sent on a guess.
        assert (fault, wish) == ("duplicate", "edit")
        assert NEW["body"] not in [body for _, body in live(lab)]
    assert (wish == "edit" and fault == "duplicate") or lab.plan({"messages": after}).is_empty


def test_cancels_that_stay_in_trouble_are_gone_on_with_by_the_next_run(lab: Lab) -> None:
    lab.apply({"messages": [JUL]})
    trouble(lab, DELETE, "drop_after", times=100)
    failed = lab.try_apply({"messages": [NEW]})
    assert ends(failed) == {"message/jul": "failed"}
    assert NEW["body"] not in [body for _, body in live(lab)]
    lab.emulator.set_faults(None)
    lab.apply({"messages": [NEW]})
    assert live(lab) == wanted(NEW)


def test_an_edit_that_is_undone_halfway_still_reaches_everybody_once(lab: Lab) -> None:
    lab.apply({"messages": [JUL]})
    trouble(lab, DELETE, "drop_after", times=100)
    lab.try_apply({"messages": [NEW]})
    lab.emulator.set_faults(None)
    lab.apply({"messages": [JUL]})
    assert live(lab) == wanted(JUL)


def test_what_was_cancelled_by_hand_is_not_sent_anew_on_a_guess(lab: Lab) -> None:
    lab.apply({"messages": [JUL]})
    lab.emulator.store.cancel_message(lab.emulator.store.messages()[1].id)
    failed = lab.try_apply({"messages": [NEW]})
    assert ends(failed) == {"message/jul": "failed"}
    assert "`ledger rm message/jul --cancelled`" in errors(failed)
    assert live(lab) == []


def test_what_was_cancelled_by_hand_and_shall_go_is_gone_and_reported(lab: Lab) -> None:
    lab.apply({"messages": [JUL]})
    id = lab.emulator.store.messages()[1].id
    lab.emulator.store.cancel_message(id)
    applied = lab.apply({"messages": []})
    assert [note for note in applied.report.notes if f"id {id} was already gone or sent" in note]
    assert live(lab) == []


# The same message under another name


@pytest.mark.parametrize("fault", ["error_before", "garbage"])
def test_a_new_key_does_not_send_again_what_could_not_be_taken_back(lab: Lab, fault: str) -> None:
    lab.apply({"messages": [JUL]})
    trouble(lab, DELETE, fault, times=1000, **({"act": False} if fault == "garbage" else {}))
    renamed = {**JUL, "key": "julhalsning"}
    applied = lab.try_apply({"messages": [renamed]})
    assert ends(applied) == {"message/jul": "failed", "message/julhalsning": "failed"}
    assert live(lab) == wanted(JUL)
    lab.emulator.set_faults(None)
    lab.apply({"messages": [renamed]})
    assert live(lab) == wanted(JUL)


def test_a_new_key_does_not_send_again_what_nobody_knows(lab: Lab) -> None:
    trouble(lab, CREATE, "drop_after")
    lab.try_apply({"messages": [JUL]})
    applied = lab.try_apply({"messages": [{**JUL, "key": "julhalsning"}]})
    assert ends(applied) == {"message/jul": "unknown", "message/julhalsning": "failed"}
    assert live(lab) == wanted(JUL)


def test_two_messages_can_swap_their_texts_and_nobody_gets_one_twice(lab: Lab) -> None:
    one, two = {**JUL, "key": "one", "body": "A"}, {**JUL, "key": "two", "body": "B"}
    lab.apply({"messages": [one, two]})
    swapped = [{**one, "body": "B"}, {**two, "body": "A"}]
    lab.emulator.set_faults(faults({"endpoint": DELETE, "call": 4, "times": 1000, "fault": "error_before"}))
    lab.try_apply({"messages": swapped})
    assert len(live(lab)) == len(set(live(lab)))
    lab.emulator.set_faults(None)
    lab.apply({"messages": swapped})
    assert live(lab) == wanted(*swapped)


def test_a_group_stays_while_a_message_to_it_could_not_be_taken_back(lab: Lab) -> None:
    person = {"key": "a", "firstname": "A", "mobile": "0701740605", "groups": ["Personal"]}
    lab.apply({"groups": [{"name": "Personal"}], "contacts": [person], "messages": [PERSONAL]})
    trouble(lab, DELETE, "error_before", times=1000)
    applied = lab.try_apply({"groups": [], "contacts": [{**person, "groups": []}], "messages": []})
    assert ends(applied)["group/Personal"] == "failed"


def test_what_went_out_while_it_was_taken_back_is_not_sent_anew(lab: Lab) -> None:
    lab.policy = Policy(message_lead_time=timedelta(0))
    lab.apply({"messages": [JUL]})
    trouble(lab, DELETE, "drop_after", times=3)
    due = datetime(2036, 12, 24, 7, tzinfo=UTC)
    moments = iter([due - timedelta(minutes=1)] * 2)
    applied = lab.try_apply(
        {"messages": [{**NEW, "send_at": "2036-12-24T12:00"}]}, now=lambda: next(moments, due + timedelta(minutes=1))
    )
    assert ends(applied) == {"message/jul": "failed"}
    assert NEW["body"] not in [body for _, body in live(lab)]


def test_a_reply_with_fewer_ids_than_direct_recipients_is_no_confirmation(lab: Lab) -> None:
    config = {"groups": [{"name": "Personal"}], "messages": [{**JUL, "groups": ["Personal"]}]}
    trouble(lab, CREATE, "wrong_count")
    assert ends(lab.try_apply(config))["message/jul"] == "unknown"


def test_credentials_that_fail_between_the_two_versions_are_not_called_not_reached(lab: Lab) -> None:
    lab.apply({"messages": [JUL]})
    trouble(lab, CREATE, "garbage", text="0:ERROR3", act=False)
    applied = lab.try_apply({"messages": [NEW]})
    assert ends(applied) == {"message/jul": "failed"}
    assert "is taken back: apply again" in errors(applied)


# Too late


def at(lab: Lab, **before: float) -> None:
    """Set the clock to so long before the message is due."""
    lab.clock = Clock(datetime(2036, 12, 24, 7, tzinfo=UTC) - timedelta(**before), lab.clock.zone)


@pytest.mark.parametrize("seconds", [301, 300, 299, 0, -1])
def test_the_second_look_at_the_clock_refuses_what_is_too_close(lab: Lab, seconds: int) -> None:
    planned = lab.clock
    at(lab, seconds=seconds)
    now, lab.clock = lab.clock.now, planned
    applied = lab.try_apply({"messages": [JUL]}, now=lambda: now)
    in_time = seconds >= 300
    assert ends(applied) == {"message/jul": "done" if in_time else "failed"}
    assert lab.writes() == ([CREATE] if in_time else [])


def test_what_goes_out_in_a_moment_is_not_replaced(lab: Lab) -> None:
    lab.apply({"messages": [JUL]})
    at(lab, minutes=3)
    applied = lab.try_apply({"messages": [{**NEW, "send_at": "2036-12-24T09:00"}]})
    assert "too close to take it back" in errors(applied)
    assert live(lab) == wanted(JUL)


def test_the_lead_time_is_the_policys(lab: Lab) -> None:
    lab.policy = Policy(message_lead_time=timedelta(0))
    at(lab, seconds=30)
    lab.apply({"messages": [JUL]})
    assert live(lab) == wanted(JUL)


# What it depends on


@pytest.mark.parametrize("endpoint", ["contacts/addgroup", "contacts/add", "nix/addnix"])
def test_a_message_is_not_sent_while_what_it_depends_on_failed(lab: Lab, endpoint: str) -> None:
    person = {"key": "a", "firstname": "A", "mobile": "0701740605", "groups": ["Personal"]}
    config = {
        "groups": [{"name": "Personal"}],
        "contacts": [person],
        "blocklist": [{"mobile": "0701740609"}],
        "messages": [PERSONAL],
    }
    trouble(lab, endpoint, "garbage", times=1000, text="2:ERROR1", act=False)
    applied = lab.try_apply(config)
    assert ends(applied)["message/personal"] == "skipped"
    assert live(lab) == []
    lab.emulator.set_faults(None)
    lab.apply(config)
    assert live(lab) == [("+46701740605", "God jul!")]


# Death


@pytest.mark.parametrize("wish", [[JUL], [NEW], []], ids=["the same", "edited", "left out"])
@pytest.mark.parametrize("before", [[], [JUL]], ids=["at first", "once scheduled"])
def test_a_death_at_any_moment_never_leads_to_a_second_message(
    lab: Lab, before: list[dict[str, Any]], wish: list[dict[str, Any]]
) -> None:
    changed = [{**NEW, "body": "Hej"}]
    for moment in range(1, 200):
        lab.reset()
        if before:
            lab.apply({"messages": before})
        with dies_at(lab, moment) as clock, suppress(Died):
            lab.try_apply({"messages": changed})
        if not clock.dead:
            assert moment > 5
            return
        after = lab.try_apply({"messages": wish})
        sent = [row for row in live(lab) if row in wanted(*changed)]
        if "unknown" in ends(after).values():
            lab.try_apply({"messages": wish})
            assert live(lab) == sorted(sent)
            resolve(lab, sent=bool(sent))
            if not sent:
                lab.apply({"messages": wish})
                assert live(lab) == wanted(*wish)
        else:
            assert live(lab) == wanted(*wish)
    raise AssertionError("it never came to an end")
