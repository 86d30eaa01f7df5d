"""What large files said when they were last read, so that only those that changed are read again.

Owns the files under `.intime/cache` and whom to believe: an entry is found by a hash over the file and everything
else that its meaning depends on, and believed only with a signature by a key that never leaves this user's home, so
that a repository cannot bring a cache along that says something else than its files. Without the key, or when
anything fails, the files are simply read. Every entry may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import hmac
import marshal
import os
import re
import secrets
import sys
from array import array
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import intime_sync
from intime_sync.files import create_file, read_own_file

CACHE_DIRECTORY = ".intime/cache"
SWITCH = "INTIME_CACHE"
LEAST_BYTES = 64 * 1024
"""Smaller files are read as fast as their entry would be."""

_ENTRY = re.compile(r"[0-9a-f]{64}(\.[0-9]+\.tmp)?")
_SIGNATURE = 32
_KEY = 32
_INSTALLED = (".dist-info", ".egg-info")
_OWN_PARTS = (".", "config", "kinds", "ledgers", "model", "wire")


@dataclass(frozen=True, slots=True)
class FileCache:
    """A directory of entries; `facts` is everything besides the file that its meaning depends on.

    `used` are the entries that this run read or wrote, and `wrote` says whether it wrote any.
    """

    directory: Path
    key: bytes
    facts: bytes
    used: set[str]
    wrote: set[str]

    def name_of(self, file: str, section: str | None, data: bytes) -> str:
        """The name of the entry for a file of these bytes."""
        known = repr((self.facts, file, section, hashlib.sha256(data).hexdigest()))
        return hashlib.sha256(known.encode()).hexdigest()

    def get(self, name: str) -> Any:
        """What was kept under a name; None when there is nothing, or nothing that can be believed."""
        try:
            kept = read_own_file(self.directory / name)
        except OSError:
            return None
        signature, payload = kept[:_SIGNATURE], memoryview(kept)[_SIGNATURE:]
        if not hmac.compare_digest(signature, self._sign(name, payload)):
            return None
        try:
            # Hostile bytes could crash this, so only what was signed comes here.
            value = marshal.loads(payload)  # noqa: S302
        except (ValueError, EOFError, TypeError):
            return None
        self.used.add(name)
        return value

    def put(self, name: str, value: Any) -> None:
        """Keep plain data under a name, in one step; where that cannot be written, nothing happens."""
        temporary = self.directory / f"{name}.{os.getpid()}.tmp"
        try:
            payload = marshal.dumps(value)
            if not self.wrote:
                _make_private(self.directory)
            with os.fdopen(create_file(temporary), "wb") as entry:
                entry.write(self._sign(name, payload))
                entry.write(payload)
            temporary.replace(self.directory / name)
        except (OSError, ValueError):
            with suppress(OSError):
                temporary.unlink()
            return
        self.used.add(name)
        self.wrote.add(name)

    def sweep(self) -> None:
        """Leave what this run used and as many of the newest others, so that going back and forth stays fast."""
        if not self.wrote:
            return
        with suppress(OSError):
            found = [entry for entry in os.scandir(self.directory) if _ENTRY.fullmatch(entry.name)]
            others = [entry for entry in found if entry.name not in self.used]
            others.sort(key=lambda entry: entry.stat().st_mtime, reverse=True)
            for entry in others[len(self.used) :]:
                Path(entry.path).unlink(missing_ok=True)

    def _sign(self, name: str, payload: bytes | memoryview) -> bytes:
        return hmac.digest(self.key, hashlib.sha256(payload).digest() + name.encode(), "sha256")


def open_cache(directory: Path, environ: Mapping[str, str], part: str, facts: Sequence[object]) -> FileCache | None:
    """The cache of the configuration in `directory`; None where it is switched off or cannot be trusted.

    `part` names whose entries these are; `facts` is what their meaning depends on besides the versions of everything.
    """
    if environ.get(SWITCH, "").lower() == "off":
        return None
    try:
        key = _signing_key(environ)
        known = repr((part, tuple(facts), intime_sync.__version__, _surroundings()))
    except (OSError, RuntimeError):
        return None
    return FileCache(directory / CACHE_DIRECTORY / part, key, known.encode(), set(), set())


def is_large(path: Path) -> bool:
    """Whether a file is worth an entry."""
    try:
        return path.stat().st_size >= LEAST_BYTES
    except OSError:
        return False


@cache
def _surroundings() -> tuple[object, ...]:
    """All that has a say in how files are read. Our own code counts by its files: it changes between versions too."""
    package = Path(intime_sync.__file__).parent
    code = [
        (path.name, (status := path.stat()).st_size, status.st_mtime_ns)
        for part in _OWN_PARTS
        for path in sorted((package / part).glob("*.py"))
    ]
    if not code:
        raise FileNotFoundError(package)
    libraries = _libraries()
    if not libraries:
        raise FileNotFoundError("site-packages")
    return sys.version, sys.byteorder, array("l").itemsize, *libraries, *code


def _libraries() -> list[str]:
    """What is installed, by the names of directories that hold versions; quicker than asking for each version."""
    places = [Path(place) for place in sys.path if Path(place).is_dir()]
    return sorted(path.name for place in places for path in place.iterdir() if path.name.endswith(_INSTALLED))


def _signing_key(environ: Mapping[str, str]) -> bytes:
    """This user's key, made when first needed. Raises OSError or RuntimeError where there is no place for it."""
    home = environ.get("XDG_CACHE_HOME")
    # Where it is relative it does not count, says its specification; it would also be inside the repository.
    base = Path(home) if home and Path(home).is_absolute() else Path.home() / ".cache"
    path = base / "intime-sync/cache-key"
    with suppress(FileNotFoundError):
        return _whole_key(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    with os.fdopen(create_file(temporary), "wb") as file:
        file.write(secrets.token_bytes(_KEY))
    try:
        # Unlike a rename, a link never puts a second key in the place of the first.
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink()
    return _whole_key(path)


def _whole_key(path: Path) -> bytes:
    key = path.read_bytes()
    status = path.stat()
    if len(key) != _KEY or status.st_mode & 0o077 or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
        raise PermissionError(path)
    return key


def _make_private(directory: Path) -> None:
    """The directory, readable by its owner alone and not for git: it holds people's numbers.

    Raises OSError where a link, which a repository can bring along, leads to somebody else's files.
    """
    whole = directory.parent
    for part in (whole.parent, whole, directory):
        part.mkdir(mode=0o700, exist_ok=True)
        if part.is_symlink():
            raise NotADirectoryError(part)
    whole.chmod(0o700)
    ignored = whole / ".gitignore"
    ignored.unlink(missing_ok=True)
    with suppress(FileExistsError), ignored.open("x", encoding="utf-8") as file:
        file.write("*\n")
