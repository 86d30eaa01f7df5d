"""GitLab's widget takes three counts and nothing else."""

from render_samples import EMPTY, LEFTOVERS_ONLY, MESSAGES, PLAN

from intime_sync.render.gitlab import plan_to_gitlab


def test_the_report_has_the_three_counts() -> None:
    assert plan_to_gitlab(PLAN) == '{"create":5,"update":2,"delete":5}\n', "replace is an update; adopt is nothing"
    assert plan_to_gitlab(MESSAGES) == '{"create":1,"update":1,"delete":1}\n'
    for plan in (EMPTY, LEFTOVERS_ONLY):
        assert plan_to_gitlab(plan) == '{"create":0,"update":0,"delete":0}\n'
