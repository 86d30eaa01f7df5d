"""Small configurations, the troubles that a run may have with them, and what must be true after it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from account_lab import Lab, desired_from, found_contacts, wanted_contacts

from intime_sync.emulator import FaultPlan
from intime_sync.kinds.base import ListedKind
from intime_sync.kinds.registry import BY_NAME, BY_SECTION
from intime_sync.model.policy import ContactStrategy, Policy
from intime_sync.model.report import Result, Status
from intime_sync.model.resource import KindName, RemoteId, Resource
from intime_sync.service.client import Outcome
from intime_sync.service.reply import Refused
from intime_sync.service.requests import Request

GROUP, BLOCKLIST, REMINDER = KindName("group"), KindName("blocklist"), KindName("reminder")
Config = dict[str, list[dict[str, Any]]]
ITEMS: Config = {
    "groups": [{"name": f"Grupp {index}"} for index in range(3)],
    "blocklist": [{"mobile": f"07017406{10 + index}"} for index in range(3)],
    "reminders": [
        {"key": f"r{index}", "at": "2026-12-01T08:30", "attendant": {"mobile": f"07017407{10 + index}"}}
        for index in range(3)
    ],
}
ADD = {"groups": "contacts/addgroup", "blocklist": "nix/addnix", "reminders": "reminder/add"}
REMOVE = {"groups": "contacts/deletegroup", "blocklist": "nix/deletenix", "reminders": "reminder/edit"}
ANNA: dict[str, Any] = {"key": "anna", "mobile": "0701740605", "groups": []}
BO: dict[str, Any] = {"key": "bo", "mobile": "0701740606", "groups": []}
BOTH: Config = {"groups": [], "contacts": [ANNA, BO]}
CHANGED: Config = {"groups": [], "contacts": [{**ANNA, "lastname": "Ny"}, {**BO, "lastname": "Ny"}]}
IN_JOUR = [{**ANNA, "groups": ["Jour"]}, {**BO, "groups": ["Jour"]}]
WANTED = ITEMS["reminders"][0]
"""One reminder."""
APPEND = Policy(contact_strategy=ContactStrategy.APPEND)
EVERYTHING: Config = {**ITEMS, "contacts": [{**ANNA, "groups": ["Grupp 1"]}, BO]}
of_every_list = pytest.mark.parametrize("section", ITEMS)


def rule(endpoint: str, fault: str, times: int = 1, **more: Any) -> dict[str, Any]:
    return {"endpoint": endpoint, "call": 1, "times": times, "fault": fault, **more}


def trouble(lab: Lab, *rules: dict[str, Any]) -> None:
    lab.emulator.set_faults(FaultPlan.from_data(list(rules)))
    lab.emulator.calls.clear()


def refusing(poison: str) -> Callable[[Request], Outcome | None]:
    """Answers requests that contain `poison` as the service does when it refuses an item."""
    return lambda request: Refused("3:ERROR1", "bad item") if poison.encode() in (request.body or b"") else None


class Killed(BaseException):
    """The process dies: nothing that it would have done next happens."""


def die_after(lab: Lab, endpoint: str, config: Config) -> None:
    """Apply; the process dies once the service has carried a request to `endpoint` out, before the reply."""

    def dying(request: Request) -> Outcome | None:
        if request.endpoint.path.startswith(endpoint):
            lab.client.forward(request)
            raise Killed
        return None

    with lab.intercepting(dying), suppress(Killed):
        lab.try_apply(config)


def ended(lab: Lab, config: Config) -> dict[str, Result]:
    """Apply; the result of each change by its key. Results that are not done must have an error."""
    found = {result.address.key: result for result in lab.try_apply(config).report.results}
    assert all(bool(result.error) == (result.status is not Status.DONE) for result in found.values()), found
    return found


def statuses(lab: Lab, config: Config) -> dict[str, str]:
    return {key: str(result.status) for key, result in ended(lab, config).items()}


def assert_converges(lab: Lab, config: Config) -> None:
    lab.emulator.set_faults(None)
    lab.outwait()
    lab.apply(config)
    if "contacts" in config:
        assert found_contacts(lab) == wanted_contacts(config)
    assert lab.plan(config).is_empty
    assert not lab.ledgers.journal_path.exists()


def live(lab: Lab, section: str) -> int:
    """How many objects of a section do something in the account."""
    store = lab.emulator.store
    if section == "groups":
        return len(store.groups())
    return len(store.blocklist()) if section == "blocklist" else sum(row.active for row in store.reminders())


def kind_of(section: str) -> ListedKind:
    kind = BY_SECTION[section]
    assert isinstance(kind, ListedKind)
    return kind


def assert_ledger_matches_account(lab: Lab, section: str) -> None:
    """The ledger knows each object by the id and the attributes that the account shows."""
    kind = kind_of(section)
    rows = {row.remote_id: row for row in lab.fetch(desired_from({section: []})).of(kind.name)}
    entries = lab.ledger().of(kind.name)
    assert len(entries) == len(ITEMS[section])
    for entry in entries.values():
        if section != "blocklist":
            assert entry.attributes == kind.attributes(rows[entry.remote_id].value)


def reminder(item: dict[str, Any], id: int) -> Resource[Any]:
    (found,) = desired_from({"reminders": [item]}).of(REMINDER)
    return Resource(f"#{id}", found.value, RemoteId(id))


def attributes(item: dict[str, Any]) -> dict[str, Any]:
    (found,) = desired_from({"reminders": [item]}).of(REMINDER)
    return dict(BY_NAME[REMINDER].attributes(found.value))
