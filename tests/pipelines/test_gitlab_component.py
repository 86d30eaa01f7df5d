"""The GitLab component: inputs filled in as GitLab does, and the jobs' scripts run for real against the emulator."""

from __future__ import annotations

import json
import re

from cli_world import EVERYTHING, PRIVATE, posts
from component_runner import TEMPLATE, component, dotenv, run_job
from harness import Workspace


def test_the_jobs_run_and_apply_what_the_plan_job_showed(space: Workspace) -> None:
    _, jobs = component()
    space.configure(EVERYTHING)
    assert run_job(space, jobs, "intime-validate").code == 0
    assert (space.path / "intime-quality.json").read_text() == "[]\n"
    ran = run_job(space, jobs, "intime-plan")
    assert ran.code == 0, ran
    assert json.loads((space.path / "intime-plan.gitlab.json").read_text())["create"] == 7
    kept = [space.path / path for path in jobs["intime-plan"]["artifacts"]["paths"]]
    assert [found for found in PRIVATE if any(found in path.read_text() for path in kept)] == []
    passed = dotenv(space.path / "intime-plan.env")
    assert passed["INTIME_PLANNED_DIGEST"] in kept[1].read_text()

    assert run_job(space, jobs, "intime-apply").code == 5, "without a digest"
    assert run_job(space, jobs, "intime-apply", INTIME_EXPECT_DIGEST="sha256:0", **passed).code == 5
    assert posts(space) == []
    ran = run_job(space, jobs, "intime-apply", **passed)
    assert ran.code == 0, ran
    assert space.changes() == []


def test_a_changed_or_stopped_plan_is_not_applied_by_a_click(space: Workspace) -> None:
    _, jobs = component(job_prefix="a", directory="sub")
    space.write("sub/intime.yaml", "version: 1\nowner: c\naccount: {url: embedded}\ngroups: [A, B]\n")
    assert run_job(space, jobs, "a-plan").code == 0
    old = dotenv(space.path / "a-plan.env")
    assert run_job(space, jobs, "a-apply", **old).code == 0
    space.write("sub/intime.yaml", "version: 1\nowner: c\naccount: {url: embedded}\ngroups: []\n")
    assert run_job(space, jobs, "a-apply", **old).code == 5
    assert run_job(space, jobs, "a-plan").code == 0
    new = dotenv(space.path / "a-plan.env")
    assert run_job(space, jobs, "a-apply", **new).code == 4
    hostile = {"INTIME_EXPECT_DIGEST": "$(touch pwned)", "INTIME_APPLY_ARGS": "; touch pwned"}
    assert run_job(space, jobs, "a-apply", **new, **hostile).code == 3
    assert not (space.path / "pwned").exists()
    ran = run_job(space, jobs, "a-apply", INTIME_APPLY_ARGS="--allow-delete group=2", **new)
    assert ran.code == 0, ran
    assert json.loads(run_json(space, "sub"))["changes"] == []


def run_json(space: Workspace, directory: str) -> str:
    """The plan of a directory as JSON."""
    return space.run("plan", directory, "--format", "json").out


def test_problems_become_a_code_quality_report_and_fail_the_job(space: Workspace) -> None:
    _, jobs = component(directory="sub")
    space.write("sub/intime.yaml", "version: 1\nowner: c\naccount: {url: embedded}\ngroups: [A, A]\n")
    ran = run_job(space, jobs, "intime-validate")
    assert (ran.code, "intime.yaml:4:13: error:" in ran.out) == (3, True)
    [finding] = json.loads((space.path / "intime-quality.json").read_text())
    assert finding["location"] == {"path": "sub/intime.yaml", "lines": {"begin": 4}}
    assert run_job(space, jobs, "intime-plan").code == 3
    assert not (space.path / "intime-plan.env").exists()


def test_the_component_is_wired_and_asks_for_a_click() -> None:
    inputs, jobs = component(tags=["ledger"], job_prefix="b", environment="clinic")
    assert all(spec["description"] and "default" in spec for spec in inputs.values())
    assert list(jobs) == [".b-base", "b-validate", "b-plan", "b-apply"]
    assert jobs[".b-base"]["tags"] == ["ledger"]
    apply = jobs["b-apply"]
    assert [rule["when"] for rule in apply["rules"]] == ["manual"]
    assert (apply["resource_group"], apply["environment"]["name"]) == ("b-apply", "clinic")
    for name in ("b-plan", "b-apply"):
        assert all(needed in jobs for needed in jobs[name]["needs"])
    for job in jobs.values():
        for line in job.get("script", []):
            assert "$CI_" not in line, "what a branch or a title is called is no part of a script"
    body = TEMPLATE.read_text(encoding="utf-8").partition("\n---\n")[2]
    for script in re.findall(r"^ +- (.*intime-sync .*)$", body, re.MULTILINE):
        assert "$[[" not in script, "inputs reach scripts as variables only"
