"""A configuration names no file outside its directory, and none of git, to write to."""

from __future__ import annotations

from pathlib import Path

import pytest
from checkouts import NEEDS_GIT, clone, unharmed

HEAD = "version: 1\nowner: clinic-a\naccount: {url: embedded}\ngroups: [Jour]\n"
PLACES = [
    "../victim/new",
    "a://../../victim/new",
    "a/../../victim/new",
    ".git/config.worktree",
    ".GIT/info/attributes",
    "git~1/hooks/pre-push",
    "a/../.git/hooks/pre-push",
    "module/.git/config.worktree",
]


@NEEDS_GIT
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "section", ["ledger: {{url: '{}'}}\n", "receipts: {{data: '{}'}}\n"], ids=["ledger", "receipts"]
)
def test_a_file_is_written_nowhere_but_in_the_directory(tmp_path: Path, section: str, place: str) -> None:
    space = clone(tmp_path, {"intime.yaml": HEAD + section.format(place), "a:/note": "", "a/note": ""}, {})
    before = sorted(str(path) for path in (space.path / ".git").rglob("*"))
    for verb in (["validate"], ["plan"], ["apply", "--auto-approve"], ["receive", "--port", "0"], ["doctor"]):
        ran = space.run(*verb)
        assert "must be a path inside this directory" in ran.out + ran.err, ran
        assert ran.code in (1, 3)
    assert unharmed(tmp_path)
    assert sorted(str(path) for path in (space.path / ".git").rglob("*")) == before
    assert not list(tmp_path.glob("**/new"))
