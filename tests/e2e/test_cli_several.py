"""Verbs with several directories, against several accounts: each to its own, and none stopped by another."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cli_world import assert_no_trace, assert_nothing_private, faults, on_terminal
from harness import SECRET, Ran, Workspace, in_background, wait_for

from intime_sync.emulator import EmulatorOptions, RunningEmulator, run_in_thread
from intime_sync.ledgers.file import FileLedgerStore

NAMES = ("a", "b", "c")
AT_ONCE = "--jobs=3"


@dataclass
class Sites:
    """Folders below `sites`, each with an account, an emulator and credentials of its own."""

    space: Workspace
    emulators: dict[str, RunningEmulator] = field(default_factory=dict)

    @property
    def all(self) -> list[str]:
        """The directories, in the order in which a shell gives them."""
        return [f"sites/{name}" for name in self.emulators]

    def configure(self, name: str, sections: str | None = None) -> None:
        """Write one configuration; by default it wants a group of its own, and a contact in it."""
        wanted = (
            f"groups: [Jour {name}]\ncontacts: [{{firstname: Maja, mobile: 0701740605, groups: [Jour {name}]}}]\n"
        )
        self.space.write(
            f"sites/{name}/intime.yaml",
            f"version: 1\nowner: clinic-{name}\n"
            f"account: {{url: '{self.emulators[name].url}', credentials: CLINIC_{name.upper()}}}\n"
            + (wanted if sections is None else sections),
        )

    def groups(self, name: str) -> list[str]:
        """The groups in an account, without carriers."""
        return [group for _, group in self.emulators[name].store.groups() if not group.startswith("~")]

    def contacts(self, name: str) -> list[str | None]:
        """The numbers in an account."""
        return [contact.number for contact in self.emulators[name].store.contacts()]

    def posts(self, name: str) -> list[str]:
        """What was asked of an account that changes it."""
        return [endpoint for method, endpoint in self.emulators[name].calls if method == "POST"]

    def run(self, verb: str, *options: str) -> Ran:
        """Run a verb for all directories."""
        ran = self.space.run(verb, *self.all, *options)
        assert_no_trace(ran)
        return ran

    def ledger(self, name: str) -> FileLedgerStore:
        """The ledger of one configuration."""
        return FileLedgerStore(self.space.path / f"sites/{name}/.intime/ledger.json")


@contextmanager
def sites_in(path: Path, names: tuple[str, ...] = NAMES) -> Iterator[Sites]:
    with ExitStack() as stack:
        sites = Sites(Workspace(path))
        for name in names:
            options = EmulatorOptions(user=f"user-{name}", secret=SECRET + name)
            sites.emulators[name] = stack.enter_context(run_in_thread(options))
            sites.space.environ |= {
                f"INTIME_CLINIC_{name.upper()}_USER": f"user-{name}",
                f"INTIME_CLINIC_{name.upper()}_HASH": SECRET + name,
            }
            sites.configure(name)
        yield sites


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[Sites]:
    with sites_in(tmp_path) as made:
        yield made


def codes(ran: Ran) -> dict[str, int]:
    """Exit codes by directory, from JSON."""
    return {entry["directory"]: entry["exit_code"] for entry in ran.json()["directories"]}


def children_of(process: subprocess.Popen[str]) -> list[tuple[int, str]]:
    """The ids and the directories of a command's children that run."""
    found = []
    for task in Path(f"/proc/{process.pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            line = Path(f"/proc/{child}/cmdline").read_text().rstrip("\0").split("\0")
            if "--" in line:
                found.append((int(child), line[-1]))
    return found


@pytest.mark.parametrize("jobs", ["--jobs=1", AT_ONCE])
def test_each_account_gets_its_own_and_a_second_plan_has_no_changes(sites: Sites, jobs: str) -> None:
    ran = sites.run("apply", "--auto-approve", jobs)
    assert ran.code == 0, ran
    assert_nothing_private(ran)
    for name in NAMES:
        assert (sites.groups(name), sites.contacts(name)) == ([f"Jour {name}"], ["+46701740605"])
    again = sites.run("plan", "--detailed-exitcode", jobs)
    assert (again.code, again.out.count("No changes.")) == (0, 6)


def test_results_come_in_order_under_their_names_and_never_mixed(sites: Sites) -> None:
    # The first is the last to end.
    sites.emulators["a"].set_faults(faults({"endpoint": "*", "fault": "delay", "seconds": 0.5}))
    ran = sites.run("plan", AT_ONCE)
    assert ran.code == 0, ran
    blocks = re.split(r"^== ", ran.out, flags=re.MULTILINE)[1:]
    assert [block.splitlines()[0] for block in blocks] == sites.all
    for name, block in zip(NAMES, blocks, strict=True):
        assert set(re.findall(r"Jour (\w)", block)) == {name}
    alone = sites.space.run("plan", "sites/b")
    assert alone.out in blocks[1], "each is shown as it is alone"


def test_a_broken_one_does_not_stop_the_others(tmp_path: Path) -> None:
    with sites_in(tmp_path, tuple("abcdef")) as sites:
        sites.configure("a", "groups: [\n")
        sites.space.environ["INTIME_CLINIC_B_HASH"] = "wrong"
        sites.emulators["c"].set_faults(faults({"endpoint": "*", "fault": "error_before", "status": 500}))
        with sites.ledger("d").hold("apply", 0):
            ran = sites.run("apply", "--auto-approve", "--format=json", "--jobs=2")
        assert codes(ran) == {
            "sites/a": 3,
            "sites/b": 9,
            "sites/c": 1,
            "sites/d": 6,
            "sites/e": 0,
            "sites/f": 0,
        }
        assert ran.code == 1, "the worst"
        for name in "abcd":
            assert (sites.groups(name), sites.posts(name)) == ([], [])
        for name in "ef":
            assert sites.groups(name) == [f"Jour {name}"]
        errors = {entry["directory"]: entry.get("error", "") for entry in ran.json()["directories"]}
        assert "yaml-syntax" in errors["sites/a"]
        assert "error: " in errors["sites/b"]
        assert "500" in errors["sites/c"]
        assert "apply" in errors["sites/d"]
        assert re.search(r"^sites/d: error: ", ran.err, re.MULTILINE)
        sites.configure("a")
        sites.space.environ["INTIME_CLINIC_B_HASH"] = SECRET + "b"
        sites.emulators["c"].set_faults(None)
        assert sites.run("apply", "--auto-approve").code == 0
        assert [sites.groups(name) for name in "abcd"] == [[f"Jour {name}"] for name in "abcd"]


def test_json_has_an_entry_for_each_directory(sites: Sites) -> None:
    sites.configure("b", "groups: [A, A]\n")
    planned = sites.run("plan", "--format=json", "--detailed-exitcode")
    a, b, c = planned.json()["directories"]
    assert [set(entry) - {"directory", "exit_code"} for entry in (a, b, c)] == [{"plan"}, {"error"}, {"plan"}]
    assert (planned.code, codes(planned)) == (3, {"sites/a": 2, "sites/b": 3, "sites/c": 2})
    assert a["plan"]["account"]["owner"] == "clinic-a"
    alone = sites.space.run("plan", "sites/a", "--format=json").json()
    assert {**a["plan"], "created_at": ""} == {**alone, "created_at": ""}
    applied = sites.run("apply", "--format=json", "--auto-approve").json()["directories"]
    assert [set(entry) - {"directory", "exit_code"} for entry in applied] == [{"report"}, {"error"}, {"report"}]
    assert applied[0]["report"]["summary"] == {"done": 2, "failed": 0, "unknown": 0, "skipped": 0}
    for verb in ("validate", "doctor"):
        entries = sites.run(verb, "--format=json").json()["directories"]
        assert [set(entry) for entry in entries] == [{"directory", "exit_code", "report"}] * 3
    sites.configure("b")
    assert sites.run("apply", "--auto-approve").code == 0
    sites.emulators["b"].store.delete_group(sites.emulators["b"].store.groups()[0][0])
    drifted = sites.run("drift", "--format=json")
    assert (drifted.code, codes(drifted)) == (2, {"sites/a": 0, "sites/b": 2, "sites/c": 0})


def test_one_page_over_all(sites: Sites) -> None:
    sites.configure("b", "groups: [A, A]\n")
    reports = [f"--report={name}=all.{name}" for name in ("html", "markdown", "json", "gitlab", "text")]
    ran = sites.run("plan", *reports)
    assert ran.code == 3, ran
    page = (sites.space.path / "all.html").read_text()
    for name in ("a", "c"):
        assert f"Jour {name}" in page
    assert "sites/b" in page
    assert "exit 3: invalid configuration" in page
    assert not re.search(r"(?:src|href)=\"(?!#)|url\(|@import", page), "it needs nothing else"
    assert len(re.findall(r' id="([^"]*)"', page)) == len(set(re.findall(r' id="([^"]*)"', page)))
    assert json.loads((sites.space.path / "all.gitlab").read_text()) == {"create": 4, "update": 0, "delete": 0}
    for name in ("html", "markdown", "json", "text"):
        text = (sites.space.path / f"all.{name}").read_text()
        assert "0701740605" not in text
        assert "+46701740605" not in text
    assert (sites.space.path / "all.markdown").read_text().startswith("<!-- intime-sync plans -->\n")


def test_the_page_of_an_apply_says_how_each_ended(sites: Sites) -> None:
    with sites.ledger("b").hold("apply", 0):
        ran = sites.run("apply", "--auto-approve", "--report=html=all.html")
    assert ran.code == 6, ran
    page = (sites.space.path / "all.html").read_text()
    assert page.count("Applied: 2 done") == 2
    assert "exit 6: ledger locked" in page


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_report_that_cannot_be_written_is_known_before_anything_is_sent(sites: Sites) -> None:
    ran = sites.run("apply", "--auto-approve", "--report=html=/dev/full")
    assert (ran.code, "nothing was sent" in ran.err) == (1, True)
    assert [sites.posts(name) for name in NAMES] == [[], [], []]


def test_one_yes_applies_exactly_the_plans_that_were_shown(sites: Sites) -> None:
    sites.configure("c", "groups: [A, A]\n")

    def meanwhile() -> None:
        sites.configure("b", "groups: [Something else]\n")

    ran = on_terminal(sites.space, "apply", *sites.all, answer="yes\n", meanwhile=meanwhile)
    assert ran.code == 3, ran.out
    assert ran.out.count("Apply these 2 plans; 1 cannot be applied?") == 1
    assert "exit 5: stale plan" in ran.out
    assert [sites.groups(name) for name in NAMES] == [["Jour a"], [], []]


def test_anything_but_yes_sends_nothing(sites: Sites) -> None:
    ran = on_terminal(sites.space, "apply", *sites.all, answer="y\n")
    assert (ran.code, "Not applied: nothing was sent." in ran.out) == (1, True)
    assert [sites.posts(name) for name in NAMES] == [[], [], []]


def test_ctrl_c_instead_of_an_answer_sends_nothing(sites: Sites) -> None:
    ran = on_terminal(sites.space, "apply", *sites.all, answer="\x03")
    assert (ran.code, "interrupted" in ran.out) == (130, True)
    assert [sites.posts(name) for name in NAMES] == [[], [], []]


def test_without_a_terminal_the_flag_is_named(sites: Sites) -> None:
    ran = sites.run("apply")
    assert (ran.code, ran.out, "--auto-approve" in ran.err) == (3, "", True)


def test_a_guard_stops_its_own_directory_alone(sites: Sites) -> None:
    sites.configure("a", "groups: [A, B, C]\n")
    assert sites.run("apply", "--auto-approve").code == 0
    sites.configure("a", "groups: []\n")
    sites.configure("b", "groups: [Jour b, Natt b]\n")
    ran = sites.run("apply", "--auto-approve", "--format=json")
    assert (ran.code, codes(ran)) == (4, {"sites/a": 4, "sites/b": 0, "sites/c": 0})
    assert "--allow-delete group=3" in ran.json()["directories"][0]["error"]
    assert (sites.groups("a"), sites.groups("b")) == (["A", "B", "C"], ["Jour b", "Natt b"])


def test_a_killed_child_does_not_stop_the_others_and_the_next_run_completes_it(sites: Sites) -> None:
    sites.emulators["a"].set_faults(faults({"endpoint": "contacts/add", "fault": "delay", "seconds": 30}))
    with in_background(sites.space, "apply", *sites.all, "--auto-approve", "--format=json", "--jobs=2") as process:
        wait_for(lambda: "contacts/add" in sites.posts("a"), "the request of the first")
        (victim,) = [id for id, directory in children_of(process) if directory == "sites/a"]
        os.kill(victim, signal.SIGKILL)
        out, err = process.communicate(timeout=60)
    sites.space.sweep((out + err).encode())
    assert process.returncode == 1, out + err
    a, b, c = json.loads(out)["directories"]
    assert (a["exit_code"], b["exit_code"], c["exit_code"]) == (1, 0, 0)
    assert "ended by SIGKILL" in a["error"]
    sites.emulators["a"].set_faults(None)
    assert sites.run("apply", "--auto-approve").code == 0
    for name in NAMES:
        assert (sites.groups(name), sites.contacts(name)) == ([f"Jour {name}"], ["+46701740605"])


@pytest.mark.skipif(shutil.which("setsid") is None, reason="needs setsid")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_lets_the_running_one_end_in_good_order_and_starts_no_more(
    sites: Sites, number: signal.Signals, code: int
) -> None:
    sites.emulators["a"].set_faults(
        faults({"endpoint": "contacts/addgroup", "fault": "delay", "seconds": 1, "when": "before"})
    )
    # As a terminal sends it: to every process of the command's process group.
    command = ("apply", *sites.all, "--auto-approve", "--format=json")
    with in_background(sites.space, *command, through=("setsid",)) as process:
        wait_for(lambda: "contacts/addgroup" in sites.posts("a"), "the request of the first")
        os.killpg(process.pid, number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == code, out + err
    entries = json.loads(out)["directories"]
    assert [entry["exit_code"] for entry in entries] == [code] * 3
    assert f"stopped by {number.name}" in json.dumps(entries[0]["report"])
    assert entries[1]["error"] == f"not started: stopped by {number.name}"
    assert (sites.posts("b"), sites.posts("c")) == ([], [])
    assert_no_trace(Ran(code, "", err))
    sites.emulators["a"].set_faults(None)
    assert sites.run("apply", "--auto-approve").code == 0
    assert (sites.groups("a"), sites.contacts("a")) == (["Jour a"], ["+46701740605"])


@pytest.mark.parametrize(
    ("verb", "option"),
    [
        ("plan", "--out=plan.json"),
        ("plan", "--target=group/A"),
        ("plan", "--replace=group/A"),
        ("apply", "--expect-digest=sha256:0"),
        ("apply", "--target=group/A"),
        ("apply", "--allow-delete=group=3"),
        ("apply", "--allow-empty=group"),
        ("apply", "--allow-resend"),
    ],
)
def test_what_is_about_one_directory_is_refused_for_several(sites: Sites, verb: str, option: str) -> None:
    ran = sites.run(verb, option, *(["--auto-approve"] if verb == "apply" else []))
    assert (ran.code, ran.out) == (3, "")
    assert option.partition("=")[0] in ran.err
    assert f"`intime-sync {verb} DIR`" in ran.err
    assert [sites.emulators[name].calls for name in NAMES] == [[], [], []]


@pytest.mark.parametrize(
    ("more", "fragment"),
    [
        (["sites/a/"], "sites/a and sites/a are one directory"),
        (["sites/../sites/a"], "are one directory"),
        (["sites/README.md"], "`sites/*/`"),
        (["sites/nowhere"], "not there"),
    ],
)
def test_names_that_are_not_several_directories_are_refused(sites: Sites, more: list[str], fragment: str) -> None:
    sites.space.write("sites/README.md", "")
    ran = sites.run("apply", "--auto-approve", *more)
    assert (ran.code, ran.out, fragment in ran.err) == (3, "", True), ran


def test_a_ledger_for_each_owner_where_the_environment_says(sites: Sites) -> None:
    (sites.space.path / "ledgers").mkdir()
    for place in ("ledgers/one.json", "ledgers/{owner}.json"):
        env = {"INTIME_LEDGER": str(sites.space.path / place)}
        ran = sites.space.run("apply", *sites.all, "--auto-approve", env=env)
        if "{owner}" in place:
            assert ran.code == 0, ran
        else:
            assert (ran.code, "{owner}" in ran.err) == (3, True), ran
            assert [sites.posts(name) for name in NAMES] == [[], [], []]
    written = sorted(path.name for path in (sites.space.path / "ledgers").glob("*.json"))
    assert written == [f"clinic-{name}.json" for name in NAMES]
    assert not (sites.space.path / "sites/a/.intime/ledger.json").exists()


def test_the_owner_in_the_ledgers_name_cannot_lead_into_git(sites: Sites) -> None:
    sites.space.write(
        "sites/a/intime.yaml",
        "version: 1\nowner: git\naccount: {url: embedded}\nledger: {url: '.{owner}/config'}\n",
    )
    ran = sites.space.run("validate", "sites/a")
    assert (ran.code, "outside-directory" in ran.out) == (3, True), ran


@pytest.mark.parametrize("place", ["sites/a/intime.yaml", "sites/b/intime.yaml", "sites/a/.intime/ledger.json"])
def test_a_report_never_replaces_a_part_of_a_configuration(sites: Sites, place: str) -> None:
    sites.configure("b", "groups: [\n")
    assert sites.run("apply", "--auto-approve").code == 3
    before = (sites.space.path / place).read_bytes()
    ran = sites.run("plan", f"--report=html={place}")
    assert (ran.code, ran.out) == (3, "")
    assert (sites.space.path / place).read_bytes() == before


def test_logs_have_their_directory_in_front(sites: Sites) -> None:
    ran = sites.space.run("-v", "apply", *sites.all, "--auto-approve")
    assert ran.code == 0, ran
    logged = [line for line in ran.err.splitlines() if " INFO " in line]
    assert {line.partition(": ")[0] for line in logged} == set(sites.all)


def test_what_lies_in_the_current_directory_is_not_imported(sites: Sites) -> None:
    sites.space.write("intime_sync/__init__.py", "raise SystemExit('imported')")
    sites.space.write("click.py", "raise SystemExit('imported')")
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "intime_sync", "validate", *sites.all],
        cwd=sites.space.path,
        env=sites.space.environment(),
        capture_output=True,
        check=False,
        text=True,
    )
    assert (ran.returncode, "imported" in ran.stdout + ran.stderr) == (0, False), ran


def test_problems_for_pipelines_are_those_of_all(sites: Sites) -> None:
    sites.configure("a", "groups: [A, A]\n")
    sites.configure("c", "groups: [C, C]\n")
    found: list[dict[str, Any]] = sites.run("validate", "--format=gitlab").json()
    assert [entry["location"]["path"] for entry in found] == ["sites/a/intime.yaml", "sites/c/intime.yaml"]
    lines = sites.run("validate", "--format=github").out.splitlines()
    assert [bool(re.match(r"::error file=sites/[ac]/intime.yaml,", line)) for line in lines] == [True, True]


def test_a_reader_of_the_output_that_ends_stops_what_has_not_begun(sites: Sites) -> None:
    with in_background(sites.space, "apply", *sites.all, "--auto-approve") as process:
        assert process.stdout is not None
        process.stdout.close()
        process.wait(60)
    assert process.returncode == 1
    assert (sites.groups("a"), sites.posts("c")) == (["Jour a"], [])
