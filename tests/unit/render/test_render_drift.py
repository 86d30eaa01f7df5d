"""Drift as text and JSON, held to golden files: every finding, both colours, masked and revealed."""

from __future__ import annotations

import json

import pytest
from golden_files import check_golden

from intime_sync.model.change import FieldChange
from intime_sync.model.drift import (
    CARRIER,
    Blind,
    Changed,
    Doubled,
    Drift,
    Finding,
    Gone,
    MadeAgain,
    Renamed,
    SwitchedOff,
    UnknownCarrier,
    Unobservable,
    Unowned,
)
from intime_sync.model.ledger import AccountRef
from intime_sync.model.resource import Address, KindName, RemoteId
from intime_sync.render.drift import drift_to_json, drift_to_text

ACCOUNT = AccountRef("https://sms.intime.nu/api/1.0", "demo", "clinic-a")
GROUP, BLOCKLIST, REMINDER = KindName("group"), KindName("blocklist"), KindName("reminder")
CONTACT, MESSAGE = KindName("contact"), KindName("message")
ANNA = {"at": "2036-12-01T08:30", "attendant": {"firstname": "Anna", "mobile": "+46701740608"}, "active": True}
PEOPLE = tuple(f"+467017406{number:02}" for number in range(10, 14))


def _group(name: str) -> Address:
    return Address(GROUP, name)


FINDINGS: tuple[Finding, ...] = (
    Gone(
        address=_group("Jour"), remote_id=RemoteId(5), before={"name": "Jour"}, contacts=("maja",), messages=("jul",)
    ),
    Renamed(
        address=_group("Läkare"),
        remote_id=RemoteId(6),
        before={"name": "Läkare"},
        after={"name": "Doktorer\x1b[2J"},
        now=RemoteId(16),
        contacts=PEOPLE,
    ),
    MadeAgain(address=_group("Natt"), remote_id=RemoteId(7), before={"name": "Natt"}, now=RemoteId(17), owned=False),
    Doubled(address=_group("Per"), remote_id=RemoteId(8), before={"name": "Per"}, twins=(RemoteId(18), RemoteId(19))),
    Gone(address=Address(CARRIER, "~clinic-a/0-0123456789ab"), remote_id=RemoteId(9), before={}, contacts=PEOPLE),
    Renamed(
        address=Address(CARRIER, "~clinic-a/1-0123456789ab"),
        remote_id=RemoteId(10),
        before={},
        after={"name": "Kopior"},
        contacts=("bo", "cia"),
    ),
    UnknownCarrier(address=Address(CARRIER, "~clinic-a/x"), remote_id=RemoteId(11), after={"name": "~clinic-a/x"}),
    Gone(
        address=Address(BLOCKLIST, "+46701740606"),
        remote_id=None,
        before={"mobile": "+46701740606"},
    ),
    Changed(
        address=Address(REMINDER, "anna"),
        remote_id=RemoteId(1),
        before=ANNA,
        after={**ANNA, "at": "2036-12-02T09:00"},
        fields=(FieldChange("at", "2036-12-01T08:30", "2036-12-02T09:00"),),
    ),
    SwitchedOff(
        address=Address(REMINDER, "bo"),
        remote_id=RemoteId(2),
        before=ANNA,
        after={**ANNA, "active": False},
        fields=(FieldChange("active", True, False),),
    ),
    Doubled(address=Address(REMINDER, "cia"), remote_id=RemoteId(3), before=ANNA, twins=(RemoteId(4),)),
)
EVERYTHING_DRIFTED = Drift(
    lineage="6f1c6b9e-3f52-4a44-9d0f-7c6d9f2f8a10",
    serial=3,
    findings=FINDINGS,
    compared={GROUP: 12, BLOCKLIST: 3, REMINDER: 4},
    carriers=8,
    carriers_there=6,
    unobservable=(
        Unobservable(CONTACT, 200, Blind.FIELDS),
        Unobservable(CONTACT, 2, Blind.APPENDED),
        Unobservable(CONTACT, 1, Blind.ADRIFT),
        Unobservable(MESSAGE, 1, Blind.SCHEDULED),
        Unobservable(MESSAGE, 2, Blind.UNKNOWN),
    ),
    unowned=(
        Unowned(_group("Ny"), RemoteId(30), {"name": "Ny"}),
        Unowned(Address(BLOCKLIST, "+46701740655"), None, {"mobile": "+46701740655"}),
        Unowned(Address(REMINDER, "#31"), RemoteId(31), ANNA),
    ),
)
NOTHING_DRIFTED = Drift(
    lineage="6f1c6b9e-3f52-4a44-9d0f-7c6d9f2f8a10",
    serial=3,
    findings=(),
    compared={GROUP: 12, BLOCKLIST: 3, REMINDER: 4},
    carriers=8,
    carriers_there=8,
    unobservable=(Unobservable(CONTACT, 200, Blind.FIELDS), Unobservable(MESSAGE, 1, Blind.SCHEDULED)),
    unowned=(),
)
NOTHING_OWNED = Drift("", 0, (), {GROUP: 0}, 0, 0, (), ())


@pytest.mark.parametrize(
    ("name", "drift", "options"),
    [
        ("everything.color", EVERYTHING_DRIFTED, {"color": True, "unowned": True}),
        ("everything.masked", EVERYTHING_DRIFTED, {"mask": True}),
        ("nothing", NOTHING_DRIFTED, {}),
        ("nothing-owned", NOTHING_OWNED, {}),
    ],
)
def test_drift_text_is_as_it_was_reviewed(name: str, drift: Drift, options: dict[str, bool]) -> None:
    check_golden(f"drift/{name}.txt", drift_to_text(drift, ACCOUNT, **options))


def test_drift_does_not_claim_that_unobservable_objects_are_in_sync() -> None:
    text = drift_to_text(NOTHING_DRIFTED, ACCOUNT)
    assert (
        "No drift in 12 groups, 3 opt-outs and 4 reminders. "
        "Not observable: the fields of 200 contacts (their 8 carriers are there), 1 scheduled message.\n"
    ) in text


def test_drift_json_is_as_it_was_reviewed_and_masks_every_number() -> None:
    check_golden("drift/everything.json", drift_to_json(EVERYTHING_DRIFTED, ACCOUNT))
    masked = drift_to_json(EVERYTHING_DRIFTED, ACCOUNT, mask=True, unowned=True)
    assert "+467017406" not in masked
    document = json.loads(masked)
    assert list(document) == ["format_version", "account", "ledger", "summary", "drift", "unobservable", "unowned"]
    assert document["summary"]["drift"] == len(document["drift"]) == len(FINDINGS)
