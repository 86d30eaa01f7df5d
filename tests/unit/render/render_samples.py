"""A clinic's plan with one of everything, and the report of applying it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from intime_sync.model.change import (
    Action,
    Adopt,
    Change,
    Create,
    Delete,
    FieldChange,
    Forget,
    Manual,
    Replace,
    Update,
)
from intime_sync.model.ledger import AccountRef
from intime_sync.model.plan import Guard, GuardRule, Plan
from intime_sync.model.problem import Origin, Problem, Severity
from intime_sync.model.report import Report, Result, Status
from intime_sync.model.resource import Address, KindName, RemoteId

NOW = datetime(2026, 11, 20, 7, 15, tzinfo=UTC)
LINEAGE = "0a1b2c3d-0701-4740-8605-070174060500"
ACCOUNT = AccountRef("https://sms.intime.nu/api/1.0", "demo", "clinic-a")


def address(text: str) -> Address:
    found = Address.parse(text)
    assert found is not None
    return found


def person(first: str, last: str, mobile: str | None, *groups: str, email: str | None = None) -> dict[str, Any]:
    return {
        "type": "sms+email" if mobile and email else "sms" if mobile else "email",
        "firstname": first,
        "lastname": last,
        **({"mobile": mobile} if mobile else {}),
        **({"email": email} if email else {}),
        "groups": list(groups),
    }


def appointment(at: str, first: str, last: str, mobile: str) -> dict[str, Any]:
    return {
        "at": at,
        "organizer": {"title": "Dr", "firstname": "Hans", "lastname": "Evertsson"},
        "attendant": {"firstname": first, "lastname": last, "mobile": mobile},
        "active": True,
    }


def _groups() -> list[Change]:
    return [
        Delete(
            address=address("group/Gamla listan"),
            remote_id=RemoteId(9),
            before={"name": "Gamla listan"},
            options={"on_delete": "delete_contacts"},
        ),
        Create(address=address("group/Jour"), after={"name": "Jour"}, origin=Origin("clinic/groups.yaml", 3, 5)),
        Adopt(
            address=address("group/Personal"),
            remote_id=RemoteId(4),
            after={"name": "Personal"},
            reason="already in the account",
            origin=Origin("clinic/groups.yaml", 2, 5),
        ),
    ]


def _contacts() -> list[Change]:
    john = person("John", "Svensson", "+46701740605", "Gamla listan", "Personal", email="john.svensson@example.se")
    moved = {**john, "mobile": "+46701740606", "lastname": "Svensson Ek", "groups": ["Jour", "Personal"]}
    fields = (
        FieldChange("lastname", "Svensson", "Svensson Ek"),
        FieldChange("mobile", "+46701740605", "+46701740606"),
        FieldChange("extrafield", None, "Ledningsgrupp"),
        FieldChange("groups", john["groups"], moved["groups"]),
    )
    return [
        Create(
            address=address("contact/+46701740611"),
            after=person("Åsa", "Öberg", "+46701740611", "Personal"),
            origin=Origin("people/staff.csv", 2, 1),
        ),
        Create(
            address=address("contact/anna.lindqvist"),
            after=person("Anna", "Lindqvist", "+46701740608", "Jour", "Personal"),
            origin=Origin("people/staff.csv", 3, 1),
            protected=True,
        ),
        Forget(
            address=address("contact/bo.ek"),
            remote_id=RemoteId(71),
            before=person("Bo", "Ek", "+46701740612"),
            reason="its carrier is gone from the account",
        ),
        Replace(
            address=address("contact/john.svensson"),
            remote_id=RemoteId(72),
            before=john,
            after={**moved, "extrafield": "Ledningsgrupp"},
            fields=fields,
            origin=Origin("people/staff.csv", 4, 1),
        ),
        Delete(
            address=address("contact/karin.ahl"),
            remote_id=RemoteId(73),
            before=person("Karin", "Åhl", None, email="karin@example.se"),
        ),
        Delete(
            address=address("contact/olle.berg"),
            remote_id=RemoteId(74),
            before=person("Olle", "Berg", "+46701740613"),
            protected=True,
        ),
        Manual(
            address=address("contact/per.lund"),
            remote_id=RemoteId(75),
            before=person("Per", "Lund", "+46701740614"),
            after=person("Per", "Lund", "+46701740615"),
            fields=(FieldChange("mobile", "+46701740614", "+46701740615"),),
            reason="it was added without a carrier, so the service offers no way to change it: "
            "change it in the service, then drop it from the ledger with `ledger rm`",
            origin=Origin("people/staff.csv", 9, 1),
        ),
    ]


def _rest() -> list[Change]:
    before = appointment("2026-12-01T08:30", "Anna", "Lindqvist", "+46701740608")
    return [
        Delete(
            address=address("blocklist/+46701740606"), remote_id=None, before={"mobile": "+46701740606"}, owned=False
        ),
        Create(address=address("blocklist/+46701740607"), after={"mobile": "+46701740607"}, reason="no longer there"),
        Update(
            address=address("reminder/2026-12-01-lindqvist"),
            remote_id=RemoteId(801),
            before=before,
            after={**before, "at": "2026-12-01T09:45"},
            fields=(
                FieldChange("at", "2026-12-01T08:30", "2026-12-01T09:45"),
                FieldChange("organizer.title", None, "Dr"),
                FieldChange("attendant.firstname", "Ana", "Anna"),
            ),
            origin=Origin("clinic/reminders.yaml", 2, 5),
        ),
        Create(
            address=address("reminder/2026-12-02-oberg"),
            after=appointment("2026-12-02T10:00", "Åsa", "Öberg", "+46701740611"),
        ),
        Delete(
            address=address("reminder/2026-12-03-ek"),
            remote_id=RemoteId(802),
            before=appointment("2026-12-03T13:00", "Bo", "Ek", "+46701740612"),
        ),
    ]


PLAN = Plan(
    account=ACCOUNT,
    lineage=LINEAGE,
    serial=3,
    changes=(*_groups(), *_contacts(), *_rest()),
    unchanged=12,
    guards=(
        Guard(
            GuardRule.MAX_DELETE,
            KindName("group"),
            False,
            "1 of 3 owned group objects would be deleted",
            count=1,
        ),
        Guard(
            GuardRule.MAX_DELETE,
            KindName("contact"),
            True,
            "2 of 2 owned contact objects would be deleted, which is all of them",
            count=2,
        ),
        Guard(
            GuardRule.PROTECT,
            KindName("contact"),
            True,
            "contact/olle.berg is protected and would be deleted",
            remedy="protect: false on contact/olle.berg",
        ),
    ),
    diagnostics=(
        Problem(
            "doubtful-number",
            "`+46701740699` is possible as a number but not in use as far as is known",
            Origin("people/staff.csv", 12, 3),
            Severity.WARNING,
        ),
        Problem(
            "foreign-carrier",
            "`prune: all` leaves the carriers of other owners alone: clinic-b",
            None,
            Severity.WARNING,
        ),
    ),
)


def greeting(
    *recipients: Any, body: str = "God jul!\nÖnskar Kliniken", groups: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {
        "send_at": "2026-12-24T08:00",
        "sender": "Kliniken",
        "body": body,
        "multisms": False,
        "flash": False,
        "check_blocklist": True,
        "anonymize": False,
        "recipients": list(recipients),
        "groups": list(groups),
    }


def contact(key: str, mobile: str) -> dict[str, Any]:
    return {"contact": key, "mobile": mobile}


def _messages() -> list[Change]:
    before = greeting("+46701740605", contact("anna.lindqvist", "+46701740608"))
    after = greeting(
        "+46701740605",
        contact("anna.lindqvist", "+46701740609"),
        body="God jul! Ring 070-174 06 10 vid frågor",
        groups=("Personal",),
    )
    return [
        Create(
            address=address("message/julhalsning"),
            after=greeting(
                "+46701740605", "+46701740606", contact("anna.lindqvist", "+46701740608"), groups=("Jour", "Personal")
            ),
            origin=Origin("clinic/messages.yaml", 2, 5),
        ),
        Replace(
            address=address("message/lucia"),
            remote_id=None,
            before=before,
            after=after,
            fields=tuple(FieldChange(name, before[name], after[name]) for name in ("body", "recipients", "groups")),
            origin=Origin("clinic/messages.yaml", 9, 5),
        ),
        Delete(
            address=address("message/nyar"), remote_id=None, before=greeting("+46701740605", body="Gott nytt år!")
        ),
        Manual(
            address=address("message/pask"),
            remote_id=None,
            before=None,
            after=greeting(groups=("Personal",)),
            reason="it is too close to its time",
        ),
    ]


MESSAGES = Plan(ACCOUNT, LINEAGE, 3, tuple(_messages()), 2)

UNSTOPPED = replace(PLAN, guards=())
EMPTY = Plan(ACCOUNT, LINEAGE, 3, (), 59)
LEFTOVERS_ONLY = Plan(ACCOUNT, LINEAGE, 3, (), 1, leftovers=(RemoteId(7), RemoteId(9)))

DONE = Report(
    tuple(
        Result(address(f"contact/+467017406{number:02}"), Action.CREATE, Status.DONE, RemoteId(number))
        for number in range(10, 67)
    ),
    calls=4,
)
IN_PART = Report(
    (
        *DONE.results,
        Result(
            address("contact/john.svensson"),
            Action.REPLACE,
            Status.FAILED,
            error="the service refused +46701740606: error 104",
            origin=Origin("people/staff.csv", 4, 1),
        ),
        Result(address("reminder/2026-12-01-lindqvist"), Action.UPDATE, Status.FAILED, RemoteId(801), "HTTP 500"),
        Result(
            address("message/julhalsning"),
            Action.CREATE,
            Status.UNKNOWN,
            error="the connection was lost after the request was sent",
            origin=Origin("intime.yaml", 40, 5),
        ),
        Result(
            address("group/Gamla listan"),
            Action.DELETE,
            Status.SKIPPED,
            RemoteId(9),
            "its contacts are not moved yet",
        ),
    ),
    calls=11,
    notes=("2 superseded carriers are removed by the next apply",),
    stopped="three calls in a row failed",
)

PROBLEMS = (
    Problem(
        "impossible-number", "`0701` is not a possible phone number in region SE", Origin("people/staff.csv", 3, 3)
    ),
    Problem("doubtful-number", "`+46701740699` is not in use", Origin("people/staff.csv", 12, 3), Severity.WARNING),
    Problem("unknown-field", "unknown field `groop`; did you mean `group`?", Origin("intime.yaml", 7, 1)),
    Problem("no-owner", "`owner` is missing"),
)
