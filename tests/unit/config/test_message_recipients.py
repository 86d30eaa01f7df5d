"""Recipients of messages, checked against contacts, groups and blocklist over all files of a configuration."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from counting import calls_of

from intime_sync.bulk.lines import Contact
from intime_sync.config.csv_table import read_csv
from intime_sync.config.desired import Configuration, load_desired
from intime_sync.config.explain import Checker
from intime_sync.config.messages import resolve_messages
from intime_sync.config.schema import Flavour, section_schema
from intime_sync.errors import InvalidConfiguration
from intime_sync.kinds.reading import ItemContext
from intime_sync.kinds.registry import BY_SECTION, CONTACTS, MESSAGES
from intime_sync.model.problem import Origin
from intime_sync.model.resource import Json, Resource
from intime_sync.service.phone import E164

HEAD = "version: 1\nowner: clinic-a\naccount: {url: embedded}\n"
MESSAGE = "messages:\n  - key: jul\n    send_at: 2031-12-24T08:00\n    sender: Kliniken\n    body: God jul!\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def load(folder: Path, text: str, **files: str) -> Configuration:
    (folder / "intime.yaml").write_text(HEAD + text, encoding="utf-8")
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content, encoding="utf-8")
    return load_desired(folder, {})


def problems(folder: Path, text: str, **files: str) -> list[str]:
    """Everything that is said, without the file's head in the lines."""
    try:
        found = load(folder, text, **files).warnings
    except InvalidConfiguration as error:
        found = tuple(error.problems)
    return [str(problem) for problem in found]


def recipients(configuration: Configuration) -> Json:
    (message,) = configuration.desired.of(MESSAGES.name)
    found: Json = MESSAGES.attributes(message.value)["recipients"]
    return found


def test_contacts_of_any_file_give_their_numbers(folder: Path) -> None:
    text = (
        f"{MESSAGE}    recipients: [{{contact: anna}}, 0701740607, {{contact: +46701740606}}]\n"
        "include: [contacts: people.csv]\n"
    )
    found = load(folder, text, people_csv="key,mobile\nanna,070-174 06 05\n,0701740606\n")
    assert recipients(found) == [
        {"contact": "anna", "mobile": "+46701740605"},
        {"contact": "+46701740606", "mobile": "+46701740606"},
        "+46701740607",
    ]
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("contacts", "says"),
    [
        (
            "contacts: [{key: john.svensson, mobile: 0701740605}]\n",
            "the contact `jon.svensson` is not declared in `contacts`; did you mean `john.svensson`? "
            "[unknown-contact]",
        ),
        (
            "contacts: []\n",
            "the contact `jon.svensson` is not declared in `contacts`; "
            "a message whose time has passed can be removed [unknown-contact]",
        ),
        (
            "",
            "the contact `jon.svensson` must be declared, and no file has a section `contacts`; "
            "a message whose time has passed can be removed [unknown-contact]",
        ),
        (
            "contacts: [{key: jon.svensson, mobile: 0701740605, ensure: absent}]\n",
            "the contact `jon.svensson` is declared with `ensure: absent`; "
            "a message whose time has passed can be removed [unknown-contact]",
        ),
        (
            "contacts: [{key: jon.svensson, email: jon@example.se}]\n",
            "the contact `jon.svensson` has no `mobile` that the message could be sent to [no-mobile]",
        ),
    ],
)
def test_a_contact_that_cannot_be_reached_is_an_error_at_its_place(folder: Path, contacts: str, says: str) -> None:
    text = f"{MESSAGE}    recipients:\n      - 0701740607\n      - {{contact: jon.svensson}}\n{contacts}"
    assert problems(folder, text) == [f"intime.yaml:11:9: error: {says}"]


def test_a_contact_that_could_not_be_read_is_not_called_unknown(folder: Path) -> None:
    text = f"{MESSAGE}    recipients: [{{contact: john}}]\ncontacts: [{{key: john, mobile: 1}}]\n"
    assert [line.rpartition(" ")[2] for line in problems(folder, text)] == ["[impossible-number]"]


def test_an_absent_message_may_name_any_recipient(folder: Path) -> None:
    text = (
        f"{MESSAGE}    recipients: [{{contact: john}}, 0701740607]\n    groups: [Jour]\n    ensure: absent\n"
        "groups: []\nblocklist: [0701740607]\n"
    )
    assert problems(folder, text) == []


def test_groups_must_be_declared_where_groups_are_managed(folder: Path) -> None:
    text = f"{MESSAGE}    groups: [Jour, Personel]\n"
    assert problems(folder, text) == []
    assert problems(folder, text + "groups: [Personal, {name: Jour, ensure: absent}]\n") == [
        "intime.yaml:9:13: error: the group `Jour` is declared with `ensure: absent` [unknown-group]",
        "intime.yaml:9:13: error: the group `Personel` is not declared in `groups`; did you mean `Personal`? "
        "[unknown-group]",
    ]


def test_recipients_on_the_blocklist_are_warned_about(folder: Path) -> None:
    text = (
        f"{MESSAGE}    recipients: [0701740605, 0701740606, {{contact: john}}]\n"
        "contacts: [{key: john, mobile: 0701740607}]\n"
        "blocklist: [0701740607, {mobile: 0701740605, ensure: absent}, 070-174 06 06]\n"
    )
    words = (
        "is on the blocklist, which the service is documented to check for groups only: the message may be sent all "
        "the same; remove the recipient [blocked-recipient]"
    )
    assert problems(folder, text) == [
        f"intime.yaml:9:30: warning: `+46701740606` {words}",
        f"intime.yaml:9:42: warning: `contact/john` {words}",
    ]


def test_a_recipient_that_is_reached_twice_is_warned_about(folder: Path) -> None:
    text = (
        f"{MESSAGE}    recipients: [{{contact: john}}, 0701740606, 0701740607, 0701740608, 0701740609]\n"
        "    groups: [Jour]\n"
        "groups: [Jour, Personal]\n"
        "contacts:\n"
        "  - {key: john, mobile: 0701740605, groups: [Personal, Jour]}\n"
        "  - {key: anna, mobile: 0701740606, groups: [Personal]}\n"
        "  - {key: eva, mobile: 0701740607, email: eva@example.se, type: email, groups: [Jour]}\n"
        "  - {key: bo, mobile: 0701740608, email: bo@example.se, groups: [Jour]}\n"
        "  - {key: ek, mobile: 0701740609, groups: [Jour], ensure: absent}\n"
    )
    words = "is also in the group `Jour`, and could get the message twice; remove one of the two [reached-twice]"
    assert problems(folder, text) == [
        f"intime.yaml:9:18: warning: `contact/john` {words}",
        f"intime.yaml:9:59: warning: `+46701740608` {words}",
    ]


def test_a_number_and_a_contact_with_it_are_warned_about(folder: Path) -> None:
    text = (
        f"{MESSAGE}    recipients: [{{contact: john}}, 0701740605, {{contact: eva}}]\n"
        "contacts: [{key: john, mobile: 0701740605}, {key: eva, mobile: 0701740606}]\n"
    )
    found = load(folder, text)
    (message,) = found.desired.of(MESSAGES.name)
    assert MESSAGES.mobiles(MESSAGES.attributes(message.value)) == ["+46701740605", "+46701740606"]
    assert [str(problem) for problem in found.warnings] == [
        "intime.yaml:9:35: warning: `+46701740605` has the same number as `contact/john` before it; it counts once "
        "[repeated-recipient]"
    ]


def test_unquoted_numbers_stay_text_and_other_values_are_refused_as_recipients(folder: Path) -> None:
    assert recipients(load(folder, f"{MESSAGE}    recipients: [0701740605, +46701740606]\n")) == [
        "+46701740605",
        "+46701740606",
    ]
    found = problems(folder, f"{MESSAGE}    recipients: [[0701740605], {{kontakt: john}}, {{contact: [a]}}]\n")
    assert found == [
        "intime.yaml:9:18: error: item 1 of `recipients` must be text or a mapping, not a list [wrong-type]",
        "intime.yaml:9:32: error: `contact` is missing [missing-field]",
        "intime.yaml:9:33: error: unknown field `kontakt`; did you mean `contact`? [unknown-field]",
        "intime.yaml:9:59: error: `contact` must be text, not a list [wrong-type]",
    ]


def test_a_table_of_messages(folder: Path) -> None:
    table = (
        "key;send_at;sender;body;recipients;groups;multisms\n"
        'jul;2031-12-24T08:00;Kliniken;"God\njul!";0701740605|070-174 06 06;Personal|Jour;yes\n'
    )
    found = load(folder, "include: [messages: x.csv]\n", x_csv=table)
    (message,) = found.desired.of(MESSAGES.name)
    assert MESSAGES.attributes(message.value) | {"send_at": ""} == {
        "send_at": "",
        "sender": "Kliniken",
        "body": "God\njul!",
        "multisms": True,
        "flash": False,
        "check_blocklist": True,
        "anonymize": False,
        "recipients": ["+46701740605", "+46701740606"],
        "groups": ["Jour", "Personal"],
    }
    assert problems(folder, "include: [messages: x.csv]\n", x_csv=table.replace("070-174 06 06", "john")) == [
        "x.csv:3:7: error: `john` is not a phone number; a contact is written `{contact: KEY}`, in YAML only "
        "[impossible-number]"
    ]


def test_editors_accept_unquoted_numbers() -> None:
    schema = section_schema(BY_SECTION["messages"].spec, Flavour.EDITOR)
    item = {"key": "jul", "send_at": "2031-12-24T08:00", "sender": "Kliniken", "body": "God jul!"}
    strict = Checker(section_schema(BY_SECTION["messages"].spec))
    for given, in_an_editor, as_read in (
        ([701740605, "0701740606", {"contact": 46701740607}], True, False),
        (["0701740605", {"contact": "john"}], True, True),
        ([{"contact": "john", "mobile": "0701740605"}], False, False),
        ([{}], False, False),
        ([["0701740605"]], False, False),
        ("0701740605", False, False),
    ):
        assert Checker(schema).is_valid([{**item, "recipients": given}]) is in_an_editor
        assert strict.is_valid([{**item, "recipients": given}]) is as_read


def test_a_column_for_contacts_of_messages_is_unknown() -> None:
    document, found = read_csv("x.csv", b"key;recipients.contact\n", BY_SECTION["messages"].spec)
    assert document is None
    assert [problem.code for problem in found] == ["unknown-field"]


def test_a_message_with_thousands_of_problems_is_read_once(folder: Path) -> None:
    def work(count: int) -> int:
        lines = "".join(f"      - {{contact: k{number}}}\n" for number in range(count))
        return calls_of(lambda: problems(folder, f"{MESSAGE}    recipients:\n{lines}"))

    assert work(3000) <= 11 * work(300)


def test_contacts_are_searched_once_for_all_recipients() -> None:
    number = "+4670174{:04}".format

    def contacts(count: int) -> list[Resource[Contact]]:
        return [
            Resource(f"contact.{index}", Contact("sms", "", "", E164(number(index % 9999)), None, "", ("Jour",)))
            for index in range(count)
        ]

    people = contacts(100_000)
    wanted = [{"contact": f"contact.{index}"} for index in range(0, 4000, 2)]
    lost = [{"contact": f"contakt.{index}"} for index in range(2000)]
    context = ItemContext("SE", ZoneInfo("Europe/Stockholm"), [], lambda *_: Origin("intime.yaml", 1, 1))
    item = {"key": "jul", "send_at": "2031-12-24T08:00", "sender": "Kliniken", "body": "God jul!"}
    read = MESSAGES.read(
        {**item, "recipients": [*wanted, *lost], "groups": ["Jour"]}, Origin("intime.yaml", 1, 1), context
    )
    assert read is not None
    resolved, found = resolve_messages({MESSAGES.name: [replace(read, origin=None)], CONTACTS.name: people}, {})
    assert Counter(problem.code for problem in found) == {"unknown-contact": 2000, "reached-twice": 2000}
    assert resolved[0].value.recipients[-1].mobile == number(3998)

    def work(people: list[Resource[Contact]]) -> int:
        resources = {MESSAGES.name: [replace(read, origin=None)], CONTACTS.name: people}
        return calls_of(lambda: resolve_messages(resources, {}))

    assert work(people) - work(people[:50_000]) <= 10 * 50_000
