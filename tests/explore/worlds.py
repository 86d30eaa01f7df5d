"""The small worlds that are explored: what the account holds before, what is wanted, and of whom nothing is ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Config = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class World:
    """What was applied before anything went wrong, and what is wanted now; no `before` is a first apply.

    `refused` is the number of a contact of both that the service refuses to add again for a while. Of the histories
    with two disturbances every `share`th is explored: there are very many where contacts are tried one by one.
    `back` says that somebody takes the change back after the run that was disturbed.
    """

    before: Config
    after: Config
    refused: str = ""
    share: int = 1
    back: bool = False


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


WORLDS: Mapping[str, World] = {
    "group": World({"groups": groups("Jour", "Gammal")}, {"groups": groups("Jour", "Ny")}),
    # One changes, one goes, one stays in the carrier of both, one comes.
    "contact": World(
        {"groups": groups("Jour"), "contacts": [person(0, ["Jour"]), person(1, []), person(2, ["Jour"])]},
        {"groups": groups("Jour"), "contacts": [person(0, ["Jour"], "Ändrad"), person(2, ["Jour"]), person(3, [])]},
    ),
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
}
