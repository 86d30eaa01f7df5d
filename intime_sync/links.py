"""Protection against links and tracked files in a repository.

Anyone who can edit a branch decides what is in the configuration's directory. A link there that leads elsewhere would
make this program read or overwrite any file of the user, so it is refused. A link that the user named, or that is
outside, is followed: only the user can have made it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from intime_sync.errors import InvalidInput

STATE_DIRECTORY: Final = ".intime"

_MAX_LINKS: Final = 40
_IGNORED_NAMES: Final = (b".gitignore", b".gitkeep", b".keep")
# Bits of the flags before a name in an index: two more bytes follow; the length of the name, or 0xFFF if longer.
_EXTENDED: Final = 0x4000
_LENGTH: Final = 0xFFF


def link_out_of(home: Path, path: Path) -> Path | None:
    """The first link on the way to `path` that lies inside `home` and leads out of it, or into its `.git`.

    `home` itself may be reached through links.
    """
    inside = real_path(home)
    start = path.absolute()
    at, parts = Path(start.anchor), list(reversed(start.parts[1:]))
    followed = 0
    while parts:
        part = parts.pop()
        if part == os.pardir:
            at = at.parent
            continue
        step = at / part
        try:
            target = step.readlink()
        except OSError:
            at = step
            continue
        if _is_in(inside, at) and not _is_in(inside, real_path(step)):
            return step
        followed += 1
        if followed > _MAX_LINKS:
            return None  # a cycle of links: nothing can be opened there
        if target.anchor:
            at = Path(target.anchor)
        parts += reversed(target.parts[1:] if target.anchor else target.parts)
    return None


def real_path(path: Path) -> Path:
    """The path without links; unlike `Path.resolve`, this does not raise for a cycle of links."""
    return Path(os.path.realpath(path))


def _is_in(home: Path, place: Path) -> bool:
    """Whether a real path is `home` or below it, and not in `.git`."""
    return place.is_relative_to(home) and not is_in_git_directory(place.relative_to(home))


def is_in_git_directory(place: Path) -> bool:
    """Whether a path is `.git` or below it, under any name that a file system may accept for `.git`."""
    return any(part.lower() in (".git", "git~1") for part in place.parts)


def refuse_link_out(home: Path, path: Path, hint: str) -> None:
    """Raise InvalidInput, which names the link, if `link_out_of` finds one."""
    link = link_out_of(home, path)
    if link is not None:
        raise InvalidInput(
            f"{link} is a link that leads out of {home}, to {real_path(link)}; it may have come with the "
            "repository, so it is not followed",
            hint=hint,
        )


def refuse_target(path: Path, *homes: Path) -> None:
    """Refuse to write to a file named on the command line through a link that came with a repository.

    Links are followed, except those that lie in one of `homes`, or in a git work tree, and lead out of it. Raises
    InvalidInput.
    """
    trees = [parent for parent in path.absolute().parents if (parent / ".git").exists()]
    for home in (*homes, *trees):
        refuse_link_out(home, path, "remove the link, or name the place that it leads to")


def refuse_tracked_state(directory: Path) -> None:
    """Refuse to use anything below `.intime` in `directory` where git tracks some of it.

    `.intime` is for files that this machine wrote; tracked files may come from anyone who can edit a branch. Reads
    git's index only if there is a `.intime`. Raises InvalidInput, which names a tracked file.
    """
    state = directory / STATE_DIRECTORY
    if not os.path.lexists(state):
        return
    name = tracked_by_git(state)
    if name is not None:
        raise InvalidInput(
            f"git tracks {name}, and what lies under {STATE_DIRECTORY} is used only where this machine made it",
            hint=f"take it out with `git rm -r --cached {state}`, and add /{STATE_DIRECTORY}/ to .gitignore; a "
            "ledger that is kept in git goes where `ledger.url` or INTIME_LEDGER says",
        )


def tracked_by_git(path: Path) -> str | None:
    """The name, from the top of its work tree, of a file that git tracks at `path` or below; None if there is none.

    Reads git's index instead of running git, whose configuration may name programs to run. Files such as
    `.gitignore` and `.gitkeep` do not count. All names in the shared part of a split index do, also removed ones.
    """
    here = Path(os.path.abspath(path))  # noqa: PTH100 - resolve follows a link at `path`, which may be tracked itself
    for place in {real_path(here.parent) / here.name, real_path(here)}:
        top = next((parent for parent in place.parents if os.path.lexists(parent / ".git")), None)
        if top is not None:
            prefix = os.fsencode(place.relative_to(top).as_posix())
            try:
                found = next(filter(None, (_tracked(index, prefix) for index in _indexes(top / ".git"))), None)
            except (OSError, ValueError):
                found = None  # git cannot read it either, so it tracks nothing
            if found is not None:
                return os.fsdecode(found)
    return None


def _indexes(git: Path) -> Iterator[Path]:
    """The index of a work tree, and the shared part of a split one."""
    if git.is_file():  # a linked work tree, or a submodule
        text = git.read_text(encoding="utf-8", errors="surrogateescape")
        git = git.parent / text.removeprefix("gitdir:").strip()
    index = git / "index"
    yield index
    for shared in git.glob("sharedindex.*"):
        # Git keeps old ones for a while. The index holds the hash of the one in use, which is also its name.
        if bytes.fromhex(shared.suffix[1:]) in index.read_bytes():
            yield shared


def _tracked(index: Path, prefix: bytes) -> bytes | None:
    status = index.stat()
    return _tracked_in(os.fspath(index), prefix, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8)
def _tracked_in(index: str, prefix: bytes, _changed: int, _size: int) -> bytes | None:
    """The first name in an index that is `prefix` or below it; cached by the file's time and size."""
    data = Path(index).read_bytes()
    if data[:4] != b"DIRC":
        return None
    version = int.from_bytes(data[4:8])
    names = _full_names(data, prefix) if version < 4 else _compressed_names(data)
    # Some file systems ignore case.
    folded = prefix.lower()
    for name in names:
        below = name[len(prefix) :].lower()
        if name.lower().startswith(folded) and below[:1] in (b"", b"/") and below[1:] not in _IGNORED_NAMES:
            return name
    return None


def _full_names(data: bytes, prefix: bytes) -> Iterator[bytes]:
    """Names with this prefix in an index of version 2 or 3, which holds each name in full after its length."""
    folded, wanted = data.lower(), prefix.lower()
    at = folded.find(wanted)
    while at >= 0:
        end = data.find(b"\0", at)
        lengths = (int.from_bytes(data[at - 2 : at]), int.from_bytes(data[at - 4 : at - 2]))
        # In version 3, two more bytes may be between length and name.
        if _fits(lengths[0], end - at) or (lengths[1] & _EXTENDED and _fits(lengths[1], end - at)):
            yield data[at:end]
        at = folded.find(wanted, at + 1)


def _fits(flags: int, length: int) -> bool:
    """Whether the flags before a name tell this length."""
    return flags & _LENGTH == min(length, _LENGTH)


def _compressed_names(data: bytes) -> list[bytes]:
    """All names in an index of version 4, which holds only the differences between consecutive names."""
    for hash_size in (20, 32):
        try:
            return list(_decompressed_names(data, hash_size))
        except (ValueError, IndexError):
            continue
    return []


def _decompressed_names(data: bytes, hash_size: int) -> Iterator[bytes]:
    """The names, if hashes have this size in bytes; else raises ValueError or IndexError."""
    at, name = 12, b""
    for _ in range(int.from_bytes(data[8:12])):
        at += 40 + hash_size
        flags = int.from_bytes(data[at : at + 2])
        at += 4 if flags & _EXTENDED else 2
        dropped = data[at] & 0x7F
        while data[at] & 0x80:
            at += 1
            dropped = ((dropped + 1) << 7) | (data[at] & 0x7F)
        end = data.index(b"\0", at + 1)
        name = name[: len(name) - dropped] + data[at + 1 : end]
        if dropped > end or not _fits(flags, len(name)):
            raise ValueError(name)
        at = end + 1
        yield name
