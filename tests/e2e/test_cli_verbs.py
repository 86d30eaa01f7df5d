"""Every verb as a process: what it prints, where, and what is left behind; texts are kept as golden files."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from cli_world import EVERYTHING, assert_no_trace, numbers, posts, section
from golden_files import check_golden
from harness import HEAD, PATIENCE, Ran, Workspace, in_background, workspace

from intime_sync import __version__
from intime_sync.cli.main import VERBS

HEAVY = (
    *("requests", "urllib3", "lxml", "yaml", "jsonschema", "jsonschema_rs", "deepdiff", "phonenumbers", "rich"),
    *("starlette", "uvicorn", "email_validator", "openpyxl", "sqlite3", "filelock"),
)
LEDGER_VERBS = ("list", "show", "rm", "rename-owner", "resolve", "unlock")
MESSAGE_VERBS = ("send", "cancel", "status")


@pytest.fixture
def alone(tmp_path: Path) -> Workspace:
    """A workspace against the emulator inside the command."""
    return Workspace(tmp_path)


def normalised(text: str) -> str:
    """Without what differs from run to run."""
    text = re.sub(r"sha256:[0-9a-f]{64}", "sha256:…", text)
    text = re.sub(r'("created_at": )"[^"]+"', r'\1"…"', text)
    text = re.sub(r'("lineage": )"[0-9a-f-]{36}"', r'\1"…"', text)
    text = re.sub(r'\((\d+) calls\)|("calls": )\d+', r"\2…", text)
    text = re.sub(r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:…", text)
    return text.replace(f'"tool_version": "{__version__}"', '"tool_version": "…"')


@pytest.mark.parametrize(
    "verb",
    ["", *VERBS, *(f"ledger {verb}" for verb in LEDGER_VERBS), *(f"message {verb}" for verb in MESSAGE_VERBS)],
)
def test_help_is_as_it_was_reviewed(alone: Workspace, verb: str) -> None:
    ran = alone.run(*verb.split(), "--help", env={"COLUMNS": "100"})
    assert (ran.code, ran.err) == (0, "")
    check_golden(f"cli/help{'-' if verb else ''}{verb.replace(' ', '-')}.txt", ran.out)
    assert all(len(line) <= 110 for line in ran.out.splitlines())


def test_version_and_the_ways_to_ask_for_help(alone: Workspace) -> None:
    assert alone.run("--version") == Ran(0, f"intime-sync {__version__}\n", "")
    assert alone.run("-V") == alone.run("--version")
    assert alone.run("plan", "-h") == alone.run("plan", "--help")
    bare = alone.run()
    assert (bare.code, bare.out) == (3, "")
    assert "Usage: intime-sync" in bare.err
    script = subprocess.run([Path(sys.executable).with_name("intime-sync"), "-V"], capture_output=True, check=False)
    assert script.stdout.decode() == f"intime-sync {__version__}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["plann"], ["-x"]])
def test_help_and_version_load_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys; from intime_sync.cli.main import run; run(sys.argv[1:]); "
        f"print('HEAVY', sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("HEAVY []\n")


def test_the_help_of_a_verb_loads_nothing_that_only_its_work_needs() -> None:
    needed_late = sorted({*HEAVY} - {"requests", "urllib3", "lxml", "yaml", "filelock", "sqlite3"})
    program = (
        "import sys; from intime_sync.cli.main import run, VERBS; [run([verb, '--help']) for verb in VERBS]; "
        f"print('HEAVY', sorted(set({needed_late!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("HEAVY []\n"), done.stdout[-200:]


def loaded_by(space: Workspace, verb: str) -> set[str]:
    """The modules that a verb has loaded when it is done; it must succeed."""
    program = (
        "import sys; from intime_sync.cli.main import run; code = run(sys.argv[1:]); "
        "print('\\nLOADED', *sys.modules); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, verb],
        cwd=space.path,
        env=space.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.rpartition("\nLOADED ")[2].split())


def test_a_plan_with_nothing_to_do_loads_nothing_that_only_doing_needs(tmp_path: Path) -> None:
    with workspace(tmp_path) as space:
        space.configure("groups: []\ncontacts: []\n")
        loaded = loaded_by(space, "plan")
    assert "intime_sync.planning.planner" in loaded, "it planned"
    # An empty account answers without XML, so that not even lxml has anything to do.
    assert loaded & {*HEAVY} == {"requests", "urllib3", "yaml", "jsonschema_rs"}
    ours = {module for module in loaded if module.startswith("intime_sync.")}
    needless = ("intime_sync.applying", "intime_sync.emulator", "intime_sync.receipts", "intime_sync.exporting")
    assert not [module for module in ours if module.startswith(needless)]
    renderers = {"annotations", "drift", "gitlab", "html", "json", "markdown", "plan_file", "report"}
    assert not ours & {"intime_sync.cli.plans", *(f"intime_sync.render.{name}" for name in renderers)}


def test_validating_loads_nothing_that_only_the_network_or_errors_need(alone: Workspace) -> None:
    alone.configure("groups: []\ncontacts: []\n")
    loaded = loaded_by(alone, "validate")
    assert loaded & {*HEAVY, "difflib", "logging"} == {"yaml", "jsonschema_rs"}
    network = ("intime_sync.service.client", "intime_sync.service.transport", "intime_sync.ledgers")
    assert not [module for module in loaded if module.startswith(network)]


def test_init_makes_a_configuration_that_validates_applies_and_stays_out_of_git(alone: Workspace) -> None:
    made = alone.run("init", "Vård & Omsorg")
    assert (made.code, made.err) == (0, "")
    assert "intime-sync plan" in made.out
    folder = alone.path / "Vård & Omsorg"
    assert sorted(path.name for path in folder.iterdir()) == [".gitignore", "intime.schema.json", "intime.yaml"]
    assert "/.intime/" in (folder / ".gitignore").read_text()
    json.loads((folder / "intime.schema.json").read_text())
    assert alone.run("validate", folder.name).code == 0
    assert alone.run("apply", folder.name, "--auto-approve").code == 0
    assert alone.run("plan", folder.name, "--detailed-exitcode").code == 0
    before = (folder / "intime.yaml").read_bytes()
    again = alone.run("init", folder.name)
    assert (again.code, "already there" in again.err) == (3, True)
    assert (folder / "intime.yaml").read_bytes() == before


def test_init_takes_owner_and_address_and_refuses_what_would_not_validate(alone: Workspace) -> None:
    made = alone.run("init", "real", "--owner", "clinic.b", "--url", "https://sms.intime.nu/api/1.0")
    assert made.code == 0
    assert alone.run("validate", "real").code == 0
    text = (alone.path / "real" / "intime.yaml").read_text()
    assert "owner: clinic.b" in text
    assert "url: https://sms.intime.nu/api/1.0" in text
    bad = alone.run("init", "bad", "--owner", "~x")
    assert (bad.code, "`~x` cannot be an owner" in bad.err) == (3, True)
    bad = alone.run("init", "bad", "--url", "https://sms.intime.nu: x #")
    assert (bad.code, "--url is not an https address" in bad.err) == (3, True)
    assert not (alone.path / "bad").exists()
    long = "a" * 60
    assert (alone.run("init", long).code, alone.run("validate", long).code) == (0, 0)
    alone.write("file", "")
    assert alone.run("init", "file").code == 3


def test_validate_counts_and_warns_and_needs_neither_network_nor_credentials(alone: Workspace) -> None:
    alone.configure(EVERYTHING, "version: 1\nowner: a\naccount: {url: https://sms.intime.nu/api/1.0}\n")
    ran = alone.run("validate")
    assert ran == Ran(0, ". is valid: groups: 2, contacts: 3, blocklist: 1, reminders: 1\n", "")
    assert not (alone.path / ".intime").exists()


def test_plans_in_text_and_json_are_as_they_were_reviewed(tmp_path: Path) -> None:
    with workspace(tmp_path) as space:
        space.configure(EVERYTHING)
        first = space.run("plan", "--out", "p.json")
        check_golden("cli/plan-first.txt", normalised(first.out))
        check_golden("cli/plan-first.json", normalised(space.run("plan", "--format", "json").out))
        assert space.run("show", "p.json").out == first.out
        shown = space.run("show", "p.json", "--format", "json").json()
        assert shown["changes"] == space.run("plan", "--format", "json").json()["changes"]
        assert posts(space) == []
        assert not (tmp_path / ".intime" / "ledger.json").exists(), "a plan changes nothing, there or in the ledger"
        report = space.run("apply", "--auto-approve")
        check_golden("cli/apply-first.txt", normalised(report.out))
        space.configure(
            EVERYTHING.replace("Svensson", "Svenson")
            .replace("  - Personal\n", "  - Personal\n  - Natt\n", 1)
            .replace("  - {email: per.ek@example.se, groups: [Personal]}\n", "")
            .replace("- 0701740607", "- 0701740609")
            .replace("08:30", "09:45")
        )
        check_golden("cli/plan-changes.txt", normalised(space.run("plan").out))
        check_golden("cli/plan-changes.json", normalised(space.run("plan", "--format", "json").out))
        report = space.run("apply", "--auto-approve", "--format", "json")
        check_golden("cli/apply-changes.json", normalised(report.out))
        assert [result["status"] for result in report.json()["results"]] == ["done"] * 6
        check_golden("cli/plan-nothing.txt", normalised(space.run("plan").out))


def test_the_digest_knows_what_is_wanted_not_in_which_file_or_order(space: Workspace) -> None:
    space.configure(EVERYTHING)
    digest = space.plan()["digest"]
    parts = re.split(r"^(?=\w)", EVERYTHING, flags=re.MULTILINE)
    space.configure("include: ['parts/*.yaml']\n")
    for number, part in enumerate(reversed(parts)):
        space.write(f"parts/{number}.yaml", part)
    assert space.plan()["digest"] == digest
    assert space.run("apply", "--auto-approve", "--expect-digest", digest).code == 0


@pytest.mark.parametrize("parallelism", ["1", "32"])
def test_any_parallelism_ends_at_the_same_account(space: Workspace, parallelism: str) -> None:
    assert space.emulator is not None
    wanted = numbers(0, 40)
    head = HEAD + "policy: {batch_size: 7, contacts: {carrier_size: 5}}\n"
    contacts = [f"{{mobile: '{number}', groups: [A]}}" for number in wanted]
    space.configure("groups: [A]\n" + section("contacts", contacts) + section("blocklist", wanted), head)
    space.apply("--parallelism", parallelism)
    assert sorted(contact.number for contact in space.emulator.store.contacts()) == wanted
    assert len(space.emulator.store.blocklist()) == 40
    assert space.changes() == []


def test_the_ledger_lists_and_shows_what_is_owned(space: Workspace) -> None:
    space.configure(EVERYTHING)
    empty = space.run("ledger", "list")
    assert empty == Ran(0, "", "the ledger owns nothing yet\n")
    space.apply()
    listed = space.run("ledger", "list", "--reveal").out.splitlines()
    assert listed == [
        "group/Jour",
        "group/Personal",
        "contact/+46701740606",
        "contact/john",
        "contact/per.ek@example.se",
        "blocklist/+46701740607",
        "reminder/2036-12-01-lindqvist",
    ]
    for arguments in (("contact/john",), (".", "contact/john")):
        shown = space.run("ledger", "show", *arguments, "--reveal").json()
        assert (shown["address"], shown["attributes"]["mobile"]) == ("contact/john", "+46701740605")
        assert shown["carrier"]["name"].startswith("~clinic-a/")
    whole = space.run("ledger", "show", "--reveal").json()
    assert set(whole["objects"]) == {"group", "contact", "blocklist", "reminder"}
    elsewhere = space.run("ledger", "list", env={"INTIME_LEDGER": "other.json"})
    assert elsewhere.out == ""


def test_a_directory_is_named_or_is_the_current_one(space: Workspace) -> None:
    space.write("clinic/intime.yaml", "version: 1\nowner: clinic-a\naccount: {url: embedded}\ngroups: [A]\n")
    assert space.run("validate", "clinic").code == 0
    assert space.run("plan", "clinic", "--out", "p.json").code == 0
    assert space.run("apply", "p.json", "--auto-approve").code == 0, "a plan file knows its configuration"
    assert (space.path / "clinic" / ".intime" / "ledger.json").exists()
    assert space.run("ledger", "list", "clinic").out == "group/A\n"
    assert space.run("ledger", "show", "clinic", "group/A").json()["address"] == "group/A"


def test_the_embedded_emulator_keeps_its_data_beside_the_configuration(alone: Workspace) -> None:
    alone.configure("groups: [A]\n")
    alone.apply()
    assert alone.run("plan", "--detailed-exitcode").code == 0
    (alone.path / ".intime" / "emulator.sqlite3").unlink()
    again = alone.run("plan", "--detailed-exitcode")
    assert (again.code, "+ A" in again.out) == (2, True)


def test_the_emulator_says_when_it_is_ready_serves_and_goes_quietly(alone: Workspace) -> None:
    alone.configure("groups: [Łódź]\nblocklist: [0701740605]\n")
    for stop in (signal.SIGTERM, signal.SIGINT):
        with in_background(alone, "emulator", "--port", "0", "--data", "data/e.sqlite3", "--echo", "e164") as process:
            assert process.stdout is not None
            assert process.stderr is not None
            ready = process.stdout.readline()
            match = re.fullmatch(r"The emulator is ready at (http://127\.0\.0\.1:\d+/api/1\.0)\n", ready)
            assert match, ready
            env = {"INTIME_URL": match[1], "INTIME_USER": "demo", "INTIME_HASH": "demo"}
            assert alone.run("apply", "--auto-approve", env=env).code == 0
            taken = alone.run("emulator", "--port", match[1].split(":")[2].split("/")[0])
            assert (taken.code, "choose another port with --port" in taken.err) == (1, True)
            with urllib.request.urlopen(f"{match[1]}/nix/list.ashx?user=demo&hash=demo") as reply:
                assert b"+46701740605" in reply.read()
            process.send_signal(stop)
            assert process.wait(PATIENCE) == 0
            assert (process.stdout.read(), process.stderr.read()) == ("", "")
    assert alone.run("emulator", "--data", "intime.yaml").code == 3


def test_the_emulator_takes_its_own_user_and_faults_from_a_file(alone: Workspace) -> None:
    alone.configure("groups: [A]\n")
    alone.write("faults.yaml", "- {endpoint: contacts/listgroups, fault: garbage}\n")
    arguments = ("--port", "0", "--user", "u", "--hash", "h", "--faults", "faults.yaml")
    with in_background(alone, "emulator", *arguments) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        env = {"INTIME_URL": url, "INTIME_USER": "u", "INTIME_HASH": "h"}
        ran = alone.run("plan", env=env)
        assert (ran.code, "contacts/listgroups" in ran.err) == (1, True)
    for text, fragment in (
        ("- {endpoint: nowhere, fault: garbage}\n", "endpoint must be"),
        ("{", "is not YAML"),
        ("5", "expected a list of rules"),
    ):
        alone.write("faults.yaml", text)
        ran = alone.run("emulator", "--port", "0", "--faults", "faults.yaml")
        assert_no_trace(ran)
        assert (ran.code, ran.out, fragment in ran.err) == (3, "", True), ran
