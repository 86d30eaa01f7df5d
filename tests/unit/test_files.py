"""Files are replaced in one step, with their permissions, and never through a link."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from intime_sync.files import PRIVATE, SHARED, create_file, read_own_file, replace_file


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("asked", "before", "after"),
    [
        (SHARED, None, 0o640),
        (PRIVATE, None, 0o600),
        (SHARED, 0o644, 0o644),
        (SHARED, 0o600, 0o600),
        (SHARED, 0o444, 0o644),
        (SHARED, 0o4755, 0o644),
        (PRIVATE, 0o666, 0o600),
        (PRIVATE, 0o000, 0o600),
    ],
)
def test_a_replaced_file_keeps_its_permissions(tmp_path: Path, asked: int, before: int | None, after: int) -> None:
    path = tmp_path / "file"
    if before is not None:
        path.write_text("old")
        path.chmod(before)
    replace_file(path, [b"new", b"er"], asked)
    assert (path.read_bytes(), mode(path)) == (b"newer", after)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link, further = tmp_path / "link", tmp_path / "further"
    link.symlink_to("further")
    further.symlink_to(tmp_path / "there" / "file")
    for text in (b"made", b"replaced"):
        replace_file(link, [text], PRIVATE)
        assert (tmp_path / "there" / "file").read_bytes() == text
    assert link.is_symlink()
    assert further.is_symlink()
    assert len(list((tmp_path / "there").iterdir())) == 1


def test_a_hard_link_keeps_the_old_content(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    os.link(tmp_path / "file", tmp_path / "other")
    replace_file(tmp_path / "file", [b"new"], SHARED)
    assert (tmp_path / "other").read_text() == "old"


def test_a_failed_write_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")

    def pieces() -> Iterator[bytes]:
        yield b"new" * 100_000
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        replace_file(tmp_path / "file", pieces(), SHARED)
    assert (tmp_path / "file").read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_named_temporary_file_takes_the_place_of_what_was_left_there(tmp_path: Path) -> None:
    mine, temporary = tmp_path / "mine", tmp_path / "file.tmp"
    mine.write_text("precious")
    temporary.symlink_to(mine)
    replace_file(tmp_path / "file", [b"new"], PRIVATE, temporary=temporary)
    assert mine.read_text() == "precious"
    assert (tmp_path / "file").read_bytes() == b"new"
    assert not temporary.is_symlink()


def test_a_name_as_long_as_names_may_be(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    replace_file(path, [b"new"], SHARED)
    assert path.read_bytes() == b"new"


def test_a_stream_that_goes_to_a_file_is_not_replaced(tmp_path: Path) -> None:
    """`--out /dev/stdout >file` adds to the file, as a pipe would take it."""
    program = (
        "from intime_sync.files import *; from pathlib import Path; replace_file(Path('/dev/stdout'), [b'b'], 0o600)"
    )
    with (tmp_path / "out").open("wb") as out:
        out.write(b"a")
        out.flush()
        subprocess.run([sys.executable, "-c", program], stdout=out, check=True)
    assert (tmp_path / "out").read_bytes() == b"ab"
    piped = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert piped.stdout == b"b"


@pytest.mark.parametrize("there", ["file", "link", "dangling"])
def test_a_new_file_never_replaces_another(tmp_path: Path, there: str) -> None:
    path = tmp_path / "place"
    (tmp_path / "mine").write_text("precious")
    if there == "file":
        path.write_text("precious")
    else:
        path.symlink_to(tmp_path / ("mine" if there == "link" else "nothing"))
    with pytest.raises(FileExistsError):
        create_file(path)
    assert (tmp_path / "mine").read_text() == "precious"
    assert not (tmp_path / "nothing").exists()


def test_only_a_file_of_that_very_name_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "endless").symlink_to("/dev/zero")
    assert read_own_file(tmp_path / "file") == b"mine"
    for name in ("link", "pipe", "endless", "nothing", "."):
        with pytest.raises(OSError):  # noqa: PT011 - each has its own
            read_own_file(tmp_path / name)
