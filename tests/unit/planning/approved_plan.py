"""A plan with every kind of change, and the account and the ledger that it was made for."""

from __future__ import annotations

from typing import Any

from plan_makers import (
    BLOCKLIST,
    CONTACT,
    GROUP,
    REMINDER,
    Resource,
    entry,
    group_row,
    ledger,
    plan,
    row,
)

from intime_sync.model.ledger import Carrier, Ledger
from intime_sync.model.plan import Plan
from intime_sync.model.resource import RemoteId

ANNA = {"key": "anna", "mobile": "0701740605", "groups": ["Jour"]}


CARRIER = "~clinic-a/all-1"


ATTENDANT = {"mobile": "0701740608"}


REMIND = {"key": "r", "at": "2026-12-01T08:30", "attendant": ATTENDANT}


NUMBER = {"mobile": "0701740606"}


def book() -> Ledger:
    return ledger(
        {
            GROUP: {"Jour": entry("groups", {"name": "Jour"}, 7), "Gammal": entry("groups", {"name": "Gammal"}, 8)},
            CONTACT: {"anna": entry("contacts", ANNA, 90, carrier=40)},
            REMINDER: {"r": entry("reminders", REMIND, 5)},
        },
        {40: Carrier(CARRIER, {"Jour": RemoteId(7)})},
    )


def account() -> dict[Any, list[Resource[Any]]]:
    return {
        GROUP: [group_row("Jour", 7), group_row("Gammal", 8), group_row(CARRIER, 40), group_row("Fanns", 9)],
        REMINDER: [row("reminders", REMIND, 5)],
        BLOCKLIST: [row("blocklist", {"mobile": "0701740699"})],
    }


WANTED: dict[str, list[dict[str, Any]]] = {
    "groups": [{"name": "Jour"}, {"name": "Ny"}, {"name": "Fanns"}],
    "contacts": [{**ANNA, "lastname": "Ny"}, {"key": "bo", "email": "bo@example.se"}],
    "blocklist": [NUMBER],
    "reminders": [{**REMIND, "at": "2026-12-02T08:30"}],
}


def made(**sections: list[dict[str, Any]]) -> Plan:
    return plan({**WANTED, **sections}, account(), book())
