"""Replaces, creates and reads files, without following links that the user did not name.

Knows nothing about the content. All files are written through this module, except the database, the lock and the
journal, which is appended to.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterable
from contextlib import suppress
from errno import EINVAL, ELOOP
from pathlib import Path
from typing import Final

PRIVATE: Final = 0o600
"""The mode of a file that only its owner may read."""
SHARED: Final = 0o666
"""The mode of a file for which the umask decides."""

# Systems without these flags take 0 instead.
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_NO_WAITING: Final = getattr(os, "O_NONBLOCK", 0)
_STREAM: Final = re.compile(r"/dev/(?:std(?:in|out|err)|fd/\d+)|/proc/[^/]+/fd/\d+")


def replace_file(path: Path, pieces: Iterable[bytes], mode: int, *, temporary: Path | None = None) -> None:
    """Replace the file at `path` by one with these bytes, in one step: no reader sees a part of it.

    A link is followed, so that its target is replaced and the link stays; `links` can refuse links first. A new file
    gets `mode` less the umask. An existing one keeps the permissions that `mode` has too; its owner can always read
    and write it. Pipes and devices are written to directly.

    The bytes are first written to `temporary`, beside the target and by default with a random name; a file that an
    interrupted run left there is removed. They are synced to disk when this returns. Raises OSError, and then the
    file is unchanged.
    """
    try:
        before = path.stat()
    except FileNotFoundError:
        before = None
    if _STREAM.fullmatch(os.fspath(path.absolute())) or (before is not None and not stat.S_ISREG(before.st_mode)):
        _write_into(path, pieces)
        return
    target = Path(os.path.realpath(path))
    if temporary is None:
        temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}.tmp")
    else:
        temporary.unlink(missing_ok=True)
    descriptor = create_file(temporary, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(pieces)
            file.flush()
            if before is not None and hasattr(os, "fchmod"):
                os.fchmod(descriptor, (before.st_mode & mode & 0o777) | PRIVATE)
            os.fsync(descriptor)
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    sync_directory(target.parent)


def _write_into(path: Path, pieces: Iterable[bytes]) -> None:
    # With O_APPEND, a stream that the caller has redirected to a file keeps what the file already holds.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND), "wb") as file:
        file.writelines(pieces)


def create_file(path: Path, mode: int = PRIVATE) -> int:
    """Create a file and return its descriptor, open for writing. Raises FileExistsError, also for a link."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, mode)


def ensure_private_file(path: Path) -> None:
    """Create an empty file that only its owner may read, unless the file exists. Raises OSError."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE))


def read_own_file(path: Path) -> bytes:
    """The content of a file that this program wrote under this name.

    Raises OSError if there is none, and for links, pipes and devices, which this program never creates.
    """
    if path.is_symlink():  # for systems without O_NOFOLLOW
        raise OSError(ELOOP, os.strerror(ELOOP), os.fspath(path))
    with os.fdopen(os.open(path, os.O_RDONLY | _NO_FOLLOW | _NO_WAITING), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(EINVAL, "it is not a file", os.fspath(path))
        return file.read()


def sync_directory(path: Path) -> None:
    """Sync a directory to disk, so that new names in it last; not if it is unreadable. Raises OSError."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:
        return  # a directory may be writable and not readable
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
