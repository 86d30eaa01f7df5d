"""Which links lead out of a directory, and what git tracks, whatever the form of its index."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from intime_sync.errors import InvalidInput
from intime_sync.links import link_out_of, refuse_target, refuse_tracked_state, tracked_by_git


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A directory with links of all sorts, beside `out`."""
    made = tmp_path / "home"
    for place in ("out", "home/in", "home/.git", "home/in/.git"):
        (tmp_path / place).mkdir(parents=True)
    for name, target in {
        "home/inside": "in/file",
        "home/up": "..",
        "home/out": "../out",
        "home/absolute": str(tmp_path / "out" / "new"),
        "home/back": "../home/in",
        "home/chain": "in/next",
        "home/in/next": "../out",
        "home/hooks": ".git/hooks",
        "home/module": "in/.git",
        "home/one": "two",
        "home/two": "one",
        "home/self": ".",
        "named": "home",
        "mine": "home/in/file",
        "theirs": "home/out",
    }.items():
        (tmp_path / name).symlink_to(target)
    return made


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("in/file", None),
        ("nothing/at/all", None),
        ("inside", None),
        ("back/file", None),
        ("self/self/in", None),
        ("../out/file", None),
        ("in/../../out/file", None),
        (".git/config", None),
        ("../mine", None),
        ("one", None),
        ("up", "up"),
        ("up/home/in", "up"),
        ("out", "out"),
        ("out/file", "out"),
        ("self/out/file", "out"),
        ("back/../out/file", "out"),
        ("absolute", "absolute"),
        ("chain/file", "chain"),
        ("hooks/new", "hooks"),
        ("module", "module"),
        ("../theirs/file", "out"),
        ("../named/out/file", "out"),
    ],
)
@pytest.mark.parametrize("start", ["home", "named"])
def test_the_first_link_that_leads_out_is_found(home: Path, start: str, path: str, link: str | None) -> None:
    found = link_out_of(home.parent / start, home / path)
    assert found == (None if link is None else home / link)


def test_the_root_of_the_file_system_is_never_left(home: Path) -> None:
    assert link_out_of(Path("/"), home / "out") is None


def test_a_relative_path_starts_where_the_command_does(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home / "in")
    assert link_out_of(Path(".."), Path("../out/file")) == home / "out"
    assert link_out_of(Path(), Path("../out/file")) is None, "it is not in there"


def test_a_target_may_not_leave_the_work_tree_that_it_is_in(home: Path) -> None:
    refuse_target(home / "inside")
    refuse_target(home.parent / "mine")
    for path in (home / "out" / "file", home / "chain"):
        with pytest.raises(InvalidInput, match="is a link that leads out of") as raised:
            refuse_target(path)
        assert raised.value.hint


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def git(where: Path, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.se"]
    subprocess.run(["git", *who, *arguments], cwd=where, check=True, capture_output=True)


@pytest.fixture(params=["2", "3", "4", "2 sha256", "4 sha256", "split"])
def tree(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Path, list[str]]:
    """A work tree with much in its index, and how to write that index again."""
    version, _, hashes = request.param.partition(" ")
    if version == "split":
        rewrite = ["update-index", "--split-index"]
    else:
        rewrite = ["update-index", "--index-version", version]
    git(tmp_path, "init", f"--object-format={hashes or 'sha1'}")
    for number in range(300):
        (tmp_path / f"file{number}.txt").touch()
    names = ["clinic/intime.yaml", "clinic/.intime.yaml", "other/clinic/.intime/x", ".intime/x", "clinic/.intimes/x"]
    for name in (*names, f"long/{'x' * 200}/{'y' * 200}", "clinic/.intime/.gitignore"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    git(tmp_path, "add", "--all", "--force")
    git(tmp_path, *rewrite)
    return tmp_path, rewrite


@needs_git
@pytest.mark.parametrize("name", ["ledger.json", "deep/er/file", "-wal"])
@pytest.mark.parametrize("intent", [False, True])
def test_what_git_tracks_is_found_in_every_form_of_its_index(
    tree: tuple[Path, list[str]], name: str, intent: bool
) -> None:
    top, rewrite = tree
    state = top / "clinic" / ".intime"
    assert tracked_by_git(state) is None
    (state / name).parent.mkdir(exist_ok=True, parents=True)
    (state / name).touch()
    assert tracked_by_git(state) is None
    git(top, "add", "--force", *(["--intent-to-add"] if intent else []), f"clinic/.intime/{name}")
    git(top, *rewrite)
    assert tracked_by_git(state) == f"clinic/.intime/{name}"
    assert tracked_by_git(top / "clinic" / "intime.yaml") == "clinic/intime.yaml"
    with pytest.raises(InvalidInput, match=r"git tracks clinic/\.intime/"):
        refuse_tracked_state(top / "clinic")
    if rewrite[1] != "--split-index":  # of that, the shared part is read as a whole
        git(top, "rm", "--cached", "--force", f"clinic/.intime/{name}")
        refuse_tracked_state(top / "clinic")


@needs_git
def test_a_second_work_tree_has_an_index_of_its_own(tmp_path: Path) -> None:
    main, other = tmp_path / "main", tmp_path / "other"
    main.mkdir()
    git(main, "init")
    git(main, "commit", "--allow-empty", "-m", "start")
    git(main, "worktree", "add", str(other))
    (other / ".INTIME").mkdir()
    (other / ".INTIME" / "x").touch()
    git(other, "add", ".INTIME/x")
    assert tracked_by_git(other / ".intime") == ".INTIME/x", "on some file systems it is the same"
    assert tracked_by_git(main / ".intime") is None


@needs_git
def test_a_link_counts_as_tracked_if_it_or_its_target_is(tmp_path: Path) -> None:
    git(tmp_path, "init")
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "x").touch()
    (tmp_path / ".intime").symlink_to("state")
    git(tmp_path, "add", "state")
    assert tracked_by_git(tmp_path / ".intime") == "state/x"
    git(tmp_path, "rm", "--cached", "state/x")
    git(tmp_path, "add", ".intime")
    assert tracked_by_git(tmp_path / ".intime") == ".intime"


@pytest.mark.parametrize("index", [b"", b"DIRC", b"DIRC\0\0\0\4\0\0\0\7" + os.urandom(99), b"x" * 99, None])
def test_an_index_that_git_cannot_read_tracks_nothing(tmp_path: Path, index: bytes | None) -> None:
    (tmp_path / ".git").mkdir()
    if index is not None:
        (tmp_path / ".git" / "index").write_bytes(index)
    assert tracked_by_git(tmp_path / ".intime") is None


@pytest.mark.parametrize("text", ["", "gitdir: nowhere", "gitdir: \0", "\udcff"])
def test_a_git_file_that_leads_nowhere_tracks_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / ".git").write_bytes(text.encode(errors="surrogateescape"))
    assert tracked_by_git(tmp_path / ".intime") is None
