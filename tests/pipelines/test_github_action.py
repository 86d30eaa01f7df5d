"""The GitHub Action: its steps run for real, against the emulator and a small GitHub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from action_runner import ACTION, ROOT, Job, Outcome
from cli_world import EVERYTHING, PRIVATE, numbers, posts, section
from fake_github import AFTER, BEFORE, BOT, MERGED, REPOSITORY, FakeGitHub, fake_github
from forking import tools
from harness import Workspace

HEAD, MERGE = "a" * 40, "b" * 40
HOSTILE = '"; touch pwned; `touch pwned` $(touch pwned) \n::error::forged'


@pytest.fixture
def hub() -> Iterator[FakeGitHub]:
    """A GitHub of one repository."""
    with fake_github() as made:
        yield made


@pytest.fixture
def job(space: Workspace, hub: FakeGitHub) -> Job:
    """A run of the action."""
    return Job(space, hub, tools=tools())


def on_pull(job: Job, number: int = 7, head: str = HEAD, repository: str = REPOSITORY) -> None:
    """The job runs for a pull request."""
    pull = {"number": number, "head": {"sha": head, "repo": {"full_name": repository}, "ref": HOSTILE}}
    job.github |= {"event_name": "pull_request", "event": {"pull_request": pull}, "head_ref": HOSTILE}


def on_push(job: Job, sha: str = MERGE) -> None:
    """The job runs for a push to the default branch."""
    job.github |= {"event_name": "push", "event": {}, "sha": sha}


def planned(job: Job, **inputs: str) -> Outcome:
    """Plan on the pull request, which must succeed."""
    on_pull(job)
    ran = job.run(command="plan", **inputs)
    assert ran.code == 0, ran.log
    return ran


def sent(job: Job) -> list[str]:
    """What the account was asked to change."""
    return posts(job.space)


def test_what_was_approved_is_applied_and_only_one_comment_is_kept(job: Job, hub: FakeGitHub) -> None:
    job.space.configure(EVERYTHING)
    first = planned(job)
    assert (first.outputs["has-changes"], first.outputs["exit-code"]) == ("true", "2")
    [comment] = hub.comments[7]
    assert comment["body"].startswith("<!-- intime-sync plan clinic-a -->\n")
    assert first.summary.rstrip() == "\n".join(comment["body"].splitlines()[:-2]), "the same in comment and summary"
    assert first.outputs["digest"] in comment["body"]
    assert [found for found in PRIVATE if found in first.log + first.summary + comment["body"]] == []

    job.space.configure(EVERYTHING.replace("Jour", "Natt"))
    second = planned(job)
    assert len(hub.comments[7]) == 1, "the same comment"
    assert second.outputs["digest"] in comment["body"]
    assert first.outputs["digest"] not in comment["body"]
    assert sent(job) == []

    hub.merge(7, HEAD, MERGE)
    on_push(job)
    applied = job.run(command="apply")
    assert applied.code == 0, applied.log
    assert "### Applied" in applied.summary
    assert job.space.changes() == []
    again = job.run(command="apply", directory=".")
    assert (again.code, again.outputs["has-changes"]) == (0, "false")
    assert "### Nothing to apply" in again.summary
    assert [method for method, _ in hub.calls if method == "POST"] == ["POST"]


def test_a_plan_that_is_not_the_approved_one_is_not_applied(job: Job, hub: FakeGitHub) -> None:
    job.space.configure("groups: [A]\n")
    planned(job)
    hub.merge(7, HEAD, MERGE)
    on_push(job)
    job.space.configure("groups: [A, B]\n")
    ran = job.run(command="apply")
    assert (ran.code, ran.outputs["exit-code"], sent(job)) == (5, "5", [])
    assert "### The plan is not the one that was approved" in ran.summary
    assert f"the plan is now `{ran.outputs['digest']}`" in ran.summary
    assert "<code>B</code>" in ran.summary, "the plan as it is now"
    wrong = job.run(command="apply", expect_digest=HOSTILE)
    assert (wrong.code, sent(job)) == (5, [])
    right = job.run(command="apply", expect_digest=ran.outputs["digest"])
    assert right.code == 0, right.log
    assert not (job.space.path / "pwned").exists()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("no pull request", "not what one pull request was merged as"),
        ("not merged", "not what one pull request was merged as"),
        ("no comment", "#7 has no comment with this plan"),
        ("a stranger's comment", "#7 has no comment with this plan"),
        ("another plan's", "#7 has no comment with this plan"),
        ("an earlier commit's", "that of an earlier commit"),
        ("changed afterwards", "changed after it was merged"),
        ("failed", "The plan of pull request #7 failed"),
    ],
)
def test_other_comments_are_no_approval(job: Job, hub: FakeGitHub, spoil: str, reason: str) -> None:
    job.space.configure("groups: [A]\n")
    planned(job, name="other" if spoil == "another plan's" else "")
    if spoil == "failed":
        job.space.configure("groups: [A, A]\n")
        assert job.run(command="plan").code == 3
        job.space.configure("groups: [A]\n")
    if spoil != "no pull request":
        head = "d" * 40 if spoil == "an earlier commit's" else HEAD
        hub.merge(7, head, MERGE, None if spoil == "not merged" else MERGED)
    [comment] = hub.comments[7]
    match spoil:
        case "no comment":
            hub.comments.clear()
        case "a stranger's comment":
            comment["user"]["login"] = "mallory"
        case "changed afterwards":
            comment["updated_at"] = AFTER
        case _:
            assert comment["updated_at"] == BEFORE
    on_push(job)
    ran = job.run(command="apply")
    assert (ran.code, sent(job)) == (5, []), ran.log
    assert reason in ran.summary
    assert ran.outputs["digest"] in ran.summary, "with what to approve instead"
    trusting = job.run(command="apply", require_approval="false")
    assert trusting.code == 0, trusting.log
    assert job.space.changes() == []


def test_a_comment_of_another_account_is_ignored_and_left_alone(job: Job, hub: FakeGitHub) -> None:
    job.space.configure("groups: [A]\n")
    forged = f"<!-- intime-sync action name=. head={HEAD} digest=sha256:{'0' * 64} -->"
    hub.say(7, forged, "mallory")
    for number in range(150):
        hub.say(7, f"comment {number}", BOT)
    planned(job)
    assert hub.comments[7][0]["body"] == forged
    assert len(hub.comments[7]) == 152
    planned(job)
    assert len(hub.comments[7]) == 152, "found on the second page"


def test_several_plans_of_one_repository_have_a_comment_each(job: Job, hub: FakeGitHub) -> None:
    job.space.configure("groups: [A]\n")
    for name in ("a", "b--c -->", "a"):
        planned(job, name=name)
    assert [comment["body"].count("-->") for comment in hub.comments[7]] == [2, 2]


@pytest.mark.parametrize("who", ["a fork", "a bot"])
def test_a_fork_is_only_validated_even_with_secrets(job: Job, hub: FakeGitHub, who: str) -> None:
    job.space.configure("groups: [A]\n")
    on_pull(job, repository="mallory/account" if who == "a fork" else REPOSITORY)
    job.github["actor"] = "mallory" if who == "a fork" else "dependabot[bot]"
    ran = job.run(command="plan")
    assert (ran.code, hub.calls) == (0, []), ran.log
    assert "there is no plan" in ran.summary
    assert job.space.emulator is not None
    assert list(job.space.emulator.calls) == []
    job.space.configure("groups: [A, A]\n")
    ran = job.run(command="plan")
    assert (ran.code, hub.calls) == (3, [])
    assert "::error file=intime.yaml,line=4,col=13,title=intime-sync%3A duplicate-identity::" in ran.log


def test_problems_are_annotated_and_an_old_plan_does_not_stay(job: Job, hub: FakeGitHub) -> None:
    job.space.write("clinic/intime.yaml", "version: 1\nowner: c\naccount: {url: embedded}\ngroups: [A]\n")
    planned(job, directory="clinic")
    job.space.write("clinic/intime.yaml", "version: 1\nowner: c\naccount: {url: embedded}\ngroups: [<b>, <b>]\n")
    ran = job.run(command="plan", directory="clinic")
    assert (ran.code, ran.outputs) == (3, {"exit-code": "3"})
    assert "::error file=clinic/intime.yaml,line=4,col=15," in ran.log
    assert "intime.yaml:4:15: error: `group/&lt;b&gt;` is already" in ran.summary
    [comment] = hub.comments[7]
    assert "No plan" in comment["body"]
    assert "sha256" not in comment["body"]
    on_push(job)
    assert (job.run(command="apply", directory="clinic").code, sent(job)) == (3, [])
    assert job.run(command="validate", directory="clinic").code == 3
    assert job.run(command="validate", directory="nowhere").code == 3


def test_other_failures_keep_their_exit_code_and_message(job: Job, hub: FakeGitHub) -> None:
    job.space.configure("groups: [A]\n")
    on_pull(job)
    assert (job.run(command="apply").code, sent(job)) == (3, []), "never on a pull request"
    assert job.run(command="destroy").code == 3
    job.environ = {"INTIME_HASH": "wrong"}
    ran = job.run(command="plan")
    assert (ran.code, hub.comments) == (9, {})
    assert "The credentials are missing or were refused" in ran.summary
    job.environ = {}
    hub.failing = [502, 502]
    assert planned(job).code == 0, "reads are tried again"
    hub.failing = [403]
    ran = job.run(command="plan")
    assert ran.code == 1
    assert "the comment could not be written" in ran.summary
    assert "`pull-requests: write`" in ran.log
    assert planned(job, comment="false").code == 0
    hub.failing = [500, 500, 500]
    on_push(job)
    ran = job.run(command="apply")
    assert (ran.code, sent(job)) == (1, [])
    assert "could not be looked up" in ran.summary


def test_a_guard_stops_and_a_flag_lets_exactly_that_pass(job: Job, hub: FakeGitHub) -> None:
    job.space.configure(section("blocklist", numbers(0, 12)))
    job.space.apply()
    job.space.configure(section("blocklist", numbers(0, 4)))
    planned(job)
    assert "--allow-delete blocklist=8" in hub.comments[7][0]["body"]
    hub.merge(7, HEAD, MERGE)
    on_push(job)
    ran = job.run(command="apply")
    assert (ran.code, "### A guard stopped the plan" in ran.summary) == (4, True)
    ran = job.run(command="apply", apply_args="--allow-delete\nblocklist=8\n")
    assert ran.code == 0, ran.log


def test_hostile_values_are_inert(job: Job, hub: FakeGitHub) -> None:
    job.space.configure('groups: ["::error::forged", "##[error]forged", "$(touch pwned)"]\n')
    on_pull(job)
    ran = job.run(command="plan", name=HOSTILE)
    assert ran.code == 0, ran.log
    assert len(hub.comments[7]) == 1
    for name in ("directory", "args", "command", "comment", "version"):
        job.run(**({"command": "plan"} | {name: HOSTILE}))
    # Whatever stands between the two is text to the runner.
    outside = re.sub(r"::stop-commands::([0-9a-f]{32})\n.*?\n::\1::\n", "", ran.log, flags=re.DOTALL)
    assert "forged" not in outside
    assert "forged" in ran.log
    assert not list(job.space.path.rglob("pwned"))


def test_a_plan_of_any_size_fits_into_the_comment(job: Job, hub: FakeGitHub) -> None:
    job.space.configure(section("groups", [f"Grupp {number:04} {'å' * 40}" for number in range(1500)]))
    planned(job)
    [comment] = hub.comments[7]
    assert 60_000 < len(comment["body"]) <= 65_536
    assert comment["body"].splitlines()[-1].startswith("<!-- intime-sync action name=. ")


def test_installing_takes_the_checkout_or_the_version_that_is_given(job: Job, tmp_path: Path) -> None:
    stub = tmp_path / "stub"
    stub.mkdir()
    (stub / "python3").write_text(
        '#!/bin/sh\nmkdir -p "$4/bin"\nfor name in python intime-sync; do\n'
        '  printf \'#!/bin/sh\\necho "$0 $*"\\n\' >"$4/bin/$name"; chmod +x "$4/bin/$name"\ndone\n'
    )
    (stub / "python3").chmod(0o755)
    job.environ = {"PATH": f"{stub}:/usr/bin:/bin"}
    locked = "".join(f" --requirement {ROOT}/requirements/{name}.lock" for name in ("runtime", "build"))
    pip = "-I -m pip install --disable-pip-version-check --quiet"
    for version, wanted in (("", str(ROOT)), ("intime-sync==0.1.0", "intime-sync==0.1.0")):
        ran = job.run("Install", version=version)
        assert ran.code == 0, ran.log
        assert f"{pip} --require-hashes --only-binary=:all:{locked}\n" in ran.log
        assert f"{pip} --no-deps --no-build-isolation {wanted}\n" in ran.log
        assert "-I -m pip check" in ran.log
    for hostile in ("--index-url=http://example.se", "intime-sync --index-url=http://example.se", "a\n-r b"):
        assert job.run("Install", version=hostile).code == 3


def test_action_yml_wires_every_input_and_pins_every_action() -> None:
    steps: list[dict[str, Any]] = ACTION["runs"]["steps"]
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    for name, spec in ACTION["inputs"].items():
        assert spec["description"], name
        assert f"inputs.{name} " in text.split("\nruns:")[1], f"{name} is not used"
        assert spec.get("required") or "default" in spec
    for name, spec in ACTION["outputs"].items():
        assert spec["description"]
        assert spec["value"] == f"${{{{ steps.run.outputs.{name} }}}}"
        scripts = "".join(path.read_text() for path in (ROOT / "pipelines").rglob("*.sh"))
        assert f"output {name} " in scripts
    for step in steps:
        assert ("uses" in step) != ("run" in step)
        assert "uses" not in step or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])
        assert "${{" not in step.get("run", ""), "values reach scripts in the environment only"
