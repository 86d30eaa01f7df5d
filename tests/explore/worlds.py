"""The small worlds that are explored: what the account holds before, what is wanted, and of whom nothing is ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explore.hands import (
    AddsContact,
    AnotherOwner,
    AppliesElsewhere,
    CopiesCarriers,
    Hand,
    LosesLedger,
    RemovesCarriers,
    RemovesGroup,
    RestoresLedger,
    SwitchesOff,
    Unblocks,
)

Config = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class World:
    """What was applied before anything went wrong, and what is wanted now; no `before` is a first apply.

    `refused` is the number of a contact of both that the service refuses to add again for a while. Of the histories
    with two disturbances every `share`th is explored: there are very many where contacts are tried one by one.
    `back` says that somebody takes the change back after the run that was disturbed. With `alone`, nobody else has
    anything in the account. `hands` are what other people do, each at every moment, beside each disturbance.
    """

    before: Config
    after: Config
    refused: str = ""
    share: int = 1
    back: bool = False
    alone: bool = False
    hands: tuple[Hand, ...] = ()


def person(index: int, groups: list[str], extrafield: str = "") -> dict[str, Any]:
    return {
        "key": f"p{index}",
        "firstname": f"P{index}",
        "mobile": f"070174061{index}",
        "extrafield": extrafield,
        "groups": groups,
    }


def visit(key: str, index: int, at: str, firstname: str = "Anna") -> dict[str, Any]:
    attendant = {"firstname": firstname, "mobile": f"070174062{index}"}
    return {"key": key, "at": at, "organizer": {"lastname": "Ek"}, "attendant": attendant}


def message(key: str, body: str, *recipients: str) -> dict[str, Any]:
    return {
        "key": key,
        "send_at": "2036-12-24T08:00",
        "sender": "Kliniken",
        "body": body,
        "recipients": list(recipients),
    }


def groups(*names: str, **options: Any) -> list[dict[str, Any]]:
    return [{"name": name, **options} for name in names]


_PEOPLE: Config = {
    "groups": groups("Jour"),
    "contacts": [person(0, ["Jour"]), person(1, []), person(2, ["Jour"])],
}
# One changes, one goes, one stays in the carrier of both, one comes.
_OTHER_PEOPLE: Config = {
    "groups": groups("Jour"),
    "contacts": [person(0, ["Jour"], "Ändrad"), person(2, ["Jour"]), person(3, [])],
}

WORLDS: Mapping[str, World] = {
    "group": World({"groups": groups("Jour", "Gammal")}, {"groups": groups("Jour", "Ny")}),
    "contact": World(_PEOPLE, _OTHER_PEOPLE),
    "blocklist": World(
        {"blocklist": [{"mobile": "0701740630"}, {"mobile": "0701740631"}]},
        {"blocklist": [{"mobile": "0701740631"}, {"mobile": "0701740632"}]},
    ),
    # One is moved, one goes, one comes.
    "reminder": World(
        {"reminders": [visit("r0", 0, "2026-06-01T08:30"), visit("r1", 1, "2026-06-01T08:30")]},
        {"reminders": [visit("r0", 0, "2026-06-02T08:30"), visit("r2", 2, "2026-06-01T08:30")]},
    ),
    # One is edited, one is taken back, one comes.
    "message": World(
        {"messages": [message("m0", "Hej", "0701740640", "0701740641"), message("m1", "Nej", "0701740642")]},
        {"messages": [message("m0", "Hej då", "0701740640", "0701740641"), message("m2", "Ny", "0701740643")]},
    ),
    # One leaves the group that goes with its contacts, one goes with it.
    "moves": World(
        {
            "groups": [*groups("Gammal", on_delete="delete_contacts"), *groups("Ny")],
            "contacts": [person(0, ["Gammal"]), person(1, ["Gammal"]), person(2, ["Ny"])],
        },
        {"groups": groups("Ny"), "contacts": [person(0, ["Ny"]), person(2, ["Ny"])]},
    ),
    # One changes, one comes, one stays, and one shares a carrier and is refused by now.
    "neighbour": World(
        {"groups": groups("Jour"), "contacts": [person(0, ["Jour"]), person(1, []), person(2, ["Jour"])]},
        {
            "groups": groups("Jour"),
            "contacts": [person(0, ["Jour"], "Ändrad"), person(1, []), person(2, ["Jour"]), person(3, [])],
        },
        refused="701740612",
        share=20,
    ),
    # All goes, and shall come back.
    "back": World(
        {
            "groups": [*groups("Gammal", on_delete="delete_contacts"), *groups("Jour")],
            "contacts": [person(0, ["Gammal"]), person(1, ["Jour"])],
            "blocklist": [{"mobile": "0701740630"}],
            "reminders": [visit("r0", 0, "2026-06-01T08:30")],
        },
        {"groups": groups("Jour"), "contacts": [], "blocklist": [], "reminders": []},
        back=True,
        share=5,
    ),
    "first": World(
        {},
        {
            "groups": groups("Jour"),
            "contacts": [person(0, ["Jour"])],
            "blocklist": [{"mobile": "0701740630"}],
            "reminders": [visit("r0", 0, "2026-06-01T08:30")],
            "messages": [message("m0", "Hej", "0701740640")],
        },
    ),
    # One of each kind changes or comes, and somebody takes that back.
    "taken-back": World(
        {
            "groups": groups("Jour"),
            "contacts": [person(0, ["Jour"]), person(1, [])],
            "blocklist": [{"mobile": "0701740630"}],
            "reminders": [visit("r0", 0, "2026-06-01T08:30")],
        },
        {
            "groups": groups("Jour", "Ny"),
            "contacts": [person(0, ["Jour"], "Ändrad"), person(1, []), person(2, ["Ny"])],
            "blocklist": [{"mobile": "0701740630"}, {"mobile": "0701740631"}],
            "reminders": [visit("r0", 0, "2026-06-01T08:30"), visit("r1", 1, "2026-06-01T08:30")],
        },
        back=True,
        share=5,
    ),
    # One changes, and somebody takes that back.
    "wavers": World(
        {"contacts": [person(0, []), person(1, [])]},
        {"contacts": [person(0, [], "Ändrad"), person(1, [])]},
        back=True,
    ),
    # All people go, and come back.
    "leave": World({"contacts": [person(index, []) for index in range(3)]}, {"contacts": []}, back=True, alone=True),
    # One of each kind that can be listed.
    "comes": World(
        {},
        {
            "groups": groups("Jour"),
            "blocklist": [{"mobile": "0701740630"}],
            "reminders": [visit("r0", 0, "2026-06-01T08:30")],
        },
    ),
    # Everything goes, and nothing else is there.
    "empties": World(
        {
            "groups": groups("Gammal", "Jour"),
            "contacts": [person(index, ["Jour"]) for index in range(3)],
            "blocklist": [{"mobile": "0701740630"}, {"mobile": "0701740631"}],
            "reminders": [visit("r0", 0, "2026-06-01T08:30"), visit("r1", 1, "2026-06-01T08:30")],
        },
        {"groups": [], "contacts": [], "blocklist": [], "reminders": []},
        alone=True,
        share=5,
    ),
    # As "contact", while somebody acts in the service.
    "handled": World(
        _PEOPLE,
        _OTHER_PEOPLE,
        share=50,
        hands=(
            RemovesCarriers(with_contacts=True),
            RemovesCarriers(with_contacts=False),
            RemovesCarriers(with_contacts=True, instead="Styrelse"),
            CopiesCarriers(),
            RemovesGroup("Jour", with_contacts=True),
            RemovesGroup("Jour", with_contacts=False),
            AddsContact("0701740612", "Jour"),
        ),
    ),
    # The same, while something happens to the ledger, or somebody has another one.
    "other-ledgers": World(
        _PEOPLE,
        _OTHER_PEOPLE,
        share=50,
        hands=(
            LosesLedger(),
            RestoresLedger(),
            AppliesElsewhere(),
            AppliesElsewhere("Äldre"),
            AnotherOwner(),
        ),
    ),
    # What can be listed, while others act.
    "handled-lists": World(
        {
            "groups": groups("Jour", "Gammal"),
            "blocklist": [{"mobile": "0701740630"}, {"mobile": "0701740631"}],
            "reminders": [visit("r0", 0, "2026-06-01T08:30"), visit("r1", 1, "2026-06-01T08:30")],
        },
        {
            "groups": groups("Jour", "Ny"),
            "blocklist": [{"mobile": "0701740631"}, {"mobile": "0701740632"}],
            "reminders": [visit("r0", 0, "2026-06-02T08:30"), visit("r2", 2, "2026-06-01T08:30")],
        },
        share=50,
        hands=(
            RemovesGroup("Jour", with_contacts=False),
            Unblocks(("0701740630", "0701740631")),
            SwitchesOff(),
            LosesLedger(),
            RestoresLedger(),
            AppliesElsewhere(),
        ),
    ),
    # Nothing changes, but the only group is removed.
    "handled-group": World(
        {"groups": groups("Jour")}, {"groups": groups("Jour")}, hands=(RemovesGroup("Jour", with_contacts=False),)
    ),
    # Nothing changes, but the carriers are removed, and one contact is refused by now.
    "handled-refused": World(
        _PEOPLE, _PEOPLE, refused="701740611", share=50, hands=(RemovesCarriers(with_contacts=True),)
    ),
    # Nothing changes, but others apply what they have.
    "handled-elsewhere": World(_PEOPLE, _PEOPLE, share=50, hands=(AppliesElsewhere("Äldre"), AppliesElsewhere())),
}
