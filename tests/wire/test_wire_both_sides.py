"""The client and the emulator, which share no code, agree on the same bytes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from wire_samples import EDITS, REMINDER, REQUESTS

from intime_sync.emulator import EmulatorOptions, run_in_thread
from intime_sync.service import Client, Credentials, Ids, Refused, Secret, WireFormat, endpoints, requests
from intime_sync.service.phone import E164, parse_mobile
from intime_sync.service.reply import classify_ids
from intime_sync.service.times import WallTime
from intime_sync.service.transport import Answer

NAMES = ["Jour & beredskap", "Łódź åäö €", 'citat "dubbelt" <vinklar>']
MOBILES = [E164("+46701740605"), E164("+4915112345678")]


@pytest.fixture
def url() -> Iterator[str]:
    with run_in_thread(EmulatorOptions()) as emulator:
        yield emulator.url


@pytest.fixture(params=[WireFormat(), WireFormat(dates="basic", mobiles="national")], ids=["plain", "basic"])
def client(url: str, request: pytest.FixtureRequest) -> Iterator[Client]:
    with Client(url, Credentials("demo", Secret("demo")), wire=request.param) as made:
        yield made


SELF_CONTAINED = {
    "add_groups": (endpoints.ADD_GROUPS, 2),
    "add_blocklist": (endpoints.ADD_BLOCKLIST, 2),
    "add_reminders": (endpoints.ADD_REMINDERS, 1),
}


@pytest.mark.parametrize("name", SELF_CONTAINED)
def test_the_emulator_understands_the_fixtures(name: str, client: Client) -> None:
    endpoint, count = SELF_CONTAINED[name]
    answer = client.transport.post(endpoint.path, (REQUESTS / f"{name}.xml").read_bytes())
    assert isinstance(answer, Answer)
    assert isinstance(classify_ids(endpoint, answer.body, count), Ids)


def test_groups_are_listed_as_they_were_sent_and_removed(client: Client) -> None:
    assert client.list_groups() == []
    added = client.add_groups(NAMES)
    assert isinstance(added, Ids)
    assert [(row.id, row.name) for row in client.list_groups()] == list(zip(added.ids, NAMES, strict=True))
    assert client.delete_groups([(group_id, True) for group_id in added.ids]) == added
    assert client.list_groups() == []


def test_contacts_are_added_to_groups(client: Client) -> None:
    groups = client.add_groups(["Personal"])
    assert isinstance(groups, Ids)
    contact = requests.ContactItem(
        type=1, firstname="Åsa", lastname="Żak", mobile=E164("+46701740606"), group_ids=groups.ids
    )
    assert isinstance(client.add_contacts([contact]), Ids)


def test_blocked_numbers_are_listed_in_some_spelling_and_removed(client: Client) -> None:
    assert isinstance(client.add_blocklist(MOBILES), Ids)
    rows = client.list_blocklist()
    parsed = [parse_mobile(row.mobile, "SE") for row in rows]
    assert sorted(found.number for found in parsed if found) == sorted(MOBILES)
    assert isinstance(client.delete_blocklist([row.mobile for row in rows]), Ids)
    assert client.list_blocklist() == []


def test_reminders_are_listed_edited_and_switched_off(client: Client) -> None:
    added = client.add_reminders([REMINDER])
    assert isinstance(added, Ids)
    edit = requests.ReminderEdit(id=added.ids[0], date=WallTime("2026-12-02T09:15"), organizer_title="Dr")
    assert client.edit_reminders([edit]) == added
    (row,) = client.list_reminders(added.ids[0])
    assert (row.date, row.title, row.attendant_lastname, row.active) == ("2026-12-02T09:15", "Dr", "Lindqvist", True)
    assert client.edit_reminders([requests.ReminderEdit(id=row.id, active=False)]) == added
    assert client.edit_reminders([edit]) == Ids((-row.id,))


def test_an_edit_of_an_unknown_reminder_comes_back_negative(client: Client) -> None:
    outcome = client.edit_reminders(EDITS)
    assert outcome == Ids(tuple(-edit.id for edit in EDITS))


def test_a_message_can_be_scheduled_and_cancelled(client: Client) -> None:
    message = requests.MessageItem(
        body="Hej 10 €",
        sender="Kliniken",
        recipients=(requests.Recipient(MOBILES[0], "a1"),),
        send_at=WallTime("2099-12-24T08:00"),
    )
    created = client.create_message(message)
    assert isinstance(created, Ids)
    assert client.delete_message(created.ids[0]) == created
    assert isinstance(client.delete_message(created.ids[0]), Refused)
