"""Another workflow's token comments as the same bot: what it writes, copies or brings back approves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from action_runner import Job
from cli_world import posts
from fake_github import APPROVAL_KEY, REPOSITORY, FakeGitHub, fake_github
from forking import tools
from harness import Workspace

HEAD, NEXT, MERGE = "a" * 40, "d" * 40, "b" * 40


@pytest.fixture
def hub() -> Iterator[FakeGitHub]:
    """A GitHub of one repository."""
    with fake_github() as made:
        yield made


@pytest.fixture
def job(space: Workspace, hub: FakeGitHub) -> Job:
    """A run of the action."""
    return Job(space, hub, tools=tools())


def planned(job: Job, number: int = 7, head: str = HEAD, **inputs: str) -> dict[str, Any]:
    """Plan on a pull request; its comment as it is now, in a copy."""
    pull = {"number": number, "head": {"sha": head, "repo": {"full_name": REPOSITORY}}}
    job.github = {"event_name": "pull_request", "event": {"pull_request": pull}}
    ran = job.run(command="plan", **inputs)
    assert ran.code == 0, ran.log
    return dict(job.hub.comments[number][-1])


def merged(job: Job, head: str = HEAD, base: str = "main") -> None:
    """Merge pull request 7; what runs now is the push."""
    job.hub.merge(7, head, MERGE, base=base)
    job.github = {"event_name": "push", "event": {}, "sha": MERGE}


def assert_refused(job: Job, reason: str, **inputs: str) -> None:
    """Apply sends nothing, says why, and shows what a person would approve."""
    ran = job.run(command="apply", **inputs)
    assert (ran.code, posts(job.space)) == (5, []), ran.log
    assert reason in ran.summary
    assert ran.outputs["digest"] in ran.summary


@pytest.mark.parametrize("mark", ["", " mark=" + "0" * 64, " mark="])
def test_a_comment_is_made_up_with_the_right_digest(job: Job, hub: FakeGitHub, mark: str) -> None:
    job.space.configure("groups: [A]\n")
    digest = planned(job)["body"].split("digest=")[1].split(" ")[0]
    hub.comments.clear()
    hub.say(
        7, f"### Plan\n\nNothing changes.\n\n<!-- intime-sync action name=. head={HEAD} digest={digest}{mark} -->"
    )
    merged(job)
    assert_refused(job, "no comment with this plan" if mark == " mark=" else "forged or edited")


def test_a_mark_is_made_with_another_key(job: Job) -> None:
    job.space.configure("groups: [A]\n")
    planned(job, approval_key="another key, just as long as it must be")
    merged(job)
    assert_refused(job, "or not with this `approval-key`")


@pytest.mark.parametrize(
    ("of", "reason"),
    [
        ({"number": 8}, "forged or edited"),
        ({"head": NEXT}, "that of an earlier commit"),
        ({"name": "other"}, "no comment with this plan"),
    ],
)
@pytest.mark.parametrize("fitted", [False, True])
def test_a_comment_is_copied_from_another_plan(
    job: Job, hub: FakeGitHub, of: dict[str, Any], reason: str, fitted: bool
) -> None:
    """Of another pull request, commit or configuration; as it is, or with a last line that fits."""
    job.space.configure("groups: [A]\n")
    body = planned(job, **of)["body"]
    hub.comments.clear()
    if fitted:
        body = body.replace("name=other", "name=.").replace(NEXT, HEAD)
        reason = "forged or edited"
    hub.say(7, body)
    merged(job)
    assert_refused(job, reason)


def test_an_approval_is_brought_back_after_a_new_commit(job: Job, hub: FakeGitHub) -> None:
    job.space.configure("groups: [A]\n")
    old = planned(job)["body"]
    job.space.configure("groups: [A, B]\n")
    new = planned(job, head=NEXT)["body"]
    job.space.configure("groups: [A]\n")
    hub.comments[7][0]["body"] = old
    merged(job, NEXT)
    assert_refused(job, "that of an earlier commit")
    # Beside the right one it changes nothing: what was approved is the newest commit's plan, and that is another one.
    hub.comments[7][0]["body"] = new
    hub.say(7, old)
    ran = job.run(command="apply")
    assert (ran.code, posts(job.space)) == (5, [])
    assert "The plan is not the one that was approved" in ran.summary


def test_the_text_above_the_mark_is_edited(job: Job, hub: FakeGitHub) -> None:
    job.space.configure("groups: [A]\n")
    planned(job)
    [comment] = hub.comments[7]
    comment["body"] = comment["body"].replace("1 to create", "nothing to do", 1)
    assert "nothing to do" in comment["body"]
    merged(job)
    assert_refused(job, "forged or edited")


def test_an_earlier_plan_of_the_same_commit_is_put_beside_the_new_one(job: Job, hub: FakeGitHub) -> None:
    job.space.configure("groups: [A]\n")
    old = planned(job)["body"]
    job.space.configure("groups: [A, B]\n")
    planned(job)
    hub.say(7, old)
    merged(job)
    assert_refused(job, "comments with several plans")


def test_a_plan_is_approved_on_a_branch_that_anybody_may_merge_into(job: Job) -> None:
    job.space.configure("groups: [A]\n")
    planned(job)
    merged(job, base="anything")
    assert_refused(job, "merged into another branch")


def test_without_a_key_a_comment_approves_nothing(job: Job, hub: FakeGitHub) -> None:
    job.space.configure("groups: [A]\n")
    comment = planned(job, approval_key="")
    assert "Merging does not approve this plan" in comment["body"]
    assert "mark=" not in comment["body"]
    merged(job)
    assert_refused(job, "given no `approval-key`", approval_key="")
    assert_refused(job, "forged or edited")
    hub.say(7, comment["body"])
    assert_refused(job, "given no `approval-key`", approval_key="")


def test_a_key_that_could_be_guessed_is_refused(job: Job, hub: FakeGitHub) -> None:
    job.space.configure("groups: [A]\n")
    for command in ("plan", "apply"):
        ran = job.run(command=command, approval_key="k" * 31)
        assert (ran.code, hub.calls) == (3, [])
        assert "openssl rand -hex 32" in ran.summary


def test_an_honest_comment_approves_however_the_server_ends_its_lines(job: Job, hub: FakeGitHub) -> None:
    job.space.configure("groups: [A]\n")
    planned(job)
    [comment] = hub.comments[7]
    assert APPROVAL_KEY not in comment["body"]
    comment["body"] = comment["body"].replace("\n", "\r\n") + "\r\n"
    hub.say(7, "<!-- intime-sync action name=. head= digest= -->")
    merged(job)
    ran = job.run(command="apply")
    assert ran.code == 0, ran.log
    assert job.space.changes() == []
