"""The digest covers everything that decides what is sent, and cannot be guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import Workspace, workspace
from ledger_files import read_ledger

from intime_sync.render.plan_file import read_plan

HEAD = "version: 1\nowner: clinic-a\naccount: {url: embedded%s}\n%s"
WANTED = """\
groups: [Jour]
contacts: [{key: anna, firstname: Anna, mobile: 0701740605, groups: [Jour]}]
messages:
  - {key: jul, send_at: 2036-12-24T08:00, sender: Kliniken, body: Hej, groups: [Jour]}
"""
ACCOUNTS = [
    ", timezone: Europe/London",
    ", wire: {dates: basic}",
    ", wire: {mobiles: national}",
    ", region: NO",
]
POLICIES = [
    "contacts: {strategy: append}",
    "contacts: {carrier_size: 7}",
    "batch_size: 10",
    "messages: {lead_time: 30m}",
    "prune: never",
    "prune: {blocklist: all}",
    "max_delete: {percent: 99}",
    "numbers: possible",
]
HEADS = [
    *(HEAD % (account, "") for account in ACCOUNTS),
    *(HEAD % ("", f"policy: {{{line}}}\n") for line in POLICIES),
    HEAD % ("", "ledger: {url: other.json}\n"),
]


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Workspace]:
    with workspace(tmp_path) as made:
        made.configure(WANTED.replace("0701740605", "+46701740605"), head=HEAD % ("", ""))
        yield made


def digest(space: Workspace, *arguments: str) -> str:
    return str(json.loads(space.run("plan", "--format", "json", *arguments).out)["digest"])


def test_every_setting_that_changes_requests_changes_the_digest(space: Workspace) -> None:
    digests = [digest(space), digest(space, "--target", "contact/anna")]
    for head in HEADS:
        space.configure(WANTED.replace("0701740605", "+46701740605"), head=head)
        digests.append(digest(space))
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize("head", HEADS)
def test_a_plan_file_is_stale_under_other_settings(space: Workspace, head: str) -> None:
    assert space.run("plan", "--out", "p.plan").code == 0
    text = (space.path / "intime.yaml").read_text()
    space.configure(text.split("embedded}\n", 1)[1], head=head)
    ran = space.run("apply", "p.plan", "--auto-approve")
    assert ran.code == 5
    assert "settings have changed" in ran.err
    assert space.emulator is not None
    assert space.emulator.store.groups() == []


def test_a_group_that_was_made_again_changes_the_digest(space: Workspace) -> None:
    space.apply("--target", "group/Jour")
    assert space.run("plan", "--out", "p.plan").code == 0
    before = digest(space)
    assert space.emulator is not None
    ((id, _),) = space.emulator.store.groups()
    space.emulator.store.delete_group(id)
    space.emulator.store.add_group("Jour")
    assert digest(space) != before
    assert space.run("apply", "p.plan", "--auto-approve").code == 5


def test_a_digest_cannot_be_searched_once_there_is_a_ledger(space: Workspace) -> None:
    assert space.run("plan", "--out", "first.plan").code == 0
    first = read_plan((space.path / "first.plan").read_text())[0]
    assert first.recomputed("") == first.stated == digest(space)
    space.apply("--expect-digest", digest(space))
    text = (space.path / "intime.yaml").read_text()
    space.write("intime.yaml", text.replace("Anna", "Annika"))
    assert space.run("plan", "--out", "second.plan").code == 0
    content = (space.path / "second.plan").read_text()
    second = read_plan(content)[0]
    key = read_ledger(space.path / ".intime" / "ledger.json")["digest_key"]
    assert second.recomputed("") != second.stated
    assert second.recomputed(key) == second.stated == digest(space)
    masked = space.run("plan", "--format", "json").out
    assert key not in content + masked
    assert "checksum" not in json.loads(masked)
    assert space.run("apply", "second.plan", "--auto-approve").code == 0


def test_an_edited_plan_file_with_a_right_checksum_is_refused(space: Workspace) -> None:
    from intime_sync.render.plan_file import checksum

    space.apply()
    text = (space.path / "intime.yaml").read_text()
    space.write("intime.yaml", text.replace("Anna", "Annika"))
    assert space.run("plan", "--out", "p.plan").code == 0
    document = json.loads((space.path / "p.plan").read_text().replace("Annika", "Anneli"))
    document["checksum"] = checksum(document)
    (space.path / "p.plan").write_text(json.dumps(document))
    ran = space.run("apply", "p.plan", "--auto-approve")
    assert ran.code == 5
    assert "its digest is not that of its contents" in ran.err
