"""Links in a branch do not make the command read, write or remove a file elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from checkouts import CONFIGURATION, NEEDS_GIT, PRECIOUS, clone, git, unharmed
from cli_world import assert_no_trace
from harness import Ran, Workspace
from test_gitlab_component import component, run_job

pytestmark = NEEDS_GIT

ELSEWHERE = CONFIGURATION + "ledger: {url: state/ledger.json}\nreceipts: {data: state/receipts.sqlite3}\n"
"""A ledger that is no secret of this machine: nothing but its links stops what follows."""


def refused(ran: Ran, *said: str, code: int = 3) -> None:
    """It ended with one error, which says what is wrong and what to do."""
    assert ran.code == code, ran
    assert_no_trace(ran)
    assert ran.err.startswith("error: ")
    for text in (*said, "\n  "):
        assert text in ran.err, ran.err


def apply(space: Workspace, **environ: str) -> Ran:
    return space.run("apply", "--auto-approve", env=environ)


@pytest.mark.parametrize("place", [".intime", "state"])
@pytest.mark.parametrize("suffix", [".lock.holder", ".lock", ".journal"])
@pytest.mark.parametrize("victim", ["file", "new"])
def test_a_link_beside_the_ledger(tmp_path: Path, place: str, suffix: str, victim: str) -> None:
    link = f"{place}/ledger.json{suffix}"
    head = ELSEWHERE if place == "state" else CONFIGURATION
    space = clone(tmp_path, {"intime.yaml": head}, {link: tmp_path / "victim" / victim})
    refused(apply(space), link, "repository" if place == "state" else "git tracks", code=1 if place == "state" else 3)
    assert unharmed(tmp_path)


@pytest.mark.parametrize("suffix", [".journal.next", ".tmp"])
def test_a_link_where_a_temporary_file_goes_is_replaced(tmp_path: Path, suffix: str) -> None:
    """Nothing that lies there counts, so what was not left by an interrupted run is removed just the same."""
    space = clone(tmp_path, {"intime.yaml": ELSEWHERE}, {f"state/ledger.json{suffix}": tmp_path / "victim" / "file"})
    assert apply(space).code == 0
    assert unharmed(tmp_path)
    assert sorted(json.loads((space.path / "state" / "ledger.json").read_text())["objects"]["group"]) == ["Jour"]


@pytest.mark.parametrize("victim", ["file", "new"])
@pytest.mark.parametrize("link", ["state", "state/ledger.json"])
def test_the_ledger_itself_leads_elsewhere(tmp_path: Path, link: str, victim: str) -> None:
    target = tmp_path / "victim" / ("" if link == "state" else victim)
    space = clone(tmp_path, {"intime.yaml": ELSEWHERE}, {link: target})
    for verb in (["apply", "--auto-approve"], ["plan"], ["drift"], ["ledger", "list"], ["ledger", "unlock"]):
        refused(space.run(*verb), f"{link} is a link that leads out of", "INTIME_LEDGER")
    assert unharmed(tmp_path)


def test_the_ledger_leads_into_the_repositorys_own_files(tmp_path: Path) -> None:
    space = clone(tmp_path, {"intime.yaml": ELSEWHERE}, {"state/ledger.json": "../.git/config.worktree"})
    refused(apply(space), "state/ledger.json is a link")
    assert not (space.path / ".git" / "config.worktree").exists()


def test_links_in_a_circle(tmp_path: Path) -> None:
    space = clone(
        tmp_path, {"intime.yaml": ELSEWHERE}, {"state/ledger.json": "other.json", "state/other.json": "ledger.json"}
    )
    ran = apply(space)
    assert ran.code == 1
    assert "ledger.json cannot be read" in ran.err


def test_a_chain_of_links_that_leaves_at_its_end(tmp_path: Path) -> None:
    links = {"state": "a/b", "a/b": "../c", "c": tmp_path / "victim"}
    space = clone(tmp_path, {"intime.yaml": ELSEWHERE}, links)
    refused(apply(space), "is a link that leads out of")
    assert unharmed(tmp_path)


def test_a_link_that_stays_inside_is_followed(tmp_path: Path) -> None:
    space = clone(tmp_path, {"intime.yaml": ELSEWHERE, "kept/note": ""}, {"state": "kept"})
    assert apply(space).code == 0
    assert (space.path / "kept" / "ledger.json").is_file()
    assert (space.path / "state").is_symlink()


@pytest.mark.parametrize("link", [".intime", ".intime/emulator.sqlite3", ".intime/emulator.sqlite3-wal"])
def test_the_emulators_data_lead_elsewhere(tmp_path: Path, link: str) -> None:
    """Unpacked from an archive, there is no git to ask."""
    target = tmp_path / "victim" / ("" if link == ".intime" else "new.sqlite3")
    space = clone(tmp_path, {"intime.yaml": ELSEWHERE}, {link: target})
    for archive in (False, True):
        if archive:
            (space.path / ".git").rename(tmp_path / "git")
        for verb in (["plan"], ["apply", "--auto-approve"]):
            refused(space.run(*verb), ".intime")
            assert unharmed(tmp_path)


@pytest.mark.parametrize("link", ["state/receipts.sqlite3", "state/receipts.sqlite3-wal"])
def test_the_receipts_lead_elsewhere(tmp_path: Path, link: str) -> None:
    space = clone(tmp_path, {"intime.yaml": ELSEWHERE}, {link: tmp_path / "victim" / "new.sqlite3"})
    for verb in (["receive", "--port", "0"], ["message", "status"], ["plan", "--out", "plan.json"]):
        refused(space.run(*verb), f"{link} is a link")
    assert "receipts" in space.run("doctor").out
    assert unharmed(tmp_path)


def test_the_configuration_is_a_link_to_a_file_of_the_victim(tmp_path: Path) -> None:
    space = clone(tmp_path, {"README": ""}, {"intime.yaml": tmp_path / "victim" / "file"})
    for verb in ("validate", "plan", "doctor"):
        ran = space.run(verb)
        assert "intime.yaml is a link that leads out of" in ran.out + ran.err
        assert PRECIOUS.strip() not in ran.out + ran.err


@pytest.mark.parametrize("target", ["victim/file", "checkout/.git/config"])
def test_an_included_file_is_a_link_to_a_secret(tmp_path: Path, target: str) -> None:
    """A checkout's .git/config holds the token that a pipeline fetched it with."""
    head = CONFIGURATION + "include: [people.yaml]\n"
    space = clone(tmp_path, {"intime.yaml": head}, {"people.yaml": tmp_path / target})
    git(space.path, "config", "http.extraheader", "AUTHORIZATION: basic s3cr3t")
    ran = space.run("validate")
    assert ran.code == 3
    assert "`people.yaml` is a link to a place outside" in ran.out + ran.err
    assert not any(text in ran.out + ran.err for text in ("s3cr3t", PRECIOUS.strip(), "remote"))


# Files that are named on the command line, or by a pipeline


@pytest.mark.parametrize("directory", [".", "clinic"])
@pytest.mark.parametrize("victim", ["file", "new"])
@pytest.mark.parametrize("link", ["plan.json", "reports"])
@pytest.mark.parametrize("option", ["--out", "--report"])
def test_a_link_takes_the_place_of_a_plan_or_a_report(
    tmp_path: Path, option: str, link: str, victim: str, directory: str
) -> None:
    target = tmp_path / "victim" / ("" if link == "reports" else victim)
    space = clone(tmp_path, {f"{directory}/intime.yaml": CONFIGURATION}, {link: target})
    file = f"reports/{victim}" if link == "reports" else link
    ran = space.run("plan", option, f"json={file}" if option == "--report" else file, directory)
    refused(ran, f"{link} is a link that leads out of", "remove the link")
    assert unharmed(tmp_path)


def test_a_link_takes_the_place_of_what_show_writes(tmp_path: Path) -> None:
    space = clone(tmp_path, {"intime.yaml": CONFIGURATION}, {"plan.html": tmp_path / "victim" / "file"})
    assert space.run("plan", "--out", "plan.json").code == 0
    refused(space.run("show", "plan.json", "--report", "html=plan.html"), "plan.html is a link that leads out of")
    assert unharmed(tmp_path)


@pytest.mark.parametrize("verb", ["receive", "emulator"])
def test_a_link_takes_the_place_of_a_database(tmp_path: Path, verb: str) -> None:
    space = clone(tmp_path, {"intime.yaml": CONFIGURATION}, {"data.sqlite3": tmp_path / "victim" / "new"})
    refused(space.run(verb, "--port", "0", "--data", "data.sqlite3"), "data.sqlite3 is a link that leads out of")
    assert unharmed(tmp_path)


@pytest.mark.parametrize(
    "link", ["intime-quality.json", *(f"intime-plan.{kind}" for kind in ("gitlab.json", "json", "md", "html", "env"))]
)
def test_a_link_takes_the_place_of_what_a_gitlab_job_writes(tmp_path: Path, link: str) -> None:
    space = clone(tmp_path, {"intime.yaml": CONFIGURATION}, {link: tmp_path / "victim" / "file"})
    _, jobs = component()
    for name in ("intime-validate", "intime-plan"):
        assert run_job(space, jobs, name).code == 0
    assert unharmed(tmp_path)
    assert not (space.path / link).is_symlink()


@pytest.mark.parametrize("link", ["intime.yaml", "intime.schema.json", ".gitignore"])
def test_a_link_takes_the_place_of_what_init_writes(tmp_path: Path, link: str) -> None:
    space = clone(tmp_path, {"README": ""}, {link: tmp_path / "victim" / "new"})
    refused(space.run("init"), f"{link} is a link that leads out of")
    assert unharmed(tmp_path)
    assert not (space.path / "intime.yaml").exists(), "all or nothing"


@pytest.mark.parametrize("link", ["groups.yaml", "people", "intime.sections.schema.json"])
def test_a_link_takes_the_place_of_what_an_export_writes(tmp_path: Path, link: str) -> None:
    space = clone(
        tmp_path, {"contacts.csv": "firstname;mobile\nAnna;0701740605\n"}, {link: tmp_path / "victim" / "new"}
    )
    if link == "people":
        (space.path / link).unlink()
        (space.path / link).symlink_to(tmp_path / "victim")
    ran = space.run(
        "export", ".", "--url", "embedded", "--owner", "clinic-a", "--contacts", "contacts.csv", "--force"
    )
    refused(ran, f"{link} is a link that leads out of")
    assert unharmed(tmp_path)


# What an administrator says goes


def test_a_link_of_the_administrators_own_is_followed(tmp_path: Path) -> None:
    space = clone(tmp_path, {"intime.yaml": CONFIGURATION}, {})
    (tmp_path / "srv").mkdir()
    named = tmp_path / "named.json"
    named.symlink_to(tmp_path / "srv" / "ledger.json")
    (space.path / "mine.json").symlink_to(tmp_path / "srv" / "ledger.json")
    for path in (str(named), "mine.json"):
        assert apply(space, INTIME_LEDGER=path).code == 0
    assert named.is_symlink()
    assert {file.name for file in (tmp_path / "srv").iterdir()} >= {"ledger.json"}
    assert json.loads((tmp_path / "srv" / "ledger.json").read_text())["serial"] == 1


def test_a_link_of_the_repository_is_not_followed_though_the_environment_names_it(tmp_path: Path) -> None:
    space = clone(tmp_path, {"intime.yaml": CONFIGURATION}, {"mine.json": tmp_path / "victim" / "new"})
    refused(apply(space, INTIME_LEDGER="mine.json"), "INTIME_LEDGER leads through", "git tracks")
    assert unharmed(tmp_path)


@pytest.mark.parametrize("option", ["--out", "--report"])
def test_a_link_that_the_user_named_elsewhere_is_followed(tmp_path: Path, option: str) -> None:
    space = clone(tmp_path, {"intime.yaml": CONFIGURATION}, {})
    mine = tmp_path / "mine.json"
    mine.symlink_to(tmp_path / "real.json")
    ran = space.run("plan", option, f"json={mine}" if option == "--report" else str(mine))
    assert ran.code == 0, ran
    assert mine.is_symlink()
    assert json.loads((tmp_path / "real.json").read_text())["summary"]["create"] == 1
