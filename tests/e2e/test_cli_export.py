"""`export` as a process over real HTTP: what it writes, what it says, and what it refuses."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from cli_world import assert_no_secret, assert_no_trace, assert_nothing_private, posts
from golden_files import check_golden
from harness import SECRET, Ran, Workspace

from intime_sync.emulator.records import NewReminder
from intime_sync.emulator.store import Store

OUTLOOK = """\
Förnamn;Efternamn;Mobiltelefon;E-post;Kategorier;Ort
John;Svensson;070-174 06 05;;Personal;Umeå
Åsa;Öhman;0701740606;asa.ohman@example.se;"Personal;Natt";
Bo;Ek;;;;
"""
CARDS = """\
BEGIN:VCARD
VERSION:3.0
N:Lindqvist;Anna;;;
TEL;TYPE=WORK:08-123 456 78
TEL;TYPE=CELL:070-174 06 08
END:VCARD
"""


def fill(store: Store) -> None:
    """An account as years of use leave it."""
    for name in ("Personal", "Jour", "Jour", "No", "~other/all-0123456789ab", "~dolt"):
        store.add_group(name)
    for mobile in ("0701740605", "+46701740605", "+4740612345", "abc"):
        store.block(mobile)
    for at, lastname in (("2036-12-01T08:30", "Åkesson"), ("2036-12-01T09:30", "Åkesson"), ("2016-12-01T08:30", "X")):
        store.add_reminder(
            NewReminder(
                at=datetime.fromisoformat(at),
                organizer_firstname="Hans",
                organizer_lastname="Evertsson",
                organizer_title="Dr",
                attendant_firstname="Anna",
                attendant_lastname=lastname,
                attendant_mobile="0701740608",
                number="+46701740608",
            )
        )


@pytest.fixture
def used(space: Workspace) -> Workspace:
    """A workspace whose account is in use."""
    assert space.emulator is not None
    fill(space.emulator.store)
    return space


def export(space: Workspace, *arguments: str, code: int = 0) -> Ran:
    ran = space.run("export", *arguments)
    assert ran.code == code, ran.out + ran.err
    assert_no_trace(ran)
    assert_nothing_private(ran)
    return ran


def tree(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_an_account_and_its_people_become_files_that_adopt_it(used: Workspace) -> None:
    assert used.emulator is not None
    used.write("outlook.csv", OUTLOOK.encode("cp1252"))
    used.write("phone.vcf", CARDS)
    ran = export(used, "clinic", "--contacts", "outlook.csv", "--contacts", "phone.vcf")
    clinic = used.path / "clinic"
    assert sorted(tree(clinic)) == [
        ".gitignore",
        "blocklist.yaml",
        "groups.yaml",
        "intime.schema.json",
        "intime.sections.schema.json",
        "intime.yaml",
        "people/contacts.csv",
        "reminders.yaml",
    ]
    names = ("intime.yaml", "groups.yaml", "blocklist.yaml", "reminders.yaml", "people/contacts.csv")
    written = "\n".join(f"=== {name}\n{(clinic / name).read_text(encoding='utf-8-sig')}" for name in names)
    check_golden("cli/export-files.txt", written.replace(used.emulator.url, "http://127.0.0.1:…/api/1.0"))
    check_golden("cli/export.txt", f"{ran.out}--- stderr\n{ran.err}")
    assert_no_secret(written)
    assert used.run("validate", "clinic").code == 0
    applied = used.run("apply", "clinic", "--auto-approve")
    assert applied.code == 0, applied.out
    assert set(posts(used)) == {"contacts/addgroup", "contacts/add"}
    assert used.run("plan", "clinic", "--detailed-exitcode").code == 0


def test_lists_alone_are_adopted_without_a_call_and_export_as_the_same(used: Workspace) -> None:
    export(used, "a", "--owner", "clinic-a")
    assert "owner: clinic-a" in (used.path / "a/intime.yaml").read_text()
    assert used.run("apply", "a", "--auto-approve").code == 0
    export(used, "b", "--owner", "clinic-a")
    assert tree(used.path / "b") == {
        name: data for name, data in tree(used.path / "a").items() if ".intime/" not in name
    }
    assert posts(used) == []


def test_a_key_that_the_ledger_knows_is_kept_when_an_earlier_reminder_comes(used: Workspace) -> None:
    assert used.emulator is not None
    export(used, "a")
    assert used.run("apply", "a", "--auto-approve").code == 0
    store = used.emulator.store
    first = next(reminder for reminder in store.reminders() if reminder.at.year == 2036)
    store.change_reminder(first.id, at=datetime.fromisoformat("2036-12-01T15:00"))
    export(used, "a", "--force", "--only", "reminders")
    planned = used.run("plan", "a", "--format", "json").json()["changes"]
    assert [(change["action"], change["address"]) for change in planned] == [
        ("adopt", "reminder/2036-12-01-akesson"),
    ]


def test_an_export_overwrites_no_file_unasked(used: Workspace) -> None:
    export(used, "a")
    used.write("a/groups.yaml", "groups: [Mine]\n")
    before = tree(used.path / "a")
    ran = export(used, "a", code=3)
    assert "a/groups.yaml, a/blocklist.yaml, a/reminders.yaml would be overwritten" in ran.err
    assert "--force" in ran.err
    assert tree(used.path / "a") == before
    export(used, "a", "--force")
    after = tree(used.path / "a")
    assert after.pop("groups.yaml") != before.pop("groups.yaml")
    assert after == before, "intime.yaml is never written again"


def test_an_export_says_what_the_existing_configuration_does_not_include(used: Workspace) -> None:
    used.configure("include: [blocklist.yaml]\n")
    ran = export(used, ".", "--only", "groups,blocklist")
    assert "does not include groups.yaml; add `- groups.yaml` under `include`" in ran.err
    assert "blocklist.yaml;" not in ran.err
    assert "owner: clinic-a" in (used.path / "intime.yaml").read_text()
    assert not (used.path / "reminders.yaml").exists()
    assert "owner and address already" in export(used, ".", "--owner", "x", code=3).err


def test_an_export_refuses_sections_that_the_configuration_has(used: Workspace) -> None:
    used.configure("groups: [Personal]\n")
    ran = export(used, ".", code=3)
    assert "intime.yaml already holds groups; nothing was written" in ran.err
    assert not (used.path / "blocklist.yaml").exists()
    export(used, ".", "--only", "blocklist")


def test_an_export_warns_that_prune_all_would_remove_what_is_left_out(used: Workspace) -> None:
    used.configure("policy: {prune: all}\n")
    ran = export(used, ".", "--only", "groups")
    assert "warning: `policy.prune` is `all` for groups" in ran.err


def test_contacts_alone_need_their_groups_in_the_account(used: Workspace) -> None:
    used.write("a.csv", "mobile,groups\n0701740605,Personal\n")
    used.write("b.csv", "mobile,groups\n0701740605,Jour\n")
    export(used, "a", "--only", "contacts", "--contacts", "a.csv")
    assert used.run("plan", "a").code == 0
    assert "add groups to --only" in export(used, "b", "--only", "contacts", "--contacts", "b.csv", code=3).err
    assert not (used.path / "b").exists()


def test_an_export_refuses_an_owner_whose_carriers_are_there(used: Workspace) -> None:
    assert used.emulator is not None
    used.emulator.store.add_group("~demo/all-0123456789ab")
    used.write("p.csv", "mobile\n0701740605\n")
    export(used, "a", "--contacts", "p.csv")
    assert "owner: demo-2" in (used.path / "a/intime.yaml").read_text()
    assert "carriers of `demo`" in export(used, "b", "--contacts", "p.csv", "--owner", "demo").err


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (["a", "--owner", "å b"], "cannot be an owner"),
        (["a", "--url", "ftp://x"], "--url is not an https address"),
        (["a", "--url", "https://u:p@example.se"], "INTIME_USER and INTIME_HASH"),
        (["a", "--only", "groups,folk"], "`folk` must be one of"),
        (["a", "--only", "contacts"], "--contacts FILE"),
        (["a", "--contacts", "nowhere.csv"], "nowhere.csv"),
        (["a", "--contacts", "odd.txt"], "save it as one of these"),
        (["a", "--contacts", "odd.csv"], "no column of mobile numbers"),
        (["a", "--contacts", "broken.csv"], "broken.csv:2:1"),
        (["odd.txt"], "is a file"),
    ],
)
def test_what_cannot_be_exported_is_refused_before_anything_is_written(
    space: Workspace, arguments: list[str], fragment: str
) -> None:
    space.write("odd.txt", "x")
    space.write("odd.csv", "x\ny\n")
    space.write("broken.csv", 'mobile\n"070')
    ran = export(space, *arguments, code=3)
    assert fragment in ran.err, ran.err
    assert not (space.path / "a").exists()


def test_an_export_names_the_missing_address_and_credentials(space: Workspace) -> None:
    ran = space.run("export", "a", env={"INTIME_URL": ""})
    assert (ran.code, "--url https://sms.intime.nu" in ran.err) == (3, True), ran.err
    assert space.run("export", "a", env={"INTIME_HASH": ""}).code == 9
    assert space.run("export", "a", env={"INTIME_HASH": f"not {SECRET}"}).code == 9
    assert not (space.path / "a").exists()
