"""Patterns of includes: what `Path.glob` finds, in each directory once, and not through links to directories."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intime_sync.config.walking import TooMuchToWalk, WalkAllowance, matching_files

FILES = [
    "a.yaml",
    "b.yaml",
    ".hidden.yaml",
    "people/a.csv",
    "people/b.yaml",
    "people/more/a.yaml",
    "people/more/deep/c.yaml",
    "people/more/a.yaml.bak",
    "deep/deep/deep/a.yaml",
    ".dot/a.yaml",
    "[x]/a.yaml",
]
PARTS = ["*", "**", "?.yaml", "*.yaml", "a.yaml", "people", "more", "deep", "[!a].yaml", "[x]", ".dot", "*.csv"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    (root / "empty.yaml").mkdir()
    return root


@given(parts=st.lists(st.sampled_from(PARTS), max_size=4).map(lambda parts: [*parts, "*.yaml"]))
def test_it_finds_what_glob_finds(tree: Path, parts: list[str]) -> None:
    pattern = "/".join(parts)
    expected = sorted({path for path in tree.glob(pattern) if path.is_file()})
    assert matching_files(tree, pattern, WalkAllowance(1000)) == expected


def test_a_link_to_a_directory_is_followed_by_its_name_alone(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.yaml").write_text("")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "file.yaml").symlink_to("real/a.yaml")

    def names(pattern: str) -> list[str]:
        return [
            path.relative_to(tmp_path).as_posix() for path in matching_files(tmp_path, pattern, WalkAllowance(1000))
        ]

    assert names("link/*.yaml") == ["link/a.yaml"]
    assert names("*/*.yaml") == ["real/a.yaml"]
    assert names("**/*.yaml") == ["file.yaml", "real/a.yaml"]
    assert names("**/link/*.yaml") == ["link/a.yaml"]


def test_an_invalid_pattern_is_refused(tmp_path: Path) -> None:
    for pattern in ("a**", "x/**b/*.yaml", "***"):
        with pytest.raises(ValueError, match="alone"):
            matching_files(tmp_path, pattern, WalkAllowance(1000))


def test_the_allowance_is_for_all_patterns_together(tree: Path) -> None:
    allowance = WalkAllowance(20)
    matching_files(tree, "**/*.yaml", allowance)
    with pytest.raises(TooMuchToWalk):
        matching_files(tree, "**/*.yaml", allowance)
